//! Comma-separated values (RFC 4180).

use std::io::Write;

use arrow_array::RecordBatch;
use arrow_schema::SchemaRef;

use super::value;
use super::writer::{BoxError, Encoder};

/// Writes one line per datapoint, after a header.
pub(super) struct CsvEncoder<W: Write>(csv::Writer<W>);

impl<W: Write> CsvEncoder<W> {
    pub(super) fn new(out: W, schema: &SchemaRef) -> Result<Self, BoxError> {
        let mut writer = csv::Writer::from_writer(out);
        if !schema.fields().is_empty() {
            writer.write_record(schema.fields().iter().map(|field| field.name()))?;
        }
        Ok(Self(writer))
    }
}

impl<W: Write + Send> Encoder for CsvEncoder<W> {
    fn write(&mut self, batch: &RecordBatch) -> Result<(), BoxError> {
        let schema = batch.schema_ref();
        for row in 0..batch.num_rows() {
            for (field, column) in schema.fields().iter().zip(batch.columns()) {
                self.0.write_field(value::text(value::json(field, column, row)))?;
            }
            self.0.write_record(None::<&[u8]>)?;
        }
        Ok(())
    }

    fn finish(&mut self) -> Result<(), BoxError> {
        Ok(self.0.flush()?)
    }
}
