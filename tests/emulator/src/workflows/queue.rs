//! The queue of changes on their way to the disk.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::sync::oneshot;

use crate::services::{ErrorCode, Refusal};
use crate::store::RecordChange;

/// The outcome of a call's transaction.
pub(super) type Outcome = Result<(), Refusal>;
/// The place of a call in the queue, at which its outcome arrives. `None` if it waits for nothing.
pub(super) type Ticket = Option<oneshot::Receiver<Outcome>>;

/// The changes that are not on disk yet, and the calls that wait for them.
#[derive(Default)]
pub(super) struct Queue {
    pending: Mutex<Pending>,
    /// Notified when the writer has something to do.
    filled: Condvar,
}

#[derive(Default)]
struct Pending {
    batch: Batch,
    /// Whether the writer works on an earlier batch.
    is_writing: bool,
    /// The calls that wait until the state is loaded from disk.
    reloading: Batch,
    /// Whether no batch will be written any more, once the present one is.
    is_closed: bool,
    /// The number of calls that wakes the writer.
    awaited: usize,
}

/// Changes that become one transaction.
#[derive(Default)]
pub(super) struct Batch {
    pub(super) changes: Vec<RecordChange>,
    waiting: Vec<oneshot::Sender<Outcome>>,
    /// The runtime of the first call that waits, if it has one.
    runtime: Option<Handle>,
}

/// The next step of the writer.
pub(super) enum Step {
    Write(Batch),
    /// Load the state from disk; the batch has no changes.
    Reload(Batch),
    End,
}

impl Batch {
    /// Returns the number of calls that wait for the batch.
    pub(super) fn calls(&self) -> usize {
        self.waiting.len()
    }

    fn add(&mut self, call: oneshot::Sender<Outcome>) {
        if self.waiting.is_empty() {
            self.runtime = Handle::try_current().ok();
        }
        self.waiting.push(call);
    }

    /// Tells all calls that wait for the batch, from a thread of their runtime: waking them from another thread costs a
    /// system call for each.
    pub(super) fn finish(mut self, outcome: Outcome) {
        match self.runtime.take() {
            Some(runtime) => drop(runtime.spawn(async move { self.tell(&outcome) })),
            None => self.tell(&outcome),
        }
    }

    fn tell(self, outcome: &Outcome) {
        for waiting in self.waiting {
            // Fails if the client disconnected.
            let _ = waiting.send(outcome.clone());
        }
    }
}

impl Queue {
    /// Adds the changes of a call to the next batch. Must be called under the lock of the state, so that batches have the
    /// order of the changes.
    ///
    /// A call without changes may have seen changes of others that are not on disk yet. A crash could undo them after its
    /// response, so it waits for them as well.
    pub(super) fn push(&self, changes: Vec<RecordChange>) -> Ticket {
        let mut pending = self.pending();
        if changes.is_empty() && pending.batch.changes.is_empty() && !pending.is_writing {
            return None;
        }
        let (sender, receiver) = oneshot::channel();
        if pending.is_closed {
            // Dropping the sender refuses the call.
            return Some(receiver);
        }
        pending.batch.changes.extend(changes);
        pending.batch.add(sender);
        let is_awaited = pending.batch.calls() >= pending.awaited;
        drop(pending);
        if is_awaited {
            self.filled.notify_one();
        }
        Some(receiver)
    }

    /// Asks the writer to load the state from disk, after which it refuses the call.
    pub(super) fn request_reload(&self) -> Ticket {
        let (sender, receiver) = oneshot::channel();
        let mut pending = self.pending();
        if !pending.is_closed {
            pending.reloading.add(sender);
            self.filled.notify_one();
        }
        Some(receiver)
    }

    /// Waits for the next step of the writer, whose previous step is done.
    ///
    /// Waits for a call, then for up to `pause` until there are `calls` calls: clients whose calls shared a batch soon send the
    /// next ones, which then share one again rather than wait for a batch of the fastest client.
    pub(super) fn next(&self, calls: usize, pause: Duration) -> Step {
        let mut pending = self.pending();
        pending.is_writing = false;
        pending = self.wait_for(pending, 1, None);
        if !pending.batch.waiting.is_empty() {
            pending = self.wait_for(pending, calls, Some(pause));
        }
        if pending.reloading.calls() > 0 {
            return Step::Reload(std::mem::take(&mut pending.reloading));
        }
        if pending.batch.waiting.is_empty() {
            return Step::End;
        }
        pending.is_writing = true;
        Step::Write(std::mem::take(&mut pending.batch))
    }

    /// Waits until there are this many calls or another reason to continue.
    fn wait_for<'a>(
        &self,
        mut pending: MutexGuard<'a, Pending>,
        calls: usize,
        timeout: Option<Duration>,
    ) -> MutexGuard<'a, Pending> {
        pending.awaited = calls;
        let is_early = |pending: &mut Pending| {
            pending.batch.calls() < calls && pending.reloading.calls() == 0 && !pending.is_closed
        };
        match timeout {
            None => self.filled.wait_while(pending, is_early).unwrap_or_else(PoisonError::into_inner),
            Some(timeout) => {
                let waited = self.filled.wait_timeout_while(pending, timeout, is_early);
                waited.unwrap_or_else(PoisonError::into_inner).0
            }
        }
    }

    /// Returns the number of calls that wait for the batch that is not being written yet.
    pub(super) fn calls(&self) -> usize {
        self.pending().batch.calls()
    }

    /// Takes the batch that is not being written yet.
    pub(super) fn take(&self) -> Batch {
        std::mem::take(&mut self.pending().batch)
    }

    /// Ends the writer after the present batch.
    pub(super) fn close(&self) {
        self.pending().is_closed = true;
        self.filled.notify_one();
    }

    /// Closes the queue and refuses all calls that wait.
    pub(super) fn abandon(&self) {
        let mut pending = self.pending();
        pending.is_closed = true;
        pending.batch = Batch::default();
        pending.reloading = Batch::default();
    }

    fn pending(&self) -> MutexGuard<'_, Pending> {
        // A poisoned lock is usable: every change is one assignment or insertion.
        self.pending.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Returns the error of a call after the end of the writer.
pub(super) fn closed() -> Refusal {
    Refusal::new(ErrorCode::Unavailable, "the emulator has stopped writing to its data folder")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Table;

    fn change(key: u8) -> Vec<RecordChange> {
        vec![RecordChange { table: Table::Scheduler, key: vec![key].into(), value: None }]
    }

    fn keys(step: &Step) -> Vec<u8> {
        match step {
            Step::Write(batch) => batch.changes.iter().flat_map(|change| change.key.to_vec()).collect(),
            Step::Reload(_) | Step::End => panic!("expects a batch"),
        }
    }

    #[test]
    fn changes_during_a_commit_share_the_next_batch() {
        let queue = Queue::default();
        assert!(queue.push(Vec::new()).is_none(), "nothing to wait for");
        let mut first = queue.push(change(1)).expect("a ticket");
        let step = queue.next(1, Duration::ZERO);
        assert_eq!(keys(&step), [1]);
        let mut later: Vec<_> = (2..5).map(|key| queue.push(change(key)).expect("a ticket")).collect();
        let mut reader = queue.push(Vec::new()).expect("a reader waits for changes of others");
        assert!(first.try_recv().is_err(), "not on disk yet");
        if let Step::Write(batch) = step {
            batch.finish(Ok(()));
        }
        assert_eq!(first.try_recv(), Ok(Ok(())));

        let step = queue.next(1, Duration::ZERO);
        assert_eq!(keys(&step), [2, 3, 4]);
        if let Step::Write(batch) = step {
            batch.finish(Err(closed()));
        }
        assert!(later.iter_mut().all(|ticket| ticket.try_recv() == Ok(Err(closed()))));
        assert_eq!(reader.try_recv(), Ok(Err(closed())));
    }

    #[test]
    fn as_many_calls_as_before_are_awaited() {
        let queue = Queue::default();
        let _first = queue.push(change(1));
        assert_eq!(keys(&queue.next(3, Duration::ZERO)), [1], "the pause is over");
        let _second = queue.push(change(2));
        std::thread::scope(|scope| {
            scope.spawn(|| [3, 4].map(|key| queue.push(change(key))));
            assert_eq!(keys(&queue.next(3, Duration::from_secs(600))), [2, 3, 4]);
        });
        let _last = queue.push(change(5));
        queue.close();
        assert_eq!(keys(&queue.next(3, Duration::from_secs(600))), [5], "no call comes any more");
    }

    #[test]
    fn a_closed_queue_writes_its_last_batch_and_refuses_others() {
        let queue = Queue::default();
        let _first = queue.push(change(1));
        let _second = queue.request_reload();
        queue.close();
        for mut late in [queue.push(change(2)), queue.request_reload()].into_iter().flatten() {
            assert_eq!(late.try_recv(), Err(oneshot::error::TryRecvError::Closed));
        }
        assert!(matches!(queue.next(1, Duration::ZERO), Step::Reload(_)));
        assert_eq!(keys(&queue.next(1, Duration::ZERO)), [1]);
        assert!(matches!(queue.next(1, Duration::ZERO), Step::End));
    }
}
