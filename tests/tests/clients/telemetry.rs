//! Logs and spans: exported over OTLP by a program, queried by the client.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use futures::TryStreamExt as _;
use prost::Message;
use tilebox_core::ErrorKind;
use tilebox_core::output::Format;
use tilebox_core::protocol::wire::opentelemetry::proto::common::v1::any_value::Value;
use tilebox_core::protocol::wire::opentelemetry::proto::common::v1::{AnyValue, ArrayValue, KeyValue};
use tilebox_core::protocol::wire::opentelemetry::proto::logs::v1::{LogRecord, LogsData, ResourceLogs, ScopeLogs};
use tilebox_core::protocol::wire::opentelemetry::proto::resource::v1::Resource;
use tilebox_core::protocol::wire::opentelemetry::proto::trace::v1::{
    ResourceSpans, ScopeSpans, Span, Status, TracesData, span,
};
use tilebox_core::workflows::{AttributeValue, Job, Logs, SeverityGroup, SpanStatus, TaskSubmission};
use uuid::Uuid;

use super::Setting;

/// 2025-03-01T12:00:00Z in nanoseconds since 1970.
const NOON: u64 = 1_740_830_400_000_000_000;
const SECOND: u64 = 1_000_000_000;

/// Exports a message to the path of a signal, as the exporters of OpenTelemetry do.
fn export(setting: &Setting, path: &str, message: &impl Message) {
    let url = setting.emulator.url();
    let address = url.trim_start_matches("http://").trim_end_matches('/');
    let body = message.encode_to_vec();
    let mut connection = TcpStream::connect(address).expect("a connection");
    connection.set_read_timeout(Some(Duration::from_secs(60))).expect("a timeout");
    let head = format!(
        "POST {path} HTTP/1.1\r\nhost: {address}\r\ncontent-type: application/x-protobuf\r\ncontent-length: {}\r\n\
         connection: close\r\n\r\n",
        body.len()
    );
    connection.write_all(head.as_bytes()).expect("the head is sent");
    connection.write_all(&body).expect("the body is sent");
    let mut response = Vec::new();
    connection.read_to_end(&mut response).expect("a response");
    assert!(response.starts_with(b"HTTP/1.1 200"), "{}", String::from_utf8_lossy(&response));
}

fn attribute(key: &str, value: Value) -> KeyValue {
    KeyValue { key: key.to_owned(), value: Some(AnyValue { value: Some(value) }) }
}

fn text(text: &str) -> Value {
    Value::StringValue(text.to_owned())
}

fn runner() -> Option<Resource> {
    Some(Resource { attributes: vec![attribute("service.name", text("my-runner"))], ..Default::default() })
}

/// Returns a log record of a task, `second` seconds after noon.
fn log(task: Uuid, second: u64, severity: i32, body: &str) -> LogRecord {
    LogRecord {
        time_unix_nano: NOON + second * SECOND,
        severity_number: severity,
        body: Some(AnyValue { value: Some(text(body)) }),
        attributes: vec![
            attribute("task_id", text(&task.to_string())),
            attribute(
                "sizes",
                Value::ArrayValue(ArrayValue { values: vec![AnyValue { value: Some(Value::IntValue(7)) }] }),
            ),
        ],
        ..Default::default()
    }
}

fn logs_data(records: Vec<LogRecord>) -> LogsData {
    let scope = ScopeLogs { log_records: records, ..Default::default() };
    LogsData { resource_logs: vec![ResourceLogs { resource: runner(), scope_logs: vec![scope], ..Default::default() }] }
}

/// Submits a job of one task that no runner knows. Returns the job and its task.
async fn submit(setting: &Setting, name: &str) -> (Job, Uuid) {
    let task = TaskSubmission::bytes("example.com/Idle", Vec::new());
    let job = setting.client.jobs().submit(name, task).await.expect("a job");
    let tasks = job.tasks().await.expect("tasks");
    let task = tasks.iter().next().expect("a task").id;
    (job, task)
}

fn bodies(logs: &Logs) -> Vec<String> {
    logs.iter().map(|record| record.body().to_string()).collect()
}

pub(crate) async fn exported_logs_are_found_by_job_task_and_severity(setting: Setting) {
    let (clouds, task) = submit(&setting, "clouds").await;
    let (other, other_task) = submit(&setting, "other").await;
    // Not in the order of time.
    let records = vec![log(task, 2, 21, "disk full"), log(other_task, 1, 13, "slow"), log(task, 0, 9, "started")];
    export(&setting, "/v1/logs", &logs_data(records));

    let logs = clouds.logs().await.expect("logs");
    assert_eq!(bodies(&logs), ["started", "disk full"], "the oldest record is the first");
    assert_eq!(bodies(&clouds.logs().newest_first().await.expect("logs")), ["disk full", "started"]);
    assert_eq!(bodies(&clouds.logs().newest_first().limit(1).await.expect("logs")), ["disk full"]);
    assert_eq!(bodies(&other.logs().await.expect("logs")), ["slow"]);
    let serious = clouds.logs().severity([SeverityGroup::Error]).await.expect("logs");
    assert_eq!(bodies(&serious), ["disk full"], "a fatal record is an error");
    assert!(clouds.logs().severity([SeverityGroup::Debug]).await.expect("no logs").is_empty());
    assert_eq!(clouds.logs().task(task).await.expect("logs").len(), 2);
    assert!(clouds.logs().task(other_task).await.expect("no logs").is_empty());

    let record = &logs.rows()[0];
    assert_eq!(record.task_id(), Some(task));
    assert_eq!(record.attributes().get("sizes"), Some(&AttributeValue::List(vec![AttributeValue::Int(7)])));
    let service = record.runner_attributes().get("service.name");
    assert_eq!(service.and_then(AttributeValue::as_str), Some("my-runner"));
    assert!(logs.to_string().contains("2 log records"), "{logs}");
    let mut file = Vec::new();
    logs.write(Format::GeoJson, &mut file).expect("a file");
    assert!(String::from_utf8_lossy(&file).contains(r#""body":"disk full""#));
}

pub(crate) async fn logs_of_all_jobs_are_found_and_counted_by_time(setting: Setting) {
    let (_, task) = submit(&setting, "clouds").await;
    let no_task = LogRecord { attributes: Vec::new(), ..log(task, 3, 9, "between two tasks") };
    export(&setting, "/v1/logs", &logs_data(vec![log(task, 0, 9, "a"), log(task, 1, 17, "b"), no_task]));

    let jobs = setting.client.jobs();
    assert_eq!(bodies(&jobs.logs_in("2025-03-01").await.expect("logs")), ["a", "b", "between two tasks"]);
    let noon = ("2025-03-01T12:00:00Z", "2025-03-01T12:00:01Z");
    assert_eq!(bodies(&jobs.logs_in(noon).await.expect("logs")), ["a"]);
    assert!(jobs.logs_in("2025-03-02").await.expect("no logs").is_empty());
    let counts = jobs.log_counts("2025-03-01").await.expect("counts");
    assert_eq!(counts.to_string(), "3 log records: 2 info, 1 error");
    assert_eq!(jobs.log_counts("2025-03-02").await.expect("counts").total(), 0);
}

pub(crate) async fn logs_stream_page_by_page(setting: Setting) {
    let (job, task) = submit(&setting, "clouds").await;
    let records = (0..10).map(|second| log(task, second, 9, &second.to_string())).collect();
    export(&setting, "/v1/logs", &logs_data(records));

    let pages: Vec<_> = job.logs().page_size(4).pages().try_collect().await.expect("pages");
    assert_eq!(pages.iter().map(Logs::len).collect::<Vec<_>>(), [4, 4, 2]);
    let streamed: Vec<_> = pages.iter().flat_map(bodies).collect();
    assert_eq!(streamed, (0..10).map(|second| second.to_string()).collect::<Vec<_>>());
    let limited = job.logs().page_size(4).limit(5).newest_first().await.expect("logs");
    assert_eq!(bodies(&limited), ["9", "8", "7", "6", "5"]);
    let error = job.logs().limit(0).await.expect_err("no records");
    assert_eq!(error.kind(), ErrorKind::InvalidArgument);
}

pub(crate) async fn exported_spans_are_rows_with_events(setting: Setting) {
    let (job, task) = submit(&setting, "clouds").await;
    let trace_id: Vec<u8> = {
        let digits = job.trace_parent().split('-').nth(1).expect("a trace id");
        (0..16).map(|at| u8::from_str_radix(&digits[at * 2..at * 2 + 2], 16).expect("hex")).collect()
    };
    let task_span = Span {
        trace_id: trace_id.clone().into(),
        span_id: vec![1; 8].into(),
        name: "task/Idle".to_owned(),
        kind: 1,
        start_time_unix_nano: NOON,
        end_time_unix_nano: NOON + SECOND / 2,
        attributes: vec![attribute("task_id", text(&task.to_string()))],
        events: vec![span::Event { time_unix_nano: NOON, name: "exception".to_owned(), ..Default::default() }],
        status: Some(Status { code: 2, message: "disk full".to_owned() }),
        ..Default::default()
    };
    let part = Span {
        trace_id: trace_id.clone().into(),
        span_id: vec![2; 8].into(),
        parent_span_id: vec![1; 8].into(),
        name: "download".to_owned(),
        start_time_unix_nano: NOON + 1,
        end_time_unix_nano: NOON + 2,
        ..Default::default()
    };
    let scope = ScopeSpans { spans: vec![task_span, part], ..Default::default() };
    let resource = ResourceSpans { resource: runner(), scope_spans: vec![scope], ..Default::default() };
    export(&setting, "/v1/traces", &TracesData { resource_spans: vec![resource] });

    let spans = job.spans().await.expect("spans");
    assert_eq!(spans.iter().map(|span| span.name()).collect::<Vec<_>>(), ["task/Idle", "download"]);
    let span = &spans.rows()[0];
    assert_eq!((span.status(), span.status_message()), (SpanStatus::Error, "disk full"));
    assert_eq!((span.duration(), span.task_id()), (Some(Duration::from_millis(500)), Some(task)));
    assert_eq!(span.events()[0].name(), "exception");
    assert_eq!(spans.rows()[1].parent_span_id(), span.span_id());
    let one = job.spans().newest_first().limit(1).await.expect("spans");
    assert_eq!(one.rows()[0].name(), "download");
    let of_task = job.spans().task(task).await.expect("spans");
    assert!(of_task.iter().any(|span| span.name() == "task/Idle"));
}
