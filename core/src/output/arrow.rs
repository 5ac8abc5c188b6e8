//! Arrow IPC, as a file and as a stream.

use std::io::Write;

use arrow_array::{ArrayRef, RecordBatch};
use arrow_ipc::writer::{FileWriter, StreamWriter};
use arrow_schema::{ArrowError, DataType, Field, SchemaRef};

use super::writer::{BoxError, Encoder};
use crate::arrays;
use crate::datapoints::leaves::{self, Leaf};

/// Enums are text here: the dictionary of a file cannot change, and a page may know of a name that those before it did
/// not have.
pub(super) struct FileEncoder<W: Write>(FileWriter<W>);

impl<W: Write> FileEncoder<W> {
    pub(super) fn new(out: W, schema: &SchemaRef) -> Result<Self, BoxError> {
        let schema = leaves::map(&RecordBatch::new_empty(schema.clone()), &names)?.schema();
        Ok(Self(FileWriter::try_new(out, &schema)?))
    }
}

impl<W: Write + Send> Encoder for FileEncoder<W> {
    fn write(&mut self, batch: &RecordBatch) -> Result<(), BoxError> {
        Ok(self.0.write(&leaves::map(batch, &names)?)?)
    }

    fn finish(&mut self) -> Result<(), BoxError> {
        self.0.finish()?;
        Ok(self.0.flush()?)
    }
}

fn names(leaf: &Leaf<'_>) -> Result<Option<(Field, ArrayRef)>, ArrowError> {
    match leaf.column.data_type() {
        DataType::Dictionary(_, names) => Ok(Some(leaf.with(arrays::cast(leaf.column, names)?))),
        _ => Ok(None),
    }
}

pub(super) struct StreamEncoder<W: Write>(StreamWriter<W>);

impl<W: Write> StreamEncoder<W> {
    pub(super) fn new(out: W, schema: &SchemaRef) -> Result<Self, BoxError> {
        Ok(Self(StreamWriter::try_new(out, schema)?))
    }
}

impl<W: Write + Send> Encoder for StreamEncoder<W> {
    fn write(&mut self, batch: &RecordBatch) -> Result<(), BoxError> {
        Ok(self.0.write(batch)?)
    }

    fn finish(&mut self) -> Result<(), BoxError> {
        self.0.finish()?;
        Ok(self.0.flush()?)
    }
}
