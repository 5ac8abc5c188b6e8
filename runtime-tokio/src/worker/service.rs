//! The methods of a worker.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use connectrpc::ConnectError;
use tilebox_core::protocol::wire::workflows::v1::{
    ExecuteTaskResponse, InitializeRunnerRequest, InitializeRunnerResponse, Task, TaskIdentifiers,
};
use tilebox_core::runtime::Runtime as _;
use tilebox_core::workflows::runner::{Outcome, StopReason};
use tilebox_core::workflows::{LeaseState, LeasedTask, Registry, TaskControl, TaskServices, execute_task};
use tokio::sync::{Notify, watch};

use super::log_queue::LogQueue;
use super::response::Reported;
use super::worker::Prepare;
use crate::{Client, Tokio};

/// The time in which the command line keeps the lease of a task, which it does not tell: a year.
const LEASE: Duration = Duration::from_secs(365 * 24 * 60 * 60);
/// The time that the last records have to reach the command line, as in the official worker.
const LOGS_TIMEOUT: Duration = Duration::from_secs(1);

/// A worker.
pub(super) struct Service {
    registry: Registry,
    runtime: Arc<Tokio>,
    prepare: Mutex<Option<Prepare>>,
    services: OnceLock<Arc<TaskServices>>,
    /// The token of each call; `None` if calls need none.
    token: Option<String>,
    /// The records that the command line reads; `None` if it does not.
    logs: Option<Arc<LogQueue>>,
    active: Mutex<Active>,
    /// Wakes those that wait for the end of all tasks.
    changed: Notify,
    /// Whether the server ends.
    ended: watch::Sender<bool>,
}

#[derive(Default)]
struct Active {
    next: u64,
    tasks: HashMap<u64, TaskControl>,
    is_stopping: bool,
}

impl Active {
    /// Checks that tasks are taken.
    fn check(&self) -> Result<(), ConnectError> {
        if self.is_stopping { Err(ConnectError::unavailable("Worker is shutting down")) } else { Ok(()) }
    }
}

impl Service {
    pub(super) fn new(
        registry: Registry,
        prepare: Prepare,
        token: Option<String>,
        logs: Option<Arc<LogQueue>>,
    ) -> Self {
        Self {
            registry,
            runtime: Arc::new(Tokio::new()),
            prepare: Mutex::new(Some(prepare)),
            services: OnceLock::new(),
            token,
            logs,
            active: Mutex::default(),
            changed: Notify::new(),
            ended: watch::Sender::new(false),
        }
    }

    /// Checks the header of a call.
    ///
    /// # Errors
    ///
    /// `unauthenticated` without the token of the runtime.
    pub(super) fn authorize(&self, header: Option<&[u8]>) -> Result<(), ConnectError> {
        let Some(token) = &self.token else { return Ok(()) };
        let given = header.and_then(|header| header.strip_prefix(b"Bearer ")).unwrap_or_default();
        if is_equal(given, token.as_bytes()) {
            Ok(())
        } else {
            Err(ConnectError::unauthenticated("Invalid runtime authorization"))
        }
    }

    pub(super) fn registered_tasks(&self) -> TaskIdentifiers {
        TaskIdentifiers { identifiers: self.registry.identifiers().map(|identifier| identifier.to_wire()).collect() }
    }

    /// Creates the client and the services of the tasks.
    ///
    /// # Errors
    ///
    /// `failed_precondition` the second time; `invalid_argument` if the connection is not valid.
    pub(super) fn initialize(
        &self,
        request: InitializeRunnerRequest,
    ) -> Result<InitializeRunnerResponse, ConnectError> {
        let mut prepare = self.prepare.lock().unwrap_or_else(PoisonError::into_inner);
        if prepare.is_none() {
            return Err(ConnectError::failed_precondition("Worker is already initialized"));
        }
        let client = client(&request).map_err(|error| ConnectError::invalid_argument(error.to_string()))?;
        let cluster = request.cluster.map(|cluster| cluster.slug).unwrap_or_default();
        let services = TaskServices::new(Arc::clone(&self.runtime) as _).cluster(cluster);
        if let Some(prepare) = prepare.take() {
            let _ = self.services.set(Arc::new(prepare(services, client)));
        }
        Ok(InitializeRunnerResponse {})
    }

    /// Executes a task. Dropping the future aborts it.
    ///
    /// # Errors
    ///
    /// `unavailable` during the shutdown.
    pub(super) async fn execute(self: Arc<Self>, task: Task) -> Result<ExecuteTaskResponse, ConnectError> {
        let reported = Reported { id: task.id.clone(), display: task.display.clone().unwrap_or_default() };
        let Some(services) = self.services.get() else {
            self.active().check()?;
            return Ok(reported.refused("the worker is not initialized"));
        };
        let lease = LeaseState::Held { until: self.runtime.now() + LEASE };
        let task = match LeasedTask::from_wire(task, lease) {
            Ok(task) => task,
            Err(error) => return Ok(reported.refused(&error.to_string())),
        };
        let (control, execution) = execute_task(&self.registry, services, task);
        let guard = Guard::begin(&self, control.clone())?;
        let _abort = AbortOnDrop(control);
        // A task of its own, so that all of them run on all cores.
        let outcome = tokio::spawn(async move {
            let outcome = execution.await;
            drop(guard);
            outcome
        });
        Ok(reported.response(outcome.await.unwrap_or(Outcome::HandBack)))
    }

    /// Returns the records for the command line.
    ///
    /// # Errors
    ///
    /// `unavailable` if it was not started with a runtime token; `already_exists` if another call reads them.
    pub(super) fn logs(&self) -> Result<super::log_queue::Reader, ConnectError> {
        let logs = self.logs.as_ref().ok_or_else(|| ConnectError::unavailable("Local log streaming is unavailable"))?;
        logs.read().ok_or_else(|| ConnectError::already_exists("A log subscriber is already connected"))
    }

    /// Takes no more tasks, waits for those that are executed, and ends the server in the background.
    pub(super) async fn shut_down(self: Arc<Self>) {
        self.active().is_stopping = true;
        self.idle().await;
        tokio::spawn(async move { self.end().await });
    }

    /// Takes no more tasks, and gives those that are executed some time. Then it hands them back, and ends the server.
    pub(super) async fn stop(&self, grace: Duration) {
        let controls: Vec<_> = {
            let mut active = self.active();
            active.is_stopping = true;
            active.tasks.values().cloned().collect()
        };
        controls.iter().for_each(|control| control.stop(StopReason::Stopping));
        if tokio::time::timeout(grace, self.idle()).await.is_err() {
            let controls: Vec<_> = self.active().tasks.values().cloned().collect();
            controls.iter().for_each(TaskControl::abort);
            // A task that blocks its thread does not end.
            let _ = tokio::time::timeout(LOGS_TIMEOUT, self.idle()).await;
        }
        self.end().await;
    }

    async fn end(&self) {
        if let Some(logs) = &self.logs {
            logs.seal();
            logs.emptied(LOGS_TIMEOUT).await;
        }
        self.ended.send_replace(true);
    }

    /// Completes when the server shall end.
    pub(super) fn ended(&self) -> impl Future<Output = ()> + Send + 'static + use<> {
        let mut ended = self.ended.subscribe();
        async move {
            // Fails if the service is gone.
            let _ = ended.wait_for(|ended| *ended).await;
        }
    }

    /// Waits until no task is executed.
    async fn idle(&self) {
        loop {
            let changed = self.changed.notified();
            if self.active().tasks.is_empty() {
                return;
            }
            changed.await;
        }
    }

    /// Returns whether tasks are executed.
    #[cfg(test)]
    pub(super) fn is_busy(&self) -> bool {
        !self.active().tasks.is_empty()
    }

    fn active(&self) -> MutexGuard<'_, Active> {
        self.active.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A task that is executed.
struct Guard {
    service: Arc<Service>,
    number: u64,
}

impl Guard {
    fn begin(service: &Arc<Service>, control: TaskControl) -> Result<Self, ConnectError> {
        let mut active = service.active();
        active.check()?;
        let number = active.next;
        active.next += 1;
        active.tasks.insert(number, control);
        drop(active);
        Ok(Self { service: Arc::clone(service), number })
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        self.service.active().tasks.remove(&self.number);
        self.service.changed.notify_waiters();
    }
}

/// Aborts a task whose caller is gone. After its end that has no effect.
struct AbortOnDrop(TaskControl);

impl Drop for AbortOnDrop {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// Returns the client of the tasks: with the server and the key of the command line, else those of the environment.
fn client(request: &InitializeRunnerRequest) -> tilebox_core::Result<Client> {
    let connection = request.api_connection.as_ref();
    let mut builder = crate::client_builder();
    let given = |value: Option<&String>| value.filter(|value| !value.is_empty()).cloned();
    if let Some(url) = given(connection.and_then(|connection| connection.url.as_ref())) {
        builder = builder.url(url);
    }
    if let Some(token) = given(connection.and_then(|connection| connection.token.as_ref())) {
        builder = builder.token(token);
    }
    builder.build()
}

/// Compares secrets in a time that depends on the length only.
fn is_equal(left: &[u8], right: &[u8]) -> bool {
    let difference = left.iter().zip(right).fold(0, |difference, (left, right)| difference | (left ^ right));
    left.len() == right.len() && std::hint::black_box(difference) == 0
}
