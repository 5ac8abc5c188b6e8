//! Runs without a thread of their own, over a mock of the server.

use std::sync::{Arc, Mutex, PoisonError};
use std::task::Poll;

use futures::FutureExt as _;
use futures::future::{BoxFuture, poll_fn};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::client::blocking::{block_on, workflows::BlockingTask, workflows::Context as BlockingContext};
use crate::client::workflows::{Context, Task, TaskResult};
use crate::client::{Client, ClientBuilder, RuntimeParts};
use crate::protocol::id;
use crate::protocol::wire::workflows::v1 as wire;
use crate::runtime::Runtime;
use crate::testing::{self, MockTransport};
use crate::time::Instant;
use crate::workflows::TaskIdentifier;
use crate::workflows::rpc::{GetCluster, NextTask, TaskFailed};

#[derive(Serialize, Deserialize)]
struct Scene {}

impl Task for Scene {
    async fn execute(self, context: &Context) -> TaskResult {
        context.set_display(format!("a scene on {}", context.cluster()));
        Ok(())
    }
}

#[derive(Serialize, Deserialize)]
struct BlockingScene {}

impl BlockingTask for BlockingScene {
    fn execute(self, context: &BlockingContext) -> TaskResult {
        context.set_display("a blocking scene");
        Ok(())
    }
}

const TASK: Uuid = Uuid::from_u128(7);

/// Returns a server with one task, and no other afterwards.
fn server(identifier: &TaskIdentifier) -> MockTransport {
    let task = wire::Task {
        id: Some(id::to_wire(TASK)),
        identifier: Some(wire::TaskIdentifier {
            name: identifier.name().to_owned(),
            version: identifier.version().to_string(),
        }),
        job: Some(wire::Job { id: Some(id::to_wire(Uuid::from_u128(8))), ..Default::default() }),
        display: Some("Scene".to_owned()),
        ..Default::default()
    };
    let cluster = wire::Cluster { slug: "dev".to_owned(), display_name: "Dev".to_owned(), ..Default::default() };
    let idle = || wire::NextTaskResponse { next_task: None, idling: Some(wire::IdlingResponse::default()) };
    MockTransport::new()
        .respond_with::<GetCluster>(move |_| Ok(cluster.clone()))
        .respond_once::<NextTask>(Ok(wire::NextTaskResponse { next_task: Some(task), idling: None }))
        .respond_with::<NextTask>(move |_| Ok(idle()))
        .respond_with::<TaskFailed>(|_| Ok(wire::TaskStateResponse::default()))
}

/// Returns the ids and displays of the computed tasks that were reported.
fn computed(server: &MockTransport) -> Vec<(Option<Uuid>, String)> {
    let reports = server.requests::<NextTask>().into_iter().filter_map(|request| request.computed_task);
    reports.map(|task| (task.id.as_ref().and_then(id::from_wire), task.display)).collect()
}

#[test]
fn a_run_without_a_thread_computes_in_its_future() {
    let server = server(&Scene::identifier());
    let client: Client = testing::client_builder(server.clone()).build().expect("a client");
    let summary = block_on(client.runner().task::<Scene>().run_all()).expect("a summary");
    assert_eq!((summary.computed, summary.failed), (1, 0), "{summary}");
    assert_eq!(computed(&server), [(Some(TASK), "a scene on dev".to_owned())], "the default cluster is resolved");
    let asked = server.requests::<NextTask>();
    let asked = asked[0].next_task_to_run.as_ref().expect("a request for a task");
    assert_eq!((asked.cluster_slug.as_str(), asked.identifiers[0].name.as_str()), ("dev", "Scene"));
}

#[test]
fn a_blocking_task_runs_in_both_runners() {
    let identifier = <BlockingScene as Task>::identifier();
    let async_server = server(&identifier);
    let client: Client = testing::client_builder(async_server.clone()).build().expect("a client");
    block_on(client.runner().task::<BlockingScene>().run_all()).expect("a summary");
    let blocking_server = server(&identifier);
    let client: crate::blocking::Client = testing::client_builder(blocking_server.clone()).build().expect("a client");
    let summary = client.runner().task::<BlockingScene>().run_all().expect("a summary");
    assert_eq!(summary.computed, 1);
    for server in [async_server, blocking_server] {
        assert_eq!(computed(&server), [(Some(TASK), "a blocking scene".to_owned())]);
    }
}

/// A runtime whose executor drops every task, and whose clock jumps to the end of each wait, after what else is woken.
#[derive(Default)]
struct Dropping(Arc<Mutex<Instant>>);

impl Runtime for Dropping {
    fn now(&self) -> Instant {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wall_time(&self) -> std::time::SystemTime {
        std::time::SystemTime::UNIX_EPOCH
    }

    fn sleep_until(&self, deadline: Instant) -> BoxFuture<'static, ()> {
        let now = Arc::clone(&self.0);
        let mut is_new = true;
        let jump = move |context: &mut std::task::Context<'_>| {
            if std::mem::take(&mut is_new) {
                context.waker().wake_by_ref();
                return Poll::Pending;
            }
            let mut now = now.lock().unwrap_or_else(PoisonError::into_inner);
            *now = (*now).max(deadline);
            Poll::Ready(())
        };
        poll_fn(jump).boxed()
    }

    fn spawn(&self, _: BoxFuture<'static, ()>) {}

    fn random(&self) -> u64 {
        0
    }
}

#[test]
fn a_task_that_the_executor_drops_is_handed_back() {
    let server = server(&Scene::identifier());
    let parts = RuntimeParts::new("test", Arc::new(Dropping::default()));
    let builder = ClientBuilder::<Client>::new(parts).url("http://tilebox.test").anonymous();
    let client = builder.transport(server.clone()).build().expect("a client");
    let summary = block_on(client.runner().task::<Scene>().run_all()).expect("a summary");
    assert_eq!((summary.computed, summary.handed_back), (0, 1), "{summary}");
    let reports = server.requests::<TaskFailed>();
    assert_eq!(reports.len(), 1);
    assert!(!reports[0].was_workflow_error, "no retry is counted");
    assert_eq!(reports[0].task_id.as_ref().and_then(id::from_wire), Some(TASK));
}

#[test]
fn a_run_ends_before_its_start_with_its_future() {
    let server = server(&Scene::identifier());
    let client: Client = testing::client_builder(server.clone()).build().expect("a client");
    let summary = block_on(client.runner().task::<Scene>().run_until(async {})).expect("a summary");
    assert_eq!((summary.computed, server.requests::<NextTask>().len()), (0, 0));
}
