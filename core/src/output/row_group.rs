//! A row group of Parquet, encoded on its own.

use std::io;
use std::sync::Arc;

use arrow_array::RecordBatch;
use arrow_array::cast::AsArray as _;
use arrow_array::types::TimestampNanosecondType;
use arrow_schema::{Schema, SchemaRef};
use parquet::arrow::arrow_writer::{ArrowColumnChunk, ArrowRowGroupWriterFactory, compute_leaves};
use parquet::arrow::{ArrowSchemaConverter, add_encoded_arrow_schema_to_metadata};
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::metadata::SortingColumn;
use parquet::file::properties::{WriterProperties, WriterPropertiesPtr};
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::types::SchemaDescPtr;

use super::covering::GEO_KEY;
use super::geoparquet::{GeoColumns, GeoStatistics, Precision};
use super::writer::BoxError;
use crate::schema::well_known::WellKnown;

/// The columns of a file. Encoding a row group is a pure function of its rows, so that row groups can be encoded in any
/// order and on any thread.
pub(super) struct Layout {
    pub(super) geometries: GeoColumns,
    pub(super) columns: SchemaDescPtr,
    pub(super) properties: WriterPropertiesPtr,
    /// The properties of a row group whose rows are sorted by time.
    pub(super) sorted: WriterPropertiesPtr,
    /// The name of the column of times.
    time: &'static str,
    /// With the column of bounding boxes.
    schema: SchemaRef,
    factory: ArrowRowGroupWriterFactory,
}

/// An encoded row group.
pub(super) struct RowGroup {
    pub(super) chunks: Vec<ArrowColumnChunk>,
    /// Whether its rows are sorted by time.
    pub(super) is_sorted: bool,
    pub(super) geometries: GeoStatistics,
}

impl Layout {
    pub(super) fn new(schema: &Schema, precision: Precision, time: &'static str) -> Result<Self, BoxError> {
        let mut metadata = schema.metadata().clone();
        // The metadata of a file that was read describes other columns.
        metadata.remove(GEO_KEY);
        let schema = schema.clone().with_metadata(metadata);
        let geometries = GeoColumns::new(&schema, precision);
        let schema = geometries.schema(&schema);
        let columns = Arc::new(ArrowSchemaConverter::new().convert(&schema)?);
        let mut properties = WriterProperties::builder()
            .set_compression(Compression::ZSTD(ZstdLevel::default()))
            .set_created_by(concat!("tilebox-core ", env!("CARGO_PKG_VERSION")).to_owned())
            .build();
        add_encoded_arrow_schema_to_metadata(&schema, &mut properties);
        let index = columns.columns().iter().position(|column| column.path().parts() == [time]);
        let index = index.and_then(|index| i32::try_from(index).ok());
        let by_time = index.map(|column_idx| vec![SortingColumn { column_idx, descending: false, nulls_first: false }]);
        let sorted = Arc::new(properties.clone().into_builder().set_sorting_columns(by_time).build());
        let properties = Arc::new(properties);
        // The factory takes its settings from the writer of a file.
        let settings = SerializedFileWriter::new(io::sink(), columns.root_schema_ptr(), Arc::clone(&properties))?;
        let factory = ArrowRowGroupWriterFactory::new(&settings, SchemaRef::clone(&schema));
        Ok(Self { geometries, columns, properties, sorted, time, schema, factory })
    }

    /// Encodes rows.
    ///
    /// # Errors
    ///
    /// When Parquet has no representation of a type, or a geometry is not valid WKB.
    pub(super) fn encode(&self, batches: &[RecordBatch]) -> Result<RowGroup, BoxError> {
        let mut geometries = GeoStatistics::default();
        let mut writers = self.factory.create_column_writers(0)?;
        for batch in batches {
            let (batch, of_batch) = self.geometries.cover(batch, &self.schema)?;
            geometries.merge(of_batch);
            let mut writers = writers.iter_mut();
            for (field, column) in self.schema.fields().iter().zip(batch.columns()) {
                for leaf in compute_leaves(field, column)? {
                    writers.next().ok_or("a column has no writer")?.write(&leaf)?;
                }
            }
        }
        let chunks = writers.into_iter().map(|writer| writer.close()).collect::<Result<_, _>>()?;
        Ok(RowGroup { chunks, is_sorted: is_sorted(batches, self.time), geometries })
    }
}

/// Returns whether rows are sorted by time, with null times last. Without a column of times, they are not.
fn is_sorted(batches: &[RecordBatch], time: &str) -> bool {
    let times = batches.iter().map(|batch| {
        let (index, field) = batch.schema_ref().column_with_name(time)?;
        let is_time = WellKnown::of_column(field) == Some(WellKnown::Timestamp);
        is_time.then(|| batch.columns().get(index)?.as_primitive_opt::<TimestampNanosecondType>()).flatten()
    });
    let Some(times) = times.collect::<Option<Vec<_>>>() else { return false };
    times.into_iter().flatten().is_sorted_by_key(|time| (time.is_none(), time))
}

#[cfg(test)]
mod tests {
    use arrow_array::{ArrayRef, TimestampNanosecondArray};

    use super::*;

    #[test]
    fn rows_are_sorted_across_batches() {
        let batch = |times: &[Option<i64>]| {
            let times: ArrayRef = Arc::new(TimestampNanosecondArray::from(times.to_vec()));
            RecordBatch::try_from_iter_with_nullable([("time", times, true)]).expect("a batch")
        };
        let sorted = |batches: &[&[Option<i64>]]| {
            is_sorted(&batches.iter().map(|times| batch(times)).collect::<Vec<_>>(), "time")
        };
        assert!(sorted(&[&[Some(-1), Some(1)], &[], &[Some(1), Some(2)], &[None, None]]));
        assert!(!sorted(&[&[Some(1), Some(2)], &[Some(1)]]));
        assert!(!sorted(&[&[None], &[Some(1)]]));
        assert!(sorted(&[]));
        let numbers: ArrayRef = Arc::new(arrow_array::Int64Array::from(vec![1]));
        assert!(!is_sorted(&[RecordBatch::try_from_iter([("time", numbers)]).expect("a batch")], "time"));
    }
}
