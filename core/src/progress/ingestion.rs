//! The figures of one ingestion, computed from its chunks.

use super::{LoadProgress, LoadState};
use crate::metrics::LoadMetrics;
use crate::time::Instant;

/// Computes the progress of one ingestion.
#[derive(Debug)]
pub(crate) struct IngestionTracker {
    started: Instant,
    /// How many datapoints there are, where that is known.
    total: Option<u64>,
    progress: LoadProgress,
}

impl IngestionTracker {
    pub(crate) fn new(name: &str, total: Option<u64>, now: Instant) -> Self {
        Self { started: now, total, progress: LoadProgress::new(name) }
    }

    /// A chunk was stored.
    pub(crate) fn add_chunk(&mut self, now: Instant, datapoints: u64, bytes: u64) -> &LoadProgress {
        let progress = &mut self.progress;
        progress.pages += 1;
        progress.datapoints += datapoints;
        progress.bytes += bytes;
        progress.elapsed = now - self.started;
        if let Some(total) = self.total.filter(|total| *total > 0) {
            // All of it is said by `finish` alone.
            progress.fraction = (progress.datapoints as f64 / total as f64).min(super::tracker::ALMOST_ALL);
        }
        progress
    }

    /// What it cost so far is said from now on.
    pub(crate) fn measure(&mut self, metrics: LoadMetrics) {
        self.progress.metrics = metrics;
    }

    /// The ingestion has ended.
    pub(crate) fn finish(&mut self, now: Instant, state: LoadState) -> &LoadProgress {
        self.progress.state = state;
        self.progress.elapsed = now - self.started;
        if state == LoadState::Complete {
            self.progress.fraction = 1.0;
        }
        &self.progress
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// Also where there are more datapoints than was said.
        #[test]
        fn the_fraction_is_a_number_from_0_to_1_that_never_falls(
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
    fn the_fraction_is_the_part_of_the_input_that_is_stored() {
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
