use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, Uri};

use super::*;
use crate::error::ErrorKind;
use crate::protocol::connect::Code;
use crate::protocol::exchange::TransportErrorKind;

const SECOND: Duration = Duration::from_secs(1);

fn call(idempotency: Idempotency, policy: CallPolicy) -> Call<Bytes> {
    let request = connect::Request::new(Uri::from_static("http://h:1/S/M"), HeaderMap::new(), Bytes::new(), 1024);
    let request = CallRequest::new(request, idempotency, "test", |response: &connect::UnaryResponse| {
        Ok::<_, std::convert::Infallible>(response.message.clone())
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

fn waits_for_response(call: &mut Call<Bytes>, now: Instant) {
    assert!(matches!(call.poll_output(now), Output::WaitForResponses), "the call waits only for its response");
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

fn unavailable() -> ExchangeError {
    ExchangeError::BadResponse(connect::Error::new(Code::Unavailable, "restarting"))
}

fn broken() -> ExchangeError {
    ExchangeError::NoResponse(TransportError::new(TransportErrorKind::Interrupted, "reset"))
}

#[test]
fn a_call_sends_once_and_yields_the_reply() {
    let mut call = read();
    let now = Instant::ORIGIN;
    let exchange = sent(&mut call, now);
    waits_for_response(&mut call, now);
    call.handle_response(now, exchange.id, Ok(Bytes::from_static(b"yes")));
    assert!(matches!(call.poll_output(now), Output::Item(Ok(reply)) if reply == "yes"));
    assert!(matches!(call.poll_output(now), Output::Done));
    assert!(matches!(call.poll_output(now + SECOND), Output::Done));
}

/// Fails each attempt after `took` with the failure that `fail` returns, until the call ends. Returns the error, the
/// number of attempts and the time of the error.
fn fails(
    call: &mut Call<Bytes>,
    took: Duration,
    mut fail: impl FnMut(Limits) -> ExchangeError,
) -> (Error, u32, Instant) {
    let mut now = Instant::ORIGIN;
    let mut attempts = 0;
    loop {
        match call.poll_output(now) {
            Output::Send(exchange) => {
                attempts += 1;
                now = now + took.min(exchange.limits.timeout);
                call.handle_response(now, exchange.id, Err(fail(exchange.limits)));
            }
            Output::WaitUntil(time) => now = time,
            Output::Item(result) => return (result.expect_err("each attempt fails"), attempts, now),
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn a_read_is_repeated_during_an_outage_of_a_minute() {
    let (error, attempts, now) = fails(&mut read(), Duration::ZERO, |_| unavailable());
    assert_eq!(error.kind(), ErrorKind::Network);
    let elapsed = now - Instant::ORIGIN;
    assert!((60 * SECOND..66 * SECOND).contains(&elapsed), "{elapsed:?}");
    assert!((10..80).contains(&attempts), "{attempts}");
    let expected = format!("restarting (after {attempts} attempts in {:.0} s)", elapsed.as_secs_f64());
    assert!(error.to_string().contains(&expected), "{error}");
    assert!(matches!(read().poll_output(now), Output::Send(_)));
}

#[test]
fn slow_failures_take_five_attempts_within_the_deadline() {
    let (error, attempts, now) =
        fails(&mut read(), Duration::MAX, |limits| ExchangeError::NoResponse(TransportError::timed_out(limits)));
    assert_eq!((error.kind(), attempts), (ErrorKind::TimedOut, 5));
    assert!(now - Instant::ORIGIN <= Duration::from_secs(300));
}

/// The server closes several connections, and then one attempt is lost.
#[test]
fn a_lost_attempt_is_not_an_outage() {
    let mut call = read();
    let mut now = Instant::ORIGIN;
    for attempt in 1..=9 {
        let exchange = sent(&mut call, now);
        assert_eq!(exchange.attempt, attempt);
        let lost = attempt == 8;
        now = now + if lost { exchange.limits.timeout } else { Duration::ZERO };
        let failure =
            if lost { ExchangeError::NoResponse(TransportError::timed_out(exchange.limits)) } else { broken() };
        call.handle_response(now, exchange.id, Err(failure));
        now = wait(&mut call, now);
    }
}

#[test]
fn the_maximum_number_of_attempts_ends_the_call() {
    let policy = CallPolicy { retry: RetryPolicy::default().with_max_attempts(3), ..CallPolicy::default() };
    let (error, attempts, _) = fails(&mut call(Idempotency::Idempotent, policy), Duration::ZERO, |_| unavailable());
    assert_eq!(attempts, 3);
    assert!(error.to_string().contains("restarting (after 3 attempts"), "{error}");
}

#[test]
fn a_permanent_failure_takes_one_attempt() {
    for kind in [TransportErrorKind::TooLarge, TransportErrorKind::ProxyDenied, TransportErrorKind::Unsupported] {
        let fail = |_| ExchangeError::NoResponse(TransportError::new(kind, "no"));
        assert_eq!(fails(&mut read(), Duration::ZERO, fail).1, 1, "{kind:?}");
    }
    for status in [400, 401, 404, 407, 413, 431, 501, 511, 307] {
        let status = http::StatusCode::from_u16(status).expect("a status");
        let fail = |_| ExchangeError::BadResponse(connect::Error::from_foreign_response(status, None, b""));
        assert_eq!(fails(&mut read(), Duration::ZERO, fail).1, 1, "{status}");
    }
}

/// A reader takes six minutes for a page; meanwhile one response is `unavailable`.
#[test]
fn a_late_poll_costs_a_call_nothing() {
    let mut call = read();
    let exchange = sent(&mut call, Instant::ORIGIN);
    let arrived = Instant::ORIGIN + Duration::from_millis(50);
    call.handle_response(arrived, exchange.id, Err(unavailable()));
    let late = Instant::ORIGIN + 360 * SECOND;
    let again = sent(&mut call, late);
    assert_eq!((again.attempt, again.limits.timeout), (2, 60 * SECOND));
    // The same holds for later attempts, also if the driver measures the network time.
    let later = late + 3600 * SECOND;
    call.handle_response(Arrival::new(later, Duration::from_millis(50)), again.id, Err(unavailable()));
    let until = wait(&mut call, later);
    assert_eq!(sent(&mut call, until + 3600 * SECOND).attempt, 3);
}

#[test]
fn waiting_for_a_permit_is_not_network_time() {
    let policy = CallPolicy { timeout: 10 * SECOND, ..CallPolicy::default() };
    let mut call = call(Idempotency::Idempotent, policy);
    let exchange = sent(&mut call, Instant::ORIGIN);
    // The exchange waits for a permit for an hour, then fails after 4 seconds.
    let now = Instant::ORIGIN + 3604 * SECOND;
    call.handle_response(Arrival::new(now, 4 * SECOND), exchange.id, Err(unavailable()));
    let until = wait(&mut call, now);
    assert_eq!(sent(&mut call, until).limits.timeout, 6 * SECOND - (until - now));
}

#[test]
fn the_network_time_of_another_exchange_is_ignored() {
    let mut call = read();
    let first = sent(&mut call, Instant::ORIGIN);
    call.handle_response(Arrival::new(Instant::ORIGIN, 300 * SECOND), first.id.next(), Err(unavailable()));
    call.handle_response(Instant::ORIGIN, first.id, Err(unavailable()));
    wait(&mut call, Instant::ORIGIN);
}

#[test]
fn an_error_contains_the_wait_of_the_server() {
    let limited = |seconds| connect::Error {
        retry_after: Some(Duration::from_secs(seconds)),
        ..connect::Error::new(Code::ResourceExhausted, "slow down")
    };
    let (error, ..) = fails(&mut read(), Duration::ZERO, |_| ExchangeError::BadResponse(limited(3600)));
    assert!(error.to_string().contains("slow down (the server asks to wait 3600 s)"), "{error}");
    let (error, ..) = fails(&mut read(), Duration::ZERO, |_| ExchangeError::BadResponse(limited(50)));
    assert!(error.to_string().contains("(after 5 attempts in 200 s; the server asks to wait 50 s)"), "{error}");
}

#[test]
fn the_error_of_a_write_says_whether_it_may_have_happened() {
    let write = || call(Idempotency::NotIdempotent, CallPolicy::default());
    let surely_not = [
        ExchangeError::NoResponse(TransportError::new(TransportErrorKind::ProxyDenied, "407")),
        ExchangeError::BadResponse(connect::Error::new(Code::PermissionDenied, "no")),
        ExchangeError::BadResponse(connect::Error::from_foreign_response(
            http::StatusCode::PAYLOAD_TOO_LARGE,
            None,
            b"",
        )),
    ];
    for failure in surely_not {
        let mut failure = Some(failure);
        let (error, ..) = fails(&mut write(), Duration::ZERO, |_| failure.take().expect("one attempt"));
        assert!(!error.may_have_happened() && !error.to_string().contains("may have"), "{error}");
    }
    let maybe = [
        broken(),
        unavailable(),
        ExchangeError::NoResponse(TransportError::new(TransportErrorKind::TimedOut, "no response")),
        ExchangeError::NoResponse(TransportError::new(TransportErrorKind::TooLarge, "too long")),
        ExchangeError::BadResponse(connect::Error::from_foreign_response(http::StatusCode::GATEWAY_TIMEOUT, None, b"")),
        ExchangeError::Unreadable(crate::error::UnreadableMessage::new("not protobuf")),
    ];
    for failure in maybe {
        let mut failure = Some(failure);
        let (error, ..) = fails(&mut write(), Duration::ZERO, |_| failure.take().expect("one attempt"));
        assert!(error.may_have_happened(), "{error}");
        assert!(error.to_string().contains("(it may have happened nevertheless); check whether"), "{error}");
    }
    let (error, ..) = fails(&mut read(), Duration::ZERO, |_| broken());
    assert!(!error.may_have_happened(), "a read changes nothing: {error}");
}

#[test]
fn an_unprocessed_write_is_repeated() {
    for failure in [
        ExchangeError::NoResponse(TransportError::new(TransportErrorKind::NotProcessed, "stream refused")),
        ExchangeError::BadResponse(connect::Error::from_foreign_response(
            http::StatusCode::MISDIRECTED_REQUEST,
            None,
            b"",
        )),
    ] {
        let mut write = call(Idempotency::NotIdempotent, CallPolicy::default());
        let exchange = sent(&mut write, Instant::ORIGIN);
        write.handle_response(Instant::ORIGIN, exchange.id, Err(failure));
        let until = wait(&mut write, Instant::ORIGIN);
        assert_eq!(sent(&mut write, until).attempt, 2);
    }
}

#[test]
fn a_possibly_arrived_write_is_not_repeated() {
    let mut write = call(Idempotency::NotIdempotent, CallPolicy::default());
    let exchange = sent(&mut write, Instant::ORIGIN);
    write.handle_response(Instant::ORIGIN, exchange.id, Err(broken()));
    assert_eq!(error(&mut write, Instant::ORIGIN).kind(), ErrorKind::Network);
}

#[test]
fn a_write_without_a_connection_is_repeated() {
    let mut write = call(Idempotency::NotIdempotent, CallPolicy::default());
    let exchange = sent(&mut write, Instant::ORIGIN);
    let refused = TransportError::new(TransportErrorKind::Connect, "refused");
    write.handle_response(Instant::ORIGIN, exchange.id, Err(ExchangeError::NoResponse(refused)));
    let until = wait(&mut write, Instant::ORIGIN);
    sent(&mut write, until);
}

#[test]
fn retry_after_delays_the_next_attempt() {
    let mut call = read();
    let exchange = sent(&mut call, Instant::ORIGIN);
    let limited =
        connect::Error { retry_after: Some(7 * SECOND), ..connect::Error::new(Code::ResourceExhausted, "slow down") };
    call.handle_response(Instant::ORIGIN, exchange.id, Err(ExchangeError::BadResponse(limited)));
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
    call.handle_response(Instant::ORIGIN, exchange.id, Err(ExchangeError::BadResponse(limited)));
    assert_eq!(error(&mut call, Instant::ORIGIN).kind(), ErrorKind::TooManyRequests);
}

#[test]
fn the_deadline_ends_a_call_without_a_response() {
    let policy = CallPolicy { attempt_timeout: Duration::from_secs(3600), ..CallPolicy::default() };
    let mut call = call(Idempotency::Idempotent, policy);
    let start = Instant::ORIGIN + SECOND;
    let exchange = sent(&mut call, start);
    assert_eq!(exchange.limits.timeout, Duration::from_secs(300), "the exchange keeps the deadline");
    let deadline = start + exchange.limits.timeout;
    let silent = ExchangeError::NoResponse(TransportError::timed_out(exchange.limits));
    call.handle_response(deadline, exchange.id, Err(silent));
    assert_eq!(error(&mut call, deadline).kind(), ErrorKind::TimedOut);
    call.handle_response(deadline, exchange.id, Ok(Bytes::new()));
    assert!(matches!(call.poll_output(deadline), Output::Done));
}

#[test]
fn the_last_attempt_gets_the_remaining_time() {
    let policy = CallPolicy { timeout: 10 * SECOND, attempt_timeout: 6 * SECOND, ..CallPolicy::default() };
    let mut call = call(Idempotency::Idempotent, policy);
    let first = sent(&mut call, Instant::ORIGIN);
    assert_eq!(first.limits.timeout, 6 * SECOND);
    let later = Instant::ORIGIN + 6 * SECOND;
    call.handle_response(later, first.id, Err(ExchangeError::NoResponse(TransportError::timed_out(first.limits))));
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
fn a_response_to_an_earlier_attempt_is_ignored() {
    let mut call = read();
    let first = sent(&mut call, Instant::ORIGIN);
    call.handle_response(Instant::ORIGIN, first.id, Err(broken()));
    let until = wait(&mut call, Instant::ORIGIN);
    let second = sent(&mut call, until);
    call.handle_response(until, first.id, Ok(Bytes::from_static(b"late")));
    waits_for_response(&mut call, until);
    call.handle_response(until, second.id, Ok(Bytes::from_static(b"right")));
    assert!(matches!(call.poll_output(until), Output::Item(Ok(reply)) if reply == "right"));
}

#[test]
fn a_cancelled_call_is_done() {
    let mut call = read();
    let exchange = sent(&mut call, Instant::ORIGIN);
    call.cancel();
    call.handle_response(Instant::ORIGIN, exchange.id, Ok(Bytes::new()));
    assert!(matches!(call.poll_output(Instant::ORIGIN), Output::Done));
}

fn encoded_call(policy: CallPolicy) -> Call<EncodedMessage> {
    let request = connect::Request::new(Uri::from_static("http://h:1/S/M"), HeaderMap::new(), Bytes::new(), 1024);
    Call::new(CallRequest::encoded(request, Idempotency::Idempotent, "test"), policy, 42)
}

/// Responds to the next attempt of a call with a message that stays encoded, after `took`. Returns when it arrived.
fn ends_encoded(call: &mut Call<EncodedMessage>, now: Instant, attempt: u32, took: Duration) -> Instant {
    let Output::Send(exchange) = call.poll_output(now) else { panic!("an attempt") };
    assert_eq!(exchange.attempt, attempt);
    let response = http::Response::builder().header("content-type", connect::CONTENT_TYPE).body("cut".into());
    let now = now + took.min(exchange.limits.timeout);
    call.handle_response(now, exchange.id, exchange.decode(Ok(response.expect("a response"))));
    assert!(matches!(call.poll_output(now), Output::Item(Ok(message)) if message.len() == 3));
    assert!(matches!(call.poll_output(now), Output::Done));
    now
}

fn cut() -> ExchangeError {
    ExchangeError::Unreadable(crate::error::UnreadableMessage::new("buffer underflow").cut())
}

#[test]
fn an_undecodable_response_continues_its_call() {
    let mut call = encoded_call(CallPolicy::default());
    let mut now = Instant::ORIGIN;
    for attempt in 1..=5 {
        now = ends_encoded(&mut call, now, attempt, Duration::ZERO);
        // The time until the response is decoded does not count.
        now = now + 3600 * SECOND;
        call.fail(now, cut());
        if attempt < 5 {
            let Output::WaitUntil(time) = call.poll_output(now) else { panic!("a wait after attempt {attempt}") };
            now = time;
        }
    }
    let Output::Item(Err(error)) = call.poll_output(now) else { panic!("the last attempt failed") };
    assert_eq!(error.kind(), ErrorKind::Undecodable);
    assert!(error.to_string().contains("after 5 attempts"), "{error}");
}

#[test]
fn an_undecodable_response_uses_up_the_deadline() {
    let mut call = encoded_call(CallPolicy { timeout: 100 * SECOND, ..CallPolicy::default() });
    let now = ends_encoded(&mut call, Instant::ORIGIN, 1, 55 * SECOND);
    call.fail(now, cut());
    let Output::WaitUntil(now) = call.poll_output(now) else { panic!("a wait") };
    let now = ends_encoded(&mut call, now, 2, 55 * SECOND);
    call.fail(now, cut());
    assert!(matches!(call.poll_output(now), Output::Item(Err(error)) if error.kind() == ErrorKind::Undecodable));
}

#[test]
fn an_error_status_without_a_body_is_an_error() {
    let mut call = call(Idempotency::Idempotent, CallPolicy { retry: RetryPolicy::never(), ..CallPolicy::default() });
    let exchange = sent(&mut call, Instant::ORIGIN);
    let response = http::Response::builder().status(503).body(Bytes::new()).expect("a response");
    call.handle_response(Instant::ORIGIN, exchange.id, exchange.decode(Ok(response)));
    assert_eq!(error(&mut call, Instant::ORIGIN).kind(), ErrorKind::Network);
}

#[test]
fn a_damaged_response_ends_the_call() {
    let mut call = read();
    let exchange = sent(&mut call, Instant::ORIGIN);
    let response = http::Response::builder().header("content-type", connect::CONTENT_TYPE);
    let response = response.header("content-encoding", "gzip").header("content-length", "24");
    let response = response.body("this is surely not gzip!".into()).expect("a response");
    call.handle_response(Instant::ORIGIN, exchange.id, exchange.decode(Ok(response)));
    assert!(error(&mut call, Instant::ORIGIN).to_string().contains("damaged"));
}

/// Returns a call whose response is decoded as protobuf.
fn listing() -> Call<crate::protocol::wire::datasets::v1::ListDatasetsResponse> {
    let request = connect::Request::new(Uri::from_static("http://h:1/S/M"), HeaderMap::new(), Bytes::new(), 1024);
    let request = CallRequest::new(request, Idempotency::Idempotent, "test", |response: &connect::UnaryResponse| {
        prost::Message::decode(response.message.clone())
    });
    Call::new(request, CallPolicy::default(), 42)
}

#[test]
fn a_possibly_truncated_response_is_requested_again() {
    let response = |length: Option<&str>| {
        let response = http::Response::builder().header("content-type", connect::CONTENT_TYPE);
        let response = length.into_iter().fold(response, |response, length| response.header("content-length", length));
        response.body(Bytes::from_static(b"\x0a\x7fcut")).expect("a response")
    };
    for (length, attempts) in [(None, 5), (Some("5"), 1)] {
        let mut call = listing();
        let (mut now, mut sent) = (Instant::ORIGIN, 0);
        let error = loop {
            match call.poll_output(now) {
                Output::Send(exchange) => {
                    sent += 1;
                    call.handle_response(now, exchange.id, exchange.decode(Ok(response(length))));
                }
                Output::WaitUntil(time) => now = time,
                Output::Item(result) => break result.expect_err("each response is truncated"),
                other => panic!("{other:?}"),
            }
        };
        assert_eq!((error.kind(), sent), (ErrorKind::Undecodable, attempts), "{length:?}: {error}");
    }
}

#[test]
fn no_failure_shows_the_key() {
    const KEY: &str = "tbx-0123456789";
    let mut headers = HeaderMap::new();
    headers.insert("authorization", http::HeaderValue::from_static("Bearer tbx-0123456789"));
    let uri = Uri::from_static("http://name:tbx-0@h:1/S/M?key=tbx-0");
    let request = connect::Request::new(uri, headers, Bytes::new(), 1024);
    let request = CallRequest::new(request, Idempotency::Idempotent, "test", |response: &connect::UnaryResponse| {
        Err::<Bytes, _>(std::io::Error::other(String::from_utf8_lossy(&response.message).into_owned()))
    });
    assert_eq!(request.context.server(), "http://…@h:1");
    let policy = CallPolicy { retry: RetryPolicy::never(), ..CallPolicy::default() };
    let mut call = Call::new(request, policy, 42);
    let exchange = sent(&mut call, Instant::ORIGIN);
    assert!(!format!("{exchange:?}").contains("tbx-0"), "{exchange:?}");
    let response = |status: u16, content_type: &str, body: &str| {
        let response = http::Response::builder().status(status).header("content-type", content_type);
        Ok(response.header("x-echo", KEY).body(Bytes::from(body.to_owned())).expect("a response"))
    };
    let page = "<pre>authorization: Bearer tbx-0123456789</pre>";
    let long = format!("{}Bearer {KEY}", "x ".repeat(70));
    let responses = [
        response(502, "text/html", page),
        response(502, "text/plain", &long),
        response(404, "application/json", r#"{"code":"not_found","message":"for tbx-0123456789"}"#),
        response(200, "application/proto", KEY),
        Err(TransportError::new(TransportErrorKind::Interrupted, format!("sent {KEY}")).with_advice(format!("{KEY}?"))),
    ];
    let context = CallContext {
        purpose: "test".into(),
        uri: Uri::from_static("http://h:1/S/M"),
        public: false,
        has_key: true,
        writes: false,
        idempotent: true,
    };
    for response in responses {
        let failure = exchange.decode(response).expect_err("each fails");
        let mut shown = format!("{failure} {failure:?}");
        let attempts = Attempts { count: 1, elapsed: Duration::ZERO, may_have_happened: false };
        let error = context.error(attempts, failure);
        let mut source: Option<&dyn std::error::Error> = Some(&error);
        while let Some(error) = source {
            shown.push_str(&format!(" {error} {error:?}"));
            source = error.source();
        }
        assert!(!shown.contains("tbx-0"), "{shown}");
    }
}
