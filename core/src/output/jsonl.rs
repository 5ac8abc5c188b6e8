//! JSON Lines: one object per row.

use arrow_array::RecordBatch;
use serde::ser::{Serialize, SerializeMap as _, Serializer};

use super::text::Text;
use super::value::{self, Geometries};
use super::writer::BoxError;

/// One object per row, with a member for every column, in their order.
pub(super) struct JsonLines;

impl Text for JsonLines {
    fn start(&self) -> Result<Vec<u8>, BoxError> {
        Ok(Vec::new())
    }

    fn append(&self, batch: &RecordBatch, block: &mut Vec<u8>) -> Result<(), BoxError> {
        for row in 0..batch.num_rows() {
            serde_json::to_writer(&mut *block, &Row { batch, row })?;
            block.push(b'\n');
        }
        Ok(())
    }
}

/// A row as an object.
struct Row<'a> {
    batch: &'a RecordBatch,
    row: usize,
}

impl Serialize for Row<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let columns = self.batch.schema_ref().fields().iter().zip(self.batch.columns());
        let mut object = serializer.serialize_map(Some(columns.len()))?;
        for (field, column) in columns {
            object.serialize_entry(field.name(), &value::json(field, column, self.row, Geometries::GeoJson))?;
        }
        object.end()
    }
}
