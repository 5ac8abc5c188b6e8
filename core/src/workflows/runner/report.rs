//! The report of one task, until the server accepts it.

use std::time::Duration;

use bytes::Bytes;
use prost::Message as _;
use uuid::Uuid;

use super::display::{failure_display, first_characters};
use super::{FailureCause, Outcome, ReportResult, RunnerPolicy};
use crate::error::plain;
use crate::progress::ProgressIndicator;
use crate::protocol::id;
use crate::protocol::wire::workflows::v1 as wire;
use crate::time::Instant;

/// The report of one task. It is repeated until the server accepts it.
#[derive(Debug)]
pub(super) struct Report {
    pub(super) content: Content,
    /// Whether the server may have accepted an earlier attempt. The report is then repeated without asking for a task, since the
    /// lost response may carry one already.
    pub(super) may_have_arrived: bool,
    pub(super) attempts: u32,
    is_simplified: bool,
    next: Next,
    /// The end of the repetitions, during a shutdown.
    deadline: Option<Instant>,
}

/// The next attempt.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Next {
    At(Instant),
    InFlight,
}

/// What is reported.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Content {
    /// A computed task: the field `computed_task` of a `NextTaskRequest`, encoded.
    Computed {
        message: Bytes,
        /// The number of subtasks.
        subtasks: u64,
        /// The number of subtasks that may start as soon as the report is accepted.
        ready: usize,
    },
    /// A failed task, or one that is handed back.
    Failed(wire::TaskFailedRequest),
}

impl Content {
    /// Creates the content for the outcome of a task.
    pub(super) fn new(id: Uuid, display: &str, outcome: Outcome) -> Self {
        let to_wire =
            |progress: Vec<ProgressIndicator>| progress.into_iter().map(ProgressIndicator::into_wire).collect();
        let failed = |display: String, cause: FailureCause, progress_updates| {
            Self::Failed(wire::TaskFailedRequest {
                task_id: Some(id::to_wire(id)),
                display,
                was_workflow_error: cause == FailureCause::Task,
                progress_updates,
            })
        };
        match outcome {
            Outcome::Computed { display: changed, subtasks, progress } => {
                let groups = || subtasks.iter().flat_map(|subtasks| &subtasks.task_groups);
                let ready = groups().filter(|group| group.dependencies_on_other_groups.is_empty());
                let ready = ready.map(|group| group.inputs.len()).sum();
                let submitted = groups().map(|group| group.inputs.len() as u64).sum();
                let computed_task = wire::ComputedTask {
                    id: Some(id::to_wire(id)),
                    display: changed.unwrap_or_else(|| display.to_owned()),
                    sub_tasks: subtasks,
                    progress_updates: to_wire(progress),
                    ..Default::default()
                };
                let request = wire::NextTaskRequest { computed_task: Some(computed_task), next_task_to_run: None };
                Self::Computed { message: request.encode_to_vec().into(), subtasks: submitted, ready }
            }
            Outcome::Failed { display, progress, cause } => failed(display, cause, to_wire(progress)),
            Outcome::UnknownIdentifier | Outcome::HandBack => {
                failed(display.to_owned(), FailureCause::Runner, Vec::new())
            }
        }
    }

    /// Returns the result once the server accepts the report.
    pub(super) fn result(&self) -> ReportResult {
        match self {
            Self::Computed { .. } => ReportResult::Computed,
            Self::Failed(message) if message.was_workflow_error => ReportResult::Failed,
            Self::Failed(_) => ReportResult::HandedBack,
        }
    }

    /// Returns the verb of the purpose of a report.
    pub(super) fn verb(&self) -> &'static str {
        match self.result() {
            ReportResult::HandedBack => "hand back the task",
            ReportResult::Computed | ReportResult::Failed | ReportResult::Dropped => "report the task",
        }
    }
}

impl Report {
    /// Creates a report that is due now.
    pub(super) fn new(content: Content, now: Instant, deadline: Option<Instant>) -> Self {
        Self { content, may_have_arrived: false, attempts: 0, is_simplified: false, next: Next::At(now), deadline }
    }

    /// Returns the time at which the report must be looked at again.
    pub(super) fn due(&self) -> Option<Instant> {
        match self.next {
            Next::At(time) => Some(self.deadline.map_or(time, |deadline| deadline.min(time))),
            Next::InFlight => self.deadline,
        }
    }

    /// Returns whether the time for repetitions is over.
    pub(super) fn is_over(&self, now: Instant) -> bool {
        self.deadline.is_some_and(|deadline| now >= deadline)
    }

    /// Starts an attempt if one is due.
    pub(super) fn start(&mut self, now: Instant) -> bool {
        let is_due = matches!(self.next, Next::At(time) if time <= now);
        if is_due {
            self.next = Next::InFlight;
            self.attempts = self.attempts.saturating_add(1);
        }
        is_due
    }

    /// Returns the timeout of an attempt. During a shutdown it is a third of what is left, so that one lost response does not
    /// use up the time of the repetitions, unless that is too short for a hand-back.
    pub(super) fn timeout(&self, now: Instant, policy: &RunnerPolicy) -> Duration {
        match self.deadline {
            None => policy.request_timeout,
            Some(deadline) => {
                let left = deadline - now;
                (left / 3).max(policy.interrupt_grace).min(left).min(policy.request_timeout)
            }
        }
    }

    /// Repeats the report at this time.
    pub(super) fn repeat_at(&mut self, time: Instant) {
        self.next = Next::At(time);
    }

    /// Limits the time of the repetitions. A limit only becomes shorter.
    pub(super) fn limit(&mut self, deadline: Instant) {
        self.deadline = Some(self.deadline.map_or(deadline, |limit| limit.min(deadline)));
    }

    /// Repeats the report of a computed task at this time if the attempt in flight has no response until then. A hand-back is not
    /// repeated early: a second one could end the next execution of its task.
    pub(super) fn overtake(&mut self, time: Instant) {
        if self.next == Next::InFlight && matches!(self.content, Content::Computed { .. }) {
            self.may_have_arrived = true;
            self.next = Next::At(time);
        }
    }

    /// Sends a report that waits for its repetition at once.
    pub(super) fn hurry(&mut self, now: Instant) {
        if self.next != Next::InFlight {
            self.next = Next::At(now);
        }
    }

    /// Changes the report after the server has refused its content with a text: a computed task becomes a failed one, and a
    /// failed one loses its progress and most of its display. Returns whether there is something else to report.
    pub(super) fn refused(&mut self, now: Instant, id: Uuid, display: &str, text: &str) -> bool {
        let (display, progress_updates, was_workflow_error) = match &self.content {
            Content::Computed { message, .. } => {
                // The message was encoded here.
                let request = wire::NextTaskRequest::decode(message.clone()).unwrap_or_default();
                let progress = request.computed_task.unwrap_or_default().progress_updates;
                (failure_display(display, text), progress, true)
            }
            Content::Failed(message) if !self.is_simplified => {
                self.is_simplified = true;
                let display = first_characters(&plain(&message.display), SIMPLE_DISPLAY).to_owned();
                (display, Vec::new(), message.was_workflow_error)
            }
            Content::Failed(_) => return false,
        };
        let task_id = Some(id::to_wire(id));
        self.content =
            Content::Failed(wire::TaskFailedRequest { task_id, display, was_workflow_error, progress_updates });
        self.attempts = 0;
        self.may_have_arrived = false;
        self.next = Next::At(now);
        true
    }
}

/// The maximum characters of the display of a simplified report.
const SIMPLE_DISPLAY: usize = 256;
