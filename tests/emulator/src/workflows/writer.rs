//! The one thread that writes changes to the disk, those of many calls in one transaction (group commit).

use std::io;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use super::queue::{Queue, Step};
use super::shared::Shared;
use crate::services::{ErrorCode, Refusal};
use crate::store::Disk;

/// The longest time for which a batch waits for further calls.
const LONGEST_PAUSE: Duration = Duration::from_millis(10);

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
            Step::Write(mut batch) => {
                let start = Instant::now();
                let changes = std::mem::take(&mut batch.changes);
                // Calls without changes need no transaction.
                let written = if changes.is_empty() { Ok(()) } else { disk.record_changes(changes) };
                let outcome = written.map_err(Refusal::from);
                if let Err(refusal) = &outcome {
                    shared.reload(disk, refusal.clone());
                }
                // A batch costs the same processor time whatever its size. So the next one waits as long as this one took, or
                // until it has the calls that came meanwhile and the next ones of those that waited for this one.
                (calls, pause) = (batch.calls() + shared.queue.calls(), start.elapsed().min(LONGEST_PAUSE));
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
