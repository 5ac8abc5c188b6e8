//! Tasks whose code is a function, and the parts of a runner that execute them.

use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt as _;
use futures::future::BoxFuture;
use uuid::Uuid;

use crate::client::workflows::tasks::context::Context;
use crate::client::workflows::tasks::control::TaskControl;
use crate::client::workflows::tasks::execute::execute_task;
use crate::client::workflows::tasks::registry::Registry;
use crate::client::workflows::tasks::services::TaskServices;
use crate::client::workflows::tasks::task_error::TaskResult;
use crate::runtime::Runtime as _;
use crate::testing::VirtualExecutor;
use crate::time::Instant;
use crate::workflows::TaskIdentifier;
use crate::workflows::runner::{FailureCause, LeaseState, LeasedTask, Outcome};

pub(super) const SECOND: Duration = Duration::from_secs(1);

/// A runner of one task.
pub(super) struct Runner {
    pub(super) executor: VirtualExecutor,
    registry: Registry,
    services: Arc<TaskServices>,
}

/// Returns a task named `Task`, with this input.
pub(super) fn leased(input: &str) -> LeasedTask {
    LeasedTask {
        id: Uuid::from_u128(1),
        identifier: TaskIdentifier::new("example.com/Task", 1, 2),
        input: input.as_bytes().to_vec().into(),
        display: "Task".to_owned(),
        job_id: Uuid::from_u128(2),
        job_name: "job".to_owned(),
        trace_parent: "00-8cbb60584f5a87aeb6e8db7902beed85-cdcea87443fc59ba-01".to_owned(),
        job_submitted_at: None,
        parent_id: None,
        retry_count: 3,
        lease: LeaseState::Held { until: Instant::ORIGIN + 15 * SECOND },
    }
}

impl Runner {
    /// Returns a runner whose task `Task` is this function.
    pub(super) fn of<F>(code: impl Fn(Context) -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = TaskResult> + Send + 'static,
    {
        let mut registry = Registry::new();
        let start = move |_: &[u8], context| Ok(code(context).boxed());
        let identifier = TaskIdentifier::new("example.com/Task", 1, 2);
        registry.register_with(identifier, "tests::Task", Arc::new(start)).expect("the only task");
        Self::with(registry)
    }

    pub(super) fn with(registry: Registry) -> Self {
        let executor = VirtualExecutor::new(1);
        let services = Arc::new(TaskServices::new(Arc::new(executor.clone())).cluster("dev"));
        Self { executor, registry, services }
    }

    /// Uses another runtime for tasks than the executor that polls them.
    pub(super) fn on(self, runtime: &Arc<impl crate::runtime::Runtime>) -> Self {
        let runtime: Arc<dyn crate::runtime::Runtime> = runtime.clone();
        Self { services: Arc::new(TaskServices::new(runtime)), ..self }
    }

    pub(super) fn start(&self, task: LeasedTask) -> (TaskControl, BoxFuture<'static, Outcome>) {
        execute_task(&self.registry, &self.services, task)
    }

    /// Executes the task to its end.
    pub(super) fn run(&self) -> Outcome {
        self.run_task(leased(""))
    }

    pub(super) fn run_task(&self, task: LeasedTask) -> Outcome {
        let (_, future) = self.start(task);
        self.executor.run(future).expect("an end")
    }

    /// Executes a task, and calls a function at a time.
    pub(super) fn run_until(&self, time: Duration, call: impl FnOnce(&TaskControl) + Send + 'static) -> Outcome {
        let (control, future) = self.start(leased(""));
        let timer = self.executor.sleep_until(Instant::ORIGIN + time);
        self.executor.spawn(timer.map(move |()| call(&control)).boxed());
        self.executor.run(future).expect("an end")
    }
}

/// Returns the display of a failed task, which has to count for its retries.
pub(super) fn failure(outcome: Outcome) -> String {
    match outcome {
        Outcome::Failed { display, cause: FailureCause::Task, .. } => display,
        other => panic!("expects a failure, got {other:?}"),
    }
}
