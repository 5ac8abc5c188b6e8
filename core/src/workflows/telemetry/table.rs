//! A table of log records or spans: rows, and the same as columns.

use std::fmt;
use std::io::Write;
use std::sync::Arc;

use arrow_array::{ArrayRef, RecordBatch};
use arrow_schema::{ArrowError, SchemaRef};

use super::columns::Columns;
use crate::datapoints::table::{self, Layout};
use crate::error::{Error, ErrorKind, Result};
use crate::notebook;
use crate::output::{Format, TableWriter};
use crate::schema::closest;

/// A row of a [`TelemetryTable`]: a [`LogRecord`](super::LogRecord) or a [`Span`](super::Span).
pub trait TelemetryRow: private::Columnar + Clone + PartialEq + fmt::Debug + Send + Sync + 'static {}

pub(super) mod private {
    use super::{ArrowError, Columns, Layout};

    /// Rows that become columns.
    #[expect(unnameable_types, reason = "a sealed trait")]
    pub trait Columnar: Sized {
        /// The words and widths of the printed table.
        #[expect(private_interfaces, reason = "users cannot name this trait")]
        const LAYOUT: Layout;

        /// Adds the columns of these rows.
        #[expect(private_interfaces, reason = "users cannot name this trait")]
        fn add_columns(rows: &[Self], columns: &mut Columns) -> Result<(), ArrowError>;
    }
}

/// Log records ([`Logs`](super::Logs)) or spans ([`Spans`](super::Spans)), in the order of the server.
///
/// [`rows`](Self::rows) gives them as structs, [`batch`](Self::batch) as Arrow columns. `println!("{logs}")` prints the first
/// and last rows as a table, with as many columns as fit 80 characters; `{logs:200}` sets another width. A missing value is
/// null.
///
/// Cloning copies no rows.
#[derive(Clone, Debug)]
pub struct TelemetryTable<R> {
    rows: Arc<Vec<R>>,
    batch: RecordBatch,
}

impl<R: TelemetryRow> TelemetryTable<R> {
    /// Creates a table of rows, for example of those of several tables that satisfy a condition.
    ///
    /// ```
    /// # use tilebox_core as tilebox_tokio;
    /// use tilebox_tokio::workflows::Logs;
    ///
    /// # fn example(logs: Logs) -> tilebox_core::Result<()> {
    /// let rendering = logs.into_iter().filter(|record| record.body().as_str().is_some_and(|body| body.contains("render")));
    /// println!("{}", Logs::new(rendering.collect())?);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// When the rows have more than 2^31 - 1 events.
    pub fn new(rows: Vec<R>) -> Result<Self> {
        let mut columns = Columns::of_rows(rows.len());
        let batch = R::add_columns(&rows, &mut columns).and_then(|()| columns.finish());
        let batch = batch.map_err(|error| {
            let purpose = format!("convert {}s to columns", R::LAYOUT.noun);
            let advice = "load fewer at once: set a limit, or read them page by page";
            Error::new(ErrorKind::Undecodable, purpose, error.to_string(), advice).with_source(error)
        })?;
        Ok(Self { rows: Arc::new(rows), batch })
    }

    /// Returns the rows.
    #[must_use]
    pub fn rows(&self) -> &[R] {
        &self.rows
    }

    /// Returns the rows in order.
    pub fn iter(&self) -> std::slice::Iter<'_, R> {
        self.rows.iter()
    }

    /// Returns the number of rows.
    #[must_use]
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Returns whether there are no rows.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Returns the columns.
    #[must_use]
    pub fn batch(&self) -> &RecordBatch {
        &self.batch
    }

    /// Returns names and types of the columns.
    #[must_use]
    pub fn schema(&self) -> SchemaRef {
        self.batch.schema()
    }

    /// Returns a column by name.
    ///
    /// # Errors
    ///
    /// When the column does not exist; the error lists the columns.
    pub fn column(&self, name: &str) -> Result<&ArrayRef> {
        self.batch.column_by_name(name).ok_or_else(|| {
            let names = self.batch.schema_ref().fields().iter().map(|field| field.name().as_str());
            let advice = closest::advice(name, names, "columns are");
            Error::invalid(format!("find the column `{name}`"), "there is no such column", advice)
        })
    }

    /// Writes the rows in a file format. As GeoJSON, each row is a feature without a geometry.
    ///
    /// [`TableWriter`] writes them page by page.
    ///
    /// ```
    /// # use tilebox_core as tilebox_tokio;
    /// use tilebox_tokio::output::Format;
    ///
    /// # fn example(logs: tilebox_core::workflows::Logs) -> Result<(), Box<dyn std::error::Error>> {
    /// let path = "logs.csv";
    /// logs.write(Format::from_path(path)?, std::fs::File::create(path)?)?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// Those of [`TableWriter::write`].
    pub fn write(&self, format: Format, out: impl Write + Send) -> Result<()> {
        let mut writer = TableWriter::new(format, out);
        writer.write(self)?;
        writer.finish()
    }

    /// Returns an HTML table of the first and last rows, with the number of rows and columns and their range of time. It
    /// includes its style, for light and dark pages.
    ///
    /// Values are escaped.
    #[must_use]
    pub fn to_html(&self) -> String {
        table::render_html(&self.batch, &R::LAYOUT)
    }

    /// Shows the rows as the value of a notebook cell: an HTML table in Jupyter, a text table in the REPL. Called by evcxr.
    #[doc(hidden)]
    pub fn evcxr_display(&self) {
        notebook::show(self, &self.to_html());
    }
}

/// Prints a table of the first and last rows. The width of the format is the width of the table.
impl<R: TelemetryRow> fmt::Display for TelemetryTable<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&table::render_text(&self.batch, &R::LAYOUT, f.width().unwrap_or(table::DEFAULT_WIDTH)))
    }
}

impl<R: PartialEq> PartialEq for TelemetryTable<R> {
    fn eq(&self, other: &Self) -> bool {
        self.rows == other.rows
    }
}

impl<R> AsRef<RecordBatch> for TelemetryTable<R> {
    fn as_ref(&self) -> &RecordBatch {
        &self.batch
    }
}

impl<R> From<TelemetryTable<R>> for RecordBatch {
    fn from(table: TelemetryTable<R>) -> Self {
        table.batch
    }
}

impl<'a, R> IntoIterator for &'a TelemetryTable<R> {
    type Item = &'a R;
    type IntoIter = std::slice::Iter<'a, R>;

    fn into_iter(self) -> Self::IntoIter {
        self.rows.iter()
    }
}

/// Copies the rows if a clone of the table exists.
impl<R: Clone> IntoIterator for TelemetryTable<R> {
    type Item = R;
    type IntoIter = std::vec::IntoIter<R>;

    fn into_iter(self) -> Self::IntoIter {
        Arc::unwrap_or_clone(self.rows).into_iter()
    }
}
