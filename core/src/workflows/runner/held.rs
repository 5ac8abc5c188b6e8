//! The tasks that the runner holds, from their arrival to the end of their report.

use std::collections::{BTreeMap, BTreeSet};

use uuid::Uuid;

use super::lease::{ExtensionAttempt, Lease};
use super::report::Report;
use super::{LeasedTask, RunnerPolicy, SlotId};
use crate::time::Instant;
use crate::workflows::TaskIdentifier;

/// Identifies a held task. The id of the task does not: after a lost lease the server may send the same task again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct HeldId(u64);

/// A task that this runner holds.
#[derive(Debug)]
pub(super) struct Held {
    pub(super) id: Uuid,
    /// The identifier, for errors; `None` if the server sent none that is valid.
    pub(super) identifier: Option<TaskIdentifier>,
    pub(super) display: String,
    pub(super) lease: Lease,
    /// The slot in which it runs or ran.
    pub(super) slot: Option<SlotId>,
    pub(super) stage: Stage,
}

/// The stage of a held task.
#[derive(Debug)]
pub(super) enum Stage {
    /// It waits for a free slot.
    Waiting(LeasedTask),
    /// It runs since this time.
    Executing { since: Instant },
    /// Its outcome is being reported.
    Reporting(Report),
}

/// What is due for a held task.
#[derive(Debug)]
pub(super) enum Due {
    /// The lease has just been lost.
    LeaseLost,
    /// The time for its report is over.
    ReportExpired,
    Extend(ExtensionAttempt),
    Report,
}

impl Held {
    /// Returns the report if the task is being reported.
    pub(super) fn report(&mut self) -> Option<&mut Report> {
        match &mut self.stage {
            Stage::Reporting(report) => Some(report),
            Stage::Waiting(_) | Stage::Executing { .. } => None,
        }
    }

    /// Returns what is due now and marks it as started; `None` if nothing is.
    pub(super) fn start_due(&mut self, now: Instant, policy: &RunnerPolicy) -> Option<Due> {
        if self.lease.expire(now) {
            return Some(Due::LeaseLost);
        }
        if self.report().is_some_and(|report| report.is_over(now)) {
            return Some(Due::ReportExpired);
        }
        if let Some(attempt) = self.lease.extend(now, policy) {
            return Some(Due::Extend(attempt));
        }
        self.report().is_some_and(|report| report.start(now)).then_some(Due::Report)
    }

    fn due(&self) -> Option<Instant> {
        let report = match &self.stage {
            Stage::Reporting(report) => report.due(),
            Stage::Waiting(_) | Stage::Executing { .. } => None,
        };
        self.lease.due().into_iter().chain(report).min()
    }
}

/// The tasks that the runner holds, and the times at which something is due for them.
#[derive(Debug, Default)]
pub(super) struct HeldTasks {
    tasks: BTreeMap<HeldId, (Held, Option<Instant>)>,
    due: BTreeSet<(Instant, HeldId)>,
    next_id: u64,
}

impl HeldTasks {
    pub(super) fn len(&self) -> usize {
        self.tasks.len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.tasks.is_empty()
    }

    pub(super) fn insert(&mut self, task: Held) -> HeldId {
        let id = HeldId(self.next_id);
        self.next_id += 1;
        let due = task.due();
        self.due.extend(due.map(|due| (due, id)));
        self.tasks.insert(id, (task, due));
        id
    }

    pub(super) fn remove(&mut self, id: HeldId) -> Option<Held> {
        let (task, due) = self.tasks.remove(&id)?;
        if let Some(due) = due {
            self.due.remove(&(due, id));
        }
        Some(task)
    }

    pub(super) fn get(&self, id: HeldId) -> Option<&Held> {
        self.tasks.get(&id).map(|(task, _)| task)
    }

    /// Changes a task, and notes when something is due for it next. Returns `None` if the runner does not hold the task.
    pub(super) fn change<R>(&mut self, id: HeldId, change: impl FnOnce(&mut Held) -> R) -> Option<R> {
        let (task, due) = self.tasks.get_mut(&id)?;
        let result = change(task);
        let new = task.due();
        if *due != new {
            if let Some(old) = due.take() {
                self.due.remove(&(old, id));
            }
            self.due.extend(new.map(|new| (new, id)));
            *due = new;
        }
        Some(result)
    }

    /// Returns the time at which something is due next, and for which task.
    pub(super) fn first_due(&self) -> Option<(Instant, HeldId)> {
        self.due.first().copied()
    }

    /// Returns the ids of all tasks, in the order of their arrival.
    pub(super) fn ids(&self) -> Vec<HeldId> {
        self.tasks.keys().copied().collect()
    }
}
