use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, Uri};

use super::*;
use crate::connect::Code;
use crate::error::ErrorKind;
use crate::exchange::TransportErrorKind;

const SECOND: Duration = Duration::from_secs(1);

fn call(idempotency: Idempotency, policy: CallPolicy) -> Call<Bytes> {
    let request = connect::Request::new(Uri::from_static("http://h:1/S/M"), HeaderMap::new(), Bytes::new(), 1024);
    let request = CallRequest::new(request, idempotency, "test", |answer: &connect::Answer| {
        Ok::<_, std::convert::Infallible>(answer.message.clone())
    });
    Call::new(request, policy, 42)
}

fn read() -> Call<Bytes> {
    call(Idempotency::Idempotent, CallPolicy::default())
}

fn sent(call: &mut Call<Bytes>, now: Instant) -> Exchange<Bytes> {
    match call.poll_output(now) {
        Output::Send(exchange) => exchange,
        other => panic!("expected a request at {now:?}, got {other:?}"),
    }
}

fn wait(call: &mut Call<Bytes>, now: Instant) -> Instant {
    match call.poll_output(now) {
        Output::WaitUntil(until) => until,
        other => panic!("expected a wait at {now:?}, got {other:?}"),
    }
}

fn error(call: &mut Call<Bytes>, now: Instant) -> Error {
    match call.poll_output(now) {
        Output::Item(Err(error)) => error,
        other => panic!("expected an error at {now:?}, got {other:?}"),
    }
}

fn unavailable() -> Failure {
    Failure::BadAnswer(connect::Error::new(Code::Unavailable, "restarting"))
}

fn broken() -> Failure {
    Failure::NoAnswer(TransportError::new(TransportErrorKind::Interrupted, "reset"))
}

#[test]
fn a_call_sends_once_and_gives_the_reply() {
    let mut call = read();
    let now = Instant::ORIGIN;
    let exchange = sent(&mut call, now);
    assert_eq!(wait(&mut call, now), now + Duration::from_secs(300));
    call.handle_response(now, exchange.id, Ok(Arrived::Reply(Bytes::from_static(b"yes"))));
    assert!(matches!(call.poll_output(now), Output::Item(Ok(reply)) if reply == "yes"));
    assert!(matches!(call.poll_output(now), Output::Done));
    assert!(matches!(call.poll_output(now + SECOND), Output::Done));
}

#[test]
fn a_failed_read_is_sent_again_after_its_backoff_and_gives_up_in_the_end() {
    let mut call = read();
    let mut now = Instant::ORIGIN;
    for attempt in 1..=5 {
        let exchange = sent(&mut call, now);
        call.handle_response(now, exchange.id, Err(unavailable()));
        if attempt < 5 {
            let until = wait(&mut call, now);
            assert!(until - now <= Duration::from_millis(2700), "attempt {attempt}");
            now = until;
        }
    }
    let error = error(&mut call, now);
    assert_eq!(error.kind(), ErrorKind::Network);
    assert!(error.to_string().contains("restarting (after 5 attempts)"), "{error}");
    assert!(matches!(call.poll_output(now), Output::Done));
}

#[test]
fn a_write_that_may_have_arrived_is_not_sent_again() {
    let mut write = call(Idempotency::NotIdempotent, CallPolicy::default());
    let exchange = sent(&mut write, Instant::ORIGIN);
    write.handle_response(Instant::ORIGIN, exchange.id, Err(broken()));
    assert_eq!(error(&mut write, Instant::ORIGIN).kind(), ErrorKind::Network);
}

#[test]
fn a_write_that_surely_did_not_arrive_is_sent_again() {
    let mut write = call(Idempotency::NotIdempotent, CallPolicy::default());
    let exchange = sent(&mut write, Instant::ORIGIN);
    let refused = TransportError::new(TransportErrorKind::Connect, "refused");
    write.handle_response(Instant::ORIGIN, exchange.id, Err(Failure::NoAnswer(refused)));
    let until = wait(&mut write, Instant::ORIGIN);
    sent(&mut write, until);
}

#[test]
fn retry_after_is_waited_for() {
    let mut call = read();
    let exchange = sent(&mut call, Instant::ORIGIN);
    let limited =
        connect::Error { retry_after: Some(7 * SECOND), ..connect::Error::new(Code::ResourceExhausted, "slow down") };
    call.handle_response(Instant::ORIGIN, exchange.id, Err(Failure::BadAnswer(limited)));
    assert_eq!(wait(&mut call, Instant::ORIGIN), Instant::ORIGIN + 7 * SECOND);
}

#[test]
fn a_retry_after_beyond_the_deadline_ends_the_call_at_once() {
    let mut call = read();
    let exchange = sent(&mut call, Instant::ORIGIN);
    let limited = connect::Error {
        retry_after: Some(3600 * SECOND),
        ..connect::Error::new(Code::ResourceExhausted, "slow down")
    };
    call.handle_response(Instant::ORIGIN, exchange.id, Err(Failure::BadAnswer(limited)));
    assert_eq!(error(&mut call, Instant::ORIGIN).kind(), ErrorKind::TooManyRequests);
}

#[test]
fn the_deadline_ends_a_call_that_gets_no_answer() {
    let mut call = read();
    let start = Instant::ORIGIN + SECOND;
    let exchange = sent(&mut call, start);
    let deadline = wait(&mut call, start);
    assert_eq!(deadline, start + Duration::from_secs(300));
    assert_eq!(error(&mut call, deadline).kind(), ErrorKind::TimedOut);
    call.handle_response(deadline, exchange.id, Ok(Arrived::Reply(Bytes::new())));
    assert!(matches!(call.poll_output(deadline), Output::Done));
}

#[test]
fn the_last_attempt_gets_only_the_time_that_is_left() {
    let policy = CallPolicy { timeout: 10 * SECOND, attempt_timeout: 6 * SECOND, ..CallPolicy::default() };
    let mut call = call(Idempotency::Idempotent, policy);
    let first = sent(&mut call, Instant::ORIGIN);
    assert_eq!(first.limits.timeout, 6 * SECOND);
    let later = Instant::ORIGIN + 6 * SECOND;
    call.handle_response(later, first.id, Err(Failure::NoAnswer(TransportError::timed_out(first.limits))));
    let until = wait(&mut call, later);
    let second = sent(&mut call, until);
    assert_eq!(second.limits.timeout, Instant::ORIGIN + 10 * SECOND - until);
}

#[test]
fn a_call_without_time_fails_without_a_request() {
    let mut call = call(Idempotency::Idempotent, CallPolicy { timeout: Duration::ZERO, ..CallPolicy::default() });
    assert_eq!(error(&mut call, Instant::ORIGIN).kind(), ErrorKind::TimedOut);
}

#[test]
fn an_answer_to_an_earlier_attempt_is_ignored() {
    let mut call = read();
    let first = sent(&mut call, Instant::ORIGIN);
    call.handle_response(Instant::ORIGIN, first.id, Err(broken()));
    let until = wait(&mut call, Instant::ORIGIN);
    let second = sent(&mut call, until);
    call.handle_response(until, first.id, Ok(Arrived::Reply(Bytes::from_static(b"late"))));
    wait(&mut call, until);
    call.handle_response(until, second.id, Ok(Arrived::Reply(Bytes::from_static(b"right"))));
    assert!(matches!(call.poll_output(until), Output::Item(Ok(reply)) if reply == "right"));
}

#[test]
fn a_cancelled_call_is_done() {
    let mut call = read();
    let exchange = sent(&mut call, Instant::ORIGIN);
    call.cancel();
    call.handle_response(Instant::ORIGIN, exchange.id, Ok(Arrived::Reply(Bytes::new())));
    assert!(matches!(call.poll_output(Instant::ORIGIN), Output::Done));
}

#[test]
fn an_answer_that_came_sealed_is_decoded_when_the_call_is_polled_whatever_the_time() {
    let mut call = read();
    let exchange = sent(&mut call, Instant::ORIGIN);
    let answer = || http::Response::builder().header("content-type", connect::CONTENT_TYPE).body("yes".into());
    call.handle_response(Instant::ORIGIN, exchange.id, exchange.seal(Ok(answer().expect("a response"))));
    let late = Instant::ORIGIN + 3600 * SECOND;
    let Output::Decode(id, sealed) = call.poll_output(late) else { panic!("an answer to decode") };
    assert_eq!((id, sealed.len()), (exchange.id, 3));
    // The same answer once more changes nothing.
    call.handle_response(late, exchange.id, exchange.seal(Ok(answer().expect("a response"))));
    assert!(matches!(call.poll_output(late), Output::WaitForResponses));
    call.handle_response(late, id, sealed.decode());
    assert!(matches!(call.poll_output(late), Output::Item(Ok(reply)) if reply == "yes"));
    assert!(matches!(call.poll_output(late), Output::Done));
}

#[test]
fn an_error_is_told_by_the_head_of_an_answer() {
    let mut call = call(Idempotency::Idempotent, CallPolicy { retry: RetryPolicy::never(), ..CallPolicy::default() });
    let exchange = sent(&mut call, Instant::ORIGIN);
    let answer = http::Response::builder().status(503).body(Bytes::new()).expect("a response");
    call.handle_response(Instant::ORIGIN, exchange.id, exchange.seal(Ok(answer)));
    assert_eq!(error(&mut call, Instant::ORIGIN).kind(), ErrorKind::Network);
}

#[test]
fn a_sealed_answer_that_cannot_be_read_ends_the_call() {
    let mut call = read();
    let exchange = sent(&mut call, Instant::ORIGIN);
    let answer = http::Response::builder().header("content-type", connect::CONTENT_TYPE);
    let answer = answer.header("content-encoding", "gzip").body("no gzip".into()).expect("a response");
    call.handle_response(Instant::ORIGIN, exchange.id, exchange.seal(Ok(answer)));
    let Output::Decode(id, sealed) = call.poll_output(Instant::ORIGIN) else { panic!("an answer to decode") };
    call.handle_response(Instant::ORIGIN, id, sealed.decode());
    assert!(error(&mut call, Instant::ORIGIN).to_string().contains("damaged"));
}
