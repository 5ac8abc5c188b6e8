//! A task and its executions.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use uuid::Uuid;

use super::keys::{BatchKey, GroupKey, QueueKey};
use super::lease::Lease;
use crate::protocol::wire::workflows::v1::{Progress, TaskState};
use crate::schema::Timestamp;

/// A task.
pub(super) struct Task {
    pub(super) id: Uuid,
    pub(super) batch: BatchKey,
    pub(super) group: GroupKey,
    /// Its cluster, name and version.
    pub(super) queue: QueueKey,
    pub(super) input: Bytes,
    /// As submitted; see [`shown`](Self::shown).
    pub(super) display: Arc<str>,
    pub(super) max_retries: i64,
    pub(super) optional: bool,
    pub(super) state: TaskState,
    /// The batch of its subtasks.
    pub(super) children: Option<BatchKey>,
    pub(super) run: Run,
    /// Whether it changed since the changes were taken last.
    pub(super) changed: bool,
}

/// The results of the executions of a task so far.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Run {
    /// Executions that failed and were followed by another one.
    pub(super) retries: i64,
    /// Executions whose lease expired.
    pub(super) crashes: u32,
    /// Whether it is queued because its lease expired: a late report is still accepted.
    pub(super) expired: bool,
    /// The lease of the current execution.
    pub(super) lease: Option<Lease>,
    /// Start of the first execution.
    pub(super) first_started: Option<Timestamp>,
    /// Start of the last execution.
    pub(super) started: Option<Timestamp>,
    /// Last end of an execution.
    pub(super) stopped: Option<Timestamp>,
    /// Total time of all executions that ended.
    pub(super) compute: Duration,
    /// Display of the last report, if it had one.
    pub(super) display: Option<Arc<str>>,
    /// Progress of the last report.
    pub(super) progress: Box<[Progress]>,
}

impl Task {
    /// Returns the display of the last report, or as submitted.
    pub(super) fn shown(&self) -> &str {
        self.run.display.as_ref().unwrap_or(&self.display)
    }

    /// Returns the start and the end of the last execution, unless the task waits for another one.
    pub(super) fn times(&self) -> (Option<Timestamp>, Option<Timestamp>) {
        match self.state {
            TaskState::Computed | TaskState::Failed | TaskState::FailedOptional => (self.run.started, self.run.stopped),
            TaskState::Running => (self.run.started, None),
            TaskState::Unspecified | TaskState::Queued | TaskState::Skipped => (None, None),
        }
    }
}
