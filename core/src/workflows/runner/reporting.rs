//! How a runner reports tasks, and what it does after each response.

use std::time::Duration;

use super::asking::Ask;
use super::held::{HeldId, Stage};
use super::report::{Content, Report};
use super::requests::{InFlight, Sending};
use super::shutdown::Phase;
use super::verdict::{self, ReportVerdict};
use super::waits::backoff;
use super::{Outcome, ReportResult, Runner, RunnerEvent, RunnerReply, SlotId};
use crate::error::{Error, ErrorKind, Result};
use crate::protocol::exchange::{ExchangeError, Limits};
use crate::protocol::machine::Exchange;
use crate::protocol::wire::workflows::v1 as wire;
use crate::schema::excerpt::excerpt;
use crate::time::Instant;

/// The maximum characters of a display or an identifier that an error repeats.
const MAX_EXCERPT: usize = 80;

impl Runner {
    /// Takes the outcome of the task in a slot, which is free then. An outcome for a slot that is free already is ignored: its
    /// task was handed back.
    pub fn handle_finished(&mut self, now: Instant, slot: SlotId, outcome: Outcome) {
        let Some(id) = self.slots.free(slot) else { return };
        self.add_execution_time(now, id);
        let Some(held) = self.held.get(id) else { return };
        match &outcome {
            Outcome::Computed { .. } | Outcome::Failed { .. } => self.asking.ran(),
            Outcome::UnknownIdentifier => {
                let error = unknown_identifier(held.identifier.as_ref().map(ToString::to_string));
                self.events.push_back(RunnerEvent::Trouble(error));
                self.asking.refused(now, &self.policy);
            }
            // A task that is aborted, because it lost its lease, may run elsewhere: a report would end that execution.
            Outcome::HandBack if held.lease.is_lost() => {
                self.drop_report(id);
                self.start_waiting(now);
                return;
            }
            Outcome::HandBack if self.phase == Phase::Running => self.asking.refused(now, &self.policy),
            Outcome::HandBack => {}
        }
        let content = Content::new(held.id, &held.display, outcome);
        let report = Report::new(content, now, self.report_deadline(now));
        self.held.change(id, |held| held.stage = Stage::Reporting(report));
        self.start_waiting(now);
    }

    pub(super) fn add_execution_time(&mut self, now: Instant, id: HeldId) {
        if let Some(Stage::Executing { since }) = self.held.get(id).map(|held| &held.stage) {
            self.summary.execution_time = self.summary.execution_time.saturating_add(now - *since);
        }
    }

    /// Makes an attempt to report a task. Returns `None` if the runner does not hold the task. A report asks for the next task
    /// unless the server may have accepted an earlier attempt: the lost response to it may carry a task.
    pub(super) fn send_report(&mut self, now: Instant, task: HeldId) -> Option<Result<Exchange<RunnerReply>>> {
        let held = self.held.get(task)?;
        let Stage::Reporting(report) = &held.stage else { return None };
        let sending = Sending {
            task,
            limits: Limits::new(report.timeout(now, &self.policy), self.policy.message_limit),
            attempt: report.attempts,
        };
        self.summary.repeated_reports += u64::from(report.attempts > 1);
        Some(match &report.content {
            Content::Computed { message, .. } => {
                let asks = self.phase == Phase::Running && !report.may_have_arrived;
                let ask = if asks { self.asking.with_report(now) } else { None };
                self.requests.computed(now, sending, message, ask)
            }
            Content::Failed(message) => self.requests.failed(now, sending, message),
        })
    }

    /// Takes the response to a report.
    pub(super) fn handle_report(
        &mut self,
        now: Instant,
        request: &InFlight,
        id: HeldId,
        ask: Option<Ask>,
        response: Option<wire::NextTaskResponse>,
    ) {
        if let Some(held) = self.held.remove(id)
            && let Stage::Reporting(report) = &held.stage
        {
            let result = report.content.result();
            match result {
                ReportResult::Computed => self.summary.computed += 1,
                ReportResult::Failed => self.summary.failed += 1,
                ReportResult::HandedBack => self.summary.handed_back += 1,
                ReportResult::Dropped => {}
            }
            if let Some(slot) = held.slot {
                self.events.push_back(RunnerEvent::Reported { slot, task: held.id, result });
            }
            if let Content::Computed { subtasks, ready, .. } = report.content {
                self.summary.subtasks = self.summary.subtasks.saturating_add(subtasks);
                self.asking.wake(ready, self.room());
            }
        }
        let has_task = response.as_ref().is_some_and(|response| response.next_task.is_some());
        match (ask, response) {
            (Some(ask), Some(response)) => self.take_response(now, request.sent, ask, response),
            // A server may send a task that was not asked for.
            (None, Some(response)) if has_task => {
                let ask = self.asking.unasked();
                self.take_response(now, request.sent, ask, response);
            }
            _ => self.ask_again(),
        }
    }

    /// Takes the failure of a report.
    pub(super) fn report_failed(
        &mut self,
        now: Instant,
        request: &InFlight,
        id: HeldId,
        bytes: usize,
        failure: ExchangeError,
    ) {
        let decided = verdict::of_report(&failure, bytes, &self.policy);
        let Some(held) = self.held.get(id) else { return };
        let verb = match &held.stage {
            Stage::Reporting(report) => report.content.verb(),
            Stage::Waiting(_) | Stage::Executing { .. } => return,
        };
        let error = request.error(purpose(verb, &held.display), failure);
        let (task, display) = (held.id, held.display.clone());
        match decided {
            ReportVerdict::Repeat { may_have_arrived, retry_after } => {
                self.repeat_report(now, id, may_have_arrived, retry_after);
                self.trouble(error, "the runner repeats the report");
            }
            ReportVerdict::Rejected => {
                self.repeat_report(now, id, false, None);
                self.fail(now, error);
            }
            ReportVerdict::Refused(text) => {
                let change = |report: &mut Report| report.refused(now, task, &display, &text);
                let is_changed = self.held.change(id, |held| held.report().is_some_and(change)) == Some(true);
                if is_changed {
                    self.trouble(error, "the runner reports the task as failed, with this text");
                } else {
                    self.drop_report(id);
                    self.trouble(
                        error,
                        "the result is lost: the server gives the task to a runner again when its lease ends",
                    );
                }
            }
            ReportVerdict::Unknown => {
                self.drop_report(id);
                self.trouble(
                    error,
                    "the result is dropped: the job may have been deleted, or another runner may have reported it",
                );
            }
        }
    }

    /// Ends a task without a report, or whose report is not delivered.
    pub(super) fn drop_report(&mut self, id: HeldId) {
        let Some(held) = self.held.remove(id) else { return };
        if let Some(slot) = held.slot {
            self.summary.unreported += 1;
            self.events.push_back(RunnerEvent::Reported { slot, task: held.id, result: ReportResult::Dropped });
        }
        self.ask_again();
    }

    fn repeat_report(&mut self, now: Instant, id: HeldId, may_have_arrived: bool, retry_after: Option<Duration>) {
        let (policy, random) = (&self.policy, &mut self.random);
        self.held.change(id, |held| {
            held.report().map(|report| {
                report.may_have_arrived |= may_have_arrived;
                report.repeat_at(now + backoff(random, policy, report.attempts, retry_after));
            })
        });
    }

    /// Passes an error on that the runner handles; `action` says how.
    pub(super) fn trouble(&mut self, error: Error, action: &'static str) {
        self.events.push_back(RunnerEvent::Trouble(error.with_advice(action)));
    }
}

/// Returns the purpose of a request about a task, which completes "cannot …".
pub(super) fn purpose(verb: &str, display: &str) -> String {
    format!("{verb} `{}`", excerpt(display, MAX_EXCERPT))
}

fn unknown_identifier(identifier: Option<String>) -> Error {
    let identifier = identifier.unwrap_or_default();
    Error::new(
        ErrorKind::NotFound,
        format!("run the task `{}`", excerpt(&identifier, MAX_EXCERPT)),
        "no code is registered for its identifier",
        "add its code with `.task::<T>()`, or run it on another cluster; until then the runner hands it back and pauses",
    )
}
