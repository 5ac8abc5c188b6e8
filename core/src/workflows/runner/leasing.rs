//! How a runner extends leases, and what it does when one is lost.

use super::held::{HeldId, Stage};
use super::lease::ExtensionAttempt;
use super::reporting::purpose;
use super::requests::{InFlight, Sending};
use super::{ReportResult, Runner, RunnerEvent, RunnerReply, StopReason, verdict};
use crate::error::Result;
use crate::protocol::exchange::{ExchangeError, Limits};
use crate::protocol::id;
use crate::protocol::machine::Exchange;
use crate::protocol::wire::workflows::v1 as wire;
use crate::time::Instant;

impl Runner {
    /// Makes an attempt to extend a lease. Returns `None` if the runner does not hold the task.
    pub(super) fn send_extension(
        &mut self,
        now: Instant,
        task: HeldId,
        attempt: ExtensionAttempt,
    ) -> Option<Result<Exchange<RunnerReply>>> {
        let held = self.held.get(task)?;
        let request = wire::TaskLeaseRequest {
            task_id: Some(id::to_wire(held.id)),
            requested_lease: prost_types::Duration::try_from(attempt.requested).ok(),
        };
        let sending =
            Sending { task, limits: Limits::new(attempt.timeout, self.policy.message_limit), attempt: attempt.number };
        Some(self.requests.extend(now, sending, &request))
    }

    /// Takes the response to an attempt to extend a lease.
    pub(super) fn extended(&mut self, sent: Instant, task: HeldId, lease: &wire::TaskLease) {
        let (policy, random) = (&self.policy, &mut self.random);
        let extended = self.held.change(task, |held| {
            let state = held.lease.extended(sent, lease, policy, random).then(|| held.lease.state())?;
            Some((state, held.slot.filter(|_| matches!(held.stage, Stage::Executing { .. }))))
        });
        if let Some((lease, slot)) = extended.flatten() {
            self.summary.extended_leases += 1;
            self.events.extend(slot.map(|slot| RunnerEvent::Lease { slot, lease }));
        }
    }

    /// Takes the failure of an attempt to extend a lease. Only the first of several failures in a row is passed on.
    pub(super) fn extension_failed(&mut self, now: Instant, request: &InFlight, task: HeldId, failure: ExchangeError) {
        let (policy, random) = (&self.policy, &mut self.random);
        let is_final = verdict::ends_the_lease(&failure);
        let is_first = self.held.change(task, |held| held.lease.failed(now, request.sent, is_final, policy, random));
        if is_first == Some(true)
            && let Some(held) = self.held.get(task)
        {
            let error = request.error(purpose("extend the lease of the task", &held.display), failure);
            let action = match is_final {
                true => "the task runs on, and is reported",
                false => "the runner repeats it until the lease is over",
            };
            self.trouble(error, action);
        }
    }

    /// Acts on a lease that has just been lost.
    ///
    /// A task that waits for a slot is dropped, since another runner gets it. A running one learns of it, and runs on unless the policy
    /// aborts it. A report is repeated, except a hand-back, which could end the execution of another runner.
    pub(super) fn lease_lost(&mut self, task: HeldId) {
        self.summary.lost_leases += 1;
        let Some(held) = self.held.get(task) else { return };
        match (&held.stage, held.slot) {
            (Stage::Executing { .. }, Some(slot)) => {
                self.events.push_back(RunnerEvent::Lease { slot, lease: held.lease.state() });
                if self.policy.abort_on_lost_lease {
                    self.events.push_back(RunnerEvent::Stop { slot, reason: StopReason::LeaseLost });
                }
            }
            (Stage::Waiting(_), _) => {
                self.waiting.retain(|waiting| *waiting != task);
                self.drop_report(task);
            }
            (Stage::Reporting(report), _) if report.content.result() == ReportResult::HandedBack => {
                self.drop_report(task);
            }
            (Stage::Executing { .. } | Stage::Reporting(_), _) => {}
        }
    }
}
