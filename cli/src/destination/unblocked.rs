//! Work in a thread of its own.

use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use futures::channel::oneshot;

use crate::failure::Failure;

/// The time that buffered bytes have to reach the reader of a stream after a failure.
const PATIENCE: Duration = Duration::from_secs(1);

/// Runs a function in a thread, so that a signal ends a command whose pipe has no reader. The program does not wait for the
/// thread when it ends.
pub(super) async fn unblocked<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, Failure> {
    let (sender, receiver) = oneshot::channel();
    let thread = thread::Builder::new().name("output".to_owned()).spawn(move || {
        // Without a receiver, the command was dropped.
        let _ = sender.send(work());
    });
    if let Err(error) = thread {
        let message = format!("cannot start a thread for the output: {error}");
        return Err(Failure::new(&message, "check the limits of processes"));
    }
    receiver.await.map_err(|_| Failure::new("cannot write the output: its thread ended", "report this as a bug"))
}

/// Drops a value whose buffered bytes are written then, which may block.
pub(super) fn drop_unblocked(value: impl Send + 'static) {
    let (sender, receiver) = mpsc::channel();
    let thread = thread::Builder::new().spawn(move || {
        drop(value);
        let _ = sender.send(());
    });
    if thread.is_ok() {
        let _ = receiver.recv_timeout(PATIENCE);
    }
}
