//! The lock around the state, and what calls and the writer share.

use std::sync::{Arc, Mutex, MutexGuard};

use bytes::Bytes;

use super::clock::{Clock, Moment};
use super::queue::Queue;
use super::reply::Reply;
use super::state::{Options, State};
use crate::services::{ErrorCode, Refusal};
use crate::store::{Disk, DiskError};

/// The part that calls and the writer share.
pub(super) struct Shared {
    options: Options,
    /// Held for microseconds, never while the disk is written.
    guarded: Mutex<Guarded>,
    /// The changes on their way to the disk.
    pub(super) queue: Queue,
    pub(super) disk: Option<Arc<Disk>>,
}

/// The values behind the lock.
pub(super) struct Guarded {
    pub(super) clock: Clock,
    /// `None` after an error of the disk or a call that panicked, until the state is loaded again.
    pub(super) state: Option<State>,
    /// The number of times that the state was loaded again.
    reloads: u64,
}

impl Shared {
    /// Creates the state, with the records of the disk if there is one.
    ///
    /// # Errors
    ///
    /// [`DiskError`] if the records on disk cannot be read.
    pub(super) fn new(options: Options, disk: Option<Arc<Disk>>) -> Result<Self, DiskError> {
        // After a restart, the same seed would repeat the ids and traces of the run before.
        let changes = disk.as_ref().map_or(0, |disk| disk.changes());
        let options = Options { seed: options.seed.wrapping_add(changes << 20), ..options };
        let state = match &disk {
            Some(disk) => State::restore(options, disk.records()?, Moment::ORIGIN)?,
            None => State::new(options),
        };
        let guarded = Mutex::new(Guarded { clock: Clock::new(), state: Some(state), reloads: 0 });
        Ok(Self { options, guarded, queue: Queue::default(), disk })
    }

    /// Locks the state.
    pub(super) fn guarded(&self) -> MutexGuard<'_, Guarded> {
        self.guarded.lock().unwrap_or_else(|poisoned| {
            // A call panicked, so the state may hold a part of its changes.
            let mut guarded = poisoned.into_inner();
            guarded.state = None;
            self.guarded.clear_poison();
            guarded
        })
    }

    /// Returns the reply to a call that finds no state. With a disk, the call is refused once the state is loaded again.
    ///
    /// # Errors
    ///
    /// [`Refusal`] without a disk.
    pub(super) fn refuse(&self) -> Result<Reply, Refusal> {
        match self.disk {
            Some(_) => Ok(Reply::new(Ok(Bytes::new()), self.queue.request_reload())),
            None => Err(Refusal::new(
                ErrorCode::Internal,
                "the emulator lost its jobs when an earlier call failed, which is a bug in it; start it again",
            )),
        }
    }

    /// Loads the state from disk, and refuses all calls whose changes are not on disk.
    pub(super) fn reload(&self, disk: &Disk, refusal: Refusal) {
        let mut guarded = self.guarded();
        // Calls add to the queue under the lock of the state, so none is missed. All their changes are lost.
        let lost = self.queue.take();
        guarded.reloads += 1;
        // The same seed would repeat ids.
        let options = Options { seed: self.options.seed.wrapping_add(guarded.reloads), ..self.options };
        let moment = guarded.clock.last();
        guarded.state = disk.records().and_then(|records| State::restore(options, records, moment)).ok();
        drop(guarded);
        lost.finish(Err(refusal));
    }
}
