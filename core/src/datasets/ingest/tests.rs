use std::collections::VecDeque;
use std::time::Duration;

use http::Response;
use prost::Message as _;

use super::*;
use crate::protocol::budget::Budget;
use crate::protocol::call::CallPolicy;
use crate::protocol::connect::{self, Code};
use crate::protocol::endpoint::Endpoint;
use crate::protocol::endpoint::{ClientMetadata, ServerUrl};
use crate::protocol::exchange::{TransportError, TransportErrorKind};
use crate::protocol::machine::Exchange;
use crate::protocol::retry::RetryPolicy;

const NOW: Instant = Instant::ORIGIN;

type Sent = (Exchange<wire::IngestResponse>, wire::IngestRequest);

fn ingest(limits: ChunkLimits, retry: RetryPolicy) -> Ingest {
    let url = ServerUrl::parse("http://localhost:1").expect("a URL");
    let endpoint = Endpoint::new(&url, None, &ClientMetadata::none());
    let target = IngestTarget::new(Uuid::from_u128(9), "the collection `C`");
    let policy = CallPolicy { retry, ..CallPolicy::default() };
    Ingest::new(Caller::new(endpoint, policy, &Budget::new(32), 42), target, limits)
}

/// An ingestion without retries of so many datapoints in a chunk.
fn by_count(datapoints: usize) -> Ingest {
    ingest(ChunkLimits::default().with_datapoints(datapoints), RetryPolicy::never())
}

/// A datapoint that says its place.
fn datapoint(place: u64) -> Bytes {
    Bytes::from((place + 1).to_be_bytes().to_vec())
}

/// Gives datapoints while they are wanted; says how many.
fn feed(ingest: &mut Ingest, places: impl IntoIterator<Item = u64>) -> usize {
    let mut given = 0;
    for place in places {
        if !ingest.wants_input() {
            break;
        }
        ingest.handle_input(Some(Ok(datapoint(place))));
        given += 1;
    }
    given
}

fn sent(ingest: &mut Ingest) -> Option<Sent> {
    match ingest.poll_output(NOW) {
        Output::Send(exchange) => {
            let request = wire::IngestRequest::decode(exchange.request.body().clone()).expect("a request");
            Some((exchange, request))
        }
        Output::WaitUntil(_) | Output::WaitForResponses => None,
        other => panic!("expected a request or a wait, got {other:?}"),
    }
}

/// The id of a datapoint follows from what it holds.
fn id_of(value: &[u8]) -> Uuid {
    let place: [u8; 8] = value.try_into().expect("a place");
    Uuid::from_u128(u64::from_be_bytes(place).into())
}

fn ids(places: impl IntoIterator<Item = u64>) -> Vec<Uuid> {
    places.into_iter().map(|place| id_of(&datapoint(place))).collect()
}

fn http_response(response: &wire::IngestResponse) -> Response<Bytes> {
    let builder = Response::builder().header("content-type", connect::CONTENT_TYPE);
    builder.body(response.encode_to_vec().into()).expect("a response")
}

fn store(ingest: &mut Ingest, (exchange, request): &Sent) {
    let response = wire::IngestResponse {
        num_created: request.values.len() as i64,
        num_existing: 0,
        datapoint_ids: request.values.iter().map(|value| id::to_wire(id_of(value))).collect(),
    };
    ingest.handle_response(NOW, exchange.id, exchange.decode(Ok(http_response(&response))));
}

fn refuse(ingest: &mut Ingest, (exchange, _): &Sent, code: Code, message: &str) {
    ingest.handle_response(NOW, exchange.id, Err(ExchangeError::BadResponse(connect::Error::new(code, message))));
}

fn stored(ingest: &mut Ingest) -> u64 {
    match ingest.poll_output(NOW) {
        Output::Item(Ok(IngestEvent::Stored { datapoints, bytes })) => {
            assert_eq!(bytes, datapoints * 8);
            datapoints
        }
        other => panic!("expected a stored chunk, got {other:?}"),
    }
}

fn finished(ingest: &mut Ingest) -> Ingested {
    match ingest.poll_output(NOW) {
        Output::Item(Ok(IngestEvent::Finished(ingested))) => {
            assert!(matches!(ingest.poll_output(NOW), Output::Done));
            ingested
        }
        other => panic!("expected the end, got {other:?}"),
    }
}

fn failed(ingest: &mut Ingest) -> Error {
    match ingest.poll_output(NOW) {
        Output::Item(Err(error)) => {
            assert!(matches!(ingest.poll_output(NOW), Output::Done));
            error
        }
        other => panic!("expected an error, got {other:?}"),
    }
}

#[test]
fn nothing_to_ingest_sends_nothing() {
    let mut ingest = by_count(10);
    assert!(matches!(ingest.poll_output(NOW), Output::WaitForResponses));
    ingest.handle_input(None);
    assert_eq!(finished(&mut ingest), Ingested::default());
    assert!(!ingest.wants_input());
}

#[test]
fn datapoints_go_out_in_chunks_and_ids_come_back_in_the_order_of_the_input() {
    let mut ingest = by_count(3);
    let mut places = 0..8;
    let mut requests = Vec::new();
    while ingest.wants_input() {
        ingest.handle_input(places.next().map(|place| Ok(datapoint(place))));
        requests.extend(sent(&mut ingest));
    }
    let sizes: Vec<_> = requests.iter().map(|(_, request)| request.values.len()).collect();
    assert_eq!(sizes, [3, 3, 2]);
    assert!(requests.iter().all(|(_, request)| request.allow_existing));
    assert_eq!(requests[0].1.collection_id, Some(id::to_wire(Uuid::from_u128(9))));
    for (index, datapoints) in [(2, 2), (0, 3), (1, 3)] {
        store(&mut ingest, &requests[index]);
        assert_eq!(stored(&mut ingest), datapoints);
    }
    let ingested = finished(&mut ingest);
    assert_eq!(ingested.ids, ids(0..8));
    assert_eq!((ingested.created, ingested.existing), (8, 0));
    assert_eq!(ingested.positions, std::slice::from_ref(&(0..8)));
}

#[test]
fn chunks_are_bounded_by_bytes_and_a_large_datapoint_has_its_own() {
    let mut ingest = ingest(ChunkLimits::default().with_bytes(20).with_in_flight(100), RetryPolicy::never());
    let mut sizes = Vec::new();
    for length in [8, 8, 50, 1, 19, 1] {
        ingest.handle_input(Some(Ok(Bytes::from(vec![1; length]))));
        sizes.extend(sent(&mut ingest).map(|(_, request)| request.values.len()));
    }
    ingest.handle_input(None);
    sizes.extend(sent(&mut ingest).map(|(_, request)| request.values.len()));
    assert_eq!(sizes, [2, 1, 2, 1]);
}

#[test]
fn memory_is_bounded_whatever_the_length_of_the_input() {
    let mut ingest = ingest(ChunkLimits::default().with_datapoints(10).with_in_flight(2), RetryPolicy::never());
    let mut places = 0..;
    let mut under_way = VecDeque::new();
    for _ in 0..50 {
        assert!(feed(&mut ingest, places.by_ref()) <= 10);
        while let Some(request) = sent(&mut ingest) {
            under_way.push_back(request);
        }
        assert!(under_way.len() <= 2);
        if under_way.len() == 2 && !ingest.wants_input() {
            let request = under_way.pop_front().expect("two are under way");
            store(&mut ingest, &request);
            assert_eq!(stored(&mut ingest), 10);
        }
    }
    // Two chunks under way and one that waits: no datapoint more is taken.
    assert!(places.start <= 10 * (50 + 3));
}

#[test]
fn a_chunk_that_fails_lets_the_others_end_and_the_error_knows_all_ids() {
    let mut ingest = by_count(2);
    let mut requests = Vec::new();
    for place in 0..8 {
        ingest.handle_input(Some(Ok(datapoint(place))));
        requests.extend(sent(&mut ingest));
    }
    store(&mut ingest, &requests[0]);
    assert_eq!(stored(&mut ingest), 2);
    refuse(&mut ingest, &requests[1], Code::InvalidArgument, "datapoint 1 has no geometry");
    assert!(sent(&mut ingest).is_none(), "two are still under way");
    assert!(!ingest.wants_input());
    ingest.handle_input(Some(Ok(datapoint(8))));
    for request in &requests[2..] {
        store(&mut ingest, request);
        assert_eq!(stored(&mut ingest), 2);
    }
    let error = failed(&mut ingest);
    assert_eq!(error.kind(), ErrorKind::InvalidArgument);
    assert_eq!(
        error.to_string(),
        "cannot ingest the datapoints 2 to 3 into the collection `C`: datapoint 1 has no geometry \
         (6 datapoints were stored); correct what the server names"
    );
    let stored = error.stored().expect("what was stored");
    assert_eq!(stored.ids, ids([0, 1, 4, 5, 6, 7]));
    assert_eq!(stored.positions, [0..2, 4..8]);
    assert_eq!(stored.created, 6);
}

#[test]
fn input_that_breaks_off_ends_the_ingestion_with_its_error() {
    let mut ingest = by_count(2);
    feed(&mut ingest, 0..2);
    let request = sent(&mut ingest).expect("a chunk");
    feed(&mut ingest, 2..3);
    ingest.handle_input(Some(Err(Error::invalid("read the file", "it is damaged", ""))));
    assert!(!ingest.wants_input());
    store(&mut ingest, &request);
    assert_eq!(stored(&mut ingest), 2);
    let error = failed(&mut ingest);
    assert_eq!(error.to_string(), "cannot read the file: it is damaged (2 datapoints were stored)");
    let stored = error.stored().expect("what was stored");
    assert_eq!(stored.positions, std::slice::from_ref(&(0..2)));
}

#[test]
fn a_chunk_that_may_have_arrived_is_repeated_only_where_existing_datapoints_are_allowed() {
    for allow_existing in [true, false] {
        let mut ingest = ingest(ChunkLimits::default(), RetryPolicy::default());
        ingest.target.allow_existing = allow_existing;
        feed(&mut ingest, 0..1);
        ingest.handle_input(None);
        let (exchange, request) = sent(&mut ingest).expect("a chunk");
        assert_eq!(request.allow_existing, allow_existing);
        let broken = TransportError::new(TransportErrorKind::Interrupted, "the connection broke");
        ingest.handle_response(NOW, exchange.id, Err(ExchangeError::NoResponse(broken)));
        let later = NOW + Duration::from_secs(1);
        match ingest.poll_output(later) {
            Output::Send(again) => {
                assert!(allow_existing);
                assert_eq!(again.request.body(), exchange.request.body());
            }
            Output::Item(Err(error)) => {
                assert!(!allow_existing);
                assert_eq!(error.kind(), ErrorKind::Network);
                assert_eq!(error.stored(), Some(&Ingested::default()));
            }
            other => panic!("got {other:?}"),
        }
    }
}

#[test]
fn existing_datapoints_that_are_not_allowed_have_a_kind_of_their_own() {
    let said = "found existing datapoints with same id, refusing to ingest with \"allow_existing=false\"";
    for code in [Code::InvalidArgument, Code::AlreadyExists] {
        let mut ingest = by_count(10);
        ingest.target.allow_existing = false;
        feed(&mut ingest, 0..1);
        ingest.handle_input(None);
        let request = sent(&mut ingest).expect("a chunk");
        refuse(&mut ingest, &request, code, said);
        let error = failed(&mut ingest);
        assert_eq!(error.kind(), ErrorKind::AlreadyExists);
        assert!(error.advice().contains("allow_existing"), "{error}");
    }
}

#[test]
fn a_response_with_another_number_of_ids_is_an_error() {
    let mut ingest = by_count(2);
    feed(&mut ingest, 0..2);
    let (exchange, _) = sent(&mut ingest).expect("a chunk");
    let response = wire::IngestResponse { datapoint_ids: vec![Default::default(); 2], ..Default::default() };
    ingest.handle_response(NOW, exchange.id, exchange.decode(Ok(http_response(&response))));
    let error = failed(&mut ingest);
    assert_eq!(error.kind(), ErrorKind::Undecodable);
    assert!(error.reason().contains("it has 0 ids for 2 datapoints"), "{error}");
}

#[test]
fn a_cancelled_ingestion_is_done() {
    let mut ingest = by_count(2);
    feed(&mut ingest, 0..2);
    let request = sent(&mut ingest).expect("a chunk");
    ingest.cancel();
    store(&mut ingest, &request);
    assert!(matches!(ingest.poll_output(NOW), Output::Done));
    assert!(!ingest.wants_input());
}

#[test]
fn more_input_than_was_wanted_is_kept() {
    let mut ingest = ingest(ChunkLimits::default().with_datapoints(2).with_in_flight(1), RetryPolicy::never());
    for place in 0..7 {
        ingest.handle_input(Some(Ok(datapoint(place))));
    }
    ingest.handle_input(None);
    for datapoints in [2, 2, 2, 1] {
        let request = sent(&mut ingest).expect("a chunk");
        store(&mut ingest, &request);
        assert_eq!(stored(&mut ingest), datapoints);
    }
    assert_eq!(finished(&mut ingest).ids, ids(0..7));
}

mod any_order {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn every_datapoint_is_stored_once_and_in_its_place(
            lengths in prop::collection::vec(1_usize..40, 0..60),
            datapoints in 1_usize..9,
            bytes in 1_usize..100,
            in_flight in 1_usize..5,
            seed: u64,
        ) {
            let limits = ChunkLimits::default().with_datapoints(datapoints).with_bytes(bytes).with_in_flight(in_flight);
            let mut ingest = ingest(limits, RetryPolicy::never());
            let mut random = fastrand::Rng::with_seed(seed);
            let mut input = lengths.iter().enumerate().map(|(place, length)| {
                let mut value = (place as u64 + 1).to_be_bytes().to_vec();
                value.resize(8 + length, 0);
                Bytes::from(value)
            });
            let mut under_way: Vec<Sent> = Vec::new();
            let ingested = loop {
                match ingest.poll_output(NOW) {
                    Output::Send(exchange) => {
                        let request = wire::IngestRequest::decode(exchange.request.body().clone()).expect("a request");
                        let size: usize = request.values.iter().map(Bytes::len).sum();
                        prop_assert!(request.values.len() <= datapoints);
                        prop_assert!(size <= bytes || request.values.len() == 1);
                        under_way.push((exchange, request));
                        prop_assert!(under_way.len() <= in_flight);
                    }
                    Output::Item(Ok(IngestEvent::Finished(ingested))) => break ingested,
                    Output::Item(item) => prop_assert!(item.is_ok()),
                    Output::Done => prop_assert!(false, "done without a result"),
                    Output::Decode(..) => prop_assert!(false, "no response was sealed"),
                    Output::WaitUntil(_) | Output::WaitForResponses => {
                        if ingest.wants_input() && (under_way.is_empty() || random.bool()) {
                            ingest.handle_input(input.next().map(Ok));
                        } else {
                            let (exchange, request) = under_way.swap_remove(random.usize(..under_way.len()));
                            let ids = request.values.iter().map(|value| id::to_wire(id_of(&value[..8]))).collect();
                            let response = wire::IngestResponse { datapoint_ids: ids, ..Default::default() };
                            ingest.handle_response(NOW, exchange.id, exchange.decode(Ok(http_response(&response))));
                        }
                    }
                }
            };
            prop_assert_eq!(ingested.ids, ids(0..lengths.len() as u64));
        }
    }
}
