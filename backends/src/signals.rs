//! The signals that stop a runner: SIGINT (Ctrl-C) and SIGTERM; on Windows Ctrl-C.

#[cfg(unix)]
mod handled;

#[cfg(feature = "signals")]
use futures::stream::{BoxStream, StreamExt as _};

#[cfg(unix)]
pub use handled::Handled;

/// Returns the signals that arrive until the stream is dropped. Any executor can poll it.
///
/// # Errors
///
/// When the system refuses the handler of a signal.
#[cfg(feature = "signals")]
pub fn signals() -> std::io::Result<BoxStream<'static, ()>> {
    use async_signal::{Signal, Signals};

    #[cfg(unix)]
    let (handled, names) = (Handled::begin()?, [Signal::Int, Signal::Term]);
    #[cfg(windows)]
    let (handled, names) = ((), [Signal::Int]);
    let signals = Signals::new(names)?;
    let signals = signals.map(move |_| {
        // The stream owns it.
        let _ = &handled;
    });
    Ok(signals.boxed())
}
