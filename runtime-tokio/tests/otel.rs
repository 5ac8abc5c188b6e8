//! The logs and spans of tasks, exported to the local server and read back by its API.

#![expect(clippy::panic, clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::HeaderValue;
use prost::Message as _;
use serde::{Deserialize, Serialize};
use tilebox_emulator::{Catalogue, Emulator, Permissions};
use tilebox_tokio::otel::{self, Telemetry};
use tilebox_tokio::protocol::wire::workflows::v1::{NextTaskRequest, NextTaskResponse, NextTaskToRun};
use tilebox_tokio::workflows::{
    Context, Job, LeaseState, LeasedTask, Logs, Registry, RunnerMetrics, Span, SpanStatus, Task, TaskResult,
    TaskServices, execute_task,
};
use tilebox_tokio::{Client, ErrorKind, Tokio};
use tracing::Instrument as _;
use tracing_subscriber::layer::SubscriberExt as _;

const KEY: &str = "a-key-that-no-record-contains";

#[derive(Serialize, Deserialize)]
struct Month {
    month: u32,
}

impl Task for Month {
    async fn execute(self, context: &Context) -> TaskResult {
        tracing::info!(month = self.month, "loading");
        tracing::debug!("below the level");
        let scenes = async {
            tokio::task::yield_now().await;
            tracing::warn!("a scene is missing");
            Ok::<_, std::io::Error>(7)
        };
        let scenes = scenes.instrument(tracing::info_span!("load", scenes = 7)).await?;
        context.unblock(move |_| tracing::info!("computed {scenes} scenes")).await?;
        if self.month > 12 {
            return Err(std::io::Error::other("no such month").into());
        }
        Ok(())
    }
}

struct World {
    client: Client,
    /// Ends with the test.
    _emulator: Emulator,
}

impl World {
    fn start() -> Self {
        let emulator = Emulator::builder().catalogue(Catalogue::new(1)).token(KEY, Permissions::ALL).start().unwrap();
        let builder = tilebox_tokio::client_builder().url(emulator.url()).token(KEY);
        Self { client: builder.current_trace(otel::current_trace).build().unwrap(), _emulator: emulator }
    }

    /// Exports with long intervals, so that only flushes send anything.
    fn telemetry(&self) -> Telemetry {
        Telemetry::builder(&self.client).service("mosaics").interval(Duration::from_secs(3600)).build().unwrap()
    }

    /// Takes the next task from the server and executes it, without a report.
    async fn execute_next(&self) -> LeasedTask {
        let cluster_slug = self.client.clusters().default().await.unwrap().slug;
        let identifiers = vec![Month::identifier().to_wire()];
        let wanted = NextTaskToRun { cluster_slug, identifiers };
        let request = NextTaskRequest { next_task_to_run: Some(wanted), computed_task: None }.encode_to_vec();
        let (path, body) = ("/workflows.v1.TaskService/NextTask", Bytes::from(request));
        let content_type = HeaderValue::from_static("application/proto");
        let response =
            self.client.raw().unwrap().post(path, content_type, body, Duration::from_secs(60)).await.unwrap();
        let task = NextTaskResponse::decode(response.into_body()).unwrap().next_task.unwrap();
        let task = LeasedTask::from_wire(task, LeaseState::Lost).unwrap();

        let mut registry = Registry::new();
        registry.register::<Month>().unwrap();
        let services = Arc::new(TaskServices::new(Arc::new(Tokio::new())));
        let (_, execution) = execute_task(&registry, &services, task.clone());
        execution.await;
        task
    }
}

async fn spans(job: &Job) -> Vec<Span> {
    job.spans().await.unwrap().iter().cloned().collect()
}

fn named<'a>(spans: &'a [Span], name: &str) -> &'a Span {
    spans.iter().find(|span| span.name() == name).unwrap_or_else(|| panic!("no span {name} in {spans:?}"))
}

#[tokio::test]
async fn logs_and_spans_of_a_task_reach_its_job() {
    let world = World::start();
    let telemetry = world.telemetry();
    let subscriber = tracing_subscriber::registry().with(telemetry.layer());
    let _default = tracing::subscriber::set_default(subscriber);

    tracing::error!("outside of tasks");
    let outside = tracing::info_span!("application").entered();
    drop(outside);
    let job = world.client.jobs().submit("clouds", Month { month: 3 }).await.unwrap();
    let task = world.execute_next().await;
    telemetry.flush().await;

    let logs = job.logs().await.unwrap();
    let lines: Vec<_> = logs.iter().map(|log| (log.severity().unwrap(), log.body().to_string())).collect();
    let expected = [("INFO", "loading"), ("WARN", "a scene is missing"), ("INFO", "computed 7 scenes")];
    assert_eq!(lines, expected.map(|(severity, body)| (severity, body.to_owned())));
    let first = logs.iter().next().unwrap();
    assert_eq!(first.task_id(), Some(task.id));
    assert_eq!(first.attributes().get("month").unwrap().to_string(), "3");
    assert_eq!(first.attributes().get("target").unwrap().as_str(), Some("otel"));
    assert_eq!(first.runner_attributes().get("service.name").unwrap().as_str(), Some("mosaics"));

    let spans = spans(&job).await;
    let root = named(&spans, "task/Month");
    let submission = named(&spans, "workflows/jobs/submit");
    let load = named(&spans, "load");
    let trace = task.trace_parent.split('-').nth(1);
    assert!(trace.is_some() && spans.iter().all(|span| span.trace_id() == trace));
    assert_eq!(root.parent_span_id(), submission.span_id());
    assert_eq!(root.parent_span_id(), task.trace_parent.split('-').nth(2));
    assert_eq!(load.parent_span_id(), root.span_id());
    assert_eq!((root.task_id(), load.task_id(), submission.task_id()), (Some(task.id), Some(task.id), None));
    assert_eq!(root.status(), SpanStatus::Unset);
    let attribute = |name| root.attributes().get(name).map(ToString::to_string);
    assert_eq!(attribute("identifier.name").as_deref(), Some("Month"));
    assert_eq!(attribute("identifier.version").as_deref(), Some("v0.0"));
    assert_eq!(attribute("trace_parent"), None);
    assert_eq!((first.trace_id(), first.span_id()), (root.trace_id(), root.span_id()));
    assert_eq!(logs.iter().nth(1).unwrap().span_id(), load.span_id());
    let event = &load.events()[0];
    assert_eq!(
        (event.name(), event.attributes().get("body").unwrap().as_str()),
        ("log.message", Some("a scene is missing"))
    );

    assert_eq!(spans.len(), 3, "{spans:?}");
    assert!(!format!("{spans:?} {logs:?}").contains(KEY));
    let all = world.client.jobs().logs_in(("2020-01-01", "2200-01-01")).await.unwrap();
    assert!(all.iter().all(|log| log.body().as_str() != Some("outside of tasks")));
}

#[tokio::test]
async fn a_failed_task_records_its_exception() {
    let world = World::start();
    let telemetry = world.telemetry();
    let _default = tracing::subscriber::set_default(tracing_subscriber::registry().with(telemetry.layer()));
    let job = world.client.jobs().submit("clouds", Month { month: 13 }).await.unwrap();
    world.execute_next().await;
    telemetry.flush().await;

    let spans = spans(&job).await;
    let root = named(&spans, "task/Month");
    assert_eq!(root.status(), SpanStatus::Error);
    let exception = root.events().iter().find(|event| event.name() == "exception").unwrap();
    assert_eq!(exception.attributes().get("exception.message").unwrap().as_str(), Some("no such month"));
    assert_eq!(exception.attributes().get("exception.type").unwrap().as_str(), Some("task_error"));
    let logs = job.logs().await.unwrap();
    assert!(logs.iter().any(|log| log.severity() == Some("ERROR")));
}

#[tokio::test]
async fn dropping_telemetry_exports_the_rest() {
    let world = World::start();
    let telemetry = world.telemetry();
    let subscriber = tracing_subscriber::registry().with(telemetry.layer());
    let job = {
        let _default = tracing::subscriber::set_default(subscriber);
        let job = world.client.jobs().submit("clouds", Month { month: 3 }).await.unwrap();
        world.execute_next().await;
        job
    };
    // The exports have their own thread, so they end although this one waits for them.
    drop(telemetry);
    assert_eq!(job.logs().await.unwrap().len(), 3);
    assert_eq!(spans(&job).await.len(), 3);
}

/// The only test with a subscriber of the process: a runner has a thread of its own.
#[tokio::test]
async fn the_end_of_a_run_exports_what_its_tasks_logged() {
    let world = World::start();
    let _telemetry = otel::install(&world.client).unwrap();
    assert_eq!(otel::install(&world.client).unwrap_err().kind(), ErrorKind::AlreadyExists);
    let job = world.client.jobs().submit("clouds", Month { month: 3 }).await.unwrap();
    let metrics = RunnerMetrics::new();
    let summary = world.client.runner().task::<Month>().metrics(&metrics).run_all().await.unwrap();
    assert_eq!((summary.computed, metrics.read().totals.computed, metrics.read().reports), (1, 1, 1));
    assert_eq!((metrics.read().runners, metrics.read().executing), (0, 0));

    let bodies = |logs: &Logs| -> Vec<String> { logs.iter().map(|log| log.body().to_string()).collect() };
    let logs = job.logs().await.unwrap();
    assert_eq!(bodies(&logs), ["loading", "a scene is missing", "computed 7 scenes"]);
    let spans = spans(&job).await;
    assert_eq!(named(&spans, "task/Month").parent_span_id(), named(&spans, "workflows/jobs/submit").span_id());
    // The lines of the runner belong to no job.
    let all = world.client.jobs().logs_in(("2020-01-01", "2200-01-01")).await.unwrap();
    assert!(bodies(&all).iter().any(|body| body == "the runner has ended"), "{all:?}");
}
