//! Signals that end the program.

use std::future::Future;
use std::io;
use std::pin::pin;
use std::process;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use futures::channel::oneshot;
use futures::future::{Either, select};
use futures::stream::{BoxStream, SelectAll, StreamExt as _, select_all};

use crate::failure::Failure;

/// The time in which a command cleans up after a signal. Dropping its future removes files, which is fast unless the
/// machine is busy.
const GRACE: Duration = Duration::from_secs(10);

/// A signal that ends the program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Signal {
    /// The terminal was closed.
    Hangup,
    /// Ctrl-C.
    Interrupt,
    /// A request of another program, such as the shutdown of the machine.
    Terminate,
}

impl Signal {
    /// Returns the exit code: 128 and the number of the signal, as shells report it.
    pub(crate) fn exit_code(self) -> u8 {
        match self {
            Self::Hangup => 129,
            Self::Interrupt => 130,
            Self::Terminate => 143,
        }
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Hangup => "SIGHUP",
            Self::Interrupt => "SIGINT",
            Self::Terminate => "SIGTERM",
        }
    }
}

/// The number of waits for a person or another program, during which a signal ends the program at once.
static WAITS: AtomicUsize = AtomicUsize::new(0);

/// Runs a function that may wait without end for a person or another program, such as for standard input, while there is
/// nothing to clean up: a signal ends the program at once.
pub(crate) fn wait_for<T>(wait: impl FnOnce() -> T) -> T {
    struct Wait;

    impl Drop for Wait {
        fn drop(&mut self) {
            WAITS.fetch_sub(1, Ordering::AcqRel);
        }
    }

    WAITS.fetch_add(1, Ordering::AcqRel);
    let _wait = Wait;
    wait()
}

/// Runs a command until it ends, or until a signal, which drops its future.
///
/// A second signal ends the program at once; so does the first one while the command waits, and the end of [`GRACE`].
pub(crate) async fn until_stopped(command: impl Future<Output = Result<(), Failure>>) -> Result<(), Failure> {
    // Before the command begins, so that no signal is missed.
    let mut signals = signals().map_err(|error| {
        Failure::new(&format!("cannot listen to signals: {error}"), "check the limits of open files")
    })?;
    let (sender, receiver) = oneshot::channel();
    tokio::spawn(async move {
        let Some(signal) = signals.next().await else { return };
        if WAITS.load(Ordering::Acquire) == 0 && sender.send(signal).is_ok() {
            select(signals.next(), pin!(tokio::time::sleep(GRACE))).await;
        }
        // Standard error may be what the program waits for, so nothing is printed.
        process::exit(signal.exit_code().into());
    });
    match select(receiver, pin!(command)).await {
        Either::Left((Ok(signal), _command)) => Err(Failure::Stopped(signal)),
        // No signal is listened to.
        Either::Left((Err(_), command)) => command.await,
        Either::Right((result, _)) => result,
    }
}

type Signals = SelectAll<BoxStream<'static, Signal>>;

/// Listens to the signals, except those that the program was started to ignore, such as by `nohup`.
#[cfg(unix)]
fn signals() -> io::Result<Signals> {
    use tokio::signal::unix::{SignalKind, signal};

    let ignored = ignored();
    let kinds = [
        (Signal::Hangup, SignalKind::hangup()),
        (Signal::Interrupt, SignalKind::interrupt()),
        (Signal::Terminate, SignalKind::terminate()),
    ];
    let listened = kinds.into_iter().filter(|(_, kind)| {
        let number = u32::try_from(kind.as_raw_value()).unwrap_or(0);
        number == 0 || ignored & (1_u64 << (number - 1)) == 0
    });
    let streams = listened.map(|(name, kind)| {
        let received = signal(kind)?;
        Ok(futures::stream::unfold(received, move |mut received| async move {
            received.recv().await.map(|()| (name, received))
        })
        .boxed())
    });
    Ok(select_all(streams.collect::<io::Result<Vec<_>>>()?))
}

/// Returns the signals that the program was started to ignore, as bits of their numbers minus 1: `SigIgn` of
/// proc_pid_status(5). Elsewhere than on Linux none is known.
#[cfg(unix)]
fn ignored() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or(0)
}

/// Listens to Ctrl-C, Ctrl-Break, and the end of the console or the machine.
#[cfg(windows)]
fn signals() -> io::Result<Signals> {
    use tokio::signal::windows;

    macro_rules! stream {
        ($name:expr, $received:expr) => {
            futures::stream::unfold($received, |mut received| async move {
                received.recv().await.map(|()| ($name, received))
            })
            .boxed()
        };
    }
    Ok(select_all([
        stream!(Signal::Interrupt, windows::ctrl_c()?),
        stream!(Signal::Interrupt, windows::ctrl_break()?),
        stream!(Signal::Hangup, windows::ctrl_close()?),
        stream!(Signal::Terminate, windows::ctrl_shutdown()?),
    ]))
}

#[cfg(not(any(unix, windows)))]
fn signals() -> io::Result<Signals> {
    Ok(Signals::new())
}
