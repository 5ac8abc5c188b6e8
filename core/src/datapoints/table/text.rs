//! A record batch as a text table.

use std::cell::Cell;
use std::fmt::Write as _;

use arrow_array::RecordBatch;
use comfy_table::{CellAlignment, LineStyle, Table, TableStyle};
use unicode_width::UnicodeWidthStr as _;

use super::{Column, Excerpt, Layout};

/// Default width of a table, in terminal columns.
pub(crate) const DEFAULT_WIDTH: usize = 80;

/// A single line, below the header.
const STYLE: TableStyle = TableStyle::new().header_separator(LineStyle::new('─', '─', '─', '─'));

/// The columns of the terminal around the text of a column: a space on either side, and one before the next column.
const AROUND: usize = 3;

/// Renders the first and last rows, and the columns that fit.
pub(crate) fn render(batch: &RecordBatch, layout: &Layout, width: usize) -> String {
    // The table has a space on the left.
    let used = Cell::new(1);
    let fits = |column: &Column| {
        let needed = used.get() + column.widest() + AROUND;
        // The first column is always shown.
        let fits = needed <= width || used.get() == 1;
        if fits {
            used.set(needed);
        }
        fits
    };
    let excerpt = Excerpt::new(batch, layout, || width.saturating_sub(used.get() + AROUND), fits);
    let mut table = Table::new();
    table.load_style(STYLE);
    table.set_header(excerpt.columns.iter().map(|column| column.name.as_str()));
    for row in 0..excerpt.rows.len() {
        table.add_row(excerpt.columns.iter().map(|column| column.cell(row)));
    }
    for (index, Column { is_number, .. }) in excerpt.columns.iter().enumerate() {
        if let Some(column) = table.column_mut(index).filter(|_| *is_number) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    let mut text = if excerpt.columns.is_empty() { String::new() } else { format!("{}\n", table.trim_fmt()) };
    text.push_str(&wrap(&footer(layout.count(batch.num_rows()), &excerpt.hidden), width));
    text
}

fn footer(mut text: String, hidden: &[String]) -> String {
    if !hidden.is_empty() {
        let columns = if hidden.len() == 1 { "column" } else { "columns" };
        let _ = write!(text, ", {} more {columns}: {}", hidden.len(), hidden.join(", "));
    }
    text
}

/// Wraps a line at spaces. Words longer than the width stay whole.
fn wrap(line: &str, width: usize) -> String {
    let mut text = String::with_capacity(line.len());
    let mut used = 0;
    for word in line.split(' ') {
        let length = word.width();
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
    use crate::datapoints::LAYOUT;
    use crate::datapoints::samples::batch;
    use crate::datapoints::table::{HEAD, TAIL};
    use arrow_array::{ArrayRef, StringViewArray};
    use arrow_schema::Schema;
    use std::sync::Arc;

    fn render(batch: &RecordBatch, width: usize) -> String {
        super::render(batch, &LAYOUT, width)
    }

    #[test]
    fn a_table_formats_values_for_readers() {
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
    fn a_table_omits_middle_rows_and_names_omitted_columns() {
        let text = render(&batch(1000), 84);
        let mut table = text.lines().take(2 + HEAD + 1 + TAIL);
        assert!(table.all(|line| line.chars().count() <= 84), "{text}");
        assert!(text.contains('…') && text.contains("0000000003e7"), "{text}");
        assert!(text.ends_with("1000 datapoints, 2 more columns: count, text"), "{text}");
        assert_eq!(text.lines().count(), 2 + HEAD + 1 + TAIL + 1, "{text}");
    }

    #[test]
    fn no_line_exceeds_the_width_and_narrow_columns_still_fit() {
        let text = render(&batch(1000), 79);
        assert!(text.lines().all(|line| line.chars().count() <= 79), "{text}");
        assert!(text.lines().next().is_some_and(|head| head.contains("count")), "{text}");
        let text = render(&batch(1000), 30);
        assert!(text.lines().all(|line| line.chars().count() <= 30), "{text}");
        assert!(text.ends_with("1000 datapoints, 4 more\ncolumns: id, geometry, count,\ntext"), "{text}");
    }

    #[test]
    fn the_wide_column_takes_the_rest_of_the_width() {
        let layout = Layout { noun: "line", time: "time", wide: Some("body") };
        let column = |text: &str| Arc::new(StringViewArray::from(vec![text])) as ArrayRef;
        let columns = [("level", column("INFO")), ("body", column(&"a".repeat(100))), ("more", column("zz"))];
        let batch = RecordBatch::try_from_iter(columns).expect("a batch");
        for (width, shown) in [(60, 60 - 12), (20, 23), (111, 99), (112, 100), (120, 100)] {
            let text = super::render(&batch, &layout, width);
            let body = text.matches(['a', '…']).count();
            assert_eq!(body, if width == 20 { 0 } else { shown }, "{width}:\n{text}");
            assert!(text.lines().all(|line| line.width() <= width), "{text}");
            assert_eq!(text.contains("zz"), width >= 120 || width == 20, "{width}:\n{text}");
        }
        assert!(super::render(&batch, &layout, 120).ends_with("\n1 line"));
    }

    #[test]
    fn no_datapoints_have_a_table() {
        assert!(render(&batch(0), 90).contains("0 datapoints"));
        let none = RecordBatch::new_empty(Arc::new(Schema::empty()));
        assert_eq!(render(&none, 90), "0 datapoints");
    }

    #[test]
    fn wide_characters_keep_columns_aligned() {
        let column = |values: [&str; 2]| Arc::new(StringViewArray::from(values.to_vec())) as ArrayRef;
        let columns = [
            ("場所", column(["東京\u{200b}", "Rome"])),
            ("\u{202e}name", column(["a", "ｂ\n"])),
            ("last", column(["x", "x"])),
        ];
        let batch = RecordBatch::try_from_iter(columns).expect("a batch");
        for width in [20, 24, 26, 80] {
            let text = render(&batch, width);
            assert!(text.lines().all(|line| line.width() <= width), "{text}");
            assert!(!text.contains(['\u{200b}', '\u{202e}']), "{text}");
        }
        let text = render(&batch, 80);
        let offset = |line: &str| line.find(['x', 'l']).map(|end| line[..end].width());
        let offsets: Vec<_> = text.lines().filter_map(offset).take(3).collect();
        assert!(offsets.iter().all(|found| *found == offsets[0]) && offsets.len() == 3, "{offsets:?}\n{text}");
    }
}
