//! One run of a runner, from its start to its end.

use std::pin::pin;
use std::sync::Arc;

use futures::channel::oneshot;
use futures::future::{BoxFuture, Either, FutureExt as _, select};

use super::builder::Runner;
use super::driver::Driver;
use super::inbox::{Inbox, Urgency};
use super::place::Place;
use crate::client::builder::check;
use crate::client::driver::session::Session;
use crate::client::driver::spans::{Operation, operation};
use crate::client::workflows::{Registry, TaskServices, clusters, suggest};
use crate::client::{SignalStream, Strategy};
use crate::error::{Error, ErrorKind, Result};
use crate::workflows::name::check_cluster_slug;
use crate::workflows::runner::{self as machine, Registered, RunMode, RunSummary};

/// What an error of the start completes: "cannot …".
const PURPOSE: &str = "start a runner";

/// What ends a run beside its mode and its future.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum StopBy {
    /// Nothing.
    Itself,
    /// The signals of the process.
    Signals,
}

/// One run.
pub(super) struct Run {
    runner: Runner,
    mode: RunMode,
    stop_by: StopBy,
}

impl Run {
    pub(super) fn new(runner: Runner, mode: RunMode, stop_by: StopBy) -> Self {
        Self { runner, mode, stop_by }
    }

    /// Runs until the mode, `end` or a signal ends it.
    pub(super) async fn run(self, end: impl Future + Send) -> Result<RunSummary> {
        let operation = operation!("workflows/run", "tilebox.cluster" = self.runner.cluster);
        let (ends, clock) = (self.runner.client.session.run_ends.clone(), Arc::clone(&self.runner.executor));
        let result = operation.clone().run(self.run_within(end, operation)).await;
        ends.call(&*clock).await;
        result
    }

    async fn run_within(mut self, end: impl Future + Send, operation: Operation) -> Result<RunSummary> {
        let mut end = pin!(end.map(drop).fuse());
        let registry = Registry::of(&self.runner.tasks, PURPOSE)?;
        check(&*self.runner.executor, PURPOSE)?;
        // Tasks run on the executor of this future, although another thread spawns them.
        if let Some(anchored) = self.runner.executor.anchored() {
            self.runner.executor = anchored;
        }
        let place = Place::of_a_runner(&self.runner.client)?;
        let session = Arc::new(place.session);
        let cluster = resolve(&session, &self.runner.cluster);
        // An end that has come counts first: the run then takes no task.
        let cluster = match select(&mut end, pin!(cluster)).await {
            Either::Left(_) => return Ok(RunSummary::default()),
            Either::Right((cluster, _)) => cluster?,
        };
        // The driver polls its exchanges itself; they wait for no permits.
        let session = Arc::new(Session { strategy: Strategy::Joined, ..(*session).clone() });
        let signals = place.signals.filter(|_| self.stop_by == StopBy::Signals);
        let inbox = Arc::new(Inbox::default());
        let driver = self.driver(registry, cluster, &session, &inbox).within(operation);
        let mut ended =
            if place.is_own_thread { on_thread(session, driver, signals) } else { drive(driver, signals).boxed() };
        let _interrupt = InterruptOnDrop(Arc::clone(&inbox));
        match select(end, &mut ended).await {
            Either::Left(_) => {
                inbox.ask_to_end(Urgency::Stop);
                ended.await
            }
            Either::Right((result, _)) => result,
        }
    }

    /// Returns the driver of this run on a cluster.
    fn driver(self, registry: Registry, cluster: String, session: &Arc<Session>, inbox: &Arc<Inbox>) -> Driver {
        let Runner { client, executor, shared, cache, readers, policy, metrics, .. } = self.runner;
        let services = TaskServices::new(Arc::clone(&executor)).cluster(cluster.clone()).shared(shared).cache(cache);
        let services = services.storage_locations(client.storage_locations());
        let services = readers.into_iter().fold(services, TaskServices::storage_reader);
        let registered = Registered::new(cluster, registry.identifiers().cloned());
        let seed = session.runtime.random();
        let machine = machine::Runner::new(session.endpoint.clone(), registered, self.mode, policy, seed);
        Driver::new(session.drive(machine), executor, registry, services, Arc::clone(inbox), &metrics)
    }
}

/// Drives the runner on its thread. The future ends with it.
fn on_thread(
    session: Arc<Session>,
    driver: Driver,
    signals: Option<SignalStream>,
) -> BoxFuture<'static, Result<RunSummary>> {
    let (sender, receiver) = oneshot::channel();
    let runtime = Arc::clone(&session.runtime);
    let driven = async move {
        // Fails if the future of the run was dropped.
        let _ = sender.send(drive(driver, signals).await);
        // The thread ends with the last session.
        drop(session);
    };
    runtime.spawn(driven.boxed());
    // The task owns the thread, so that it outlives a dropped future and hands its tasks back.
    drop(runtime);
    let lost = |_| {
        let reason = "the system refused its thread, or the thread ended";
        Err(Error::new(ErrorKind::NoExecutor, "run a runner", reason, "run fewer threads, or report it"))
    };
    receiver.map(move |result| result.unwrap_or_else(lost)).boxed()
}

/// Drives the runner here. Signals are subscribed here as well, because libraries expect them on their executor.
async fn drive(driver: Driver, signals: Option<SignalStream>) -> Result<RunSummary> {
    let Some(signals) = signals else { return driver.await };
    match signals() {
        Ok(signals) => driver.with_signals(signals).await,
        Err(error) => {
            let advice = "call `run_until` with a future that ends the run";
            let reason = format!("the system delivers no signals: {error}");
            Err(Error::new(ErrorKind::FailedPrecondition, PURPOSE, reason, advice).with_source(error))
        }
    }
}

/// Returns the slug of a cluster that exists; of the default cluster for the empty slug.
async fn resolve(session: &Arc<Session>, slug: &str) -> Result<String> {
    let purpose = if slug.is_empty() {
        "start a runner on the default cluster".to_owned()
    } else {
        format!("start a runner on the cluster `{slug}`")
    };
    if !slug.is_empty() {
        check_cluster_slug(&purpose, slug)?;
    }
    match clusters::get(session, slug, purpose).await {
        Ok(cluster) => Ok(cluster.slug),
        Err(error) => Err(suggest::clusters(session, &[slug], error).await),
    }
}

/// Hands running tasks back when the future of a run is dropped.
struct InterruptOnDrop(Arc<Inbox>);

impl Drop for InterruptOnDrop {
    fn drop(&mut self) {
        self.0.ask_to_end(Urgency::Interrupt);
    }
}
