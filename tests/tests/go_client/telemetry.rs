//! Plays a scenario with tracing: sends the recorded log records and spans, then queries those of the job.
//!
//! The recording has no bytes of them but lines:
//!
//! - `log scope=SCOPE LEVEL "BODY" trace=TRACE attributes=[key:"KEY" value:{KIND:VALUE} ..]`
//! - `resource JSON`
//! - `span scope=SCOPE name="NAME" kind=KIND parent=SPAN trace=TRACE ..`

use prost::Message as _;
use tilebox_core::protocol::wire::opentelemetry::proto::common::v1::{
    AnyValue, InstrumentationScope, KeyValue, any_value,
};
use tilebox_core::protocol::wire::opentelemetry::proto::logs::v1::{LogRecord, ResourceLogs, ScopeLogs};
use tilebox_core::protocol::wire::opentelemetry::proto::resource::v1::Resource;
use tilebox_core::protocol::wire::opentelemetry::proto::trace::v1::{ResourceSpans, ScopeSpans, Span};
use tilebox_core::protocol::wire::tilebox::v1::Id;
use tilebox_core::protocol::wire::workflows::v1::{
    PaginatedLogsData, PaginatedSpansData, QueryJobLogsRequest, QueryJobSpansRequest,
};
use uuid::Uuid;

use crate::log::Scenario;
use crate::player::{Player, RecordedErrors};
use crate::server;

/// 2026-11-27T10:23:28Z, when the recording was made.
const TIME: u64 = 1_795_775_008_000_000_000;

pub(crate) fn play(scenario: &Scenario) {
    let server = server();
    let mut player = Player::new(&server, RecordedErrors::Absent);
    player.play(scenario);
    let job = player.jobs()[0].clone();
    let lines = |kind| scenario.telemetry.iter().filter_map(move |line| line.strip_prefix(kind));

    let records: Vec<_> = lines("log ").map(|line| record(line, &player)).collect();
    let spans: Vec<_> = lines("span ").zip(1..).map(|(line, number)| span(line, number, &job.trace_parent)).collect();
    assert_eq!((records.len(), spans.len()), (3, 12), "the recording is whole");

    // The request of an export has the messages of the response to a query in the same field.
    let scope_logs = vec![ScopeLogs { scope: scope(), log_records: records, ..ScopeLogs::default() }];
    let logs = ResourceLogs { resource: resource(), scope_logs, ..ResourceLogs::default() };
    let logs = PaginatedLogsData { resource_logs: vec![logs], next_page: None };
    let scope_spans = vec![ScopeSpans { scope: scope(), spans, ..ScopeSpans::default() }];
    let spans = ResourceSpans { resource: resource(), scope_spans, ..ResourceSpans::default() };
    let spans = PaginatedSpansData { resource_spans: vec![spans], next_page: None };
    // Refused telemetry makes the client export its own failure, once a second.
    assert_eq!(player.connection().export("v1/logs", &logs.encode_to_vec()).status, 200);
    assert_eq!(player.connection().export("v1/traces", &spans.encode_to_vec()).status, 200);

    let found = query_logs(&mut player, &job.id, None);
    let bodies: Vec<_> = found.iter().map(body).collect();
    assert_eq!(bodies, ["computing"; 3]);
    for record in &found {
        let task =
            record.attributes.iter().find(|attribute| attribute.key == "task_id").and_then(text).expect("a task");
        let task = Uuid::parse_str(&task).expect("an id").into_bytes().to_vec();
        let of_task = query_logs(&mut player, &job.id, Some(Id { uuid: task.into() }));
        assert_eq!(of_task, std::slice::from_ref(record));
    }

    let request = QueryJobSpansRequest { job_id: job.id, ..QueryJobSpansRequest::default() };
    let path = "workflows.v1.TelemetryQueryService/QueryJobSpans";
    let reply = player.connection().call(path, &request.encode_to_vec(), None);
    let found = PaginatedSpansData::decode(&reply.body[..]).expect("spans").resource_spans;
    let names = found.iter().map(|spans| &spans.scope_spans[0].spans[0].name[..]);
    let mut names: Vec<_> = names.collect();
    names.sort_unstable();
    // Each call of the client is a trace of its own, so their spans belong to no job.
    let fib = "task/tilebox.com/fib";
    assert_eq!(names, ["task/Sum", fib, fib, fib, "workflows/jobs/submit"]);
}

/// Returns the log records of a job, each from an element of its own.
fn query_logs(player: &mut Player<'_>, job_id: &Option<Id>, task_id: Option<Id>) -> Vec<LogRecord> {
    let request = QueryJobLogsRequest { job_id: job_id.clone(), task_id, ..QueryJobLogsRequest::default() };
    let path = "workflows.v1.TelemetryQueryService/QueryJobLogs";
    let reply = player.connection().call(path, &request.encode_to_vec(), None);
    assert_eq!(reply.status, 200);
    let logs = PaginatedLogsData::decode(&reply.body[..]).expect("logs").resource_logs;
    let one = |logs: ResourceLogs| {
        assert_eq!(logs.resource, resource());
        let [scope] = &logs.scope_logs[..] else { panic!("expects one scope") };
        let [record] = &scope.log_records[..] else { panic!("expects one record") };
        record.clone()
    };
    logs.into_iter().map(one).collect()
}

fn record(line: &str, player: &Player<'_>) -> LogRecord {
    let quoted = line.split('"').nth(1).expect("a body");
    let attributes = line.split_once("attributes=[").expect("attributes").1.trim_end_matches(']');
    let attributes = attributes.split("key:\"").skip(1).map(|attribute| {
        let (key, value) = attribute.split_once("\" value:{").expect("a value");
        let value = value.trim_end().trim_end_matches('}');
        match (key, value.split_once(':').expect("a kind")) {
            ("task_id", (_, value)) => {
                let recorded = Uuid::parse_str(value.trim_matches('"')).expect("an id");
                let id = player.id(recorded.as_bytes()).expect("a task of the run");
                string("task_id", &Uuid::from_slice(&id).expect("an id").to_string())
            }
            (key, ("int_value", value)) => {
                attribute_of(key, any_value::Value::IntValue(value.parse().expect("a number")))
            }
            (key, (_, value)) => string(key, value.trim_matches('"')),
        }
    });
    LogRecord {
        time_unix_nano: TIME,
        severity_number: 9,
        severity_text: "INFO".to_owned(),
        body: Some(AnyValue { value: Some(any_value::Value::StringValue(quoted.to_owned())) }),
        attributes: attributes.collect(),
        trace_id: hex(after(line, "trace=")).into(),
        ..LogRecord::default()
    }
}

fn span(line: &str, number: u64, trace_parent: &str) -> Span {
    let name = line.split('"').nth(1).expect("a name").to_owned();
    let submission = trace_parent.split('-').nth(2).expect("a span");
    let span_id = if name == "workflows/jobs/submit" { hex(submission) } else { number.to_be_bytes().to_vec() };
    Span {
        name,
        kind: 1,
        span_id: span_id.into(),
        parent_span_id: hex(after(line, "parent=")).into(),
        trace_id: hex(after(line, "trace=")).into(),
        start_time_unix_nano: TIME,
        end_time_unix_nano: TIME + number,
        ..Span::default()
    }
}

fn resource() -> Option<Resource> {
    let attributes = vec![string("service.namespace", "tilebox.workflows"), string("service.name", "tilebox-go")];
    Some(Resource { attributes, ..Resource::default() })
}

fn scope() -> Option<InstrumentationScope> {
    Some(InstrumentationScope { name: "tilebox.com/observability".to_owned(), ..InstrumentationScope::default() })
}

fn string(key: &str, value: &str) -> KeyValue {
    attribute_of(key, any_value::Value::StringValue(value.to_owned()))
}

fn attribute_of(key: &str, value: any_value::Value) -> KeyValue {
    KeyValue { key: key.to_owned(), value: Some(AnyValue { value: Some(value) }) }
}

fn text(attribute: &KeyValue) -> Option<String> {
    match &attribute.value.as_ref()?.value {
        Some(any_value::Value::StringValue(text)) => Some(text.clone()),
        _ => None,
    }
}

fn body(record: &LogRecord) -> &str {
    match record.body.as_ref().and_then(|body| body.value.as_ref()) {
        Some(any_value::Value::StringValue(text)) => text,
        other => panic!("expects a text, got {other:?}"),
    }
}

fn after<'a>(line: &'a str, name: &str) -> &'a str {
    line.split_once(name).and_then(|(_, rest)| rest.split([' ', ']']).next()).unwrap_or_default()
}

fn hex(text: &str) -> Vec<u8> {
    let byte = |at: usize| u8::from_str_radix(&text[at..at + 2], 16).expect("hexadecimal digits");
    (0..text.len() / 2).map(|at| byte(2 * at)).collect()
}
