//! The tasks that the processes execute.

use std::sync::{Arc, PoisonError};

use uuid::Uuid;

use super::World;
use crate::runtime::Runtime as _;
use crate::testing::workflows::history::{Cause, Repetition};
use crate::testing::workflows::process::{Process, Running};
use crate::testing::workflows::trace::TraceEvent;
use crate::workflows::runner::{LeaseState, LeasedTask, Outcome, SlotId};

/// The outcome of an execution, until the machine takes it.
pub(super) struct Finished {
    pub(super) runner: usize,
    pub(super) process: u64,
    pub(super) slot: SlotId,
    pub(super) execution: u64,
    pub(super) outcome: Outcome,
}

impl World {
    pub(super) fn execute(&mut self, runner: usize, process: &mut Process, slot: SlotId, task: LeasedTask) {
        let now = self.executor.now();
        self.progress_at = now;
        if process.slots.contains_key(&slot) {
            return self.violation(runner, "starts a task in a slot that is not free");
        }
        if slot.index() >= self.settings.runners[runner].slots() {
            return self.violation(runner, "starts a task in a slot that does not exist");
        }
        let (id, display, lease) = (task.id, task.display.clone(), task.lease);
        let lease_end = match lease {
            LeaseState::Held { until } => Some(process.clock.global(until).since_origin()),
            _ => None,
        };
        self.trace.push(now, Some(runner), TraceEvent::Started { slot: slot.index(), task: id, lease, lease_end });
        if let Some(cause) = self.server.history.start(id, process.number, now) {
            self.repeat(runner, id, &display, cause);
        }
        self.next_number += 1;
        let execution = self.next_number;
        let (control, future) = (process.execute)(task);
        let (number, finished) = (process.number, Arc::clone(&self.finished));
        let future = async move {
            let outcome = future.await;
            let outcome = Finished { runner, process: number, slot, execution, outcome };
            finished.lock().unwrap_or_else(PoisonError::into_inner).push(outcome);
        };
        self.executor.spawn_in(process.group(), Box::pin(future));
        process.slots.insert(slot, Running { execution, task: id, display, control, is_handed_back: false });
    }

    fn repeat(&mut self, runner: usize, task: Uuid, display: &str, cause: Cause) {
        let at = self.elapsed();
        self.repetitions.push(Repetition { task, display: display.to_owned(), runner, at, cause });
    }

    /// Gives the machines the outcomes of the tasks that have ended.
    pub(super) fn take_finished(&mut self) {
        let finished = std::mem::take(&mut *self.finished.lock().unwrap_or_else(PoisonError::into_inner));
        let now = self.executor.now();
        for Finished { runner, process: number, slot, execution, outcome } in finished {
            let Some(process) = self.process(runner, number) else { continue };
            // A handed back task may end after another one took its slot.
            if process.slots.get(&slot).is_none_or(|running| running.execution != execution) {
                continue;
            }
            let task = process.slots.remove(&slot).map(|running| running.task).unwrap_or_default();
            let text = match &outcome {
                Outcome::Computed { .. } => "computed",
                Outcome::Failed { .. } => "failed",
                Outcome::UnknownIdentifier => "unknown identifier",
                Outcome::HandBack => "handed back",
            };
            let at = process.clock.local(now);
            process.machine.handle_finished(at, slot, outcome);
            self.trace.push(now, Some(runner), TraceEvent::Finished { slot: slot.index(), task, outcome: text });
            self.pump(runner);
        }
    }
}
