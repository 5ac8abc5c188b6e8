use bytes::Bytes;
use http::Response;
use prost::Message as _;
use prost_types::field_descriptor_proto::{Label, Type};
use prost_types::{DescriptorProto, FieldDescriptorProto, FileDescriptorProto, FileDescriptorSet};
use uuid::Uuid;

use super::*;
use crate::datasets::filter::field;
use crate::datasets::{Contents, IntoExpression as _};
use crate::protocol::budget::Budget;
use crate::protocol::call::CallPolicy;
use crate::protocol::connect::{self, Code};
use crate::protocol::endpoint::{ClientMetadata, Endpoint, ServerUrl};
use crate::protocol::machine::Exchange;
use crate::protocol::retry::RetryPolicy;
use crate::protocol::wire::datasets::v1 as wire;
use crate::protocol::wire::tilebox::v1::Id;
use crate::schema::DatasetSchema;
use crate::schema::{IntoTemporalExtent as _, TimeInterval};

mod held;
mod positions;

const NOW: Instant = Instant::ORIGIN;
const TYPE: &str = "test.Datapoint";

fn schema() -> DatasetSchema {
    let field = |name: &str, number, type_name: &str| FieldDescriptorProto {
        name: Some(name.to_owned()),
        number: Some(number),
        label: Some(Label::Optional.into()),
        r#type: Some(Type::Message.into()),
        type_name: Some(type_name.to_owned()),
        ..Default::default()
    };
    let datapoint = DescriptorProto {
        name: Some("Datapoint".to_owned()),
        field: vec![
            field("time", 1, ".google.protobuf.Timestamp"),
            field("id", 2, ".datasets.v1.UUID"),
            field("ingestion_time", 3, ".google.protobuf.Timestamp"),
        ],
        ..Default::default()
    };
    let imports = ["google/protobuf/timestamp.proto", "datasets/v1/well_known_types.proto"];
    let file = FileDescriptorProto {
        name: Some("test.proto".to_owned()),
        package: Some("test".to_owned()),
        dependency: imports.map(str::to_owned).to_vec(),
        message_type: vec![datapoint],
        syntax: Some("proto3".to_owned()),
        ..Default::default()
    };
    DatasetSchema::from_annotated_type(&wire::AnnotatedType {
        descriptor_set: FileDescriptorSet { file: vec![file] }.encode_to_vec().into(),
        type_url: TYPE.to_owned(),
        ..Default::default()
    })
    .expect("a schema")
}

fn query(paging: Paging) -> Result<Pages> {
    let extent = ("2025-01-01", "2026-01-01").into_temporal_extent().expect("an extent");
    query_of(QueryScope::new(Uuid::from_u128(7), extent), paging)
}

fn query_of(scope: QueryScope, paging: Paging) -> Result<Pages> {
    query_with(scope, paging, CallPolicy { retry: RetryPolicy::never(), ..CallPolicy::default() })
}

fn query_with(scope: QueryScope, paging: Paging, policy: CallPolicy) -> Result<Pages> {
    let url = ServerUrl::parse("http://localhost:1").expect("a URL");
    let endpoint = Endpoint::new(&url, None, &ClientMetadata::none());
    Pages::new(
        Caller::new(endpoint, policy, &Budget::new(32), 42),
        scope,
        paging,
        "load the dataset",
        PageDecoder::new(&schema()).expect("a decoder"),
    )
}

fn pages(paging: Paging) -> Pages {
    query(paging).expect("a query")
}

fn cursor(number: u128) -> Option<Id> {
    Some(id::to_wire(Uuid::from_u128(number)))
}

fn response(page: &wire::QueryResultPage) -> Response<Bytes> {
    let response = Response::builder().header("content-type", connect::CONTENT_TYPE);
    response.body(page.encode_to_vec().into()).expect("a response")
}

/// Returns a page with `rows` datapoints, and the cursor of the next.
fn page(rows: usize, next: Option<Id>, limit: Option<i64>) -> Response<Bytes> {
    let datapoint = wire::TemporalDatapoint { time: Some(Default::default()), ..Default::default() };
    response(&wire::QueryResultPage {
        data: Some(wire::RepeatedAny {
            type_url: TYPE.to_owned(),
            value: vec![datapoint.encode_to_vec().into(); rows],
        }),
        next_page: next.map(|next| Pagination { limit, starting_after: Some(next) }),
    })
}

/// Returns a page of datapoints with these ids, and the cursor of the next.
fn page_of(ids: &[u128], next: Option<Id>) -> Response<Bytes> {
    let datapoint = |id: &u128| wire::TemporalDatapoint {
        time: Some(Default::default()),
        id: Some(id::to_wire(Uuid::from_u128(*id))),
        ..Default::default()
    };
    response(&wire::QueryResultPage {
        data: Some(wire::RepeatedAny {
            type_url: TYPE.to_owned(),
            value: ids.iter().map(|id| datapoint(id).encode_to_vec().into()).collect(),
        }),
        next_page: next.map(|next| Pagination { limit: None, starting_after: Some(next) }),
    })
}

/// Returns the known contents of a collection with this number of datapoints, in pages of ten.
fn known(count: u64) -> Paging {
    let contents = Contents { availability: TimeInterval::parse("2025-02-01", "2025-03-01").ok(), count: Some(count) };
    Paging { contents, ..Paging::new(Some(10), None) }
}

fn next_request(pages: &mut Pages) -> (Exchange<EncodedMessage>, Pagination) {
    match next(pages) {
        Output::Send(exchange) => {
            let request = wire::QueryRequest::decode(exchange.request.body().clone()).expect("a request");
            (exchange, request.page.expect("a pagination"))
        }
        other => panic!("expected a request, got {other:?}"),
    }
}

fn reply(pages: &mut Pages, exchange: &Exchange<EncodedMessage>, response: Response<Bytes>) {
    pages.handle_response(NOW, exchange.id, exchange.decode(Ok(response)));
}

/// Returns the next output of a load, after decoding every page that the load wants decoded.
fn next(pages: &mut Pages) -> Output<EncodedMessage, Page> {
    next_at(pages, NOW)
}

fn next_at(pages: &mut Pages, now: Instant) -> Output<EncodedMessage, Page> {
    loop {
        return match pages.poll_output(now) {
            Output::Item(Ok(PageEvent::Decode(page))) => {
                pages.handle_decoded(now, page.decode());
                continue;
            }
            Output::Item(Ok(PageEvent::Page(page))) => Output::Item(Ok(page)),
            Output::Item(Err(error)) => Output::Item(Err(error)),
            Output::Send(exchange) => Output::Send(exchange),
            Output::WaitUntil(time) => Output::WaitUntil(time),
            Output::WaitForResponses => Output::WaitForResponses,
            Output::Done => Output::Done,
        };
    }
}

fn rows(pages: &mut Pages) -> usize {
    match next(pages) {
        Output::Item(Ok(page)) => page.batch.num_rows(),
        other => panic!("expected a page, got {other:?}"),
    }
}

fn error(pages: &mut Pages) -> Error {
    match next(pages) {
        Output::Item(Err(error)) => error,
        other => panic!("expected an error, got {other:?}"),
    }
}

fn assert_done(pages: &mut Pages) {
    for _ in 0..3 {
        assert!(matches!(next(pages), Output::Done));
    }
}

#[test]
fn several_known_pages_are_requested_concurrently() {
    let mut pages = pages(known(1000));
    let exchanges: Vec<_> = std::iter::from_fn(|| match next(&mut pages) {
        Output::Send(exchange) => Some(exchange),
        _ => None,
    })
    .collect();
    assert_eq!(exchanges.len(), 10, "the number that a budget begins with");
}

#[test]
fn a_possible_single_page_takes_one_request() {
    let scope = pages(known(1000)).scope;
    let filtered = QueryScope { filter: field("cloud_cover").lt(10).into_expression().ok(), ..scope.clone() };
    let extent = ("2025-02-02", "2026-01-01").into_temporal_extent().expect("an extent");
    let later = QueryScope { extent, ..scope.clone() };
    let any_page = Paging { page_size: None, ..known(1000) };
    let few = Paging { limit: Some(19), ..known(1000) };
    for (scope, paging) in [
        (scope.clone(), known(19)),
        (scope.clone(), few),
        (scope, any_page),
        (filtered, known(1000)),
        (later, known(1000)),
    ] {
        let mut pages = query_of(scope, paging).expect("a query");
        next_request(&mut pages);
        assert!(matches!(next(&mut pages), Output::WaitForResponses));
    }
}

#[test]
fn ids_without_time_restart_the_load() {
    let mut pages = pages(known(1000));
    let (first, _) = next_request(&mut pages);
    let (second, _) = next_request(&mut pages);
    reply(&mut pages, &second, page_of(&[3, 4], cursor(4)));
    // The other parts are requested before the page is decoded, and the whole query after it.
    let mut requests: Vec<_> = std::iter::from_fn(|| match next(&mut pages) {
        Output::Send(exchange) => Some(exchange),
        _ => None,
    })
    .collect();
    let again = requests.pop().expect("a request");
    assert_eq!(first_id(&again), query_start() + 1);
    reply(&mut pages, &first, page_of(&[1, 2], cursor(2)));
    for exchange in &requests {
        reply(&mut pages, exchange, page_of(&[3, 4], cursor(4)));
    }
    reply(&mut pages, &again, page_of(&[1, 2, 3, 4], None));
    assert_eq!(rows(&mut pages), 4);
    assert!(matches!(next(&mut pages), Output::Done));
}

#[test]
fn a_query_of_one_page_costs_one_request() {
    let mut pages = pages(Paging::default());
    let (exchange, pagination) = next_request(&mut pages);
    assert_eq!(pagination, Pagination::default());
    assert!(matches!(next(&mut pages), Output::WaitForResponses));
    reply(&mut pages, &exchange, page(3, None, None));
    assert_eq!(rows(&mut pages), 3);
    assert_done(&mut pages);
}

#[test]
fn the_next_page_is_requested_before_the_last_is_delivered() {
    let mut pages = pages(Paging::new(Some(2), None));
    let (first, pagination) = next_request(&mut pages);
    assert_eq!(pagination.limit, Some(2));
    reply(&mut pages, &first, page(2, cursor(5), Some(2)));
    let (second, pagination) = next_request(&mut pages);
    assert_eq!(pagination, Pagination { limit: Some(2), starting_after: cursor(5) });
    assert_ne!(first.id, second.id);
    assert_eq!(rows(&mut pages), 2);
    assert!(matches!(next(&mut pages), Output::WaitForResponses));
    reply(&mut pages, &second, page(1, None, None));
    assert_eq!(rows(&mut pages), 1);
    assert_done(&mut pages);
}

#[test]
fn a_page_size_of_the_server_is_sent_back() {
    let mut pages = pages(Paging::default());
    let (exchange, _) = next_request(&mut pages);
    reply(&mut pages, &exchange, page(2, cursor(5), Some(777)));
    assert_eq!(next_request(&mut pages).1.limit, Some(777));
}

#[test]
fn a_limit_ends_the_query_and_cuts_its_last_page() {
    let mut pages = pages(Paging::new(Some(10), Some(12)));
    let (exchange, pagination) = next_request(&mut pages);
    assert_eq!(pagination.limit, Some(10));
    reply(&mut pages, &exchange, page(10, cursor(5), None));
    let (exchange, pagination) = next_request(&mut pages);
    assert_eq!(pagination.limit, Some(2));
    assert_eq!(rows(&mut pages), 10);
    reply(&mut pages, &exchange, page(9, cursor(6), None));
    assert_eq!(rows(&mut pages), 2);
    assert_done(&mut pages);
}

#[test]
fn a_query_continues_after_its_cursor() {
    let position = Position::after(Uuid::from_u128(4));
    let mut resumed = pages(Paging { position, ..Paging::default() });
    let (exchange, pagination) = next_request(&mut resumed);
    assert_eq!(pagination, Pagination { limit: None, starting_after: cursor(4) });
    reply(&mut resumed, &exchange, page(1, cursor(4), None));
    assert!(error(&mut resumed).to_string().contains("is not after the previous one"));
}

#[test]
fn the_position_follows_the_delivered_pages() {
    let mut pages = pages(Paging::default());
    let mut positions = Vec::new();
    for (ids, next) in [([6, 7].as_slice(), cursor(9)), (&[11, 12], cursor(12)), (&[13], None)] {
        let (exchange, _) = next_request(&mut pages);
        positions.push(pages.position().to_string());
        reply(&mut pages, &exchange, page_of(ids, next));
    }
    while let Output::Item(page) = next(&mut pages) {
        page.expect("a page");
        positions.push(pages.position().to_string());
    }
    let after =
        |delivered, id| Position::new(delivered, Position::after(Uuid::from_u128(id)).open().to_vec()).to_string();
    assert_eq!(positions, ["0/".into(), "0/".into(), "0/".into(), after(2, 9), after(4, 12), after(5, 13)]);
}

#[test]
fn a_limit_leaves_the_position_after_its_last_datapoint() {
    let mut pages = pages(Paging::new(None, Some(2)));
    let (exchange, _) = next_request(&mut pages);
    reply(&mut pages, &exchange, page_of(&[1, 2, 3], cursor(3)));
    assert_eq!(rows(&mut pages), 2);
    assert_eq!(pages.position().open(), Position::after(Uuid::from_u128(2)).open());
}

#[test]
fn a_resumed_limit_counts_earlier_datapoints() {
    let saved = Position::new(7, Position::after(Uuid::from_u128(4)).open().to_vec());
    let mut resumed = pages(Paging { position: saved, ..Paging::new(None, Some(10)) });
    let (exchange, pagination) = next_request(&mut resumed);
    assert_eq!(pagination, Pagination { limit: Some(3), starting_after: cursor(4) });
    reply(&mut resumed, &exchange, page_of(&[5, 6, 7, 8], cursor(8)));
    assert_eq!(rows(&mut resumed), 3);
    assert_eq!(resumed.position().delivered(), 10);
    assert_done(&mut resumed);
}

#[test]
fn a_repeated_cursor_ends_the_query_with_an_error() {
    for repeated in [5, 4] {
        let mut pages = pages(Paging::default());
        let (exchange, _) = next_request(&mut pages);
        reply(&mut pages, &exchange, page(1, cursor(5), None));
        let (exchange, _) = next_request(&mut pages);
        assert_eq!(rows(&mut pages), 1);
        reply(&mut pages, &exchange, page(1, cursor(repeated), None));
        let error = error(&mut pages);
        assert_eq!(error.kind(), ErrorKind::UnexpectedResponse);
        assert!(error.to_string().contains("is not after the previous one"), "{error}");
        assert_done(&mut pages);
    }
}

#[test]
fn endless_empty_pages_end_the_query_with_an_error() {
    let mut pages = pages(Paging::default());
    for number in 1..=MAX_EMPTY_PAGES + 1 {
        let (exchange, _) = next_request(&mut pages);
        reply(&mut pages, &exchange, page(0, cursor(number.into()), None));
    }
    assert!(error(&mut pages).to_string().contains("1000 successive pages were empty"));
    assert_done(&mut pages);
}

#[test]
fn an_empty_page_between_others_does_not_end_a_load() {
    let mut pages = pages(Paging::default());
    for (rows_of_page, next) in [(1, cursor(1)), (0, cursor(2)), (1, None)] {
        let (exchange, _) = next_request(&mut pages);
        reply(&mut pages, &exchange, page(rows_of_page, next, None));
    }
    assert_eq!([rows(&mut pages), rows(&mut pages)], [1, 1]);
    assert_done(&mut pages);
}

#[test]
fn a_next_page_without_a_cursor_is_the_end() {
    for next in [None, Some(Id::default())] {
        let mut pages = pages(Paging::default());
        let (exchange, _) = next_request(&mut pages);
        let next_page = Some(Pagination { limit: None, starting_after: next });
        let data = Some(wire::RepeatedAny { type_url: TYPE.to_owned(), value: Vec::new() });
        reply(&mut pages, &exchange, response(&wire::QueryResultPage { data, next_page }));
        assert_eq!(rows(&mut pages), 0);
        assert_done(&mut pages);
    }
}

#[test]
fn an_unreadable_page_is_an_error() {
    let mut pages = pages(Paging::default());
    let (exchange, _) = next_request(&mut pages);
    reply(&mut pages, &exchange, page(2, cursor(1), None));
    let (exchange, _) = next_request(&mut pages);
    assert_eq!(rows(&mut pages), 2);
    let mut damaged = page(1, None, None);
    *damaged.body_mut() = Bytes::from_static(b"\x0a\xff\xff\xff\xff\x0f");
    reply(&mut pages, &exchange, damaged);
    assert_eq!(error(&mut pages).kind(), ErrorKind::Undecodable);
    assert_done(&mut pages);
}

#[test]
fn an_invalid_cursor_is_an_error() {
    let mut pages = pages(Paging::default());
    let (exchange, _) = next_request(&mut pages);
    reply(&mut pages, &exchange, page(1, Some(Id { uuid: Bytes::from_static(b"short") }), None));
    assert!(error(&mut pages).to_string().contains("its cursor is not an id"));
}

#[test]
fn an_error_of_the_server_ends_the_query() {
    let mut pages = pages(Paging::default());
    let (exchange, _) = next_request(&mut pages);
    let refused = connect::Error::new(Code::PermissionDenied, "not yours");
    pages.handle_response(NOW, exchange.id, Err(ExchangeError::BadResponse(refused)));
    assert_eq!(error(&mut pages).kind(), ErrorKind::PermissionDenied);
    assert_done(&mut pages);
}

#[test]
fn a_zero_or_huge_number_is_refused_without_a_request() {
    for paging in [Paging::new(Some(0), None), Paging::new(None, Some(0)), Paging::new(Some(u64::MAX), None)] {
        assert_eq!(query(paging).expect_err("the number is refused").kind(), ErrorKind::InvalidArgument);
    }
}

#[test]
fn a_cancelled_query_is_done() {
    let mut pages = pages(Paging::default());
    let (exchange, _) = next_request(&mut pages);
    reply(&mut pages, &exchange, page(1, cursor(1), None));
    pages.cancel();
    assert_done(&mut pages);
}

/// Returns the first key of the extent of [`query`].
fn query_start() -> u128 {
    let start = crate::schema::Timestamp::parse("2025-01-01").expect("a time");
    u128::try_from(start.unix_seconds() * 1000).expect("after 1970") << 80
}

/// Returns the first id that a request covers.
fn first_id(exchange: &Exchange<EncodedMessage>) -> u128 {
    let request = wire::QueryRequest::decode(exchange.request.body().clone()).expect("a request");
    let interval = request.filters.and_then(|filters| filters.time_interval).expect("a time interval");
    let start = interval.start_time.expect("a start");
    let milliseconds = start.seconds * 1000 + i64::from(start.nanos / 1_000_000);
    u128::try_from(milliseconds).expect("after 1970") << 80 | 1
}

fn ids_of(page: Page) -> Vec<u128> {
    crate::datapoints::Datapoints::new(page.batch).ids().map(|id| id.as_u128()).collect()
}

/// Drives a load until it waits. Returns the first id of each page that it decodes, and the ids that it delivers.
fn drive(pages: &mut Pages) -> (Vec<u128>, Vec<u128>) {
    let (mut decoded_ids, mut delivered) = (Vec::new(), Vec::new());
    loop {
        match pages.poll_output(NOW) {
            Output::Send(_) => {}
            Output::Item(Ok(PageEvent::Decode(page))) => {
                let decoded = page.decode();
                let Outcome::Page(page) = &decoded.outcome else { panic!("a page, not {decoded:?}") };
                decoded_ids.push(ids_of((**page).clone())[0]);
                pages.handle_decoded(NOW, decoded);
            }
            Output::Item(Ok(PageEvent::Page(page))) => delivered.extend(ids_of(page)),
            Output::Item(Err(error)) => panic!("{error}"),
            Output::WaitUntil(_) | Output::WaitForResponses | Output::Done => return (decoded_ids, delivered),
        }
    }
}

/// Returns a read-ahead with one decoded page, in which no page of a test is small.
fn one_decoded() -> ReadAhead {
    ReadAhead::new(96, 20_000).with_decoded(1)
}

#[test]
fn pages_far_from_the_reader_are_inspected_and_evicted() {
    let mut pages = pages(Paging { read_ahead: one_decoded(), ..known(1000) });
    let requests: Vec<_> = (0..4).map(|_| next_request(&mut pages).0).collect();
    let ids: Vec<_> = requests.iter().map(first_id).collect();
    for number in 1..4 {
        reply(&mut pages, &requests[number], page_of(&[ids[number], ids[number] + 1], None));
    }
    assert_eq!(drive(&mut pages), (ids[1..].to_vec(), vec![]));
    assert_eq!((pages.ahead(), pages.decoded()), (3, 0));

    reply(&mut pages, &requests[0], page_of(&[ids[0], ids[0] + 1], None));
    let (decoded, delivered) = drive(&mut pages);
    assert_eq!(decoded, ids, "in the order of the reader");
    assert_eq!(delivered, ids.iter().flat_map(|id| [*id, *id + 1]).collect::<Vec<_>>());
    assert_eq!((pages.ahead(), pages.decoded()), (0, 0));
}

#[test]
fn small_pages_stay_decoded() {
    let mut pages = pages(Paging { read_ahead: ReadAhead::new(96, usize::MAX).with_decoded(1), ..known(1000) });
    let requests: Vec<_> = (0..4).map(|_| next_request(&mut pages).0).collect();
    for request in &requests[1..] {
        reply(&mut pages, request, page_of(&[first_id(request)], None));
    }
    assert_eq!(drive(&mut pages).0.len(), 3);
    assert_eq!((pages.ahead(), pages.decoded()), (3, 3));
    reply(&mut pages, &requests[0], page_of(&[first_id(&requests[0])], None));
    assert_eq!(drive(&mut pages).0.len(), 1, "no page is decoded twice");
}

#[test]
fn the_rest_of_a_far_page_is_requested_early() {
    let mut pages = pages(Paging { read_ahead: one_decoded(), ..known(1000) });
    let requests: Vec<_> = (0..10).map(|_| next_request(&mut pages).0).collect();
    let first = first_id(&requests[5]);
    let (ids, last) = ((first..first + 10).collect::<Vec<_>>(), first + 9);
    reply(&mut pages, &requests[5], page_of(&ids, cursor(last)));
    drive(&mut pages);
    // Two more parts are requested meanwhile; the next request is for the rest of the page.
    reply(&mut pages, &requests[6], page_of(&[first_id(&requests[6])], None));
    let mut starts = Vec::new();
    while let Output::Send(exchange) = next(&mut pages) {
        let request = wire::QueryRequest::decode(exchange.request.body().clone()).expect("a request");
        let interval = request.filters.and_then(|filters| filters.datapoint_interval);
        starts.extend(interval.map(|interval| (interval.start_id, interval.start_exclusive)));
    }
    assert_eq!(starts, [(cursor(last + 1), false)]);
    assert_eq!((pages.ahead(), pages.decoded()), (2, 0));
}

#[test]
fn an_unordered_load_decodes_pages_up_to_its_limit() {
    let mut paging = known(1000);
    paging.in_order = false;
    paging.read_ahead = ReadAhead::new(96, usize::MAX).with_decoded(2);
    let mut pages = pages(paging);
    let requests: Vec<_> = (0..4).map(|_| next_request(&mut pages).0).collect();
    for request in &requests {
        reply(&mut pages, request, page_of(&[first_id(request)], None));
    }
    while let Output::Send(_) | Output::Item(Ok(PageEvent::Decode(_))) = pages.poll_output(NOW) {}
    assert_eq!((pages.ahead(), pages.decoded()), (4, 2));
}

/// Returns a response with only its first bytes, without its length.
fn cut(ids: &[u128]) -> Response<Bytes> {
    let whole = page_of(ids, None);
    let length = whole.body().len();
    whole.map(|body| body.slice(..length - 3))
}

#[test]
fn a_truncated_page_is_requested_up_to_the_maximum_attempts() {
    let policy = CallPolicy::default();
    let mut pages = query_with(pages(Paging::default()).scope, Paging::default(), policy).expect("a query");
    let (mut now, mut attempts) = (NOW, Vec::new());
    let error = loop {
        match next_at(&mut pages, now) {
            Output::Send(exchange) => {
                attempts.push(exchange.attempt);
                // The wait until the page is decoded does not count.
                pages.handle_response(now, exchange.id, exchange.decode(Ok(cut(&[1, 2]))));
                now = now + std::time::Duration::from_secs(3600);
            }
            Output::WaitUntil(time) => now = time,
            Output::Item(item) => break item.expect_err("each response is truncated"),
            other => panic!("{other:?}"),
        }
    };
    assert_eq!((error.kind(), attempts), (ErrorKind::Undecodable, vec![1, 2, 3, 4, 5]));
    assert!(error.to_string().contains("after 5 attempts"), "{error}");
    assert_eq!((pages.in_flight(), pages.ahead()), (0, 0));
}

#[test]
fn a_decoded_page_of_a_cancelled_load_is_ignored() {
    let mut pages = pages(Paging::default());
    let (exchange, _) = next_request(&mut pages);
    reply(&mut pages, &exchange, page_of(&[1], None));
    let Output::Item(Ok(PageEvent::Decode(page))) = pages.poll_output(NOW) else { panic!("a page to decode") };
    assert!(pages.wants_input());
    pages.cancel();
    assert!(!pages.wants_input());
    pages.handle_decoded(NOW, page.decode());
    assert_done(&mut pages);
}
