//! The figures of one load, computed from its pages.

use arrow_array::Array as _;

use super::{LoadProgress, LoadState};
use crate::datapoints::{Datapoints, from_nanoseconds};
use crate::metrics::LoadMetrics;
use crate::schema::{TemporalExtent, Timestamp};
use crate::time::Instant;

/// Computes the progress of one load.
///
/// Where pages come in the order of time, the time of the last datapoint says how much is covered; otherwise what all of
/// them cover together. The span is that from the start of the query, or the first datapoint where that is later, to the
/// end of the query, or the present where that is earlier.
#[derive(Clone, Debug)]
pub struct Tracker {
    started: Instant,
    asked: (f64, f64),
    span: Option<(f64, f64)>,
    in_order: bool,
    /// How many seconds the pages cover together.
    covered: f64,
    progress: LoadProgress,
}

/// What the progress has to know of a page.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct PageFigures {
    /// How many datapoints it holds.
    pub datapoints: u64,
    /// How many bytes they have as protobuf.
    pub bytes: u64,
    /// The time of the first and of the last datapoint; `None` for an empty page.
    pub times: Option<(Timestamp, Timestamp)>,
    /// When the server answered.
    pub responded_at: Option<Timestamp>,
}

impl PageFigures {
    /// Returns the figures of a page that holds `datapoints`, `bytes` bytes of protobuf.
    #[must_use]
    pub fn new(datapoints: &Datapoints, bytes: usize, responded_at: Option<Timestamp>) -> Self {
        let ends = datapoints.times().filter(|times| !times.is_empty());
        let times = ends.and_then(|times| {
            let at = |row: usize| times.is_valid(row).then(|| from_nanoseconds(times.value(row)));
            Some((at(0)??, at(times.len() - 1)??))
        });
        Self { datapoints: datapoints.len() as u64, bytes: bytes as u64, times, responded_at }
    }
}

impl Tracker {
    /// The progress of a load that begins now.
    #[must_use]
    pub fn new(name: &str, extent: TemporalExtent, now: Instant) -> Self {
        let asked = match extent {
            TemporalExtent::Time(interval) => {
                (interval.start().as_unix_seconds_f64(), interval.end().as_unix_seconds_f64())
            }
            // An id does not need to begin with a sensible time when it is only a bound.
            TemporalExtent::Ids(_) => (f64::NEG_INFINITY, f64::INFINITY),
        };
        let progress = LoadProgress::new(name);
        Self { started: now, asked, span: None, in_order: true, covered: 0.0, progress }
    }

    /// Whether pages come in the order of time; they do unless set otherwise.
    #[must_use]
    pub fn in_order(self, in_order: bool) -> Self {
        Self { in_order, ..self }
    }

    /// A page has arrived.
    pub fn add_page(&mut self, now: Instant, page: &PageFigures) -> &LoadProgress {
        let progress = &mut self.progress;
        progress.pages += 1;
        progress.datapoints += page.datapoints;
        progress.bytes += page.bytes;
        progress.elapsed = now - self.started;
        if let Some((first, last)) = page.times {
            let (start, end) = *self.span.get_or_insert_with(|| {
                let present = page.responded_at.map_or(f64::INFINITY, Timestamp::as_unix_seconds_f64);
                let first = if self.in_order { first.as_unix_seconds_f64() } else { f64::NEG_INFINITY };
                (self.asked.0.max(first), self.asked.1.min(present))
            });
            self.covered = if self.in_order {
                last.as_unix_seconds_f64() - start
            } else {
                self.covered + last.as_unix_seconds_f64() - first.as_unix_seconds_f64()
            };
            let covered = self.covered / (end - start);
            // An instant has no length, and an end may be unknown: nothing sensible can be said before the end then.
            if covered.is_finite() {
                progress.fraction = progress.fraction.max(covered.clamp(0.0, ALMOST_ALL));
            }
        }
        progress
    }

    /// What it cost so far is said from now on.
    pub fn measure(&mut self, metrics: LoadMetrics) {
        self.progress.metrics = metrics;
    }

    /// The load has ended.
    pub fn finish(&mut self, now: Instant, state: LoadState) -> &LoadProgress {
        self.progress.state = state;
        self.progress.elapsed = now - self.started;
        if state == LoadState::Complete {
            self.progress.fraction = 1.0;
        }
        &self.progress
    }
}

/// The most that is said while pages may still come.
pub(super) const ALMOST_ALL: f64 = 0.999;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::{IdInterval, IntoTemporalExtent as _, TimeInterval};
    use proptest::prelude::*;
    use std::time::Duration;
    use uuid::Uuid;

    fn time(text: &str) -> Timestamp {
        Timestamp::parse(text).expect(text)
    }

    fn page(first: &str, last: &str) -> PageFigures {
        PageFigures { datapoints: 10, bytes: 1000, times: Some((time(first), time(last))), responded_at: None }
    }

    fn tracker(start: &str, end: &str) -> Tracker {
        Tracker::new("x", (start, end).into_temporal_extent().expect("an extent"), Instant::ORIGIN)
    }

    #[test]
    fn the_fraction_is_the_part_of_the_time_that_is_covered() {
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
        let first = PageFigures { responded_at: Some(time("2025-01-11")), ..page("2025-01-01", "2025-01-06") };
        assert_eq!(tracker.add_page(Instant::ORIGIN, &first).fraction, 0.5);
    }

    #[test]
    fn an_instant_never_divides_by_nothing() {
        let extent = "2025-01-01".into_temporal_extent().expect("an instant");
        let mut tracker = Tracker::new("x", extent, Instant::ORIGIN);
        for _ in 0..3 {
            assert_eq!(tracker.add_page(Instant::ORIGIN, &page("2025-01-01", "2025-01-01")).fraction, 0.0);
        }
        assert_eq!(tracker.progress.bytes_per_second(), 0.0);
        assert_eq!(tracker.finish(Instant::ORIGIN, LoadState::Complete).fraction, 1.0);
    }

    #[test]
    fn the_fraction_stays_between_nothing_and_all_and_never_falls() {
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
    fn pages_in_any_order_count_by_what_they_cover() {
        let mut tracker = tracker("2025-01-01", "2025-01-11").in_order(false);
        assert_eq!(tracker.add_page(Instant::ORIGIN, &page("2025-01-08", "2025-01-11")).fraction, 0.3);
        assert_eq!(tracker.add_page(Instant::ORIGIN, &page("2025-01-01", "2025-01-03")).fraction, 0.5);
    }

    proptest! {
        /// Whatever the pages say: before, behind or beside what was asked, in any order, at any time.
        #[test]
        fn the_fraction_is_a_number_from_0_to_1_that_never_falls(
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
            let mut tracker = Tracker::new("x", extent, Instant::ORIGIN).in_order(in_order);
            let mut now = Instant::ORIGIN;
            let mut last = 0.0;
            for (datapoints, from, to, responded_at, passed) in pages {
                now = now + Duration::from_millis(passed.into());
                let times = at(from).zip(at(to));
                let responded_at = responded_at.and_then(|seconds| at(seconds.into()));
                let page = PageFigures { datapoints: datapoints.into(), bytes: datapoints.into(), times, responded_at };
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
        let first = PageFigures { responded_at: Some(time("2025-01-11")), ..page("2025-01-01", "2025-01-06") };
        assert_eq!(tracker.add_page(Instant::ORIGIN, &first).fraction, 0.5);
    }
}
