//! The options of a runner.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::metrics::RunnerMetrics;
use super::run::{Run, StopBy};
use crate::client::Client;
use crate::client::workflows::{Registry, Shared, StorageReader, Task};
use crate::error::Result;
use crate::runtime::Runtime;
use crate::workflows::cache::{Cache, NoCache};
use crate::workflows::runner::{RunMode, RunSummary, RunnerPolicy};

impl Client {
    /// Returns a runner, which executes tasks in this process. [`Runner`] has the options.
    pub fn runner(&self) -> Runner {
        Runner::new(self.clone(), Arc::clone(&self.session.runtime))
    }
}

/// A runner: it asks the server for tasks of a cluster, executes them, and reports their results.
///
/// Any number of runners share the tasks of a job, in one process or in many, also beside runners in other languages.
///
/// ```no_run
/// # use tilebox_core as tilebox_tokio;
/// use serde::{Deserialize, Serialize};
/// use tilebox_tokio::workflows::{Context, Task, TaskResult};
///
/// #[derive(Serialize, Deserialize)]
/// struct Scene {
///     id: String,
/// }
///
/// impl Task for Scene {
///     async fn execute(self, context: &Context) -> TaskResult {
///         let client = context.shared::<tilebox_tokio::Client>()?;
///         let dataset = client.dataset("open_data.copernicus.sentinel2_msi").await?;
///         println!("{}", dataset.find(self.id.as_str()).await?);
///         Ok(())
///     }
/// }
///
/// # async fn example(client: tilebox_core::Client) -> tilebox_core::Result<()> {
/// let runner = client.runner().task::<Scene>().shared(client.clone()).concurrency(8);
/// println!("{}", runner.run_all().await?);
/// # Ok(())
/// # }
/// ```
///
/// # Executors and threads
///
/// Tasks are spawned on the executor of the client. Everything else of a runner happens on a thread of its own, over
/// connections of its own: it asks for tasks, extends leases, sends reports, and listens to signals. So neither a task that
/// blocks its executor nor requests of tasks that fill the client's connections can lose a lease.
///
/// A client with its own [`transport`](crate::ClientBuilder::transport) shares it with its runners, because a runner cannot make
/// another one; such a transport must not depend on an executor that tasks block.
///
/// Where no thread is available (WebAssembly, [`testing`](crate::testing)), everything happens in the future of the run, and dropping it hands
/// no task back.
///
/// # The end of a run
///
/// - [`run_all`](Self::run_all) ends when the server has no more tasks for it.
/// - [`run_forever`](Self::run_forever) ends by a signal: SIGINT (Ctrl-C) or SIGTERM.
/// - [`run_until`](Self::run_until) ends when a future completes.
///
/// A run that is asked to end takes no more tasks, sets [`Context::stopping`](super::super::Context::stopping) of the running
/// ones, and gives them the [`grace`](Self::grace) period. Then, or at a second signal, it hands the others back to the server,
/// which gives them to another runner at once. Dropping the future of a run does the same without a grace period, in the
/// background: await the future where the process ends afterwards.
///
/// A task that blocks its thread cannot be aborted: it continues to its end although it was handed back. A program waits for
/// the threads of its executor before it ends; tokio waits for those of `spawn_blocking` as well.
///
/// A failure, a panic or a refused result fails the task, never the runner. `panic = "abort"` in a profile of Cargo.toml ends
/// the process instead; other runners then execute its tasks when their leases are over.
///
/// # Events
///
/// Failed requests, lost leases and tasks without code are `tracing` events of the level `WARN`. A run ends with an event of
/// the level `INFO` that has its [`RunSummary`].
#[must_use = "a runner does nothing until `run_all`, `run_forever` or `run_until`"]
#[derive(Clone)]
#[doc(alias("worker", "TaskRunner"))]
pub struct Runner {
    pub(super) client: Client,
    /// The runtime that executes tasks.
    pub(super) executor: Arc<dyn Runtime>,
    pub(super) cluster: String,
    pub(super) tasks: Vec<fn(&mut Registry) -> Result<()>>,
    pub(super) shared: Shared,
    pub(super) cache: Arc<dyn Cache>,
    pub(super) readers: Vec<Arc<dyn StorageReader>>,
    pub(super) policy: RunnerPolicy,
    pub(super) metrics: RunnerMetrics,
}

impl Runner {
    pub(in crate::client) fn new(client: Client, executor: Arc<dyn Runtime>) -> Self {
        let (cluster, policy) = (String::new(), RunnerPolicy::default());
        let (cache, readers, metrics) = (Arc::new(NoCache), Vec::new(), RunnerMetrics::new());
        let (tasks, shared) = (Vec::new(), Shared::new());
        Self { client, executor, cluster, tasks, shared, cache, readers, policy, metrics }
    }

    /// Returns the runtime that executes the tasks.
    pub(in crate::client) fn executor(&self) -> &Arc<dyn Runtime> {
        &self.executor
    }

    /// Sets the cluster whose tasks are executed, by its slug. The default is the default cluster.
    pub fn cluster(mut self, slug: impl AsRef<str>) -> Self {
        slug.as_ref().clone_into(&mut self.cluster);
        self
    }

    /// Adds a task that the runner can execute: a [`Task`], or a [`BlockingTask`](crate::blocking::workflows::BlockingTask).
    ///
    /// A run begins with an error if two tasks have the same identifier.
    pub fn task<T: Task>(mut self) -> Self {
        self.tasks.push(Registry::register::<T>);
        self
    }

    /// Adds a value that tasks use with [`Context::shared`](super::super::Context::shared), such as a client or a model. It
    /// replaces an earlier value of the same type.
    pub fn shared<T: Send + Sync + 'static>(mut self, value: T) -> Self {
        self.shared.insert(value);
        self
    }

    /// Sets the cache through which the tasks of a job share values. By default there is none, and its use is an error.
    ///
    /// Runners in several processes need a cache that all of them reach, such as a
    /// [`FolderCache`](crate::workflows::FolderCache) in a shared folder.
    pub fn cache(mut self, cache: impl Cache) -> Self {
        self.cache = Arc::new(cache);
        self
    }

    /// Adds a reader of objects in storage locations. Folders of this machine need none.
    pub fn storage_reader(mut self, reader: impl StorageReader) -> Self {
        self.readers.push(Arc::new(reader));
        self
    }

    /// Sets the maximum number of tasks that are executed at the same time (minimum 1, the default).
    #[doc(alias("slots", "workers"))]
    pub fn concurrency(mut self, tasks: usize) -> Self {
        self.policy.concurrency = tasks;
        self
    }

    /// Sets the maximum number of tasks that are leased before a slot is free. The default is 0.
    ///
    /// It hides the latency of the server where tasks are short. Other runners cannot execute these tasks meanwhile.
    #[doc(alias = "prefetch")]
    pub fn ahead(mut self, tasks: usize) -> Self {
        self.policy.ahead = tasks;
        self
    }

    /// Sets how long running tasks may continue when the run is asked to end.
    pub fn grace(mut self, grace: Duration) -> Self {
        self.policy.grace = grace;
        self
    }

    /// Aborts a task whose lease was lost, which another runner then executes. By default it continues, and the server keeps
    /// the first result that it receives.
    pub fn abort_on_lost_lease(mut self) -> Self {
        self.policy.abort_on_lost_lease = true;
        self
    }

    /// Sets all numbers of the runner, also those of [`concurrency`](Self::concurrency), [`ahead`](Self::ahead),
    /// [`grace`](Self::grace) and [`abort_on_lost_lease`](Self::abort_on_lost_lease).
    pub fn policy(mut self, policy: RunnerPolicy) -> Self {
        self.policy = policy;
        self
    }

    /// Adds the runs to these metrics, which can be read meanwhile.
    pub fn metrics(mut self, metrics: &RunnerMetrics) -> Self {
        self.metrics = metrics.clone();
        self
    }

    /// Executes tasks until the server has no more for this runner. Tasks that other runners execute, and their subtasks, may
    /// be left then.
    ///
    /// # Errors
    ///
    /// - [`ErrorKind::InvalidArgument`](crate::ErrorKind::InvalidArgument) if no task was added, or an identifier or the slug
    ///   of the cluster is not valid
    /// - [`ErrorKind::AlreadyExists`](crate::ErrorKind::AlreadyExists) if two tasks have the same identifier
    /// - [`ErrorKind::NotFound`](crate::ErrorKind::NotFound) if the cluster does not exist; the error suggests existing slugs
    /// - [`ErrorKind::Unauthenticated`](crate::ErrorKind::Unauthenticated) and
    ///   [`ErrorKind::PermissionDenied`](crate::ErrorKind::PermissionDenied), also later during the run
    /// - otherwise as every call, at the start only: later the runner repeats failed requests
    pub fn run_all(self) -> impl Future<Output = Result<RunSummary>> + Send + use<> {
        Run::new(self, RunMode::All, StopBy::Itself).run(std::future::pending::<()>())
    }

    /// Executes tasks until the process receives SIGINT (Ctrl-C) or SIGTERM; on Windows Ctrl-C. A second signal ends the
    /// [`grace`](Self::grace) period.
    ///
    /// The signals have no other effect meanwhile. Before and afterwards they end the process, as without a runner. A program
    /// that handles signals itself calls [`run_until`](Self::run_until).
    ///
    /// # Errors
    ///
    /// As [`run_all`](Self::run_all), and [`ErrorKind::FailedPrecondition`](crate::ErrorKind::FailedPrecondition) if the system
    /// refuses to deliver signals.
    pub fn run_forever(self) -> impl Future<Output = Result<RunSummary>> + Send + use<> {
        Run::new(self, RunMode::Forever, StopBy::Signals).run(std::future::pending::<()>())
    }

    /// Executes tasks until a future completes, and ends with the [`grace`](Self::grace) period.
    ///
    /// ```no_run
    /// # use tilebox_core as tilebox_tokio;
    /// # use tilebox_tokio::workflows::{Runner, TaskResult};
    /// # async fn example(runner: Runner) -> tilebox_core::Result<()> {
    /// let (stop, stopped) = futures::channel::oneshot::channel::<()>();
    /// let run = runner.run_until(stopped);
    /// // Elsewhere: `stop.send(())`, or dropping it.
    /// # drop(stop);
    /// println!("{}", run.await?);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// As [`run_all`](Self::run_all).
    pub fn run_until<F>(self, end: F) -> impl Future<Output = Result<RunSummary>> + Send + use<F>
    where
        F: Future + Send,
    {
        Run::new(self, RunMode::Forever, StopBy::Itself).run(end)
    }
}

impl fmt::Debug for Runner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Runner")
            .field("cluster", &self.cluster)
            .field("tasks", &self.tasks.len())
            .field("shared", &self.shared)
            .field("policy", &self.policy)
            .finish_non_exhaustive()
    }
}
