//! Several calls at once, as the part of a machine that makes them.

use crate::call::Call;
use crate::error::Result;
use crate::machine::{Failure, Machine as _, Output, RequestId};
use crate::time::Instant;

/// Calls under way, each with a key by which their owner knows it.
///
/// How many there may be is up to the owner, who starts them. A call counts its exchanges on its own, so each exchange
/// gets an id here that no other one has.
pub(crate) struct Calls<Key, Reply> {
    running: Vec<Running<Key, Reply>>,
    next_id: RequestId,
}

struct Running<Key, Reply> {
    key: Key,
    call: Call<Reply>,
    sent: Option<Sent>,
}

/// The exchange of a call that is under way.
#[derive(Clone, Copy)]
struct Sent {
    /// Its id here.
    outer: RequestId,
    /// Its id in the call.
    inner: RequestId,
    at: Instant,
}

impl<Key: PartialEq, Reply> Calls<Key, Reply> {
    pub(crate) fn new() -> Self {
        Self { running: Vec::new(), next_id: RequestId::FIRST }
    }

    /// How many are under way.
    pub(crate) fn len(&self) -> usize {
        self.running.len()
    }

    pub(crate) fn start(&mut self, key: Key, call: Call<Reply>) {
        self.running.push(Running { key, call, sent: None });
    }

    /// Gives the answer to the call that waits for it, and says when that had asked; `None` when none waits any more.
    pub(crate) fn handle_response(
        &mut self,
        now: Instant,
        id: RequestId,
        result: Result<Reply, Failure>,
    ) -> Option<Instant> {
        for running in &mut self.running {
            if let Some(sent) = running.sent.take_if(|sent| sent.outer == id) {
                running.call.handle_response(now, sent.inner, result);
                return Some(sent.at);
            }
        }
        None
    }

    /// What the calls want. An item is a call that has ended, with its result; done means that none is under way.
    pub(crate) fn poll_output(&mut self, now: Instant) -> Output<Reply, (Key, Result<Reply>)> {
        let mut waits = if self.running.is_empty() { Output::Done } else { Output::WaitForResponses };
        let mut index = 0;
        while let Some(running) = self.running.get_mut(index) {
            match running.call.poll_output(now) {
                Output::Send(mut exchange) => {
                    running.sent = Some(Sent { outer: self.next_id, inner: exchange.id, at: now });
                    exchange.id = self.next_id;
                    self.next_id = self.next_id.next();
                    return Output::Send(exchange);
                }
                Output::Item(result) => {
                    let ended = self.running.swap_remove(index);
                    return Output::Item(Ok((ended.key, result)));
                }
                Output::WaitUntil(time) => {
                    waits = match waits {
                        Output::WaitUntil(earlier) => Output::WaitUntil(earlier.min(time)),
                        _ => Output::WaitUntil(time),
                    }
                }
                // Only a call that was cancelled is done without a result, and none of these is.
                Output::WaitForResponses | Output::Done => {}
            }
            index += 1;
        }
        waits
    }

    /// Ends a call whose result is no longer wanted.
    pub(crate) fn end(&mut self, key: &Key) {
        self.running.retain(|running| running.key != *key);
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
    use crate::call::{CallPolicy, CallRequest};
    use crate::connect::{self, CONTENT_TYPE, Code};
    use crate::machine::Exchange;
    use crate::retry::{Idempotency, RetryPolicy};

    const NOW: Instant = Instant::ORIGIN;

    fn call(policy: CallPolicy) -> Call<Bytes> {
        let uri = "http://localhost/S/M".parse().expect("a URI");
        let request = connect::Request::new(uri, Default::default(), "ping".into(), 1024);
        let decode = |answer: &connect::Answer| Ok::<_, std::fmt::Error>(answer.message.clone());
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
        calls.handle_response(NOW, exchange.id, exchange.decode(Ok(response)));
    }

    #[test]
    fn answers_find_their_call_in_any_order() {
        let mut calls = Calls::new();
        assert!(matches!(calls.poll_output(NOW), Output::Done));
        calls.start('a', call(CallPolicy::default()));
        calls.start('b', call(CallPolicy::default()));
        let (first, second) = (sent(&mut calls, NOW), sent(&mut calls, NOW));
        assert_ne!(first.id, second.id);
        assert!(matches!(calls.poll_output(NOW), Output::WaitUntil(_)));
        reply(&mut calls, &second, "to b");
        assert!(matches!(calls.poll_output(NOW), Output::Item(Ok(('b', Ok(text)))) if text == "to b"));
        reply(&mut calls, &second, "again");
        reply(&mut calls, &first, "to a");
        assert!(matches!(calls.poll_output(NOW), Output::Item(Ok(('a', Ok(text)))) if text == "to a"));
        assert!(matches!(calls.poll_output(NOW), Output::Done));
    }

    #[test]
    fn the_earliest_time_is_waited_for_and_a_late_answer_is_ignored() {
        let timeout = |seconds| CallPolicy {
            timeout: Duration::from_secs(seconds),
            retry: RetryPolicy::never(),
            ..CallPolicy::default()
        };
        let mut calls = Calls::new();
        calls.start('a', call(timeout(20)));
        calls.start('b', call(timeout(10)));
        let (_, late) = (sent(&mut calls, NOW), sent(&mut calls, NOW));
        let deadline = NOW + Duration::from_secs(10);
        assert!(matches!(calls.poll_output(NOW), Output::WaitUntil(time) if time == deadline));
        assert!(matches!(calls.poll_output(deadline), Output::Item(Ok(('b', Err(_))))));
        reply(&mut calls, &late, "too late");
        assert!(
            matches!(calls.poll_output(deadline), Output::WaitUntil(time) if time == NOW + Duration::from_secs(20))
        );
        assert_eq!(calls.len(), 1);
    }

    #[test]
    fn an_attempt_after_another_has_an_id_of_its_own() {
        let mut calls = Calls::new();
        calls.start('a', call(CallPolicy::default()));
        let first = sent(&mut calls, NOW);
        let unavailable = Failure::BadAnswer(connect::Error::new(Code::Unavailable, "not now"));
        calls.handle_response(NOW, first.id, Err(unavailable));
        let later = NOW + Duration::from_secs(1);
        let second = sent(&mut calls, later);
        assert_ne!(first.id, second.id);
        reply(&mut calls, &first, "of the first attempt");
        assert!(matches!(calls.poll_output(later), Output::WaitUntil(_)));
        reply(&mut calls, &second, "of the second");
        assert!(matches!(calls.poll_output(later), Output::Item(Ok(('a', Ok(text)))) if text == "of the second"));
    }
}
