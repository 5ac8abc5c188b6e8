//! Views into one page, and the arrays of them that Arrow does not check again.
//!
//! This is the only module of the crate with `unsafe` code. Arrow's own checks read every value of a column a second time, after the
//! page has left the cache; they took two thirds of the time of decoding. What makes their absence sound is kept by
//! this module alone, whatever its callers pass:
//!
//! 1. A view is made by [`Page::view`] only. It either holds its value, or it says where in the page the value lies,
//!    and that place was checked to be inside of the page.
//! 2. [`Views`] and [`Texts`] are of the page they were made with, and its buffer is the one that Arrow gets. The bytes
//!    of a page never change.
//! 3. The bytes of a view in [`Texts`] were checked to be UTF-8 where they lie, before the view was made.
//! 4. A row without a value has the view of the empty value, which is all zeros.

#![expect(unsafe_code, reason = "checking texts once instead of twice; the invariants stand above")]

use std::sync::Arc;

use arrow_array::{ArrayRef, BinaryViewArray, StringViewArray};
use arrow_buffer::{Buffer, NullBuffer, ScalarBuffer};
use bytes::Bytes;

use super::values::Values;
use crate::columns::DecodeErrorKind;
use crate::columns::error::Fault;

/// Up to so many bytes a view holds the value itself.
const MAX_INLINE: usize = 12;

/// The bits of a view that hold a value of so many bytes, before they are moved behind the length.
const INLINE_MASKS: [u128; MAX_INLINE + 1] = {
    let mut masks = [0; MAX_INLINE + 1];
    let mut length = 1;
    while length <= MAX_INLINE {
        masks[length] = masks[length - 1] << 8 | 0xff;
        length += 1;
    }
    masks
};

/// The bytes that all values of a batch lie in.
pub(in crate::columns) struct Page<'a> {
    bytes: &'a [u8],
    /// The same memory, to be held by the columns with views into it.
    buffer: Buffer,
}

impl<'a> Page<'a> {
    /// # Errors
    ///
    /// When there are more bytes than Arrow's 32-bit offsets count.
    pub(in crate::columns) fn new(bytes: &'a Bytes) -> Result<Self, Fault> {
        if i32::try_from(bytes.len()).is_err() {
            let (most, found) = (i32::MAX, bytes.len());
            let problem = format!("a batch is made from at most {most} bytes, this would take {found}");
            return Err(Fault::new(DecodeErrorKind::TooLarge, problem));
        }
        Ok(Self { bytes, buffer: Buffer::from(bytes.clone()) })
    }

    /// The bytes from `start` on, `length` of them.
    pub(super) fn part(&self, start: usize, length: usize) -> &'a [u8] {
        self.bytes.get(start..start.saturating_add(length)).unwrap_or_default()
    }

    /// Where a part of the page starts. What is not a part of it has no place in it.
    #[inline(always)]
    pub(super) fn offset_of(&self, part: &[u8]) -> Option<usize> {
        let offset = part.as_ptr().addr().wrapping_sub(self.bytes.as_ptr().addr());
        // A part that begins in the page and is not longer than what follows lies in the page: its addresses are.
        let room = self.bytes.len().checked_sub(offset)?;
        (part.len() <= room).then_some(offset)
    }

    /// The view of a part of the page.
    #[inline(always)]
    fn view(&self, part: &[u8]) -> Option<u128> {
        let offset = self.offset_of(part)?;
        // Neither is more than i32::MAX, which is the most that a page has.
        let length = part.len() as u128;
        if let Some(mask) = INLINE_MASKS.get(part.len()) {
            let value = match self.bytes.get(offset..).and_then(<[u8]>::first_chunk::<16>) {
                Some(chunk) => u128::from_le_bytes(*chunk) & mask,
                None => part.iter().rev().fold(0, |value, byte| value << 8 | u128::from(*byte)),
            };
            return Some(value << 32 | length);
        }
        let prefix = u32::from_le_bytes(*part.first_chunk::<4>()?);
        Some((offset as u128) << 96 | u128::from(prefix) << 32 | length)
    }
}

/// Views of bytes, one for each row. A column of short values does not hold the page.
pub(super) struct Views<'p> {
    views: Values<u128>,
    page: &'p Page<'p>,
    points_into_page: bool,
}

impl<'p> Views<'p> {
    pub(super) fn new(rows: usize, page: &'p Page<'p>) -> Self {
        Self { views: Values::new(rows), page, points_into_page: false }
    }

    /// The page that the values lie in.
    pub(super) fn page(&self) -> &'p Page<'p> {
        self.page
    }

    /// Sets a row to a part of the page.
    #[inline]
    pub(super) fn set(&mut self, row: usize, value: &[u8]) -> Result<(), Fault> {
        let view = self.page.view(value).ok_or_else(foreign_value)?;
        self.points_into_page |= value.len() > MAX_INLINE;
        self.views.set(row, view);
        Ok(())
    }

    /// As [`set`](Self::set) for the row that follows the last one, if that is it and there is room.
    #[inline(always)]
    pub(super) fn push(&mut self, row: usize, value: &[u8]) -> Option<()> {
        let view = self.page.view(value)?;
        self.points_into_page |= value.len() > MAX_INLINE;
        self.views.push(row, view)
    }

    /// Sets a row that is not set to the empty value.
    pub(super) fn set_default(&mut self, row: usize) {
        self.views.set_default(row, 0);
    }

    /// Whether a row was set and not truncated since.
    pub(super) fn has(&self, row: usize) -> bool {
        self.views.has(row)
    }

    pub(super) fn truncate(&mut self, rows: usize) {
        self.views.truncate(rows);
    }

    /// The views themselves, and the buffer that is the page, which they count as the first.
    pub(super) fn into_parts(self, rows: usize) -> (Vec<u128>, Buffer, Option<NullBuffer>) {
        let (views, nulls) = self.views.finish(rows);
        (views, self.page.buffer.clone(), nulls)
    }

    pub(super) fn into_array(self, rows: usize) -> ArrayRef {
        let (views, buffers, nulls) = self.finish_parts(rows);
        // SAFETY: 1, 2 and 4 of the module: each view is the empty one or lies in the one buffer.
        Arc::new(unsafe { BinaryViewArray::new_unchecked(views, buffers, nulls) })
    }

    fn finish_parts(self, rows: usize) -> (ScalarBuffer<u128>, Arc<[Buffer]>, Option<NullBuffer>) {
        let buffers = if self.points_into_page { Arc::from([self.page.buffer.clone()]) } else { Arc::from([]) };
        let (views, nulls) = self.views.finish(rows);
        (ScalarBuffer::from(views), buffers, nulls)
    }
}

/// Views of texts, one for each row.
pub(super) struct Texts<'p>(Views<'p>);

impl<'p> Texts<'p> {
    pub(super) fn new(rows: usize, page: &'p Page<'p>) -> Self {
        Self(Views::new(rows, page))
    }

    /// Sets a row to a part of the page that is UTF-8.
    #[inline]
    pub(super) fn set(&mut self, row: usize, text: &[u8]) -> Result<(), Fault> {
        check_utf8(text)?;
        self.0.set(row, text)
    }

    /// As [`set`](Self::set) for ASCII and the row that follows the last one, if that is it and there is room.
    #[inline(always)]
    pub(super) fn push(&mut self, row: usize, text: &[u8]) -> Option<()> {
        if is_ascii(text) { self.0.push(row, text) } else { None }
    }

    /// Sets a row that is not set to the empty text.
    pub(super) fn set_default(&mut self, row: usize) {
        self.0.set_default(row);
    }

    pub(super) fn truncate(&mut self, rows: usize) {
        self.0.truncate(rows);
    }

    pub(super) fn into_array(self, rows: usize) -> ArrayRef {
        let (views, buffers, nulls) = self.0.finish_parts(rows);
        // SAFETY: as in `Views::into_array`, and 3 of the module: all values are UTF-8.
        Arc::new(unsafe { StringViewArray::new_unchecked(views, buffers, nulls) })
    }
}

#[inline(always)]
fn check_utf8(text: &[u8]) -> Result<(), Fault> {
    if is_ascii(text) { Ok(()) } else { check_beyond_ascii(text) }
}

/// Whether a text is ASCII, as nearly all texts are. Like the standard library's, without a start that suits longer
/// texts than those of datapoints.
#[inline(always)]
fn is_ascii(text: &[u8]) -> bool {
    let Some(last) = text.last_chunk::<16>() else { return text.is_ascii() };
    let mut seen = u128::from_ne_bytes(*last);
    for chunk in text.as_chunks::<16>().0 {
        seen |= u128::from_ne_bytes(*chunk);
    }
    seen & u128::from_ne_bytes([0x80; 16]) == 0
}

#[inline(never)]
fn check_beyond_ascii(text: &[u8]) -> Result<(), Fault> {
    match std::str::from_utf8(text) {
        Ok(_) => Ok(()),
        Err(error) => {
            let (at, length) = (error.valid_up_to(), text.len());
            let problem = format!("the text of {length} bytes is not UTF-8 at byte {at}");
            Err(Fault::new(DecodeErrorKind::InvalidUtf8, problem))
        }
    }
}

/// Not reached by decoding, which takes every value from the page.
#[cold]
fn foreign_value() -> Fault {
    Fault::new(DecodeErrorKind::Malformed, "the value is not a part of the page")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_view_holds_or_finds_parts_of_the_page_and_nothing_else() {
        let bytes = Bytes::from_static(b"a page of more than sixteen bytes");
        let page = Page::new(&bytes).unwrap();
        for start in 0..bytes.len() {
            for end in start..=bytes.len() {
                let part = &bytes[start..end];
                let mut views = Views::new(1, &page);
                views.set(0, part).unwrap();
                let array = views.into_array(1);
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
