//! The blocking runner.

use std::sync::Arc;
use std::time::Duration;

use futures::channel::oneshot;

use crate::client;
use crate::client::blocking::{Client, block_on};
use crate::error::Result;
use crate::runtime::Runtime;
use crate::workflows::runner::RunnerPolicy;
use crate::workflows::{Cache, RunSummary, RunnerMetrics, StorageReader, Task};

impl Client {
    /// Returns a runner, which executes tasks in this process. [`Runner`] has the options.
    pub fn runner(&self) -> Runner {
        Runner::new(self)
    }
}

/// A runner whose runs block the calling thread, as [`workflows::Runner`](crate::workflows::Runner).
///
/// Each [`BlockingTask`](super::BlockingTask) runs on a thread of its own. Async tasks run on a thread that they share, in the
/// runtime of the client: with tokio on a runtime of one thread.
#[must_use = "a runner does nothing until `run_all`, `run_forever` or `run_until`"]
#[derive(Clone, Debug)]
#[doc(alias("worker", "TaskRunner"))]
pub struct Runner {
    inner: client::workflows::Runner,
}

impl Runner {
    fn new(client: &Client) -> Self {
        // The thread of the client runs no code of the user, so that a task cannot block the requests of others.
        let executor = client.inner().blocking.map(|parts| parts().runtime);
        let executor = executor.unwrap_or_else(|| Arc::clone(&client.inner().session.runtime));
        Self { inner: client::workflows::Runner::new(client.inner().clone(), executor) }
    }

    /// Sets the cluster whose tasks are executed, by its slug. The default is the default cluster.
    pub fn cluster(self, slug: impl AsRef<str>) -> Self {
        Self { inner: self.inner.cluster(slug) }
    }

    /// Adds a task that the runner can execute: a [`BlockingTask`](super::BlockingTask), or an async [`Task`].
    ///
    /// A run begins with an error if two tasks have the same identifier.
    pub fn task<T: Task>(self) -> Self {
        Self { inner: self.inner.task::<T>() }
    }

    /// Adds a value that tasks use with [`Context::shared`](super::Context::shared), such as a client or a model. It replaces an
    /// earlier value of the same type.
    pub fn shared<T: Send + Sync + 'static>(self, value: T) -> Self {
        Self { inner: self.inner.shared(value) }
    }

    /// Sets the cache through which the tasks of a job share values, as
    /// [`Runner::cache`](crate::workflows::Runner::cache).
    pub fn cache(self, cache: impl Cache) -> Self {
        Self { inner: self.inner.cache(cache) }
    }

    /// Adds a reader of objects in storage locations. Folders of this machine need none.
    pub fn storage_reader(self, reader: impl StorageReader) -> Self {
        Self { inner: self.inner.storage_reader(reader) }
    }

    /// Sets the maximum number of tasks that are executed at the same time (minimum 1, the default).
    #[doc(alias("slots", "workers"))]
    pub fn concurrency(self, tasks: usize) -> Self {
        Self { inner: self.inner.concurrency(tasks) }
    }

    /// Sets the maximum number of tasks that are leased before a slot is free. The default is 0.
    #[doc(alias = "prefetch")]
    pub fn ahead(self, tasks: usize) -> Self {
        Self { inner: self.inner.ahead(tasks) }
    }

    /// Sets how long running tasks may continue when the run is asked to end.
    pub fn grace(self, grace: Duration) -> Self {
        Self { inner: self.inner.grace(grace) }
    }

    /// Aborts a task whose lease was lost, which another runner then executes. A blocking task is asked to stop.
    pub fn abort_on_lost_lease(self) -> Self {
        Self { inner: self.inner.abort_on_lost_lease() }
    }

    /// Sets all numbers of the runner.
    pub fn policy(self, policy: RunnerPolicy) -> Self {
        Self { inner: self.inner.policy(policy) }
    }

    /// Adds the runs to these metrics, which other threads can read meanwhile.
    pub fn metrics(self, metrics: &RunnerMetrics) -> Self {
        Self { inner: self.inner.metrics(metrics) }
    }

    /// Executes tasks until the server has no more for this runner.
    ///
    /// # Errors
    ///
    /// As [`Runner::run_all`](crate::workflows::Runner::run_all).
    pub fn run_all(self) -> Result<RunSummary> {
        block_on(self.inner.run_all())
    }

    /// Executes tasks until the process receives SIGINT (Ctrl-C) or SIGTERM; on Windows Ctrl-C.
    ///
    /// # Errors
    ///
    /// As [`Runner::run_forever`](crate::workflows::Runner::run_forever).
    pub fn run_forever(self) -> Result<RunSummary> {
        block_on(self.inner.run_forever())
    }

    /// Executes tasks until a function returns, such as one that receives from a channel, and ends with the
    /// [`grace`](Self::grace) period. The function runs on a thread of its own, and is not aborted if the run ends before.
    ///
    /// # Errors
    ///
    /// As [`run_all`](Self::run_all).
    pub fn run_until(self, end: impl FnOnce() + Send + 'static) -> Result<RunSummary> {
        let (ended, wait) = oneshot::channel::<()>();
        let executor: &Arc<dyn Runtime> = self.inner.executor();
        executor.unblock(Box::new(move || {
            end();
            drop(ended);
        }));
        block_on(self.inner.run_until(wait))
    }
}
