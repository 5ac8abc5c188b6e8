//! What the machine tells its driver, and what the driver tells the machine.

use std::fmt;

use uuid::Uuid;

use super::RunSummary;
use super::task::LeasedTask;
use crate::error::Error;
use crate::progress::ProgressIndicator;
use crate::protocol::wire::workflows::v1 as wire;
use crate::time::Instant;

/// The place of one concurrently running task: a number from 0 to one less than the concurrency.
///
/// A slot is taken from [`Execute`](RunnerEvent::Execute) to [`handle_finished`](super::Runner::handle_finished). The next
/// task may take it while the last one is still being reported.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SlotId(pub(super) u32);

impl SlotId {
    #[cfg(all(test, feature = "client"))]
    pub(crate) const fn of_test(number: u32) -> Self {
        Self(number)
    }

    /// Returns the number of the slot.
    #[must_use]
    pub const fn index(self) -> usize {
        self.0 as usize
    }
}

/// Prints the number.
impl fmt::Display for SlotId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// An event of a runner, in the order in which the driver acts on them.
#[derive(Debug)]
#[non_exhaustive]
pub enum RunnerEvent {
    /// Start the task in the slot, and call [`handle_finished`](super::Runner::handle_finished) when it ends.
    Execute {
        /// The slot, which is free.
        slot: SlotId,
        /// The task.
        task: LeasedTask,
    },
    /// Tell the task in the slot to stop.
    Stop {
        /// The slot of the running task.
        slot: SlotId,
        /// Why it stops, and whether it may run on.
        reason: StopReason,
    },
    /// Tell the task in the slot that its lease has changed.
    Lease {
        /// The slot of the running task.
        slot: SlotId,
        /// The lease from now on.
        lease: LeaseState,
    },
    /// The report of a task has ended, which is the last event of the task.
    Reported {
        /// The slot in which the task ran. Another task may run there now.
        slot: SlotId,
        /// The id of the task.
        task: Uuid,
        /// The result of the report.
        result: ReportResult,
    },
    /// The server has no task for the free slots; the next request for one is sent at this time.
    Idle {
        /// The time of the next request, unless a report makes tasks likely before.
        until: Instant,
    },
    /// A request failed. The runner handles it; the error is for logs.
    Trouble(Error),
    /// The runner has ended. This is the last event of a runner that did not fail.
    Ended(RunSummary),
}

/// The state of the lease of a task.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum LeaseState {
    /// No other runner gets the task before this time, by the clock of this runner. The runner extends the lease before.
    Held {
        /// The end of the lease.
        until: Instant,
    },
    /// The lease is over and was not extended: the server may give the task to another runner. The result is reported
    /// nevertheless; the server keeps the first report it accepts.
    Lost,
}

/// The reason why a task is asked to stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum StopReason {
    /// The runner shuts down. The task may run on until the grace period ends; its result is reported if it ends in time.
    Stopping,
    /// The runner has handed the task back to the server. Abort it; its outcome is ignored.
    Interrupted,
    /// The lease is lost, and the policy aborts such tasks. Abort it, and give its outcome.
    LeaseLost,
}

/// The result of a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ReportResult {
    /// The server accepted the result of a computed task.
    Computed,
    /// The server accepted that the task failed. This includes a task whose result the server refused.
    Failed,
    /// The server accepted that the task was handed back to the queue.
    HandedBack,
    /// The result was not delivered: the server does not know the task, or the runner ended before.
    Dropped,
}

/// The outcome of the execution of a task.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Outcome {
    /// The task was computed.
    Computed {
        /// The display that the task set; `None` keeps that of its submission.
        display: Option<String>,
        /// Its subtasks, as [`Subtasks::to_wire`](crate::workflows::Subtasks::to_wire) returns them.
        subtasks: Option<wire::TaskSubmissions>,
        /// Its progress, at most one indicator for each label.
        progress: Vec<ProgressIndicator>,
    },
    /// The task failed. A panic is a failure of the task with its text.
    Failed {
        /// The display of the failed task: its display, a newline, and the error, at most 1024 characters.
        display: String,
        /// The progress before the failure.
        progress: Vec<ProgressIndicator>,
        /// Whether the failure counts for the retries of the task.
        cause: FailureCause,
    },
    /// No code is registered for the identifier of the task: it is handed back, and the runner pauses.
    UnknownIdentifier,
    /// The task did not run to an end: it is handed back to the queue, and no retry is counted.
    HandBack,
}

/// What caused a failure: the field `was_workflow_error` of a report (Workflows API, `TaskFailedRequest`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum FailureCause {
    /// The code or the input of the task: the server counts a retry, and fails the task after the last one.
    Task,
    /// The runner: the server queues the task again without counting a retry.
    Runner,
}
