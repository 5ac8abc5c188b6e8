//! Datapoints as a table that a person reads.
//!
//! | file | holds |
//! |---|---|
//! | `mod` | which rows and columns are shown |
//! | `cell` | a value as the text of a cell |
//! | `text`, `html` | the table itself |

mod cell;
mod html;
mod text;

use arrow_array::{ArrayRef, RecordBatch};
use arrow_schema::{DataType, FieldRef};
use unicode_width::UnicodeWidthStr as _;

pub(super) use cell::Cells;
pub(super) use html::render as render_html;
pub(super) use text::{DEFAULT_WIDTH, render as render_text};

/// How many rows are shown at the start and at the end.
const HEAD: usize = 5;
const TAIL: usize = 5;

/// What a table shows of datapoints.
struct Excerpt {
    /// Each row that is shown; `None` stands for those left out.
    rows: Vec<Option<usize>>,
    columns: Vec<Column>,
    /// The names of the columns that did not fit.
    hidden: Vec<String>,
}

/// A column as text.
struct Column {
    name: String,
    data_type: DataType,
    is_number: bool,
    /// One for each row.
    cells: Vec<String>,
}

impl Excerpt {
    /// The rows at the start and end, and the columns that fit, a narrow one also behind one that is too wide.
    fn new(batch: &RecordBatch, mut fits: impl FnMut(&Column) -> bool) -> Self {
        let rows = shown_rows(batch.num_rows());
        let mut columns: Vec<Column> = Vec::new();
        let mut hidden = Vec::new();
        for (field, array) in ordered(batch) {
            let column = Column::new(field, array, &rows);
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
    fn new(field: &FieldRef, array: &ArrayRef, rows: &[Option<usize>]) -> Self {
        let cells = Cells::new(field, array);
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

    /// The width of its widest text, in columns of a terminal.
    fn widest(&self) -> usize {
        let texts = self.cells.iter().chain([&self.name]);
        texts.map(|text| text.width()).max().unwrap_or(0)
    }
}

/// The columns; when a datapoint was stored comes last, because it matters least to most readers.
pub(super) fn ordered(batch: &RecordBatch) -> Vec<(&FieldRef, &ArrayRef)> {
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
