//! The lease of one task: when it ends, and when it is extended.

use std::time::Duration;

use super::waits::{backoff, part, random_part};
use super::{LeaseState, RunnerPolicy};
use crate::protocol::wire::workflows::v1 as wire;
use crate::time::Instant;
use crate::workflows::elapsed;

/// The lease of one task.
///
/// Its clock starts when the request for it was *sent*: the server counts from a later time, so the lease here never ends
/// after the one at the server, however slow the response was and however much the clocks differ.
#[derive(Clone, Debug)]
pub(super) struct Lease {
    until: Instant,
    /// The duration that the server granted last. An extension asks for twice as much (Workflows API, `ExtendTaskLease`).
    granted: Duration,
    /// When the request was sent that granted it.
    confirmed: Instant,
    extension: Extension,
    /// Attempts since the last extension.
    attempts: u32,
    /// Those that failed.
    failures: u32,
    is_lost: bool,
}

/// The next extension.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Extension {
    /// It is due at this time.
    At(Instant),
    /// The server does not extend the lease, it is lost, or it ends before another attempt.
    Never,
}

/// An attempt to extend a lease.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct ExtensionAttempt {
    pub(super) requested: Duration,
    pub(super) timeout: Duration,
    /// Its number since the last extension, from 1.
    pub(super) number: u32,
}

impl Lease {
    /// Creates the lease of a task that arrived in the response to a request sent at `sent`. A task without a lease is assumed
    /// to have the default one, which is extended at once.
    pub(super) fn new(
        sent: Instant,
        lease: Option<&wire::TaskLease>,
        policy: &RunnerPolicy,
        random: &mut fastrand::Rng,
    ) -> Self {
        let mut created = Self {
            until: sent + policy.default_lease,
            granted: policy.default_lease,
            confirmed: sent,
            extension: Extension::At(sent),
            attempts: 0,
            failures: 0,
            is_lost: false,
        };
        if let Some((granted, recommended)) = lease.and_then(granted) {
            created.start(sent, granted, recommended, policy, random);
        }
        created
    }

    fn start(
        &mut self,
        sent: Instant,
        granted: Duration,
        recommended: Duration,
        policy: &RunnerPolicy,
        random: &mut fastrand::Rng,
    ) {
        let latest = part(granted, policy.extension_fraction);
        let wait = if recommended.is_zero() { latest } else { recommended.min(latest) };
        let early = random_part(random, part(wait, policy.extension_jitter));
        self.until = sent + granted;
        self.granted = granted;
        self.confirmed = sent;
        self.extension = Extension::At(sent + (wait - early.min(wait)).max(policy.extension_pause));
        self.attempts = 0;
        self.failures = 0;
    }

    /// Returns the state for the task.
    pub(super) fn state(&self) -> LeaseState {
        if self.is_lost { LeaseState::Lost } else { LeaseState::Held { until: self.until } }
    }

    pub(super) fn is_lost(&self) -> bool {
        self.is_lost
    }

    /// Returns the time at which the lease must be looked at again.
    pub(super) fn due(&self) -> Option<Instant> {
        match self.extension {
            _ if self.is_lost => None,
            Extension::At(time) => Some(time.min(self.until)),
            Extension::Never => Some(self.until),
        }
    }

    /// Ends the lease if it is over. Returns whether it has just been lost.
    pub(super) fn expire(&mut self, now: Instant) -> bool {
        let is_over = !self.is_lost && now >= self.until;
        if is_over {
            self.is_lost = true;
            self.extension = Extension::Never;
        }
        is_over
    }

    /// Starts an attempt if one is due. Without a response, the next one follows while the lease runs, and the first response
    /// of all counts: a network that is too slow for one attempt is too slow for all, if none may take longer.
    pub(super) fn extend(&mut self, now: Instant, policy: &RunnerPolicy) -> Option<ExtensionAttempt> {
        match self.extension {
            Extension::At(time) if time <= now && now < self.until => {}
            _ => return None,
        }
        let left = self.until - now;
        let next = now + (left / 3).min(policy.extension_timeout).max(policy.extension_pause);
        self.extension = if next < self.until { Extension::At(next) } else { Extension::Never };
        self.attempts = self.attempts.saturating_add(1);
        Some(ExtensionAttempt {
            requested: self.granted.saturating_mul(2).min(policy.longest_lease.max(self.granted)),
            timeout: left.min(policy.extension_timeout),
            number: self.attempts,
        })
    }

    /// Takes the response to an attempt sent at `sent`. Returns whether the lease was extended: the server may not extend it,
    /// a later attempt may have done so, and a lost lease stays lost.
    pub(super) fn extended(
        &mut self,
        sent: Instant,
        lease: &wire::TaskLease,
        policy: &RunnerPolicy,
        random: &mut fastrand::Rng,
    ) -> bool {
        if self.is_lost || sent < self.confirmed {
            return false;
        }
        match granted(lease) {
            Some((granted, recommended)) => {
                self.start(sent, granted, recommended, policy, random);
                true
            }
            None => {
                self.extension = Extension::Never;
                false
            }
        }
    }

    /// Takes the failure of an attempt sent at `sent`: the next one follows after a random wait, while the lease is not over.
    /// Returns whether it is the first failure since the last extension.
    pub(super) fn failed(
        &mut self,
        now: Instant,
        sent: Instant,
        is_final: bool,
        policy: &RunnerPolicy,
        random: &mut fastrand::Rng,
    ) -> bool {
        if self.is_lost || sent < self.confirmed {
            return false;
        }
        self.failures = self.failures.saturating_add(1);
        let wait = backoff(random, policy, self.failures, None);
        let next = now + wait.min((self.until - now) / 3).max(policy.extension_pause);
        self.extension = match self.extension {
            _ if is_final => Extension::Never,
            Extension::At(due) => Extension::At(due.min(next)),
            Extension::Never => Extension::Never,
        };
        self.failures == 1
    }
}

/// Returns the duration of a lease and the recommended wait before its extension; `None` if none is granted.
fn granted(lease: &wire::TaskLease) -> Option<(Duration, Duration)> {
    let granted = elapsed::from_wire(lease.lease);
    let recommended = elapsed::from_wire(lease.recommended_wait_until_next_extension);
    (!granted.is_zero()).then_some((granted, recommended))
}
