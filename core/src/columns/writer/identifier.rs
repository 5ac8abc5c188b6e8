//! Identifiers and geometries: messages around one bytes field, number 1.
//!
//! Without bytes they are null, whether the message or its field is absent.

use std::sync::Arc;

use arrow_array::{ArrayRef, FixedSizeBinaryArray};
use arrow_buffer::Buffer;

use super::block::{Block, Unusual};
use super::out_of_range::OutOfRange;
use super::values::Values;
use super::views::window::{Cursor, Window};
use super::views::{Page, Views};
use super::{Absent, ColumnWriter, Report, read_message};
use crate::columns::error::FieldError;
use crate::columns::plan::ExpectedTag;
use crate::columns::wire::{self, Tag, WireType};
use crate::schema::well_known::{UUID_LENGTH, number};

/// Returns the last value of the bytes field, if it occurs.
#[inline]
fn read_wrapped(mut body: &[u8]) -> Result<Option<&[u8]>, FieldError> {
    let mut value = None;
    while !body.is_empty() {
        match wire::read_tag(&mut body)? {
            Tag { number: number::BYTES, wire_type: WireType::Len } => value = Some(wire::read_len(&mut body)?),
            tag => wire::skip(tag, &mut body)?,
        }
    }
    Ok(value)
}

/// Returns the value of a message with the bytes field alone.
#[inline(always)]
fn read_usual(page: Window<'_>, body: Cursor) -> Option<Cursor> {
    let [tag] = page.load(body.at)?;
    let value = Cursor { at: body.at + 1, ..body }.prefixed_either(page)?;
    if tag == 0x0a && value.end == body.end { Some(value) } else { None }
}

/// Writes a column of identifiers.
pub(super) struct UuidWriter {
    /// The 16 bytes in memory order, as native integers: Arrow adopts vectors of those without a copy.
    values: Values<i128>,
    /// Identifiers that have neither 16 bytes nor none.
    out_of_range: OutOfRange,
}

impl UuidWriter {
    pub(super) fn new(rows: usize) -> Self {
        Self { values: Values::new(rows), out_of_range: OutOfRange::default() }
    }
}

impl ColumnWriter for UuidWriter {
    fn write(&mut self, row: usize, tag: Tag, input: &mut &[u8]) -> Result<(), FieldError> {
        let Some(bytes) = read_wrapped(read_message(tag, input)?)? else { return Ok(()) };
        self.out_of_range.truncate(row);
        match <[u8; UUID_LENGTH]>::try_from(bytes) {
            Ok(bytes) => self.values.set(row, i128::from_ne_bytes(bytes)),
            Err(_) => {
                self.values.truncate(row);
                if !bytes.is_empty() {
                    self.out_of_range.mark(row, || format!("an identifier of {} bytes", bytes.len()));
                }
            }
        }
        Ok(())
    }

    fn write_block(&mut self, tag: ExpectedTag, block: &mut Block<'_>) -> Result<u64, Unusual> {
        /// The length of the message, the tag of its field and the length of that.
        const START: [u8; 3] = [18, 0x0a, 16];
        Ok(self.values.write_block(tag, block, |page, message| {
            if page.load(message.at)? == START {
                let value = i128::from_ne_bytes(page.load(message.at + START.len())?);
                return Some((Some(value), message.at + START.len() + 16));
            }
            let body = message.prefixed(page)?;
            let value = read_wrapped(page.part(body)?).ok()?.unwrap_or_default();
            let value = if value.is_empty() { None } else { Some(i128::from_ne_bytes(value.try_into().ok()?)) };
            Some((value, body.end))
        }))
    }

    /// Does nothing: an identifier without bytes is null.
    fn write_default(&mut self, _: usize) {}

    fn truncate(&mut self, rows: usize) {
        self.values.truncate(rows);
        self.out_of_range.truncate(rows);
    }

    fn report(&self, report: &mut Report) {
        report.add(&self.out_of_range);
    }

    fn finish(self, rows: usize, absent: Absent<'_>) -> Result<ArrayRef, FieldError> {
        let (values, nulls) = self.values.finish(rows, absent);
        Ok(Arc::new(FixedSizeBinaryArray::try_new(UUID_LENGTH as i32, Buffer::from_vec(values), nulls)?))
    }
}

/// Writes a column of geometries.
pub(super) struct GeometryWriter<'p>(Views<'p>);

impl<'p> GeometryWriter<'p> {
    pub(super) fn new(rows: usize, page: &'p Page<'p>) -> Self {
        Self(Views::new(rows, page))
    }
}

impl ColumnWriter for GeometryWriter<'_> {
    fn write(&mut self, row: usize, tag: Tag, input: &mut &[u8]) -> Result<(), FieldError> {
        match read_wrapped(read_message(tag, input)?)? {
            None => {}
            Some([]) => self.0.truncate(row),
            Some(wkb) => self.0.set(row, wkb)?,
        }
        Ok(())
    }

    fn write_block(&mut self, tag: ExpectedTag, block: &mut Block<'_>) -> Result<u64, Unusual> {
        Ok(self.0.write_places(tag, block, |page, message| {
            let body = message.prefixed_either(page)?;
            let value = match read_usual(page, body) {
                Some(value) => value,
                None => page.place_of(read_wrapped(page.part(body)?).ok()?.unwrap_or_default())?,
            };
            Some((Some(value).filter(|value| value.at < value.end), body.end))
        }))
    }

    /// Does nothing: a geometry without bytes is null.
    fn write_default(&mut self, _: usize) {}

    fn truncate(&mut self, rows: usize) {
        self.0.truncate(rows);
    }

    fn finish(self, rows: usize, absent: Absent<'_>) -> Result<ArrayRef, FieldError> {
        Ok(self.0.into_array(rows, absent))
    }
}
