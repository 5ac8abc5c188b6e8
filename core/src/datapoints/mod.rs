//! The result of a query: datapoints as Arrow columns.
//!
//! | file | contents |
//! |---|---|
//! | `mod` | [`Datapoints`]: columns, slices, selection |
//! | `sort` | the order of a column |
//! | `concat` | several tables as one |
//! | `c_stream` | streams of the Arrow C interface |
//! | `rows` | rows as values of user types |
//! | `table` | tables of text and HTML, also of other record batches |
//! | `map` | maps of footprints |
//! | `footprint` | geometries as fields of records |
//! | `missing` | NaN as a missing value |
//! | `leaves` | conversion of columns, also in structs, lists and maps |

#[cfg(feature = "arrow-c")]
pub(crate) mod c_stream;
mod concat;
pub(crate) mod footprint;
pub(crate) mod leaves;
mod map;
mod missing;
#[cfg(feature = "rows")]
mod rows;
#[cfg(test)]
pub(crate) mod samples;
mod sort;
pub(crate) mod table;
#[cfg(test)]
mod tests;

use std::fmt;
use std::sync::Arc;

use arrow_array::cast::AsArray as _;
use arrow_array::types::TimestampNanosecondType;
use arrow_array::{ArrayRef, RecordBatch, TimestampNanosecondArray};
use arrow_schema::SchemaRef;
use uuid::Uuid;

use crate::error::{Error, ErrorKind, Result, UPDATE};
use crate::metrics::LoadMetrics;
use crate::notebook;
use crate::schema::{IntoTemporalExtent, TemporalExtent, TimeInterval, Timestamp, closest};

#[cfg(feature = "arrow-c")]
pub use c_stream::CStream;
pub use footprint::Footprint;
pub use map::FootprintMap;
pub use sort::SortOrder;
pub use table::TextTable;

/// The words and widths of a printed table.
const LAYOUT: table::Layout = table::Layout { noun: "datapoint", time: "time", wide: None };

/// Datapoints of one dataset as Arrow columns, one row per datapoint, in the order of their ids and thus of time, or in
/// reverse from a query with [`newest_first`](crate::Query::newest_first).
///
/// Cloning and [`slice`](Self::slice) copy no data. `println!("{datapoints}")` prints the first and last rows as a table,
/// with as many columns as fit 80 characters; `{datapoints:200}` sets another width.
///
/// Columns have the names of the dataset's fields. A missing value is null.
#[derive(Clone, Debug)]
pub struct Datapoints {
    batch: RecordBatch,
    metrics: Option<Arc<LoadMetrics>>,
}

impl Datapoints {
    /// Creates datapoints from the columns of a batch.
    #[must_use]
    pub fn new(batch: RecordBatch) -> Self {
        Self { batch, metrics: None }
    }

    /// Sets the metrics of the load.
    #[cfg(feature = "client")]
    pub(crate) fn with_metrics(mut self, metrics: LoadMetrics) -> Self {
        self.metrics = Some(Arc::new(metrics));
        self
    }

    /// Returns the metrics of the load: requests, bytes and time.
    ///
    /// The result of a load has metrics, and so have its clones. Tables derived from it, such as slices and selections,
    /// have none. Neither have pages; use the metrics of the [`PageStream`](crate::PageStream). Metrics do not affect
    /// equality.
    #[must_use]
    pub fn metrics(&self) -> Option<&LoadMetrics> {
        self.metrics.as_deref()
    }

    /// Returns the columns.
    #[must_use]
    pub fn batch(&self) -> &RecordBatch {
        &self.batch
    }

    /// Converts the datapoints into their columns.
    #[must_use]
    pub fn into_batch(self) -> RecordBatch {
        self.batch
    }

    /// Returns the number of datapoints.
    #[must_use]
    pub fn len(&self) -> usize {
        self.batch.num_rows()
    }

    /// Returns whether there are no datapoints.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
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
        self.index_of(name).map(|index| self.batch.column(index))
    }

    fn index_of(&self, name: &str) -> Result<usize> {
        let schema = self.batch.schema();
        schema.index_of(name).map_err(|_| {
            let names = schema.fields().iter().map(|field| field.name().as_str());
            let advice = closest::advice(name, names, "columns are");
            Error::invalid(format!("find the column `{name}`"), "there is no such column", advice)
        })
    }

    /// Returns the ids, in order.
    pub fn ids(&self) -> impl Iterator<Item = Uuid> {
        let ids = self.batch.column_by_name("id").and_then(|column| column.as_fixed_size_binary_opt());
        let ids = ids.into_iter().flat_map(|ids| ids.iter().flatten());
        ids.filter_map(|id| Uuid::from_slice(id).ok())
    }

    /// Returns the times in nanoseconds since 1970, in order, or `None` without a column `time`.
    #[must_use]
    pub fn times(&self) -> Option<&TimestampNanosecondArray> {
        self.batch.column_by_name("time")?.as_primitive_opt::<TimestampNanosecondType>()
    }

    /// Returns up to `length` rows from `offset` on, without copying data.
    #[must_use]
    pub fn slice(&self, offset: usize, length: usize) -> Self {
        let offset = offset.min(self.len());
        Self::new(self.batch.slice(offset, length.min(self.len() - offset)))
    }

    /// Returns the columns with these names, in this order, without copying data.
    ///
    /// ```
    /// # fn example(datapoints: tilebox_core::datapoints::Datapoints) -> tilebox_core::error::Result<()> {
    /// let clouds = datapoints.select(&["time", "cloud_cover"])?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// When a column does not exist, with an error that lists the columns; or when a name is repeated.
    pub fn select<N: AsRef<str>>(&self, names: &[N]) -> Result<Self> {
        let indexes: Vec<usize> = names.iter().map(|name| self.index_of(name.as_ref())).collect::<Result<_>>()?;
        let repeated = indexes.iter().enumerate().find(|(position, index)| indexes[..*position].contains(index));
        if let Some((position, _)) = repeated {
            let name = names.get(position).map_or("", AsRef::as_ref);
            return Err(Error::invalid("select columns", format!("duplicate column `{name}`"), "name it once"));
        }
        self.batch.project(&indexes).map(Self::new).map_err(|error| {
            Error::new(ErrorKind::Undecodable, "select columns", error.to_string(), UPDATE).with_source(error)
        })
    }

    /// Returns a table of text with options: its width, all rows, all columns.
    pub fn table(&self) -> TextTable<'_> {
        TextTable::new(&self.batch, &LAYOUT)
    }

    /// Returns an HTML table of the first and last rows, with the number of rows and columns and their range of time. It
    /// includes its style, for light and dark pages.
    ///
    /// Values are escaped.
    ///
    /// ```
    /// # fn example(datapoints: tilebox_core::Datapoints) -> std::io::Result<()> {
    /// std::fs::write("report.html", datapoints.to_html())?;
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn to_html(&self) -> String {
        table::render_html(&self.batch, &LAYOUT)
    }

    /// Returns a map of the footprints, in one colour unless [coloured by](FootprintMap::coloured_by) a column.
    ///
    /// ```
    /// # fn example(datapoints: tilebox_core::Datapoints) -> tilebox_core::Result<()> {
    /// let map = datapoints.footprint_map()?.coloured_by("cloud_cover")?.with_limit(200);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// When the datapoints have no geometry column.
    pub fn footprint_map(&self) -> Result<FootprintMap> {
        FootprintMap::new(self)
    }

    /// Shows the datapoints as the value of a notebook cell: an HTML table in Jupyter, a text table in the REPL. Called by
    /// evcxr.
    #[doc(hidden)]
    pub fn evcxr_display(&self) {
        notebook::show(self, &self.to_html());
    }
}

/// Compares the columns. Metrics are ignored.
impl PartialEq for Datapoints {
    fn eq(&self, other: &Self) -> bool {
        self.batch == other.batch
    }
}

impl AsRef<RecordBatch> for Datapoints {
    fn as_ref(&self) -> &RecordBatch {
        &self.batch
    }
}

impl From<RecordBatch> for Datapoints {
    fn from(batch: RecordBatch) -> Self {
        Self::new(batch)
    }
}

impl From<Datapoints> for RecordBatch {
    fn from(datapoints: Datapoints) -> Self {
        datapoints.batch
    }
}

/// The time from the first to the last datapoint, both inclusive.
impl IntoTemporalExtent for &Datapoints {
    /// # Errors
    ///
    /// When there is no datapoint with a time that a query supports, or the datapoints are not sorted by time.
    fn into_temporal_extent(self) -> Result<TemporalExtent> {
        if !self.times().is_none_or(|times| times.iter().flatten().is_sorted()) {
            let advice = "sort them first: `&datapoints.sort_by_time()?`";
            let reason = "they are not sorted by time";
            return Err(Error::invalid("use datapoints as the temporal extent", reason, advice));
        }
        let ends = self.times().and_then(|times| {
            let mut times = times.iter().flatten();
            let first = times.next()?;
            let last = times.next_back().unwrap_or(first);
            Some((Timestamp::from_nanoseconds(first), Timestamp::from_nanoseconds(last)))
        });
        let (first, last) = ends.ok_or_else(|| {
            let reason = "there is no datapoint with a time";
            Error::invalid("use datapoints as the temporal extent", reason, "check `is_empty` first")
        })?;
        Ok(TemporalExtent::Time(TimeInterval::new(first, last).with_end_inclusive(true)))
    }
}

/// Prints a table of the first and last rows. The width of the format is the width of the table.
impl fmt::Display for Datapoints {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&table::render_text(&self.batch, &LAYOUT, f.width().unwrap_or(table::DEFAULT_WIDTH)))
    }
}
