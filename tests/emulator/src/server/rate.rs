//! How many requests are let in.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Lets in so many requests in a second (the generic cell rate algorithm).
pub(crate) struct RateLimit {
    /// The time that one request takes up.
    share: Duration,
    /// When all time taken up so far will be over.
    free_at: Mutex<Option<Instant>>,
}

/// How much time may be taken up in advance, so how many requests may come at once.
const AHEAD: Duration = Duration::from_secs(1);

impl RateLimit {
    /// At least one request in a second.
    pub(crate) fn new(requests_per_second: u32) -> Self {
        Self { share: Duration::from_secs(1) / requests_per_second.max(1), free_at: Mutex::new(None) }
    }

    /// Lets a request in, or says how long it has to wait.
    pub(super) fn check(&self, now: Instant) -> Result<(), Duration> {
        let mut free_at = self.free_at.lock().unwrap_or_else(PoisonError::into_inner);
        let next = free_at.map_or(now, |free_at| free_at.max(now)) + self.share;
        match next.saturating_duration_since(now).checked_sub(AHEAD) {
            Some(wait) if !wait.is_zero() => Err(wait),
            _ => {
                *free_at = Some(next);
                Ok(())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_of_one_second_may_come_at_once_and_further_ones_wait_their_share() {
        let limit = RateLimit::new(4);
        let start = Instant::now();
        let admitted = |at: u64| limit.check(start + Duration::from_millis(at));
        assert!((0..4).all(|_| admitted(0).is_ok()));
        assert_eq!(admitted(0), Err(Duration::from_millis(250)));
        assert_eq!(admitted(100), Err(Duration::from_millis(150)));
        assert_eq!(admitted(250), Ok(()));
        assert!(admitted(250).is_err());
        assert!((0..4).all(|_| admitted(5_000).is_ok()), "a pause gives no more than a second's requests");
        assert!(admitted(5_000).is_err());
    }
}
