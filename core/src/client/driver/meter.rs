//! The cost of the exchanges of one load, counted while they run.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::metrics::LoadMetrics;
use crate::time::Instant;

/// The counters of one load, whose exchanges end on any thread.
#[derive(Debug)]
pub(crate) struct Meter {
    started: Instant,
    counted: Mutex<LoadMetrics>,
}

/// The cost of decoding a response.
#[derive(Clone, Copy, Debug, Default)]
pub(in crate::client) struct DecodingCost {
    /// Number of bytes of its message.
    pub(in crate::client) message: usize,
    pub(in crate::client) decompressing: Duration,
    pub(in crate::client) decoding: Duration,
}

impl Meter {
    /// Returns the meter of a load that begins now.
    pub(in crate::client) fn new(now: Instant) -> Self {
        Self { started: now, counted: Mutex::default() }
    }

    /// Counts a request.
    pub(in crate::client) fn sent(&self, is_repeated: bool) {
        let mut counted = self.lock();
        counted.requests += 1;
        counted.retries += u64::from(is_repeated);
    }

    /// Counts the transferred bytes of a response.
    pub(in crate::client) fn received(&self, bytes: usize) {
        self.lock().bytes_received += bytes as u64;
    }

    /// Counts the decoding of a response.
    pub(in crate::client) fn decoded(&self, cost: DecodingCost) {
        let mut counted = self.lock();
        counted.message_bytes += cost.message as u64;
        counted.decompressing += cost.decompressing;
        counted.decoding += cost.decoding;
    }

    /// Counts out-of-range values that became null.
    pub(in crate::client) fn nulled(&self, values: u64) {
        if values > 0 {
            self.lock().nulled_values += values;
        }
    }

    /// Counts a wait of the reader.
    pub(in crate::client) fn waited(&self, duration: Duration) {
        self.lock().waiting += duration;
    }

    /// Returns the metrics so far.
    pub(in crate::client) fn read(&self, now: Instant) -> LoadMetrics {
        LoadMetrics { duration: now - self.started, ..*self.lock() }
    }

    /// Returns the metrics of a load for which the reader waited all the time.
    pub(in crate::client) fn read_awaited(&self, now: Instant) -> LoadMetrics {
        LoadMetrics { waiting: now - self.started, ..self.read(now) }
    }

    fn lock(&self) -> MutexGuard<'_, LoadMetrics> {
        self.counted.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
