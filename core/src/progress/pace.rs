//! The pace of a load, and the time that it still takes.

use std::collections::VecDeque;
use std::time::Duration;

/// The shortest time from which a pace is extrapolated. The pages of one burst arrive within milliseconds, after a wait for
/// all of them.
const MIN_WINDOW: Duration = Duration::from_millis(500);

/// The part of the elapsed time between two samples. It limits their number to about 50.
const SPACING: u32 = 64;

/// The fraction of a load at points in time.
///
/// Pages arrive in bursts, because many are requested at once and delivered in order, and a period of the requested time may
/// hold any number of datapoints. The speed of the last pages is therefore no estimate. The pace is the progress in the
/// second half of the elapsed time: it spans several bursts, and forgets a beginning that was faster or slower.
#[derive(Clone, Debug, Default)]
pub(super) struct Pace {
    /// The elapsed time and the fraction, in order. The first one is at or before half of the elapsed time, or is the first
    /// page.
    samples: VecDeque<(Duration, f64)>,
}

impl Pace {
    /// Adds the fraction after a page, and returns the estimated remaining time; `None` if it is unknown.
    pub(super) fn add(&mut self, elapsed: Duration, fraction: f64) -> Option<Duration> {
        let half = elapsed / 2;
        while self.samples.get(1).is_some_and(|(at, _)| *at <= half) {
            self.samples.pop_front();
        }
        if self.samples.back().is_none_or(|(at, _)| elapsed.saturating_sub(*at) > elapsed / SPACING) {
            self.samples.push_back((elapsed, fraction));
        }
        let (since, before) = *self.samples.front()?;
        let window = elapsed.saturating_sub(since);
        if window < MIN_WINDOW || fraction <= before {
            return None;
        }
        let seconds = window.as_secs_f64() * (1.0 - fraction) / (fraction - before);
        Duration::try_from_secs_f64(seconds).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const BURST: u32 = 16;
    const ROUND_TRIP: Duration = Duration::from_millis(800);

    /// Returns the elapsed time, the estimate and the true remaining time after each page of a load in bursts. `covered`
    /// returns the covered time after a part of the pages.
    fn load(pages: u32, covered: impl Fn(f64) -> f64) -> Vec<(Duration, Option<Duration>, Duration)> {
        let arrival = |page: u32| ROUND_TRIP * (page / BURST + 1) + Duration::from_micros(500) * (page % BURST);
        let end = arrival(pages - 1);
        let mut pace = Pace::default();
        let estimates = (0..pages).map(|page| {
            let estimate = pace.add(arrival(page), covered(f64::from(page + 1) / f64::from(pages)).min(0.999));
            assert!(pace.samples.len() <= 64, "{} samples", pace.samples.len());
            (arrival(page), estimate, end - arrival(page))
        });
        estimates.collect()
    }

    /// Asserts that each estimate is within a factor of the truth, give or take four bursts, after `from` of the time.
    fn assert_close(load: &[(Duration, Option<Duration>, Duration)], from: f64, factor: f64) {
        let end = load.last().expect("pages").0;
        let later = load.iter().filter(|(elapsed, ..)| elapsed.as_secs_f64() >= from * end.as_secs_f64());
        for (elapsed, estimate, truth) in later {
            let (estimate, truth) = (estimate.expect("an estimate").as_secs_f64(), truth.as_secs_f64());
            let slack = 4.0 * ROUND_TRIP.as_secs_f64();
            let bounds = (truth / factor - slack)..=(truth * factor + slack);
            assert!(bounds.contains(&estimate), "{estimate} s instead of {truth} s after {elapsed:?}");
        }
    }

    #[test]
    fn bursts_of_pages_do_not_move_the_estimate() {
        assert_close(&load(1600, |part| part), 0.1, 1.25);
    }

    #[test]
    fn the_estimate_of_an_uneven_collection_adapts() {
        // A tenth of the datapoints lies in the first half of the time, and the reverse.
        assert_close(&load(1600, |part| if part < 0.1 { part * 5.0 } else { 0.5 + (part - 0.1) / 1.8 }), 0.3, 1.3);
        assert_close(&load(1600, |part| if part < 0.9 { part / 1.8 } else { 0.5 + (part - 0.9) * 5.0 }), 0.95, 6.0);
        // The density grows with the time, as that of an archive does.
        assert_close(&load(1600, f64::sqrt), 0.2, 2.5);
    }

    #[test]
    fn a_first_burst_has_no_estimate() {
        let mut pace = Pace::default();
        assert_eq!(pace.add(Duration::from_millis(100), 0.1), None);
        assert_eq!(pace.add(Duration::from_millis(101), 0.2), None);
        assert_eq!(pace.add(Duration::from_millis(1100), 0.6), Some(Duration::from_millis(800)));
    }

    #[test]
    fn a_load_without_progress_has_no_estimate() {
        let mut pace = Pace::default();
        for second in 0..10 {
            assert_eq!(pace.add(Duration::from_secs(second), 0.0), None);
        }
    }

    proptest! {
        #[test]
        fn any_progress_has_an_estimate_or_none(
            steps in proptest::collection::vec((0_u64..u64::MAX / 64, 0.0_f64..0.1), 0..50),
        ) {
            let (mut pace, mut elapsed, mut fraction) = (Pace::default(), Duration::ZERO, 0.0_f64);
            for (step, growth) in steps {
                elapsed = elapsed.saturating_add(Duration::from_millis(step));
                fraction = (fraction + growth).min(0.999);
                let _ = pace.add(elapsed, fraction);
                prop_assert!(pace.samples.iter().is_sorted_by_key(|(at, _)| *at));
            }
        }
    }
}
