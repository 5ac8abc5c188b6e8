//! Record batches as tables of text and HTML.
//!
//! | file | contents |
//! |---|---|
//! | `mod` | the rows and the columns of a table |
//! | `cell` | the text of a cell |
//! | `widths` | the columns that fit, and their widths |
//! | `text`, `html` | the tables |

mod cell;
mod html;
mod text;
mod widths;

use arrow_array::{ArrayRef, RecordBatch};
use arrow_schema::{DataType, Field, FieldRef};
use unicode_width::UnicodeWidthStr as _;

pub(super) use cell::Cells;
use cell::{is_flexible, is_geometry};
pub(crate) use html::render as render_html;
pub use text::TextTable;
pub(crate) use text::{DEFAULT_WIDTH, render as render_text};

/// The words and the widths of the tables of one kind of rows.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Layout {
    /// The word for one row. Its plural ends in `s`.
    pub(crate) noun: &'static str,
    /// The column of times whose range a table of HTML states.
    pub(crate) time: &'static str,
    /// The column whose text may be wider than that of others.
    pub(crate) wide: Option<&'static str>,
}

impl Layout {
    /// Returns a number of rows with the word for them.
    fn count(&self, rows: usize) -> String {
        format!("{rows} {}{}", self.noun, if rows == 1 { "" } else { "s" })
    }

    fn is_wide(&self, field: &Field) -> bool {
        self.wide.is_some_and(|name| field.name() == name)
    }
}

/// Number of rows shown from the start.
const HEAD: usize = 5;
/// Number of rows shown from the end.
const TAIL: usize = 5;

/// The rows of a table, in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Rows {
    /// The first and the last ones.
    Ends,
    /// All of them.
    All,
}

impl Rows {
    /// Returns the indexes of the rows out of `count`; `None` stands for rows that are not shown.
    fn indexes(self, count: usize) -> impl Iterator<Item = Option<usize>> + Clone {
        let is_cut = self == Self::Ends && count > HEAD + TAIL;
        let (head, tail) = if is_cut { (HEAD, count - TAIL) } else { (count, count) };
        (0..head).map(Some).chain(is_cut.then_some(None)).chain((tail..count).map(Some))
    }
}

/// A column as text. Texts are made when they are needed: a table of all rows may have millions of them.
struct Column<'a> {
    name: String,
    data_type: &'a DataType,
    is_number: bool,
    /// Whether the texts may be shortened.
    is_flexible: bool,
    is_geometry: bool,
    /// Whether few readers need it.
    is_last: bool,
    /// Whether it is the wide column of the layout.
    is_wide: bool,
    cells: Cells<'a>,
}

impl<'a> Column<'a> {
    /// Creates a column with texts of at most `width` terminal columns.
    fn new(field: &'a FieldRef, array: &'a ArrayRef, layout: &Layout, width: usize) -> Self {
        Self {
            name: cell::one_line(field.name()),
            data_type: field.data_type(),
            is_number: field.data_type().is_numeric(),
            is_flexible: is_flexible(field),
            is_geometry: is_geometry(field),
            is_last: field.name() == INGESTION_TIME,
            is_wide: layout.is_wide(field),
            cells: Cells::new(field, array).with_width(width),
        }
    }

    /// Returns the text of a row of the table.
    fn text(&self, row: Option<usize>) -> String {
        row.map_or_else(|| "…".to_owned(), |row| self.cells.text(row))
    }

    /// Returns the width of the widest text in these rows, in terminal columns.
    fn widest(&self, rows: impl Iterator<Item = Option<usize>>) -> usize {
        rows.map(|row| self.text(row).width()).fold(self.name.width(), usize::max)
    }
}

/// The column that is shown last, because few readers need it.
const INGESTION_TIME: &str = "ingestion_time";

/// Returns the columns with `ingestion_time` last.
pub(super) fn display_order(batch: &RecordBatch) -> Vec<(&FieldRef, &ArrayRef)> {
    let columns = batch.schema_ref().fields().iter().zip(batch.columns());
    let (last, first): (Vec<_>, Vec<_>) = columns.partition(|(field, _)| field.name() == INGESTION_TIME);
    first.into_iter().chain(last).collect()
}
