use bytes::Bytes;
use http::Response;
use prost::Message as _;

use super::*;
use crate::connect::{self, Code};
use crate::endpoint::{ClientMetadata, ServerUrl};
use crate::machine::Exchange;
use crate::retry::RetryPolicy;

const NOW: Instant = Instant::ORIGIN;

fn delete(ids: impl Into<DatapointIds>) -> Result<Delete> {
    let url = ServerUrl::parse("http://localhost:1").expect("a URL");
    let endpoint = Endpoint::new(&url, None, &ClientMetadata::none());
    let policy = CallPolicy { retry: RetryPolicy::never(), ..CallPolicy::default() };
    Delete::new(endpoint, Uuid::from_u128(9), ids, "the collection `C`", policy, 42)
}

fn ids(count: u128) -> Vec<Uuid> {
    (1..=count).map(Uuid::from_u128).collect()
}

fn sent(delete: &mut Delete) -> (Exchange<wire::DeleteResponse>, usize) {
    match delete.poll_output(NOW) {
        Output::Send(exchange) => {
            let answer = connect_body(&exchange);
            (exchange, answer.datapoint_ids.len())
        }
        other => panic!("expected a request, got {other:?}"),
    }
}

fn connect_body(exchange: &Exchange<wire::DeleteResponse>) -> wire::DeleteRequest {
    let is_gzip = exchange.request.headers().contains_key("content-encoding");
    let body = if is_gzip { gunzip(exchange.request.body()) } else { exchange.request.body().clone() };
    wire::DeleteRequest::decode(body).expect("a request")
}

fn gunzip(body: &[u8]) -> Bytes {
    let mut plain = Vec::new();
    std::io::Read::read_to_end(&mut flate2::read::GzDecoder::new(body), &mut plain).expect("gzip");
    plain.into()
}

fn reply(delete: &mut Delete, exchange: &Exchange<wire::DeleteResponse>, num_deleted: i64) {
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
    delete.handle_response(NOW, requests[0].id, Err(Failure::BadAnswer(missing)));
    assert!(matches!(delete.poll_output(NOW), Output::WaitUntil(_)), "no other chunk is begun");
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
