use bytes::Bytes;
use http::Response;
use proptest::prelude::*;

use super::*;
use crate::protocol::connect::{self, Code};
use crate::protocol::endpoint::{ClientMetadata, ServerUrl};
use crate::protocol::machine::Exchange;
use crate::protocol::retry::Idempotency;
use crate::protocol::wire::tilebox::v1::Id;
use crate::protocol::wire::workflows::v1 as wire;

const NOW: Instant = Instant::ORIGIN;

/// A list whose items are the names of workflows.
struct ListNames;

impl Rpc for ListNames {
    type Request = wire::ListWorkflowsRequest;
    type Response = wire::ListWorkflowsResponse;
    const PATH: &'static str = "/workflows.v1.WorkflowsService/ListWorkflows";
    const IDEMPOTENCY: Idempotency = Idempotency::Idempotent;
}

impl PagedRpc for ListNames {
    type Item = String;

    fn set_page(request: &mut Self::Request, page: Option<Pagination>) {
        request.page = page;
    }

    fn into_items(response: Self::Response) -> Result<(Vec<String>, Option<Pagination>), UnreadableMessage> {
        let names = response.workflows.into_iter().map(|workflow| workflow.name);
        Ok((names.collect(), response.next_page))
    }
}

type Query = PagedQuery<ListNames>;

fn query(range: ListRange) -> Query {
    try_query(range).expect("a valid range")
}

fn try_query(range: ListRange) -> Result<Query> {
    let url = ServerUrl::parse("http://localhost:1").expect("a URL");
    let endpoint = Endpoint::new(&url, None, &ClientMetadata::none());
    PagedQuery::new(endpoint, Default::default(), range, "list names", CallPolicy::default(), 7)
}

fn limited(limit: u64) -> ListRange {
    ListRange { limit: Some(limit), ..ListRange::default() }
}

/// Returns the next request and its field `page`.
fn sent(query: &mut Query) -> (Exchange<ListPage<String>>, Option<Pagination>) {
    let Output::Send(exchange) = query.poll_output(NOW) else { panic!("expected a request") };
    let request = wire::ListWorkflowsRequest::decode(exchange.request.body().clone()).expect("a request");
    (exchange, request.page)
}

fn page(names: &[&str], next: Option<Bytes>) -> wire::ListWorkflowsResponse {
    let workflow = |name: &&str| wire::Workflow { name: (*name).to_owned(), ..Default::default() };
    wire::ListWorkflowsResponse {
        workflows: names.iter().map(workflow).collect(),
        next_page: next.map(|uuid| Pagination { limit: None, starting_after: Some(Id { uuid }) }),
    }
}

fn cursor(number: u128) -> Bytes {
    Bytes::copy_from_slice(&number.to_be_bytes())
}

fn respond(query: &mut Query, exchange: &Exchange<ListPage<String>>, page: &wire::ListWorkflowsResponse) {
    let body = Bytes::from(page.encode_to_vec());
    let response = Response::builder()
        .header("content-type", connect::CONTENT_TYPE)
        .header("content-length", body.len())
        .body(body)
        .expect("a response");
    query.handle_response(NOW, exchange.id, exchange.decode(Ok(response)));
}

/// Sends the next request and responds with a page.
fn exchange(query: &mut Query, page: &wire::ListWorkflowsResponse) -> Option<Pagination> {
    let (exchange, requested) = sent(query);
    respond(query, &exchange, page);
    requested
}

fn item(query: &mut Query) -> Result<Vec<String>> {
    match query.poll_output(NOW) {
        Output::Item(item) => item,
        other => panic!("expected an item, got {other:?}"),
    }
}

fn after(number: u128, limit: Option<i64>) -> Option<Pagination> {
    Some(Pagination { limit, starting_after: Some(Id { uuid: cursor(number) }) })
}

#[test]
fn each_page_is_requested_after_the_cursor_of_the_previous_one() {
    let mut query = query(ListRange::default());
    assert_eq!(exchange(&mut query, &page(&["a", "b"], Some(cursor(1)))), None);
    assert_eq!(item(&mut query).expect("a page"), ["a", "b"]);
    assert_eq!(query.cursor(), Some(Uuid::from_u128(1)));
    assert_eq!(exchange(&mut query, &page(&["c"], None)), after(1, None));
    assert_eq!(item(&mut query).expect("a page"), ["c"]);
    assert!(matches!(query.poll_output(NOW), Output::Done));
    assert!(matches!(query.poll_output(NOW), Output::Done));
}

#[test]
fn a_list_ends_without_a_cursor_in_any_form() {
    for next in [None, Some(Bytes::new()), Some(cursor(0))] {
        let mut query = query(ListRange::default());
        exchange(&mut query, &page(&["a"], next));
        assert_eq!(item(&mut query).expect("a page"), ["a"]);
        assert!(matches!(query.poll_output(NOW), Output::Done));
    }
    let mut query = query(ListRange::default());
    let last = wire::ListWorkflowsResponse { next_page: Some(Pagination::default()), ..page(&["a"], None) };
    exchange(&mut query, &last);
    assert_eq!(item(&mut query).expect("a page"), ["a"]);
    assert!(matches!(query.poll_output(NOW), Output::Done));
}

#[test]
fn an_empty_list_has_no_page() {
    let mut query = query(ListRange::default());
    exchange(&mut query, &page(&[], None));
    assert!(matches!(query.poll_output(NOW), Output::Done));
}

#[test]
fn a_limit_asks_for_its_rest_and_drops_more() {
    let mut query = query(limited(3));
    assert_eq!(exchange(&mut query, &page(&["a", "b"], Some(cursor(1)))).and_then(|page| page.limit), Some(3));
    assert_eq!(item(&mut query).expect("a page"), ["a", "b"]);
    assert_eq!(exchange(&mut query, &page(&["c", "d"], Some(cursor(2)))), after(1, Some(1)));
    assert_eq!(item(&mut query).expect("a page"), ["c"]);
    assert!(matches!(query.poll_output(NOW), Output::Done));
    assert_eq!(query.cursor(), Some(Uuid::from_u128(2)));
}

#[test]
fn a_page_has_at_most_the_page_size_and_the_rest_of_the_limit() {
    let range = ListRange { limit: Some(3), page_size: Some(2), starting_after: Some(Uuid::from_u128(9)) };
    let mut query = query(range);
    assert_eq!(exchange(&mut query, &page(&["a", "b"], Some(cursor(1)))), after(9, Some(2)));
    assert_eq!(item(&mut query).expect("a page"), ["a", "b"]);
    assert_eq!(exchange(&mut query, &page(&["c"], Some(cursor(2)))), after(1, Some(1)));
}

#[test]
fn a_range_that_is_not_valid_is_an_error() {
    let none = ListRange::default();
    for (range, expected) in [
        (limited(0), "expects a limit from 1 to 2^63 - 1, got 0"),
        (limited(u64::MAX), "expects a limit from 1 to 2^63 - 1, got 18446744073709551615"),
        (ListRange { page_size: Some(0), ..none }, "expects a page size from 1 to 2^63 - 1, got 0"),
        (ListRange { starting_after: Some(Uuid::nil()), ..none }, "the cursor is the nil id"),
    ] {
        let error = try_query(range).expect_err("an invalid range");
        assert_eq!((error.kind(), error.reason()), (ErrorKind::InvalidArgument, expected));
    }
}

#[test]
fn a_repeated_cursor_ends_the_query_with_an_error() {
    for cursors in [vec![1, 1], vec![1, 2, 1], vec![9]] {
        let mut query = query(ListRange { starting_after: Some(Uuid::from_u128(9)), ..ListRange::default() });
        let (last, first) = cursors.split_last().expect("a cursor");
        for number in first {
            exchange(&mut query, &page(&["a"], Some(cursor(*number))));
            item(&mut query).expect("a page");
        }
        exchange(&mut query, &page(&["a"], Some(cursor(*last))));
        let error = item(&mut query).expect_err("a repeated cursor");
        assert_eq!(error.kind(), ErrorKind::UnexpectedResponse);
        assert!(error.reason().ends_with("is repeated"), "{error}");
        assert!(matches!(query.poll_output(NOW), Output::Done));
    }
}

#[test]
fn empty_pages_are_skipped_but_not_without_end() {
    let mut found = query(ListRange::default());
    for number in 1..=u128::from(MAX_EMPTY_PAGES) {
        exchange(&mut found, &page(&[], Some(cursor(number))));
    }
    exchange(&mut found, &page(&["a"], None));
    assert_eq!(item(&mut found).expect("a page"), ["a"]);
    let mut endless = query(ListRange::default());
    for number in 1..=u128::from(MAX_EMPTY_PAGES) + 1 {
        exchange(&mut endless, &page(&[], Some(cursor(number))));
    }
    let error = item(&mut endless).expect_err("pages without end");
    assert_eq!(error.reason(), "1000 successive pages were empty");
}

#[test]
fn a_cursor_that_is_not_an_id_is_undecodable() {
    let mut query = query(ListRange::default());
    let (exchange, _) = sent(&mut query);
    respond(&mut query, &exchange, &page(&["a"], Some(Bytes::from_static(&[1; 15]))));
    let error = item(&mut query).expect_err("a short cursor");
    assert_eq!(error.kind(), ErrorKind::Undecodable);
    assert!(error.to_string().contains("the cursor of the next page is not an id"), "{error}");
}

#[test]
fn a_failed_page_is_requested_again() {
    let mut query = query(ListRange::default());
    let (first, _) = sent(&mut query);
    let unavailable = ExchangeError::BadResponse(connect::Error::new(Code::Unavailable, "not now"));
    query.handle_response(NOW, first.id, Err(unavailable));
    let Output::WaitUntil(later) = query.poll_output(NOW) else { panic!("a wait") };
    let Output::Send(second) = query.poll_output(later) else { panic!("a second attempt") };
    respond(&mut query, &first, &page(&["too late"], None));
    assert!(matches!(query.poll_output(later), Output::WaitForResponses));
    respond(&mut query, &second, &page(&["a"], None));
    assert_eq!(item(&mut query).expect("a page"), ["a"]);
}

#[test]
fn a_cancelled_query_sends_nothing() {
    let mut query = query(ListRange::default());
    let (exchange, _) = sent(&mut query);
    query.cancel();
    respond(&mut query, &exchange, &page(&["a"], Some(cursor(1))));
    assert!(matches!(query.poll_output(NOW), Output::Done));
}

proptest! {
    #[test]
    fn any_pages_give_their_items_in_order_up_to_the_limit(
        sizes in proptest::collection::vec(0_usize..4, 1..12),
        limit in proptest::option::of(1_u64..20),
        page_size in proptest::option::of(1_u64..5),
    ) {
        let mut query = query(ListRange { limit, page_size, starting_after: None });
        let (mut number, mut expected, mut found) = (0, Vec::new(), Vec::new());
        for (index, size) in sizes.iter().enumerate() {
            let names: Vec<String> = (number..number + size).map(|name| name.to_string()).collect();
            number += size;
            expected.extend(names.clone());
            let names: Vec<&str> = names.iter().map(String::as_str).collect();
            let is_last = index + 1 == sizes.len();
            exchange(&mut query, &page(&names, (!is_last).then(|| cursor(index as u128 + 1))));
            let mut is_done = false;
            // An empty page is followed by a request, which the next round sends.
            if !names.is_empty() {
                found.extend(item(&mut query).expect("a page"));
            }
            if is_last || limit.is_some_and(|limit| found.len() as u64 == limit) {
                is_done = matches!(query.poll_output(NOW), Output::Done);
                prop_assert!(is_done);
            }
            if is_done {
                break;
            }
        }
        expected.truncate(limit.map_or(usize::MAX, |limit| limit as usize));
        prop_assert_eq!(found, expected);
    }
}
