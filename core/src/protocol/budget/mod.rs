//! The number of exchanges in flight for the loads of one client: one budget, shared fairly.
//!
//! A [`Budget`] belongs to a client, a [`Lease`] to one of its loads. The lease reports the latency of its exchanges and
//! returns the number that it may have; the budget computes the total from the reports of all leases.
//!
//! The algorithm is TCP Vegas (Brakmo and Peterson, "TCP Vegas: End to End Congestion Avoidance on a Global Internet",
//! IEEE JSAC 13(8), 1995) over exchanges instead of segments: the shortest latency of a load is that of an exchange that
//! waits in no queue, so `window * (1 - shortest / latency)` exchanges wait in queues. The window keeps between two and
//! four of them waiting: it grows step by step, and gives up half of the excess with each round, as FAST TCP does (Wei,
//! Jin, Low and Hegde, "FAST TCP: Motivation, Architecture, Algorithms, Performance", IEEE/ACM ToN 14(6), 2006). It begins
//! with ten (RFC 6928) and grows by one with each response, so it doubles with each round, until latency grows, which
//! HyStart++ distinguishes from jitter (RFC 9406, section 4.2). Then it is halved once, as BBR drains its queue (Cardwell,
//! Cheng, Gunn, Yeganeh and Jacobson, "BBR: Congestion-Based Congestion Control", ACM Queue 14(5), 2016). An overload
//! halves it, at most once for the exchanges in flight (Chiu and Jain, "Analysis of the Increase and Decrease Algorithms",
//! 1989; RFC 5681, section 3.1).
//!
//! Nothing here reads a clock: the time is an argument.

mod latency;
#[cfg(test)]
mod tests;
mod window;

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use latency::Latencies;
use window::Window;

use crate::time::Instant;

/// The budget that the loads of a client share. Clones share it.
///
/// ```
/// use std::time::Duration;
/// use tilebox_core::protocol::budget::Budget;
/// use tilebox_core::time::Instant;
///
/// let budget = Budget::new(32);
/// let mut load = budget.join();
/// assert_eq!(load.share(), 10, "it starts low");
///
/// // All of the share is in use, and latency does not grow: the share doubles.
/// load.in_use(10);
/// for _ in 0..10 {
///     load.completed(Instant::ORIGIN, Duration::from_millis(100));
/// }
/// assert_eq!(load.share(), 20);
///
/// let other = budget.join();
/// assert_eq!((load.share(), other.share()), (10, 10), "equal shares");
/// ```
#[derive(Clone)]
pub struct Budget(Arc<Mutex<Shared>>);

struct Shared {
    window: Window,
    loads: usize,
}

impl Budget {
    /// Returns a budget of at most `max` exchanges (minimum 1).
    #[must_use]
    pub fn new(max: usize) -> Self {
        Self(Arc::new(Mutex::new(Shared { window: Window::new(max), loads: 0 })))
    }

    /// Begins a load, which ends when the lease is dropped.
    #[must_use]
    pub fn join(&self) -> Lease {
        self.shared().loads += 1;
        Lease { budget: self.clone(), latencies: Latencies::default() }
    }

    /// Returns the current maximum number of exchanges in flight for all loads together.
    #[must_use]
    pub fn limit(&self) -> usize {
        self.shared().window.limit()
    }

    /// Returns the upper limit of [`limit`](Self::limit).
    #[must_use]
    pub fn max(&self) -> usize {
        self.shared().window.max()
    }

    /// Locks the shared state for a few assignments, none of which panics.
    fn shared(&self) -> MutexGuard<'_, Shared> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Budget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shared = self.shared();
        f.debug_struct("Budget").field("window", &shared.window).field("loads", &shared.loads).finish()
    }
}

/// The share of one load in a [`Budget`].
///
/// Read the [`share`](Self::share) before each exchange, and report the end of each one.
#[derive(Debug)]
pub struct Lease {
    budget: Budget,
    latencies: Latencies,
}

impl Lease {
    /// Returns the current maximum number of exchanges in flight for this load: an equal part of the limit, and at least
    /// one, so that no load waits for the end of another.
    #[must_use]
    pub fn share(&self) -> usize {
        let shared = self.budget.shared();
        (shared.window.limit() / shared.loads.max(1)).max(1)
    }

    /// Returns whether the budget allows only one exchange in flight.
    #[must_use]
    pub fn is_sequential(&self) -> bool {
        self.budget.max() == 1
    }

    /// Reports the number of exchanges in flight. A window that is not filled gives no information about a larger one
    /// (RFC 7661).
    pub fn in_use(&mut self, exchanges: usize) {
        self.latencies.in_use(exchanges, self.share());
    }

    /// Reports the response to a typical exchange of this load after `latency`.
    ///
    /// Omit exchanges that are much smaller than the others, because their latency is not typical.
    pub fn completed(&mut self, now: Instant, latency: Duration) {
        let round = self.latencies.completed(now, latency, self.share());
        let mut shared = self.budget.shared();
        if self.latencies.is_delayed() {
            shared.window.end_start();
        } else if self.latencies.is_full() {
            shared.window.grow();
        }
        if let Some(round) = round {
            let loads = shared.loads.max(1);
            shared.window.learn(&round, loads);
        }
    }

    /// Reports that an exchange sent at `sent` was refused or lost: the server or the network is overloaded.
    pub fn overloaded(&mut self, now: Instant, sent: Instant) {
        self.budget.shared().window.back_off(now, sent);
        self.latencies.begin_round();
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        self.budget.shared().loads -= 1;
    }
}
