//! Counts requests, so that tests can tell what a client did.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use crate::rpc::Rpc;

/// How many requests the emulator was sent, also those it refused.
#[derive(Default, Debug)]
pub struct Requests {
    total: AtomicUsize,
    by_rpc: [AtomicUsize; Rpc::ALL.len()],
    in_flight: AtomicUsize,
    most_at_once: AtomicUsize,
}

impl Requests {
    /// All requests, whatever their path.
    #[must_use]
    pub fn total(&self) -> usize {
        self.total.load(Relaxed)
    }

    /// The requests of one method, named as in its path: `"Query"`, `"QueryByID"`. Zero for a method the emulator does
    /// not know.
    #[must_use]
    pub fn of(&self, method: &str) -> usize {
        let counted = Rpc::ALL.iter().zip(&self.by_rpc).find(|(rpc, _)| rpc.name() == method);
        counted.map_or(0, |(_, count)| count.load(Relaxed))
    }

    /// The most requests that were in progress at the same time.
    #[must_use]
    pub fn most_at_once(&self) -> usize {
        self.most_at_once.load(Relaxed)
    }

    /// Counts a request, which is in progress until what is returned is dropped.
    pub(crate) fn count(self: &Arc<Self>, rpc: Option<Rpc>) -> InProgress {
        self.total.fetch_add(1, Relaxed);
        for (known, count) in Rpc::ALL.iter().zip(&self.by_rpc) {
            if Some(*known) == rpc {
                count.fetch_add(1, Relaxed);
            }
        }
        let now = self.in_flight.fetch_add(1, Relaxed) + 1;
        self.most_at_once.fetch_max(now, Relaxed);
        InProgress(Arc::clone(self))
    }
}

/// One request in progress.
pub(crate) struct InProgress(Arc<Requests>);

impl Drop for InProgress {
    fn drop(&mut self) {
        self.0.in_flight.fetch_sub(1, Relaxed);
    }
}
