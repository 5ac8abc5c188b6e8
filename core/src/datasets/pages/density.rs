//! How dense the datapoints of a query were of late.

/// How many ids have room between datapoints, gaps included, over the last dozen pages or so.
#[derive(Debug, Default)]
pub(super) struct Density {
    ids: f64,
    pages: f64,
}

impl Density {
    /// How much what was seen before counts when one more part has come.
    const MEMORY: f64 = 0.92;

    /// So many ids were covered, and so many pages came of them.
    pub(super) fn add(&mut self, ids: f64, pages: f64) {
        self.ids = self.ids * Self::MEMORY + ids;
        self.pages = self.pages * Self::MEMORY + pages;
    }

    /// How many ids a page covers; nothing is known before the first one.
    pub(super) fn reach(&self) -> Option<f64> {
        (self.pages > 0.0).then(|| self.ids / self.pages)
    }
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
}
