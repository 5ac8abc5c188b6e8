use bytes::Bytes;
use http::Response;
use prost::Message as _;

use super::*;
use crate::protocol::connect::{self, Code};
use crate::protocol::endpoint::{ClientMetadata, ServerUrl};
use crate::protocol::exchange::{TransportError, TransportErrorKind};
use crate::protocol::machine::Exchange;
use crate::protocol::retry::RetryPolicy;

const NOW: Instant = Instant::ORIGIN;
const COLLECTION: CollectionIds = CollectionIds { dataset_id: Uuid::from_u128(8), collection_id: Uuid::from_u128(9) };

fn delete(ids: impl Into<DatapointIds>) -> Result<DeleteChunks> {
    let url = ServerUrl::parse("http://localhost:1").expect("a URL");
    let endpoint = Endpoint::new(&url, None, &ClientMetadata::none());
    let policy = CallPolicy { retry: RetryPolicy::never(), ..CallPolicy::default() };
    DeleteChunks::new(endpoint, COLLECTION, ids, "the collection `C`", policy, 42)
}

/// Returns a deletion with the default retries.
fn with_retries(count: u128) -> DeleteChunks {
    let url = ServerUrl::parse("http://localhost:1").expect("a URL");
    let endpoint = Endpoint::new(&url, None, &ClientMetadata::none());
    DeleteChunks::new(endpoint, COLLECTION, ids(count), "the collection `C`", CallPolicy::default(), 42)
        .expect("a deletion")
}

/// Loses the response to the deletion, and responds to its repetition with `not_found`. Returns the time of the repetition.
fn lose_response(delete: &mut DeleteChunks) -> Instant {
    let (first, _) = sent(delete);
    let broken = TransportError::new(TransportErrorKind::Interrupted, "connection reset");
    delete.handle_response(NOW, first.id, Err(ExchangeError::NoResponse(broken)));
    let Output::WaitUntil(later) = delete.poll_output(NOW) else { panic!("a wait") };
    let Output::Send(second) = delete.poll_output(later) else { panic!("a second attempt") };
    refuse(delete, later, &second);
    later
}

fn refuse(delete: &mut DeleteChunks, now: Instant, exchange: &Exchange<DeletionResponse>) {
    let missing = connect::Error::new(Code::NotFound, "no such datapoint");
    delete.handle_response(now, exchange.id, Err(ExchangeError::BadResponse(missing)));
}

fn ids(count: u128) -> Vec<Uuid> {
    (1..=count).map(Uuid::from_u128).collect()
}

fn sent(delete: &mut DeleteChunks) -> (Exchange<DeletionResponse>, usize) {
    match delete.poll_output(NOW) {
        Output::Send(exchange) => {
            let request = connect_body(&exchange);
            (exchange, request.datapoint_ids.len())
        }
        other => panic!("expected a request, got {other:?}"),
    }
}

fn connect_body(exchange: &Exchange<DeletionResponse>) -> wire::DeleteRequest {
    let is_gzip = exchange.request.headers().contains_key("content-encoding");
    let body = if is_gzip { gunzip(exchange.request.body()) } else { exchange.request.body().clone() };
    wire::DeleteRequest::decode(body).expect("a request")
}

fn gunzip(body: &[u8]) -> Bytes {
    let mut plain = Vec::new();
    std::io::Read::read_to_end(&mut flate2::read::GzDecoder::new(body), &mut plain).expect("gzip");
    plain.into()
}

fn reply(delete: &mut DeleteChunks, exchange: &Exchange<DeletionResponse>, num_deleted: i64) {
    let response = Response::builder().header("content-type", connect::CONTENT_TYPE);
    let body = wire::DeleteResponse { num_deleted }.encode_to_vec();
    let response = response.body(Bytes::from(body)).expect("a response");
    delete.handle_response(NOW, exchange.id, exchange.decode(Ok(response)));
}

fn result(delete: &mut DeleteChunks) -> Result<u64> {
    match delete.poll_output(NOW) {
        Output::Item(result) => {
            assert!(matches!(delete.poll_output(NOW), Output::Done));
            result
        }
        other => panic!("expected the end, got {other:?}"),
    }
}

#[test]
fn nothing_to_delete_sends_nothing() {
    assert_eq!(result(&mut delete(Vec::new()).expect("a deletion")).expect("nothing"), 0);
}

#[test]
fn ids_are_sent_in_chunks_without_duplicates() {
    let duplicates = [ids(20_000), ids(100)].concat();
    let mut delete = delete(duplicates).expect("a deletion");
    let requests: Vec<_> = (0..3).map(|_| sent(&mut delete)).collect();
    assert_eq!(requests.iter().map(|(_, count)| *count).collect::<Vec<_>>(), [8192, 8192, 3616]);
    for (exchange, count) in requests.iter().rev() {
        reply(&mut delete, exchange, *count as i64);
    }
    assert_eq!(result(&mut delete).expect("a number"), 20_000);
}

#[test]
fn a_failed_chunk_ends_the_deletion_with_a_count() {
    let mut delete = delete(ids(8192 * 6)).expect("a deletion");
    let requests: Vec<_> = (0..4).map(|_| sent(&mut delete).0).collect();
    let missing = connect::Error::new(Code::NotFound, "no such datapoint");
    delete.handle_response(NOW, requests[0].id, Err(ExchangeError::BadResponse(missing)));
    assert!(matches!(delete.poll_output(NOW), Output::WaitForResponses), "no other chunk is sent");
    for exchange in &requests[1..] {
        reply(&mut delete, exchange, 8192);
    }
    let error = result(&mut delete).expect_err("one failed");
    assert_eq!(error.kind(), ErrorKind::NotFound);
    assert_eq!(
        error.to_string(),
        "cannot delete datapoints of the collection `C`: no such datapoint (24576 datapoints were deleted); \
         a request deletes all of its datapoints or none: leave out the missing ones"
    );
}

#[test]
fn invalid_ids_are_refused_before_any_request() {
    let error = delete([Uuid::from_u128(1), Uuid::nil()]).expect_err("nil");
    assert_eq!(error.kind(), ErrorKind::InvalidArgument);
    let batch = arrow_array::RecordBatch::try_from_iter([(
        "name",
        std::sync::Arc::new(arrow_array::StringArray::from(vec!["a"])) as arrow_array::ArrayRef,
    )]);
    let datapoints = Datapoints::new(batch.expect("a batch"));
    let error = delete(&datapoints).expect_err("no ids");
    assert!(error.to_string().contains("1 of the 1 datapoints have no id"), "{error}");
}

#[test]
fn a_cancelled_deletion_is_done() {
    let mut delete = delete(ids(3)).expect("a deletion");
    let (exchange, _) = sent(&mut delete);
    delete.cancel();
    reply(&mut delete, &exchange, 3);
    assert!(matches!(delete.poll_output(NOW), Output::Done));
}

#[test]
fn a_deletion_with_a_lost_response_has_a_count() {
    for count in [1, 5, 64, 65, 8192] {
        let mut delete = with_retries(count);
        let now = lose_response(&mut delete);
        let mut lookups = 0;
        let result = loop {
            match delete.poll_output(now) {
                Output::Send(exchange) => {
                    assert!(exchange.request.uri().path().ends_with("/QueryByID"), "{}", exchange.request.uri());
                    lookups += 1;
                    refuse(&mut delete, now, &exchange);
                }
                Output::Item(result) => break result,
                other => panic!("{other:?}"),
            }
        };
        assert_eq!(result.expect("they are gone"), count as u64);
        assert!((1..=64).contains(&lookups) && lookups as u128 >= count.min(33), "{lookups} of {count}");
    }
}

#[test]
fn a_deletion_that_did_not_happen_is_an_error() {
    let mut delete = with_retries(5);
    let now = lose_response(&mut delete);
    let lookups: Vec<_> = std::iter::from_fn(|| match delete.poll_output(now) {
        Output::Send(exchange) => Some(exchange),
        _ => None,
    })
    .collect();
    refuse(&mut delete, now, &lookups[0]);
    let found = Response::builder().header("content-type", connect::CONTENT_TYPE).body(Bytes::new()).expect("one");
    delete.handle_response(now, lookups[1].id, lookups[1].decode(Ok(found)));
    for lookup in &lookups[2..] {
        refuse(&mut delete, now, lookup);
    }
    let error = result(&mut delete).expect_err("one datapoint did not exist");
    assert_eq!((error.kind(), error.may_have_happened()), (ErrorKind::NotFound, false), "{error}");
    assert!(error.to_string().contains("(0 datapoints were deleted)"), "{error}");
}

#[test]
fn a_deletion_with_failed_lookups_may_have_happened() {
    let mut delete = with_retries(1);
    let mut now = lose_response(&mut delete);
    let error = loop {
        match delete.poll_output(now) {
            Output::Send(lookup) => {
                let refused = connect::Error::new(Code::PermissionDenied, "you may not read");
                delete.handle_response(now, lookup.id, Err(ExchangeError::BadResponse(refused)));
            }
            Output::WaitUntil(time) => now = time,
            Output::Item(result) => break result.expect_err("unknown outcome"),
            other => panic!("{other:?}"),
        }
    };
    assert!(error.may_have_happened() && error.to_string().contains("it may have happened nevertheless"), "{error}");
}

#[test]
fn a_deletion_without_a_count_is_repeated() {
    let mut delete = with_retries(3);
    let (first, _) = sent(&mut delete);
    reply(&mut delete, &first, 0);
    let Output::WaitUntil(later) = delete.poll_output(NOW) else { panic!("a wait") };
    assert!(matches!(delete.poll_output(later), Output::Send(exchange) if exchange.attempt == 2));
}
