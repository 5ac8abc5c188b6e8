//! Counts of requests, by which tests check what a client sent.

use std::array;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use crate::rpc::Rpc;

/// The number of requests that an emulator received, including those it refused.
#[derive(Debug)]
pub struct RequestCounts {
    total: AtomicUsize,
    by_rpc: [AtomicUsize; Rpc::ALL.len()],
    in_flight: AtomicUsize,
    max_in_flight: AtomicUsize,
}

impl RequestCounts {
    /// Returns the number of all requests, including those of unknown methods.
    #[must_use]
    pub fn total(&self) -> usize {
        self.total.load(Relaxed)
    }

    /// Returns the number of requests of one method.
    #[must_use]
    pub fn of(&self, rpc: Rpc) -> usize {
        self.count_of(rpc).map_or(0, |count| count.load(Relaxed))
    }

    /// Returns the largest number of requests that were in flight at the same time.
    #[must_use]
    pub fn max_in_flight(&self) -> usize {
        self.max_in_flight.load(Relaxed)
    }

    /// Counts a request. It is in flight until the returned guard is dropped.
    pub(crate) fn count(self: &Arc<Self>, rpc: Option<Rpc>) -> InFlight {
        self.total.fetch_add(1, Relaxed);
        if let Some(count) = rpc.and_then(|rpc| self.count_of(rpc)) {
            count.fetch_add(1, Relaxed);
        }
        let now = self.in_flight.fetch_add(1, Relaxed) + 1;
        self.max_in_flight.fetch_max(now, Relaxed);
        InFlight(Arc::clone(self))
    }

    fn count_of(&self, rpc: Rpc) -> Option<&AtomicUsize> {
        self.by_rpc.get(rpc.index())
    }
}

impl Default for RequestCounts {
    fn default() -> Self {
        Self {
            total: AtomicUsize::default(),
            by_rpc: array::from_fn(|_| AtomicUsize::default()),
            in_flight: AtomicUsize::default(),
            max_in_flight: AtomicUsize::default(),
        }
    }
}

/// A request in flight.
pub(crate) struct InFlight(Arc<RequestCounts>);

impl Drop for InFlight {
    fn drop(&mut self) {
        self.0.in_flight.fetch_sub(1, Relaxed);
    }
}
