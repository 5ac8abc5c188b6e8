//! The one thread that writes changes to the disk, those of many calls in one transaction (group commit).

use std::io;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use super::queue::{Queue, Step};
use super::shared::Shared;
use crate::services::{ErrorCode, Refusal};
use crate::store::Disk;

/// The part of the time of a transaction for which the next one waits for the calls that shared it, as a divisor.
const PAUSE_DIVISOR: u32 = 4;

/// Starts the thread. It ends when the queue is closed.
///
/// # Errors
///
/// An error if the system refuses a thread.
pub(super) fn spawn(shared: Arc<Shared>, disk: Arc<Disk>) -> io::Result<JoinHandle<()>> {
    std::thread::Builder::new().name("tilebox-emulator-disk".to_owned()).spawn(move || {
        // Drops the queue's calls even after a panic, so that none waits without end.
        let _abandoning = Abandoning(&shared.queue);
        write(&shared, &disk);
    })
}

/// Writes one batch after another until the queue is closed.
fn write(shared: &Shared, disk: &Disk) {
    let (mut calls, mut pause) = (1, Duration::ZERO);
    loop {
        match shared.queue.next(calls, pause) {
            Step::Write(batch) => {
                let start = Instant::now();
                // Calls without changes need no transaction.
                let written = if batch.changes.is_empty() { Ok(()) } else { disk.record_changes(&batch.changes) };
                let outcome = written.map_err(Refusal::from);
                if let Err(refusal) = &outcome {
                    shared.reload(disk, refusal.clone());
                }
                (calls, pause) = (batch.calls(), start.elapsed() / PAUSE_DIVISOR);
                batch.finish(outcome);
            }
            Step::Reload(batch) => {
                let refusal = Refusal::new(
                    ErrorCode::Unavailable,
                    "the emulator loaded its data folder again after an error; try again",
                );
                // Another call may have asked before.
                if shared.guarded().state.is_none() {
                    shared.reload(disk, refusal.clone());
                }
                batch.finish(Err(refusal));
            }
            Step::End => return,
        }
    }
}

/// Abandons the queue when it is dropped.
struct Abandoning<'a>(&'a Queue);

impl Drop for Abandoning<'_> {
    fn drop(&mut self) {
        self.0.abandon();
    }
}
