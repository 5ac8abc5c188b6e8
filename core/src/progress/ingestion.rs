//! The progress of an ingestion, computed from its chunks.

use std::time::Duration;

use super::pace::Pace;
use super::{LoadProgress, LoadState};
use crate::metrics::LoadMetrics;
use crate::time::Instant;

/// Computes the progress of one ingestion.
#[derive(Debug)]
pub(crate) struct IngestionTracker {
    started: Instant,
    /// The number of datapoints of the input, if known.
    total: Option<u64>,
    pace: Pace,
    progress: LoadProgress,
}

impl IngestionTracker {
    pub(crate) fn new(name: &str, total: Option<u64>, now: Instant) -> Self {
        Self { started: now, total, pace: Pace::default(), progress: LoadProgress::new(name) }
    }

    /// Adds a chunk that was stored.
    pub(crate) fn add_chunk(&mut self, now: Instant, datapoints: u64, bytes: u64) -> &LoadProgress {
        let progress = &mut self.progress;
        progress.pages += 1;
        progress.datapoints += datapoints;
        progress.bytes += bytes;
        progress.elapsed = now - self.started;
        if let Some(total) = self.total.filter(|total| *total > 0) {
            // Only `finish` sets the fraction to 1.
            progress.fraction = (progress.datapoints as f64 / total as f64).min(super::tracker::ALMOST_ALL);
        }
        progress.remaining = self.pace.add(progress.elapsed, progress.fraction);
        progress
    }

    /// Sets the metrics so far.
    pub(crate) fn set_metrics(&mut self, metrics: LoadMetrics) {
        self.progress.metrics = metrics;
    }

    /// Ends the ingestion.
    pub(crate) fn finish(&mut self, now: Instant, state: LoadState) -> &LoadProgress {
        self.progress.state = state;
        self.progress.elapsed = now - self.started;
        if state == LoadState::Complete {
            self.progress.fraction = 1.0;
        }
        self.progress.remaining = (state == LoadState::Complete).then_some(Duration::ZERO);
        &self.progress
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// The input may have more datapoints than announced.
        #[test]
        fn the_fraction_is_between_0_and_1_and_never_falls(
            total: Option<u64>,
            chunks in proptest::collection::vec((0..u64::from(u32::MAX), any::<u32>()), 0..20),
        ) {
            let mut tracker = IngestionTracker::new("x", total, Instant::ORIGIN);
            let mut last = 0.0;
            for (datapoints, bytes) in chunks {
                let fraction = tracker.add_chunk(Instant::ORIGIN, datapoints, bytes.into()).fraction;
                prop_assert!((last..1.0).contains(&fraction), "{fraction} after {last}");
                last = fraction;
            }
            prop_assert_eq!(tracker.finish(Instant::ORIGIN, LoadState::Complete).fraction, 1.0);
        }
    }

    #[test]
    fn the_fraction_is_the_stored_part_of_the_input() {
        let now = Instant::ORIGIN;
        let mut tracker = IngestionTracker::new("x", Some(10), now);
        assert_eq!(tracker.add_chunk(now, 5, 100).fraction, 0.5);
        assert!(tracker.add_chunk(now, 5, 100).fraction < 1.0);
        let end = tracker.finish(now, LoadState::Complete);
        assert_eq!((end.fraction, end.pages, end.datapoints, end.bytes), (1.0, 2, 10, 200));

        let mut endless = IngestionTracker::new("x", None, now);
        assert_eq!(endless.add_chunk(now, 5, 100).fraction, 0.0);
        assert_eq!(endless.finish(now, LoadState::Stopped).fraction, 0.0);
        assert_eq!(IngestionTracker::new("x", Some(0), now).finish(now, LoadState::Complete).fraction, 1.0);
    }
}
