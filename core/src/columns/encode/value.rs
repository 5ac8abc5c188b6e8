//! The values of a column, one at a time.

use std::borrow::Cow;
use std::cmp::Ordering;

use arrow_array::{
    Array, BinaryViewArray, BooleanArray, Float32Array, Float64Array, Int64Array, StringViewArray, UInt64Array,
};
use arrow_buffer::NullBuffer;

use super::output;
use super::scalar::{Integer, Scalar};

/// A column of scalars.
#[derive(Debug)]
pub(super) enum ScalarArray {
    Double(Float64Array),
    Float(Float32Array),
    Bool(BooleanArray),
    Text(StringViewArray),
    Bytes(BinaryViewArray),
    /// Integers that are in the range of their type.
    Signed(Integer, Int64Array),
    Unsigned(Integer, UInt64Array),
}

impl ScalarArray {
    pub(super) fn nulls(&self) -> Option<&NullBuffer> {
        match self {
            Self::Double(array) => array.nulls(),
            Self::Float(array) => array.nulls(),
            Self::Bool(array) => array.nulls(),
            Self::Text(array) => array.nulls(),
            Self::Bytes(array) => array.nulls(),
            Self::Signed(_, array) => array.nulls(),
            Self::Unsigned(_, array) => array.nulls(),
        }
    }

    /// Returns the value of a row that is not null.
    pub(super) fn get(&self, row: usize) -> Scalar<'_> {
        let in_range = |scalar: Option<Scalar<'static>>| scalar.unwrap_or(Scalar::Varint(0));
        match self {
            Self::Double(array) => Scalar::double(array.value(row)),
            Self::Float(array) => Scalar::float(array.value(row)),
            Self::Bool(array) => Scalar::bool(array.value(row)),
            Self::Text(array) => Scalar::Len(Cow::Borrowed(array.value(row).as_bytes())),
            Self::Bytes(array) => Scalar::Len(Cow::Borrowed(array.value(row))),
            Self::Signed(integer, array) => in_range(integer.encode(array.value(row).into())),
            Self::Unsigned(integer, array) => in_range(integer.encode(array.value(row).into())),
        }
    }

    /// Returns whether elements of this type are packed.
    pub(super) fn is_packed(&self) -> bool {
        !matches!(self, Self::Text(_) | Self::Bytes(_))
    }

    /// Compares the keys of two entries of a map.
    pub(super) fn compare(&self, left: usize, right: usize) -> Ordering {
        match self {
            Self::Text(array) => array.value(left).cmp(array.value(right)),
            Self::Bool(array) => array.value(left).cmp(&array.value(right)),
            Self::Signed(_, array) => array.value(left).cmp(&array.value(right)),
            Self::Unsigned(_, array) => array.value(left).cmp(&array.value(right)),
            // Nothing else is a key.
            Self::Double(_) | Self::Float(_) | Self::Bytes(_) => Ordering::Equal,
        }
    }
}

/// A column of messages that are not structs.
#[derive(Debug)]
pub(super) enum MessageArray {
    /// Nanoseconds since 1970.
    Timestamp(Int64Array),
    /// Nanoseconds.
    Duration(Int64Array),
    /// The bytes of identifiers or geometries.
    Wrapped(BinaryViewArray),
    /// Encoded messages.
    Encoded(BinaryViewArray),
}

impl MessageArray {
    pub(super) fn nulls(&self) -> Option<&NullBuffer> {
        match self {
            Self::Timestamp(array) | Self::Duration(array) => array.nulls(),
            Self::Wrapped(array) | Self::Encoded(array) => array.nulls(),
        }
    }

    /// Appends the content of the message in a row that is not null.
    pub(super) fn write(&self, row: usize, out: &mut Vec<u8>) {
        match self {
            Self::Timestamp(array) => output::timestamp(array.value(row), out),
            Self::Duration(array) => output::duration(array.value(row), out),
            Self::Wrapped(array) => output::wrapped(array.value(row), out),
            Self::Encoded(array) => out.extend_from_slice(array.value(row)),
        }
    }
}
