//! The columns that fit a table, and their widths.
//!
//! Columns are dropped only when the table would be too wide with texts of [`SHORT`] terminal columns. Then whole texts are
//! worth more than further columns: a name of which the end is missing may stand for many. Geometries and `ingestion_time`
//! are dropped first, because few readers need them in a table.

use super::Column;
use super::cell::SHORT;

/// The columns of the terminal around the text of a column: a space on either side, and one before the next column.
pub(super) const AROUND: usize = 3;

/// The column of the terminal on the left of a table.
pub(super) const LEFT: usize = 1;

/// The width up to which a text is shown whole before another column, in terminal columns. Names of granules fit.
const WHOLE: usize = 72;

/// The properties of a column that its width depends on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Measure {
    /// The width of the widest text.
    pub(super) whole: usize,
    /// Whether texts may be shortened.
    is_flexible: bool,
    /// Whether it is the one column that may be wider than others.
    is_wide: bool,
    /// The lower, the sooner it is dropped.
    rank: u8,
}

impl Measure {
    pub(super) fn new(column: &Column<'_>, whole: usize) -> Self {
        let rank = match (column.is_last, column.is_geometry) {
            (true, _) => 0,
            (false, true) => 1,
            (false, false) => 2,
        };
        Self { whole, is_flexible: column.is_flexible, is_wide: column.is_wide, rank }
    }

    /// Returns the width of the column when each column has the least.
    fn least(self) -> usize {
        if self.is_flexible && !self.is_wide { self.whole.min(SHORT) } else { self.whole }
    }

    /// Returns the width of the column within `rest` if other columns are dropped; `None` if it does not fit.
    fn within(self, rest: usize) -> Option<usize> {
        let preferred = match self {
            Self { is_flexible: false, .. } | Self { is_wide: true, .. } => self.whole,
            Self { rank: 1, .. } => self.whole.min(SHORT),
            _ => self.whole.min(WHOLE),
        };
        if preferred <= rest {
            return Some(preferred);
        }
        (self.is_flexible && rest >= SHORT).then_some(rest)
    }
}

/// Returns the width of each column in a table of `width` terminal columns; `None` for a column that is dropped. The first
/// column is always shown.
pub(super) fn fit(columns: &[Measure], width: usize) -> Vec<Option<usize>> {
    let mut widths: Vec<Option<usize>> = columns.iter().map(|column| Some(column.least())).collect();
    if used(&widths) > width {
        widths = by_rank(columns, width);
    }
    let mut rest = width.saturating_sub(used(&widths));
    // The column that is the nearest to its whole width grows first.
    let mut shortened: Vec<_> =
        columns.iter().zip(&mut widths).filter_map(|(column, width)| Some((column.whole, width.as_mut()?))).collect();
    shortened.sort_by_key(|(whole, width)| whole.saturating_sub(**width));
    for (whole, width) in shortened {
        let growth = whole.saturating_sub(*width).min(rest);
        *width += growth;
        rest -= growth;
    }
    widths
}

fn used(widths: &[Option<usize>]) -> usize {
    LEFT + widths.iter().flatten().map(|width| width + AROUND).sum::<usize>()
}

/// Returns the widths of the columns that fit, the higher ranks first, each also after one that does not fit.
fn by_rank(columns: &[Measure], width: usize) -> Vec<Option<usize>> {
    let mut widths = vec![None; columns.len()];
    let mut order: Vec<_> = columns.iter().enumerate().collect();
    order.sort_by_key(|(index, column)| (*index != 0, std::cmp::Reverse(column.rank)));
    for (index, column) in order {
        let rest = width.saturating_sub(used(&widths) + AROUND);
        let found = column.within(rest).or((index == 0).then_some(column.least()));
        if let Some(slot) = widths.get_mut(index) {
            *slot = found;
        }
    }
    widths
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const TIME: Measure = Measure { whole: 24, is_flexible: false, is_wide: false, rank: 2 };
    const ID: Measure = Measure { whole: 36, ..TIME };
    const NUMBER: Measure = Measure { whole: 8, ..TIME };
    const NAME: Measure = Measure { whole: 65, is_flexible: true, ..TIME };
    const GEOMETRY: Measure = Measure { whole: 300, is_flexible: true, is_wide: false, rank: 1 };

    #[test]
    fn a_wide_table_has_whole_names() {
        let columns = [TIME, ID, GEOMETRY, NAME, NUMBER];
        assert_eq!(fit(&columns, 176), [Some(24), Some(36), Some(27), Some(65), Some(8)]);
        assert_eq!(fit(&columns, 1000), columns.map(|column| Some(column.whole)));
    }

    #[test]
    fn no_column_is_dropped_while_short_texts_fit() {
        let columns = [TIME, ID, NAME, NUMBER];
        assert_eq!(fit(&columns, 104), [Some(24), Some(36), Some(23), Some(8)]);
        assert_eq!(fit(&columns, 120), [Some(24), Some(36), Some(39), Some(8)]);
        assert_eq!(fit(&columns, 103), [Some(24), Some(36), Some(33), None]);
    }

    #[test]
    fn geometries_are_dropped_before_names_and_numbers() {
        assert_eq!(fit(&[TIME, ID, GEOMETRY, NAME, NUMBER], 120), [Some(24), Some(36), None, Some(50), None]);
        assert_eq!(fit(&[TIME, GEOMETRY, NUMBER], 60), [Some(24), None, Some(8)]);
    }

    #[test]
    fn a_narrow_terminal_shows_the_first_column() {
        assert_eq!(fit(&[ID, TIME], 10), [Some(36), None]);
        assert_eq!(fit(&[NAME, TIME], 10), [Some(23), None]);
        assert!(fit(&[], 10).is_empty());
    }

    proptest! {
        #[test]
        fn a_table_never_exceeds_its_width(
            columns in proptest::collection::vec((1_usize..200, any::<bool>(), 0_u8..3), 1..12),
            width in 80_usize..400,
        ) {
            let columns: Vec<_> = columns
                .into_iter()
                .map(|(whole, is_flexible, rank)| Measure { whole: whole.min(if is_flexible { 200 } else { 40 }), is_flexible, is_wide: false, rank })
                .collect();
            let widths = fit(&columns, width);
            prop_assert!(used(&widths) <= width, "{widths:?}");
            for (column, width) in columns.iter().zip(&widths) {
                prop_assert!(width.is_none_or(|width| width <= column.whole && width >= column.whole.min(SHORT)));
            }
        }
    }
}
