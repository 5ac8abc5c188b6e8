//! Fields as encoders usually write them, read at once.
//!
//! A field is usual where it has its [usual tag](UsualTag), a short length and the form that every encoder gives it, its
//! row follows the one before, and there is nothing wrong with it. For the most frequent columns such a field takes a
//! few loads and comparisons. Everything else, errors included, is left to [`ColumnWriter::write`](super::ColumnWriter).

use super::Column;
use super::enumeration::EnumWriter;
use super::identifier::{GeometryWriter, UuidWriter};
use super::time::{Time, TimeWriter};
use crate::columns::plan::UsualTag;
use crate::columns::wire::{self, WireType};

/// The start of a field that has its usual tag.
#[derive(Clone, Copy)]
pub(super) struct UsualField<'a> {
    /// From the tag on, to the end of the message.
    input: &'a [u8],
    /// The bytes after the tag, as many as there are in eight with the tag.
    start: u64,
    tag: UsualTag,
}

impl<'a> UsualField<'a> {
    /// The field at the start of an input, if it has this tag.
    #[inline(always)]
    pub(super) fn new(tag: UsualTag, input: &'a [u8]) -> Option<Self> {
        let start = u64::from_le_bytes(*input.first_chunk::<8>()?);
        tag.matches(start as u32).then_some(Self { input, start: start >> (8 * tag.length), tag })
    }

    /// The value after a length of one byte or two, and where it ends.
    #[inline(always)]
    fn prefixed(self) -> Option<(&'a [u8], usize)> {
        let (length, width) = short_length(self.start)?;
        let start = self.tag.length + width;
        Some((self.input.get(start..start + length)?, start + length))
    }

    /// The number of a varint of at most as many bytes as were loaded, and where it ends.
    #[inline(always)]
    fn varint(self) -> Option<(u64, usize)> {
        let (number, width) = wire::varint_of(self.start)?;
        let end = self.tag.length + width;
        (end <= 8).then_some((number, end))
    }

    /// `N` bytes from an offset after the tag on.
    #[inline(always)]
    fn chunk<const N: usize>(self, offset: usize) -> Option<&'a [u8; N]> {
        self.input.get(self.tag.length + offset..)?.first_chunk()
    }
}

/// A length at the start of these bytes and the bytes it takes, if those are one or two.
#[inline(always)]
fn short_length(start: u64) -> Option<(usize, usize)> {
    if start & 0x80 == 0 {
        return Some(((start & 0x7f) as usize, 1));
    }
    (start & 0x8000 == 0).then_some(((start & 0x7f | start >> 1 & 0x3f80) as usize, 2))
}

impl Column<'_> {
    /// Writes a field if it is a usual one, and says where it ends.
    #[inline(always)]
    pub(super) fn write_usual(&mut self, row: usize, field: UsualField<'_>) -> Option<usize> {
        match self {
            Self::Text(writer) => {
                let (text, end) = field.prefixed()?;
                writer.push(row, text)?;
                Some(end)
            }
            Self::Double(writer) => {
                writer.push(row, f64::from_le_bytes(*field.chunk(0)?))?;
                Some(field.tag.length + 8)
            }
            Self::Int64(writer) => {
                let (number, end) = field.varint()?;
                writer.push(row, number as i64)?;
                Some(end)
            }
            Self::Uint64(writer) => {
                let (number, end) = field.varint()?;
                writer.push(row, number)?;
                Some(end)
            }
            Self::Enum(writer) => write_enum(writer, row, field),
            Self::Timestamp(writer) => write_time(writer, row, field),
            Self::Uuid(writer) => write_uuid(writer, row, field),
            Self::Geometry(writer) => write_geometry(writer, row, field),
            Self::Unread => match field.tag.tag.wire_type {
                WireType::Len => field.prefixed().map(|(_, end)| end),
                WireType::I64 => Some(field.tag.length + 8),
                WireType::Varint => field.varint().map(|(_, end)| end),
                _ => None,
            },
            _ => None,
        }
    }
}

/// A number of one byte that has a name.
#[inline(always)]
fn write_enum(writer: &mut EnumWriter<'_>, row: usize, field: UsualField<'_>) -> Option<usize> {
    if field.start & 0x80 != 0 {
        return None;
    }
    writer.push(row, (field.start & 0x7f) as usize)?;
    Some(field.tag.length + 1)
}

/// A message of seconds that take five bytes, which are those of the years 1978 to 3058, and then nanoseconds unless
/// they are zero.
#[inline(always)]
fn write_time<T: Time>(writer: &mut TimeWriter<T>, row: usize, field: UsualField<'_>) -> Option<usize> {
    /// The ends of the bytes of a varint of five.
    const FIVE: u64 = 0x80_80_80_80;
    /// The tag of the seconds before the varint, after the length.
    const SECONDS: u64 = 0x08_00;
    const WITHOUT_NANOS: usize = 6;
    let length = (field.start & 0xff) as usize;
    let seconds = u64::from_le_bytes(*field.chunk(2)?);
    if field.start & 0xff00 != SECONDS || seconds & 0x80_80_80_80_80 != FIVE {
        return None;
    }
    let nanos = if length == WITHOUT_NANOS {
        0
    } else {
        // The tag of the nanoseconds.
        if seconds >> 40 & 0xff != 0x10 {
            return None;
        }
        let (nanos, width) = wire::varint_of(u64::from_le_bytes(*field.chunk(8)?))?;
        if length != WITHOUT_NANOS + 1 + width {
            return None;
        }
        nanos as i32
    };
    writer.push(row, wire::join_five(seconds) as i64, nanos)?;
    Some(field.tag.length + 1 + length)
}

/// A message of 18 bytes, which are field 1 of 16 bytes.
#[inline(always)]
fn write_uuid(writer: &mut UuidWriter, row: usize, field: UsualField<'_>) -> Option<usize> {
    if field.start & 0xff_ffff != 0x10_0a_12 {
        return None;
    }
    writer.push(row, *field.chunk(3)?)?;
    Some(field.tag.length + 3 + 16)
}

/// A message of field 1 and nothing else.
#[inline(always)]
fn write_geometry(writer: &mut GeometryWriter<'_>, row: usize, field: UsualField<'_>) -> Option<usize> {
    let (body, end) = field.prefixed()?;
    let start = u32::from_le_bytes(*body.first_chunk()?);
    if start & 0xff != 0x0a {
        return None;
    }
    let (length, width) = short_length(u64::from(start >> 8))?;
    let wkb = body.get(1 + width..)?;
    if wkb.len() != length || length == 0 {
        return None;
    }
    writer.push(row, wkb)?;
    Some(end)
}
