//! Numbers and booleans.

use std::marker::PhantomData;
use std::sync::Arc;

use arrow_array::types::{ArrowPrimitiveType, Float32Type, Float64Type, Int32Type, Int64Type, UInt32Type, UInt64Type};
use arrow_array::{ArrayRef, BooleanArray, PrimitiveArray};
use arrow_buffer::{BooleanBuffer, ScalarBuffer};

use super::block::{Block, Unusual};
use super::values::Values;
use super::views::window::{Cursor, Window};
use super::{Absent, ColumnWriter};
use crate::columns::error::FieldError;
use crate::columns::plan::ExpectedTag;
use crate::columns::wire::{self, Tag, WireError};

/// A scalar type of protobuf, and how its values are read.
pub(super) trait Scalar {
    type Value: Copy + Default;
    /// The fixed size of a value in bytes, if it has one.
    const WIDTH: Option<usize>;

    fn read(input: &mut &[u8]) -> Result<Self::Value, WireError>;

    /// Returns the value of these bits: the low bits of a varint or of a fixed-size value.
    fn of_bits(bits: u64) -> Self::Value;

    /// Reads the next value of a message of a block, and its end.
    #[inline(always)]
    fn read_in_block(page: Window<'_>, message: Cursor) -> Option<(Option<Self::Value>, usize)> {
        let bits = u64::from_le_bytes(page.load(message.at)?);
        if let Some(width) = Self::WIDTH {
            return Some((Some(Self::of_bits(bits)), message.at + width));
        }
        if bits & 0x80 == 0 {
            return Some((Some(Self::of_bits(bits & 0x7f)), message.at + 1));
        }
        let (bits, end) = match wire::varint_of(bits) {
            Some((bits, width)) => (bits, message.at + width),
            None => read_longest(page, message)?,
        };
        Some((Some(Self::of_bits(bits)), end))
    }
}

/// Reads a number of more than eight bytes, such as a negative one.
#[inline(never)]
fn read_longest(page: Window<'_>, message: Cursor) -> Option<(u64, usize)> {
    let mut rest = page.part(message)?;
    let bits = wire::read_varint(&mut rest).ok()?;
    Some((bits, message.end - rest.len()))
}

/// A scalar type that is an Arrow primitive.
pub(super) trait Number: Scalar<Value = <Self::Arrow as ArrowPrimitiveType>::Native> {
    type Arrow: ArrowPrimitiveType;
}

macro_rules! numbers {
    ($($name:ident: $arrow:ident, $width:expr, $read:path, $bits:ident => $value:expr;)*) => {$(
        pub(super) struct $name;

        impl Scalar for $name {
            type Value = <$arrow as ArrowPrimitiveType>::Native;
            const WIDTH: Option<usize> = $width;

            #[inline]
            fn read(input: &mut &[u8]) -> Result<Self::Value, WireError> {
                Ok(Self::of_bits($read(input)?))
            }

            #[inline(always)]
            fn of_bits($bits: u64) -> Self::Value {
                $value
            }
        }

        impl Number for $name {
            type Arrow = $arrow;
        }
    )*};
}

// A 32-bit field keeps the low bits of a longer varint.
numbers! {
    Double: Float64Type, Some(8), read_64, bits => f64::from_bits(bits);
    Float: Float32Type, Some(4), read_32, bits => f32::from_bits(bits as u32);
    Int32: Int32Type, None, wire::read_varint, bits => bits as i32;
    Int64: Int64Type, None, wire::read_varint, bits => bits as i64;
    Uint32: UInt32Type, None, wire::read_varint, bits => bits as u32;
    Uint64: UInt64Type, None, wire::read_varint, bits => bits;
    Sint32: Int32Type, None, wire::read_varint, bits => wire::zigzag_32(bits);
    Sint64: Int64Type, None, wire::read_varint, bits => wire::zigzag_64(bits);
    Fixed32: UInt32Type, Some(4), read_32, bits => bits as u32;
    Fixed64: UInt64Type, Some(8), read_64, bits => bits;
    Sfixed32: Int32Type, Some(4), read_32, bits => bits as i32;
    Sfixed64: Int64Type, Some(8), read_64, bits => bits as i64;
}

#[inline]
fn read_32(input: &mut &[u8]) -> Result<u64, WireError> {
    wire::read_fixed(input).map(|bytes| u64::from(u32::from_le_bytes(bytes)))
}

#[inline]
fn read_64(input: &mut &[u8]) -> Result<u64, WireError> {
    wire::read_fixed(input).map(u64::from_le_bytes)
}

pub(super) struct Bool;

impl Scalar for Bool {
    type Value = bool;
    const WIDTH: Option<usize> = None;

    #[inline]
    fn read(input: &mut &[u8]) -> Result<bool, WireError> {
        Ok(Self::of_bits(wire::read_varint(input)?))
    }

    #[inline(always)]
    fn of_bits(bits: u64) -> bool {
        bits != 0
    }
}

/// Appends the elements of a packed field. Returns the new number of rows.
pub(super) fn write_packed<S: Scalar>(
    values: &mut Values<S::Value>,
    mut row: usize,
    mut chunk: &[u8],
) -> Result<usize, FieldError> {
    if S::WIDTH.is_some_and(|width| !chunk.len().is_multiple_of(width)) {
        return Err(WireError::UnevenPackedLength.into());
    }
    while !chunk.is_empty() {
        values.set(row, S::read(&mut chunk)?);
        row += 1;
    }
    Ok(row)
}

/// Writes a column of numbers.
pub(super) struct NumberWriter<N: Number> {
    values: Values<N::Value>,
    number: PhantomData<N>,
}

impl<N: Number> NumberWriter<N> {
    pub(super) fn new(rows: usize) -> Self {
        Self { values: Values::new(rows), number: PhantomData }
    }

    pub(super) fn write_packed(&mut self, row: usize, chunk: &[u8]) -> Result<usize, FieldError> {
        write_packed::<N>(&mut self.values, row, chunk)
    }
}

impl<N: Number> ColumnWriter for NumberWriter<N> {
    #[inline]
    fn write(&mut self, row: usize, _: Tag, input: &mut &[u8]) -> Result<(), FieldError> {
        self.values.set(row, N::read(input)?);
        Ok(())
    }

    fn write_block(&mut self, tag: ExpectedTag, block: &mut Block<'_>) -> Result<u64, Unusual> {
        Ok(self.values.write_block(tag, block, N::read_in_block))
    }

    fn write_default(&mut self, row: usize) {
        self.values.set_default(row, N::Value::default());
    }

    fn truncate(&mut self, rows: usize) {
        self.values.truncate(rows);
    }

    fn finish(self, rows: usize, absent: Absent<'_>) -> Result<ArrayRef, FieldError> {
        let (values, nulls) = self.values.finish(rows, absent);
        Ok(Arc::new(PrimitiveArray::<N::Arrow>::try_new(ScalarBuffer::from(values), nulls)?))
    }
}

/// Writes a column of booleans.
pub(super) struct BoolWriter(Values<bool>);

impl BoolWriter {
    pub(super) fn new(rows: usize) -> Self {
        Self(Values::new(rows))
    }

    pub(super) fn write_packed(&mut self, row: usize, chunk: &[u8]) -> Result<usize, FieldError> {
        write_packed::<Bool>(&mut self.0, row, chunk)
    }
}

impl ColumnWriter for BoolWriter {
    #[inline]
    fn write(&mut self, row: usize, _: Tag, input: &mut &[u8]) -> Result<(), FieldError> {
        self.0.set(row, Bool::read(input)?);
        Ok(())
    }

    fn write_block(&mut self, tag: ExpectedTag, block: &mut Block<'_>) -> Result<u64, Unusual> {
        Ok(self.0.write_block(tag, block, Bool::read_in_block))
    }

    fn write_default(&mut self, row: usize) {
        self.0.set_default(row, false);
    }

    fn truncate(&mut self, rows: usize) {
        self.0.truncate(rows);
    }

    fn finish(self, rows: usize, absent: Absent<'_>) -> Result<ArrayRef, FieldError> {
        let (values, nulls) = self.0.finish(rows, absent);
        Ok(Arc::new(BooleanArray::new(BooleanBuffer::from(values), nulls)))
    }
}
