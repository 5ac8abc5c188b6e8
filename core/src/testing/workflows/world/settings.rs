//! The settings of a simulated run.

use crate::testing::workflows::faults::Faults;
use crate::workflows::TaskIdentifier;
use crate::workflows::runner::{RunMode, RunnerPolicy};
use crate::workflows::scheduler::Policy;

/// The settings of a [`World`](super::World).
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct WorldSettings {
    /// The policies of the runners; their number is the number of runners.
    pub runners: Vec<RunnerPolicy>,
    /// The mode of the runners. One that ends by itself starts again, like a process after a crash.
    pub mode: RunMode,
    /// The slug of the cluster of the runners.
    pub cluster: String,
    /// The tasks that the runners execute.
    pub identifiers: Vec<TaskIdentifier>,
    /// The policy of the server.
    pub server: Policy,
    /// The faults.
    pub faults: Faults,
}

impl WorldSettings {
    /// Returns the settings of one runner with one slot that executes these tasks.
    pub fn new(identifiers: impl IntoIterator<Item = TaskIdentifier>, faults: impl Into<Faults>) -> Self {
        Self {
            runners: vec![RunnerPolicy::default()],
            mode: RunMode::Forever,
            cluster: "default".to_owned(),
            identifiers: identifiers.into_iter().collect(),
            server: Policy::default(),
            faults: faults.into(),
        }
    }
}
