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

fn delete(ids: impl Into<DatapointIds>) -> Result<Delete> {
    let url = ServerUrl::parse("http://localhost:1").expect("a URL");
    let endpoint = Endpoint::new(&url, None, &ClientMetadata::none());
    let policy = CallPolicy { retry: RetryPolicy::never(), ..CallPolicy::default() };
    Delete::new(endpoint, COLLECTION, ids, "the collection `C`", policy, 42)
}

/// The same with the policy of a client.
fn patient(count: u128) -> Delete {
    let url = ServerUrl::parse("http://localhost:1").expect("a URL");
    let endpoint = Endpoint::new(&url, None, &ClientMetadata::none());
    Delete::new(endpoint, COLLECTION, ids(count), "the collection `C`", CallPolicy::default(), 42).expect("a deletion")
}

/// Answers the deletion with nothing, and its repetition with `not_found`. Returns when that was.
fn lose_response(delete: &mut Delete) -> Instant {
    let (first, _) = sent(delete);
    let broken = TransportError::new(TransportErrorKind::Interrupted, "connection reset");
    delete.handle_response(NOW, first.id, Err(ExchangeError::NoResponse(broken)));
    let Output::WaitUntil(later) = delete.poll_output(NOW) else { panic!("a wait") };
    let Output::Send(second) = delete.poll_output(later) else { panic!("a second attempt") };
    refuse(delete, later, &second);
    later
}

fn refuse(delete: &mut Delete, now: Instant, exchange: &Exchange<DeleteReply>) {
    let missing = connect::Error::new(Code::NotFound, "no such datapoint");
    delete.handle_response(now, exchange.id, Err(ExchangeError::BadResponse(missing)));
}

fn ids(count: u128) -> Vec<Uuid> {
    (1..=count).map(Uuid::from_u128).collect()
}

fn sent(delete: &mut Delete) -> (Exchange<DeleteReply>, usize) {
    match delete.poll_output(NOW) {
        Output::Send(exchange) => {
            let response = connect_body(&exchange);
            (exchange, response.datapoint_ids.len())
        }
        other => panic!("expected a request, got {other:?}"),
    }
}

fn connect_body(exchange: &Exchange<DeleteReply>) -> wire::DeleteRequest {
    let is_gzip = exchange.request.headers().contains_key("content-encoding");
    let body = if is_gzip { gunzip(exchange.request.body()) } else { exchange.request.body().clone() };
    wire::DeleteRequest::decode(body).expect("a request")
}

fn gunzip(body: &[u8]) -> Bytes {
    let mut plain = Vec::new();
    std::io::Read::read_to_end(&mut flate2::read::GzDecoder::new(body), &mut plain).expect("gzip");
    plain.into()
}

fn reply(delete: &mut Delete, exchange: &Exchange<DeleteReply>, num_deleted: i64) {
    let response = Response::builder().header("content-type", connect::CONTENT_TYPE);
    let body = wire::DeleteResponse { num_deleted }.encode_to_vec();
    let response = response.body(Bytes::from(body)).expect("a response");
    delete.handle_response(NOW, exchange.id, exchange.decode(Ok(response)));
}

fn result(delete: &mut Delete) -> Result<u64> {
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
fn ids_go_out_in_chunks_each_id_once() {
    let twice = [ids(20_000), ids(100)].concat();
    let mut delete = delete(twice).expect("a deletion");
    let requests: Vec<_> = (0..3).map(|_| sent(&mut delete)).collect();
    assert_eq!(requests.iter().map(|(_, count)| *count).collect::<Vec<_>>(), [8192, 8192, 3616]);
    for (exchange, count) in requests.iter().rev() {
        reply(&mut delete, exchange, *count as i64);
    }
    assert_eq!(result(&mut delete).expect("a number"), 20_000);
}

#[test]
fn a_chunk_that_fails_ends_the_deletion_and_says_what_is_gone() {
    let mut delete = delete(ids(8192 * 6)).expect("a deletion");
    let requests: Vec<_> = (0..4).map(|_| sent(&mut delete).0).collect();
    let missing = connect::Error::new(Code::NotFound, "no such datapoint");
    delete.handle_response(NOW, requests[0].id, Err(ExchangeError::BadResponse(missing)));
    assert!(matches!(delete.poll_output(NOW), Output::WaitForResponses), "no other chunk is begun");
    for exchange in &requests[1..] {
        reply(&mut delete, exchange, 8192);
    }
    let error = result(&mut delete).expect_err("one failed");
    assert_eq!(error.kind(), ErrorKind::NotFound);
    assert_eq!(
        error.to_string(),
        "cannot delete datapoints of the collection `C`: no such datapoint (24576 datapoints were deleted); \
         a request deletes all of its datapoints or none: leave out those that are gone"
    );
}

#[test]
fn ids_that_are_none_are_refused_before_any_request() {
    let error = delete([Uuid::from_u128(1), Uuid::nil()]).expect_err("nil");
    assert_eq!(error.kind(), ErrorKind::InvalidArgument);
    let batch = arrow_array::RecordBatch::try_from_iter([(
        "name",
        std::sync::Arc::new(arrow_array::StringArray::from(vec!["a"])) as arrow_array::ArrayRef,
    )]);
    let datapoints = Datapoints::new(batch.expect("a batch"));
    let error = delete(&datapoints).expect_err("no ids");
    assert!(error.to_string().contains("only 0 of the 1 datapoints have an id"), "{error}");
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
fn a_deletion_with_a_lost_response_says_how_many_are_gone() {
    for count in [1, 5, 64, 65, 8192] {
        let mut delete = patient(count);
        let now = lose_response(&mut delete);
        let mut looks = 0;
        let result = loop {
            match delete.poll_output(now) {
                Output::Send(exchange) => {
                    assert!(exchange.request.uri().path().ends_with("/QueryByID"), "{}", exchange.request.uri());
                    looks += 1;
                    refuse(&mut delete, now, &exchange);
                }
                Output::Item(result) => break result,
                other => panic!("{other:?}"),
            }
        };
        assert_eq!(result.expect("they are gone"), count as u64);
        assert!((1..=64).contains(&looks) && looks as u128 >= count.min(33), "{looks} of {count}");
    }
}

#[test]
fn a_deletion_that_did_not_happen_says_so() {
    let mut delete = patient(5);
    let now = lose_response(&mut delete);
    let looks: Vec<_> = std::iter::from_fn(|| match delete.poll_output(now) {
        Output::Send(exchange) => Some(exchange),
        _ => None,
    })
    .collect();
    refuse(&mut delete, now, &looks[0]);
    let found = Response::builder().header("content-type", connect::CONTENT_TYPE).body(Bytes::new()).expect("one");
    delete.handle_response(now, looks[1].id, looks[1].decode(Ok(found)));
    for look in &looks[2..] {
        refuse(&mut delete, now, look);
    }
    let error = result(&mut delete).expect_err("one of them was never there");
    assert_eq!((error.kind(), error.may_have_happened()), (ErrorKind::NotFound, false), "{error}");
    assert!(error.to_string().contains("(0 datapoints were deleted)"), "{error}");
}

#[test]
fn a_deletion_nobody_can_tell_of_may_have_happened() {
    let mut delete = patient(1);
    let mut now = lose_response(&mut delete);
    let error = loop {
        match delete.poll_output(now) {
            Output::Send(look) => {
                let refused = connect::Error::new(Code::PermissionDenied, "you may not read");
                delete.handle_response(now, look.id, Err(ExchangeError::BadResponse(refused)));
            }
            Output::WaitUntil(time) => now = time,
            Output::Item(result) => break result.expect_err("nobody knows"),
            other => panic!("{other:?}"),
        }
    };
    assert!(error.may_have_happened() && error.to_string().contains("it may have happened nevertheless"), "{error}");
}

#[test]
fn a_deletion_without_a_count_is_asked_for_again() {
    let mut delete = patient(3);
    let (first, _) = sent(&mut delete);
    reply(&mut delete, &first, 0);
    let Output::WaitUntil(later) = delete.poll_output(NOW) else { panic!("a wait") };
    assert!(matches!(delete.poll_output(later), Output::Send(exchange) if exchange.attempt == 2));
}
