//! The rate limit.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// A limit of requests per second (the generic cell rate algorithm).
pub(crate) struct RateLimit {
    /// The mean time between two requests.
    interval: Duration,
    /// The theoretical arrival time of the next request.
    next_arrival: Mutex<Option<Instant>>,
}

/// The duration by which requests may arrive early, and so the size of a burst.
const BURST: Duration = Duration::from_secs(1);

impl RateLimit {
    /// Creates a limit of at least one request per second.
    pub(crate) fn new(requests_per_second: u32) -> Self {
        Self { interval: Duration::from_secs(1) / requests_per_second.max(1), next_arrival: Mutex::new(None) }
    }

    /// Admits a request, or returns the time that it must wait.
    pub(super) fn check(&self, now: Instant) -> Result<(), Duration> {
        let mut next_arrival = self.next_arrival.lock().unwrap_or_else(PoisonError::into_inner);
        let next = next_arrival.map_or(now, |arrival| arrival.max(now)) + self.interval;
        match next.saturating_duration_since(now).checked_sub(BURST) {
            Some(wait) if !wait.is_zero() => Err(wait),
            _ => {
                *next_arrival = Some(next);
                Ok(())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_has_the_requests_of_one_second() {
        let limit = RateLimit::new(4);
        let start = Instant::now();
        let admitted = |at: u64| limit.check(start + Duration::from_millis(at));
        assert!((0..4).all(|_| admitted(0).is_ok()));
        assert_eq!(admitted(0), Err(Duration::from_millis(250)));
        assert_eq!(admitted(100), Err(Duration::from_millis(150)));
        assert_eq!(admitted(250), Ok(()));
        assert!(admitted(250).is_err());
        assert!((0..4).all(|_| admitted(5_000).is_ok()), "a longer pause allows no larger burst");
        assert!(admitted(5_000).is_err());
    }
}
