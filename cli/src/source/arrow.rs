//! Columns of Arrow: IPC files (Feather), IPC streams, and the batches of other readers.

use std::io::BufReader;

use arrow_array::RecordBatch;
use arrow_ipc::reader::{FileReader, StreamReader};
use arrow_schema::{ArrowError, SchemaRef};

use super::fault::excerpt;
use super::{Batch, Fault, Input, MAX_ROWS, Source};

/// An iterator of the batches of a file.
pub(super) type Batches = Box<dyn Iterator<Item = Result<RecordBatch, ArrowError>> + Send>;

/// Opens an IPC file.
pub(super) fn file(input: Input) -> Result<Table, Fault> {
    let reader = FileReader::try_new(BufReader::new(input.into_file()?), None)
        .map_err(|error| damaged("an Arrow file", &error))?;
    Ok(Table::new("an Arrow file", reader.schema(), Box::new(reader)))
}

/// Opens an IPC stream.
pub(super) fn stream(input: Input) -> Result<Table, Fault> {
    let reader = StreamReader::try_new(BufReader::new(input.into_reader()), None);
    let reader = reader.map_err(|error| damaged("an Arrow stream", &error))?;
    Ok(Table::new("an Arrow stream", reader.schema(), Box::new(reader)))
}

/// Columns in batches of any size, which become batches of a limited number of rows.
pub(super) struct Table {
    format: &'static str,
    schema: SchemaRef,
    batches: Batches,
    /// Rows that are read, of which the first `taken` are returned.
    current: RecordBatch,
    taken: usize,
    /// The number of returned rows.
    before: u64,
    selected: Option<Vec<usize>>,
}

impl Table {
    fn new(format: &'static str, schema: SchemaRef, batches: Batches) -> Self {
        let current = RecordBatch::new_empty(SchemaRef::clone(&schema));
        Self { format, schema, batches, current, taken: 0, before: 0, selected: None }
    }
}

impl Source for Table {
    fn columns(&self) -> Option<Vec<String>> {
        Some(self.schema.fields().iter().map(|field| field.name().clone()).collect())
    }

    fn select(&mut self, columns: &[usize]) -> Result<(), Fault> {
        self.selected = Some(columns.to_vec());
        Ok(())
    }

    fn next_batch(&mut self) -> Result<Option<Batch>, Fault> {
        while self.taken >= self.current.num_rows() {
            let Some(batch) = self.batches.next() else { return Ok(None) };
            let mut batch = batch.map_err(|error| damaged(self.format, &error))?;
            if let Some(selected) = &self.selected {
                batch = batch.project(selected).map_err(|error| damaged(self.format, &error))?;
            }
            (self.current, self.taken) = (batch, 0);
        }
        let part = take(&self.current, &mut self.taken, &mut self.before);
        Ok(Some(part))
    }
}

/// Returns the next rows of a batch.
pub(super) fn take(batch: &RecordBatch, taken: &mut usize, before: &mut u64) -> Batch {
    let length = MAX_ROWS.min(batch.num_rows().saturating_sub(*taken));
    let part = Batch::Columns(*before, batch.slice(*taken, length));
    *taken += length;
    *before += length as u64;
    part
}

/// Returns the fault of a file that is not in its format.
pub(super) fn damaged(format: &str, error: &impl std::fmt::Display) -> Fault {
    let reason = excerpt(&error.to_string());
    Fault::new(format!("not valid {}: {reason}", format.trim_start_matches("an ")), "check that the file is complete")
}
