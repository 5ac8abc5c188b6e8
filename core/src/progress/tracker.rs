//! The progress of a load, computed from its pages.

use std::time::Duration;

use arrow_array::Array as _;
use uuid::Uuid;

use super::pace::Pace;
use super::{LoadProgress, LoadState};
use crate::datapoints::Datapoints;
use crate::metrics::LoadMetrics;
use crate::schema::{TemporalExtent, Timestamp};
use crate::time::Instant;

/// Computes the progress of one load.
///
/// If pages arrive in the order of time, the time of the last datapoint determines the covered span; otherwise the sum of
/// the spans of all pages does. The whole span is from the start of the query, or the first datapoint if it is later, to
/// the end of the query, or the present if it is earlier. A load with a limit may also end at its number of datapoints.
#[derive(Clone, Debug)]
pub struct Tracker {
    started: Instant,
    requested: (f64, f64),
    span: Option<(f64, f64)>,
    in_order: bool,
    /// The time that the pages cover, in seconds.
    covered: f64,
    /// The number of datapoints at which the load ends.
    limit: Option<u64>,
    pace: Pace,
    progress: LoadProgress,
}

/// The properties of a page that its progress depends on.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct PageSummary {
    /// The number of datapoints.
    pub datapoints: u64,
    /// The size of the datapoints as protobuf, in bytes.
    pub bytes: u64,
    /// The times of the first and the last datapoint; `None` for an empty page.
    pub times: Option<(Timestamp, Timestamp)>,
    /// The time of the response, by the clock of the server.
    pub responded_at: Option<Timestamp>,
}

impl PageSummary {
    /// Returns the summary of a page with these datapoints, which are `bytes` bytes of protobuf. Without a column `time`, their
    /// ids tell the times.
    #[must_use]
    pub fn new(datapoints: &Datapoints, bytes: usize, responded_at: Option<Timestamp>) -> Self {
        let ends = match datapoints.times().filter(|times| !times.is_empty()) {
            Some(times) => {
                let at = |row: usize| times.is_valid(row).then(|| Timestamp::from_nanoseconds(times.value(row)));
                at(0).zip(at(times.len() - 1))
            }
            None => {
                let mut ids = datapoints.ids();
                let first = ids.next();
                first.and_then(|first| Some((time_of(first)?, time_of(ids.last().unwrap_or(first))?)))
            }
        };
        Self { datapoints: datapoints.len() as u64, bytes: bytes as u64, times: ends, responded_at }
    }
}

/// Returns the time with which an id begins, in milliseconds since 1970 as a ULID has them.
fn time_of(id: Uuid) -> Option<Timestamp> {
    let milliseconds = u64::try_from(id.as_u128() >> 80).ok()?;
    let nanoseconds = u32::try_from(milliseconds % 1000).ok()? * 1_000_000;
    Timestamp::from_unix(i64::try_from(milliseconds / 1000).ok()?, nanoseconds).ok()
}

impl Tracker {
    /// Creates the tracker of a load that begins now.
    #[must_use]
    pub fn new(name: &str, extent: TemporalExtent, now: Instant) -> Self {
        let requested = match extent {
            TemporalExtent::Time(interval) => {
                (interval.start().as_unix_seconds_f64(), interval.end().as_unix_seconds_f64())
            }
            // An id that is only a bound may begin with an arbitrary time.
            TemporalExtent::Ids(_) => (f64::NEG_INFINITY, f64::INFINITY),
        };
        let progress = LoadProgress::new(name);
        let pace = Pace::default();
        Self { started: now, requested, span: None, in_order: true, covered: 0.0, limit: None, pace, progress }
    }

    /// Sets the number of datapoints at which the load ends, if it does not end before.
    #[must_use]
    pub fn with_limit(self, datapoints: u64) -> Self {
        Self { limit: Some(datapoints), ..self }
    }

    /// Accepts pages in any order, instead of the order of time.
    #[must_use]
    pub fn any_order(self) -> Self {
        Self { in_order: false, ..self }
    }

    /// Sets the time of the earliest datapoint, so that the span does not begin before it.
    #[must_use]
    pub fn available_from(mut self, start: Timestamp) -> Self {
        self.requested.0 = self.requested.0.max(start.as_unix_seconds_f64());
        self
    }

    /// Adds a page that has arrived.
    pub fn add_page(&mut self, now: Instant, page: &PageSummary) -> &LoadProgress {
        let progress = &mut self.progress;
        progress.pages += 1;
        progress.datapoints += page.datapoints;
        progress.bytes += page.bytes;
        progress.elapsed = now - self.started;
        if let Some((first, last)) = page.times {
            let (start, end) = *self.span.get_or_insert_with(|| {
                let present = page.responded_at.map_or(f64::INFINITY, Timestamp::as_unix_seconds_f64);
                let first = if self.in_order { first.as_unix_seconds_f64() } else { f64::NEG_INFINITY };
                (self.requested.0.max(first), self.requested.1.min(present))
            });
            self.covered = if self.in_order {
                last.as_unix_seconds_f64() - start
            } else {
                // The datapoints of a load from the end are in reverse.
                self.covered + (last.as_unix_seconds_f64() - first.as_unix_seconds_f64()).abs()
            };
            let covered = self.covered / (end - start);
            // The span may be empty or unbounded: the fraction is unknown until the end then.
            if covered.is_finite() {
                progress.fraction = progress.fraction.max(covered.clamp(0.0, ALMOST_ALL));
            }
        }
        if let Some(limit) = self.limit.filter(|limit| *limit > 0) {
            let counted = progress.datapoints as f64 / limit as f64;
            progress.fraction = progress.fraction.max(counted.min(ALMOST_ALL));
        }
        progress.remaining = self.pace.add(progress.elapsed, progress.fraction);
        progress
    }

    /// Sets the metrics so far.
    pub fn set_metrics(&mut self, metrics: LoadMetrics) {
        self.progress.metrics = metrics;
    }

    /// Ends the load.
    pub fn finish(&mut self, now: Instant, state: LoadState) -> &LoadProgress {
        self.progress.state = state;
        self.progress.elapsed = now - self.started;
        if state == LoadState::Complete {
            self.progress.fraction = 1.0;
        }
        self.progress.remaining = (state == LoadState::Complete).then_some(Duration::ZERO);
        &self.progress
    }
}

/// The largest fraction of a running load.
pub(super) const ALMOST_ALL: f64 = 0.999;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::{IdInterval, IntoTemporalExtent as _, TimeInterval};
    use arrow_array::{ArrayRef, FixedSizeBinaryArray, RecordBatch};
    use proptest::prelude::*;
    use std::sync::Arc;

    fn time(text: &str) -> Timestamp {
        Timestamp::parse(text).expect(text)
    }

    fn page(first: &str, last: &str) -> PageSummary {
        PageSummary { datapoints: 10, bytes: 1000, times: Some((time(first), time(last))), responded_at: None }
    }

    fn tracker(start: &str, end: &str) -> Tracker {
        Tracker::new("x", (start, end).into_temporal_extent().expect("an extent"), Instant::ORIGIN)
    }

    #[test]
    fn the_fraction_is_the_covered_part_of_the_time() {
        let mut tracker = tracker("2025-01-01", "2025-01-11");
        let later = Instant::ORIGIN + Duration::from_secs(2);
        assert_eq!(tracker.add_page(later, &page("2025-01-01", "2025-01-06")).fraction, 0.5);
        let progress = tracker.add_page(later, &page("2025-01-06", "2025-01-08"));
        assert!((progress.fraction - 0.7).abs() < 1e-9);
        assert_eq!((progress.pages, progress.datapoints, progress.bytes), (2, 20, 2000));
        assert_eq!(progress.bytes_per_second(), 1000.0);
        assert_eq!(tracker.finish(later, LoadState::Complete).fraction, 1.0);
    }

    #[test]
    fn a_wide_query_counts_from_the_first_datapoint_to_the_present() {
        let mut tracker = tracker("1900-01-01", "2100-01-01");
        let first = PageSummary { responded_at: Some(time("2025-01-11")), ..page("2025-01-01", "2025-01-06") };
        assert_eq!(tracker.add_page(Instant::ORIGIN, &first).fraction, 0.5);
    }

    #[test]
    fn the_fraction_of_an_instant_is_zero() {
        let extent = "2025-01-01".into_temporal_extent().expect("an instant");
        let mut tracker = Tracker::new("x", extent, Instant::ORIGIN);
        for _ in 0..3 {
            assert_eq!(tracker.add_page(Instant::ORIGIN, &page("2025-01-01", "2025-01-01")).fraction, 0.0);
        }
        assert_eq!(tracker.progress.bytes_per_second(), 0.0);
        assert_eq!(tracker.finish(Instant::ORIGIN, LoadState::Complete).fraction, 1.0);
    }

    #[test]
    fn ids_tell_the_times_of_a_page_without_times() {
        let ids = |ids: &[u128]| {
            let ids = ids.iter().map(|id| Some(id.to_be_bytes()));
            let ids = FixedSizeBinaryArray::try_from_sparse_iter_with_size(ids, 16).expect("ids");
            let batch = RecordBatch::try_from_iter([("id", Arc::new(ids) as ArrayRef)]).expect("a batch");
            PageSummary::new(&batch.into(), 7, None)
        };
        let noon = (time("2025-01-01T12:00:00.250Z").as_unix_seconds_f64() * 1000.0) as u128;
        let summary = ids(&[noon << 80, (noon + 1000) << 80 | 5]);
        let expected = (time("2025-01-01T12:00:00.250Z"), time("2025-01-01T12:00:01.250Z"));
        assert_eq!((summary.datapoints, summary.times), (2, Some(expected)));
        assert_eq!(ids(&[]).times, None);
        assert_eq!(
            ids(&[u128::MAX]).times,
            Timestamp::from_unix(281_474_976_710, 655_000_000).ok().map(|time| (time, time))
        );
    }

    #[test]
    fn a_load_with_a_limit_ends_at_its_datapoints() {
        let mut tracker = tracker("2000-01-01", "2100-01-01").with_limit(40);
        let page = page("2025-01-01", "2025-01-02");
        let second = |second| Instant::ORIGIN + Duration::from_secs(second);
        assert_eq!(tracker.add_page(second(1), &page).fraction, 0.25);
        let progress = tracker.add_page(second(2), &page);
        assert_eq!((progress.fraction, progress.remaining), (0.5, Some(Duration::from_secs(2))));
        assert_eq!(tracker.finish(second(3), LoadState::Complete).remaining, Some(Duration::ZERO));
    }

    #[test]
    fn the_fraction_is_within_bounds_and_never_falls() {
        let mut tracker = tracker("2025-01-01", "2025-01-11");
        let mut last = 0.0;
        for (from, to) in [("2025-01-03", "2025-01-04"), ("2024-01-01", "2024-01-02"), ("2030-01-01", "2031-01-01")] {
            let fraction = tracker.add_page(Instant::ORIGIN, &page(from, to)).fraction;
            assert!((last..1.0).contains(&fraction), "{fraction}");
            last = fraction;
        }
        assert!(tracker.finish(Instant::ORIGIN, LoadState::Stopped).fraction < 1.0);
    }

    #[test]
    fn unordered_pages_count_by_the_time_they_cover() {
        let mut tracker = tracker("2025-01-01", "2025-01-11").any_order();
        assert_eq!(tracker.add_page(Instant::ORIGIN, &page("2025-01-08", "2025-01-11")).fraction, 0.3);
        assert_eq!(tracker.add_page(Instant::ORIGIN, &page("2025-01-01", "2025-01-03")).fraction, 0.5);
    }

    proptest! {
        /// Pages may lie before, after or outside of the requested time, in any order.
        #[test]
        fn the_fraction_is_between_0_and_1_and_never_falls(
            (start, end) in (-62_000_000_000_i64..250_000_000_000, 0_i64..1_000_000_000_000),
            by_ids: bool,
            in_order: bool,
            is_complete: bool,
            pages in proptest::collection::vec((any::<u32>(), any::<i64>(), any::<i64>(), any::<Option<i32>>(), any::<u32>()), 0..20),
        ) {
            let at = |seconds: i64| Timestamp::from_unix(seconds.clamp(-62_000_000_000, 250_000_000_000), 0).ok();
            let extent = match (at(start), at(start.saturating_add(end))) {
                _ if by_ids => TemporalExtent::Ids(IdInterval::new(Uuid::nil(), Uuid::max())),
                (Some(start), Some(end)) => TemporalExtent::Time(TimeInterval::new(start, end)),
                _ => return Ok(()),
            };
            let tracker = Tracker::new("x", extent, Instant::ORIGIN);
            let mut tracker = if in_order { tracker } else { tracker.any_order() };
            let mut now = Instant::ORIGIN;
            let mut last = 0.0;
            for (datapoints, from, to, responded_at, passed) in pages {
                now = now + Duration::from_millis(passed.into());
                let times = at(from).zip(at(to));
                let responded_at = responded_at.and_then(|seconds| at(seconds.into()));
                let page = PageSummary { datapoints: datapoints.into(), bytes: datapoints.into(), times, responded_at };
                let progress = tracker.add_page(now, &page);
                prop_assert!((last..1.0).contains(&progress.fraction), "{} after {last}", progress.fraction);
                prop_assert!(progress.bytes_per_second().is_finite());
                last = progress.fraction;
            }
            let end = tracker.finish(now, if is_complete { LoadState::Complete } else { LoadState::Stopped });
            prop_assert!((last..=1.0).contains(&end.fraction) && (end.fraction == 1.0) == is_complete);
        }
    }

    #[test]
    fn a_query_by_ids_counts_to_the_present() {
        let extent = TemporalExtent::Ids(IdInterval::new(Uuid::nil(), Uuid::max()));
        let mut tracker = Tracker::new("x", extent, Instant::ORIGIN);
        let first = PageSummary { responded_at: Some(time("2025-01-11")), ..page("2025-01-01", "2025-01-06") };
        assert_eq!(tracker.add_page(Instant::ORIGIN, &first).fraction, 0.5);
    }
}
