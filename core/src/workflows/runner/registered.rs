//! The tasks that a runner can run, and their cluster.

use crate::protocol::wire::workflows::v1 as wire;
use crate::workflows::TaskIdentifier;

/// The cluster and the tasks that a runner asks for.
#[derive(Clone, Debug, PartialEq)]
pub struct Registered {
    /// The slug of the cluster. The server expects a slug here, so the driver resolves the default cluster first, with
    /// `GetCluster`.
    pub cluster: String,
    /// The identifiers of the tasks that can run here.
    pub identifiers: Vec<TaskIdentifier>,
}

impl Registered {
    /// Creates the registration of these tasks on this cluster.
    #[must_use]
    pub fn new(cluster: impl Into<String>, identifiers: impl IntoIterator<Item = TaskIdentifier>) -> Self {
        Self { cluster: cluster.into(), identifiers: identifiers.into_iter().collect() }
    }

    /// Returns the message that asks for a task.
    pub(super) fn to_wire(&self) -> wire::NextTaskToRun {
        let identifiers = self.identifiers.iter().map(TaskIdentifier::to_wire).collect();
        wire::NextTaskToRun { cluster_slug: self.cluster.clone(), identifiers }
    }
}
