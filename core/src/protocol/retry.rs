//! The decision to repeat an attempt, and the wait before it.

use std::time::Duration;

use crate::protocol::connect::{self, Code, Gateway};
use crate::protocol::exchange::{ExchangeError, TransportErrorKind};

/// The limits and the waits of repeated attempts.
///
/// A failed attempt is repeated while the call has made fewer than [`attempts`](Self::attempts), and beyond them during
/// an [`outage`](Self::outage); the timeout of the call always ends it. The time of attempts that time out does not
/// count as outage, because a single one may take as long.
///
/// ```
/// use std::time::Duration;
/// use tilebox_core::protocol::retry::RetryPolicy;
///
/// let policy = RetryPolicy::default();
/// assert!(policy.allows(30, Duration::from_secs(59)), "a restarting server");
/// assert!(policy.allows(4, Duration::from_secs(240)), "a server that takes a minute to fail");
/// assert!(!policy.allows(5, Duration::from_secs(60)));
/// assert!(!RetryPolicy::default().with_max_attempts(3).allows(3, Duration::ZERO));
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct RetryPolicy {
    /// Number of attempts that a call makes regardless of time, at least 1.
    pub attempts: u32,
    /// Longest outage that a call survives: within this time after its first failure, it makes any number of attempts.
    pub outage: Duration,
    /// The longest wait before the second attempt.
    pub initial_backoff: Duration,
    /// Factor by which the longest wait grows from attempt to attempt, at least 1.
    pub backoff_multiplier: f64,
    /// The longest wait of all, unless the server asks for more.
    pub max_backoff: Duration,
}

impl RetryPolicy {
    /// Returns a policy without retries.
    #[must_use]
    pub fn never() -> Self {
        Self::default().with_max_attempts(1)
    }

    /// Sets the maximum number of attempts (minimum 1), also during an outage.
    #[must_use]
    pub fn with_max_attempts(self, max_attempts: u32) -> Self {
        Self { attempts: max_attempts.max(1), outage: Duration::ZERO, ..self }
    }

    /// Sets the longest outage that a call survives.
    #[must_use]
    pub fn with_outage(self, outage: Duration) -> Self {
        Self { outage, ..self }
    }

    /// Sets the longest wait before the second attempt.
    #[must_use]
    pub fn with_initial_backoff(self, initial_backoff: Duration) -> Self {
        Self { initial_backoff, ..self }
    }

    /// Sets the factor by which the longest wait grows from attempt to attempt (minimum 1).
    #[must_use]
    pub fn with_backoff_multiplier(self, backoff_multiplier: f64) -> Self {
        Self { backoff_multiplier, ..self }
    }

    /// Sets the longest wait of all, unless the server asks for more.
    #[must_use]
    pub fn with_max_backoff(self, max_backoff: Duration) -> Self {
        Self { max_backoff, ..self }
    }

    /// Returns whether another attempt may follow `attempts` attempts, this long after the first failure.
    #[must_use]
    pub fn allows(&self, attempts: u32, since_first_failure: Duration) -> bool {
        attempts < self.attempts || since_first_failure < self.outage
    }
}

/// An outage of a minute or five attempts, whichever is longer; waits of up to 0.1, 0.3, 0.9, 2.7 and then 5 seconds.
impl Default for RetryPolicy {
    fn default() -> Self {
        Self {
            attempts: 5,
            outage: Duration::from_secs(60),
            initial_backoff: Duration::from_millis(100),
            backoff_multiplier: 3.0,
            max_backoff: Duration::from_secs(5),
        }
    }
}

/// The effect of a repeated call on the server (RFC 9110, section 9.2.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Idempotency {
    /// A repetition changes nothing: reads, deletions, and ingestion that allows existing datapoints.
    Idempotent,
    /// A repetition may change more, so a call is repeated only if the first attempt surely had no effect.
    NotIdempotent,
}

/// Waits between attempts: exponential with full jitter, from a seed.
///
/// Full jitter spreads clients that failed together best
/// (<https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/>).
#[derive(Clone, Debug)]
pub struct Backoff {
    policy: RetryPolicy,
    ceiling: Duration,
    random: fastrand::Rng,
}

impl Backoff {
    /// Creates the waits of one call. Equal seeds yield equal waits.
    #[must_use]
    pub fn new(policy: RetryPolicy, seed: u64) -> Self {
        let ceiling = policy.initial_backoff.min(policy.max_backoff);
        Self { policy, ceiling, random: fastrand::Rng::with_seed(seed) }
    }

    /// Returns the next wait, between zero and a growing maximum.
    pub fn next_wait(&mut self) -> Duration {
        let wait = self.ceiling.mul_f64(self.random.f64());
        let grown = self.ceiling.as_secs_f64() * self.policy.backoff_multiplier.max(1.0);
        let grown = Duration::try_from_secs_f64(grown).unwrap_or(self.policy.max_backoff);
        self.ceiling = grown.min(self.policy.max_backoff);
        wait
    }
}

/// The decision after a failed attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Repeat after the wait of the [`Backoff`], or after the wait that the server asks for if that is longer.
    Retry {
        /// The wait that the server asks for.
        retry_after: Option<Duration>,
        /// The limit of further attempts.
        limit: RetryLimit,
    },
    /// Another attempt could do harm or cannot help.
    GiveUp,
}

/// The limit of attempts after a failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RetryLimit {
    /// The duration of an [outage](RetryPolicy::outage): the server or the network is unavailable.
    Outage,
    /// Only the number of [attempts](RetryPolicy::attempts): the server is available, and may send the same again.
    Attempts,
}

/// Decides whether a failed attempt may be repeated, by status and code alone, not by the text of an error.
///
/// | failure | idempotent | not idempotent |
/// |---|---|---|
/// | no connection, or a request that the server surely did not act on | retry | retry |
/// | a timeout, or an interrupted response | retry | give up |
/// | rate limit (429) | retry | retry: it was refused before it had an effect |
/// | `unavailable`, `deadline_exceeded` | retry | give up |
/// | 408, 421, 425 of a gateway | retry | retry: it did not reach the server |
/// | 500, 502 to 504, 520 to 530 of a gateway | retry | give up |
/// | an unreadable response that may be truncated | retry, up to the number of attempts | give up |
/// | every other response | give up | give up |
///
/// An unreadable response may be truncated if it has no length or lacks a required field.
#[must_use]
pub fn verdict(failure: &ExchangeError, idempotency: Idempotency) -> Verdict {
    let idempotent = idempotency == Idempotency::Idempotent;
    let mut limit = RetryLimit::Outage;
    let (again, retry_after) = match failure {
        ExchangeError::NoResponse(error) => match error.kind() {
            TransportErrorKind::Connect | TransportErrorKind::NotProcessed => (true, None),
            TransportErrorKind::TimedOut | TransportErrorKind::Interrupted => (idempotent, None),
            TransportErrorKind::TooLarge
            | TransportErrorKind::ProxyDenied
            | TransportErrorKind::Unsupported
            | TransportErrorKind::NoExecutor => (false, None),
        },
        ExchangeError::BadResponse(error) => {
            let not_processed = error.is_rate_limit() || error.gateway() == Some(Gateway::NotProcessed);
            (not_processed || (idempotent && is_transient(error)), error.retry_after)
        }
        ExchangeError::Unreadable(error) => {
            limit = RetryLimit::Attempts;
            (idempotent && error.may_be_cut(), None)
        }
    };
    if again { Verdict::Retry { retry_after, limit } } else { Verdict::GiveUp }
}

/// Returns whether a response reports a transient failure of the server or of the network to it.
fn is_transient(error: &connect::Error) -> bool {
    matches!(error.code, Code::Unavailable | Code::DeadlineExceeded)
        || matches!(error.gateway(), Some(Gateway::Unavailable | Gateway::Failed))
}

/// Returns whether a request that failed in this way may have reached the server and been acted on.
#[must_use]
pub fn may_have_arrived(failure: &ExchangeError) -> bool {
    match failure {
        ExchangeError::NoResponse(error) => match error.kind() {
            TransportErrorKind::Connect
            | TransportErrorKind::NotProcessed
            | TransportErrorKind::ProxyDenied
            | TransportErrorKind::Unsupported => false,
            TransportErrorKind::TimedOut
            | TransportErrorKind::Interrupted
            | TransportErrorKind::TooLarge
            | TransportErrorKind::NoExecutor => true,
        },
        ExchangeError::BadResponse(error) if error.is_rate_limit() => false,
        // An unusable message responds to a request that the server acted on.
        ExchangeError::BadResponse(error) if error.status.is_success() => true,
        ExchangeError::BadResponse(error) if !error.is_connect => is_transient(error),
        ExchangeError::BadResponse(error) => matches!(
            error.code,
            Code::Unavailable
                | Code::DeadlineExceeded
                | Code::Canceled
                | Code::Unknown
                | Code::Internal
                | Code::DataLoss
        ),
        ExchangeError::Unreadable(_) => true,
    }
}

/// Returns whether an attempt timed out, at the client or at the server.
pub(crate) fn is_timeout(failure: &ExchangeError) -> bool {
    match failure {
        ExchangeError::NoResponse(error) => error.kind() == TransportErrorKind::TimedOut,
        ExchangeError::BadResponse(error) => error.code == Code::DeadlineExceeded,
        ExchangeError::Unreadable(_) => false,
    }
}

/// Returns whether a failure reports an overload of the server, or of the network to it, which fewer concurrent
/// exchanges may relieve.
#[must_use]
pub fn is_overload(failure: &ExchangeError) -> bool {
    match failure {
        ExchangeError::NoResponse(error) => error.kind() == TransportErrorKind::TimedOut,
        ExchangeError::BadResponse(error) => error.code == Code::ResourceExhausted || is_transient(error),
        ExchangeError::Unreadable(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::UnreadableMessage;
    use crate::protocol::exchange::{Limits, TransportError};
    use Idempotency::{Idempotent, NotIdempotent};
    use http::StatusCode;

    fn no_response(kind: TransportErrorKind) -> ExchangeError {
        ExchangeError::NoResponse(TransportError::new(kind, "test"))
    }

    fn is_retried(failure: &ExchangeError) -> (bool, bool) {
        let retried = |idempotency| verdict(failure, idempotency) != Verdict::GiveUp;
        (retried(Idempotent), retried(NotIdempotent))
    }

    #[test]
    fn a_write_is_repeated_only_if_it_surely_did_not_arrive() {
        for kind in [TransportErrorKind::Connect, TransportErrorKind::NotProcessed] {
            assert_eq!(is_retried(&no_response(kind)), (true, true), "{kind:?}");
        }
        assert_eq!(is_retried(&no_response(TransportErrorKind::TimedOut)), (true, false));
        assert_eq!(is_retried(&no_response(TransportErrorKind::Interrupted)), (true, false));
        for kind in [
            TransportErrorKind::TooLarge,
            TransportErrorKind::ProxyDenied,
            TransportErrorKind::Unsupported,
            TransportErrorKind::NoExecutor,
        ] {
            assert_eq!(is_retried(&no_response(kind)), (false, false), "{kind:?}");
        }
    }

    #[test]
    fn transient_codes_are_repeated_for_reads() {
        for code in Code::ALL {
            let passing = matches!(code, Code::Unavailable | Code::DeadlineExceeded);
            let error = connect::Error::new(code, "no");
            assert_eq!(is_retried(&ExchangeError::BadResponse(error)), (passing, false), "{code}");
        }
        let quota = connect::Error::new(Code::ResourceExhausted, "no");
        let limited = connect::Error { retry_after: Some(Duration::ZERO), ..quota };
        assert_eq!(is_retried(&ExchangeError::BadResponse(limited)), (true, true));
    }

    /// A gateway may pass a write on before it gives up, so the write may have arrived. Its page contains a request id.
    #[test]
    fn the_text_of_an_error_decides_nothing() {
        let page = b"<html>504 Gateway Time-out. Ref: 7f3a-429b-9c21 / node 429, too many requests</html>";
        let page = connect::Error::from_foreign_response(StatusCode::GATEWAY_TIMEOUT, Some("text/html"), page);
        let said = "rate limit: stream reset after 429 ms, upstream status: 429, Too Many Requests";
        let unavailable = connect::Error::new(Code::Unavailable, said);
        for error in [page, unavailable] {
            assert!(!error.is_rate_limit(), "{error}");
            assert_eq!(is_retried(&ExchangeError::BadResponse(error)), (true, false));
        }
        let quota = connect::Error::new(Code::ResourceExhausted, said);
        assert_eq!(is_retried(&ExchangeError::BadResponse(quota)), (false, false));
        for code in Code::ALL {
            let (plain, telling) = (connect::Error::new(code, ""), connect::Error::new(code, said));
            let (plain, telling) = (ExchangeError::BadResponse(plain), ExchangeError::BadResponse(telling));
            assert_eq!(is_retried(&plain), is_retried(&telling), "{code}");
            assert_eq!(may_have_arrived(&plain), may_have_arrived(&telling), "{code}");
            assert_eq!(is_overload(&plain), is_overload(&telling), "{code}");
        }
    }

    #[test]
    fn a_timeout_of_the_server_is_repeated_like_one_of_the_client() {
        let local = TransportError::timed_out(Limits::new(Duration::from_secs(60), 1));
        let server = connect::Error::new(Code::DeadlineExceeded, "context deadline exceeded");
        let (local, server) = (ExchangeError::NoResponse(local), ExchangeError::BadResponse(server));
        for idempotency in [Idempotent, NotIdempotent] {
            assert_eq!(verdict(&local, idempotency), verdict(&server, idempotency));
        }
        assert!(is_overload(&local) && is_overload(&server));
    }

    #[test]
    fn the_attempts_of_a_truncated_response_are_limited() {
        let cut = ExchangeError::Unreadable(UnreadableMessage::new("buffer underflow").cut());
        let expected = Verdict::Retry { retry_after: None, limit: RetryLimit::Attempts };
        assert_eq!(verdict(&cut, Idempotent), expected);
        assert_eq!(verdict(&cut, NotIdempotent), Verdict::GiveUp);
        assert_eq!(is_retried(&ExchangeError::Unreadable(UnreadableMessage::new("a newer type"))), (false, false));
    }

    #[test]
    fn a_repeated_write_surely_did_not_arrive() {
        let status = |status| StatusCode::from_u16(status).expect("a status");
        let pages = (200..600).map(|number| connect::Error::from_foreign_response(status(number), None, b""));
        let codes = Code::ALL.map(|code| connect::Error::new(code, "no"));
        for error in pages.chain(codes) {
            let name = format!("{error:?}");
            let failure = ExchangeError::BadResponse(error);
            assert!(!(is_retried(&failure).1 && may_have_arrived(&failure)), "{name}");
        }
    }

    #[test]
    fn time_limits_an_outage_and_number_limits_slow_attempts() {
        let policy = RetryPolicy::default();
        let seconds = Duration::from_secs;
        assert!(policy.allows(1000, seconds(59)) && policy.allows(4, seconds(600)));
        assert!(!policy.allows(5, seconds(60)));
        assert!(!RetryPolicy::never().allows(1, Duration::ZERO));
        assert!(RetryPolicy::never().with_outage(seconds(9)).allows(20, seconds(8)));
    }

    #[test]
    fn the_page_of_a_broken_proxy_is_repeated_for_reads() {
        let page = |status| ExchangeError::BadResponse(connect::Error::from_foreign_response(status, None, b""));
        assert_eq!(is_retried(&page(StatusCode::BAD_GATEWAY)), (true, false));
        assert_eq!(is_retried(&page(StatusCode::INTERNAL_SERVER_ERROR)), (true, false));
        assert_eq!(is_retried(&page(StatusCode::NOT_FOUND)), (false, false));
        assert_eq!(is_retried(&page(StatusCode::OK)), (false, false));
    }

    #[test]
    fn a_truncated_message_is_repeated_for_reads() {
        use crate::error::UnreadableMessage;
        assert_eq!(
            is_retried(&ExchangeError::Unreadable(UnreadableMessage::new("its cursor is not an id"))),
            (false, false)
        );
        assert_eq!(is_retried(&ExchangeError::Unreadable(UnreadableMessage::new("it has no id").cut())), (true, false));
    }

    #[test]
    fn waits_grow_to_a_maximum_and_depend_only_on_the_seed() {
        let policy = RetryPolicy::default();
        for seed in 0..200 {
            let mut backoff = Backoff::new(policy, seed);
            let waits: Vec<_> = (0..8).map(|_| backoff.next_wait()).collect();
            let bounds = [100, 300, 900, 2700, 5000, 5000, 5000, 5000].map(Duration::from_millis);
            assert!(waits.iter().zip(bounds).all(|(wait, bound)| *wait <= bound), "seed {seed}: {waits:?}");
            let mut again = Backoff::new(policy, seed);
            assert!(waits.iter().all(|wait| *wait == again.next_wait()), "seed {seed}");
        }
    }

    #[test]
    fn an_unusual_policy_keeps_its_maximum_wait() {
        for multiplier in [f64::NAN, f64::INFINITY, 0.0, -3.0] {
            let policy =
                RetryPolicy::default().with_backoff_multiplier(multiplier).with_max_backoff(Duration::from_secs(1));
            let mut backoff = Backoff::new(policy, 1);
            assert!((0..100).all(|_| backoff.next_wait() <= Duration::from_secs(1)), "{multiplier}");
        }
    }
}
