//! Arrow IPC files and streams.

use std::io::Write;

use arrow_array::{ArrayRef, RecordBatch};
use arrow_ipc::writer::{FileWriter, StreamWriter};
use arrow_schema::{ArrowError, DataType, Field, SchemaRef};

use super::writer::{BoxError, Encoder};
use crate::arrays;
use crate::datapoints::leaves::{self, Leaf};

/// Writes an Arrow IPC file. Enums become text, because the dictionary of a file cannot change and a later page may contain
/// new names.
pub(super) struct FileEncoder<W: Write>(FileWriter<W>);

impl<W: Write> FileEncoder<W> {
    pub(super) fn new(out: W, schema: &SchemaRef) -> Result<Self, BoxError> {
        let schema = leaves::map(&RecordBatch::new_empty(schema.clone()), &enum_as_text)?.schema();
        Ok(Self(FileWriter::try_new(out, &schema)?))
    }
}

impl<W: Write + Send> Encoder for FileEncoder<W> {
    fn write(&mut self, batch: &RecordBatch) -> Result<(), BoxError> {
        Ok(self.0.write(&leaves::map(batch, &enum_as_text)?)?)
    }

    fn finish(&mut self) -> Result<(), BoxError> {
        self.0.finish()?;
        Ok(self.0.flush()?)
    }
}

fn enum_as_text(leaf: &Leaf<'_>) -> Result<Option<(Field, ArrayRef)>, ArrowError> {
    match leaf.column.data_type() {
        DataType::Dictionary(_, names) => Ok(Some(leaf.with(arrays::cast(leaf.column, names)?))),
        _ => Ok(None),
    }
}

/// Writes an Arrow IPC stream.
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
