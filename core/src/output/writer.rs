//! Writes tables page by page.

use std::fmt;
use std::io::Write;

use arrow_array::RecordBatch;
use arrow_schema::{ArrowError, Schema, SchemaRef};

use super::Format;
#[cfg(feature = "arrow-ipc")]
use super::arrow::{FileEncoder, StreamEncoder};
use super::covering::without_covering;
#[cfg(feature = "csv")]
use super::csv::Csv;
use super::feature_collection::FeatureCollection;
use super::geojson::GeoJson;
use super::jsonl::JsonLines;
#[cfg(feature = "parquet")]
use super::parquet::{ParquetEncoder, Settings};
use super::portable::to_portable;
use super::sink::{FirstError, Sink};
#[cfg(feature = "parquet")]
use super::stac::ItemTable;
use super::stac::Items;
use super::text::TextEncoder;
use crate::datapoints::Datapoints;
use crate::error::{Error, ErrorKind, Result};

/// Maximum number of rows that are converted at once.
const MAX_ROWS: usize = 65_536;

/// Maximum size of a converted column of text or bytes, in bytes. Only a single value may be larger.
const MAX_BYTES: usize = 256 << 20;

/// Error of a format library.
pub(super) type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// Encoder of one format.
pub(super) trait Encoder: Send {
    /// Writes rows with the columns of the encoder.
    fn write(&mut self, batch: &RecordBatch) -> Result<(), BoxError>;
    /// Writes the end of the file and flushes.
    fn finish(&mut self) -> Result<(), BoxError>;
}

/// Writes a table page by page, so that a load of any size is saved with the memory of one page. In addition, Parquet
/// buffers a row group of 8192 rows, and an Arrow file a few bytes per page.
///
/// ```no_run
/// # use tilebox_core as tilebox_tokio;
/// use futures::TryStreamExt as _;
/// use tilebox_tokio::output::{TableWriter, Format};
///
/// # async fn example(collection: tilebox_core::Collection) -> Result<(), Box<dyn std::error::Error>> {
/// let mut file = TableWriter::new(Format::GeoJson, std::fs::File::create("scenes.geojson")?);
/// let mut pages = collection.query(("2025-03-01", "2025-06-01")).pages();
/// while let Some(page) = pages.try_next().await? {
///     file.write(&page)?;
/// }
/// file.finish()?;
/// # Ok(())
/// # }
/// ```
///
/// A writer dropped before [`finish`](Self::finish) leaves an incomplete file. Readers reject it, except as CSV, which has
/// no end marker.
#[must_use = "a file is incomplete until `finish` is called"]
pub struct TableWriter<'a> {
    format: Format,
    state: State<'a>,
    error: FirstError,
    rows: u64,
    /// [`MAX_BYTES`], except in tests.
    pub(super) max_bytes: usize,
}

enum State<'a> {
    /// The first page determines the columns.
    Waiting(Sink<Box<dyn Write + Send + 'a>>),
    Open(SchemaRef, Box<dyn Encoder + 'a>),
    Failed,
}

impl<'a> TableWriter<'a> {
    /// Creates a writer of this format. The first page determines the columns.
    pub fn new(format: Format, out: impl Write + Send + 'a) -> Self {
        let (sink, error) = Sink::new(Box::new(out) as Box<dyn Write + Send + 'a>);
        Self { format, state: State::Waiting(sink), error, rows: 0, max_bytes: MAX_BYTES }
    }

    /// Appends rows: [`Datapoints`], or the [logs or spans](crate::workflows::TelemetryTable) of jobs.
    ///
    /// # Errors
    ///
    /// When the bytes cannot be written ([`ErrorKind::Output`], with the [`std::io::Error`] as its source), the columns
    /// differ from those of the first page, or a geometry is not valid WKB. After an error, every write fails.
    pub fn write(&mut self, table: &impl AsRef<RecordBatch>) -> Result<()> {
        let batch = without_covering(table.as_ref());
        self.attempt(|writer| writer.write_batch(&batch))?;
        self.rows += batch.num_rows() as u64;
        Ok(())
    }

    /// Writes the end of the file and flushes. Without a written page, the file has no rows and no columns.
    ///
    /// # Errors
    ///
    /// When the bytes cannot be written, or an earlier write failed.
    pub fn finish(mut self) -> Result<()> {
        self.attempt(|writer| {
            if matches!(writer.state, State::Waiting(_)) {
                writer.write_batch(&RecordBatch::new_empty(SchemaRef::new(Schema::empty())))?;
            }
            match &mut writer.state {
                State::Open(_, encoder) => encoder.finish(),
                _ => Err("an earlier write failed".into()),
            }
        })
    }

    /// Returns the number of written rows.
    #[must_use]
    pub fn rows(&self) -> u64 {
        self.rows
    }

    fn write_batch(&mut self, batch: &RecordBatch) -> Result<(), BoxError> {
        // A batch without rows still creates the encoder.
        for start in (0..batch.num_rows().max(1)).step_by(MAX_ROWS) {
            self.write_part(&batch.slice(start, MAX_ROWS.min(batch.num_rows() - start)))?;
        }
        Ok(())
    }

    /// Converts and writes rows, in halves if a converted column would be too large.
    fn write_part(&mut self, part: &RecordBatch) -> Result<(), BoxError> {
        let rows = part.num_rows();
        let limit = if rows > 1 { self.max_bytes } else { i32::MAX as usize };
        match to_portable(part, limit) {
            Err(ArrowError::OffsetOverflowError(_)) if rows > 1 => {
                let half = rows / 2;
                self.write_part(&part.slice(0, half))?;
                self.write_part(&part.slice(half, rows - half))
            }
            part => self.encode(&part?),
        }
    }

    fn encode(&mut self, part: &RecordBatch) -> Result<(), BoxError> {
        if let State::Waiting(_) = &self.state
            && let State::Waiting(sink) = std::mem::replace(&mut self.state, State::Failed)
        {
            self.state = State::Open(part.schema(), encoder(self.format, sink, &part.schema())?);
        }
        match &mut self.state {
            State::Open(schema, encoder) if schema.fields() == part.schema_ref().fields() => encoder.write(part),
            State::Open(..) => Err("the columns differ from those of the first page".into()),
            _ => Err("an earlier write failed".into()),
        }
    }

    fn attempt(&mut self, step: impl FnOnce(&mut Self) -> Result<(), BoxError>) -> Result<()> {
        step(self).map_err(|error| {
            self.state = State::Failed;
            let purpose = format!("write a table as {}", self.format);
            match self.error.take() {
                Some(error) => {
                    let advice = "check the free space and the permissions of the file";
                    Error::new(ErrorKind::Output, purpose, error.to_string(), advice).with_source(error)
                }
                None => {
                    let advice = "select columns that the format supports";
                    Error::invalid(purpose, error.to_string(), advice).with_source(error)
                }
            }
        })
    }
}

fn encoder<'a>(
    format: Format,
    sink: Sink<Box<dyn Write + Send + 'a>>,
    schema: &SchemaRef,
) -> Result<Box<dyn Encoder + 'a>, BoxError> {
    Ok(match format {
        Format::GeoJson => Box::new(TextEncoder::new(sink, FeatureCollection(GeoJson::new(schema)))?),
        Format::Stac => Box::new(TextEncoder::new(sink, FeatureCollection(Items::new(schema)?))?),
        Format::JsonLines => Box::new(TextEncoder::new(sink, JsonLines)?),
        #[cfg(feature = "csv")]
        Format::Csv => Box::new(TextEncoder::new(sink, Csv(SchemaRef::clone(schema)))?),
        #[cfg(feature = "arrow-ipc")]
        Format::ArrowFile => Box::new(FileEncoder::new(sink, schema)?),
        #[cfg(feature = "arrow-ipc")]
        Format::ArrowStream => Box::new(StreamEncoder::new(sink, schema)?),
        #[cfg(feature = "parquet")]
        Format::StacGeoParquet => Box::new(ItemTable::new(sink, schema)?),
        #[cfg(feature = "parquet")]
        Format::Parquet => Box::new(ParquetEncoder::new(sink, schema, Settings::default())?),
    })
}

impl fmt::Debug for TableWriter<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TableWriter").field("format", &self.format).field("rows", &self.rows).finish_non_exhaustive()
    }
}

impl Datapoints {
    /// Writes the datapoints in a file format.
    ///
    /// ```
    /// # use tilebox_core as tilebox_tokio;
    /// use tilebox_tokio::output::Format;
    ///
    /// # fn example(datapoints: tilebox_core::Datapoints) -> Result<(), Box<dyn std::error::Error>> {
    /// let clouds = datapoints.select(&["id", "time", "geometry", "cloud_cover"])?;
    /// clouds.write(Format::GeoJson, std::fs::File::create("clouds.geojson")?)?;
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
}
