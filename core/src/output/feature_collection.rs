//! A feature collection of GeoJSON (RFC 7946, section 3.3), with each feature on its own line.

use arrow_array::RecordBatch;

use super::text::Text;
use super::writer::BoxError;

/// The features of a collection: one for each row.
pub(super) trait Features: Send + Sync {
    /// Appends the feature of a row as JSON.
    ///
    /// # Errors
    ///
    /// When the row has no representation as a feature.
    fn append(&self, batch: &RecordBatch, row: usize, block: &mut Vec<u8>) -> Result<(), BoxError>;
}

/// Rows as the features of a collection.
pub(super) struct FeatureCollection<T>(pub(super) T);

impl<T: Features> Text for FeatureCollection<T> {
    const FIRST: &'static [u8] = b"\n";
    const BETWEEN: &'static [u8] = b",\n";
    const END: &'static [u8] = b"\n]}\n";

    fn start(&self) -> Result<Vec<u8>, BoxError> {
        Ok(br#"{"type":"FeatureCollection","features":["#.to_vec())
    }

    fn append(&self, batch: &RecordBatch, block: &mut Vec<u8>) -> Result<(), BoxError> {
        for row in 0..batch.num_rows() {
            if row > 0 {
                block.extend_from_slice(Self::BETWEEN);
            }
            self.0.append(batch, row, block)?;
        }
        Ok(())
    }
}
