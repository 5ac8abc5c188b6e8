//! The queries, over records as the official clients export them.

use std::collections::HashSet;

use prost::Message;
use tilebox_core::protocol::wire::opentelemetry::proto::common::v1::any_value::Value;
use tilebox_core::protocol::wire::opentelemetry::proto::common::v1::{AnyValue, InstrumentationScope, KeyValue};
use tilebox_core::protocol::wire::opentelemetry::proto::logs::v1::{LogRecord, LogsData, ResourceLogs, ScopeLogs};
use tilebox_core::protocol::wire::opentelemetry::proto::resource::v1::Resource;
use tilebox_core::protocol::wire::opentelemetry::proto::trace::v1::{ResourceSpans, ScopeSpans, Span, TracesData};
use tilebox_core::protocol::wire::tilebox::v1::{Pagination, SortDirection, TimeInterval};
use tilebox_core::protocol::wire::workflows::v1::{
    GetLogMessageCountsRequest, LogQueryFilters, LogSeverityGroup, QueryJobLogsRequest, QueryJobSpansRequest,
    QueryLogsInIntervalRequest,
};

use super::owner::TraceParent;
use super::*;
use crate::ids;

const JOB: Uuid = Uuid::from_u128(0xa);
const TASK: Uuid = Uuid::from_u128(0x1);
const TRACE: [u8; 16] = [7; 16];

fn text(value: &str) -> Option<AnyValue> {
    Some(AnyValue { value: Some(Value::StringValue(value.to_owned())) })
}

fn attribute(key: &str, value: &str) -> KeyValue {
    KeyValue { key: key.to_owned(), value: text(value) }
}

fn resource() -> Option<Resource> {
    Some(Resource { attributes: vec![attribute("service.name", "runner")], dropped_attributes_count: 0 })
}

fn scope() -> Option<InstrumentationScope> {
    Some(InstrumentationScope { name: "tilebox.com/observability".to_owned(), ..InstrumentationScope::default() })
}

fn log(seconds: u64, severity_number: i32, task: Option<Uuid>, trace: bool) -> LogRecord {
    LogRecord {
        time_unix_nano: seconds * 1_000_000_000,
        severity_number,
        body: text(&format!("log {seconds}")),
        attributes: task.map(|task| attribute("task_id", &task.to_string())).into_iter().collect(),
        trace_id: if trace { TRACE.to_vec().into() } else { Bytes::new() },
        ..LogRecord::default()
    }
}

fn logs(records: Vec<LogRecord>) -> Bytes {
    let scope_logs = vec![ScopeLogs { scope: scope(), log_records: records, schema_url: "scope".to_owned() }];
    let exported = ResourceLogs { resource: resource(), scope_logs, schema_url: "resource".to_owned() };
    LogsData { resource_logs: vec![exported] }.encode_to_vec().into()
}

/// Stores logs. The task belongs to the job.
fn stored(records: Vec<LogRecord>) -> Telemetry {
    let telemetry = Telemetry::default();
    telemetry.store(Signal::Logs, None, logs(records), 1, |tasks| {
        tasks.iter().filter(|task| **task == TASK).map(|task| (*task, JOB)).collect()
    });
    telemetry
}

fn job() -> Job {
    Job { id: JOB, parent: Some(TraceParent { trace: TRACE, span: [2; 8] }), others: HashSet::new() }
}

/// Returns the seconds of the logs of a job.
fn seconds(telemetry: &Telemetry, request: QueryJobLogsRequest) -> Vec<u64> {
    let page = query_job_logs(telemetry, &job(), &request).expect("a page");
    page.resource_logs.iter().map(|logs| logs.scope_logs[0].log_records[0].time_unix_nano / 1_000_000_000).collect()
}

#[test]
fn logs_of_a_job_have_its_tasks_or_its_trace() {
    let other = Uuid::from_u128(0x99);
    let telemetry = stored(vec![
        log(3, 9, Some(TASK), true),
        log(1, 9, Some(TASK), false),
        log(2, 9, None, true),
        log(4, 9, None, false),
        log(5, 9, Some(other), false),
        log(6, 9, Some(other), true),
    ]);
    assert_eq!(seconds(&telemetry, QueryJobLogsRequest::default()), [1, 2, 3, 6]);
    let of_task = QueryJobLogsRequest { task_id: Some(ids::to_wire(TASK)), ..QueryJobLogsRequest::default() };
    assert_eq!(seconds(&telemetry, of_task), [1, 3]);
    let newest_first = QueryJobLogsRequest {
        sort_direction: Some(SortDirection::Descending.into()),
        ..QueryJobLogsRequest::default()
    };
    assert_eq!(seconds(&telemetry, newest_first), [6, 3, 2, 1]);
}

#[test]
fn each_returned_log_has_its_resource_and_scope() {
    let telemetry = stored(vec![log(1, 9, Some(TASK), true), log(2, 9, Some(TASK), true)]);
    let page = query_job_logs(&telemetry, &job(), &QueryJobLogsRequest::default()).expect("a page");
    assert_eq!(page.resource_logs.len(), 2);
    for logs in page.resource_logs {
        assert_eq!((logs.resource, logs.schema_url.as_str()), (resource(), "resource"));
        let [scoped] = &logs.scope_logs[..] else { panic!("one scope") };
        assert_eq!((&scoped.scope, scoped.schema_url.as_str(), scoped.log_records.len()), (&scope(), "scope", 1));
    }
}

#[test]
fn severity_groups_filter_and_count_logs() {
    let telemetry = stored(vec![
        log(1, 1, Some(TASK), false),
        log(2, 9, Some(TASK), false),
        log(3, 13, Some(TASK), false),
        log(4, 17, Some(TASK), false),
        log(5, 21, Some(TASK), false),
        log(6, 21, None, false),
    ]);
    let filtered = |groups: &[LogSeverityGroup]| {
        let severity_levels = groups.iter().map(|group| i32::from(*group)).collect();
        let filters = Some(LogQueryFilters { severity_levels });
        seconds(&telemetry, QueryJobLogsRequest { filters, ..QueryJobLogsRequest::default() })
    };
    assert_eq!(filtered(&[]), [1, 2, 3, 4, 5]);
    assert_eq!(filtered(&[LogSeverityGroup::Error]), [4, 5], "a fatal error is an error");
    assert_eq!(filtered(&[LogSeverityGroup::Warning, LogSeverityGroup::Trace]), [1, 3]);
    let unknown = QueryJobLogsRequest {
        filters: Some(LogQueryFilters { severity_levels: vec![6] }),
        ..QueryJobLogsRequest::default()
    };
    assert!(query_job_logs(&telemetry, &job(), &unknown).is_err());

    let time = |seconds| Some(prost_types::Timestamp { seconds, nanos: 0 });
    let interval = |start_exclusive, end_inclusive| {
        Some(TimeInterval { start_time: time(2), end_time: time(5), start_exclusive, end_inclusive })
    };
    let request = |time_interval| GetLogMessageCountsRequest { time_interval };
    let counts = count_logs(&telemetry, &request(interval(false, true))).expect("counts");
    let found: Vec<_> = counts.counts.iter().map(|count| (count.severity(), count.count())).collect();
    assert_eq!(found, [(LogSeverityGroup::Info, 1), (LogSeverityGroup::Warning, 1), (LogSeverityGroup::Error, 2)]);
    assert_eq!(counts.total_messages, Some(4));
    assert!(count_logs(&telemetry, &request(None)).is_err());

    for (start_exclusive, end_inclusive, expected) in
        [(false, false, 3), (true, false, 2), (false, true, 4), (true, true, 3)]
    {
        let request = QueryLogsInIntervalRequest {
            time_interval: interval(start_exclusive, end_inclusive),
            ..QueryLogsInIntervalRequest::default()
        };
        let page = query_logs_in_interval(&telemetry, &request).expect("a page");
        assert_eq!(page.resource_logs.len(), expected, "{start_exclusive} {end_inclusive}");
    }
}

#[test]
fn pages_of_logs_continue_after_the_last_one() {
    let telemetry = stored((1..=5).map(|seconds| log(seconds, 9, Some(TASK), false)).collect());
    let mut request = QueryJobLogsRequest {
        page: Some(Pagination { limit: Some(2), starting_after: None }),
        ..QueryJobLogsRequest::default()
    };
    let mut pages = Vec::new();
    for _ in 0..10 {
        pages.push(seconds(&telemetry, request.clone()));
        let page = query_job_logs(&telemetry, &job(), &request).expect("a page");
        match page.next_page {
            Some(next) => request.page = Some(next),
            None => break,
        }
    }
    assert_eq!(pages, [vec![1, 2], vec![3, 4], vec![5]]);
}

#[test]
fn spans_of_a_job_include_its_submission() {
    let span = |own: u8, parent: u8, task: Option<Uuid>, seconds: u64| Span {
        trace_id: TRACE.to_vec().into(),
        span_id: vec![own; 8].into(),
        parent_span_id: vec![parent; 8].into(),
        start_time_unix_nano: seconds,
        attributes: task.map(|task| attribute("task_id", &task.to_string())).into_iter().collect(),
        ..Span::default()
    };
    let spans = vec![span(4, 2, Some(TASK), 3), span(2, 0, None, 1), span(5, 4, Some(Uuid::from_u128(5)), 4)];
    let stray = Span { trace_id: vec![9; 16].into(), ..span(6, 0, None, 2) };
    let scope_spans =
        vec![ScopeSpans { scope: scope(), spans: [spans, vec![stray]].concat(), schema_url: String::new() }];
    let exported = ResourceSpans { resource: resource(), scope_spans, schema_url: String::new() };
    let body = TracesData { resource_spans: vec![exported] }.encode_to_vec().into();
    let telemetry = Telemetry::default();
    telemetry.store(Signal::Spans, None, body, 1, |tasks| {
        assert_eq!(tasks.len(), 2, "each task is looked up once");
        HashMap::from([(TASK, JOB), (Uuid::from_u128(5), Uuid::from_u128(0xb))])
    });
    let starts = |request| {
        let page = query_job_spans(&telemetry, &job(), &request).expect("a page");
        let spans = page.resource_spans.into_iter().map(|spans| spans.scope_spans[0].spans[0].start_time_unix_nano);
        spans.collect::<Vec<_>>()
    };
    assert_eq!(starts(QueryJobSpansRequest::default()), [1, 3], "without the task of another job");
    let of_task = QueryJobSpansRequest { task_id: Some(ids::to_wire(TASK)), ..QueryJobSpansRequest::default() };
    assert_eq!(starts(of_task), [3]);
}

#[test]
fn a_record_without_a_time_gets_the_time_of_its_export() {
    let timeless = LogRecord { time_unix_nano: 0, ..log(0, 9, Some(TASK), false) };
    let observed = LogRecord { observed_time_unix_nano: 5_000_000_000, ..timeless.clone() };
    let telemetry = stored(vec![timeless, observed]);
    let times: Vec<_> = telemetry.stored().logs.all().map(|((time, _), _)| time).collect();
    assert_eq!(times, [1, 5_000_000_000]);
}
