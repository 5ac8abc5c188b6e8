//! What the tasks of one runner use.

use std::fmt;
use std::sync::Arc;

use super::shared::Shared;
use crate::runtime::Runtime;

/// What all tasks of one runner use: the runtime, the cluster, and the shared values.
#[derive(Clone)]
#[must_use = "setters return the changed services"]
pub struct TaskServices {
    pub(super) runtime: Arc<dyn Runtime>,
    pub(super) cluster: String,
    pub(super) shared: Shared,
}

impl TaskServices {
    /// Returns the services of a runner on this runtime, of the default cluster and without shared values.
    pub fn new(runtime: Arc<dyn Runtime>) -> Self {
        Self { runtime, cluster: String::new(), shared: Shared::new() }
    }

    /// Sets the slug of the cluster of the runner: that of subtasks which do not set their own.
    pub fn cluster(mut self, slug: impl Into<String>) -> Self {
        self.cluster = slug.into();
        self
    }

    /// Sets the shared values.
    pub fn shared(mut self, shared: Shared) -> Self {
        self.shared = shared;
        self
    }
}

impl fmt::Debug for TaskServices {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("TaskServices");
        shown.field("cluster", &self.cluster).field("shared", &self.shared).finish_non_exhaustive()
    }
}
