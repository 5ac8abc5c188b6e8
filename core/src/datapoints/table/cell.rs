//! The text of a cell.

use arrow_array::Array;
use arrow_array::cast::AsArray as _;
use arrow_array::types::{DurationNanosecondType, TimestampNanosecondType};
use arrow_schema::{DataType, Field};
use unicode_width::{UnicodeWidthChar as _, UnicodeWidthStr as _};
use uuid::Uuid;

use crate::arrays::print;
use crate::schema::excerpt::is_format;
use crate::schema::well_known::WellKnown;
use crate::schema::{Timestamp, duration, wkb, wkt};

/// The width to which texts and geometries are shortened where there is no room for more, in terminal columns.
pub(super) const SHORT: usize = 23;

/// Formats the values of a column for readers, in one line each.
pub(in crate::datapoints) struct Cells<'a> {
    field: &'a Field,
    array: &'a dyn Array,
    /// Maximum width of texts and geometries, in terminal columns.
    width: usize,
}

impl<'a> Cells<'a> {
    pub(in crate::datapoints) fn new(field: &'a Field, array: &'a dyn Array) -> Self {
        Self { field, array, width: SHORT }
    }

    /// Sets the maximum width of texts and geometries, in terminal columns. Numbers, times and ids are never shortened,
    /// because they would be useless or wrong.
    pub(super) fn with_width(self, width: usize) -> Self {
        Self { width, ..self }
    }

    /// Returns the text of a row; empty for null.
    pub(in crate::datapoints) fn text(&self, row: usize) -> String {
        if self.array.is_null(row) {
            return String::new();
        }
        let other = || Some(shorten(&print(self.array, row)?, self.width));
        special(self.field, self.array, row, self.width).or_else(other).unwrap_or_else(|| "?".to_owned())
    }
}

/// Formats times, durations, ids, geometries and bytes.
fn special(field: &Field, array: &dyn Array, row: usize, width: usize) -> Option<String> {
    match WellKnown::of_column(field) {
        Some(WellKnown::Timestamp) => {
            let nanoseconds = array.as_primitive_opt::<TimestampNanosecondType>()?.value(row);
            Some(Timestamp::from_nanoseconds(nanoseconds).to_milliseconds_string())
        }
        Some(WellKnown::Duration) => {
            Some(duration::format(array.as_primitive_opt::<DurationNanosecondType>()?.value(row).into()))
        }
        Some(WellKnown::Uuid) => {
            Uuid::from_slice(array.as_fixed_size_binary_opt()?.value(row)).ok().map(|id| id.to_string())
        }
        Some(WellKnown::Geometry) => geometry(array.as_binary_view_opt()?.value(row), width),
        None if *field.data_type() == DataType::BinaryView => {
            Some(format!("{} bytes", array.as_binary_view_opt()?.value(row).len()))
        }
        None => None,
    }
}

/// Formats the beginning of a geometry as WKT.
fn geometry(wkb: &[u8], width: usize) -> Option<String> {
    let geometry = wkb::read(wkb).ok()?;
    let mut text = Prefix { text: String::new(), width };
    // Writing ends with an error when the cell is full.
    let _ = wkt::write(&geometry, &mut text);
    Some(shorten(&text.text, width))
}

/// A writer of ASCII that fails once it holds more text than a cell shows.
struct Prefix {
    text: String,
    width: usize,
}

impl std::fmt::Write for Prefix {
    fn write_str(&mut self, text: &str) -> std::fmt::Result {
        self.text.push_str(text);
        if self.text.len() > self.width { Err(std::fmt::Error) } else { Ok(()) }
    }
}

/// Returns whether the texts of a column may be shortened.
pub(super) fn is_flexible(field: &Field) -> bool {
    let is_fixed = field.data_type().is_numeric() || *field.data_type() == DataType::Boolean;
    let is_well_known = WellKnown::of_column(field).is_some_and(|known| known != WellKnown::Geometry);
    !is_fixed && !is_well_known
}

/// Returns whether a column contains geometries.
pub(super) fn is_geometry(field: &Field) -> bool {
    WellKnown::of_column(field) == Some(WellKnown::Geometry)
}

/// Shortens text to one line that fits a cell of this width.
fn shorten(text: &str, max_width: usize) -> String {
    let line = one_line(text);
    if line.width() <= max_width {
        return line;
    }
    // The ellipsis takes one column.
    let mut used = 0;
    let fits = |character: &char| {
        used += character.width().unwrap_or(0);
        used < max_width
    };
    line.chars().take_while(fits).chain(['…']).collect()
}

/// Removes characters that move the cursor or hide text: control characters and line separators become spaces, format
/// characters are dropped.
pub(super) fn one_line(text: &str) -> String {
    let is_separator = |character: char| character.is_control() || matches!(character, '\u{2028}' | '\u{2029}');
    let visible = text.chars().filter(|character| !is_format(*character));
    visible.map(|character| if is_separator(character) { ' ' } else { character }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_is_shortened_by_its_width_on_the_screen() {
        assert_eq!(shorten(&"a".repeat(23), SHORT), "a".repeat(23));
        assert_eq!(shorten(&"a".repeat(24), SHORT), format!("{}…", "a".repeat(22)));
        assert_eq!(shorten(&"地".repeat(11), SHORT), "地".repeat(11));
        assert_eq!(shorten(&"地".repeat(12), SHORT), format!("{}…", "地".repeat(11)));
        assert_eq!(shorten(&format!("a{}", "地".repeat(12)), SHORT), format!("a{}…", "地".repeat(10)));
        // A letter with a combining accent takes one column.
        assert_eq!(shorten(&"e\u{301}".repeat(23), SHORT), "e\u{301}".repeat(23));
    }

    #[test]
    fn control_and_format_characters_are_removed() {
        assert_eq!(shorten("a\u{1b}[31m\u{202e}b\n\u{200b}c\u{feff}", SHORT), "a [31mb c");
    }
}
