//! Leases: how long a runner may take until it reports or extends.

use std::collections::BTreeSet;
use std::time::Duration;

use super::keys::TaskKey;
use crate::time::Instant;

/// The lease of a running task.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Lease {
    /// Its end on the monotonic clock.
    pub(super) end: Instant,
    /// Its duration when it was granted.
    pub(super) granted: Duration,
}

/// The leases of all running tasks, the one that ends first in front.
#[derive(Default)]
pub(super) struct Leases {
    ends: BTreeSet<(Instant, TaskKey)>,
}

impl Leases {
    pub(super) fn add(&mut self, task: TaskKey, lease: Lease) {
        self.ends.insert((lease.end, task));
    }

    pub(super) fn remove(&mut self, task: TaskKey, lease: Lease) {
        self.ends.remove(&(lease.end, task));
    }

    pub(super) fn next_end(&self) -> Option<Instant> {
        self.ends.first().map(|(end, _)| *end)
    }

    /// Removes and returns the task whose lease ended first, if it has ended by `now`.
    pub(super) fn pop_ended(&mut self, now: Instant) -> Option<TaskKey> {
        match self.ends.first() {
            Some((end, _)) if *end <= now => self.ends.pop_first().map(|(_, task)| task),
            _ => None,
        }
    }
}
