//! The concurrent calls of one machine.

use std::fmt;

use crate::error::Result;
use crate::protocol::call::Call;
use crate::protocol::exchange::ExchangeError;
use crate::protocol::machine::{Arrival, Machine as _, Output, RequestId};
use crate::time::Instant;

/// The running calls of one owner, each with a key that the owner chooses.
///
/// The owner starts the calls and so decides their number. Each call numbers its own exchanges, so each exchange gets a
/// second id here, which is unique among all calls.
pub(crate) struct Calls<Key, Reply> {
    running: Vec<Running<Key, Reply>>,
    next_id: RequestId,
}

struct Running<Key, Reply> {
    key: Key,
    call: Call<Reply>,
    sent: Option<Sent>,
}

/// The exchange of a call that is in flight.
#[derive(Clone, Copy)]
struct Sent {
    /// Its id among all calls.
    outer: RequestId,
    /// Its id in its call.
    inner: RequestId,
    at: Instant,
}

/// A call that has ended, with its result. [`Call::fail`] continues it if its response proves undecodable.
pub(crate) struct EndedCall<Key, Reply> {
    pub(crate) key: Key,
    pub(crate) result: Result<Reply>,
    pub(crate) call: Call<Reply>,
}

impl<Key: fmt::Debug, Reply: fmt::Debug> fmt::Debug for EndedCall<Key, Reply> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EndedCall").field("key", &self.key).field("result", &self.result).finish_non_exhaustive()
    }
}

impl<Key: Copy + PartialEq, Reply> Calls<Key, Reply> {
    pub(crate) fn new() -> Self {
        Self { running: Vec::new(), next_id: RequestId::FIRST }
    }

    /// Returns the number of calls that have not ended.
    pub(crate) fn len(&self) -> usize {
        self.running.len()
    }

    /// Starts a call, or continues one.
    pub(crate) fn start(&mut self, key: Key, call: Call<Reply>) {
        self.running.push(Running { key, call, sent: None });
    }

    /// Passes a response to its call. Returns the time at which its network time began, or its request was sent if that
    /// is unknown; `None` if no call waits for the response.
    pub(crate) fn handle_response(
        &mut self,
        arrival: Arrival,
        id: RequestId,
        result: Result<Reply, ExchangeError>,
    ) -> Option<Instant> {
        let running = self.running.iter_mut().find(|running| running.sent.is_some_and(|sent| sent.outer == id))?;
        let sent = running.sent.take()?;
        running.call.handle_response(arrival, sent.inner, result);
        let began = |time| Instant::after_origin(arrival.at.since_origin().saturating_sub(time));
        Some(arrival.network_time.map_or(sent.at, began))
    }

    /// Returns the next output of the calls. An item is a call that has ended; `Done` means that no call is left.
    pub(crate) fn poll_output(&mut self, now: Instant) -> Output<Reply, EndedCall<Key, Reply>> {
        let mut waits = if self.running.is_empty() { Output::Done } else { Output::WaitForResponses };
        for (index, running) in self.running.iter_mut().enumerate() {
            match running.call.poll_output(now) {
                Output::Send(mut exchange) => {
                    running.sent = Some(Sent { outer: self.next_id, inner: exchange.id, at: now });
                    exchange.id = self.next_id;
                    self.next_id = self.next_id.next();
                    return Output::Send(exchange);
                }
                Output::Item(result) => {
                    // Calls are polled in the order of their start, so their responses are read in that order.
                    let Running { key, call, .. } = self.running.remove(index);
                    return Output::Item(Ok(EndedCall { key, result, call }));
                }
                Output::WaitUntil(time) => {
                    waits = match waits {
                        Output::WaitUntil(earlier) => Output::WaitUntil(earlier.min(time)),
                        _ => Output::WaitUntil(time),
                    }
                }
                // Only a cancelled call is done without a result, and no call here is cancelled.
                Output::WaitForResponses | Output::Done => {}
            }
        }
        waits
    }

    /// Returns whether the key of any call that has not ended satisfies a condition.
    pub(crate) fn any(&self, condition: impl Fn(&Key) -> bool) -> bool {
        self.running.iter().any(|running| condition(&running.key))
    }

    /// Ends a call whose result is no longer wanted.
    pub(crate) fn end(&mut self, key: &Key) {
        self.running.retain(|running| running.key != *key);
    }

    /// Ends the calls whose keys satisfy a condition.
    pub(crate) fn end_where(&mut self, condition: impl Fn(&Key) -> bool) {
        self.running.retain(|running| !condition(&running.key));
    }

    pub(crate) fn clear(&mut self) {
        self.running.clear();
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use bytes::Bytes;
    use http::Response;

    use super::*;
    use crate::protocol::call::{CallPolicy, CallRequest};
    use crate::protocol::connect::{self, CONTENT_TYPE, Code};
    use crate::protocol::machine::Exchange;
    use crate::protocol::retry::{Idempotency, RetryPolicy};

    const NOW: Instant = Instant::ORIGIN;

    fn call(policy: CallPolicy) -> Call<Bytes> {
        let uri = "http://localhost/S/M".parse().expect("a URI");
        let request = connect::Request::new(uri, Default::default(), "ping".into(), 1024);
        let decode = |response: &connect::UnaryResponse| Ok::<_, fmt::Error>(response.message.clone());
        Call::new(CallRequest::new(request, Idempotency::Idempotent, "ping", decode), policy, 1)
    }

    fn sent(calls: &mut Calls<char, Bytes>, now: Instant) -> Exchange<Bytes> {
        match calls.poll_output(now) {
            Output::Send(exchange) => exchange,
            other => panic!("expected an exchange, got {other:?}"),
        }
    }

    fn reply(calls: &mut Calls<char, Bytes>, exchange: &Exchange<Bytes>, text: &'static str) {
        let response = Response::builder().header("content-type", CONTENT_TYPE).body(text.into()).expect("a response");
        calls.handle_response(NOW.into(), exchange.id, exchange.decode(Ok(response)));
    }

    #[test]
    fn responses_find_their_call_in_any_order() {
        let mut calls = Calls::new();
        assert!(matches!(calls.poll_output(NOW), Output::Done));
        calls.start('a', call(CallPolicy::default()));
        calls.start('b', call(CallPolicy::default()));
        let (first, second) = (sent(&mut calls, NOW), sent(&mut calls, NOW));
        assert_ne!(first.id, second.id);
        assert!(matches!(calls.poll_output(NOW), Output::WaitForResponses));
        reply(&mut calls, &second, "to b");
        assert!(matches!(
            calls.poll_output(NOW),
            Output::Item(Ok(EndedCall { key: 'b', result: Ok(text), .. })) if text == "to b"
        ));
        reply(&mut calls, &second, "again");
        reply(&mut calls, &first, "to a");
        assert!(matches!(
            calls.poll_output(NOW),
            Output::Item(Ok(EndedCall { key: 'a', result: Ok(text), .. })) if text == "to a"
        ));
        assert!(matches!(calls.poll_output(NOW), Output::Done));
    }

    #[test]
    fn the_earliest_retry_is_awaited_and_late_responses_ignored() {
        let retry = |seconds| {
            let wait = Duration::from_secs(seconds);
            CallPolicy {
                retry: RetryPolicy::default().with_initial_backoff(wait).with_max_backoff(wait),
                ..CallPolicy::default()
            }
        };
        let mut calls = Calls::new();
        calls.start('a', call(retry(200)));
        calls.start('b', call(retry(10)));
        let (first, late) = (sent(&mut calls, NOW), sent(&mut calls, NOW));
        for exchange in [&first, &late] {
            let unavailable = ExchangeError::BadResponse(connect::Error::new(Code::Unavailable, "not now"));
            calls.handle_response(NOW.into(), exchange.id, Err(unavailable));
        }
        let Output::WaitUntil(time) = calls.poll_output(NOW) else { panic!("a wait") };
        assert!(time - NOW <= Duration::from_secs(10));
        let again = sent(&mut calls, time);
        assert_eq!(again.attempt, 2);
        reply(&mut calls, &late, "too late");
        assert!(matches!(calls.poll_output(time), Output::WaitUntil(later) if later > time));
        assert_eq!(calls.len(), 2);
    }

    #[test]
    fn the_time_of_a_response_is_its_network_time() {
        let mut calls = Calls::new();
        calls.start('a', call(CallPolicy::default()));
        let exchange = sent(&mut calls, NOW);
        let owed = Duration::from_millis(50);
        let later = NOW + Duration::from_secs(400);
        let unavailable = ExchangeError::BadResponse(connect::Error::new(Code::Unavailable, "not now"));
        let began =
            calls.handle_response(Arrival::new(later, owed), exchange.id, Err(unavailable)).expect("a call waits");
        assert_eq!(later - began, owed);
        assert!(matches!(calls.poll_output(later), Output::WaitUntil(_)), "there is time for another attempt");
    }

    #[test]
    fn each_attempt_has_its_own_id() {
        let mut calls = Calls::new();
        calls.start('a', call(CallPolicy::default()));
        let first = sent(&mut calls, NOW);
        let unavailable = ExchangeError::BadResponse(connect::Error::new(Code::Unavailable, "not now"));
        calls.handle_response(NOW.into(), first.id, Err(unavailable));
        let later = NOW + Duration::from_secs(1);
        let second = sent(&mut calls, later);
        assert_ne!(first.id, second.id);
        reply(&mut calls, &first, "of the first attempt");
        assert!(matches!(calls.poll_output(later), Output::WaitForResponses));
        reply(&mut calls, &second, "of the second");
        assert!(matches!(
            calls.poll_output(later),
            Output::Item(Ok(EndedCall { key: 'a', result: Ok(text), .. })) if text == "of the second"
        ));
    }

    #[test]
    fn an_ended_call_keeps_its_attempts_when_it_continues() {
        let mut calls = Calls::new();
        calls.start(
            'a',
            call(CallPolicy { retry: RetryPolicy::default().with_max_attempts(2), ..CallPolicy::default() }),
        );
        let mut now = NOW;
        for attempt in [1, 2] {
            let exchange = sent(&mut calls, now);
            assert_eq!(exchange.attempt, attempt);
            reply(&mut calls, &exchange, "cut");
            let Output::Item(Ok(EndedCall { key, result: Ok(_), mut call })) = calls.poll_output(now) else {
                panic!("the call ends with its response")
            };
            assert_eq!(calls.len(), 0);
            call.fail(now, ExchangeError::BadResponse(connect::Error::new(Code::Unavailable, "it is cut")));
            calls.start(key, call);
            if attempt == 1 {
                let Output::WaitUntil(time) = calls.poll_output(now) else { panic!("a wait") };
                now = time;
            }
        }
        let Output::Item(Ok(EndedCall { result, .. })) = calls.poll_output(now) else {
            panic!("the last attempt failed")
        };
        assert!(result.expect_err("an error").to_string().contains("it is cut (after 2 attempts"));
        assert!(matches!(calls.poll_output(now), Output::Done));
    }
}
