//! Parquet with GeoParquet metadata.

use std::io::Write;
use std::sync::Arc;

use arrow_array::RecordBatch;
use arrow_schema::SchemaRef;
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::metadata::KeyValue;
use parquet::file::properties::WriterProperties;

use super::geoparquet::GeoMetadata;
use super::writer::{BoxError, Encoder, MAX_ROWS};

/// Maximum encoded size of a row group, in bytes. It is buffered in memory.
const MAX_ROW_GROUP_BYTES: usize = 128 << 20;

pub(super) struct ParquetEncoder<W: Write + Send> {
    writer: ArrowWriter<W>,
    geometries: GeoMetadata,
}

impl<W: Write + Send> ParquetEncoder<W> {
    pub(super) fn new(out: W, schema: &SchemaRef) -> Result<Self, BoxError> {
        let properties = WriterProperties::builder()
            .set_compression(Compression::ZSTD(ZstdLevel::default()))
            .set_max_row_group_row_count(Some(MAX_ROWS))
            .set_max_row_group_bytes(Some(MAX_ROW_GROUP_BYTES))
            .set_created_by(concat!("tilebox-core ", env!("CARGO_PKG_VERSION")).to_owned())
            .build();
        let writer = ArrowWriter::try_new(out, Arc::clone(schema), Some(properties))?;
        Ok(Self { writer, geometries: GeoMetadata::new(schema) })
    }
}

impl<W: Write + Send> Encoder for ParquetEncoder<W> {
    fn write(&mut self, batch: &RecordBatch) -> Result<(), BoxError> {
        self.geometries.add(batch)?;
        Ok(self.writer.write(batch)?)
    }

    fn finish(&mut self) -> Result<(), BoxError> {
        if let Some(geo) = self.geometries.to_json() {
            self.writer.append_key_value_metadata(KeyValue::new("geo".to_owned(), geo));
        }
        self.writer.finish()?;
        Ok(self.writer.inner_mut().flush()?)
    }
}
