//! When an attempt is repeated, and how long to wait before.

use std::time::Duration;

use crate::connect::Code;
use crate::exchange::TransportErrorKind;
use crate::machine::Failure;

/// How often and how soon a call is repeated.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct RetryPolicy {
    /// How many attempts a call has in all; 1 means that nothing is repeated.
    pub max_attempts: u32,
    /// The longest wait before the second attempt.
    pub initial_backoff: Duration,
    /// By how much the longest wait grows from attempt to attempt, at least 1.
    pub multiplier: f64,
    /// The longest wait there is, unless the server asks for more.
    pub max_backoff: Duration,
}

impl RetryPolicy {
    /// Nothing is ever repeated.
    #[must_use]
    pub fn never() -> Self {
        Self { max_attempts: 1, ..Self::default() }
    }

    /// The policy with another number of attempts in all, at least 1.
    #[must_use]
    pub fn with_max_attempts(self, max_attempts: u32) -> Self {
        Self { max_attempts: max_attempts.max(1), ..self }
    }

    /// The policy with other bounds of the wait.
    #[must_use]
    pub fn with_backoff(self, initial: Duration, multiplier: f64, max: Duration) -> Self {
        Self { initial_backoff: initial, multiplier, max_backoff: max, ..self }
    }
}

/// Five attempts, waiting up to 0.1, 0.3, 0.9 and 2.7 seconds between them.
impl Default for RetryPolicy {
    fn default() -> Self {
        Self {
            max_attempts: 5,
            initial_backoff: Duration::from_millis(100),
            multiplier: 3.0,
            max_backoff: Duration::from_secs(5),
        }
    }
}

/// What a repeated call does to the server (RFC 9110, section 9.2.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Idempotency {
    /// Twice is the same as once: reads, deletions, and ingestion that allows existing datapoints.
    Idempotent,
    /// Twice may differ from once, so it is repeated only where the first surely had no effect.
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
    /// The waits of one call. Equal seeds give equal waits.
    #[must_use]
    pub fn new(policy: RetryPolicy, seed: u64) -> Self {
        let ceiling = policy.initial_backoff.min(policy.max_backoff);
        Self { policy, ceiling, random: fastrand::Rng::with_seed(seed) }
    }

    /// The next wait: between nothing and a bound that grows.
    pub fn next_wait(&mut self) -> Duration {
        let wait = self.ceiling.mul_f64(self.random.f64());
        let grown = self.ceiling.as_secs_f64() * self.policy.multiplier.max(1.0);
        let grown = Duration::try_from_secs_f64(grown).unwrap_or(self.policy.max_backoff);
        self.ceiling = grown.min(self.policy.max_backoff);
        wait
    }
}

/// What follows from a failed attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Try again after a wait of the [`Backoff`], or after what the server asks for where that is longer.
    Retry {
        /// What the server asks for.
        retry_after: Option<Duration>,
    },
    /// Another attempt could do harm or cannot help.
    GiveUp,
}

/// Decides whether a failed attempt may be repeated.
///
/// | what happened | idempotent | not idempotent |
/// |---|---|---|
/// | no connection was made, or the request was surely not acted on | again | again |
/// | timed out, or broke off | again | give up |
/// | rate limit (429) | again | again: it was turned away before anything was done |
/// | `unavailable`, or a 5xx page of something before the server | again | give up |
/// | a response that cannot be read: it may be cut | again | give up |
/// | every other answer | give up | give up |
#[must_use]
pub fn verdict(failure: &Failure, idempotency: Idempotency) -> Verdict {
    let idempotent = idempotency == Idempotency::Idempotent;
    let (again, retry_after) = match failure {
        Failure::NoAnswer(error) => match error.kind() {
            TransportErrorKind::Connect | TransportErrorKind::NotProcessed => (true, None),
            TransportErrorKind::TimedOut | TransportErrorKind::Interrupted => (idempotent, None),
            TransportErrorKind::TooLarge
            | TransportErrorKind::ProxyDenied
            | TransportErrorKind::Unsupported
            | TransportErrorKind::NoExecutor => (false, None),
        },
        Failure::BadAnswer(error) => {
            let passing = error.code == Code::Unavailable || (!error.is_connect && error.status.is_server_error());
            (error.is_rate_limit() || (passing && idempotent), error.retry_after)
        }
        Failure::Unreadable(message) => (message.may_be_cut() && idempotent, None),
    };
    if again { Verdict::Retry { retry_after } } else { Verdict::GiveUp }
}

/// Whether a failure says that the server, or the way to it, has too much to do: fewer exchanges at once may help then.
#[must_use]
pub fn is_overload(failure: &Failure) -> bool {
    match failure {
        Failure::NoAnswer(error) => error.kind() == TransportErrorKind::TimedOut,
        Failure::BadAnswer(error) => {
            matches!(error.code, Code::Unavailable | Code::ResourceExhausted) || error.is_rate_limit()
        }
        Failure::Unreadable(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::connect;
    use crate::exchange::TransportError;
    use Idempotency::{Idempotent, NotIdempotent};
    use http::StatusCode;

    fn no_answer(kind: TransportErrorKind) -> Failure {
        Failure::NoAnswer(TransportError::new(kind, "test"))
    }

    fn is_retried(failure: &Failure) -> (bool, bool) {
        let retried = |idempotency| verdict(failure, idempotency) != Verdict::GiveUp;
        (retried(Idempotent), retried(NotIdempotent))
    }

    #[test]
    fn a_write_is_repeated_only_where_it_surely_did_not_arrive() {
        for kind in [TransportErrorKind::Connect, TransportErrorKind::NotProcessed] {
            assert_eq!(is_retried(&no_answer(kind)), (true, true), "{kind:?}");
        }
        assert_eq!(is_retried(&no_answer(TransportErrorKind::TimedOut)), (true, false));
        assert_eq!(is_retried(&no_answer(TransportErrorKind::Interrupted)), (true, false));
        for kind in [
            TransportErrorKind::TooLarge,
            TransportErrorKind::ProxyDenied,
            TransportErrorKind::Unsupported,
            TransportErrorKind::NoExecutor,
        ] {
            assert_eq!(is_retried(&no_answer(kind)), (false, false), "{kind:?}");
        }
    }

    #[test]
    fn only_unavailable_and_rate_limits_are_repeated() {
        for code in Code::ALL {
            let expected = if code == Code::Unavailable { (true, false) } else { (false, false) };
            assert_eq!(is_retried(&Failure::BadAnswer(connect::Error::new(code, "no"))), expected, "{code}");
        }
        let limited = connect::Error::new(Code::ResourceExhausted, "too many requests");
        assert_eq!(is_retried(&Failure::BadAnswer(limited)), (true, true));
    }

    #[test]
    fn the_page_of_a_broken_proxy_is_repeated_for_reads() {
        let page = |status| Failure::BadAnswer(connect::Error::from_foreign_answer(status, None, b""));
        assert_eq!(is_retried(&page(StatusCode::BAD_GATEWAY)), (true, false));
        assert_eq!(is_retried(&page(StatusCode::INTERNAL_SERVER_ERROR)), (true, false));
        assert_eq!(is_retried(&page(StatusCode::NOT_FOUND)), (false, false));
        assert_eq!(is_retried(&page(StatusCode::OK)), (false, false));
    }

    #[test]
    fn a_message_cut_short_is_repeated_for_reads() {
        use crate::error::UnreadableMessage;
        assert_eq!(is_retried(&Failure::Unreadable(UnreadableMessage::new("its cursor is not an id"))), (false, false));
        assert_eq!(is_retried(&Failure::Unreadable(UnreadableMessage::new("it has no id").cut())), (true, false));
    }

    #[test]
    fn the_wait_grows_up_to_its_bound_and_repeats_with_its_seed() {
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
    fn an_odd_policy_does_no_harm() {
        for multiplier in [f64::NAN, f64::INFINITY, 0.0, -3.0] {
            let policy = RetryPolicy { multiplier, max_backoff: Duration::from_secs(1), ..RetryPolicy::default() };
            let mut backoff = Backoff::new(policy, 1);
            assert!((0..100).all(|_| backoff.next_wait() <= Duration::from_secs(1)), "{multiplier}");
        }
    }
}
