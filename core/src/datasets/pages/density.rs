//! How dense the datapoints of a query were of late, and how far that can be relied on.

/// How many ids have room between datapoints, gaps included, over the last dozen pages or so, and how much parts differed
/// from what was expected of them.
#[derive(Debug)]
pub(super) struct Density {
    ids: f64,
    pages: f64,
    /// The variance of what a part has, as a fraction of what was expected.
    variance: f64,
}

/// Nothing is known yet; parts are thought to differ by a tenth.
impl Default for Density {
    fn default() -> Self {
        Self { ids: 0.0, pages: 0.0, variance: 0.01 }
    }
}

impl Density {
    /// How much what was seen before counts when one more part has come.
    const MEMORY: f64 = 0.92;
    /// How many parts one after the other are held up by what one of them has too much: they wait for another round trip.
    const HELD_UP: i32 = 12;
    /// How many fiftieths of a page a part may be meant to have.
    const FILLS: std::ops::RangeInclusive<u32> = 25..=75;

    /// So many ids were covered, and so many pages came of them.
    pub(super) fn add(&mut self, ids: f64, pages: f64) {
        self.ids = self.ids * Self::MEMORY + ids;
        self.pages = self.pages * Self::MEMORY + pages;
    }

    /// How many ids a page covers; nothing is known before the first one.
    pub(super) fn reach(&self) -> Option<f64> {
        (self.pages > 0.0).then(|| self.ids / self.pages)
    }

    /// So many pages came where so many were expected. A small piece, which has one group of datapoints or none, says
    /// nothing.
    pub(super) fn compare(&mut self, expected: f64, pages: f64) {
        if expected >= 0.5 || pages >= 0.5 {
            let error = (pages / expected - 1.0).clamp(-1.0, 1.0);
            self.variance = self.variance * Self::MEMORY + error * error * (1.0 - Self::MEMORY);
        }
    }

    /// How many pages a part is best meant to have: so that a request brings the most, and little has to wait.
    ///
    /// A part that is meant to fill its page often has a little more, which takes another request, and holds up what is
    /// behind it until that is answered; one that is meant to have less wastes the rest of its page. Where datapoints are
    /// spread evenly the best is a little less than a page, and where they come in bursts, so that there is always something
    /// held up, more than one.
    pub(super) fn fill(&self) -> f64 {
        let fills = Self::FILLS.map(|fiftieths| f64::from(fiftieths) / 50.0);
        let per_request = |fill: f64| fill / self.requests(fill);
        fills.max_by(|left, right| per_request(*left).total_cmp(&per_request(*right))).unwrap_or(1.0)
    }

    /// How many requests a part takes that is meant to have so many pages. Being held up counts as one.
    fn requests(&self, fill: f64) -> f64 {
        let deviation = (self.variance * fill).sqrt().max(f64::MIN_POSITIVE);
        let more_than = |pages: f64| beyond((pages - fill) / deviation);
        let held_up = 1.0 - (1.0 - more_than(1.0)).powi(Self::HELD_UP);
        1.0 + more_than(1.0) + more_than(2.0) + more_than(3.0) + held_up
    }
}

/// How likely a normally distributed number is more than so many deviations above its mean (Bowling, Khasawneh, Kaewkuekool
/// and Cho, "A logistic approximation to the cumulative normal distribution", JIEM 2(1), 2009).
fn beyond(deviations: f64) -> f64 {
    1.0 / (1.0 + (0.07056 * deviations.powi(3) + 1.5976 * deviations).exp())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gaps_count_and_what_is_long_gone_does_not() {
        let mut density = Density::default();
        assert_eq!(density.reach(), None);
        density.add(1000.0, 0.0);
        assert_eq!(density.reach(), None);
        density.add(1000.0, 1.0);
        assert_eq!(density.reach(), Some(1000.0 + 1000.0 * Density::MEMORY));
        for _ in 0..200 {
            density.add(50.0, 1.0);
        }
        assert!(density.reach().is_some_and(|reach| (reach - 50.0).abs() < 0.1));
    }

    #[test]
    fn the_more_parts_differ_the_less_a_page_is_meant_to_be_full_until_two_are_better() {
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
    fn a_small_piece_says_nothing_of_how_much_parts_differ() {
        let mut density = Density::default();
        density.compare(0.02, 0.0);
        density.compare(0.02, 0.2);
        assert_eq!(density.variance, Density::default().variance);
    }
}
