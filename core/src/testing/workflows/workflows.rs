//! A whole job in virtual time, for the tests of an application.

use std::fmt;
use std::sync::Arc;

use super::faults::Faults;
use super::finished_job::FinishedJob;
use super::process::{Control, Execute};
use super::trace::TraceEvent;
use super::world::{World, WorldSettings};
use crate::error::{Error, ErrorKind, Result};
use crate::runtime::Runtime;
use crate::workflows::cache::{Cache, MemoryCache};
use crate::workflows::runner::{LeaseState, RunnerPolicy, StopReason};
use crate::workflows::{
    Registry, Shared, Task, TaskControl, TaskDefaults, TaskServices, TaskSubmission, encode_root_tasks, execute_task,
};

/// The cluster of all runners.
const CLUSTER: &str = "default";

/// Executes a whole job in virtual time: a server, runners and a network with faults, in the thread of the test.
///
/// The job runs as with real runners: the same code asks for tasks, extends leases and reports. Waits take no time, so
/// thousands of runs with different faults take a second or two in a release build. Equal seeds give equal runs.
///
/// ```
/// # use tilebox_core as tilebox_tokio;
/// use std::time::Duration;
///
/// use serde::{Deserialize, Serialize};
/// use tilebox_tokio::testing::Workflows;
/// use tilebox_tokio::workflows::{Context, JobState, Task, TaskResult};
///
/// /// Adds the numbers of a range, in parts of at most 10 numbers.
/// #[derive(Serialize, Deserialize)]
/// struct Sum {
///     from: u64,
///     to: u64,
/// }
///
/// impl Task for Sum {
///     async fn execute(self, context: &Context) -> TaskResult {
///         let parts: Vec<u64> = (self.from..self.to).step_by(10).collect();
///         let parts = context.submit_all(parts.into_iter().map(|from| Part { from, to: self.to.min(from + 10) }))?;
///         context.subtask(Total {}).after(&parts).submit()?;
///         Ok(())
///     }
/// }
///
/// #[derive(Serialize, Deserialize)]
/// struct Part {
///     from: u64,
///     to: u64,
/// }
///
/// impl Task for Part {
///     async fn execute(self, context: &Context) -> TaskResult {
///         context.progress("parts").add(1);
///         // Virtual time: a minute passes at once.
///         context.sleep(Duration::from_secs(60)).await;
///         let sum: u64 = (self.from..self.to).sum();
///         context.cache().group("parts").put_json(&self.from.to_string(), &sum).await?;
///         context.progress("parts").done(1);
///         Ok(())
///     }
/// }
///
/// #[derive(Serialize, Deserialize)]
/// struct Total {}
///
/// impl Task for Total {
///     async fn execute(self, context: &Context) -> TaskResult {
///         let parts = context.cache().group("parts");
///         let mut total = 0;
///         for part in parts.list().await? {
///             total += parts.get_json::<u64>(&part).await?.unwrap_or_default();
///         }
///         context.cache().put_json("total", &total).await?;
///         Ok(())
///     }
/// }
///
/// for seed in 0..20 {
///     let workflows = Workflows::new().task::<Sum>().task::<Part>().task::<Total>().runners(3).slots(4).faults(seed);
///     let job = workflows.run(Sum { from: 0, to: 100 })?;
///     assert_eq!(job.state(), JobState::Completed, "{job}");
///     assert_eq!(job.cached_json::<u64>("total")?, Some(4950), "{job}");
///     assert_eq!(job.progress()[0].done, 10, "a repeated part counts once: {job}");
/// }
/// # Ok::<(), tilebox_core::Error>(())
/// ```
///
/// # What a test can rely on
///
/// - A task sees virtual time through [`Context::sleep`](crate::workflows::Context::sleep),
///   [`Context::now`](crate::workflows::Context::now) and the runtime of its context. Closures of
///   [`Context::unblock`](crate::workflows::Context::unblock) run at once and take no virtual time.
/// - A task that waits for something else, such as a socket, a thread or the timer of an executor, would wait for ever. The run
///   ends with an error that names it. Give such a task a [client](crate::testing::client_builder) without a network, in
///   [`shared`](Self::shared).
/// - A crash drops the tasks of a process at an await. The cache and the shared values stay, as storage outside of the process.
/// - The server hands a task out again however often its runner crashes; Tilebox fails it after ten crashes. So a job fails only
///   through its own tasks.
#[derive(Clone)]
#[must_use = "workflows do nothing until a job is run"]
pub struct Workflows {
    registrations: Vec<fn(&mut Registry) -> Result<()>>,
    cache: Option<Arc<dyn Cache>>,
    shared: Shared,
    runners: usize,
    policy: RunnerPolicy,
    faults: Faults,
    max_retries: u32,
}

impl Default for Workflows {
    fn default() -> Self {
        Self::new()
    }
}

impl Workflows {
    /// Returns workflows without tasks, with one runner that executes one task at a time, and without faults.
    pub fn new() -> Self {
        Self {
            registrations: Vec::new(),
            cache: None,
            shared: Shared::new(),
            runners: 1,
            policy: RunnerPolicy::default(),
            faults: Faults::none(0),
            max_retries: 0,
        }
    }

    /// Adds a task that the runners execute.
    pub fn task<T: Task>(mut self) -> Self {
        self.registrations.push(Registry::register::<T>);
        self
    }

    /// Sets the cache of all runs. The default is a new cache in memory for each run.
    pub fn cache(mut self, cache: impl Cache) -> Self {
        self.cache = Some(Arc::new(cache));
        self
    }

    /// Adds a value that all tasks share. It replaces an earlier one of the same type.
    pub fn shared<T: Send + Sync + 'static>(mut self, value: T) -> Self {
        self.shared.insert(value);
        self
    }

    /// Sets the number of runners (minimum 1).
    pub fn runners(mut self, runners: usize) -> Self {
        self.runners = runners.max(1);
        self
    }

    /// Sets the number of tasks that each runner executes concurrently.
    pub fn slots(mut self, slots: usize) -> Self {
        self.policy.concurrency = slots;
        self
    }

    /// Sets the maximum number of tasks that each runner leases before a slot is free for them.
    pub fn ahead(mut self, tasks: usize) -> Self {
        self.policy.ahead = tasks;
        self
    }

    /// Sets how often the root task is executed again after it failed.
    pub fn max_retries(mut self, retries: u32) -> Self {
        self.max_retries = retries;
        self
    }

    /// Sets the faults: a seed chooses a mix of all kinds, [`Faults`] chooses single ones.
    pub fn faults(mut self, faults: impl Into<Faults>) -> Self {
        self.faults = faults.into();
        self
    }

    /// Runs a job with this root task until it has completed or failed.
    ///
    /// # Errors
    ///
    /// When the root task is not valid, two tasks have the same identifier, or the job cannot end: no runner executes one of its
    /// tasks, or a task waits for an event outside of virtual time. A failed job is a result, not an error.
    pub fn run(&self, root: impl Into<TaskSubmission>) -> Result<FinishedJob> {
        let root = root.into();
        let mut registry = Registry::new();
        for register in &self.registrations {
            register(&mut registry)?;
        }
        let name = root.identifier()?.name().to_owned();
        let defaults = TaskDefaults::new().cluster(CLUSTER).max_retries(self.max_retries);
        let tasks = encode_root_tasks(vec![root], &defaults)?;

        let mut settings = WorldSettings::new(registry.identifiers().cloned(), self.faults.clone());
        settings.cluster = CLUSTER.to_owned();
        settings.runners = vec![self.policy; self.runners];
        settings.server = settings.server.with_crash_retries(u32::MAX);
        let cache = self.cache.clone().unwrap_or_else(|| Arc::new(MemoryCache::new()));
        let (registry, shared, of_tasks) = (Arc::new(registry), self.shared.clone(), Arc::clone(&cache));
        let start = move |_, runtime: Arc<dyn Runtime>| {
            let services =
                TaskServices::new(runtime).cluster(CLUSTER).shared(shared.clone()).cache(Arc::clone(&of_tasks));
            execute(Arc::clone(&registry), Arc::new(services))
        };
        let mut world = World::new(settings, start)?;
        let job = world.submit(&name, tasks)?;
        world.run()?;
        if let Some(rule) = violation(&world) {
            let advice = "report it with the seed of the faults and the code of the test";
            return Err(Error::new(ErrorKind::UnexpectedResponse, "run the job in virtual time", rule, advice));
        }
        FinishedJob::new(&world, job, cache, self.faults.seed)
    }
}

/// Returns a rule of its contract that a runner broke.
fn violation(world: &World) -> Option<String> {
    world.trace().iter().find_map(|entry| match &entry.event {
        TraceEvent::Violation(rule) => Some(format!("a runner {rule}")),
        _ => None,
    })
}

fn execute(registry: Arc<Registry>, services: Arc<TaskServices>) -> Execute {
    Box::new(move |task| {
        let (control, future) = execute_task(&registry, &services, task);
        (Box::new(control), future)
    })
}

impl Control for TaskControl {
    fn set_lease(&self, lease: LeaseState) {
        self.set_lease(lease);
    }

    fn stop(&self, reason: StopReason) {
        self.stop(reason);
    }
}

impl fmt::Debug for Workflows {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Workflows")
            .field("tasks", &self.registrations.len())
            .field("runners", &self.runners)
            .field("slots", &self.policy.concurrency)
            .field("shared", &self.shared)
            .field("faults", &self.faults)
            .finish_non_exhaustive()
    }
}
