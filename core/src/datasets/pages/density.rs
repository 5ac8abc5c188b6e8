//! The recent density of a query's datapoints, and how much parts deviate from it.

/// The number of ids per page, gaps included, over about the last dozen pages, and the deviation of parts from the
/// expected content.
#[derive(Debug)]
pub(super) struct Density {
    ids: f64,
    pages: f64,
    /// Variance of the content of a part, relative to the expected content.
    variance: f64,
}

/// An unknown density, with an assumed deviation of a tenth.
impl Default for Density {
    fn default() -> Self {
        Self { ids: 0.0, pages: 0.0, variance: 0.01 }
    }
}

impl Density {
    /// Factor by which each new part reduces the weight of the previous ones.
    const MEMORY: f64 = 0.92;
    /// Number of following parts that wait for another round trip when a part overflows its page.
    const HELD_UP: i32 = 12;
    /// Candidate sizes of a part, in fiftieths of a page.
    const FILLS: std::ops::RangeInclusive<u32> = 25..=75;

    /// Adds a range of `ids` ids with datapoints for `pages` pages.
    pub(super) fn add(&mut self, ids: f64, pages: f64) {
        self.ids = self.ids * Self::MEMORY + ids;
        self.pages = self.pages * Self::MEMORY + pages;
    }

    /// Adapts to pages that hold `factor` times the datapoints.
    pub(super) fn scale(&mut self, factor: f64) {
        self.pages /= factor;
    }

    /// Returns the number of ids that a page covers; `None` before the first page.
    pub(super) fn ids_per_page(&self) -> Option<f64> {
        (self.pages > 0.0).then(|| self.ids / self.pages)
    }

    /// Compares the pages of a part with the expected pages. Ignores a small piece, because its content depends on
    /// chance.
    pub(super) fn compare(&mut self, expected: f64, pages: f64) {
        if expected >= 0.5 || pages >= 0.5 {
            let error = (pages / expected - 1.0).clamp(-1.0, 1.0);
            self.variance = self.variance * Self::MEMORY + error * error * (1.0 - Self::MEMORY);
        }
    }

    /// Returns the best size of a part in pages: the size with the most datapoints per request.
    ///
    /// A part that should fill its page often has a little more, which takes another request and delays the parts after
    /// it; a smaller part wastes the rest of its page. For evenly spread datapoints, the best size is a little less
    /// than a page; for bursts, which always delay a part, it is more than one page.
    pub(super) fn fill(&self) -> f64 {
        let fills = Self::FILLS.map(|fiftieths| f64::from(fiftieths) / 50.0);
        let per_request = |fill: f64| fill / self.requests(fill);
        fills.max_by(|left, right| per_request(*left).total_cmp(&per_request(*right))).unwrap_or(1.0)
    }

    /// Returns the expected number of requests for a part of `fill` pages. A delay counts as one request.
    fn requests(&self, fill: f64) -> f64 {
        let deviation = (self.variance * fill).sqrt().max(f64::MIN_POSITIVE);
        let more_than = |pages: f64| beyond((pages - fill) / deviation);
        let held_up = 1.0 - (1.0 - more_than(1.0)).powi(Self::HELD_UP);
        1.0 + more_than(1.0) + more_than(2.0) + more_than(3.0) + held_up
    }
}

/// Returns the probability that a normally distributed number is more than `deviations` above its mean (Bowling,
/// Khasawneh, Kaewkuekool and Cho, "A logistic approximation to the cumulative normal distribution", JIEM 2(1), 2009).
fn beyond(deviations: f64) -> f64 {
    1.0 / (1.0 + (0.07056 * deviations.powi(3) + 1.5976 * deviations).exp())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn density_counts_gaps_and_forgets_old_pages() {
        let mut density = Density::default();
        assert_eq!(density.ids_per_page(), None);
        density.add(1000.0, 0.0);
        assert_eq!(density.ids_per_page(), None);
        density.add(1000.0, 1.0);
        assert_eq!(density.ids_per_page(), Some(1000.0 + 1000.0 * Density::MEMORY));
        for _ in 0..200 {
            density.add(50.0, 1.0);
        }
        assert!(density.ids_per_page().is_some_and(|ids_per_page| (ids_per_page - 50.0).abs() < 0.1));
    }

    #[test]
    fn deviating_parts_are_smaller_until_two_pages_are_better() {
        let fill = |deviation: f64| {
            let mut density = Density::default();
            for round in 0..200 {
                density.compare(1.0, if round % 2 == 0 { 1.0 + deviation } else { 1.0 - deviation });
            }
            density.fill()
        };
        let fills = [0.0, 0.02, 0.08, 0.12, 0.5, 1.0].map(fill);
        assert_eq!(fills[0], 0.98);
        assert!(fills.windows(2).take(3).all(|pair| pair[1] < pair[0]), "{fills:?}");
        assert!((0.8..0.9).contains(&fills[2]), "{fills:?}");
        assert!(fills[4] > 1.3 && fills[5] > 1.3, "{fills:?}");
    }

    #[test]
    fn a_small_piece_does_not_change_the_variance() {
        let mut density = Density::default();
        density.compare(0.02, 0.0);
        density.compare(0.02, 0.2);
        assert_eq!(density.variance, Density::default().variance);
    }
}
