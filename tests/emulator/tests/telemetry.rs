//! Logs and spans of clients, from an export to the queries.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

mod support;

use std::io::Write;
use std::net::TcpStream;

use flate2::Compression;
use flate2::write::GzEncoder;
use prost::Message;
use support::workflows::{ask, call, default_cluster, fail, submission, uuid};
use tilebox_core::protocol::wire::opentelemetry::proto::common::v1::any_value::Value;
use tilebox_core::protocol::wire::opentelemetry::proto::common::v1::{AnyValue, KeyValue};
use tilebox_core::protocol::wire::opentelemetry::proto::logs::v1::{LogRecord, LogsData, ResourceLogs, ScopeLogs};
use tilebox_core::protocol::wire::opentelemetry::proto::resource::v1::Resource;
use tilebox_core::protocol::wire::opentelemetry::proto::trace::v1::{ResourceSpans, ScopeSpans, Span, TracesData};
use tilebox_core::protocol::wire::tilebox::v1::{Id, TimeInterval};
use tilebox_core::protocol::wire::workflows::v1::*;
use tilebox_emulator::{Emulator, Permissions};

const LOGS: &str = "TelemetryQueryService/QueryJobLogs";
const SPANS: &str = "TelemetryQueryService/QueryJobSpans";

/// Exports a message. Returns the status and the body of the response.
fn export(emulator: &Emulator, path: &str, headers: &str, body: &[u8]) -> (String, String) {
    let mut stream = TcpStream::connect(emulator.address()).unwrap();
    let head = format!(
        "POST {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n{headers}content-length: {}\r\n\r\n",
        body.len()
    );
    stream.write_all(&[head.as_bytes(), body].concat()).unwrap();
    let mut response = String::new();
    std::io::Read::read_to_string(&mut stream, &mut response).unwrap();
    let (head, body) = response.split_once("\r\n\r\n").expect("a head");
    (head.lines().next().unwrap_or_default().to_owned(), body.to_owned())
}

fn export_protobuf(emulator: &Emulator, path: &str, message: &impl Message) {
    let (status, body) = export(emulator, path, "content-type: application/x-protobuf\r\n", &message.encode_to_vec());
    assert_eq!((status.as_str(), body.as_str()), ("HTTP/1.1 200 OK", ""));
}

fn attribute(key: &str, value: &str) -> KeyValue {
    let value = Some(AnyValue { value: Some(Value::StringValue(value.to_owned())) });
    KeyValue { key: key.to_owned(), value }
}

fn logs(records: Vec<LogRecord>) -> LogsData {
    let resource =
        Some(Resource { attributes: vec![attribute("service.name", "runner")], dropped_attributes_count: 0 });
    let scope_logs = vec![ScopeLogs { log_records: records, ..ScopeLogs::default() }];
    LogsData { resource_logs: vec![ResourceLogs { resource, scope_logs, schema_url: String::new() }] }
}

fn log(seconds: u64, severity_text: &str, task: Option<&Task>) -> LogRecord {
    let task = task.map(|task| attribute("task_id", &uuid(task.id.as_ref()).to_string()));
    LogRecord {
        time_unix_nano: seconds * 1_000_000_000,
        severity_text: severity_text.to_owned(),
        attributes: task.into_iter().collect(),
        ..LogRecord::default()
    }
}

fn hex(text: &str) -> Vec<u8> {
    text.as_bytes().chunks(2).map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap()).collect()
}

fn seconds(page: &PaginatedLogsData) -> Vec<u64> {
    page.resource_logs.iter().map(|logs| logs.scope_logs[0].log_records[0].time_unix_nano / 1_000_000_000).collect()
}

/// Starts a job with one task. Returns both.
fn start(emulator: &Emulator, trace_parent: &str) -> (Job, Task) {
    let cluster = default_cluster(emulator);
    let request = SubmitJobRequest { trace_parent: trace_parent.to_owned(), ..submission("", "A", 1) };
    let job: Job = call(emulator, "JobService/SubmitJob", &request);
    let task = call::<NextTaskResponse>(emulator, "TaskService/NextTask", &ask(&cluster, "A", None)).next_task.unwrap();
    assert_eq!(task.job.as_ref().unwrap().id, job.id);
    (job, task)
}

#[test]
fn exported_logs_are_found_by_job() {
    let emulator = Emulator::builder().start().unwrap();
    let (first, first_task) = start(&emulator, "00-8cbb60584f5a87aeb6e8db7902beed85-cdcea87443fc59ba-01");
    let (second, second_task) = start(&emulator, "00-8cbb60584f5a87aeb6e8db7902beed85-1111111111111111-01");
    let records =
        vec![log(2, "FATAL", Some(&first_task)), log(1, "INFO", Some(&first_task)), log(3, "WARN", Some(&second_task))];
    export_protobuf(&emulator, "/v1/logs", &logs(records));
    let query = |job: &Job| QueryJobLogsRequest { job_id: job.id.clone(), ..QueryJobLogsRequest::default() };
    let page: PaginatedLogsData = call(&emulator, LOGS, &query(&first));
    assert_eq!((seconds(&page), page.next_page), (vec![1, 2], None));
    let resource = page.resource_logs[0].resource.as_ref().unwrap();
    assert_eq!(resource.attributes, [attribute("service.name", "runner")]);
    assert_eq!(seconds(&call(&emulator, LOGS, &query(&second))), [3]);
    let errors = QueryJobLogsRequest {
        filters: Some(LogQueryFilters { severity_levels: vec![LogSeverityGroup::Error.into()] }),
        ..query(&first)
    };
    assert_eq!(seconds(&call(&emulator, LOGS, &errors)), [2]);

    let unknown = QueryJobLogsRequest { job_id: Some(Id { uuid: vec![9; 16].into() }), ..query(&first) };
    assert_eq!(fail(&emulator, LOGS, &unknown).0, 404);
    assert_eq!(fail(&emulator, LOGS, &QueryJobLogsRequest::default()).0, 400);

    let time = |seconds| Some(prost_types::Timestamp { seconds, nanos: 0 });
    let time_interval =
        Some(TimeInterval { start_time: time(2), end_time: time(9), start_exclusive: false, end_inclusive: false });
    let request = QueryLogsInIntervalRequest { time_interval, ..QueryLogsInIntervalRequest::default() };
    assert_eq!(seconds(&call(&emulator, "TelemetryQueryService/QueryLogsInInterval", &request)), [2, 3]);
    let request = GetLogMessageCountsRequest { time_interval };
    let counts: GetLogMessageCountsResponse = call(&emulator, "TelemetryQueryService/GetLogMessageCounts", &request);
    assert_eq!((counts.total_messages, counts.counts.len()), (Some(2), 2));
}

#[test]
fn exported_spans_are_found_by_trace() {
    let emulator = Emulator::builder().start().unwrap();
    let (job, task) = start(&emulator, "00-8cbb60584f5a87aeb6e8db7902beed85-cdcea87443fc59ba-01");
    let span = |name: &str, span: &str, start: u64, attributes: Vec<KeyValue>| Span {
        trace_id: hex("8cbb60584f5a87aeb6e8db7902beed85").into(),
        span_id: hex(span).into(),
        name: name.to_owned(),
        start_time_unix_nano: start,
        attributes,
        ..Span::default()
    };
    let of_task = vec![attribute("task_id", &uuid(task.id.as_ref()).to_string())];
    let spans = vec![
        span("task/A", "2222222222222222", 2, of_task),
        span("job/job", "cdcea87443fc59ba", 1, Vec::new()),
        Span { trace_id: vec![9; 16].into(), ..span("workflows/tasks/next", "3333333333333333", 3, Vec::new()) },
    ];
    let scope_spans = vec![ScopeSpans { spans, ..ScopeSpans::default() }];
    let resource_spans = vec![ResourceSpans { scope_spans, ..ResourceSpans::default() }];
    // Compressed, as the Python client sends large exports.
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(&TracesData { resource_spans }.encode_to_vec()).unwrap();
    let headers = "content-type: application/x-protobuf\r\ncontent-encoding: gzip\r\n";
    let (status, _) = export(&emulator, "/v1/traces", headers, &encoder.finish().unwrap());
    assert_eq!(status, "HTTP/1.1 200 OK");

    let names = |request: &QueryJobSpansRequest| {
        let page: PaginatedSpansData = call(&emulator, SPANS, request);
        let names = page.resource_spans.iter().map(|spans| spans.scope_spans[0].spans[0].name.clone());
        names.collect::<Vec<_>>()
    };
    let request = QueryJobSpansRequest { job_id: job.id, ..QueryJobSpansRequest::default() };
    assert_eq!(names(&request), ["job/job", "task/A"]);
    assert_eq!(names(&QueryJobSpansRequest { task_id: task.id, ..request }), ["task/A"]);
}

#[test]
fn malformed_exports_are_accepted_and_discarded() {
    let emulator = Emulator::builder().token("secret", Permissions::ALL).start().unwrap();
    for (headers, body) in [
        ("content-type: application/x-protobuf\r\n", &b"\xff\xff"[..]),
        ("content-type: application/x-protobuf\r\ncontent-encoding: gzip\r\n", b"no gzip"),
        ("content-type: application/x-protobuf\r\ncontent-encoding: br\r\n", b"x"),
        ("", b""),
    ] {
        for path in ["/v1/logs", "/v1/traces", "/v1/metrics"] {
            let (status, body) = export(&emulator, path, headers, body);
            assert_eq!((status.as_str(), body.as_str()), ("HTTP/1.1 200 OK", ""), "{path} {headers}");
        }
    }
    let (status, body) = export(&emulator, "/v1/logs", "content-type: application/json\r\n", b"{\"resourceLogs\":[]}");
    assert_eq!((status.as_str(), body.as_str()), ("HTTP/1.1 200 OK", "{}"));
}
