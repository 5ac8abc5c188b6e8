//! A record batch as a text table.

use std::fmt::{self, Write as _};

use arrow_array::RecordBatch;
use unicode_width::UnicodeWidthStr as _;

use super::widths::{AROUND, LEFT, Measure, fit};
use super::{Column, Layout, Rows, display_order};

/// Default width of a table, in terminal columns.
pub(crate) const DEFAULT_WIDTH: usize = 80;

/// A table of rows as text, from [`Datapoints::table`](crate::datapoints::Datapoints::table). `Display` prints it.
///
/// It has the first and the last rows, and a last line with the number of rows and the names of the columns that do not fit.
/// Texts and geometries are shortened where there is no room for them. A column is left out only if the table would be too
/// wide otherwise.
///
/// ```
/// # fn example(datapoints: tilebox_core::Datapoints) {
/// println!("{}", datapoints.table().with_width(200));
/// // Everything, for a pager such as `less -S`.
/// print!("{}", datapoints.table().with_all_rows().with_all_columns());
/// # }
/// ```
#[derive(Clone, Debug)]
#[must_use = "a table does nothing until it is printed"]
pub struct TextTable<'a> {
    batch: &'a RecordBatch,
    layout: Layout,
    /// The width in terminal columns; `None` for the width that all columns need.
    width: Option<usize>,
    rows: Rows,
    summary: Option<String>,
}

impl<'a> TextTable<'a> {
    pub(crate) fn new(batch: &'a RecordBatch, layout: &Layout) -> Self {
        Self { batch, layout: *layout, width: Some(DEFAULT_WIDTH), rows: Rows::Ends, summary: None }
    }

    /// Sets the width of the table in terminal columns. The default is 80.
    pub fn with_width(self, width: usize) -> Self {
        Self { width: Some(width), ..self }
    }

    /// Shows all columns, with whole texts and geometries, however wide the table becomes.
    pub fn with_all_columns(self) -> Self {
        Self { width: None, ..self }
    }

    /// Shows all rows, instead of the first and the last five.
    pub fn with_all_rows(self) -> Self {
        Self { rows: Rows::All, ..self }
    }

    /// Replaces the number of rows in the last line, such as by `showing 10 of 1204331 datapoints`.
    pub fn with_summary(self, summary: impl Into<String>) -> Self {
        Self { summary: Some(summary.into()), ..self }
    }

    /// Writes the rows below the names of the columns.
    fn write_rows(&self, columns: &[(Column<'_>, usize)], f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if columns.is_empty() {
            return Ok(());
        }
        let heads = columns.iter().map(|(column, _)| column.name.as_str());
        write_line(columns, heads, f)?;
        let rule = LEFT + columns.iter().map(|(_, width)| width + AROUND).sum::<usize>();
        writeln!(f, "{}", "─".repeat(rule))?;
        for row in self.rows.indexes(self.batch.num_rows()) {
            write_line(columns, columns.iter().map(|(column, _)| column.text(row)), f)?;
        }
        Ok(())
    }
}

impl fmt::Display for TextTable<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let order = display_order(self.batch);
        // No cell is wider than the table.
        let limit = self.width.unwrap_or(usize::MAX);
        let column = |width: usize, at: usize| {
            order.get(at).map(|(field, array)| Column::new(field, array, &self.layout, width))
        };
        let measures: Vec<Measure> = (0..order.len())
            .filter_map(|at| {
                let column = column(limit, at)?;
                let whole = column.widest(self.rows.indexes(self.batch.num_rows()));
                Some(Measure::new(&column, whole))
            })
            .collect();
        let widths = match self.width {
            Some(width) => fit(&measures, width),
            None => measures.iter().map(|measure| Some(measure.whole)).collect(),
        };
        let mut columns = Vec::new();
        let mut hidden = Vec::new();
        for (at, width) in widths.into_iter().enumerate() {
            match (width, column(width.unwrap_or(0), at)) {
                (Some(width), Some(column)) => columns.push((column, width)),
                (_, dropped) => hidden.extend(dropped.map(|column| column.name)),
            }
        }
        self.write_rows(&columns, f)?;
        let summary = self.summary.clone().unwrap_or_else(|| self.layout.count(self.batch.num_rows()));
        f.write_str(&wrap(&footer(summary, &hidden), limit))
    }
}

/// Writes the texts of a row, numbers to the right.
fn write_line(
    columns: &[(Column<'_>, usize)],
    texts: impl Iterator<Item: AsRef<str>>,
    f: &mut fmt::Formatter<'_>,
) -> fmt::Result {
    let mut line = String::new();
    for ((column, width), text) in columns.iter().zip(texts) {
        let text = text.as_ref();
        let padding = " ".repeat(width.saturating_sub(text.width()));
        let (before, after) = if column.is_number { (padding.as_str(), "") } else { ("", padding.as_str()) };
        let _ = write!(line, "  {before}{text}{after} ");
    }
    writeln!(f, "{}", line.trim_end())
}

/// Renders the first and last rows, and the columns that fit.
pub(crate) fn render(batch: &RecordBatch, layout: &Layout, width: usize) -> String {
    TextTable::new(batch, layout).with_width(width).to_string()
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
    let mut used: usize = 0;
    for word in line.split(' ') {
        let length = word.width();
        let fits = used.saturating_add(1 + length) <= width;
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
        assert!(text.ends_with("1000 datapoints, 2 more columns: geometry, text"), "{text}");
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
    fn a_table_of_all_rows_and_columns_shows_whole_values() {
        let names = ["S2A_MSIL1C_20250101T103019_N0511_R108_T32TMT_20250101T120000.SAFE"; 30];
        let mut columns = vec![("name", Arc::new(StringViewArray::from(names.to_vec())) as ArrayRef)];
        columns.extend(["a", "b", "c", "d"].map(|name| (name, Arc::clone(&columns[0].1))));
        let batch = RecordBatch::try_from_iter(columns).expect("a batch");
        let table = TextTable::new(&batch, &LAYOUT);
        let text = table.clone().with_all_rows().with_all_columns().to_string();
        assert_eq!(text.matches(names[0]).count(), 30 * 5, "{text}");
        assert!(!text.contains('…') && text.ends_with("\n30 datapoints"), "{text}");
        let text = table.with_summary("showing 10 of 1 000 datapoints").with_width(100).to_string();
        assert_eq!(text.matches(names[0]).count(), HEAD + TAIL, "{text}");
        assert!(text.ends_with("showing 10 of 1 000 datapoints, 3 more columns: b, c, d"), "{text}");
    }

    #[test]
    fn no_line_ends_with_a_space() {
        for width in [30, 80, 120, 300] {
            let text = render(&batch(20), width);
            assert!(text.lines().all(|line| line == line.trim_end()), "{text}");
        }
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
