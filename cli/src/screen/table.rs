//! Text in columns.

use comfy_table::{ColumnConstraint, ContentArrangement, Table, TableStyle, Width};

use super::printable;

/// The widest first column that is never wrapped: it has the names by which a reader finds a row.
const WIDEST_NAME: u16 = 40;

/// Returns rows below their titles. Cells are wrapped where the table would be wider than `width` columns.
pub(crate) fn table<const N: usize>(
    titles: [&str; N],
    rows: impl IntoIterator<Item = [String; N]>,
    width: usize,
) -> String {
    let mut table = Table::new();
    table.load_style(TableStyle::new()).set_content_arrangement(ContentArrangement::Dynamic);
    table.set_width(u16::try_from(width).unwrap_or(u16::MAX));
    table.set_header(titles);
    table.add_rows(rows.into_iter().map(|row| row.map(|cell| printable(&cell))));
    let names = table.column_max_content_widths().first().copied().unwrap_or(0);
    for (index, column) in table.column_iter_mut().enumerate() {
        column.set_padding((0, if index + 1 < N { 2 } else { 0 }));
        if index == 0 && names <= WIDEST_NAME {
            column.set_constraint(ColumnConstraint::LowerBoundary(Width::Fixed(names + 2)));
        }
    }
    let mut text = table.trim_fmt();
    text.push('\n');
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows() -> [[String; 3]; 2] {
        [["cloud_cover", "double", "The share of clouds in percent"], ["id", "uuid", ""]]
            .map(|row| row.map(str::to_owned))
    }

    #[test]
    fn a_table_is_as_wide_as_its_text() {
        let text = table(["field", "type", "description"], rows(), 80);
        assert_eq!(
            text,
            "field        type    description\n\
             cloud_cover  double  The share of clouds in percent\n\
             id           uuid\n"
        );
    }

    #[test]
    fn a_narrow_table_wraps_its_widest_column() {
        let text = table(["field", "type", "description"], rows(), 36);
        assert!(text.lines().all(|line| line.chars().count() <= 36), "{text}");
        assert!(text.contains("cloud_cover  double  The share of"), "{text}");
    }
}
