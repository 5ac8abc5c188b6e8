//! The durations of leases and pauses that the options set.

use std::time::Duration;

use tilebox_core::workflows::scheduler::Policy;

/// The longest duration that an option accepts.
pub(crate) const LONGEST: Duration = Duration::from_secs(24 * 60 * 60);
/// The shortest duration that an option accepts.
pub(crate) const SHORTEST: Duration = Duration::from_millis(1);

/// The durations of leases and pauses.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Timing {
    /// The lease of a task that is handed out.
    pub(crate) lease: Duration,
    /// The longest lease that an extension grants.
    pub(crate) maximum_lease: Duration,
    /// The shortest suggested idle time; the longest is twice as long.
    pub(crate) idle: Duration,
}

impl Timing {
    /// Returns the policy of a scheduler, which records its changes if they are stored.
    pub(super) fn policy(self, keeps_changes: bool) -> Policy {
        let policy = Policy::default()
            .with_lease(self.lease)
            .with_maximum_lease(self.maximum_lease)
            .with_idle(self.idle..=self.idle.saturating_mul(2));
        if keeps_changes { policy.with_changes() } else { policy }
    }
}

impl Default for Timing {
    fn default() -> Self {
        let policy = Policy::default();
        Self { lease: policy.lease, maximum_lease: policy.maximum_lease, idle: *policy.idle.start() }
    }
}
