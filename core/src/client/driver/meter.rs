//! What the exchanges of one load cost, counted while they go on.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::metrics::LoadMetrics;
use crate::time::Instant;

/// Counts for one load. Its exchanges end on any thread.
#[derive(Debug)]
pub(crate) struct Meter {
    started: Instant,
    counted: Mutex<LoadMetrics>,
}

/// What it cost to decode an answer.
#[derive(Clone, Copy, Debug, Default)]
pub(in crate::client) struct DecodingCost {
    /// How many bytes its message has.
    pub(in crate::client) message: usize,
    pub(in crate::client) decompressing: Duration,
    pub(in crate::client) decoding: Duration,
}

impl Meter {
    /// Of a load that begins now.
    pub(in crate::client) fn new(now: Instant) -> Self {
        Self { started: now, counted: Mutex::default() }
    }

    /// A request goes out.
    pub(in crate::client) fn sent(&self, is_repeated: bool) {
        let mut counted = self.lock();
        counted.requests += 1;
        counted.retries += u64::from(is_repeated);
    }

    /// An answer came, with so many bytes as it was transferred.
    pub(in crate::client) fn received(&self, bytes: usize) {
        self.lock().bytes_received += bytes as u64;
    }

    /// An answer was decoded, as far as it can be.
    pub(in crate::client) fn decoded(&self, cost: DecodingCost) {
        let mut counted = self.lock();
        counted.message_bytes += cost.message as u64;
        counted.decompressing += cost.decompressing;
        counted.decoding += cost.decoding;
    }

    /// Counts values that became null because they are out of range.
    pub(in crate::client) fn nulled(&self, values: u64) {
        if values > 0 {
            self.lock().nulled_values += values;
        }
    }

    /// The reader had to wait.
    pub(in crate::client) fn waited(&self, duration: Duration) {
        self.lock().waiting += duration;
    }

    /// What it cost so far.
    pub(in crate::client) fn read(&self, now: Instant) -> LoadMetrics {
        LoadMetrics { duration: now - self.started, ..*self.lock() }
    }

    /// What it cost where the reader waited for all of it.
    pub(in crate::client) fn read_awaited(&self, now: Instant) -> LoadMetrics {
        LoadMetrics { waiting: now - self.started, ..self.read(now) }
    }

    fn lock(&self) -> MutexGuard<'_, LoadMetrics> {
        self.counted.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
