//! Comma-separated values (RFC 4180).

use arrow_array::RecordBatch;
use arrow_schema::SchemaRef;

use super::text::Text;
use super::value::{self, Geometries};
use super::writer::BoxError;

/// One line per datapoint, after a header.
pub(super) struct Csv(pub(super) SchemaRef);

impl Text for Csv {
    fn start(&self) -> Result<Vec<u8>, BoxError> {
        let mut writer = csv::Writer::from_writer(Vec::new());
        if !self.0.fields().is_empty() {
            writer.write_record(self.0.fields().iter().map(|field| field.name()))?;
        }
        Ok(writer.into_inner().map_err(|error| error.to_string())?)
    }

    fn append(&self, batch: &RecordBatch, block: &mut Vec<u8>) -> Result<(), BoxError> {
        let mut writer = csv::Writer::from_writer(block);
        for row in 0..batch.num_rows() {
            for (field, column) in self.0.fields().iter().zip(batch.columns()) {
                writer.write_field(value::text(value::json(field, column, row, Geometries::Text)))?;
            }
            writer.write_record(None::<&[u8]>)?;
        }
        Ok(writer.flush()?)
    }
}
