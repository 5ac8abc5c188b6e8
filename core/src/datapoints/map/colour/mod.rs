//! The colour of each footprint.

mod categories;
mod scale;

use arrow_array::Array;
use arrow_schema::DataType;

use categories::Categories;
pub(super) use scale::viridis;
use scale::{Scale, Unit};

/// Red, green and blue.
pub(super) type Colour = [u8; 3];

/// Colour of footprints without a value.
pub(super) const MISSING: Colour = [150, 150, 150];
/// Colour of all footprints of a map without a coloured column: the middle of viridis.
const PLAIN: Colour = [38, 130, 142];

/// The colour of each footprint.
#[derive(Clone, Debug)]
pub(super) enum Colouring {
    /// One colour for all.
    Plain,
    /// A colour scale over numbers, times or durations.
    Scale(Scale),
    /// One colour per value.
    Categories(Categories),
}

impl Colouring {
    /// Chooses the colours of the values of a column.
    ///
    /// # Errors
    ///
    /// When values of this type have no colours.
    pub(super) fn new(column: &dyn Array) -> Result<Self, String> {
        Ok(match column.data_type() {
            number if number.is_numeric() => Self::Scale(Scale::new(column, Unit::Number)?),
            DataType::Timestamp(..) => Self::Scale(Scale::new(column, Unit::Time)?),
            DataType::Duration(_) => Self::Scale(Scale::new(column, Unit::Duration)?),
            DataType::Utf8 | DataType::Utf8View | DataType::Boolean | DataType::Dictionary(..) => {
                Self::Categories(Categories::new(column)?)
            }
            other => return Err(format!("the type {other} has no colours")),
        })
    }

    /// Returns the colour of the footprint in a row, or `None` without a value.
    pub(super) fn colour(&self, row: usize) -> Option<Colour> {
        match self {
            Self::Plain => Some(PLAIN),
            Self::Scale(scale) => scale.colour(row),
            Self::Categories(categories) => categories.colour(row),
        }
    }

    /// Returns whether the legend has to explain footprints without a value.
    pub(super) fn has_missing(&self) -> bool {
        match self {
            Self::Plain => false,
            Self::Scale(scale) => scale.has_missing(),
            Self::Categories(categories) => categories.has_missing(),
        }
    }

    /// Describes the values in words.
    pub(super) fn summary(&self) -> String {
        match self {
            Self::Plain => String::new(),
            Self::Scale(scale) => match scale.labels() {
                Some((lowest, highest)) => format!("{lowest} to {highest}"),
                None => "no values".to_owned(),
            },
            Self::Categories(categories) => {
                let names: Vec<_> = categories.legend().map(|(_, name)| name).collect();
                if names.is_empty() { "no values".to_owned() } else { names.join(", ") }
            }
        }
    }
}

/// Formats a colour for SVG.
pub(super) fn hex([red, green, blue]: Colour) -> String {
    format!("#{red:02x}{green:02x}{blue:02x}")
}
