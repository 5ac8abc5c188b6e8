//! One RPC as a machine: attempts, backoff, `Retry-After` and the deadline of the call.
//!
//! The deadline counts network time, not clock time: see [`CallPolicy::timeout`].

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use crate::error::{Error, Secret};
use crate::protocol::call_error::{Attempts, CallContext};
use crate::protocol::connect::{self, EncodedMessage};
use crate::protocol::exchange::{ExchangeError, Limits, TransportError};
use crate::protocol::machine::{Arrival, Decoder, Exchange, Machine, Output, ReadMessage, RequestId, read_message};
use crate::protocol::retry::{
    Backoff, Idempotency, RetryLimit, RetryPolicy, Verdict, is_timeout, may_have_arrived, verdict,
};
use crate::time::Instant;

/// The timeouts of a call, the size limit of its response, and its retries.
///
/// # Network time
///
/// Both timeouts count only the time in which the network owes a response:
///
/// - An attempt begins when its request is sent. Waiting for a permit before does not count.
/// - It ends when its response arrives, not when the caller polls for it.
/// - Time in which bytes have arrived but the future is not polled does not count: neither a reader that pauses between
///   two pages nor a blocked executor uses up an attempt or a call.
/// - The planned waits between attempts count for the call.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct CallPolicy {
    /// Maximum time of the whole call: its attempts and the waits between them.
    pub timeout: Duration,
    /// Maximum time of one attempt, from the sending of its request.
    pub attempt_timeout: Duration,
    /// The maximum bytes of a response, both as transferred and after decompression.
    pub message_limit: usize,
    /// The retries.
    pub retry: RetryPolicy,
}

/// Five minutes per call, one minute per attempt, 512 MiB per response.
impl Default for CallPolicy {
    fn default() -> Self {
        Self {
            timeout: Duration::from_secs(300),
            attempt_timeout: Duration::from_secs(60),
            message_limit: connect::response::DEFAULT_MESSAGE_LIMIT,
            retry: RetryPolicy::default(),
        }
    }
}

/// The request of a call and the decoder of its response. It can be sent any number of times.
pub struct CallRequest<Reply> {
    pub(crate) request: connect::Request,
    pub(crate) idempotency: Idempotency,
    read: ReadMessage<Reply>,
    pub(crate) context: CallContext,
}

/// Without the body and the headers, which have secrets.
impl<Reply> fmt::Debug for CallRequest<Reply> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CallRequest").field("idempotency", &self.idempotency).finish_non_exhaustive()
    }
}

impl<Reply> CallRequest<Reply> {
    /// Creates a request whose response `decode` turns into the reply. `purpose` completes "cannot …" in an error.
    pub fn new<E>(
        request: connect::Request,
        idempotency: Idempotency,
        purpose: impl Into<Cow<'static, str>>,
        decode: impl Fn(&connect::UnaryResponse) -> Result<Reply, E> + Send + Sync + 'static,
    ) -> Self
    where
        E: std::error::Error + Send + Sync + 'static,
    {
        CallRequest::encoded(request, idempotency, purpose).decoded_by(decode)
    }
}

impl<Reply> CallRequest<Reply> {
    /// Returns the exchange of one attempt.
    pub(crate) fn exchange(&self, id: RequestId, limits: Limits, attempt: u32) -> Exchange<Reply> {
        Exchange::new(id, self.request.attempt(limits.timeout), limits, attempt, self.decoder(limits))
    }

    /// Turns the request into the exchange of its only attempt, and the context of its error.
    pub(crate) fn into_exchange(self, id: RequestId, limits: Limits, attempt: u32) -> (Exchange<Reply>, CallContext) {
        let decoder = self.decoder(limits);
        (Exchange::new(id, self.request.into_attempt(limits.timeout), limits, attempt, decoder), self.context)
    }

    fn decoder(&self, limits: Limits) -> Decoder<Reply> {
        let key = self.request.key().cloned();
        Decoder { read: Arc::clone(&self.read), message_limit: limits.response_bytes, key }
    }
}

impl CallRequest<EncodedMessage> {
    /// Creates a request whose response stays encoded. `purpose` completes "cannot …" in an error.
    pub(crate) fn encoded(
        request: connect::Request,
        idempotency: Idempotency,
        purpose: impl Into<Cow<'static, str>>,
    ) -> Self {
        let context = CallContext {
            purpose: purpose.into(),
            uri: request.uri().clone(),
            public: false,
            has_key: request.has_key(),
            writes: idempotency == Idempotency::NotIdempotent,
            idempotent: idempotency == Idempotency::Idempotent,
        };
        Self { request, idempotency, read: Arc::new(|message, _, _| Ok(message)), context }
    }

    /// Returns the request with a response that `decode` turns into the reply.
    pub(crate) fn decoded_by<Reply, E: std::error::Error + Send + Sync + 'static>(
        self,
        decode: impl Fn(&connect::UnaryResponse) -> Result<Reply, E> + Send + Sync + 'static,
    ) -> CallRequest<Reply> {
        let Self { request, idempotency, context, .. } = self;
        let read = Arc::new(move |message, limit, decompressed: &mut dyn FnMut(usize)| {
            read_message(message, limit, decompressed, &decode)
        });
        CallRequest { request, idempotency, read, context }
    }
}

/// One RPC.
///
/// Yields one item, the reply or the error of the last attempt. At most one exchange is in flight at any time.
///
/// ```
/// use tilebox_core::protocol::call::{Call, CallPolicy, CallRequest};
/// use tilebox_core::protocol::connect::Request;
/// use tilebox_core::protocol::machine::{Machine, Output};
/// use tilebox_core::protocol::retry::Idempotency;
/// use tilebox_core::time::Instant;
///
/// let request = Request::new("http://localhost/S/M".parse()?, Default::default(), "ping".into(), 1024);
/// let request = CallRequest::new(request, Idempotency::Idempotent, "ping", |response| {
///     String::from_utf8(response.message.to_vec())
/// });
/// let mut call = Call::new(request, CallPolicy::default(), 7);
///
/// let now = Instant::ORIGIN;
/// let Output::Send(exchange) = call.poll_output(now) else { panic!("a call starts with a request") };
/// // The driver sends `exchange.request` here; a test writes the response.
/// let response = http::Response::builder().header("content-type", "application/proto").body("pong".into())?;
/// call.handle_response(now, exchange.id, exchange.decode(Ok(response)));
///
/// let Output::Item(Ok(reply)) = call.poll_output(now) else { panic!("the response is complete") };
/// assert_eq!(reply, "pong");
/// assert!(matches!(call.poll_output(now), Output::Done));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Call<Reply> {
    request: CallRequest<Reply>,
    policy: CallPolicy,
    backoff: Backoff,
    attempts: u32,
    next_id: RequestId,
    /// Network time of the attempts and waits so far.
    spent: Duration,
    /// Duration of the outage: network time since the first failure, without attempts that timed out.
    outage: Option<Duration>,
    /// Whether the server may have acted on a failed attempt.
    may_have_arrived: bool,
    state: State<Reply>,
}

impl<Reply> fmt::Debug for Call<Reply> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Call").field("request", &self.request).field("attempts", &self.attempts).finish_non_exhaustive()
    }
}

enum State<Reply> {
    /// The next attempt starts at this time. `failure` is that of the last one.
    Waiting {
        until: Instant,
        failure: Option<ExchangeError>,
    },
    /// An attempt is in flight until its response or its timeout.
    Sent {
        id: RequestId,
        at: Instant,
    },
    /// The item is ready to be polled.
    Finished(Result<Reply, Error>),
    Done,
}

impl<Reply> Call<Reply> {
    /// Creates a call that starts when it is first polled. `seed` varies the waits between attempts.
    #[must_use]
    pub fn new(request: CallRequest<Reply>, policy: CallPolicy, seed: u64) -> Self {
        Self {
            request,
            policy,
            backoff: Backoff::new(policy.retry, seed),
            attempts: 0,
            next_id: RequestId::FIRST,
            spent: Duration::ZERO,
            outage: None,
            may_have_arrived: false,
            state: State::Waiting { until: Instant::ORIGIN, failure: None },
        }
    }

    /// Takes a failure to decode the last response, which stayed encoded when the call ended. The call continues with
    /// its remaining attempts and time, or ends with an error.
    pub(crate) fn fail(&mut self, now: Instant, failure: ExchangeError) {
        debug_assert!(matches!(self.state, State::Done), "only the last response of an ended call can fail");
        let secret = self.request.request.key().and_then(Secret::of_header);
        self.state = self.state_after(now, failure.redacted(secret.as_ref()));
    }

    fn time_left(&self) -> Duration {
        self.policy.timeout.saturating_sub(self.spent)
    }

    fn attempt(&mut self, now: Instant) -> Exchange<Reply> {
        let id = self.next_id;
        self.next_id = id.next();
        self.attempts += 1;
        self.state = State::Sent { id, at: now };
        let limits = Limits::new(self.policy.attempt_timeout.min(self.time_left()), self.policy.message_limit);
        self.request.exchange(id, limits, self.attempts)
    }

    fn state_after(&mut self, now: Instant, failure: ExchangeError) -> State<Reply> {
        self.may_have_arrived |= may_have_arrived(&failure);
        let outage = *self.outage.get_or_insert(Duration::ZERO);
        let again = verdict(&failure, self.request.idempotency);
        let Verdict::Retry { retry_after, limit } = again else { return self.failed(failure) };
        let allowed = match limit {
            RetryLimit::Outage => self.policy.retry.allows(self.attempts, outage),
            RetryLimit::Attempts => self.attempts < self.policy.retry.attempts,
        };
        let wait = self.backoff.next_wait().max(retry_after.unwrap_or_default());
        if !allowed || wait >= self.time_left() {
            return self.failed(failure);
        }
        self.spent += wait;
        self.outage = Some(outage + wait);
        tracing::warn!(
            "http.request.resend_count" = self.attempts,
            "error.type" = failure.as_str(),
            "error.message" = %failure,
            wait_ms = u64::try_from(wait.as_millis()).unwrap_or(u64::MAX),
            "cannot {} yet: it is tried again after a wait", self.request.context.purpose
        );
        State::Waiting { until: now + wait, failure: Some(failure) }
    }

    fn failed(&self, failure: ExchangeError) -> State<Reply> {
        let attempts = Attempts { count: self.attempts, elapsed: self.spent, may_have_happened: self.may_have_arrived };
        State::Finished(Err(self.request.context.error(attempts, failure)))
    }

    /// Returns the state of a call without time left.
    fn timed_out(&self, failure: Option<ExchangeError>) -> State<Reply> {
        if let Some(failure) = failure {
            return self.failed(failure);
        }
        let limits = Limits::new(self.policy.timeout, self.policy.message_limit);
        self.failed(ExchangeError::NoResponse(TransportError::timed_out(limits)))
    }
}

impl<Reply> Machine for Call<Reply> {
    type Reply = Reply;
    type Item = Reply;

    fn handle_response(&mut self, arrival: impl Into<Arrival>, id: RequestId, result: Result<Reply, ExchangeError>) {
        let State::Sent { id: expected, at } = self.state else { return };
        if id != expected {
            return;
        }
        let arrival = arrival.into();
        let took = arrival.network_time.unwrap_or(arrival.at - at);
        self.spent = self.spent.saturating_add(took);
        // A single lost attempt can take as long as an outage, so an attempt that timed out does not count.
        if let Some(outage) = &mut self.outage
            && !result.as_ref().is_err_and(is_timeout)
        {
            *outage = outage.saturating_add(took);
        }
        self.state = match result {
            Ok(reply) => State::Finished(Ok(reply)),
            Err(failure) => self.state_after(arrival.at, failure),
        };
    }

    fn poll_output(&mut self, now: Instant) -> Output<Reply, Reply> {
        match std::mem::replace(&mut self.state, State::Done) {
            State::Finished(result) => Output::Item(result),
            State::Done => Output::Done,
            State::Waiting { failure, .. } if self.time_left().is_zero() => {
                self.state = self.timed_out(failure);
                self.poll_output(now)
            }
            State::Waiting { until, .. } if now >= until => Output::Send(self.attempt(now)),
            State::Waiting { until, failure } => {
                self.state = State::Waiting { until, failure };
                Output::WaitUntil(until)
            }
            sent @ State::Sent { .. } => {
                self.state = sent;
                Output::WaitForResponses
            }
        }
    }

    fn cancel(&mut self) {
        self.state = State::Done;
    }
}

#[cfg(test)]
mod tests;
