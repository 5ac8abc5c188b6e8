//! Text, bytes and encoded messages: views into the page.

use std::sync::Arc;

use arrow_array::builder::make_view;
use arrow_array::{ArrayRef, BinaryViewArray};
use arrow_buffer::{Buffer, ScalarBuffer};

use super::block::{Block, Unusual};
use super::views::window::Cursor;
use super::views::{Page, TextViews, Views};
use super::{Absent, ColumnWriter, read_message};
use crate::columns::DecodeErrorKind;
use crate::columns::error::FieldError;
use crate::columns::plan::ExpectedTag;
use crate::columns::wire::{self, Tag};

/// The index of the buffer of merged messages, after that of the page.
const OWN: u32 = 1;

impl ColumnWriter for TextViews<'_> {
    #[inline]
    fn write(&mut self, row: usize, _: Tag, input: &mut &[u8]) -> Result<(), FieldError> {
        self.set(row, wire::read_len(input)?)
    }

    fn write_block(&mut self, tag: ExpectedTag, block: &mut Block<'_>) -> Result<u64, Unusual> {
        self.write_texts(tag, block)
    }

    fn write_default(&mut self, row: usize) {
        self.set_default(row);
    }

    fn truncate(&mut self, rows: usize) {
        self.truncate(rows);
    }

    fn finish(self, rows: usize, absent: Absent<'_>) -> Result<ArrayRef, FieldError> {
        Ok(self.into_array(rows, absent))
    }
}

impl ColumnWriter for Views<'_> {
    #[inline]
    fn write(&mut self, row: usize, _: Tag, input: &mut &[u8]) -> Result<(), FieldError> {
        self.set(row, wire::read_len(input)?)
    }

    fn write_block(&mut self, tag: ExpectedTag, block: &mut Block<'_>) -> Result<u64, Unusual> {
        Ok(self.write_places(tag, block, |page, message| {
            let place = message.prefixed(page)?;
            Some((Some(place), place.end))
        }))
    }

    fn write_default(&mut self, row: usize) {
        self.set_default(row);
    }

    fn truncate(&mut self, rows: usize) {
        self.truncate(rows);
    }

    fn finish(self, rows: usize, absent: Absent<'_>) -> Result<ArrayRef, FieldError> {
        Ok(self.into_array(rows, absent))
    }
}

/// Writes a column of messages as their own encoding.
///
/// Concatenated encodings are the encoding of the merged message, so a message that occurs again is appended, in a
/// separate buffer.
pub(super) struct EncodedWriter<'p> {
    views: Views<'p>,
    merged: Vec<u8>,
    /// The rows in `merged`, with their views.
    joined: Vec<(usize, u128)>,
    /// The value of the last row that was set.
    last: Last,
}

#[derive(Clone, Copy)]
enum Last {
    /// A part of the page, from an offset on.
    InPage { start: usize, length: usize },
    /// The end of `merged`, from an offset on.
    Merged { start: usize },
}

impl<'p> EncodedWriter<'p> {
    pub(super) fn new(rows: usize, page: &'p Page<'p>) -> Self {
        let last = Last::InPage { start: 0, length: 0 };
        Self { views: Views::new(rows, page), merged: Vec::new(), joined: Vec::new(), last }
    }

    #[cold]
    fn append(&mut self, row: usize, body: &[u8]) -> Result<(), FieldError> {
        let start = match self.last {
            Last::Merged { start } => {
                self.joined.pop();
                start
            }
            Last::InPage { start, length } => {
                let first = self.views.page().part(Cursor { at: start, end: start + length });
                let start = self.merged.len();
                self.merged.extend_from_slice(first);
                start
            }
        };
        self.merged.extend_from_slice(body);
        self.last = Last::Merged { start };
        let offset = u32::try_from(start)
            .map_err(|_| FieldError::new(DecodeErrorKind::TooLarge, "the merged messages of a page exceed 4 GiB"))?;
        self.joined.push((row, make_view(self.merged.get(start..).unwrap_or_default(), OWN, offset)));
        Ok(())
    }
}

impl ColumnWriter for EncodedWriter<'_> {
    fn write(&mut self, row: usize, tag: Tag, input: &mut &[u8]) -> Result<(), FieldError> {
        let body = read_message(tag, input)?;
        if self.views.has(row) {
            return self.append(row, body);
        }
        self.views.set(row, body)?;
        let start = self.views.page().offset_of(body).unwrap_or_default();
        self.last = Last::InPage { start, length: body.len() };
        Ok(())
    }

    fn write_default(&mut self, row: usize) {
        self.views.set_default(row);
    }

    fn truncate(&mut self, rows: usize) {
        self.views.truncate(rows);
        while self.joined.last().is_some_and(|(row, _)| *row >= rows) {
            self.joined.pop();
        }
    }

    fn finish(self, rows: usize, absent: Absent<'_>) -> Result<ArrayRef, FieldError> {
        if self.joined.is_empty() {
            return Ok(self.views.into_array(rows, absent));
        }
        let (mut views, page, nulls) = self.views.into_parts(rows, absent);
        for (row, joined) in self.joined {
            if let Some(view) = views.get_mut(row) {
                *view = joined;
            }
        }
        let buffers = vec![page, Buffer::from_vec(self.merged)];
        Ok(Arc::new(BinaryViewArray::try_new(ScalarBuffer::from(views), buffers, nulls)?))
    }
}
