//! Parquet and GeoParquet files.

use std::fs::File;

use arrow_array::RecordBatch;
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder};
use serde_json::Value;

use super::arrow::{damaged, take};
use super::{Batch, Fault, Input, Source};

const FORMAT: &str = "Parquet";

/// The rows that are decoded at once. Few, because a value of a dictionary may be large and occur in each of them.
const BATCH_ROWS: usize = 1024;

/// A Parquet file. Only the selected columns are read.
pub(super) struct Parquet {
    /// `None` once the rows are read.
    builder: Option<ParquetRecordBatchReaderBuilder<File>>,
    columns: Vec<String>,
    derived: Vec<String>,
    rows: Option<ParquetRecordBatchReader>,
    before: u64,
}

impl Parquet {
    pub(super) fn open(input: Input) -> Result<Self, Fault> {
        let file = input.into_file()?;
        let builder = ParquetRecordBatchReaderBuilder::try_new(file).map_err(|error| damaged(FORMAT, &error))?;
        let columns = builder.schema().fields().iter().map(|field| field.name().clone()).collect();
        let metadata = builder.metadata().file_metadata().key_value_metadata();
        let geo = metadata.into_iter().flatten().find(|pair| pair.key == "geo").and_then(|pair| pair.value.as_deref());
        let derived = geo.map(coverings).unwrap_or_default();
        Ok(Self { builder: Some(builder.with_batch_size(BATCH_ROWS)), columns, derived, rows: None, before: 0 })
    }
}

impl Source for Parquet {
    fn columns(&self) -> Option<Vec<String>> {
        Some(self.columns.clone())
    }

    fn derived_columns(&self) -> Vec<String> {
        self.derived.clone()
    }

    fn select(&mut self, columns: &[usize]) -> Result<(), Fault> {
        self.builder = self.builder.take().map(|builder| {
            let mask = ProjectionMask::roots(builder.parquet_schema(), columns.iter().copied());
            builder.with_projection(mask)
        });
        Ok(())
    }

    fn next_batch(&mut self) -> Result<Option<Batch>, Fault> {
        if let Some(builder) = self.builder.take() {
            self.rows = Some(builder.build().map_err(|error| damaged(FORMAT, &error))?);
        }
        let Some(batch) = self.rows.as_mut().and_then(Iterator::next) else { return Ok(None) };
        let batch: RecordBatch = batch.map_err(|error| damaged(FORMAT, &error))?;
        Ok(Some(take(&batch, &mut 0, &mut self.before)))
    }
}

/// Returns the columns that have the bounding boxes of geometries, as the metadata of a GeoParquet 1.1 file names them.
fn coverings(geo: &str) -> Vec<String> {
    let geo: Value = serde_json::from_str(geo).unwrap_or_default();
    let columns = geo.get("columns").and_then(Value::as_object);
    let of = |column: &Value| Some(column.pointer("/covering/bbox/xmin/0")?.as_str()?.to_owned());
    columns.into_iter().flat_map(|columns| columns.values()).filter_map(of).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn coverings_are_named_by_the_metadata() {
        let geo = r#"{"columns":{"geometry":{"covering":{"bbox":{"xmin":["bbox","xmin"]}}},"centre":{}}}"#;
        assert_eq!(coverings(geo), ["bbox"]);
        assert!(coverings("not JSON").is_empty());
    }
}
