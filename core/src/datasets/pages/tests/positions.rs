//! Positions after a failure, a limit or a cancellation: a load that resumes from one delivers exactly the rest.

use super::*;
use crate::datasets::pages::range::{End, Start};

/// Returns the requests that a load makes now.
fn all_requested(pages: &mut Pages) -> Vec<Exchange<EncodedMessage>> {
    std::iter::from_fn(|| match next(pages) {
        Output::Send(exchange) => Some(exchange),
        _ => None,
    })
    .collect()
}

fn refuse(pages: &mut Pages, exchange: &Exchange<EncodedMessage>) {
    let no = ExchangeError::BadResponse(connect::Error::new(Code::Internal, "broken"));
    pages.handle_response(NOW, exchange.id, Err(no));
}

/// Returns the ids that a load delivers until it waits, and the error that ends it.
fn delivered(pages: &mut Pages) -> (Vec<u128>, Option<Error>) {
    let mut ids = Vec::new();
    loop {
        match next(pages) {
            Output::Send(_) => {}
            Output::Item(Ok(page)) => {
                let page = crate::datapoints::Datapoints::new(page.batch);
                ids.extend(page.ids().map(|id| id.as_u128()));
            }
            Output::Item(Err(error)) => return (ids, Some(error)),
            _ => return (ids, None),
        }
    }
}

/// Returns whether a position contains an id, after it was saved as text and parsed.
fn holds(position: &Position, id: u128) -> bool {
    let position: Position = position.to_string().parse().expect("a position");
    position.open().iter().any(|range| {
        let start = match range.start {
            Start::Query => 0,
            Start::After(id) => id.as_u128() + 1,
            Start::At(key) => key,
        };
        let end = match range.end {
            End::Before(key) => key,
            End::Query | End::Epoch => u128::MAX,
        };
        (start..end).contains(&id)
    })
}

#[test]
fn a_failed_unordered_load_resumes_with_its_missing_parts() {
    let mut pages = pages(Paging { in_order: false, ..known(1000) });
    let requests = all_requested(&mut pages);
    let [first, second, third] = [0, 1, 2].map(|number| first_id(&requests[number]));
    reply(&mut pages, &requests[2], page_of(&[third, third + 1], None));
    assert_eq!(delivered(&mut pages).0, [third, third + 1]);
    refuse(&mut pages, &requests[1]);
    assert!(delivered(&mut pages).0.is_empty(), "the first part is in flight");
    let before_error = pages.position();
    reply(&mut pages, &requests[0], page_of(&[first], None));
    let (ids, error) = delivered(&mut pages);
    assert_eq!(ids, [first]);
    assert!(error.is_some());
    for (position, is_first_open) in [(before_error, true), (pages.position(), false)] {
        let open = [first, second, third, third + 1].map(|id| holds(&position, id));
        assert_eq!(open, [is_first_open, true, false, false], "{position}");
    }
}

#[test]
fn a_failed_load_across_1970_resumes_with_both_sides() {
    let extent = ("1960-01-01", "2026-01-01").into_temporal_extent().expect("an extent");
    let scope = QueryScope::new(Uuid::from_u128(7), extent);
    let mut pages = query_of(scope.clone(), Paging::default()).expect("a query");
    let (first, _) = next_request(&mut pages);
    let at = |milliseconds: u128| (milliseconds << 80) + 5;
    reply(&mut pages, &first, page_of(&[at(1000), at(2000)], cursor(at(2000))));
    let mut requests = Vec::new();
    while let output @ (Output::Send(_) | Output::Item(_)) = next(&mut pages) {
        if let Output::Send(exchange) = output {
            requests.push(exchange);
        }
    }
    let saved = pages.position();
    refuse(&mut pages, &requests[0]);
    assert!(delivered(&mut pages).1.is_some());
    for position in [saved, pages.position()] {
        let position: Position = position.to_string().parse().expect("a position");
        let mut resumed = query_of(scope.clone(), Paging { position, ..Paging::default() }).expect("a query");
        let mut asks_before_1970 = false;
        let (mut following, mut rounds) = (Some(next_request(&mut resumed).0), 0);
        while let Some(exchange) = following.take() {
            let request = wire::QueryRequest::decode(exchange.request.body().clone()).expect("a request");
            assert_eq!(request.page.and_then(|page| page.starting_after), cursor(at(2000)));
            let interval = request.filters.and_then(|filters| filters.time_interval);
            asks_before_1970 |= interval.and_then(|interval| interval.start_time).is_some_and(|time| time.seconds < 0);
            reply(&mut resumed, &exchange, page_of(&[at(3000 + rounds)], None));
            rounds += 1;
            while let output @ (Output::Send(_) | Output::Item(_)) = next(&mut resumed) {
                if let Output::Send(exchange) = output {
                    following = Some(exchange);
                }
            }
        }
        assert!(asks_before_1970, "the time before 1970 is lost");
    }
}

#[test]
fn a_resumed_load_at_its_limit_yields_the_columns() {
    let saved = Position::new(10, Position::after(Uuid::from_u128(4)).open().to_vec());
    for limit in [10, 7] {
        let paging = Paging { position: saved.clone(), ..Paging::new(None, Some(limit)) };
        let mut resumed = pages(paging);
        match next(&mut resumed) {
            Output::Item(Ok(page)) => assert_eq!((page.batch.num_columns(), page.batch.num_rows()), (3, 0)),
            other => panic!("expected an empty page, got {other:?}"),
        }
        assert_eq!(resumed.position(), saved);
        assert_done(&mut resumed);
    }
}

#[test]
fn a_failure_after_the_limit_is_not_an_error() {
    let mut pages = pages(Paging { limit: Some(40), ..known(1000) });
    let requests = all_requested(&mut pages);
    refuse(&mut pages, &requests[1]);
    let first = first_id(&requests[0]);
    let ids: Vec<_> = (first..first + 40).collect();
    reply(&mut pages, &requests[0], page_of(&ids, None));
    assert!(matches!(delivered(&mut pages), (given, None) if given == ids));
    assert!(holds(&pages.position(), first_id(&requests[1])), "a load with a higher limit finds it");
}

#[test]
fn a_cancelled_load_keeps_its_position() {
    let mut pages = pages(Paging::default());
    let (exchange, _) = next_request(&mut pages);
    reply(&mut pages, &exchange, page_of(&[1, 2], cursor(2)));
    pages.cancel();
    assert_eq!(pages.position(), Position::start());
    assert_done(&mut pages);
}

#[test]
fn an_empty_response_is_not_the_last_page() {
    let nothing = || Response::builder().header("content-type", connect::CONTENT_TYPE).body(Bytes::new());
    let mut pages = pages(Paging::default());
    let (first, _) = next_request(&mut pages);
    reply(&mut pages, &first, page_of(&[1, 2], cursor(2)));
    let (second, _) = next_request(&mut pages);
    assert_eq!(rows(&mut pages), 2);
    reply(&mut pages, &second, nothing().expect("a response"));
    let error = error(&mut pages);
    assert_eq!(error.kind(), ErrorKind::Undecodable);
    assert!(error.to_string().contains("it does not name the type of its datapoints"), "{error}");
}

#[test]
fn an_empty_response_is_requested_again() {
    let nothing = || Response::builder().header("content-type", connect::CONTENT_TYPE).body(Bytes::new());
    let policy = CallPolicy::default();
    let mut pages = query_with(pages(Paging::default()).scope, Paging::default(), policy).expect("a query");
    let (first, _) = next_request(&mut pages);
    reply(&mut pages, &first, nothing().expect("a response"));
    let Output::WaitUntil(time) = next(&mut pages) else { panic!("a wait before the next attempt") };
    let Output::Send(second) = next_at(&mut pages, time) else { panic!("another attempt") };
    assert_eq!((second.attempt, second.request.body()), (2, first.request.body()));
    pages.handle_response(time, second.id, second.decode(Ok(page_of(&[1, 2], None))));
    assert!(matches!(next_at(&mut pages, time), Output::Item(Ok(page)) if page.batch.num_rows() == 2));
}
