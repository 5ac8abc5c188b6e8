//! Parquet with GeoParquet metadata: row groups in, bytes out.

use std::io::{self, Write};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use arrow_array::RecordBatch;
use arrow_schema::Schema;
use parquet::file::metadata::page_index::PageIndexBuilder;
use parquet::file::metadata::{
    FileMetaData, KeyValue, ParquetMetaDataBuilder, ParquetMetaDataWriter, RowGroupMetaData,
};
use parquet::file::page_index::column_index::ColumnIndexMetaData;
use parquet::file::page_index::offset_index::OffsetIndexMetaData;
use parquet::file::writer::{SerializedRowGroupWriter, TrackedWrite};

use super::column_order::name_type_order;
use super::covering::GEO_KEY;
use super::geoparquet::{GeoStatistics, Precision};
use super::row_group::{Layout, RowGroup};
use super::size::{parts, size};
use super::writer::{BoxError, Encoder};

/// Maximum number of rows of a row group.
///
/// Small groups let readers skip more, and compress less. Measured with 300 000 scenes (220 MiB of columns) along a ground
/// track of 28 800 scenes for each turn of the globe, written and read by pyarrow 26 with a box of 2 by 1 degrees; the times
/// are of the CPU:
///
/// | rows | file | write | geopandas, `bbox` | row groups read by DuckDB |
/// |---|---|---|---|---|
/// | 4096 | 56.1 MB | 0.75 s | 0.17 s | 22 of 74 |
/// | 8192 | 47.6 MB | 0.70 s | 0.20 s | 21 of 37 |
/// | 16 384 | 44.5 MB | 0.65 s | 0.31 s | 18 of 19 |
/// | 32 768 | 42.3 MB | 0.55 s | 0.29 s | 9 of 10 |
/// | 65 536 | 40.4 MB | 0.52 s | 0.26 s | 5 of 5 |
pub(super) const MAX_ROWS: usize = 8192;

/// Size of the columns from which on a row group ends, in bytes. They are buffered in memory.
const MAX_BYTES: usize = 128 << 20;

/// The first and the last bytes of a file.
const MAGIC: &[u8] = b"PAR1";

/// Version of the format: pages are readable by all readers.
const VERSION: i32 = 1;

/// What differs between the kinds of Parquet files.
pub(super) struct Settings {
    /// The numbers of the bounding boxes.
    pub(super) precision: Precision,
    /// The name of the column of times.
    pub(super) time: &'static str,
    /// Entries of the file metadata beside those of Arrow and GeoParquet.
    pub(super) metadata: Vec<(&'static str, String)>,
}

impl Default for Settings {
    fn default() -> Self {
        Self { precision: Precision::Single, time: "time", metadata: Vec::new() }
    }
}

/// Collects rows into row groups and writes these in their order.
pub(super) struct ParquetEncoder<W: Write + Send> {
    layout: Layout,
    file: File<W>,
    /// The rows of the next row group.
    pending: Vec<RecordBatch>,
    geometries: GeoStatistics,
    /// Entries of the file metadata beside those of Arrow and GeoParquet.
    metadata: Vec<(&'static str, String)>,
}

/// The file so far.
struct File<W: Write + Send> {
    output: Output<W>,
    /// Counts the bytes. `None` after the end of the file.
    out: Option<TrackedWrite<Output<W>>>,
    groups: Vec<Group>,
}

/// Where bytes go: to the file, or the end of the file to memory until it is complete.
struct Output<W>(Arc<Mutex<(W, Option<Vec<u8>>)>>);

impl<W> Output<W> {
    fn lock(&self) -> MutexGuard<'_, (W, Option<Vec<u8>>)> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<W: Write> Write for Output<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match &mut *self.lock() {
            (_, Some(end)) => end.write(bytes),
            (out, None) => out.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        self.lock().0.flush()
    }
}

/// What the end of the file says about a row group.
struct Group {
    metadata: RowGroupMetaData,
    column_indexes: Vec<Option<ColumnIndexMetaData>>,
    offset_indexes: Vec<Option<OffsetIndexMetaData>>,
}

impl<W: Write + Send> ParquetEncoder<W> {
    pub(super) fn new(out: W, schema: &Schema, settings: Settings) -> Result<Self, BoxError> {
        let layout = Layout::new(schema, settings.precision, settings.time)?;
        let output = Output(Arc::new(Mutex::new((out, None))));
        let mut out = TrackedWrite::new(Output(Arc::clone(&output.0)));
        out.write_all(MAGIC)?;
        let file = File { output, out: Some(out), groups: Vec::new() };
        Ok(Self {
            layout,
            file,
            pending: Vec::new(),
            geometries: GeoStatistics::default(),
            metadata: settings.metadata,
        })
    }

    fn end_row_group(&mut self) -> Result<(), BoxError> {
        let rows = std::mem::take(&mut self.pending);
        if rows.is_empty() {
            return Ok(());
        }
        let mut group = self.layout.encode(&rows)?;
        self.geometries.merge(std::mem::take(&mut group.geometries));
        self.file.append(&self.layout, group)
    }
}

impl<W: Write + Send> Encoder for ParquetEncoder<W> {
    fn write(&mut self, batch: &RecordBatch) -> Result<(), BoxError> {
        let mut rest = batch.clone();
        while rest.num_rows() > 0 {
            let pending: usize = self.pending.iter().map(RecordBatch::num_rows).sum();
            let Some(part) = parts(&rest, MAX_ROWS - pending, MAX_BYTES).next() else { break };
            let rows = part.num_rows();
            rest = rest.slice(rows, rest.num_rows() - rows);
            self.pending.push(part);
            let bytes: usize = self.pending.iter().map(size).sum();
            if pending + rows == MAX_ROWS || bytes >= MAX_BYTES {
                self.end_row_group()?;
            }
        }
        Ok(())
    }

    fn finish(&mut self) -> Result<(), BoxError> {
        self.end_row_group()?;
        let mut metadata = self.layout.properties.key_value_metadata().cloned().unwrap_or_default();
        let geo = self.layout.geometries.metadata(&self.geometries);
        metadata.extend(geo.map(|geo| KeyValue::new(GEO_KEY.to_owned(), geo)));
        metadata.extend(self.metadata.drain(..).map(|(key, value)| KeyValue::new(key.to_owned(), value)));
        self.file.finish(&self.layout, metadata)
    }
}

impl<W: Write + Send> File<W> {
    fn append(&mut self, layout: &Layout, group: RowGroup) -> Result<(), BoxError> {
        let out = self.out.as_mut().ok_or("the file has ended")?;
        let properties = if group.is_sorted { &layout.sorted } else { &layout.properties };
        let index = i32::try_from(self.groups.len())?;
        let groups = &mut self.groups;
        let mut writer = SerializedRowGroupWriter::new(
            Arc::clone(&layout.columns),
            Arc::clone(properties),
            out,
            index,
            Some(Box::new(move |_, metadata, _, column_indexes, offset_indexes| {
                groups.push(Group { metadata, column_indexes, offset_indexes });
                Ok(())
            })),
        );
        for chunk in group.chunks {
            chunk.append_to_row_group(&mut writer)?;
        }
        writer.close()?;
        Ok(())
    }

    /// Writes the page indexes and the metadata.
    fn finish(&mut self, layout: &Layout, metadata: Vec<KeyValue>) -> Result<(), BoxError> {
        let mut out = self.out.take().ok_or("the file has ended")?;
        let groups = std::mem::take(&mut self.groups);
        let rows = groups.iter().map(|group| group.metadata.num_rows()).sum();
        let created_by = Some(layout.properties.created_by().to_owned());
        let file = FileMetaData::new(VERSION, rows, created_by, Some(metadata), Arc::clone(&layout.columns), None);
        let mut index = PageIndexBuilder::new(groups.len(), layout.columns.num_columns());
        let mut builder = ParquetMetaDataBuilder::new(file);
        for (position, group) in groups.into_iter().enumerate() {
            for (column, entry) in group.column_indexes.into_iter().enumerate() {
                if let Some(entry) = entry {
                    index.put_column_index(entry, position, column);
                }
            }
            for (column, entry) in group.offset_indexes.into_iter().enumerate() {
                if let Some(entry) = entry {
                    index.put_offset_index(entry, position, column);
                }
            }
            builder = builder.add_row_group(group.metadata);
        }
        let metadata = builder.set_page_index(Some(Arc::new(index.build()))).build();
        out.flush()?;
        self.output.lock().1 = Some(Vec::new());
        // Drops `out`, which writes its buffer to memory.
        ParquetMetaDataWriter::new_with_tracked(out, &metadata).finish()?;
        let mut output = self.output.lock();
        let mut end = output.1.take().unwrap_or_default();
        name_type_order(&mut end, layout.columns.num_columns())?;
        output.0.write_all(&end)?;
        Ok(output.0.flush()?)
    }
}
