//! The test of one task.

#[cfg(test)]
mod tests;

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context as PollContext, Poll, Wake, Waker};
use std::time::Duration;

use futures::future::{BoxFuture, FutureExt as _, poll_fn};
use futures::task::AtomicWaker;
use uuid::Uuid;

use super::task_run::TaskRun;
use crate::client::workflows::{Registry, Shared, StorageReader, Task, TaskServices, execute_task};
use crate::error::Result;
use crate::runtime::{Instant, Runtime as _};
use crate::testing::VirtualExecutor;
use crate::workflows::cache::{Cache, JobCache, MemoryCache};
use crate::workflows::runner::{LeaseState, LeasedTask, StopReason};
use crate::workflows::{StorageLocation, TaskDefaults, TaskIdentifier, TaskSubmission};

/// The job of a task under test.
const JOB_ID: Uuid = Uuid::from_u128(0x0194_1f29_c650_202f_6495_c71d_d211_8fb1);

/// The task under test.
const TASK_ID: Uuid = Uuid::from_u128(0x0194_1f29_c651_0000_0000_0000_0000_0001);

/// The test of one task: executes it without a server, and returns what it would report.
///
/// Time is virtual: `context.sleep` ends at once, and each run is the same. The task has a [`MemoryCache`] unless the test sets
/// another.
///
/// ```
/// # use tilebox_core as tilebox_tokio;
/// use serde::{Deserialize, Serialize};
/// use tilebox_tokio::testing::TaskTest;
/// use tilebox_tokio::workflows::{Context, Task, TaskResult};
///
/// #[derive(Serialize, Deserialize)]
/// struct CloudReport {
///     year: i32,
/// }
///
/// #[derive(Serialize, Deserialize)]
/// struct Month {
///     year: i32,
///     month: u32,
/// }
///
/// impl Task for CloudReport {
///     async fn execute(self, context: &Context) -> TaskResult {
///         context.progress("months").add(12);
///         context.submit_all((1..=12).map(|month| Month { year: self.year, month }))?;
///         Ok(())
///     }
/// }
///
/// # impl Task for Month {
/// #     async fn execute(self, _: &Context) -> TaskResult {
/// #         Ok(())
/// #     }
/// # }
/// // #[test]
/// fn a_report_submits_twelve_months() -> TaskResult {
///     let run = TaskTest::new(CloudReport { year: 2025 }).run();
///     run.result()?;
///     assert_eq!(run.subtasks::<Month>()?[11].month, 12);
///     assert_eq!(run.progress()[0].to_string(), "months 0/12");
///     Ok(())
/// }
/// # a_report_submits_twelve_months().unwrap();
/// ```
#[must_use = "a test does nothing until `run` or `run_async`"]
#[derive(Clone)]
pub struct TaskTest {
    registry: Registry,
    /// The task, or why it cannot be submitted.
    task: Result<LeasedTask, String>,
    executor: VirtualExecutor,
    services: TaskServices,
    shared: Shared,
    cache: JobCache,
    stop_after: Option<Duration>,
}

impl TaskTest {
    /// Returns the test of this task. Its input is encoded and decoded as in a job.
    pub fn new<T: Task>(task: T) -> Self {
        let mut registry = Registry::new();
        let registered = registry.register::<T>();
        let submitted = registered.and_then(|()| TaskSubmission::from(task).to_wire(&TaskDefaults::new()));
        let task = submitted.map_err(|error| error.to_string()).map(|task| LeasedTask {
            id: TASK_ID,
            identifier: T::identifier(),
            input: task.input,
            display: task.display,
            job_id: JOB_ID,
            job_name: "test".to_owned(),
            trace_parent: "00-01941f29c650202f6495c71dd2118fb1-01941f29c6510001-01".to_owned(),
            job_submitted_at: None,
            parent_id: None,
            retry_count: 0,
            lease: LeaseState::Held { until: Instant::after_origin(Duration::MAX) },
        });
        let executor = VirtualExecutor::new(0);
        let services = TaskServices::new(Arc::new(executor.clone()));
        let test = Self {
            registry,
            task,
            executor,
            services,
            shared: Shared::new(),
            cache: JobCache::new(MemoryCache::new(), JOB_ID),
            stop_after: None,
        };
        test.cache(MemoryCache::new())
    }

    fn with_task(mut self, change: impl FnOnce(&mut LeasedTask)) -> Self {
        if let Ok(task) = &mut self.task {
            change(task);
        }
        self
    }

    /// Adds a value that the task uses with [`Context::shared`](crate::workflows::Context::shared).
    pub fn shared<T: Send + Sync + 'static>(mut self, value: T) -> Self {
        self.shared.insert(value);
        self
    }

    /// Sets the cache. Share it between tests to let a task read what another one has stored.
    pub fn cache(mut self, cache: impl Cache) -> Self {
        let cache: Arc<dyn Cache> = Arc::new(cache);
        self.services = self.services.cache(Arc::clone(&cache));
        self.cache = JobCache::new(cache, JOB_ID);
        self
    }

    /// Sets the slug of the cluster of the runner. The default is empty, the default cluster.
    pub fn cluster(mut self, slug: impl Into<String>) -> Self {
        self.services = self.services.cluster(slug);
        self
    }

    /// Sets how often the task failed before.
    pub fn retry_count(self, retries: u64) -> Self {
        self.with_task(|task| task.retry_count = retries)
    }

    /// Sets the name of the job. The default is `test`.
    pub fn job_name(self, name: impl Into<String>) -> Self {
        self.with_task(|task| task.job_name = name.into())
    }

    /// Submits the task with another identifier, such as an earlier minor version.
    pub fn submitted_as(self, identifier: TaskIdentifier) -> Self {
        self.with_task(|task| task.identifier = identifier)
    }

    /// Adds a storage location, which the task finds without a server.
    pub fn storage_location(mut self, location: StorageLocation) -> Self {
        self.services = self.services.storage_location(location);
        self
    }

    /// Adds a reader of objects in storage locations.
    pub fn storage_reader(mut self, reader: impl StorageReader) -> Self {
        self.services = self.services.storage_reader(reader);
        self
    }

    /// Asks the task to stop after a duration of virtual time, as a runner that shuts down.
    pub fn stop_after(mut self, duration: Duration) -> Self {
        self.stop_after = Some(duration);
        self
    }

    /// Executes the task in virtual time, and blocks this thread until it ends.
    ///
    /// A task that waits for an event outside of virtual time, such as a response of a real server, fails: test it with
    /// [`run_async`](Self::run_async).
    pub fn run(self) -> TaskRun {
        let executor = self.executor.clone();
        match self.start() {
            Ok((task, run)) => match executor.run(task) {
                Ok(outcome) => run.ended(outcome, executor.now()),
                Err(stalled) => run.failed(stalled.to_string(), executor.now()),
            },
            Err(run) => *run,
        }
    }

    /// Executes the task on any executor. Its timers are in virtual time: they end at once when the task waits for nothing
    /// else, also while it waits for a response of a server.
    pub async fn run_async(self) -> TaskRun {
        let executor = self.executor.clone();
        match self.start() {
            Ok((mut task, run)) => {
                let woken = Arc::new(Woken::default());
                let outcome = poll_fn(|context| woken.drive(&executor, &mut task, context)).await;
                run.ended(outcome, executor.now())
            }
            Err(run) => *run,
        }
    }

    /// Returns the future of the task and the run that takes its outcome; a failed run if the task cannot be submitted.
    fn start(self) -> Result<(BoxFuture<'static, crate::workflows::runner::Outcome>, TaskRun), Box<TaskRun>> {
        let Self { registry, task, executor, services, shared, cache, stop_after } = self;
        let task = match task {
            Ok(task) => task,
            Err(reason) => return Err(Box::new(TaskRun::new(String::new(), cache).failed(reason, executor.now()))),
        };
        let run = TaskRun::new(task.display.clone(), cache);
        let (control, future) = execute_task(&registry, &Arc::new(services.shared(shared)), task);
        if let Some(duration) = stop_after {
            let timer = executor.sleep_until(executor.now() + duration);
            executor.spawn(timer.map(move |()| control.stop(StopReason::Stopping)).boxed());
        }
        Ok((future, run))
    }
}

/// Whether the task was woken since its last poll, and the executor that polls it.
#[derive(Default)]
struct Woken {
    is_set: AtomicBool,
    outer: AtomicWaker,
}

impl Woken {
    /// Polls the task, and everything that is ready, until it waits for an event outside of virtual time.
    fn drive<T>(
        self: &Arc<Self>,
        executor: &VirtualExecutor,
        task: &mut Pin<Box<dyn Future<Output = T> + Send>>,
        context: &mut PollContext<'_>,
    ) -> Poll<T> {
        self.outer.register(context.waker());
        let waker = Waker::from(Arc::clone(self));
        let mut inner = PollContext::from_waker(&waker);
        loop {
            if let Poll::Ready(outcome) = task.as_mut().poll(&mut inner) {
                return Poll::Ready(outcome);
            }
            while executor.poll_ready().is_some() {}
            if self.is_set.swap(false, Ordering::SeqCst) {
                // Lets the other futures of the executor run: the task may wait for them.
                context.waker().wake_by_ref();
                return Poll::Pending;
            }
            match executor.next_timer() {
                Some(time) => executor.advance(time),
                None => return Poll::Pending,
            }
        }
    }
}

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.is_set.store(true, Ordering::SeqCst);
        self.outer.wake();
    }
}

impl fmt::Debug for TaskTest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TaskTest").field("registry", &self.registry).finish_non_exhaustive()
    }
}
