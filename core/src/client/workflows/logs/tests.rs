use futures::TryStreamExt as _;

use super::*;
use crate::client::Client;
use crate::client::blocking::{self, block_on};
use crate::client::workflows::SpanQuery;
use crate::error::ErrorKind;
use crate::protocol::connect::{self, Code};
use crate::protocol::wire::opentelemetry::proto::common::v1::{AnyValue, any_value};
use crate::protocol::wire::opentelemetry::proto::logs::v1::{LogRecord, ResourceLogs, ScopeLogs};
use crate::protocol::wire::opentelemetry::proto::trace::v1::{ResourceSpans, ScopeSpans, Span};
use crate::protocol::wire::tilebox::v1::{Id, Pagination};
use crate::testing::{self, MockTransport};

const JOB: Uuid = Uuid::from_u128(0x0194_1f29_c650_202f_6495_c71d_d211_8fb1);
const TASK: Uuid = Uuid::from_u128(0x0194_1f29_c650_202f_6495_c71d_d211_8fb2);

fn client(server: &MockTransport) -> Client {
    testing::client_builder(server.clone()).build().expect("a client")
}

fn job_logs(client: &Client) -> LogQuery {
    LogQuery::of_job(Arc::clone(&client.session), JOB, "clouds")
}

fn job_spans(client: &Client) -> SpanQuery {
    SpanQuery::of_job(Arc::clone(&client.session), JOB, "clouds")
}

fn next_page(cursor: u128) -> Option<Pagination> {
    let uuid = Uuid::from_u128(cursor).as_bytes().to_vec().into();
    Some(Pagination { limit: None, starting_after: Some(Id { uuid }) })
}

fn logs(bodies: &[&str], next_page: Option<Pagination>) -> wire::PaginatedLogsData {
    let record = |body: &&str| ResourceLogs {
        scope_logs: vec![ScopeLogs {
            log_records: vec![LogRecord {
                body: Some(AnyValue { value: Some(any_value::Value::StringValue((*body).to_owned())) }),
                ..Default::default()
            }],
            ..Default::default()
        }],
        ..Default::default()
    };
    wire::PaginatedLogsData { resource_logs: bodies.iter().map(record).collect(), next_page }
}

fn spans(names: &[&str], next_page: Option<Pagination>) -> wire::PaginatedSpansData {
    let span = |name: &&str| ResourceSpans {
        scope_spans: vec![ScopeSpans {
            spans: vec![Span { name: (*name).to_owned(), ..Default::default() }],
            ..Default::default()
        }],
        ..Default::default()
    };
    wire::PaginatedSpansData { resource_spans: names.iter().map(span).collect(), next_page }
}

fn bodies(logs: &Logs) -> Vec<String> {
    logs.iter().map(|record| record.body().to_string()).collect()
}

#[test]
fn awaited_logs_are_all_pages_in_one_table() {
    let server = MockTransport::new()
        .respond_once::<rpc::QueryJobLogs>(Ok(logs(&["a", "b"], next_page(1))))
        .respond_once::<rpc::QueryJobLogs>(Err(connect::Error::new(Code::Unavailable, "not now")))
        .respond_once::<rpc::QueryJobLogs>(Ok(logs(&["c"], None)));
    let query = job_logs(&client(&server)).severity(SeverityGroup::Warning.and_above()).task(TASK).newest_first();
    assert_eq!(bodies(&block_on(query.load()).expect("logs")), ["a", "b", "c"]);
    let requests = server.requests::<rpc::QueryJobLogs>();
    let expected = wire::QueryJobLogsRequest {
        job_id: Some(id::to_wire(JOB)),
        page: None,
        sort_direction: Some(2),
        task_id: Some(id::to_wire(TASK)),
        filters: Some(wire::LogQueryFilters { severity_levels: vec![4, 5] }),
    };
    let second = wire::QueryJobLogsRequest { page: next_page(1), ..expected.clone() };
    assert_eq!(requests, [expected, second.clone(), second], "a failed page is requested again");
}

#[test]
fn a_query_without_options_sends_only_its_job() {
    let server = MockTransport::new()
        .respond_once::<rpc::QueryJobLogs>(Ok(logs(&[], None)))
        .respond_once::<rpc::QueryJobSpans>(Ok(spans(&[], None)));
    let client = client(&server);
    let logs = block_on(job_logs(&client).severity([]).load()).expect("no logs");
    assert!(logs.is_empty() && logs.column("body").is_ok());
    assert!(block_on(job_spans(&client).load()).expect("no spans").is_empty());
    let job_id = Some(id::to_wire(JOB));
    let request = wire::QueryJobLogsRequest { job_id: job_id.clone(), ..Default::default() };
    assert_eq!(server.requests::<rpc::QueryJobLogs>(), [request]);
    let request = wire::QueryJobSpansRequest { job_id, ..Default::default() };
    assert_eq!(server.requests::<rpc::QueryJobSpans>(), [request]);
}

#[test]
fn a_page_is_requested_once_the_previous_one_is_read() {
    let server = MockTransport::new()
        .respond_once::<rpc::QueryJobSpans>(Ok(spans(&["a"], next_page(1))))
        .respond_once::<rpc::QueryJobSpans>(Ok(spans(&["b", "c"], next_page(2))));
    let mut pages = job_spans(&client(&server)).limit(2).page_size(5).pages();
    assert!(server.requests::<rpc::QueryJobSpans>().is_empty(), "a stream that is not read sends nothing");
    let page = block_on(pages.try_next()).expect("no error").expect("a page");
    assert_eq!((page.len(), page.rows()[0].name()), (1, "a"));
    assert_eq!(server.requests::<rpc::QueryJobSpans>().len(), 1);
    let page = block_on(pages.try_next()).expect("no error").expect("a page");
    assert_eq!((page.len(), page.rows()[0].name()), (1, "b"));
    assert!(block_on(pages.try_next()).expect("no error").is_none());
    let limits: Vec<_> = server
        .requests::<rpc::QueryJobSpans>()
        .into_iter()
        .map(|request| request.page.and_then(|page| page.limit))
        .collect();
    assert_eq!(limits, [Some(2), Some(1)], "the rest of the limit is requested");
}

#[test]
fn logs_of_all_jobs_are_queried_by_time() {
    let counts = wire::GetLogMessageCountsResponse {
        counts: vec![wire::LogSeverityCount { severity: Some(5), count: Some(7) }],
        total_messages: Some(9),
    };
    let server = MockTransport::new()
        .respond_once::<rpc::QueryLogsInInterval>(Ok(logs(&["a"], None)))
        .respond_once::<rpc::GetLogMessageCounts>(Ok(counts));
    let client = client(&server);
    let found = block_on(client.jobs().logs_in("2025-03-01").severity([SeverityGroup::Error]).load()).expect("logs");
    assert_eq!(bodies(&found), ["a"]);
    let counts = block_on(client.jobs().log_counts(("2025-03-01", "2025-03-02"))).expect("counts");
    assert_eq!((counts.of(SeverityGroup::Error), counts.total()), (7, 9));
    let day = TimeInterval::parse("2025-03-01", "2025-03-02").expect("a day").to_wire();
    let [request] = &*server.requests::<rpc::QueryLogsInInterval>() else { panic!("one request") };
    assert_eq!(request.time_interval, Some(day));
    assert_eq!(request.filters, Some(wire::LogQueryFilters { severity_levels: vec![5] }));
    let [request] = &*server.requests::<rpc::GetLogMessageCounts>() else { panic!("one request") };
    assert_eq!(request.time_interval, Some(day));
}

#[test]
fn an_option_that_is_not_valid_is_an_error_without_a_request() {
    let server = MockTransport::new();
    let client = client(&server);
    let refused = |query: LogQuery| {
        let error = block_on(query.load()).expect_err("an invalid option");
        assert_eq!(error.kind(), ErrorKind::InvalidArgument, "{error}");
        error.to_string()
    };
    for (query, expected) in [
        (job_logs(&client).task("x"), "cannot load the logs of the job `clouds`: the id of the task is not valid: "),
        (job_logs(&client).task(Uuid::nil()), "cannot load the logs of the job `clouds`: the id of the task is nil; "),
        (job_logs(&client).limit(0), "cannot load the logs of the job `clouds`: expects a limit from 1 "),
        (client.jobs().logs_in("2025-13-01"), "cannot read the time `2025-13-01`: "),
        (client.jobs().logs_in(JOB..=TASK), "cannot load the logs of all jobs: expects an interval of time, "),
        (client.jobs().logs_in("2025").task(TASK), "cannot load the logs of all jobs: the API selects a task only "),
    ] {
        let error = refused(query);
        assert!(error.starts_with(expected), "{error}");
    }
    let error = block_on(client.jobs().log_counts(JOB..=TASK)).expect_err("no times").to_string();
    assert!(error.starts_with("cannot count the logs of all jobs: "), "{error}");
    let error = block_on(job_spans(&client).task("x").load()).expect_err("no id").to_string();
    assert!(error.starts_with("cannot load the spans of the job `clouds`: the id of the task is not valid"), "{error}");
}

#[test]
fn blocking_logs_are_an_iterator_of_pages() {
    let server =
        MockTransport::new()
            .respond_once::<rpc::QueryLogsInInterval>(Ok(logs(&["a"], next_page(1))))
            .respond_once::<rpc::QueryLogsInInterval>(Err(connect::Error::new(Code::PermissionDenied, "not yours")));
    let client: blocking::Client = testing::client_builder(server.clone()).build().expect("a client");
    let mut pages = client.jobs().logs_in("2025-03-01").pages();
    assert_eq!(bodies(&pages.next().expect("a page").expect("logs")), ["a"]);
    let error = pages.next().expect("an error").expect_err("no permission");
    assert_eq!(error.kind(), ErrorKind::PermissionDenied);
    assert!(pages.next().is_none());
    assert_eq!(pages.cursor(), Some(Uuid::from_u128(1)));
}

#[test]
fn logs_and_spans_resume_at_the_cursor_of_a_failed_query() {
    let denied = || connect::Error::new(Code::PermissionDenied, "not yours");
    let server = MockTransport::new()
        .respond_once::<rpc::QueryJobLogs>(Ok(logs(&["a"], next_page(7))))
        .respond_once::<rpc::QueryJobLogs>(Err(denied()))
        .respond_once::<rpc::QueryJobLogs>(Ok(logs(&["b"], None)))
        .respond_once::<rpc::QueryJobSpans>(Ok(spans(&["c"], None)))
        .respond_once::<rpc::QueryLogsInInterval>(Ok(logs(&["d"], None)));
    let client = client(&server);
    let mut pages = job_logs(&client).newest_first().pages();
    assert_eq!(pages.cursor(), None);
    assert_eq!(bodies(&block_on(pages.try_next()).expect("no error").expect("a page")), ["a"]);
    block_on(pages.try_next()).expect_err("no permission");
    let cursor = pages.cursor().expect("a cursor");
    let rest = block_on(job_logs(&client).newest_first().starting_after(cursor).load()).expect("logs");
    assert_eq!(bodies(&rest), ["b"]);
    block_on(job_spans(&client).starting_after(cursor.to_string().as_str()).load()).expect("spans");
    block_on(client.jobs().logs_in("2025-03-01").starting_after(cursor).load()).expect("logs");
    assert_eq!(server.requests::<rpc::QueryJobLogs>()[2].page, next_page(7));
    assert_eq!(server.requests::<rpc::QueryJobSpans>()[0].page, next_page(7));
    assert_eq!(server.requests::<rpc::QueryLogsInInterval>()[0].page, next_page(7));
    let error = block_on(job_logs(&client).starting_after("x").load()).expect_err("no id").to_string();
    assert!(
        error.starts_with("cannot load the logs of the job `clouds`: the id to start after is not valid: "),
        "{error}"
    );
}
