//! The builder of a worker.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use futures::StreamExt as _;
use futures::future::{Either, select};
use tilebox_core::workflows::{Cache, NoCache, Registry, Shared, StorageReader, Task, TaskServices};
use tilebox_core::{Client, Error, ErrorKind, Result};

use super::address::{ADDRESS, PURPOSE, Settings};
use super::log_queue::LogQueue;
use super::server::Listener;
use super::service::Service;
use super::subscriber::Exports;

/// The time that tasks have after a signal, as in the official Go worker.
const GRACE: Duration = Duration::from_secs(5);

/// Completes the services of the tasks, once the command line has named its server.
pub(super) type Prepare = Box<dyn FnOnce(TaskServices, Client) -> TaskServices + Send>;

/// A worker: it executes the tasks that the Tilebox command line gives it. See the [module](super).
#[must_use = "a worker does nothing until `serve`"]
pub struct Worker {
    tasks: Vec<fn(&mut Registry) -> Result<()>>,
    shared: Shared,
    cache: Arc<dyn Cache>,
    readers: Vec<Arc<dyn StorageReader>>,
    grace: Duration,
}

/// Returns whether the Tilebox command line started this process as a worker.
#[must_use]
pub fn is_requested() -> bool {
    std::env::var_os(ADDRESS).is_some_and(|address| !address.is_empty())
}

impl Worker {
    /// Returns a worker without tasks.
    pub fn new() -> Self {
        let (cache, readers) = (Arc::new(NoCache), Vec::new());
        Self { tasks: Vec::new(), shared: Shared::new(), cache, readers, grace: GRACE }
    }

    /// Adds a task that the worker can execute.
    pub fn task<T: Task>(mut self) -> Self {
        self.tasks.push(Registry::register::<T>);
        self
    }

    /// Adds a value that tasks use with [`Context::shared`](tilebox_core::workflows::Context::shared). It replaces an earlier
    /// value of the same type. A [`Client`] with the server and the key of the command line is shared already.
    pub fn shared<T: Send + Sync + 'static>(mut self, value: T) -> Self {
        self.shared.insert(value);
        self
    }

    /// Sets the cache of jobs, which tasks use with [`Context::cache`](tilebox_core::workflows::Context::cache).
    pub fn cache(mut self, cache: impl Cache) -> Self {
        self.cache = Arc::new(cache);
        self
    }

    /// Adds a reader of objects in storage locations, which triggered tasks read.
    pub fn storage_reader(mut self, reader: impl StorageReader) -> Self {
        self.readers.push(Arc::new(reader));
        self
    }

    /// Sets how long tasks may continue after a signal to this process. The default is 5 s. Then they are handed back.
    ///
    /// The command line itself waits for all tasks when it ends a worker.
    pub fn grace(mut self, grace: Duration) -> Self {
        self.grace = grace;
        self
    }

    /// Serves until the command line ends the worker, or the process receives SIGINT or SIGTERM.
    ///
    /// # Errors
    ///
    /// - [`ErrorKind::InvalidArgument`] if no task was added, an identifier is not valid, or the command line did not start this
    ///   process: [`is_requested`] tells
    /// - [`ErrorKind::AlreadyExists`] if two tasks have the same identifier
    /// - [`ErrorKind::FailedPrecondition`] if it cannot listen at the address
    /// - [`ErrorKind::Output`] if the address cannot be announced
    pub async fn serve(self) -> Result<()> {
        let settings = Settings::from_environment()?;
        let exports = Exports::start(settings.runtime.is_some())?;
        let grace = self.grace;
        let signals = crate::signals::signals().map_err(|error| {
            Error::of_runtime_crate(
                ErrorKind::FailedPrecondition,
                PURPOSE,
                error.to_string(),
                "check the limits of the system",
            )
        })?;
        let (listener, service) = self.start(&settings, LogQueue::of_process()).await?;
        let stopped = Arc::clone(&service);
        let stop = async move {
            let mut signals = signals;
            if signals.next().await.is_none() {
                std::future::pending::<()>().await;
            }
            stopped.stop(grace).await;
            // A second signal does not interrupt: the grace period is short.
            std::future::pending::<()>().await;
        };
        let served = Box::pin(listener.serve(service));
        if let Either::Right(((), served)) = select(served, Box::pin(stop)).await {
            served.await;
        }
        exports.flush().await;
        Ok(())
    }

    /// Listens, and announces the address.
    pub(super) async fn start(self, settings: &Settings, logs: Arc<LogQueue>) -> Result<(Listener, Arc<Service>)> {
        let registry = Registry::of(&self.tasks, PURPOSE)?;
        let Self { mut shared, cache, readers, .. } = self;
        let prepare = move |services: TaskServices, client: Client| {
            let services = services.cache(cache).storage_locations(client.storage_locations());
            // A client of the program itself takes precedence.
            if shared.get::<Client>().is_err() {
                shared.insert(client);
            }
            readers.into_iter().fold(services.shared(shared), TaskServices::storage_reader)
        };
        let runtime = settings.runtime.as_ref();
        let token = runtime.map(|runtime| runtime.token.clone());
        let service = Service::new(registry, Box::new(prepare), token, runtime.map(|_| logs));
        let listener = Listener::bind(&settings.address).await?;
        if let Some(runtime) = runtime {
            listener.announce(runtime)?;
        }
        Ok((listener, Arc::new(service)))
    }
}

impl Default for Worker {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Worker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("Worker");
        shown.field("tasks", &self.tasks.len()).field("shared", &self.shared).field("grace", &self.grace);
        shown.finish_non_exhaustive()
    }
}
