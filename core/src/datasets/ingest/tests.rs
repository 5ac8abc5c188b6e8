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

fn ingest(limits: ChunkLimits, retry: RetryPolicy) -> IngestChunks {
    let url = ServerUrl::parse("http://localhost:1").expect("a URL");
    let endpoint = Endpoint::new(&url, None, &ClientMetadata::none());
    let target = IngestTarget::new(Uuid::from_u128(9), "the collection `C`");
    let policy = CallPolicy { retry, ..CallPolicy::default() };
    IngestChunks::new(Caller::new(endpoint, policy, &Budget::new(32), 42), target, limits)
}

/// Returns an ingestion with chunks of this number of datapoints, without retries.
fn by_count(datapoints: usize) -> IngestChunks {
    ingest(ChunkLimits::default().with_datapoints(datapoints), RetryPolicy::never())
}

/// Returns a datapoint with its index in the input as content.
fn datapoint(index: u64) -> Bytes {
    Bytes::from((index + 1).to_be_bytes().to_vec())
}

/// Gives datapoints while the ingestion wants them; returns their number.
fn feed(ingest: &mut IngestChunks, indices: impl IntoIterator<Item = u64>) -> usize {
    let mut given = 0;
    for index in indices {
        if !ingest.wants_input() {
            break;
        }
        ingest.handle_input(Some(Ok(datapoint(index))));
        given += 1;
    }
    given
}

fn sent(ingest: &mut IngestChunks) -> Option<Sent> {
    match ingest.poll_output(NOW) {
        Output::Send(exchange) => {
            let request = wire::IngestRequest::decode(exchange.request.body().clone()).expect("a request");
            Some((exchange, request))
        }
        Output::WaitUntil(_) | Output::WaitForResponses => None,
        other => panic!("expected a request or a wait, got {other:?}"),
    }
}

/// Returns the id of a datapoint, derived from its content.
fn id_of(value: &[u8]) -> Uuid {
    let index: [u8; 8] = value.try_into().expect("an index");
    Uuid::from_u128(u64::from_be_bytes(index).into())
}

fn ids(indices: impl IntoIterator<Item = u64>) -> Vec<Uuid> {
    indices.into_iter().map(|index| id_of(&datapoint(index))).collect()
}

fn http_response(response: &wire::IngestResponse) -> Response<Bytes> {
    let builder = Response::builder().header("content-type", connect::CONTENT_TYPE);
    builder.body(response.encode_to_vec().into()).expect("a response")
}

fn store(ingest: &mut IngestChunks, (exchange, request): &Sent) {
    let response = wire::IngestResponse {
        num_created: request.values.len() as i64,
        num_existing: 0,
        datapoint_ids: request.values.iter().map(|value| id::to_wire(id_of(value))).collect(),
    };
    ingest.handle_response(NOW, exchange.id, exchange.decode(Ok(http_response(&response))));
}

fn refuse(ingest: &mut IngestChunks, (exchange, _): &Sent, code: Code, message: &str) {
    ingest.handle_response(NOW, exchange.id, Err(ExchangeError::BadResponse(connect::Error::new(code, message))));
}

fn stored(ingest: &mut IngestChunks) -> u64 {
    match ingest.poll_output(NOW) {
        Output::Item(Ok(IngestEvent::Stored { datapoints, bytes })) => {
            assert_eq!(bytes, datapoints * 8);
            datapoints
        }
        other => panic!("expected a stored chunk, got {other:?}"),
    }
}

fn finished(ingest: &mut IngestChunks) -> Ingested {
    match ingest.poll_output(NOW) {
        Output::Item(Ok(IngestEvent::Finished(ingested))) => {
            assert!(matches!(ingest.poll_output(NOW), Output::Done));
            ingested
        }
        other => panic!("expected the end, got {other:?}"),
    }
}

fn failed(ingest: &mut IngestChunks) -> Error {
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
fn ids_of_chunks_are_in_the_order_of_the_input() {
    let mut ingest = by_count(3);
    let mut indices = 0..8;
    let mut requests = Vec::new();
    while ingest.wants_input() {
        ingest.handle_input(indices.next().map(|index| Ok(datapoint(index))));
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
fn chunks_are_bounded_by_bytes() {
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
fn memory_is_bounded_for_any_length_of_input() {
    let mut ingest = ingest(ChunkLimits::default().with_datapoints(10).with_in_flight(2), RetryPolicy::never());
    let mut indices = 0..;
    let mut in_flight = VecDeque::new();
    for _ in 0..50 {
        assert!(feed(&mut ingest, indices.by_ref()) <= 10);
        while let Some(request) = sent(&mut ingest) {
            in_flight.push_back(request);
        }
        assert!(in_flight.len() <= 2);
        if in_flight.len() == 2 && !ingest.wants_input() {
            let request = in_flight.pop_front().expect("two chunks are in flight");
            store(&mut ingest, &request);
            assert_eq!(stored(&mut ingest), 10);
        }
    }
    // Two chunks in flight and one complete chunk.
    assert!(indices.start <= 10 * (50 + 3));
}

#[test]
fn the_error_of_a_failed_chunk_has_all_stored_ids() {
    let mut ingest = by_count(2);
    let mut requests = Vec::new();
    for index in 0..8 {
        ingest.handle_input(Some(Ok(datapoint(index))));
        requests.extend(sent(&mut ingest));
    }
    store(&mut ingest, &requests[0]);
    assert_eq!(stored(&mut ingest), 2);
    refuse(&mut ingest, &requests[1], Code::InvalidArgument, "datapoint 1 has no geometry");
    assert!(sent(&mut ingest).is_none(), "two chunks are still in flight");
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
fn an_error_in_the_input_ends_the_ingestion() {
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
fn a_lost_chunk_is_repeated_if_existing_ones_are_allowed() {
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
fn forbidden_existing_datapoints_have_their_own_kind() {
    let message = "found existing datapoints with same id, refusing to ingest with \"allow_existing=false\"";
    for code in [Code::InvalidArgument, Code::AlreadyExists] {
        let mut ingest = by_count(10);
        ingest.target.allow_existing = false;
        feed(&mut ingest, 0..1);
        ingest.handle_input(None);
        let request = sent(&mut ingest).expect("a chunk");
        refuse(&mut ingest, &request, code, message);
        let error = failed(&mut ingest);
        assert_eq!(error.kind(), ErrorKind::AlreadyExists);
        assert!(error.advice().contains("allow_existing"), "{error}");
    }
}

#[test]
fn a_response_with_a_wrong_number_of_ids_is_an_error() {
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
fn surplus_input_is_kept() {
    let mut ingest = ingest(ChunkLimits::default().with_datapoints(2).with_in_flight(1), RetryPolicy::never());
    for index in 0..7 {
        ingest.handle_input(Some(Ok(datapoint(index))));
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
        fn each_datapoint_is_stored_once_in_order(
            lengths in prop::collection::vec(1_usize..40, 0..60),
            datapoints in 1_usize..9,
            bytes in 1_usize..100,
            in_flight in 1_usize..5,
            seed: u64,
        ) {
            let limits = ChunkLimits::default().with_datapoints(datapoints).with_bytes(bytes).with_in_flight(in_flight);
            let mut ingest = ingest(limits, RetryPolicy::never());
            let mut random = fastrand::Rng::with_seed(seed);
            let mut input = lengths.iter().enumerate().map(|(index, length)| {
                let mut value = (index as u64 + 1).to_be_bytes().to_vec();
                value.resize(8 + length, 0);
                Bytes::from(value)
            });
            let mut sent: Vec<Sent> = Vec::new();
            let ingested = loop {
                match ingest.poll_output(NOW) {
                    Output::Send(exchange) => {
                        let request = wire::IngestRequest::decode(exchange.request.body().clone()).expect("a request");
                        let size: usize = request.values.iter().map(Bytes::len).sum();
                        prop_assert!(request.values.len() <= datapoints);
                        prop_assert!(size <= bytes || request.values.len() == 1);
                        sent.push((exchange, request));
                        prop_assert!(sent.len() <= in_flight);
                    }
                    Output::Item(Ok(IngestEvent::Finished(ingested))) => break ingested,
                    Output::Item(item) => prop_assert!(item.is_ok()),
                    Output::Done => prop_assert!(false, "done without a result"),
                    Output::WaitUntil(_) | Output::WaitForResponses => {
                        if ingest.wants_input() && (sent.is_empty() || random.bool()) {
                            ingest.handle_input(input.next().map(Ok));
                        } else {
                            let (exchange, request) = sent.swap_remove(random.usize(..sent.len()));
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
