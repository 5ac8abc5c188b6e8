//! One page after the other into a file.

use std::fmt;
use std::io::Write;

use arrow_array::RecordBatch;
use arrow_schema::{ArrowError, Schema, SchemaRef};

use super::Format;
#[cfg(feature = "arrow-ipc")]
use super::arrow::{FileEncoder, StreamEncoder};
#[cfg(feature = "csv")]
use super::csv::CsvEncoder;
use super::geojson::GeoJsonEncoder;
#[cfg(feature = "parquet")]
use super::parquet::ParquetEncoder;
use super::plain::plain;
use super::sink::{LastError, Sink};
use crate::datapoints::Datapoints;
use crate::error::{Error, ErrorKind, Result};

/// The most rows that are prepared at once, and that a row group of Parquet has. Tens of thousands are what readers
/// that skip row groups by their bounds work well with.
pub(super) const MAX_ROWS: usize = 65_536;

/// The most bytes that a column of text or bytes has while it is prepared, unless a single value has more.
const MAX_BYTES: usize = 256 << 20;

/// What libraries say when they cannot write.
pub(super) type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// A format while it is written.
pub(super) trait Encoder: Send {
    /// Writes the next rows, which have the columns that the encoder was made for.
    fn write(&mut self, batch: &RecordBatch) -> Result<(), BoxError>;
    /// Writes what belongs to the end, and hands every byte on.
    fn finish(&mut self) -> Result<(), BoxError>;
}

/// Writes datapoints page by page, so that a load of any size is saved with the memory of a page. Parquet holds one
/// encoded row group more, 65 536 rows, an Arrow file some bytes for each page.
///
/// ```no_run
/// use futures::TryStreamExt as _;
/// use tilebox_core::output::{DatapointWriter, Format};
///
/// # async fn example(collection: tilebox_core::Collection) -> Result<(), Box<dyn std::error::Error>> {
/// let mut file = DatapointWriter::new(Format::GeoJson, std::fs::File::create("scenes.geojson")?);
/// let mut pages = collection.query(("2025-03-01", "2025-06-01")).pages();
/// while let Some(page) = pages.try_next().await? {
///     file.write(&page)?;
/// }
/// file.finish()?;
/// # Ok(())
/// # }
/// ```
///
/// A writer that is dropped before it is [finished](Self::finish) leaves an incomplete file, which no reader takes for a
/// complete one, other than CSV, which has no end.
#[must_use = "a file is complete when `finish` was called"]
pub struct DatapointWriter<'a> {
    format: Format,
    state: State<'a>,
    error: LastError,
    rows: u64,
    /// [`MAX_BYTES`], but for tests.
    pub(super) max_bytes: usize,
}

enum State<'a> {
    /// The first page says which columns there are.
    Waiting(Sink<Box<dyn Write + Send + 'a>>),
    Open(SchemaRef, Box<dyn Encoder + 'a>),
    Failed,
}

impl<'a> DatapointWriter<'a> {
    /// A writer of this format. The first page says which columns there are.
    pub fn new(format: Format, out: impl Write + Send + 'a) -> Self {
        let (sink, error) = Sink::new(Box::new(out) as Box<dyn Write + Send + 'a>);
        Self { format, state: State::Waiting(sink), error, rows: 0, max_bytes: MAX_BYTES }
    }

    /// Writes these datapoints behind those that were written before.
    ///
    /// # Errors
    ///
    /// When the bytes cannot be written ([`ErrorKind::Output`], with the [`std::io::Error`] as its source), the columns
    /// are not those of the first page, or a geometry is none. Nothing can be written after an error.
    pub fn write(&mut self, datapoints: &Datapoints) -> Result<()> {
        self.attempt(|writer| writer.write_batch(datapoints.batch()))?;
        self.rows += datapoints.len() as u64;
        Ok(())
    }

    /// Writes what belongs to the end of the file, and hands every byte on. When no page was written the file has no
    /// datapoints and no columns.
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

    /// How many datapoints were written.
    #[must_use]
    pub fn rows(&self) -> u64 {
        self.rows
    }

    fn write_batch(&mut self, batch: &RecordBatch) -> Result<(), BoxError> {
        // The first part also makes the encoder, when there are no rows.
        for start in (0..batch.num_rows().max(1)).step_by(MAX_ROWS) {
            self.write_part(&batch.slice(start, MAX_ROWS.min(batch.num_rows() - start)))?;
        }
        Ok(())
    }

    /// Writes rows that become plain columns at once, or in two halves when they would be too large.
    fn write_part(&mut self, part: &RecordBatch) -> Result<(), BoxError> {
        let rows = part.num_rows();
        let limit = if rows > 1 { self.max_bytes } else { i32::MAX as usize };
        match plain(part, limit) {
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
            let purpose = format!("write datapoints as {}", self.format);
            match self.error.take() {
                Some(error) => {
                    let advice = "check that there is space and that the file may be written";
                    Error::new(ErrorKind::Output, purpose, error.to_string(), advice).with_source(error)
                }
                None => {
                    let advice = "select the columns that the format can hold";
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
        Format::GeoJson => Box::new(GeoJsonEncoder::new(sink, schema)?),
        #[cfg(feature = "csv")]
        Format::Csv => Box::new(CsvEncoder::new(sink, schema)?),
        #[cfg(feature = "arrow-ipc")]
        Format::ArrowFile => Box::new(FileEncoder::new(sink, schema)?),
        #[cfg(feature = "arrow-ipc")]
        Format::ArrowStream => Box::new(StreamEncoder::new(sink, schema)?),
        #[cfg(feature = "parquet")]
        Format::Parquet => Box::new(ParquetEncoder::new(sink, schema)?),
    })
}

impl fmt::Debug for DatapointWriter<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DatapointWriter")
            .field("format", &self.format)
            .field("rows", &self.rows)
            .finish_non_exhaustive()
    }
}

impl Datapoints {
    /// Writes the datapoints as a file of this format.
    ///
    /// ```
    /// use tilebox_core::output::Format;
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
    /// As [`DatapointWriter::write`].
    pub fn write(&self, format: Format, out: impl Write + Send) -> Result<()> {
        let mut writer = DatapointWriter::new(format, out);
        writer.write(self)?;
        writer.finish()
    }
}
