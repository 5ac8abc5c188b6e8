//! What other threads tell the driver of a runner: outcomes of tasks, and requests to stop.

use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::Waker;

use futures::task::AtomicWaker;

use crate::workflows::runner::{Outcome, SlotId};

/// The messages for a driver. Many messages before its next poll wake its thread once.
#[derive(Default)]
pub(super) struct Inbox {
    finished: Mutex<Vec<(SlotId, Outcome)>>,
    urgency: AtomicU8,
    waker: AtomicWaker,
}

/// How a run is asked to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub(super) enum Urgency {
    /// It is not asked.
    No,
    /// Running tasks have the grace period.
    Stop,
    /// Running tasks are handed back now.
    Interrupt,
}

impl Inbox {
    /// Wakes the driver at the next message. Read the inbox afterwards.
    pub(super) fn register(&self, waker: &Waker) {
        self.waker.register(waker);
    }

    /// Asks the run to end. It never becomes less urgent.
    pub(super) fn ask_to_end(&self, urgency: Urgency) {
        self.urgency.fetch_max(urgency as u8, Ordering::SeqCst);
        self.waker.wake();
    }

    /// Returns how the run is asked to end.
    pub(super) fn urgency(&self) -> Urgency {
        match self.urgency.load(Ordering::SeqCst) {
            0 => Urgency::No,
            1 => Urgency::Stop,
            _ => Urgency::Interrupt,
        }
    }

    /// Moves the outcomes into `taken`, which is empty.
    pub(super) fn take_finished(&self, taken: &mut Vec<(SlotId, Outcome)>) {
        std::mem::swap(taken, &mut self.finished.lock().unwrap_or_else(PoisonError::into_inner));
    }

    fn finish(&self, slot: SlotId, outcome: Outcome) {
        self.finished.lock().unwrap_or_else(PoisonError::into_inner).push((slot, outcome));
        self.waker.wake();
    }
}

/// The duty to tell the driver the outcome of a task. An executor that drops the task hands it back.
pub(super) struct Duty {
    inbox: Arc<Inbox>,
    slot: SlotId,
    is_done: bool,
}

impl Duty {
    pub(super) fn new(inbox: &Arc<Inbox>, slot: SlotId) -> Self {
        Self { inbox: Arc::clone(inbox), slot, is_done: false }
    }

    /// Tells the outcome.
    pub(super) fn finish(mut self, outcome: Outcome) {
        self.is_done = true;
        self.inbox.finish(self.slot, outcome);
    }
}

impl Drop for Duty {
    fn drop(&mut self) {
        if !self.is_done {
            self.inbox.finish(self.slot, Outcome::HandBack);
        }
    }
}
