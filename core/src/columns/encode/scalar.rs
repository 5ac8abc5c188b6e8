//! One scalar in the form in which it is written, for columns and serde records alike.

use std::borrow::Cow;
use std::fmt;
use std::ops::RangeInclusive;

use super::output;
use crate::columns::wire::WireType;
use crate::schema::ValueType;

/// A scalar on the wire.
#[derive(Debug)]
pub(crate) enum Scalar<'a> {
    Varint(u64),
    I64(u64),
    I32(u32),
    Len(Cow<'a, [u8]>),
}

impl Scalar<'_> {
    pub(crate) fn double(number: f64) -> Self {
        Self::I64(number.to_bits())
    }

    pub(crate) fn float(number: f32) -> Self {
        Self::I32(number.to_bits())
    }

    pub(crate) fn bool(value: bool) -> Self {
        Self::Varint(value.into())
    }

    fn wire_type(&self) -> WireType {
        match self {
            Self::Varint(_) => WireType::Varint,
            Self::I64(_) => WireType::I64,
            Self::I32(_) => WireType::I32,
            Self::Len(_) => WireType::Len,
        }
    }

    /// Returns whether this is the default of a field without presence. A negative zero is not.
    pub(crate) fn is_default(&self) -> bool {
        match self {
            Self::Varint(bits) | Self::I64(bits) => *bits == 0,
            Self::I32(bits) => *bits == 0,
            Self::Len(bytes) => bytes.is_empty(),
        }
    }

    /// Appends a field with this value.
    pub(crate) fn write_field(&self, number: u32, out: &mut Vec<u8>) {
        output::tag(number, self.wire_type(), out);
        self.write(out);
    }

    /// Appends the value, which follows the tag or another packed value.
    pub(crate) fn write(&self, out: &mut Vec<u8>) {
        match self {
            Self::Varint(bits) => output::varint(*bits, out),
            Self::I64(bits) => out.extend_from_slice(&bits.to_le_bytes()),
            Self::I32(bits) => out.extend_from_slice(&bits.to_le_bytes()),
            Self::Len(bytes) => output::len(bytes, out),
        }
    }
}

/// An integer type of protobuf.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Integer {
    Int32,
    Int64,
    Uint32,
    Uint64,
    Sint32,
    Sint64,
    Fixed32,
    Fixed64,
    Sfixed32,
    Sfixed64,
}

impl Integer {
    /// Returns the integer type of a field's values. Enums are `int32`.
    pub(crate) fn of(value_type: &ValueType) -> Option<Self> {
        Some(match value_type {
            ValueType::Int32 | ValueType::Enum(_) => Self::Int32,
            ValueType::Int64 => Self::Int64,
            ValueType::Uint32 => Self::Uint32,
            ValueType::Uint64 => Self::Uint64,
            ValueType::Sint32 => Self::Sint32,
            ValueType::Sint64 => Self::Sint64,
            ValueType::Fixed32 => Self::Fixed32,
            ValueType::Fixed64 => Self::Fixed64,
            ValueType::Sfixed32 => Self::Sfixed32,
            ValueType::Sfixed64 => Self::Sfixed64,
            ValueType::Double
            | ValueType::Float
            | ValueType::Bool
            | ValueType::String
            | ValueType::Bytes
            | ValueType::Message(_) => return None,
        })
    }

    /// Returns the name that protobuf has for the type.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Int32 => "int32",
            Self::Int64 => "int64",
            Self::Uint32 => "uint32",
            Self::Uint64 => "uint64",
            Self::Sint32 => "sint32",
            Self::Sint64 => "sint64",
            Self::Fixed32 => "fixed32",
            Self::Fixed64 => "fixed64",
            Self::Sfixed32 => "sfixed32",
            Self::Sfixed64 => "sfixed64",
        }
    }

    fn range(self) -> RangeInclusive<i128> {
        match self {
            Self::Int32 | Self::Sint32 | Self::Sfixed32 => i32::MIN.into()..=i32::MAX.into(),
            Self::Int64 | Self::Sint64 | Self::Sfixed64 => i64::MIN.into()..=i64::MAX.into(),
            Self::Uint32 | Self::Fixed32 => 0..=u32::MAX.into(),
            Self::Uint64 | Self::Fixed64 => 0..=u64::MAX.into(),
        }
    }

    /// Encodes a number; `None` if it is out of range.
    pub(crate) fn encode(self, number: i128) -> Option<Scalar<'static>> {
        if !self.range().contains(&number) {
            return None;
        }
        Some(match self {
            // The low bits of a negative number are its two's complement.
            Self::Int32 | Self::Int64 | Self::Uint32 | Self::Uint64 => Scalar::Varint(number as u64),
            Self::Sint32 | Self::Sint64 => Scalar::Varint(((number << 1) ^ (number >> 127)) as u64),
            Self::Fixed32 | Self::Sfixed32 => Scalar::I32(number as u32),
            Self::Fixed64 | Self::Sfixed64 => Scalar::I64(number as u64),
        })
    }

    /// Returns the error of a number that is out of range or has a fraction.
    pub(crate) fn expects(self, got: impl fmt::Display) -> String {
        format!("expects integers ({}), got {got}", self.name())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::columns::wire::{zigzag_32, zigzag_64};

    #[test]
    fn an_integer_is_encoded_within_its_range() {
        for (integer, first, last) in [
            (Integer::Int32, i128::from(i32::MIN), i128::from(i32::MAX)),
            (Integer::Sint64, i64::MIN.into(), i64::MAX.into()),
            (Integer::Fixed32, 0, u32::MAX.into()),
            (Integer::Uint64, 0, u64::MAX.into()),
        ] {
            assert!(integer.encode(first).is_some() && integer.encode(last).is_some(), "{integer:?}");
            assert!(integer.encode(first - 1).is_none() && integer.encode(last + 1).is_none(), "{integer:?}");
        }
    }

    proptest! {
        #[test]
        fn a_signed_integer_keeps_its_value(long: i64, short: i32) {
            let varint = |integer: Integer, number: i128| match integer.encode(number) {
                Some(Scalar::Varint(bits)) => bits,
                other => panic!("{other:?}"),
            };
            prop_assert_eq!(varint(Integer::Int32, short.into()) as i64, i64::from(short));
            prop_assert_eq!(varint(Integer::Int64, long.into()) as i64, long);
            prop_assert_eq!(zigzag_32(varint(Integer::Sint32, short.into())), short);
            prop_assert_eq!(zigzag_64(varint(Integer::Sint64, long.into())), long);
        }
    }
}
