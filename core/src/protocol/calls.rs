//! Several calls at once, as the part of a machine that makes them.

use std::time::Duration;

use crate::error::Result;
use crate::protocol::call::Call;
use crate::protocol::exchange::ExchangeError;
use crate::protocol::machine::{Arrived, Machine as _, Output, RequestId, Sealed, is_beyond_allowance};
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
    /// The answer that is being decoded, where it is kept.
    kept: Option<Sealed<Reply>>,
    /// The same, for the case that it takes more than it may.
    spare: Option<Sealed<Reply>>,
    /// Whether it took more than it might.
    is_large: bool,
}

/// What becomes of an answer that is not decoded yet.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Unseal {
    /// It stays as it is.
    Later,
    /// It is decoded, and the call has ended.
    Now,
    /// The same, if it expands to at most so many bytes. One that is larger stays as it is.
    Within(usize),
    /// It is decoded within so many bytes and stays as it is, too, with its call: to be decoded once more.
    Copy(usize),
}

/// The exchange of a call that is under way, or whose answer is not decoded yet.
#[derive(Clone, Copy)]
struct Sent {
    /// Its id here.
    outer: RequestId,
    /// Its id in the call.
    inner: RequestId,
    at: Instant,
    /// How long the network owed the response, where the driver says so.
    owed: Option<Duration>,
}

impl<Key, Reply> Running<Key, Reply> {
    fn has_response(&self) -> bool {
        self.call.has_responded() || self.call.is_decoding()
    }
}

impl<Key: Copy + PartialEq, Reply> Calls<Key, Reply> {
    pub(crate) fn new() -> Self {
        Self { running: Vec::new(), next_id: RequestId::FIRST }
    }

    /// How many have not ended.
    pub(crate) fn len(&self) -> usize {
        self.running.len()
    }

    /// How many of them have no answer yet.
    pub(crate) fn under_way(&self) -> usize {
        self.running.iter().filter(|running| running.call.is_under_way()).count()
    }

    /// How many answers are being decoded.
    pub(crate) fn decoding(&self) -> usize {
        self.running.iter().filter(|running| running.call.is_decoding()).count()
    }

    pub(crate) fn start(&mut self, key: Key, call: Call<Reply>) {
        self.running.push(Running { key, call, sent: None, kept: None, spare: None, is_large: false });
    }

    /// Tells the call that waits for the response how long the network owed it.
    pub(crate) fn handle_owed(&mut self, id: RequestId, owed: Duration) {
        for running in &mut self.running {
            if let Some(sent) = running.sent.as_mut().filter(|sent| sent.outer == id) {
                sent.owed = Some(owed);
                running.call.handle_owed(sent.inner, owed);
            }
        }
    }

    /// Gives the answer to the call that waits for it, and says when that had asked, so that the time since then is the
    /// network's; `None` when none waits any more, or only for the answer to be decoded.
    pub(crate) fn handle_response(
        &mut self,
        now: Instant,
        id: RequestId,
        result: Result<Arrived<Reply>, ExchangeError>,
    ) -> Option<Instant> {
        let running = self.running.iter_mut().find(|running| running.sent.is_some_and(|sent| sent.outer == id))?;
        let sent = running.sent?;
        let was_there = running.has_response();
        if running.call.is_decoding()
            && result.as_ref().is_err_and(is_beyond_allowance)
            && let Some(response) = running.spare.take()
        {
            (running.is_large, running.kept) = (true, None);
            running.call.respond_again(sent.inner, response);
            return None;
        }
        if result.is_err() {
            running.kept = None;
        }
        running.call.handle_response(now, sent.inner, result);
        if !running.call.is_decoding() {
            running.spare = None;
        }
        if !running.has_response() && running.kept.is_none() {
            running.sent = None;
        }
        let begin = sent.owed.map(|owed| Instant::after_origin(now.since_origin().saturating_sub(owed)));
        (!was_there).then_some(begin.unwrap_or(sent.at))
    }

    /// What the calls want. An item is a call that has ended, with its result; done means that none is left.
    pub(crate) fn poll_output(&mut self, now: Instant) -> Output<Reply, (Key, Result<Reply>)> {
        self.poll_output_where(now, |_, _| Unseal::Now)
    }

    /// The same, with a say in which answers are decoded: by their key, and whether they took more than they might.
    pub(crate) fn poll_output_where(
        &mut self,
        now: Instant,
        unseal: impl Fn(&Key, bool) -> Unseal,
    ) -> Output<Reply, (Key, Result<Reply>)> {
        let mut waits = if self.running.is_empty() { Output::Done } else { Output::WaitForResponses };
        let mut index = 0;
        while let Some(running) = self.running.get_mut(index) {
            let has_responded = running.call.has_responded();
            let unseal = if has_responded { unseal(&running.key, running.is_large) } else { Unseal::Now };
            if unseal == Unseal::Later {
                index += 1;
                continue;
            }
            match running.call.poll_output(now) {
                Output::Send(mut exchange) => {
                    running.sent = Some(Sent { outer: self.next_id, inner: exchange.id, at: now, owed: None });
                    exchange.id = self.next_id;
                    self.next_id = self.next_id.next();
                    return Output::Send(exchange);
                }
                Output::Item(result) => {
                    if let (Ok(_), Some(response), Some(sent)) = (&result, running.kept.take(), running.sent) {
                        running.call.respond_again(sent.inner, response);
                        return Output::Item(Ok((running.key, result)));
                    }
                    // In the order in which they began, so that answers are decoded in that order, too.
                    let ended = self.running.remove(index);
                    return Output::Item(Ok((ended.key, result)));
                }
                Output::Decode(id, response) => {
                    running.kept = matches!(unseal, Unseal::Copy(_)).then(|| response.clone());
                    let response = match unseal {
                        Unseal::Within(bytes) | Unseal::Copy(bytes) => {
                            running.spare = Some(response.clone());
                            response.within(bytes)
                        }
                        Unseal::Now | Unseal::Later => response,
                    };
                    let id = running.sent.map_or(id, |sent| sent.outer);
                    return Output::Decode(id, response);
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

    /// Whether the call of this key has not ended.
    pub(crate) fn has(&self, key: &Key) -> bool {
        self.running.iter().any(|running| running.key == *key)
    }

    /// Whether the key of any call that has not ended is of this kind.
    pub(crate) fn any(&self, is_such: impl Fn(&Key) -> bool) -> bool {
        self.running.iter().any(|running| is_such(&running.key))
    }

    /// Ends a call whose result is no longer wanted.
    pub(crate) fn end(&mut self, key: &Key) {
        self.running.retain(|running| running.key != *key);
    }

    /// Ends the calls of such keys, whose results are no longer wanted.
    pub(crate) fn end_where(&mut self, is_such: impl Fn(&Key) -> bool) {
        self.running.retain(|running| !is_such(&running.key));
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
        let decode = |response: &connect::UnaryResponse| Ok::<_, std::fmt::Error>(response.message.clone());
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
    fn responses_find_their_call_in_any_order() {
        let mut calls = Calls::new();
        assert!(matches!(calls.poll_output(NOW), Output::Done));
        calls.start('a', call(CallPolicy::default()));
        calls.start('b', call(CallPolicy::default()));
        let (first, second) = (sent(&mut calls, NOW), sent(&mut calls, NOW));
        assert_ne!(first.id, second.id);
        assert!(matches!(calls.poll_output(NOW), Output::WaitForResponses));
        reply(&mut calls, &second, "to b");
        assert!(matches!(calls.poll_output(NOW), Output::Item(Ok(('b', Ok(text)))) if text == "to b"));
        reply(&mut calls, &second, "again");
        reply(&mut calls, &first, "to a");
        assert!(matches!(calls.poll_output(NOW), Output::Item(Ok(('a', Ok(text)))) if text == "to a"));
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
            calls.handle_response(NOW, exchange.id, Err(unavailable));
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
    fn the_time_of_a_response_is_what_the_network_owed() {
        let mut calls = Calls::new();
        calls.start('a', call(CallPolicy::default()));
        let exchange = sent(&mut calls, NOW);
        let owed = Duration::from_millis(50);
        let later = NOW + Duration::from_secs(400);
        calls.handle_owed(exchange.id, owed);
        let unavailable = ExchangeError::BadResponse(connect::Error::new(Code::Unavailable, "not now"));
        let asked = calls.handle_response(later, exchange.id, Err(unavailable)).expect("a call waits");
        assert_eq!(later - asked, owed);
        assert!(matches!(calls.poll_output(later), Output::WaitUntil(_)), "there is time for another attempt");
    }

    #[test]
    fn an_attempt_after_another_has_an_id_of_its_own() {
        let mut calls = Calls::new();
        calls.start('a', call(CallPolicy::default()));
        let first = sent(&mut calls, NOW);
        let unavailable = ExchangeError::BadResponse(connect::Error::new(Code::Unavailable, "not now"));
        calls.handle_response(NOW, first.id, Err(unavailable));
        let later = NOW + Duration::from_secs(1);
        let second = sent(&mut calls, later);
        assert_ne!(first.id, second.id);
        reply(&mut calls, &first, "of the first attempt");
        assert!(matches!(calls.poll_output(later), Output::WaitForResponses));
        reply(&mut calls, &second, "of the second");
        assert!(matches!(calls.poll_output(later), Output::Item(Ok(('a', Ok(text)))) if text == "of the second"));
    }

    #[test]
    fn a_response_is_decoded_on_demand_and_again_when_kept() {
        let mut calls = Calls::new();
        calls.start('a', call(CallPolicy::default()));
        let exchange = sent(&mut calls, NOW);
        let response = Response::builder().header("content-type", CONTENT_TYPE).body("to a".into());
        let sealed = exchange.seal(Ok(response.expect("a response")));
        assert_eq!(calls.handle_response(NOW, exchange.id, sealed), Some(NOW));
        assert_eq!((calls.len(), calls.under_way(), calls.decoding()), (1, 0, 0));
        assert!(matches!(calls.poll_output_where(NOW, |_, _| Unseal::Later), Output::WaitForResponses));

        for (unseal, is_kept) in [(Unseal::Copy(9), true), (Unseal::Copy(9), true), (Unseal::Now, false)] {
            let Output::Decode(id, response) = calls.poll_output_where(NOW, |_, _| unseal) else { panic!("to decode") };
            assert_eq!((id, calls.decoding()), (exchange.id, 1));
            assert_eq!(calls.handle_response(NOW, id, response.decode()), None, "it came before");
            let item = calls.poll_output_where(NOW, |_, _| Unseal::Later);
            assert!(matches!(item, Output::Item(Ok(('a', Ok(text)))) if text == "to a"));
            assert_eq!(calls.has(&'a'), is_kept);
        }
        assert!(matches!(calls.poll_output(NOW), Output::Done));
    }
    #[test]
    fn a_response_larger_than_allowed_stays_sealed() {
        let mut calls = Calls::new();
        calls.start('a', call(CallPolicy::default()));
        let exchange = sent(&mut calls, NOW);
        let response = Response::builder().header("content-type", CONTENT_TYPE).body("to a".into());
        let sealed = exchange.seal(Ok(response.expect("a response")));
        calls.handle_response(NOW, exchange.id, sealed);
        let allow = |_: &char, is_large| if is_large { Unseal::Later } else { Unseal::Within(3) };
        let Output::Decode(id, response) = calls.poll_output_where(NOW, allow) else { panic!("to decode") };
        assert_eq!(calls.handle_response(NOW, id, response.decode()), None);
        assert!(matches!(calls.poll_output_where(NOW, allow), Output::WaitForResponses), "it is large");
        let Output::Decode(id, response) = calls.poll_output(NOW) else { panic!("to decode") };
        calls.handle_response(NOW, id, response.decode());
        assert!(matches!(calls.poll_output(NOW), Output::Item(Ok(('a', Ok(text)))) if text == "to a"));
    }
}
