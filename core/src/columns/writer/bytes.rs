//! Texts, bytes and encoded messages: views into the page.

use std::sync::Arc;

use arrow_array::builder::make_view;
use arrow_array::{ArrayRef, BinaryViewArray, StringViewArray};
use arrow_buffer::{Buffer, ScalarBuffer};

use super::values::Values;
use super::{ColumnWriter, Page, read_message};
use crate::columns::DecodeErrorKind;
use crate::columns::error::Fault;
use crate::columns::wire::{self, Tag};

/// Up to so many bytes a view holds the value itself.
const MAX_INLINE: usize = 12;

/// The buffer that is the page, for a column with views into it, and the one after it.
const PAGE: u32 = 0;
const OWN: u32 = 1;

/// Views into one page. A column of short values does not hold the page.
pub(super) struct Views {
    views: Values<u128>,
    points_into_page: bool,
}

impl Views {
    pub(super) fn new(rows: usize) -> Self {
        Self { views: Values::new(rows), points_into_page: false }
    }

    #[inline]
    pub(super) fn set(&mut self, row: usize, value: &[u8], page: &Page<'_>) {
        self.points_into_page |= value.len() > MAX_INLINE;
        self.views.set(row, make_view(value, PAGE, page.offset_of(value)));
    }

    pub(super) fn truncate(&mut self, rows: usize) {
        self.views.truncate(rows);
    }

    pub(super) fn finish_binary(self, rows: usize, page: &Page<'_>) -> Result<ArrayRef, Fault> {
        let buffers = self.buffers(page);
        let (views, nulls) = self.views.finish(rows);
        Ok(Arc::new(BinaryViewArray::try_new(ScalarBuffer::from(views), buffers, nulls)?))
    }

    fn finish_text(self, rows: usize, page: &Page<'_>) -> Result<ArrayRef, Fault> {
        let buffers = self.buffers(page);
        let (views, nulls) = self.views.finish(rows);
        Ok(Arc::new(StringViewArray::try_new(ScalarBuffer::from(views), buffers, nulls)?))
    }

    fn buffers(&self, page: &Page<'_>) -> Vec<Buffer> {
        if self.points_into_page { vec![page.buffer.clone()] } else { Vec::new() }
    }
}

/// Writes a column of texts or of bytes.
pub(super) struct ViewWriter {
    views: Views,
    is_text: bool,
}

impl ViewWriter {
    pub(super) fn text(rows: usize) -> Self {
        Self { views: Views::new(rows), is_text: true }
    }

    pub(super) fn bytes(rows: usize) -> Self {
        Self { views: Views::new(rows), is_text: false }
    }
}

impl ColumnWriter for ViewWriter {
    #[inline]
    fn write(&mut self, row: usize, _: Tag, input: &mut &[u8], page: &Page<'_>) -> Result<(), Fault> {
        let value = wire::read_len(input)?;
        if self.is_text {
            check_utf8(value)?;
        }
        self.views.set(row, value, page);
        Ok(())
    }

    fn write_default(&mut self, row: usize) {
        self.views.views.set_default(row, make_view(&[], PAGE, 0));
    }

    fn truncate(&mut self, rows: usize) {
        self.views.truncate(rows);
    }

    fn finish(self, rows: usize, page: &Page<'_>) -> Result<ArrayRef, Fault> {
        if self.is_text { self.views.finish_text(rows, page) } else { self.views.finish_binary(rows, page) }
    }
}

#[inline]
fn check_utf8(text: &[u8]) -> Result<(), Fault> {
    match std::str::from_utf8(text) {
        Ok(_) => Ok(()),
        Err(error) => {
            let (at, length) = (error.valid_up_to(), text.len());
            let problem = format!("the text of {length} bytes is not UTF-8 at byte {at}");
            Err(Fault::new(DecodeErrorKind::InvalidUtf8, problem))
        }
    }
}

/// Writes a column of messages as their own encoding.
///
/// Encodings that follow each other are the encoding of the merged message, so one that occurs again is appended: the
/// result is put together in a buffer of its own.
pub(super) struct EncodedWriter {
    views: Views,
    merged: Vec<u8>,
    /// What the last row that was set holds.
    last: Last,
}

#[derive(Clone, Copy)]
enum Last {
    /// A part of the page, from an offset on.
    InPage { start: usize, length: usize },
    /// The end of `merged`, from an offset on.
    Merged { start: usize },
}

impl EncodedWriter {
    pub(super) fn new(rows: usize) -> Self {
        Self { views: Views::new(rows), merged: Vec::new(), last: Last::InPage { start: 0, length: 0 } }
    }

    #[cold]
    fn append(&mut self, row: usize, body: &[u8], page: &Page<'_>) -> Result<(), Fault> {
        let start = match self.last {
            Last::Merged { start } => start,
            Last::InPage { start, length } => {
                let first = page.bytes.get(start..start.saturating_add(length)).unwrap_or_default();
                let start = self.merged.len();
                self.merged.extend_from_slice(first);
                start
            }
        };
        self.merged.extend_from_slice(body);
        self.last = Last::Merged { start };
        let offset = u32::try_from(start)
            .map_err(|_| Fault::new(DecodeErrorKind::TooLarge, "the merged messages of a page are more than 4 GiB"))?;
        self.views.views.set(row, make_view(self.merged.get(start..).unwrap_or_default(), OWN, offset));
        Ok(())
    }
}

impl ColumnWriter for EncodedWriter {
    fn write(&mut self, row: usize, tag: Tag, input: &mut &[u8], page: &Page<'_>) -> Result<(), Fault> {
        let body = read_message(tag, input)?;
        if self.views.views.has(row) {
            return self.append(row, body, page);
        }
        self.views.set(row, body, page);
        self.last = Last::InPage { start: page.offset_of(body) as usize, length: body.len() };
        Ok(())
    }

    fn write_default(&mut self, row: usize) {
        self.views.views.set_default(row, make_view(&[], PAGE, 0));
    }

    fn truncate(&mut self, rows: usize) {
        self.views.truncate(rows);
    }

    fn finish(self, rows: usize, page: &Page<'_>) -> Result<ArrayRef, Fault> {
        if self.merged.is_empty() {
            return self.views.finish_binary(rows, page);
        }
        let (views, nulls) = self.views.views.finish(rows);
        let buffers = vec![page.buffer.clone(), Buffer::from_vec(self.merged)];
        Ok(Arc::new(BinaryViewArray::try_new(ScalarBuffer::from(views), buffers, nulls)?))
    }
}
