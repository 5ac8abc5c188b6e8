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

/// Maximum width of a cell, in terminal columns. Ids are wider, because a truncated id is useless.
pub(super) const MAX_WIDTH: usize = 23;

/// Formats the values of a column for readers, in one line each.
pub(in crate::datapoints) struct Cells<'a> {
    field: &'a Field,
    array: &'a dyn Array,
    /// Maximum width of texts, in terminal columns.
    width: usize,
}

impl<'a> Cells<'a> {
    pub(in crate::datapoints) fn new(field: &'a Field, array: &'a dyn Array) -> Self {
        Self { field, array, width: MAX_WIDTH }
    }

    /// Sets the maximum width of texts, in terminal columns. Times, ids and geometries keep theirs.
    pub(super) fn with_width(self, width: usize) -> Self {
        Self { width, ..self }
    }

    /// Returns the text of a row; empty for null.
    pub(in crate::datapoints) fn text(&self, row: usize) -> String {
        if self.array.is_null(row) {
            return String::new();
        }
        let other = || Some(shorten(&print(self.array, row)?, self.width));
        special(self.field, self.array, row).or_else(other).unwrap_or_else(|| "?".to_owned())
    }
}

/// Formats times, durations, ids, geometries and bytes.
fn special(field: &Field, array: &dyn Array, row: usize) -> Option<String> {
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
        Some(WellKnown::Geometry) => geometry(array.as_binary_view_opt()?.value(row)),
        None if *field.data_type() == DataType::BinaryView => {
            Some(format!("{} bytes", array.as_binary_view_opt()?.value(row).len()))
        }
        None => None,
    }
}

/// Formats the beginning of a geometry as WKT.
fn geometry(wkb: &[u8]) -> Option<String> {
    let geometry = wkb::read(wkb).ok()?;
    let mut text = Prefix(String::new());
    // Writing ends with an error when the cell is full.
    let _ = wkt::write(&geometry, &mut text);
    Some(shorten(&text.0, MAX_WIDTH))
}

/// A writer that fails once it holds more text than a cell shows.
struct Prefix(String);

impl std::fmt::Write for Prefix {
    fn write_str(&mut self, text: &str) -> std::fmt::Result {
        self.0.push_str(text);
        if self.0.len() > MAX_WIDTH * 4 { Err(std::fmt::Error) } else { Ok(()) }
    }
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
        assert_eq!(shorten(&"a".repeat(23), MAX_WIDTH), "a".repeat(23));
        assert_eq!(shorten(&"a".repeat(24), MAX_WIDTH), format!("{}…", "a".repeat(22)));
        assert_eq!(shorten(&"地".repeat(11), MAX_WIDTH), "地".repeat(11));
        assert_eq!(shorten(&"地".repeat(12), MAX_WIDTH), format!("{}…", "地".repeat(11)));
        assert_eq!(shorten(&format!("a{}", "地".repeat(12)), MAX_WIDTH), format!("a{}…", "地".repeat(10)));
        // A letter with a combining accent takes one column.
        assert_eq!(shorten(&"e\u{301}".repeat(23), MAX_WIDTH), "e\u{301}".repeat(23));
    }

    #[test]
    fn control_and_format_characters_are_removed() {
        assert_eq!(shorten("a\u{1b}[31m\u{202e}b\n\u{200b}c\u{feff}", MAX_WIDTH), "a [31mb c");
    }
}
