//! When a runner asks for tasks, and how many requests it sends at once.

use std::time::Duration;

use super::waits::{backoff, doubled, random_part};
use super::{RunMode, RunnerPolicy};
use crate::protocol::wire::workflows::v1 as wire;
use crate::time::Instant;
use crate::workflows::elapsed;

/// The requests for tasks that report nothing.
///
/// - While the server has no tasks, one request asks for all free slots.
/// - Each task that arrives wakes two more, so that n slots fill in log2(n) round trips. A report with subtasks wakes as many as
///   can start.
/// - After an error, requests pause with backoff. After a task that cannot run here, all requests for tasks pause, also those
///   of reports.
#[derive(Debug)]
pub(super) struct Asking {
    /// The number of requests to send now.
    wanted: usize,
    in_flight: usize,
    /// The number of tasks that have arrived.
    arrivals: u64,
    /// The end of the wait after a response without a task; `None` if the server may have tasks.
    idle_until: Option<Instant>,
    failures: u32,
    backoff_until: Instant,
    refusals: u32,
    pause_until: Instant,
}

/// A request for a task, alone or with a report.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ask {
    /// Whether the runner held no task when it was sent.
    is_quiet: bool,
    /// The number of tasks that had arrived when it was sent.
    arrivals: u64,
}

impl Asking {
    /// Creates the state of a runner that has not asked yet.
    pub(super) fn new() -> Self {
        Self {
            wanted: 1,
            in_flight: 0,
            arrivals: 0,
            idle_until: None,
            failures: 0,
            backoff_until: Instant::ORIGIN,
            refusals: 0,
            pause_until: Instant::ORIGIN,
        }
    }

    /// Returns the number of requests in flight.
    pub(super) fn in_flight(&self) -> usize {
        self.in_flight
    }

    /// Asks up to `count` times more, for at most `free` tasks in all.
    pub(super) fn wake(&mut self, count: usize, free: usize) {
        self.wanted = self.wanted.saturating_add(count).min(free);
    }

    /// Asks once more, since a task has gone. While the server has no tasks, one request asks for all.
    pub(super) fn again(&mut self, free: usize) {
        match self.idle_until {
            None => self.wake(1, free),
            Some(_) => self.wanted = self.wanted.max(usize::from(self.in_flight == 0)),
        }
    }

    /// Returns the time of the next request; `None` while one that is in flight decides. There must be room for a task.
    pub(super) fn due(&self) -> Option<Instant> {
        let time = match self.idle_until {
            _ if self.wanted > 0 => Instant::ORIGIN,
            _ if self.in_flight > 0 => return None,
            idle_until => idle_until.unwrap_or_default(),
        };
        Some(time.max(self.backoff_until).max(self.pause_until))
    }

    /// Notes that a request is sent.
    pub(super) fn start(&mut self, is_quiet: bool) -> Ask {
        self.wanted = self.wanted.saturating_sub(1);
        self.in_flight += 1;
        Ask { is_quiet, arrivals: self.arrivals }
    }

    /// Returns the request for a task that goes with a report; `None` during a pause.
    pub(super) fn with_report(&self, now: Instant) -> Option<Ask> {
        (now >= self.pause_until).then(|| self.unasked())
    }

    /// Returns the request that stands for a response with a task that was not asked for.
    pub(super) fn unasked(&self) -> Ask {
        Ask { is_quiet: false, arrivals: self.arrivals }
    }

    /// Notes that a request without a report has ended.
    pub(super) fn ended(&mut self) {
        self.in_flight = self.in_flight.saturating_sub(1);
    }

    /// Forgets the requests in flight.
    pub(super) fn forget(&mut self) {
        self.in_flight = 0;
    }

    /// Takes a task that arrived; there is room for `free` more.
    pub(super) fn arrived(&mut self, free: usize) {
        self.arrivals += 1;
        self.succeeded();
        self.idle_until = None;
        self.wake(2, free);
    }

    /// Notes that a request succeeded.
    pub(super) fn succeeded(&mut self) {
        self.failures = 0;
        self.backoff_until = Instant::ORIGIN;
    }

    /// Takes a response without a task. Returns the end of the wait.
    pub(super) fn idle(
        &mut self,
        now: Instant,
        idling: Option<&wire::IdlingResponse>,
        policy: &RunnerPolicy,
        random: &mut fastrand::Rng,
    ) -> Instant {
        if now < self.pause_until.max(self.backoff_until) {
            // Requests that were wanted before the pause would follow it all at once.
            self.wanted = self.wanted.min(1);
        }
        self.succeeded();
        let suggested = elapsed::from_wire(idling.and_then(|idling| idling.suggested_idling_duration));
        let wait = match suggested {
            Duration::ZERO => policy.default_idle.saturating_add(random_part(random, policy.default_idle)),
            suggested => suggested,
        };
        // The lower bound wins, so that no policy makes a runner ask without a pause.
        let until = now + wait.min(policy.longest_idle).max(policy.shortest_idle);
        self.idle_until = Some(until);
        until
    }

    /// Returns whether no request is in flight or about to be sent.
    pub(super) fn waits(&self) -> bool {
        self.in_flight == 0 && self.wanted == 0
    }

    /// Returns whether a response without a task to this request proves that the queue is empty for good, as far as this runner
    /// can know: it held no task when it asked, got none since, and no other request may bring one.
    pub(super) fn ends(&self, ask: Ask, mode: RunMode) -> bool {
        mode == RunMode::All && ask.is_quiet && ask.arrivals == self.arrivals && self.in_flight == 0
    }

    /// Ends an idle wait: asks at once.
    pub(super) fn ask_now(&mut self) {
        self.idle_until = None;
        self.wanted = self.wanted.max(1);
    }

    /// Takes the failure of a request: one request follows after a random wait.
    pub(super) fn failed(
        &mut self,
        now: Instant,
        retry_after: Option<Duration>,
        policy: &RunnerPolicy,
        random: &mut fastrand::Rng,
    ) {
        self.failures = self.failures.saturating_add(1);
        self.backoff_until = self.backoff_until.max(now + backoff(random, policy, self.failures, retry_after));
        self.idle_until = None;
        self.wanted = usize::from(self.in_flight == 0);
    }

    /// Takes a task that cannot run here: all requests for tasks pause, longer each time.
    pub(super) fn refused(&mut self, now: Instant, policy: &RunnerPolicy) {
        let pause = doubled(policy.refusal_pause, self.refusals).min(policy.longest_idle);
        self.refusals = self.refusals.saturating_add(1);
        self.pause_until = self.pause_until.max(now + pause);
        self.wanted = self.wanted.min(1);
    }

    /// Notes that a task ran here.
    pub(super) fn ran(&mut self) {
        self.refusals = 0;
    }
}
