//! Record batches as tables of text and HTML.
//!
//! | file | contents |
//! |---|---|
//! | `mod` | the choice of rows and columns |
//! | `cell` | the text of a cell |
//! | `text`, `html` | the tables |

mod cell;
mod html;
mod text;

use arrow_array::{ArrayRef, RecordBatch};
use arrow_schema::{DataType, Field, FieldRef};
use unicode_width::UnicodeWidthStr as _;

pub(super) use cell::Cells;
use cell::MAX_WIDTH;
pub(crate) use html::render as render_html;
pub(crate) use text::{DEFAULT_WIDTH, render as render_text};

/// The words and the widths of the tables of one kind of rows.
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

/// The rows and columns of a table.
struct Excerpt {
    /// Rows; `None` marks omitted rows.
    rows: Vec<Option<usize>>,
    columns: Vec<Column>,
    /// Names of the omitted columns.
    hidden: Vec<String>,
}

/// A column as text.
struct Column {
    name: String,
    data_type: DataType,
    is_number: bool,
    /// Text of each row of the table.
    cells: Vec<String>,
}

impl Excerpt {
    /// Takes the first and last rows, and each column that fits, also after one that does not. `wide` returns the width of
    /// the wide column.
    fn new(
        batch: &RecordBatch,
        layout: &Layout,
        wide: impl Fn() -> usize,
        mut fits: impl FnMut(&Column) -> bool,
    ) -> Self {
        let rows = shown_rows(batch.num_rows());
        let mut columns: Vec<Column> = Vec::new();
        let mut hidden = Vec::new();
        for (field, array) in display_order(batch) {
            let width = if layout.is_wide(field) { wide().max(MAX_WIDTH) } else { MAX_WIDTH };
            let column = Column::new(field, array, &rows, width);
            if fits(&column) {
                columns.push(column);
            } else {
                hidden.push(column.name);
            }
        }
        Self { rows, columns, hidden }
    }
}

impl Column {
    fn new(field: &FieldRef, array: &ArrayRef, rows: &[Option<usize>], width: usize) -> Self {
        let cells = Cells::new(field, array).with_width(width);
        let cell = |row: &Option<usize>| row.map_or_else(|| "…".to_owned(), |row| cells.text(row));
        Self {
            name: cell::one_line(field.name()),
            data_type: field.data_type().clone(),
            is_number: field.data_type().is_numeric(),
            cells: rows.iter().map(cell).collect(),
        }
    }

    fn cell(&self, row: usize) -> &str {
        self.cells.get(row).map_or("", String::as_str)
    }

    /// Returns the width of the widest text, in terminal columns.
    fn widest(&self) -> usize {
        let texts = self.cells.iter().chain([&self.name]);
        texts.map(|text| text.width()).max().unwrap_or(0)
    }
}

/// Returns the columns with `ingestion_time` last, because few readers need it.
pub(super) fn display_order(batch: &RecordBatch) -> Vec<(&FieldRef, &ArrayRef)> {
    let columns = batch.schema_ref().fields().iter().zip(batch.columns());
    let (last, first): (Vec<_>, Vec<_>) = columns.partition(|(field, _)| field.name() == "ingestion_time");
    first.into_iter().chain(last).collect()
}

fn shown_rows(count: usize) -> Vec<Option<usize>> {
    if count <= HEAD + TAIL {
        return (0..count).map(Some).collect();
    }
    (0..HEAD).map(Some).chain([None]).chain((count - TAIL..count).map(Some)).collect()
}
