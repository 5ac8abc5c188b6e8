//! The numbers by which the scheduler decides.

use std::ops::RangeInclusive;
use std::time::Duration;

/// The durations and limits of a [`Scheduler`](super::Scheduler).
///
/// Those of Tilebox's own servers are known in part; the docs of each field say which.
///
/// ```
/// use std::time::Duration;
/// use tilebox_core::workflows::scheduler::Policy;
///
/// let policy = Policy::default().with_lease(Duration::from_secs(3)).with_changes();
/// assert_eq!(policy.recommended_wait(policy.lease), Duration::from_secs(2));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Policy {
    /// Lease of a task that is handed out: 15 s, as recorded from Tilebox.
    pub lease: Duration,
    /// Longest lease that an extension grants: 5 minutes. The maximum of Tilebox is not known.
    pub maximum_lease: Duration,
    /// Time before the end of a lease at which its extension is recommended: 5 s, as recorded from Tilebox.
    pub lease_margin: Duration,
    /// Range of the suggested idle time: 5 to 10 s. Tilebox's formula is not known; its samples lie between 5.5 and 9.2 s.
    pub idle: RangeInclusive<Duration>,
    /// Number of times that a task is queued again because its lease expired: 10 (Workflows documentation).
    pub crash_retries: u32,
    /// Whether the scheduler collects records for [`take_changes`](super::Scheduler::take_changes). Without it, none is
    /// made, and a restart begins empty.
    pub keeps_changes: bool,
}

impl Policy {
    /// Sets the lease of a task that is handed out.
    #[must_use]
    pub fn with_lease(self, lease: Duration) -> Self {
        Self { lease, ..self }
    }

    /// Sets the longest lease that an extension grants.
    #[must_use]
    pub fn with_maximum_lease(self, maximum_lease: Duration) -> Self {
        Self { maximum_lease, ..self }
    }

    /// Sets the time before the end of a lease at which its extension is recommended.
    #[must_use]
    pub fn with_lease_margin(self, lease_margin: Duration) -> Self {
        Self { lease_margin, ..self }
    }

    /// Sets the range of the suggested idle time (minimum 1 ms: a runner that gets none asks in a loop).
    #[must_use]
    pub fn with_idle(self, idle: RangeInclusive<Duration>) -> Self {
        Self { idle, ..self }
    }

    /// Sets the number of times that a task is queued again because its lease expired.
    #[must_use]
    pub fn with_crash_retries(self, crash_retries: u32) -> Self {
        Self { crash_retries, ..self }
    }

    /// Collects records for [`take_changes`](super::Scheduler::take_changes), which the caller must then call regularly.
    #[must_use]
    pub fn with_changes(self) -> Self {
        Self { keeps_changes: true, ..self }
    }

    /// Returns how long a runner should wait before it extends a lease: the lease less the margin, or two thirds of a
    /// lease shorter than two margins.
    #[must_use]
    pub fn recommended_wait(&self, lease: Duration) -> Duration {
        if lease >= self.lease_margin.saturating_mul(2) { lease - self.lease_margin } else { lease / 3 * 2 }
    }

    /// Returns an idle time of the range.
    pub(super) fn draw_idle(&self, random: &mut fastrand::Rng) -> Duration {
        let shortest = *self.idle.start();
        let width = self.idle.end().saturating_sub(shortest);
        (shortest + width.mul_f64(random.f64())).max(MINIMUM_IDLE)
    }
}

/// The shortest suggested idle time.
const MINIMUM_IDLE: Duration = Duration::from_millis(1);

impl Default for Policy {
    fn default() -> Self {
        Self {
            lease: Duration::from_secs(15),
            maximum_lease: Duration::from_secs(300),
            lease_margin: Duration::from_secs(5),
            idle: Duration::from_secs(5)..=Duration::from_secs(10),
            crash_retries: 10,
            keeps_changes: false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_recommended_wait_keeps_a_margin_or_two_thirds() {
        let policy = Policy::default();
        let wait = |milliseconds| policy.recommended_wait(Duration::from_millis(milliseconds)).as_millis();
        assert_eq!((wait(15_000), wait(300_000), wait(3_000), wait(14_990)), (10_000, 295_000, 2_000, 9_990));
    }

    #[test]
    fn an_idle_time_lies_in_its_range_and_is_positive() {
        let mut random = fastrand::Rng::with_seed(3);
        let policy = Policy::default();
        for _ in 0..1000 {
            assert!(policy.idle.contains(&policy.draw_idle(&mut random)));
        }
        assert_eq!(policy.with_idle(Duration::ZERO..=Duration::ZERO).draw_idle(&mut random), MINIMUM_IDLE);
    }
}
