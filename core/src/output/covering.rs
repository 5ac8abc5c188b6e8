//! Bounding boxes of geometries as a column, the `covering` of GeoParquet 1.1: readers skip rows by it.

use arrow_array::RecordBatch;
use arrow_schema::{DataType, FieldRef, Schema};
use serde_json::Value;

/// The key of the file metadata of GeoParquet. Readers of Parquet copy it to the metadata of the Arrow schema.
pub(super) const GEO_KEY: &str = "geo";

/// The key of the metadata of the column, which names the geometry column. The metadata of a field reaches every batch,
/// that of a file only some.
pub(super) const COVERING_KEY: &str = "tilebox.covering";

/// Returns the names of the columns that contain only bounding boxes of geometries, usually `bbox`.
///
/// Writers of GeoParquet 1.1 add them for readers, and name them in the file metadata `geo`. They contain nothing that the
/// geometries do not. Readers put the metadata into the schema of the file; the `parquet` crate does so in
/// `ParquetRecordBatchReaderBuilder::schema`, but not in the schema of a batch. The columns of this crate's files are found
/// in both.
#[must_use]
pub fn covering_columns(schema: &Schema) -> Vec<String> {
    let named = coverings(schema);
    let is_covering = |field: &&FieldRef| {
        let is_named = named.contains(field.name()) || field.metadata().contains_key(COVERING_KEY);
        is_named && matches!(field.data_type(), DataType::Struct(_))
    };
    schema.fields().iter().filter(is_covering).map(|field| field.name().clone()).collect()
}

/// Returns a batch without its [`covering_columns`]. [`TableWriter`](super::TableWriter) leaves them out of every file, and
/// adds its own to a Parquet file.
///
/// ```
/// # use tilebox_core as tilebox_tokio;
/// # fn example(batch: arrow_array::RecordBatch) -> tilebox_core::Datapoints {
/// use tilebox_tokio::Datapoints;
/// use tilebox_tokio::output::without_covering;
///
/// Datapoints::new(without_covering(&batch))
/// # }
/// ```
#[must_use]
pub fn without_covering(batch: &RecordBatch) -> RecordBatch {
    let schema = batch.schema_ref();
    let coverings = covering_columns(schema);
    let is_kept = |index: &usize| !coverings.contains(schema.field(*index).name());
    let kept: Vec<usize> = (0..schema.fields().len()).filter(is_kept).collect();
    if kept.len() == schema.fields().len() {
        return batch.clone();
    }
    // All indexes are in range, so the projection does not fail.
    batch.project(&kept).unwrap_or_else(|_| batch.clone())
}

/// Returns the names in the metadata of the file: `columns.*.covering.bbox.*`, each a path.
fn coverings(schema: &Schema) -> Vec<String> {
    let geo: Option<Value> = schema.metadata().get(GEO_KEY).and_then(|geo| serde_json::from_str(geo).ok());
    let columns = geo.as_ref().and_then(|geo| geo.get("columns")).and_then(Value::as_object);
    let corners = columns
        .into_iter()
        .flat_map(|columns| columns.values())
        .filter_map(|column| column.pointer("/covering/bbox")?.as_object())
        .flat_map(|bbox| bbox.values());
    corners.filter_map(|path| Some(path.get(0)?.as_str()?.to_owned())).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;
    use std::sync::Arc;

    use arrow_array::{ArrayRef, Int64Array, StructArray};
    use arrow_schema::Field;

    use super::*;

    fn names(geo: Option<&str>) -> Vec<String> {
        let numbers: ArrayRef = Arc::new(Int64Array::from(vec![1]));
        let boxed: ArrayRef =
            Arc::new(StructArray::from(vec![(Arc::new(Field::new("xmin", DataType::Int64, true)), numbers.clone())]));
        let columns = [("geometry", numbers.clone()), ("bbox", boxed), ("number", numbers)];
        let batch = RecordBatch::try_from_iter(columns).expect("a batch");
        let metadata = geo.map(|geo| (GEO_KEY.to_owned(), geo.to_owned()));
        let schema = batch.schema().as_ref().clone().with_metadata(HashMap::from_iter(metadata));
        let batch = without_covering(&batch.with_schema(Arc::new(schema)).expect("a batch"));
        batch.schema().fields().iter().map(|field| field.name().clone()).collect()
    }

    #[test]
    fn only_columns_of_the_metadata_are_coverings() {
        let geo = r#"{"columns": {"geometry": {"covering": {"bbox": {"xmin": ["bbox", "xmin"]}}}}}"#;
        assert_eq!(names(Some(geo)), ["geometry", "number"]);
        let number = r#"{"columns": {"geometry": {"covering": {"bbox": {"xmin": ["number", "xmin"]}}}}}"#;
        for geo in [None, Some(""), Some("{}"), Some(r#"{"columns": {"geometry": {"covering": 1}}}"#), Some(number)] {
            assert_eq!(names(geo), ["geometry", "bbox", "number"], "{geo:?}");
        }
    }
}
