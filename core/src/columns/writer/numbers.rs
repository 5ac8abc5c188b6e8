//! Numbers and booleans.

use std::marker::PhantomData;
use std::sync::Arc;

use arrow_array::types::{ArrowPrimitiveType, Float32Type, Float64Type, Int32Type, Int64Type, UInt32Type, UInt64Type};
use arrow_array::{ArrayRef, BooleanArray, PrimitiveArray};
use arrow_buffer::{BooleanBuffer, ScalarBuffer};

use super::ColumnWriter;
use super::values::Values;
use crate::columns::error::Fault;
use crate::columns::wire::{self, Tag, WireError};

/// A scalar type of protobuf: how a value is read.
pub(super) trait Scalar {
    type Value: Copy + Default;
    /// The bytes of one value where that is fixed.
    const WIDTH: Option<usize>;

    fn read(input: &mut &[u8]) -> Result<Self::Value, WireError>;
}

/// A scalar type that is an Arrow primitive.
pub(super) trait Number: Scalar<Value = <Self::Arrow as ArrowPrimitiveType>::Native> {
    type Arrow: ArrowPrimitiveType;
}

macro_rules! numbers {
    ($($name:ident: $arrow:ident, $width:expr, $input:ident => $read:expr;)*) => {$(
        pub(super) struct $name;

        impl Scalar for $name {
            type Value = <$arrow as ArrowPrimitiveType>::Native;
            const WIDTH: Option<usize> = $width;

            #[inline]
            fn read($input: &mut &[u8]) -> Result<Self::Value, WireError> {
                Ok($read)
            }
        }

        impl Number for $name {
            type Arrow = $arrow;
        }
    )*};
}

// A 32-bit field keeps the low bits of a longer varint.
numbers! {
    Double: Float64Type, Some(8), input => f64::from_le_bytes(wire::read_fixed(input)?);
    Float: Float32Type, Some(4), input => f32::from_le_bytes(wire::read_fixed(input)?);
    Int32: Int32Type, None, input => wire::read_varint(input)? as i32;
    Int64: Int64Type, None, input => wire::read_varint(input)? as i64;
    Uint32: UInt32Type, None, input => wire::read_varint(input)? as u32;
    Uint64: UInt64Type, None, input => wire::read_varint(input)?;
    Sint32: Int32Type, None, input => wire::zigzag_32(wire::read_varint(input)?);
    Sint64: Int64Type, None, input => wire::zigzag_64(wire::read_varint(input)?);
    Fixed32: UInt32Type, Some(4), input => u32::from_le_bytes(wire::read_fixed(input)?);
    Fixed64: UInt64Type, Some(8), input => u64::from_le_bytes(wire::read_fixed(input)?);
    Sfixed32: Int32Type, Some(4), input => i32::from_le_bytes(wire::read_fixed(input)?);
    Sfixed64: Int64Type, Some(8), input => i64::from_le_bytes(wire::read_fixed(input)?);
}

pub(super) struct Bool;

impl Scalar for Bool {
    type Value = bool;
    const WIDTH: Option<usize> = None;

    #[inline]
    fn read(input: &mut &[u8]) -> Result<bool, WireError> {
        Ok(wire::read_varint(input)? != 0)
    }
}

/// Appends the elements of a packed field and says how many rows there are then.
pub(super) fn write_packed<S: Scalar>(
    values: &mut Values<S::Value>,
    mut row: usize,
    mut chunk: &[u8],
) -> Result<usize, Fault> {
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

    /// Sets the row that follows the last one, if that is it and there is room.
    #[inline(always)]
    pub(super) fn push(&mut self, row: usize, number: N::Value) -> Option<()> {
        self.values.push(row, number)
    }

    pub(super) fn write_packed(&mut self, row: usize, chunk: &[u8]) -> Result<usize, Fault> {
        write_packed::<N>(&mut self.values, row, chunk)
    }
}

impl<N: Number> ColumnWriter for NumberWriter<N> {
    #[inline]
    fn write(&mut self, row: usize, _: Tag, input: &mut &[u8]) -> Result<(), Fault> {
        self.values.set(row, N::read(input)?);
        Ok(())
    }

    fn write_default(&mut self, row: usize) {
        self.values.set_default(row, N::Value::default());
    }

    fn truncate(&mut self, rows: usize) {
        self.values.truncate(rows);
    }

    fn finish(self, rows: usize) -> Result<ArrayRef, Fault> {
        let (values, nulls) = self.values.finish(rows);
        Ok(Arc::new(PrimitiveArray::<N::Arrow>::try_new(ScalarBuffer::from(values), nulls)?))
    }
}

/// Writes a column of booleans.
pub(super) struct BoolWriter(Values<bool>);

impl BoolWriter {
    pub(super) fn new(rows: usize) -> Self {
        Self(Values::new(rows))
    }

    pub(super) fn write_packed(&mut self, row: usize, chunk: &[u8]) -> Result<usize, Fault> {
        write_packed::<Bool>(&mut self.0, row, chunk)
    }
}

impl ColumnWriter for BoolWriter {
    #[inline]
    fn write(&mut self, row: usize, _: Tag, input: &mut &[u8]) -> Result<(), Fault> {
        self.0.set(row, Bool::read(input)?);
        Ok(())
    }

    fn write_default(&mut self, row: usize) {
        self.0.set_default(row, false);
    }

    fn truncate(&mut self, rows: usize) {
        self.0.truncate(rows);
    }

    fn finish(self, rows: usize) -> Result<ArrayRef, Fault> {
        let (values, nulls) = self.0.finish(rows);
        Ok(Arc::new(BooleanArray::new(BooleanBuffer::from(values), nulls)))
    }
}
