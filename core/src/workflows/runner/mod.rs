//! The runner as a pure machine: which tasks it asks for, which leases it extends, what it reports, and when a task must stop.
//!
//! **Unstable:** drivers and simulations build on this module; its items may change in any release.

mod event;
mod policy;
mod summary;
mod task;

use crate::protocol::endpoint::Endpoint;
use crate::protocol::exchange::ExchangeError;
use crate::protocol::machine::{Arrival, Machine, Output, RequestId};
use crate::protocol::wire::workflows::v1 as wire;
use crate::time::Instant;
use crate::workflows::TaskIdentifier;

pub use event::{FailureCause, LeaseState, Outcome, ReportResult, RunnerEvent, SlotId, StopReason};
pub use policy::{RunMode, RunnerPolicy};
pub use summary::RunSummary;
pub use task::LeasedTask;

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
}

/// The decoded response that a [`Runner`] takes.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum RunnerReply {
    /// Of `NextTask`.
    NextTask(wire::NextTaskResponse),
    /// Of `TaskFailed`.
    TaskFailed(wire::TaskStateResponse),
    /// Of `ExtendTaskLease`.
    Lease(wire::TaskLease),
}

/// A runner.
///
/// # Contract
///
/// Beside the three verbs of a [`Machine`] it takes three inputs; poll it after each.
///
/// - [`handle_finished`](Self::handle_finished), once for every [`RunnerEvent::Execute`]. The machine ignores it for a slot
///   whose task it has handed back ([`StopReason::Interrupted`]).
/// - [`stop`](Self::stop): the runner asks for no more tasks, hands back those that have not started, and gives running ones
///   the grace period. Every running slot gets one [`StopReason::Stopping`].
/// - [`interrupt`](Self::interrupt): the runner hands running tasks back at once, and ends soon after.
///
/// The last item is [`RunnerEvent::Ended`], or the error that ended the runner; then comes [`Output::Done`]. Slots that still
/// run then were handed back.
///
/// An exchange may stay in flight for long; the driver keeps polling meanwhile, because leases are extended by it. The clock of
/// a lease starts when [`Output::Send`] is returned, so the driver sends at once and waits for no permit.
#[derive(Debug)]
pub struct Runner {
    endpoint: Endpoint,
    registered: Registered,
    mode: RunMode,
    policy: RunnerPolicy,
    random: fastrand::Rng,
    summary: RunSummary,
    is_done: bool,
}

impl Runner {
    /// Creates a runner, which starts when it is first polled. `seed` varies its waits.
    #[must_use]
    pub fn new(endpoint: Endpoint, registered: Registered, mode: RunMode, policy: RunnerPolicy, seed: u64) -> Self {
        Self {
            endpoint,
            registered,
            mode,
            policy,
            random: fastrand::Rng::with_seed(seed),
            summary: RunSummary::default(),
            is_done: false,
        }
    }

    /// Takes the outcome of the task in a slot, which is free then.
    pub fn handle_finished(&mut self, now: Instant, slot: SlotId, outcome: Outcome) {
        let _ =
            (now, slot, outcome, &self.endpoint, &self.registered, &self.mode, &self.random, self.policy.capacity());
    }

    /// Starts the shutdown: after the grace period of the policy, running tasks are handed back. Further calls have no effect.
    pub fn stop(&mut self, now: Instant) {
        let _ = now;
        self.is_done = true;
    }

    /// Hands running tasks back at once, and ends the runner at most [`interrupt_grace`](RunnerPolicy::interrupt_grace) later.
    /// A second signal and the drop of a runner's future do this.
    pub fn interrupt(&mut self, now: Instant) {
        self.stop(now);
    }

    /// Returns the numbers so far.
    #[must_use]
    pub fn summary(&self) -> &RunSummary {
        &self.summary
    }
}

impl Machine for Runner {
    type Reply = RunnerReply;
    type Item = RunnerEvent;

    fn handle_response(
        &mut self,
        _arrival: impl Into<Arrival>,
        _id: RequestId,
        _result: Result<Self::Reply, ExchangeError>,
    ) {
    }

    fn poll_output(&mut self, _now: Instant) -> Output<Self::Reply, Self::Item> {
        if self.is_done { Output::Done } else { Output::WaitForResponses }
    }

    fn wants_input(&self) -> bool {
        !self.is_done
    }

    fn cancel(&mut self) {
        self.is_done = true;
    }
}
