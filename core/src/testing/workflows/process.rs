//! One process of a runner: its machine, its clock, its tasks and its exchanges.

use std::collections::{BTreeMap, HashMap};

use futures::future::BoxFuture;
use uuid::Uuid;

use super::clock::Clock;
use super::trace::Request;
use crate::protocol::exchange::Limits;
use crate::protocol::machine::{Decoder, RequestId};
use crate::runtime::Runtime;
use crate::testing::virtual_executor::{TaskGroup, VirtualExecutor};
use crate::time::Instant;
use crate::workflows::runner::{LeaseState, LeasedTask, Outcome, Runner, RunnerReply, SlotId, StopReason};

/// The control of a running task.
pub trait Control {
    /// Tells the task that its lease has changed.
    fn set_lease(&self, lease: LeaseState);

    /// Tells the task to stop.
    fn stop(&self, reason: StopReason);
}

/// A started task: its control, and the future of its outcome.
pub type Execution = (Box<dyn Control>, BoxFuture<'static, Outcome>);

/// Starts tasks in one process of a runner.
pub type Execute = Box<dyn FnMut(LeasedTask) -> Execution>;

pub(super) struct Process {
    /// Different for each process of the run.
    pub(super) number: u64,
    pub(super) clock: Clock,
    pub(super) machine: Runner,
    pub(super) execute: Execute,
    pub(super) slots: BTreeMap<SlotId, Running>,
    pub(super) open: HashMap<RequestId, Open>,
    /// When the machine is polled next, by the clock of the server.
    pub(super) wake: Option<Instant>,
}

/// A task in a slot.
pub(super) struct Running {
    pub(super) execution: u64,
    pub(super) task: Uuid,
    pub(super) display: String,
    pub(super) control: Box<dyn Control>,
    /// Whether its outcome is ignored.
    pub(super) is_handed_back: bool,
}

/// An exchange without a response so far.
pub(super) struct Open {
    pub(super) decoder: Decoder<RunnerReply>,
    pub(super) limits: Limits,
    pub(super) request: Request,
}

impl Process {
    pub(super) const fn group(&self) -> TaskGroup {
        TaskGroup(self.number)
    }
}

/// The runtime of a process: the executor of the run, read by the clock of the process.
pub(super) struct ProcessRuntime {
    pub(super) executor: VirtualExecutor,
    pub(super) clock: Clock,
    pub(super) group: TaskGroup,
}

impl ProcessRuntime {
    pub(super) fn new(executor: &VirtualExecutor, clock: Clock, group: TaskGroup) -> Self {
        Self { executor: executor.clone(), clock, group }
    }
}

impl Runtime for ProcessRuntime {
    fn now(&self) -> Instant {
        self.clock.local(self.executor.now())
    }

    fn wall_time(&self) -> std::time::SystemTime {
        std::time::SystemTime::UNIX_EPOCH + crate::testing::START_OF_RUN + self.now().since_origin()
    }

    fn sleep_until(&self, deadline: Instant) -> BoxFuture<'static, ()> {
        self.executor.sleep_until(self.clock.global(deadline))
    }

    fn spawn(&self, task: BoxFuture<'static, ()>) {
        self.executor.spawn_in(self.group, task);
    }

    fn unblock(&self, work: Box<dyn FnOnce() + Send>) {
        self.executor.unblock(work);
    }

    fn random(&self) -> u64 {
        self.executor.random()
    }
}
