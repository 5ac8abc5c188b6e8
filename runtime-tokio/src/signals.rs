//! The signals that stop a runner, by tokio.

use std::io;
use std::task::Poll;

use futures::stream::{BoxStream, StreamExt as _, poll_fn};

/// Returns the signals that arrive until the stream is dropped: SIGINT and SIGTERM, on Windows Ctrl-C and Ctrl-Break.
pub(crate) fn signals() -> io::Result<BoxStream<'static, ()>> {
    #[cfg(unix)]
    let (handled, mut interrupt, mut terminate) = {
        use tokio::signal::unix::{SignalKind, signal};
        let handled = tilebox_backends::signals::Handled::begin()?;
        (handled, signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?)
    };
    // The system restores the default action itself.
    #[cfg(windows)]
    let (handled, mut interrupt, mut terminate) =
        ((), tokio::signal::windows::ctrl_c()?, tokio::signal::windows::ctrl_break()?);
    let signals = poll_fn(move |context| {
        // The stream owns it.
        let _ = &handled;
        let is_ready = interrupt.poll_recv(context).is_ready() || terminate.poll_recv(context).is_ready();
        if is_ready { Poll::Ready(Some(())) } else { Poll::Pending }
    });
    Ok(signals.boxed())
}
