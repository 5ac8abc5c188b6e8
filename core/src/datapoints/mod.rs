//! The result of a query: datapoints as columns.

mod concat;
pub(crate) mod footprint;
pub(crate) mod leaves;
mod map;
#[cfg(feature = "rows")]
mod rows;
#[cfg(test)]
mod samples;
mod table;
#[cfg(test)]
mod tests;

use std::fmt;
use std::sync::Arc;

use arrow_array::cast::AsArray as _;
use arrow_array::types::TimestampNanosecondType;
use arrow_array::{Array as _, ArrayRef, RecordBatch, TimestampNanosecondArray};
use arrow_schema::SchemaRef;
use uuid::Uuid;

use crate::arrays;
use crate::error::{Error, ErrorKind, Result, UPDATE};
use crate::metrics::LoadMetrics;
use crate::notebook;
use crate::progress::PageFigures;
use crate::schema::{IntoTemporalExtent, TemporalExtent, TimeInterval, Timestamp, closest};

pub use footprint::Footprint;
pub use map::FootprintMap;

/// Datapoints of one dataset as Arrow columns, one row each, in the order of their ids, so of time.
///
/// Cheap to clone and to [`slice`](Self::slice). Prints as a table: `println!("{datapoints}")` shows the first and
/// the last rows and as many columns as fit the 80 characters of a terminal, `{datapoints:200}` as fit 200.
///
/// The columns are those of the dataset, by the names of its fields; a value that a datapoint does not have is null.
#[derive(Clone, Debug)]
pub struct Datapoints {
    batch: RecordBatch,
    metrics: Option<Arc<LoadMetrics>>,
}

impl Datapoints {
    /// The datapoints in a batch.
    #[must_use]
    pub fn new(batch: RecordBatch) -> Self {
        Self { batch, metrics: None }
    }

    /// The same datapoints, with what it cost to load them.
    #[cfg(feature = "client")]
    pub(crate) fn with_metrics(mut self, metrics: LoadMetrics) -> Self {
        self.metrics = Some(Arc::new(metrics));
        self
    }

    /// What it cost to load them: requests, bytes and time.
    ///
    /// The result of a load has metrics, and so have its clones. What is made of it (a slice, a selection, a join) has
    /// none, and neither has a page: those of a load by pages are at its [`PageStream`](crate::PageStream). Two tables that
    /// hold the same are equal, whatever it took to load them.
    #[must_use]
    pub fn metrics(&self) -> Option<&LoadMetrics> {
        self.metrics.as_deref()
    }

    /// The columns.
    #[must_use]
    pub fn batch(&self) -> &RecordBatch {
        &self.batch
    }

    /// The columns, given away.
    #[must_use]
    pub fn into_batch(self) -> RecordBatch {
        self.batch
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.batch.num_rows()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Names and types of the columns.
    #[must_use]
    pub fn schema(&self) -> SchemaRef {
        self.batch.schema()
    }

    /// The column with this name.
    ///
    /// # Errors
    ///
    /// When there is none; the error names those that there are.
    pub fn column(&self, name: &str) -> Result<&ArrayRef> {
        self.index_of(name).map(|index| self.batch.column(index))
    }

    fn index_of(&self, name: &str) -> Result<usize> {
        let schema = self.batch.schema();
        schema.index_of(name).map_err(|_| {
            let names = schema.fields().iter().map(|field| field.name().as_str());
            let advice = closest::advice(name, names, "there are");
            Error::invalid(format!("find the column `{name}`"), "there is no such column", advice)
        })
    }

    /// The ids, in order.
    pub fn ids(&self) -> impl Iterator<Item = Uuid> {
        let ids = self.batch.column_by_name("id").and_then(|column| column.as_fixed_size_binary_opt());
        let ids = ids.into_iter().flat_map(|ids| ids.iter().flatten());
        ids.filter_map(|id| Uuid::from_slice(id).ok())
    }

    /// The times, in nanoseconds since 1970, in order; `None` when there is no such column.
    #[must_use]
    pub fn times(&self) -> Option<&TimestampNanosecondArray> {
        self.batch.column_by_name("time")?.as_primitive_opt::<TimestampNanosecondType>()
    }

    /// The rows from `offset` on, `length` of them, or as many as there are. Copies nothing.
    #[must_use]
    pub fn slice(&self, offset: usize, length: usize) -> Self {
        let offset = offset.min(self.len());
        Self::new(self.batch.slice(offset, length.min(self.len() - offset)))
    }

    /// The columns with these names, in this order. Copies nothing.
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
    /// When there is no column with one of the names, and the error names those that there are; or when a name occurs
    /// twice.
    pub fn select<N: AsRef<str>>(&self, names: &[N]) -> Result<Self> {
        let indexes: Vec<usize> = names.iter().map(|name| self.index_of(name.as_ref())).collect::<Result<_>>()?;
        let repeated = indexes.iter().enumerate().find(|(place, index)| indexes[..*place].contains(index));
        if let Some((place, _)) = repeated {
            let name = names.get(place).map_or("", AsRef::as_ref);
            return Err(Error::invalid(
                "select columns",
                format!("the column `{name}` is named twice"),
                "name it once",
            ));
        }
        self.batch.project(&indexes).map(Self::new).map_err(|error| {
            Error::new(ErrorKind::Undecodable, "select columns", error.to_string(), UPDATE).with_source(error)
        })
    }

    /// The datapoints in the order of their times, those of the same time in the order they have now, and those without
    /// a time at the end. Copies the columns unless they are in that order already.
    ///
    /// # Errors
    ///
    /// When there is no column `time` of times.
    pub fn sort_by_time(&self) -> Result<Self> {
        let purpose = "sort datapoints by time";
        let Some(times) = self.times() else {
            let advice = "select `time`, too, and sort before it is left out";
            return Err(Error::invalid(purpose, "there is no column `time`", advice));
        };
        let key = |row: &usize| {
            let row = *row;
            (times.is_null(row), if times.is_null(row) { 0 } else { times.value(row) })
        };
        let mut rows: Vec<usize> = (0..times.len()).collect();
        if rows.is_sorted_by_key(key) {
            return Ok(Self::new(self.batch.clone()));
        }
        rows.sort_by_key(key);
        let sorted = arrays::take_batch(&self.batch, &rows);
        sorted
            .map(Self::new)
            .map_err(|error| Error::new(ErrorKind::Undecodable, purpose, error.to_string(), UPDATE).with_source(error))
    }

    /// A table of HTML: the first and the last rows, how many rows and columns there are, and from which time. It reads
    /// in light and dark pages and brings its style along.
    ///
    /// What the datapoints hold is escaped: it becomes text, whatever it is.
    ///
    /// ```
    /// # fn example(datapoints: tilebox_core::Datapoints) -> std::io::Result<()> {
    /// std::fs::write("report.html", datapoints.to_html())?;
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn to_html(&self) -> String {
        table::render_html(self)
    }

    /// A map of where the datapoints are, in one colour unless it is [coloured by](FootprintMap::coloured_by) a column.
    ///
    /// ```
    /// # fn example(datapoints: tilebox_core::Datapoints) -> tilebox_core::Result<()> {
    /// let map = datapoints.footprint_map()?.coloured_by("cloud_cover")?.limit(200);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// When there is no column of geometries.
    pub fn footprint_map(&self) -> Result<FootprintMap> {
        FootprintMap::new(self)
    }

    /// Shows the datapoints as the value of a cell: a table, of HTML in Jupyter and of text in the REPL. evcxr calls it.
    pub fn evcxr_display(&self) {
        notebook::show(self, &self.to_html());
    }

    /// What the progress of a load has to know of these datapoints as a page of `bytes` bytes of protobuf.
    #[must_use]
    pub fn figures(&self, bytes: usize, answered_at: Option<Timestamp>) -> PageFigures {
        let ends = self.times().filter(|times| !times.is_empty());
        let times = ends.and_then(|times| {
            let at = |row: usize| times.is_valid(row).then(|| from_nanoseconds(times.value(row)));
            Some((at(0)??, at(times.len() - 1)??))
        });
        PageFigures { datapoints: self.len() as u64, bytes: bytes as u64, times, answered_at }
    }
}

/// What it cost to load them does not count.
impl PartialEq for Datapoints {
    fn eq(&self, other: &Self) -> bool {
        self.batch == other.batch
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

/// From the first to the last of them, both included: the time that other data has to be from to go with these.
impl IntoTemporalExtent for &Datapoints {
    /// # Errors
    ///
    /// When there are none, or they have no times that a query can ask for, or are not in the order of their times.
    fn into_temporal_extent(self) -> Result<TemporalExtent> {
        if !self.times().is_none_or(|times| times.iter().flatten().is_sorted()) {
            let advice = "sort them before: `&datapoints.sort_by_time()?`";
            let reason = "they are not in the order of their times, so the first and the last are not the ends";
            return Err(Error::invalid("use datapoints as the temporal extent", reason, advice));
        }
        let ends = self.times().and_then(|times| {
            let mut times = times.iter().flatten();
            let first = times.next()?;
            Some((from_nanoseconds(first)?, from_nanoseconds(times.next_back().unwrap_or(first))?))
        });
        let (first, last) = ends.ok_or_else(|| {
            let reason = "there is no datapoint with a time";
            Error::invalid("use datapoints as the temporal extent", reason, "check `is_empty` before")
        })?;
        Ok(TemporalExtent::Time(TimeInterval::new(first, last).end_inclusive(true)))
    }
}

/// A table of the first and last rows. The width of the format is the width of the table.
impl fmt::Display for Datapoints {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&table::render_text(&self.batch, f.width().unwrap_or(table::DEFAULT_WIDTH)))
    }
}

/// The time that a column of nanoseconds holds.
pub(crate) fn from_nanoseconds(nanoseconds: i64) -> Option<Timestamp> {
    let fraction = u32::try_from(nanoseconds.rem_euclid(1_000_000_000)).ok()?;
    Timestamp::from_unix(nanoseconds.div_euclid(1_000_000_000), fraction).ok()
}
