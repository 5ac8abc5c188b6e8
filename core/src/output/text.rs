//! Text formats: the rows of a batch as one block of text.
//!
//! A block is a pure function of its batch, so that blocks can be encoded in any order and on any thread. Only
//! [`TextEncoder`] knows which block is the first one.

use std::io::Write;

use arrow_array::RecordBatch;

use super::size::parts;
use super::writer::{BoxError, Encoder};

/// Target size of the rows of a block, in bytes of Arrow columns.
const BLOCK_BYTES: usize = 4 << 20;

/// A format of text.
pub(super) trait Text: Send + Sync {
    /// Text before the first row. A file without rows has none.
    const FIRST: &'static [u8] = b"";
    /// Text between two rows.
    const BETWEEN: &'static [u8] = b"";
    /// The end of the file.
    const END: &'static [u8] = b"";

    /// Returns the start of the file.
    ///
    /// # Errors
    ///
    /// When the names of the columns cannot be written.
    fn start(&self) -> Result<Vec<u8>, BoxError>;

    /// Appends rows to a block, with [`BETWEEN`](Self::BETWEEN) between two of them.
    ///
    /// # Errors
    ///
    /// When the format has no representation of a value.
    fn append(&self, batch: &RecordBatch, block: &mut Vec<u8>) -> Result<(), BoxError>;
}

/// Writes blocks of text in their order.
pub(super) struct TextEncoder<W, T> {
    out: W,
    text: T,
    has_rows: bool,
}

impl<W: Write, T: Text> TextEncoder<W, T> {
    pub(super) fn new(mut out: W, text: T) -> Result<Self, BoxError> {
        out.write_all(&text.start()?)?;
        Ok(Self { out, text, has_rows: false })
    }
}

impl<W: Write + Send, T: Text> Encoder for TextEncoder<W, T> {
    fn write(&mut self, batch: &RecordBatch) -> Result<(), BoxError> {
        let mut block = Vec::new();
        for part in parts(batch, usize::MAX, BLOCK_BYTES) {
            block.clear();
            self.text.append(&part, &mut block)?;
            self.out.write_all(if self.has_rows { T::BETWEEN } else { T::FIRST })?;
            self.out.write_all(&block)?;
            self.has_rows = true;
        }
        Ok(())
    }

    fn finish(&mut self) -> Result<(), BoxError> {
        self.out.write_all(T::END)?;
        Ok(self.out.flush()?)
    }
}
