//! The end of a runner: its phases, and how running tasks are handed back.

use super::held::{HeldId, Stage};
use super::report::{Content, Report};
use super::{Outcome, Runner, RunnerEvent, StopReason};
use crate::time::Instant;

/// The phase of a runner.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Phase {
    /// It asks for tasks and runs them.
    Running,
    /// It asks for no more tasks. Running tasks may end until `grace_until`; responses to earlier requests for tasks are
    /// awaited until `asks_until`, because the tasks in them must be handed back.
    Stopping { grace_until: Instant, asks_until: Instant },
    /// Everything was handed back; the reports of it are sent until this time.
    Interrupted { until: Instant },
    /// The last item was delivered.
    Done,
}

impl Runner {
    /// Starts the shutdown: running tasks get the [grace period](super::RunnerPolicy::grace) of the policy, and are handed back
    /// after it. Further calls have no effect.
    pub fn stop(&mut self, now: Instant) {
        if self.phase != Phase::Running {
            return;
        }
        let (grace_until, reports_until) = (now + self.policy.grace, now + self.policy.report_grace);
        self.phase = Phase::Stopping { grace_until, asks_until: reports_until };
        for slot in self.slots.busy() {
            self.events.push_back(RunnerEvent::Stop { slot, reason: StopReason::Stopping });
        }
        // The timeout of an attempt in flight may be longer than the shutdown.
        let overtaken = now + self.policy.report_grace / 3;
        for id in self.held.ids() {
            self.held.change(id, |held| {
                held.report().map(|report| {
                    report.limit(reports_until);
                    report.overtake(overtaken);
                })
            });
        }
        for id in std::mem::take(&mut self.waiting) {
            self.hand_back(now, id);
        }
    }

    /// Hands running tasks back at once, and ends the runner at most
    /// [`interrupt_grace`](super::RunnerPolicy::interrupt_grace) later. A second signal does this, and the drop of the future of
    /// a runner.
    pub fn interrupt(&mut self, now: Instant) {
        self.stop(now);
        let Phase::Stopping { grace_until, .. } = self.phase else { return };
        // An interruption never lengthens the shutdown.
        let until = (now + self.policy.interrupt_grace).min(grace_until + self.policy.report_grace);
        self.phase = Phase::Interrupted { until };
        self.hand_back_running(now);
        for id in self.held.ids() {
            self.held.change(id, |held| {
                held.report().map(|report| {
                    report.limit(until);
                    report.hurry(now);
                })
            });
        }
    }

    /// Acts on the times of the shutdown that have passed.
    pub(super) fn advance_shutdown(&mut self, now: Instant) {
        match self.phase {
            Phase::Running | Phase::Done => {}
            Phase::Stopping { grace_until, asks_until } => {
                if now >= grace_until {
                    self.hand_back_running(now);
                }
                if now >= asks_until {
                    self.forget_asks();
                }
            }
            Phase::Interrupted { until } => {
                if now >= until {
                    self.forget_asks();
                }
            }
        }
    }

    /// Returns the time at which the shutdown continues without a response.
    pub(super) fn shutdown_due(&self) -> Option<Instant> {
        let asks = |until| (self.asking.in_flight() > 0).then_some(until);
        match self.phase {
            Phase::Running | Phase::Done => None,
            Phase::Stopping { grace_until, asks_until } => {
                let grace = self.slots.busy().next().map(|_| grace_until);
                grace.into_iter().chain(asks(asks_until)).min()
            }
            Phase::Interrupted { until } => asks(until),
        }
    }

    /// Returns the end of the repetitions of a report that begins now; `None` for no end.
    pub(super) fn report_deadline(&self, now: Instant) -> Option<Instant> {
        match self.phase {
            Phase::Running | Phase::Done => None,
            Phase::Stopping { grace_until, .. } => Some(now.min(grace_until) + self.policy.report_grace),
            Phase::Interrupted { until } => Some(until),
        }
    }

    /// Hands a task back that has not started, or that was asked to stop. A task without a lease is dropped: it may run
    /// elsewhere, and a report would end that execution.
    pub(super) fn hand_back(&mut self, now: Instant, id: HeldId) {
        let deadline = self.report_deadline(now);
        let is_lost = self.held.change(id, |held| {
            let content = Content::new(held.id, &held.display, Outcome::HandBack);
            held.stage = Stage::Reporting(Report::new(content, now, deadline));
            held.lease.is_lost()
        });
        if is_lost == Some(true) {
            self.drop_report(id);
        }
    }

    fn hand_back_running(&mut self, now: Instant) {
        let busy: Vec<_> = self.slots.busy().collect();
        for slot in busy {
            self.events.push_back(RunnerEvent::Stop { slot, reason: StopReason::Interrupted });
            let Some(id) = self.slots.free(slot) else { continue };
            self.add_execution_time(now, id);
            self.hand_back(now, id);
        }
    }

    fn forget_asks(&mut self) {
        self.requests.clear_asks();
        self.asking.forget();
    }
}
