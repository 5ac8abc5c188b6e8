//! How a runner takes tasks and starts them.

use super::asking::Ask;
use super::held::{Held, HeldId, Stage};
use super::lease::Lease;
use super::report::{Content, Report};
use super::requests::InFlight;
use super::shutdown::Phase;
use super::{LeasedTask, Outcome, RunMode, Runner, RunnerEvent, verdict};
use crate::error::{Error, ErrorKind};
use crate::protocol::exchange::ExchangeError;
use crate::protocol::id;
use crate::protocol::wire::workflows::v1 as wire;
use crate::time::Instant;

impl Runner {
    /// Takes the response to a request for a task.
    pub(super) fn take_response(&mut self, now: Instant, sent: Instant, ask: Ask, response: wire::NextTaskResponse) {
        match response.next_task {
            Some(task) if task.id.as_ref().and_then(id::from_wire).is_some() => self.take_task(now, sent, task),
            Some(task) => {
                self.unreadable(format!("the task `{}` has no id", task.display.unwrap_or_default()));
                self.asking.refused(now, &self.policy);
                self.take_idle(now, ask, None);
            }
            None => self.take_idle(now, ask, response.idling.as_ref()),
        }
    }

    fn take_task(&mut self, now: Instant, sent: Instant, task: wire::Task) {
        let Some(id) = task.id.as_ref().and_then(id::from_wire) else { return };
        let lease = Lease::new(sent, task.lease.as_ref(), &self.policy, &mut self.random);
        let display = task.display.clone().unwrap_or_default();
        let (identifier, stage) = match LeasedTask::from_wire(task, lease.state()) {
            Ok(task) => (Some(task.identifier.clone()), Stage::Waiting(task)),
            Err(error) => {
                self.unreadable(error.to_string());
                self.asking.refused(now, &self.policy);
                let content = Content::new(id, &display, Outcome::HandBack);
                (None, Stage::Reporting(Report::new(content, now, self.report_deadline(now))))
            }
        };
        let is_whole = matches!(stage, Stage::Waiting(_));
        let held = self.held.insert(Held { id, identifier, display, lease, slot: None, stage });
        self.asking.arrived(self.room());
        if self.phase != Phase::Running {
            // The response to a request that was sent before the stop.
            self.hand_back(now, held);
        } else if is_whole {
            match self.slots.has_free() {
                true => self.execute(now, held),
                false => self.waiting.push_back(held),
            }
        }
    }

    fn unreadable(&mut self, reason: String) {
        let purpose = "run a task of the server";
        let action = "the task is handed back, and the runner pauses; report it to the operator of the server";
        self.events.push_back(RunnerEvent::Trouble(Error::new(ErrorKind::Undecodable, purpose, reason, action)));
    }

    /// Starts waiting tasks in free slots, in the order of their arrival, except those whose lease is over.
    pub(super) fn start_waiting(&mut self, now: Instant) {
        if self.phase != Phase::Running {
            return;
        }
        while self.slots.has_free()
            && let Some(id) = self.waiting.pop_front()
        {
            match self.held.change(id, |held| held.lease.expire(now)) {
                Some(true) => self.lease_lost(id),
                Some(false) => self.execute(now, id),
                None => {}
            }
        }
    }

    fn execute(&mut self, now: Instant, id: HeldId) {
        let Some(slot) = self.slots.take(id) else { return };
        let task = self.held.change(id, |held| {
            held.slot = Some(slot);
            let lease = held.lease.state();
            match std::mem::replace(&mut held.stage, Stage::Executing { since: now }) {
                Stage::Waiting(task) => Some(LeasedTask { lease, ..task }),
                Stage::Executing { .. } | Stage::Reporting(_) => None,
            }
        });
        match task.flatten() {
            Some(task) => self.events.push_back(RunnerEvent::Execute { slot, task }),
            // Only waiting tasks get here.
            None => {
                let _ = self.slots.free(slot);
            }
        }
    }

    fn take_idle(&mut self, now: Instant, ask: Ask, idling: Option<&wire::IdlingResponse>) {
        self.summary.idle_responses += 1;
        let until = self.asking.idle(now, idling, &self.policy, &mut self.random);
        if self.phase != Phase::Running || !self.asking.waits() {
            return;
        }
        if self.asking.ends(ask, self.mode) {
            self.stop(now);
        } else if self.mode == RunMode::All && self.held.is_empty() {
            // The request was sent while a task ran, which may have submitted others since.
            self.asking.ask_now();
        } else if self.room() > 0 {
            self.events.push_back(RunnerEvent::Idle { until });
        }
    }

    /// Takes the failure of a request for a task.
    pub(super) fn ask_failed(&mut self, now: Instant, request: &InFlight, failure: ExchangeError) {
        let is_final = verdict::ends_the_runner(&failure);
        let retry_after = verdict::retry_after(&failure);
        let error = request.error(self.requests.purpose_of_asks(), failure);
        self.asking.failed(now, retry_after, &self.policy, &mut self.random);
        match is_final {
            true => self.fail(now, error),
            false => self.trouble(error, "the runner asks again after a wait"),
        }
    }

    /// Stops the runner because of an error, which is its last item.
    pub(super) fn fail(&mut self, now: Instant, error: Error) {
        if self.error.is_none() {
            self.error = Some(error);
        }
        self.stop(now);
    }
}
