//! Timestamps and durations: seconds and nanoseconds as 64-bit nanoseconds.

use std::marker::PhantomData;
use std::sync::Arc;

use arrow_array::types::{ArrowPrimitiveType, DurationNanosecondType, TimestampNanosecondType};
use arrow_array::{ArrayRef, PrimitiveArray};
use arrow_buffer::ScalarBuffer;

use super::values::Values;
use super::{ColumnWriter, read_message};
use crate::columns::error::Fault;
use crate::columns::wire::{self, Tag, WireType};
use crate::columns::{DecodeErrorKind, arrow_type};

const NANOS_PER_SECOND: i128 = 1_000_000_000;

/// Fewer seconds than these fit into 64-bit nanoseconds, whatever number of nanoseconds is with them.
const SURELY_IN_RANGE: u64 = 9_000_000_000;

/// `google.protobuf.Timestamp` or `google.protobuf.Duration`, which have the same fields.
pub(super) trait Time {
    type Arrow: ArrowPrimitiveType<Native = i64>;
    const NAME: &'static str;

    fn data_type() -> arrow_schema::DataType;
}

pub(super) struct Timestamp;

impl Time for Timestamp {
    type Arrow = TimestampNanosecondType;
    const NAME: &'static str = "time";

    fn data_type() -> arrow_schema::DataType {
        arrow_type::timestamp()
    }
}

pub(super) struct Duration;

impl Time for Duration {
    type Arrow = DurationNanosecondType;
    const NAME: &'static str = "duration";

    fn data_type() -> arrow_schema::DataType {
        arrow_type::duration()
    }
}

/// Writes a column of times or durations.
pub(super) struct TimeWriter<T> {
    values: Values<i64>,
    /// The fields of the last row that was set, because one that occurs again may set only one of them.
    last: Parts,
    time: PhantomData<T>,
}

#[derive(Clone, Copy, Default)]
struct Parts {
    seconds: i64,
    nanos: i32,
}

impl Parts {
    fn merge(&mut self, mut body: &[u8]) -> Result<(), Fault> {
        while !body.is_empty() {
            match wire::read_tag(&mut body)? {
                Tag { number: 1, wire_type: WireType::Varint } => self.seconds = wire::read_varint(&mut body)? as i64,
                Tag { number: 2, wire_type: WireType::Varint } => self.nanos = wire::read_varint(&mut body)? as i32,
                tag => wire::skip(tag, &mut body)?,
            }
        }
        Ok(())
    }

    fn nanoseconds(self) -> Option<i64> {
        // In 128 bits, because the product alone can be out of range where the sum is not.
        i64::try_from(i128::from(self.seconds) * NANOS_PER_SECOND + i128::from(self.nanos)).ok()
    }
}

impl<T: Time> TimeWriter<T> {
    pub(super) fn new(rows: usize) -> Self {
        Self { values: Values::new(rows), last: Parts::default(), time: PhantomData }
    }

    /// Sets the row that follows the last one, if that is it, there is room and the time is in range.
    #[inline(always)]
    pub(super) fn push(&mut self, row: usize, seconds: i64, nanos: i32) -> Option<()> {
        if seconds.unsigned_abs() >= SURELY_IN_RANGE {
            return None;
        }
        self.values.push(row, seconds * 1_000_000_000 + i64::from(nanos))?;
        self.last = Parts { seconds, nanos };
        Some(())
    }
}

impl<T: Time> ColumnWriter for TimeWriter<T> {
    fn write(&mut self, row: usize, tag: Tag, input: &mut &[u8]) -> Result<(), Fault> {
        let body = read_message(tag, input)?;
        let mut parts = if self.values.has(row) { self.last } else { Parts::default() };
        parts.merge(body)?;
        let Some(nanoseconds) = parts.nanoseconds() else {
            let (name, Parts { seconds, nanos }) = (T::NAME, parts);
            let problem = format!("the {name} {seconds} s + {nanos} ns does not fit into 64-bit nanoseconds");
            return Err(Fault::new(DecodeErrorKind::OutOfRange, problem));
        };
        self.last = parts;
        self.values.set(row, nanoseconds);
        Ok(())
    }

    fn write_default(&mut self, row: usize) {
        self.values.set_default(row, 0);
    }

    fn truncate(&mut self, rows: usize) {
        self.values.truncate(rows);
    }

    fn finish(self, rows: usize) -> Result<ArrayRef, Fault> {
        let (values, nulls) = self.values.finish(rows);
        let array = PrimitiveArray::<T::Arrow>::try_new(ScalarBuffer::from(values), nulls)?;
        Ok(Arc::new(array.with_data_type(T::data_type())))
    }
}
