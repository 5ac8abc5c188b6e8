//! How many exchanges the loads of one client have under way: one budget, shared fairly.
//!
//! A [`Budget`] belongs to a client, a [`Lease`] to one of its loads. The lease says how its exchanges fare and reads off
//! how many it may have; the budget learns from all of them how large the whole should be.
//!
//! The algorithm is TCP Vegas (Brakmo and Peterson, "TCP Vegas: End to End Congestion Avoidance on a Global Internet",
//! IEEE JSAC 13(8), 1995) over exchanges instead of segments: the shortest latency of a load is what an exchange takes
//! when nothing waits, so `window * (1 - shortest / latency)` is how many wait somewhere. The window keeps between two and
//! four waiting: it grows step by step, and gives back half of what is too much with each round, as FAST TCP does (Wei,
//! Jin, Low and Hegde, "FAST TCP: Motivation, Architecture, Algorithms, Performance", IEEE/ACM ToN 14(6), 2006). It begins
//! with ten (RFC 6928) and has room for one more with each answer, so doubles with each round, until latency grows, which
//! HyStart++ tells from jitter (RFC 9406, section 4.2); then it is halved once, as BBR drains its queue (Cardwell, Cheng,
//! Gunn, Yeganeh and Jacobson, "BBR: Congestion-Based Congestion Control", ACM Queue 14(5), 2016). An overload halves it, at most once for what was under way
//! (Chiu and Jain, "Analysis of the Increase and Decrease Algorithms", 1989; RFC 5681, section 3.1).
//!
//! Nothing here reads a clock: time comes with what is told.

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

/// What the loads of a client share. Clones are the same budget.
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
/// // All of the share is in use, and the answers take no longer than the first: twice as many may follow.
/// load.in_use(10);
/// for _ in 0..10 {
///     load.completed(Instant::ORIGIN, Duration::from_millis(100));
/// }
/// assert_eq!(load.share(), 20);
///
/// let other = budget.join();
/// assert_eq!((load.share(), other.share()), (10, 10), "each has its part");
/// ```
#[derive(Clone)]
pub struct Budget(Arc<Mutex<Shared>>);

struct Shared {
    window: Window,
    loads: usize,
}

impl Budget {
    /// A budget of at most `max` exchanges, at least 1.
    #[must_use]
    pub fn new(max: usize) -> Self {
        Self(Arc::new(Mutex::new(Shared { window: Window::new(max), loads: 0 })))
    }

    /// A load begins. It ends when the lease is dropped.
    #[must_use]
    pub fn join(&self) -> Lease {
        self.shared().loads += 1;
        Lease { budget: self.clone(), latencies: Latencies::default() }
    }

    /// How many exchanges all loads together may have under way now.
    #[must_use]
    pub fn limit(&self) -> usize {
        self.shared().window.limit()
    }

    /// How many there may ever be.
    #[must_use]
    pub fn max(&self) -> usize {
        self.shared().window.max()
    }

    /// Held for a few assignments, none of which panics.
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

/// The part of a [`Budget`] that one load has.
///
/// Ask for the [`share`](Self::share) before each exchange, and say how each one ended.
#[derive(Debug)]
pub struct Lease {
    budget: Budget,
    latencies: Latencies,
}

impl Lease {
    /// How many exchanges this load may have under way now: an equal part of the whole, and always one, so that no load
    /// waits for another to end.
    #[must_use]
    pub fn share(&self) -> usize {
        let shared = self.budget.shared();
        (shared.window.limit() / shared.loads.max(1)).max(1)
    }

    /// Whether there is never more than one exchange under way.
    #[must_use]
    pub fn is_sequential(&self) -> bool {
        self.budget.max() == 1
    }

    /// So many exchanges are under way. A window that is not filled says nothing of a larger one (RFC 7661).
    pub fn in_use(&mut self, exchanges: usize) {
        self.latencies.in_use(exchanges, self.share());
    }

    /// An exchange like most of this load was answered after `latency`.
    ///
    /// Leave out those that are much smaller than the others: that they are fast says nothing.
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

    /// An exchange that was sent at `sent` was turned away, or lost: the server, or the way to it, has too much to do.
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
