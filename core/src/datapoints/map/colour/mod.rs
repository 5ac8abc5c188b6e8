//! What colour each footprint has, and what that means.

mod categories;
mod scale;

use arrow_array::Array;
use arrow_schema::DataType;

use categories::Categories;
pub(super) use scale::viridis;
use scale::{Scale, Unit};

/// A colour: red, green, blue.
pub(super) type Colour = [u8; 3];

/// Of a footprint without a value.
pub(super) const ABSENT: Colour = [150, 150, 150];
/// Of all footprints, when they are not coloured by anything. The middle of viridis.
const PLAIN: Colour = [38, 130, 142];

/// What colour each footprint has.
#[derive(Clone, Debug)]
pub(super) enum Colouring {
    /// All the same.
    Plain,
    /// By a number.
    Scale(Scale),
    /// By one of several values.
    Categories(Categories),
}

impl Colouring {
    /// The colours of the values of a column.
    ///
    /// # Errors
    ///
    /// Why values like these have no colours.
    pub(super) fn of(column: &dyn Array) -> Result<Self, String> {
        Ok(match column.data_type() {
            number if number.is_numeric() => Self::Scale(Scale::new(column, Unit::Number)?),
            DataType::Timestamp(..) => Self::Scale(Scale::new(column, Unit::Time)?),
            DataType::Duration(_) => Self::Scale(Scale::new(column, Unit::Duration)?),
            DataType::Utf8 | DataType::Utf8View | DataType::Boolean | DataType::Dictionary(..) => {
                Self::Categories(Categories::new(column)?)
            }
            other => return Err(format!("{other} has no colours")),
        })
    }

    /// Of the footprint in this row; `None` when it has no value.
    pub(super) fn colour(&self, row: usize) -> Option<Colour> {
        match self {
            Self::Plain => Some(PLAIN),
            Self::Scale(scale) => scale.colour(row),
            Self::Categories(categories) => categories.colour(row),
        }
    }

    /// Whether there are footprints without a value, so that the grey has to be explained.
    pub(super) fn has_absent(&self) -> bool {
        match self {
            Self::Plain => false,
            Self::Scale(scale) => scale.has_absent(),
            Self::Categories(categories) => categories.has_absent(),
        }
    }

    /// From what to what, or which, in words.
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

/// A colour as SVG writes it.
pub(super) fn hex([red, green, blue]: Colour) -> String {
    format!("#{red:02x}{green:02x}{blue:02x}")
}
