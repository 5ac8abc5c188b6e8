//! A job: its counters, its state and its message.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use uuid::Uuid;

use super::id;
use super::keys::{BatchKey, TaskKey};
use super::progress::Sums;
use super::queue::Waiting;
use super::times;
use crate::protocol::id::to_wire;
use crate::protocol::wire::workflows::v1::{self as wire, JobState, LegacyJobState, TaskState};
use crate::schema::Timestamp;

/// A job.
pub(super) struct Job {
    pub(super) id: Uuid,
    pub(super) name: String,
    pub(super) trace_parent: String,
    pub(super) automation: Option<Uuid>,
    /// Whether a user canceled it.
    pub(super) canceled: bool,
    pub(super) roots: BatchKey,
    /// The clusters of its tasks.
    pub(super) clusters: BTreeSet<Arc<str>>,
    pub(super) counts: Counts,
    /// Tasks in state FAILED.
    pub(super) failed: Vec<TaskKey>,
    pub(super) waiting: Waiting,
    pub(super) times: Times,
    pub(super) progress: Sums,
    /// Whether it changed since the changes were taken last.
    pub(super) changed: bool,
}

/// Times of the executions of a job.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Times {
    pub(super) first_started: Option<Timestamp>,
    pub(super) last_stopped: Option<Timestamp>,
    /// Total time of all executions that ended.
    pub(super) compute: Duration,
}

impl Times {
    pub(super) fn start(&mut self, time: Timestamp) {
        self.first_started = Some(self.first_started.map_or(time, |first| first.min(time)));
    }

    pub(super) fn stop(&mut self, time: Timestamp, compute: Duration) {
        self.last_stopped = Some(self.last_stopped.map_or(time, |last| last.max(time)));
        self.compute = self.compute.saturating_add(compute);
    }
}

/// The number of tasks in each state.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Counts([u64; 7]);

impl Counts {
    const STATES: [TaskState; 6] = [
        TaskState::Queued,
        TaskState::Running,
        TaskState::Computed,
        TaskState::Failed,
        TaskState::Skipped,
        TaskState::FailedOptional,
    ];

    pub(super) fn of(&self, state: TaskState) -> u64 {
        self.0[state as usize]
    }

    pub(super) fn add(&mut self, state: TaskState, count: u64) {
        self.0[state as usize] += count;
    }

    pub(super) fn change(&mut self, from: TaskState, to: TaskState) {
        self.0[from as usize] -= 1;
        self.0[to as usize] += 1;
    }

    fn total(&self) -> u64 {
        self.0.iter().sum()
    }

    fn to_wire(&self) -> Vec<wire::TaskStateCount> {
        let present = Self::STATES.into_iter().filter(|state| self.of(*state) > 0);
        present.map(|state| wire::TaskStateCount { state: state.into(), count: self.of(state) }).collect()
    }
}

impl Job {
    /// Returns whether its waiting tasks are handed out: it is neither canceled nor failed.
    pub(super) fn hands_out(&self) -> bool {
        !self.canceled && self.failed.is_empty()
    }

    /// Derives the state. Tilebox's precedence of canceled, failed and running is not known.
    pub(super) fn state(&self) -> JobState {
        let count = |state| self.counts.of(state);
        let ended = count(TaskState::Computed) + count(TaskState::Skipped) + count(TaskState::FailedOptional);
        if self.canceled {
            JobState::Canceled
        } else if count(TaskState::Failed) > 0 {
            JobState::Failed
        } else if count(TaskState::Running) > 0 {
            JobState::Running
        } else if count(TaskState::Queued) == 0 {
            JobState::Completed
        } else if ended > 0 {
            JobState::Started
        } else {
            JobState::Submitted
        }
    }

    /// Returns the state of older clients, as recorded: a failed job is a started one that was canceled.
    fn legacy_state(&self) -> LegacyJobState {
        match self.state() {
            JobState::Completed => LegacyJobState::Completed,
            _ if self.times.first_started.is_some() => LegacyJobState::Started,
            _ => LegacyJobState::Queued,
        }
    }

    pub(super) fn submitted_at(&self) -> Timestamp {
        id::time(self.id)
    }

    /// Returns the message of the job.
    pub(super) fn to_wire(&self) -> wire::Job {
        wire::Job {
            canceled: !self.hands_out(),
            legacy_state: self.legacy_state().into(),
            started_at: self.times.first_started.map(Timestamp::to_wire),
            automation_id: self.automation.map(to_wire),
            progress: self.progress.to_wire(),
            state: self.state().into(),
            execution_stats: Some(self.execution_stats()),
            ..self.to_reduced_wire()
        }
    }

    /// Returns the message that a task carries: without state, progress and statistics.
    pub(super) fn to_reduced_wire(&self) -> wire::Job {
        wire::Job {
            id: Some(to_wire(self.id)),
            name: self.name.clone(),
            trace_parent: self.trace_parent.clone(),
            submitted_at: Some(self.submitted_at().to_wire()),
            ..wire::Job::default()
        }
    }

    fn execution_stats(&self) -> wire::ExecutionStats {
        let Times { first_started, last_stopped, compute } = self.times;
        let counts = wire::ExecutionStats {
            first_task_started_at: first_started.map(Timestamp::to_wire),
            total_tasks: self.counts.total(),
            tasks_by_state: self.counts.to_wire(),
            ..wire::ExecutionStats::default()
        };
        let (Some(first), Some(last)) = (first_started, last_stopped) else { return counts };
        let elapsed = times::between(first, last);
        wire::ExecutionStats {
            last_task_stopped_at: Some(last.to_wire()),
            compute_time: Some(times::to_wire(compute)),
            elapsed_time: Some(times::to_wire(elapsed)),
            parallelism: parallelism(compute, elapsed),
            ..counts
        }
    }
}

/// Returns the average number of running tasks, at least 1. Tilebox's formula is not known; its samples are 1 where compute
/// time is less than elapsed time.
fn parallelism(compute: Duration, elapsed: Duration) -> f64 {
    if elapsed.is_zero() { 1.0 } else { compute.div_duration_f64(elapsed).max(1.0) }
}
