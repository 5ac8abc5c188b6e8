//! Views into one page, as arrays that Arrow does not check again.
//!
//! This is the only module of the crate with `unsafe` code. Arrow's own checks read every value of a column a second time,
//! after the page has left the cache; they took two thirds of the decoding time. This module alone keeps the invariants
//! that make their absence sound, whatever its callers pass:
//!
//! 1. Only [`Page::view`] and [`Window::view`] make views. A view either holds its value, or a place of the value that was
//!    checked to be inside the page.
//! 2. [`Views`] and [`TextViews`] refer to the page they were made with, and Arrow gets the buffer of that page. The bytes of
//!    a page never change.
//! 3. The bytes of a view in [`TextViews`] were checked to be UTF-8 where they lie, before the function that made the view
//!    returned.
//! 4. A row without a value has the view of the empty value, which is all zeros.
//! 5. Only [`Window::of_page`] makes a [`Window`], which ends 15 bytes before the page does, and bytes are loaded only from
//!    offsets inside the window.

#![expect(unsafe_code, reason = "checking texts and places once instead of twice; the invariants stand above")]

pub(super) mod window;

use std::sync::Arc;

use arrow_array::{ArrayRef, BinaryViewArray, StringViewArray};
use arrow_buffer::{Buffer, NullBuffer, ScalarBuffer};
use bytes::Bytes;

use super::Absent;
use super::block::{Block, Unusual};
use super::text::check_utf8;
use super::values::Values;
use crate::columns::DecodeErrorKind;
use crate::columns::error::FieldError;
use crate::columns::plan::ExpectedTag;

use window::{Cursor, LOADED, MAX_INLINE, Window, offset, view};

/// The bytes of all values of a batch.
pub(in crate::columns) struct Page<'a> {
    bytes: &'a [u8],
    /// The same memory, held by the columns with views into it.
    buffer: Buffer,
}

impl<'a> Page<'a> {
    /// Returns a page of these bytes.
    ///
    /// # Errors
    ///
    /// When there are more bytes than Arrow's 32-bit offsets count.
    pub(in crate::columns) fn new(bytes: &'a Bytes) -> Result<Self, FieldError> {
        if i32::try_from(bytes.len()).is_err() {
            let (most, found) = (i32::MAX, bytes.len());
            let problem = format!("expects at most {most} bytes for one batch, got {found}");
            return Err(FieldError::new(DecodeErrorKind::TooLarge, problem));
        }
        Ok(Self { bytes, buffer: Buffer::from(bytes.clone()) })
    }

    /// Returns the part of the page that can be read in blocks.
    #[inline(always)]
    pub(super) fn window(&self) -> Window<'a> {
        Window::of_page(self.bytes)
    }

    /// Returns the bytes of a place.
    pub(super) fn part(&self, place: Cursor) -> &'a [u8] {
        self.bytes.get(place.at..place.end).unwrap_or_default()
    }

    /// Returns the offset of a part of the page.
    pub(super) fn offset_of(&self, part: &[u8]) -> Option<usize> {
        offset(self.bytes, part)
    }

    /// Returns the view of a part of the page.
    #[inline]
    fn view(&self, part: &[u8]) -> Option<u128> {
        let offset = self.offset_of(part)?;
        let start = part.iter().take(LOADED).rev().fold(0, |start, byte| start << 8 | u128::from(*byte));
        Some(view(offset, part.len(), start))
    }
}

/// Views of bytes, one for each row. A column of short values does not hold the page.
pub(super) struct Views<'p> {
    views: Values<u128>,
    page: &'p Page<'p>,
}

impl<'p> Views<'p> {
    pub(super) fn new(rows: usize, page: &'p Page<'p>) -> Self {
        Self { views: Values::new(rows), page }
    }

    /// Returns the page of the values.
    pub(super) fn page(&self) -> &'p Page<'p> {
        self.page
    }

    /// Sets a row to a part of the page.
    #[inline]
    pub(super) fn set(&mut self, row: usize, value: &[u8]) -> Result<(), FieldError> {
        let view = self.page.view(value).ok_or_else(foreign_value)?;
        self.views.set(row, view);
        Ok(())
    }

    /// As [`Values::write_block`], with places in the page as values.
    #[inline(always)]
    pub(super) fn write_places(
        &mut self,
        tag: ExpectedTag,
        block: &mut Block<'_>,
        read: impl Fn(Window<'_>, Cursor) -> Option<(Option<Cursor>, usize)>,
    ) -> u64 {
        if !block.page.is_same(self.page.window()) {
            return 0;
        }
        self.views.write_block(tag, block, |window, message| match read(window, message)? {
            (Some(place), end) => Some((Some(window.view(place)?), end)),
            (None, end) => Some((None, end)),
        })
    }

    /// Sets a row that is not set to the empty value.
    pub(super) fn set_default(&mut self, row: usize) {
        self.views.set_default(row, 0);
    }

    /// Returns whether a row was set and not truncated since.
    pub(super) fn has(&self, row: usize) -> bool {
        self.views.has(row)
    }

    pub(super) fn truncate(&mut self, rows: usize) {
        self.views.truncate(rows);
    }

    /// Returns the views, the page as their first buffer, and the nulls.
    pub(super) fn into_parts(self, rows: usize, absent: Absent<'_>) -> (Vec<u128>, Buffer, Option<NullBuffer>) {
        let (views, nulls) = self.views.finish(rows, absent);
        (views, self.page.buffer.clone(), nulls)
    }

    pub(super) fn into_array(self, rows: usize, absent: Absent<'_>) -> ArrayRef {
        let (views, buffers, nulls) = self.finish_parts(rows, absent);
        // SAFETY: 1, 2 and 4 of the module: each view is the empty one or lies in the one buffer.
        Arc::new(unsafe { BinaryViewArray::new_unchecked(views, buffers, nulls) })
    }

    fn finish_parts(self, rows: usize, absent: Absent<'_>) -> (ScalarBuffer<u128>, Arc<[Buffer]>, Option<NullBuffer>) {
        let (views, nulls) = self.views.finish(rows, absent);
        let points_into_page = views.iter().any(|view| *view as u32 as usize > MAX_INLINE);
        let buffers = if points_into_page { Arc::from([self.page.buffer.clone()]) } else { Arc::from([]) };
        (ScalarBuffer::from(views), buffers, nulls)
    }
}

/// Views of texts, one for each row.
pub(super) struct TextViews<'p>(Views<'p>);

impl<'p> TextViews<'p> {
    pub(super) fn new(rows: usize, page: &'p Page<'p>) -> Self {
        Self(Views::new(rows, page))
    }

    /// Sets a row to a part of the page that is UTF-8.
    #[inline]
    pub(super) fn set(&mut self, row: usize, text: &[u8]) -> Result<(), FieldError> {
        check_utf8(text)?;
        self.0.set(row, text)
    }

    /// Sets the rows of a block to texts. Where one of them is not UTF-8, none is set.
    pub(super) fn write_texts(&mut self, tag: ExpectedTag, block: &mut Block<'_>) -> Result<u64, Unusual> {
        let found = self.0.write_places(tag, block, |window, message| {
            let text = message.prefixed(window)?;
            Some((Some(text), text.end))
        });
        // In a loop after reading, so that both loops keep their values in registers.
        let window = block.page;
        if found != 0 && !self.0.views.rows_from(block.first_row).iter().all(|view| window.is_text(*view)) {
            self.0.truncate(block.first_row);
            return Err(Unusual);
        }
        Ok(found)
    }

    /// Sets a row that is not set to the empty text.
    pub(super) fn set_default(&mut self, row: usize) {
        self.0.set_default(row);
    }

    pub(super) fn truncate(&mut self, rows: usize) {
        self.0.truncate(rows);
    }

    pub(super) fn into_array(self, rows: usize, absent: Absent<'_>) -> ArrayRef {
        let (views, buffers, nulls) = self.0.finish_parts(rows, absent);
        // SAFETY: as in `Views::into_array`, and 3 of the module: all values are UTF-8.
        Arc::new(unsafe { StringViewArray::new_unchecked(views, buffers, nulls) })
    }
}

/// Returns the error of a value outside the page. Decoding takes every value from the page.
#[cold]
fn foreign_value() -> FieldError {
    FieldError::new(DecodeErrorKind::Malformed, "the value is not a part of the page")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_view_refers_to_parts_of_its_page_only() {
        let bytes = Bytes::from_static(b"a page of more than sixteen bytes");
        let page = Page::new(&bytes).unwrap();
        for start in 0..bytes.len() {
            for end in start..=bytes.len() {
                let part = &bytes[start..end];
                let mut views = Views::new(1, &page);
                views.set(0, part).unwrap();
                let array = views.into_array(1, Absent::Null);
                array.to_data().validate_full().unwrap();
                assert_eq!(arrow_array::cast::AsArray::as_binary_view(&array).value(0), part);
            }
        }
        let foreign = b"a page of more than sixteen bytes".to_vec();
        assert!(page.view(&foreign).is_none());
        let longer = [&bytes[..], b"!"].concat();
        let start = Bytes::from(longer);
        let page_start = start.slice(..10);
        assert!(Page::new(&page_start).unwrap().view(&start[5..15]).is_none());
    }
}
