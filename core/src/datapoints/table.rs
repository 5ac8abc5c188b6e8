//! Datapoints as a table that a person reads.

use std::fmt::Write as _;

use arrow_array::cast::AsArray as _;
use arrow_array::types::TimestampNanosecondType;
use arrow_array::{Array, RecordBatch};
use arrow_cast::display::{ArrayFormatter, FormatOptions};
use arrow_schema::{DataType, Field, FieldRef};
use comfy_table::{CellAlignment, LineStyle, Table, TableStyle};
use uuid::Uuid;

use super::from_nanoseconds;

/// The width of a table, in characters, unless a format says otherwise: that of a terminal as it is opened.
pub(super) const DEFAULT_WIDTH: usize = 80;

/// A line below the names of the columns, and no other.
const STYLE: TableStyle = TableStyle::new().header_separator(LineStyle::new('─', '─', '─', '─'));

/// How many rows are shown at the start and at the end.
const HEAD: usize = 5;
const TAIL: usize = 5;
/// The longest text of a cell, in characters; only ids are longer, because a part of one is of no use.
const CELL: usize = 23;

/// The rows at the start and end, and the columns that fit.
pub(super) fn render(batch: &RecordBatch, width: usize) -> String {
    let rows = shown_rows(batch.num_rows());
    let schema = batch.schema();
    let mut table = Table::new();
    table.load_style(STYLE);
    // When a datapoint was stored matters least to most readers.
    let (last, first): (Vec<_>, Vec<_>) =
        schema.fields().iter().zip(batch.columns()).partition(|(field, _)| field.name() == "ingestion_time");
    let ordered = first.into_iter().chain(last);
    let mut columns: Vec<(&FieldRef, Vec<String>)> = Vec::new();
    let mut hidden = Vec::new();
    let mut used = 0;
    for (field, array) in ordered {
        let cells = column(field, array.as_ref(), &rows);
        let widest = cells.iter().map(|cell| cell.chars().count()).max().unwrap_or(0);
        // A column has a space on either side and one to the next, the table one on the left. The first column is
        // shown however wide it is, and a narrow one also behind one that is too wide.
        let needed = used + widest + 3;
        if needed < width || columns.is_empty() {
            columns.push((field, cells));
            used = needed;
        } else {
            hidden.push(field.name().as_str());
        }
    }
    for row in 0..=rows.len() {
        let cells = columns.iter().map(|(_, column)| column.get(row).map_or("", String::as_str));
        if row == 0 {
            table.set_header(cells)
        } else {
            table.add_row(cells)
        };
    }
    for (index, (field, _)) in columns.iter().enumerate() {
        if let Some(column) = table.column_mut(index).filter(|_| field.data_type().is_numeric()) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    let mut text = if columns.is_empty() { String::new() } else { format!("{}\n", table.trim_fmt()) };
    text.push_str(&wrap(&footer(batch.num_rows(), &hidden), width));
    text
}

/// The rows to show; `None` stands for those left out.
fn shown_rows(count: usize) -> Vec<Option<usize>> {
    if count <= HEAD + TAIL {
        return (0..count).map(Some).collect();
    }
    (0..HEAD).map(Some).chain([None]).chain((count - TAIL..count).map(Some)).collect()
}

fn column(field: &Field, array: &dyn Array, rows: &[Option<usize>]) -> Vec<String> {
    let options = FormatOptions::new().with_null("").with_display_error(true);
    let nested = ArrayFormatter::try_new(array, &options).ok();
    let cell = |row: &Option<usize>| match row {
        None => "…".to_owned(),
        Some(row) if array.is_null(*row) => String::new(),
        Some(row) => {
            let text = special(field, array, *row).or_else(|| Some(shorten(&nested.as_ref()?.value(*row).to_string())));
            text.unwrap_or_else(|| "?".to_owned())
        }
    };
    std::iter::once(field.name().clone()).chain(rows.iter().map(cell)).collect()
}

/// Values that are bytes or numbers to Arrow, and something else to a person.
fn special(field: &Field, array: &dyn Array, row: usize) -> Option<String> {
    match (field.data_type(), field.extension_type_name()) {
        (DataType::Timestamp(..), _) => {
            let time = from_nanoseconds(array.as_primitive_opt::<TimestampNanosecondType>()?.value(row))?;
            Some(time.to_milliseconds_string())
        }
        (DataType::FixedSizeBinary(16), _) => {
            Uuid::from_slice(array.as_fixed_size_binary_opt()?.value(row)).ok().map(|id| id.to_string())
        }
        (DataType::BinaryView, Some("geoarrow.wkb")) => geometry(array.as_binary_view_opt()?.value(row)),
        (DataType::BinaryView, _) => Some(format!("{} bytes", array.as_binary_view_opt()?.value(row).len())),
        _ => None,
    }
}

/// The start of a geometry's well-known text.
fn geometry(wkb: &[u8]) -> Option<String> {
    let geometry = wkb::reader::read_wkb(wkb).ok()?;
    let mut text = Start(String::new());
    // Writing stops with an error when the cell is full.
    let _ = wkt::to_wkt::write_geometry(&mut text, &geometry);
    Some(shorten(&text.0))
}

/// Text that takes only as much as a cell shows.
struct Start(String);

impl std::fmt::Write for Start {
    fn write_str(&mut self, text: &str) -> std::fmt::Result {
        self.0.push_str(text);
        if self.0.len() > CELL * 4 { Err(std::fmt::Error) } else { Ok(()) }
    }
}

/// One line that fits a cell.
fn shorten(text: &str) -> String {
    let line: String = text.chars().map(|character| if character.is_control() { ' ' } else { character }).collect();
    match line.char_indices().nth(CELL) {
        None => line,
        // The character before the last is replaced, too, so that the mark fits.
        Some(_) => line.chars().take(CELL - 1).chain(['…']).collect(),
    }
}

fn footer(count: usize, hidden: &[&str]) -> String {
    let mut text = match count {
        1 => "1 datapoint".to_owned(),
        count => format!("{count} datapoints"),
    };
    if !hidden.is_empty() {
        let columns = if hidden.len() == 1 { "column" } else { "columns" };
        let _ = write!(text, ", {} more {columns}: {}", hidden.len(), hidden.join(", "));
    }
    text
}

/// The words of a line on as many lines as the width makes of it; a word is not broken.
fn wrap(line: &str, width: usize) -> String {
    let mut text = String::with_capacity(line.len());
    let mut used = 0;
    for word in line.split(' ') {
        let length = word.chars().count();
        let fits = used + 1 + length <= width;
        if used > 0 {
            text.push(if fits { ' ' } else { '\n' });
        }
        text.push_str(word);
        used = if used > 0 && fits { used + 1 + length } else { length };
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow_array::{
        ArrayRef, BinaryViewArray, FixedSizeBinaryArray, Int64Array, StringViewArray, TimestampNanosecondArray,
    };
    use arrow_schema::Schema;
    use std::collections::HashMap;
    use std::sync::Arc;

    fn batch(rows: usize) -> RecordBatch {
        let point = hex("0101000000000000000000f03f0000000000000040");
        let geometry = Field::new("geometry", DataType::BinaryView, true)
            .with_metadata(HashMap::from([("ARROW:extension:name".to_owned(), "geoarrow.wkb".to_owned())]));
        let columns: Vec<(Field, ArrayRef)> = vec![
            (
                Field::new("time", DataType::Timestamp(arrow_schema::TimeUnit::Nanosecond, Some("UTC".into())), true),
                Arc::new(
                    TimestampNanosecondArray::from_iter_values((0..rows as i64).map(|row| row * 1_500_000_000))
                        .with_timezone("UTC"),
                ),
            ),
            (
                Field::new("id", DataType::FixedSizeBinary(16), true),
                Arc::new(
                    FixedSizeBinaryArray::try_from_sparse_iter_with_size(
                        (0..rows).map(|row| Some((row as u128).to_be_bytes())),
                        16,
                    )
                    .expect("ids"),
                ),
            ),
            (geometry, Arc::new(BinaryViewArray::from_iter_values((0..rows).map(|_| &point)))),
            (
                Field::new("count", DataType::Int64, true),
                Arc::new(Int64Array::from_iter((0..rows as i64).map(|row| (row != 1).then_some(row)))),
            ),
            (
                Field::new("text", DataType::Utf8View, true),
                Arc::new(StringViewArray::from_iter_values((0..rows).map(|_| "a\nb".repeat(30)))),
            ),
        ];
        let (fields, columns): (Vec<_>, Vec<_>) = columns.into_iter().unzip();
        RecordBatch::try_new(Arc::new(Schema::new(fields)), columns).expect("a batch")
    }

    fn hex(text: &str) -> Vec<u8> {
        (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).expect("hex")).collect()
    }

    #[test]
    fn a_table_shows_values_as_people_write_them() {
        let text = render(&batch(2), 200);
        for expected in [
            "1970-01-01T00:00:01.500Z",
            "00000000-0000-0000-0000-000000000001",
            "POINT(1 2)",
            "a ba ba b",
            "2 datapoints",
        ] {
            assert!(text.contains(expected), "{expected} is missing:\n{text}");
        }
    }

    #[test]
    fn a_long_table_shows_its_ends_and_a_wide_one_names_what_is_hidden() {
        let text = render(&batch(1000), 84);
        let mut table = text.lines().take(2 + HEAD + 1 + TAIL);
        assert!(table.all(|line| line.chars().count() <= 84), "{text}");
        assert!(text.contains('…') && text.contains("0000000003e7"), "{text}");
        assert!(text.ends_with("1000 datapoints, 2 more columns: count, text"), "{text}");
        assert_eq!(text.lines().count(), 2 + HEAD + 1 + TAIL + 1, "{text}");
    }

    #[test]
    fn no_line_is_wider_than_the_table_may_be_and_a_narrow_column_is_shown_behind_a_wide_one() {
        let text = render(&batch(1000), 79);
        assert!(text.lines().all(|line| line.chars().count() <= 79), "{text}");
        assert!(text.lines().next().is_some_and(|head| head.contains("count")), "{text}");
        let text = render(&batch(1000), 30);
        assert!(text.lines().all(|line| line.chars().count() <= 30), "{text}");
        assert!(text.ends_with("1000 datapoints, 4 more\ncolumns: id, geometry, count,\ntext"), "{text}");
    }

    #[test]
    fn no_datapoints_are_a_table_too() {
        assert!(render(&batch(0), 90).contains("0 datapoints"));
        let none = RecordBatch::new_empty(Arc::new(Schema::empty()));
        assert_eq!(render(&none, 90), "0 datapoints");
    }
}
