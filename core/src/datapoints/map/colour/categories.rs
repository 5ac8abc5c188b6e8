//! Text, enums and booleans as colours.

use std::collections::HashMap;

use arrow_array::Array;
use arrow_array::cast::AsArray as _;
use arrow_schema::DataType;

use super::Colour;
use crate::arrays::cast;

/// Palette for colour-blind readers by Masataka Okabe and Kei Ito (2008), without its black, ordered so that the first
/// colours differ most.
const PALETTE: [Colour; 7] =
    [[0, 114, 178], [230, 159, 0], [0, 158, 115], [204, 121, 167], [213, 94, 0], [86, 180, 233], [240, 228, 66]];
/// Colour of all values beyond the palette.
const OTHERS: Colour = [90, 90, 90];

/// The values of all footprints. The most frequent ones have colours of their own.
#[derive(Clone, Debug)]
pub(in crate::datapoints::map) struct Categories {
    /// Index of the value of each row.
    rows: Vec<Option<usize>>,
    /// Values by descending frequency, then by name.
    names: Vec<String>,
}

impl Categories {
    pub(super) fn new(column: &dyn Array) -> Result<Self, String> {
        let text = cast(column, &DataType::Utf8View).map_err(|error| error.to_string())?;
        let text = text.as_string_view();
        let mut counts: HashMap<&str, usize> = HashMap::new();
        for value in text.iter().flatten() {
            *counts.entry(value).or_default() += 1;
        }
        let mut counts: Vec<_> = counts.into_iter().collect();
        counts.sort_by(|(name, count), (other, other_count)| other_count.cmp(count).then(name.cmp(other)));
        let indexes: HashMap<&str, usize> = counts.iter().map(|(name, _)| *name).zip(0..).collect();
        let rows = text.iter().map(|value| indexes.get(value?).copied()).collect();
        Ok(Self { rows, names: counts.iter().map(|(name, _)| (*name).to_owned()).collect() })
    }

    pub(super) fn colour(&self, row: usize) -> Option<Colour> {
        let index = self.rows.get(row).copied()??;
        Some(PALETTE.get(index).copied().unwrap_or(OTHERS))
    }

    pub(super) fn has_missing(&self) -> bool {
        self.rows.contains(&None)
    }

    /// Returns each colour with its value.
    pub(in crate::datapoints::map) fn legend(&self) -> impl Iterator<Item = (Colour, String)> {
        let own = PALETTE.into_iter().zip(self.names.iter().cloned());
        let others = self.names.len().saturating_sub(PALETTE.len());
        own.chain((others > 0).then(|| (OTHERS, format!("{others} more"))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow_array::types::Int32Type;
    use arrow_array::{BooleanArray, DictionaryArray, StringViewArray};

    fn legend(categories: &Categories) -> Vec<String> {
        categories.legend().map(|(_, name)| name).collect()
    }

    #[test]
    fn the_most_frequent_values_come_first() {
        let column = StringViewArray::from(vec![Some("b"), Some("c"), None, Some("c"), Some("a")]);
        let categories = Categories::new(&column).expect("text");
        assert_eq!(legend(&categories), ["c", "a", "b"]);
        assert_eq!((categories.colour(1), categories.colour(4)), (Some(PALETTE[0]), Some(PALETTE[1])));
        assert_eq!((categories.colour(2), categories.colour(9), categories.has_missing()), (None, None, true));
    }

    #[test]
    fn enums_and_booleans_have_names() {
        let enums: DictionaryArray<Int32Type> = ["ASCENDING", "DESCENDING", "ASCENDING"].into_iter().collect();
        assert_eq!(legend(&Categories::new(&enums).expect("enums")), ["ASCENDING", "DESCENDING"]);
        let booleans = Categories::new(&BooleanArray::from(vec![true, false, true])).expect("booleans");
        assert_eq!(legend(&booleans), ["true", "false"]);
    }

    #[test]
    fn values_beyond_the_palette_share_one_colour() {
        let column = StringViewArray::from_iter_values((0..20).map(|number| format!("{number:02}")));
        let categories = Categories::new(&column).expect("text");
        let legend = legend(&categories);
        assert_eq!((legend.len(), legend[7].as_str()), (8, "13 more"));
        assert_eq!(categories.colour(19), Some(OTHERS));
    }
}
