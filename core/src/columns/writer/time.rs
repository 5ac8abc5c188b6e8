//! Timestamps and durations: seconds and nanoseconds as 64-bit nanoseconds.

use std::marker::PhantomData;
use std::sync::Arc;

use arrow_array::types::{ArrowPrimitiveType, DurationNanosecondType, TimestampNanosecondType};
use arrow_array::{ArrayRef, PrimitiveArray};
use arrow_buffer::ScalarBuffer;

use super::block::{Block, Unusual};
use super::out_of_range::OutOfRange;
use super::values::Values;
use super::views::window::{Cursor, Window};
use super::{Absent, ColumnWriter, Report, read_message};
use crate::columns::error::FieldError;
use crate::columns::plan::ExpectedTag;
use crate::columns::wire::{self, Tag, WireType};
use crate::schema::limits;
use crate::schema::well_known::{WellKnown, number};

/// `google.protobuf.Timestamp` or `google.protobuf.Duration`, which have the same fields.
pub(super) trait Time {
    type Arrow: ArrowPrimitiveType<Native = i64>;
    const MESSAGE: WellKnown;
}

pub(super) struct Timestamp;

impl Time for Timestamp {
    type Arrow = TimestampNanosecondType;
    const MESSAGE: WellKnown = WellKnown::Timestamp;
}

pub(super) struct Duration;

impl Time for Duration {
    type Arrow = DurationNanosecondType;
    const MESSAGE: WellKnown = WellKnown::Duration;
}

/// Writes a column of times or durations.
pub(super) struct TimeWriter<T> {
    values: Values<i64>,
    /// The fields of the last row that was set: a message that occurs again may set only one of them.
    last: Parts,
    /// Times that do not fit 64-bit nanoseconds.
    out_of_range: OutOfRange,
    time: PhantomData<T>,
}

#[derive(Clone, Copy, Default)]
struct Parts {
    seconds: i64,
    nanos: i32,
}

impl Parts {
    fn merge(&mut self, mut body: &[u8]) -> Result<(), FieldError> {
        while !body.is_empty() {
            match wire::read_tag(&mut body)? {
                Tag { number: number::SECONDS, wire_type: WireType::Varint } => {
                    self.seconds = wire::read_varint(&mut body)? as i64
                }
                Tag { number: number::NANOS, wire_type: WireType::Varint } => {
                    self.nanos = wire::read_varint(&mut body)? as i32
                }
                tag => wire::skip(tag, &mut body)?,
            }
        }
        Ok(())
    }

    fn nanoseconds(self) -> Option<i64> {
        limits::nanoseconds(self.seconds, self.nanos)
    }
}

impl<T: Time> TimeWriter<T> {
    pub(super) fn new(rows: usize) -> Self {
        Self {
            values: Values::new(rows),
            last: Parts::default(),
            out_of_range: OutOfRange::default(),
            time: PhantomData,
        }
    }
}

/// The first and second eight bytes of a message, with its length and tags, whose seconds take five bytes (the years 1978
/// to 2242) and whose nanoseconds take the rest.
#[derive(Clone, Copy)]
struct Shape {
    /// The known bits and their values: the tag of the seconds, the ends of their bytes, the tag of the nanoseconds.
    known: u64,
    start: u64,
    /// The bytes of the nanoseconds, and the ends of those bytes.
    nanos: u64,
    ends: u64,
}

/// The shapes by length, from seconds alone to the most bytes of nanoseconds.
const SHAPES: [Shape; 7] = {
    const ENDS: u64 = 0x80_80_80_80_80;
    // The highest two bits of the seconds are zero, so that their nanoseconds fit 64 bits.
    const KNOWN: u64 = ENDS | 0x60_00_00_00_00;
    let seconds = Shape { known: KNOWN << 16 | 0xff00, start: ENDS >> 8 << 16 | 0x0800, nanos: 0, ends: 0 };
    // A tag without a number matches no message.
    let mut shapes = [Shape { known: 0, start: 1, ..seconds }; 7];
    shapes[0] = seconds;
    let mut width = 1;
    while width <= 5 {
        let (known, start) = (seconds.known | 0xff << 56, seconds.start | 0x10 << 56);
        let nanos = u64::MAX >> (64 - 8 * width);
        shapes[width + 1] = Shape { known, start, nanos, ends: nanos >> 8 & ENDS };
        width += 1;
    }
    shapes
};

/// Reads the time after a tag, and its end, if it has one of the usual [`SHAPES`].
#[inline(always)]
fn read_usual(page: Window<'_>, message: Cursor) -> Option<(i64, usize)> {
    /// The length of a message of seconds alone.
    const SHORTEST: usize = 6;
    const ENDS: u64 = 0x80_80_80_80_80_80_80_80;
    let bytes = u128::from_le_bytes(page.load(message.at)?);
    let (start, nanos) = (bytes as u64, (bytes >> 64) as u64);
    let length = (start & 0xff) as usize;
    let shape = SHAPES.get(length.wrapping_sub(SHORTEST))?;
    let nanos = nanos & shape.nanos;
    if start & shape.known != shape.start || nanos & ENDS != shape.ends {
        return None;
    }
    let (seconds, nanos) = (wire::join_five(start >> 16), wire::join_five(nanos) as i32);
    Some((seconds as i64 * 1_000_000_000 + i64::from(nanos), message.at + 1 + length))
}

/// Reads any time in range, and its end.
#[cold]
fn read_any(page: Window<'_>, message: Cursor) -> Option<(i64, usize)> {
    let body = message.prefixed(page)?;
    let mut parts = Parts::default();
    parts.merge(page.part(body)?).ok()?;
    Some((parts.nanoseconds()?, body.end))
}

impl<T: Time> ColumnWriter for TimeWriter<T> {
    fn write(&mut self, row: usize, tag: Tag, input: &mut &[u8]) -> Result<(), FieldError> {
        let body = read_message(tag, input)?;
        let is_set = self.values.has(row) || self.out_of_range.has(row);
        let mut parts = if is_set { self.last } else { Parts::default() };
        parts.merge(body)?;
        self.last = parts;
        self.out_of_range.truncate(row);
        match parts.nanoseconds() {
            Some(nanoseconds) => self.values.set(row, nanoseconds),
            None => {
                self.values.truncate(row);
                let (name, Parts { seconds, nanos }) = (T::MESSAGE.singular(), parts);
                self.out_of_range.mark(row, || format!("the {name} {seconds} s + {nanos} ns"));
            }
        }
        Ok(())
    }

    fn write_block(&mut self, tag: ExpectedTag, block: &mut Block<'_>) -> Result<u64, Unusual> {
        Ok(self.values.write_block(tag, block, |page, message| {
            let (time, end) = read_usual(page, message).or_else(|| read_any(page, message))?;
            Some((Some(time), end))
        }))
    }

    fn write_default(&mut self, row: usize) {
        if !self.out_of_range.has(row) {
            self.values.set_default(row, 0);
        }
    }

    fn truncate(&mut self, rows: usize) {
        self.values.truncate(rows);
        self.out_of_range.truncate(rows);
    }

    fn report(&self, report: &mut Report) {
        report.add(&self.out_of_range);
    }

    fn finish(self, rows: usize, absent: Absent<'_>) -> Result<ArrayRef, FieldError> {
        let (values, nulls) = self.values.finish(rows, absent);
        let array = PrimitiveArray::<T::Arrow>::try_new(ScalarBuffer::from(values), nulls)?;
        Ok(Arc::new(array.with_data_type(T::MESSAGE.data_type())))
    }
}
