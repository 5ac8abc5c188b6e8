//! A record batch as an HTML table.

use std::fmt::{self, Write as _};

use arrow_array::cast::AsArray as _;
use arrow_array::types::TimestampNanosecondType;
use arrow_array::{Array as _, RecordBatch};
use arrow_schema::Field;

use super::cell::{SHORT, is_geometry};
use super::{Column, Layout, Rows, display_order};
use crate::notebook::{Escaped, STYLE};
use crate::schema::Timestamp;

/// Maximum number of columns. The page scrolls horizontally.
const MAX_COLUMNS: usize = 40;
/// Maximum width of a text, in characters. Names of granules fit.
const TEXT: usize = 72;
/// Maximum width of a text of the wide column, in characters.
const WIDE: usize = 160;

/// Renders the first and last rows, followed by the number of rows and columns and their range of time.
pub(crate) fn render(batch: &RecordBatch, layout: &Layout) -> String {
    let mut columns: Vec<Column<'_>> = display_order(batch)
        .into_iter()
        .map(|(field, array)| Column::new(field, array, layout, width(field, layout)))
        .collect();
    let hidden: Vec<String> = columns.drain(MAX_COLUMNS.min(columns.len())..).map(|column| column.name).collect();
    let mut html = format!("<div class=\"tilebox\">{STYLE}\n");
    // Writing to a string cannot fail.
    let _ = write_table(&mut html, batch, &columns).and_then(|()| write_shape(&mut html, batch, layout, &hidden));
    html.push_str("</div>\n");
    html
}

/// Returns the maximum width of the texts of a column. Geometries are longer than readers need.
fn width(field: &Field, layout: &Layout) -> usize {
    match (layout.is_wide(field), is_geometry(field)) {
        (true, _) => WIDE,
        (false, true) => SHORT,
        (false, false) => TEXT,
    }
}

fn write_table(html: &mut String, batch: &RecordBatch, columns: &[Column<'_>]) -> fmt::Result {
    if columns.is_empty() {
        return Ok(());
    }
    html.push_str("<table>\n<thead><tr>");
    for column in columns {
        let (class, data_type) = (class(column), column.data_type.to_string());
        write!(html, "<th{class} title=\"{}\">{}</th>", Escaped(&data_type), Escaped(&column.name))?;
    }
    html.push_str("</tr></thead>\n<tbody>\n");
    for row in Rows::Ends.indexes(batch.num_rows()) {
        html.push_str(if row.is_some() { "<tr>" } else { "<tr class=\"gap\">" });
        for column in columns {
            write!(html, "<td{}>{}</td>", class(column), Escaped(&column.text(row)))?;
        }
        html.push_str("</tr>\n");
    }
    html.push_str("</tbody>\n</table>\n");
    Ok(())
}

fn class(column: &Column<'_>) -> &'static str {
    if column.is_number { " class=\"number\"" } else { "" }
}

/// Writes the number of rows and columns, the range of time, and the names of omitted columns.
fn write_shape(html: &mut String, batch: &RecordBatch, layout: &Layout, hidden: &[String]) -> fmt::Result {
    let columns = |count: usize| format!("{count} column{}", if count == 1 { "" } else { "s" });
    write!(html, "<p class=\"shape\">{} × {}", layout.count(batch.num_rows()), columns(batch.num_columns()))?;
    let times = batch.column_by_name(layout.time);
    let times = times.and_then(|times| times.as_primitive_opt::<TimestampNanosecondType>());
    let times = times.filter(|times| times.null_count() < times.len());
    let times = || times.into_iter().flatten().flatten().map(Timestamp::from_nanoseconds);
    if let Some((first, last)) = times().min().zip(times().max()) {
        write!(html, ", {} to {}", first.to_milliseconds_string(), last.to_milliseconds_string())?;
    }
    if !hidden.is_empty() {
        let names = hidden.join(", ");
        write!(html, "; {} more: {}", columns(hidden.len()), Escaped(&names))?;
    }
    html.push_str("</p>\n");
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::datapoints::table::{HEAD, TAIL};
    use crate::datapoints::{Datapoints, samples};
    use arrow_array::{ArrayRef, Int64Array, StringViewArray};
    use arrow_schema::Schema;
    use std::sync::Arc;

    fn html(batch: RecordBatch) -> String {
        let html = Datapoints::new(batch).to_html();
        samples::assert_well_formed(&html);
        html
    }

    #[test]
    fn an_html_table_has_the_cells_of_a_text_table() {
        let html = html(samples::batch(2));
        for expected in [
            "<th title=\"Timestamp(ns, &quot;UTC&quot;)\">time</th>",
            "<td>1970-01-01T00:00:01.500Z</td>",
            "<td>POINT(1 2)</td>",
            "<td class=\"number\">0</td><td>a ba ba b",
            "2 datapoints × 5 columns, 1970-01-01T00:00:00.000Z to 1970-01-01T00:00:01.500Z</p>",
        ] {
            assert!(html.contains(expected), "{expected} is missing:\n{html}");
        }
    }

    #[test]
    fn a_long_html_table_shows_its_first_and_last_rows() {
        let html = html(samples::batch(1000));
        assert_eq!(html.matches("<tr>").count(), 1 + HEAD + TAIL, "{html}");
        assert_eq!(html.matches("<tr class=\"gap\"><td>…</td>").count(), 1, "{html}");
    }

    #[test]
    fn text_of_the_server_is_escaped_in_html() {
        let values: ArrayRef = Arc::new(StringViewArray::from(vec!["<script>alert(1)</script>"]));
        let html = html(RecordBatch::try_from_iter([("<b onload=\"x\">", values)]).expect("a batch"));
        assert!(!html.contains("<script") && !html.contains("<b"), "{html}");
        assert!(html.contains("<td>&lt;script&gt;alert(1)&lt;/script&gt;</td>"), "{html}");
        assert!(html.contains(">&lt;b onload=&quot;x&quot;&gt;</th>"), "{html}");
    }

    #[test]
    fn omitted_columns_are_named() {
        let value: ArrayRef = Arc::new(Int64Array::from(vec![1]));
        let columns = (0..=MAX_COLUMNS).map(|number| (format!("column_{number}"), Arc::clone(&value)));
        let html = html(RecordBatch::try_from_iter(columns).expect("a batch"));
        assert!(html.contains("1 datapoint × 41 columns; 1 column more: column_40</p>"), "{html}");
    }

    #[test]
    fn no_datapoints_have_an_html_table() {
        assert!(html(samples::batch(0)).contains("0 datapoints × 5 columns</p>"));
        assert!(html(RecordBatch::new_empty(Arc::new(Schema::empty()))).contains("0 datapoints × 0 columns</p>"));
    }
}
