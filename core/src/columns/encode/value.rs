//! How one value is written.

use std::cmp::Ordering;

use arrow_array::{
    Array, BinaryViewArray, BooleanArray, Float32Array, Float64Array, Int64Array, StringViewArray, UInt64Array,
};
use arrow_buffer::NullBuffer;

use super::column::MessageColumns;
use super::output;
use crate::columns::wire::WireType;

/// The values of a column, in the form in which they are written.
#[derive(Debug)]
pub(super) enum Value {
    Double(Float64Array),
    Float(Float32Array),
    /// `int32`, `int64` and enums.
    Signed(Int64Array),
    /// `uint32` and `uint64`.
    Unsigned(UInt64Array),
    /// `sint32` and `sint64`.
    Zigzag(Int64Array),
    /// `fixed32` and `fixed64`.
    Fixed32(UInt64Array),
    Fixed64(UInt64Array),
    /// `sfixed32` and `sfixed64`.
    Sfixed32(Int64Array),
    Sfixed64(Int64Array),
    Bool(BooleanArray),
    Text(StringViewArray),
    Bytes(BinaryViewArray),
    /// Nanoseconds since 1970.
    Timestamp(Int64Array),
    /// Nanoseconds.
    Duration(Int64Array),
    /// The bytes of an identifier or a geometry.
    Wrapped(BinaryViewArray),
    /// Encoded messages.
    Encoded(BinaryViewArray),
    Message(Box<MessageColumns>, Option<NullBuffer>),
}

impl Value {
    fn nulls(&self) -> Option<&NullBuffer> {
        match self {
            Self::Double(array) => array.nulls(),
            Self::Float(array) => array.nulls(),
            Self::Signed(array)
            | Self::Zigzag(array)
            | Self::Sfixed32(array)
            | Self::Sfixed64(array)
            | Self::Timestamp(array)
            | Self::Duration(array) => array.nulls(),
            Self::Unsigned(array) | Self::Fixed32(array) | Self::Fixed64(array) => array.nulls(),
            Self::Bool(array) => array.nulls(),
            Self::Text(array) => array.nulls(),
            Self::Bytes(array) | Self::Wrapped(array) | Self::Encoded(array) => array.nulls(),
            Self::Message(_, nulls) => nulls.as_ref(),
        }
    }

    pub(super) fn is_null(&self, index: usize) -> bool {
        self.nulls().is_some_and(|nulls| nulls.is_null(index))
    }

    /// Whether an element of a list may be null: it is an empty message then, which reads as null again.
    pub(super) fn can_be_missing(&self) -> bool {
        matches!(self, Self::Timestamp(_) | Self::Duration(_) | Self::Wrapped(_) | Self::Encoded(_) | Self::Message(..))
    }

    /// Whether it is the default of a field without presence.
    pub(super) fn is_zero(&self, index: usize) -> bool {
        match self {
            // A negative zero is not.
            Self::Double(array) => array.value(index).to_bits() == 0,
            Self::Float(array) => array.value(index).to_bits() == 0,
            Self::Signed(array) | Self::Zigzag(array) | Self::Sfixed32(array) | Self::Sfixed64(array) => {
                array.value(index) == 0
            }
            Self::Unsigned(array) | Self::Fixed32(array) | Self::Fixed64(array) => array.value(index) == 0,
            Self::Bool(array) => !array.value(index),
            Self::Text(array) => array.value(index).is_empty(),
            Self::Bytes(array) => array.value(index).is_empty(),
            Self::Timestamp(_) | Self::Duration(_) | Self::Wrapped(_) | Self::Encoded(_) | Self::Message(..) => false,
        }
    }

    pub(super) fn wire_type(&self) -> WireType {
        match self {
            Self::Double(_) | Self::Fixed64(_) | Self::Sfixed64(_) => WireType::I64,
            Self::Float(_) | Self::Fixed32(_) | Self::Sfixed32(_) => WireType::I32,
            Self::Signed(_) | Self::Unsigned(_) | Self::Zigzag(_) | Self::Bool(_) => WireType::Varint,
            Self::Text(_)
            | Self::Bytes(_)
            | Self::Timestamp(_)
            | Self::Duration(_)
            | Self::Wrapped(_)
            | Self::Encoded(_)
            | Self::Message(..) => WireType::Len,
        }
    }

    /// Appends what follows the tag.
    pub(super) fn write(&self, index: usize, out: &mut Vec<u8>) {
        if self.is_null(index) {
            return output::len(&[], out);
        }
        match self {
            Self::Double(array) => out.extend(array.value(index).to_le_bytes()),
            Self::Float(array) => out.extend(array.value(index).to_le_bytes()),
            Self::Signed(array) => output::varint(array.value(index) as u64, out),
            Self::Unsigned(array) => output::varint(array.value(index), out),
            Self::Zigzag(array) => {
                let value = array.value(index);
                output::varint(((value << 1) ^ (value >> 63)) as u64, out);
            }
            // Values of 32 bits are checked when the column is taken.
            Self::Fixed32(array) => out.extend((array.value(index) as u32).to_le_bytes()),
            Self::Fixed64(array) => out.extend(array.value(index).to_le_bytes()),
            Self::Sfixed32(array) => out.extend((array.value(index) as i32).to_le_bytes()),
            Self::Sfixed64(array) => out.extend(array.value(index).to_le_bytes()),
            Self::Bool(array) => output::varint(array.value(index).into(), out),
            Self::Text(array) => output::len(array.value(index).as_bytes(), out),
            Self::Bytes(array) | Self::Encoded(array) => output::len(array.value(index), out),
            Self::Timestamp(_) | Self::Duration(_) | Self::Wrapped(_) | Self::Message(..) => {
                output::message(out, |body| self.write_content(index, body));
            }
        }
    }

    /// Appends what is in a message, without what delimits it. Nothing is in any other value.
    pub(super) fn write_content(&self, index: usize, out: &mut Vec<u8>) {
        if self.is_null(index) {
            return;
        }
        match self {
            Self::Encoded(array) => out.extend_from_slice(array.value(index)),
            Self::Timestamp(array) => output::timestamp(array.value(index), out),
            Self::Duration(array) => output::duration(array.value(index), out),
            Self::Wrapped(array) => output::wrapped(array.value(index), out),
            Self::Message(columns, _) => columns.write(index, out),
            _ => {}
        }
    }

    /// The order of keys of a map.
    pub(super) fn compare(&self, left: usize, right: usize) -> Ordering {
        match self {
            Self::Text(array) => array.value(left).cmp(array.value(right)),
            Self::Bool(array) => array.value(left).cmp(&array.value(right)),
            Self::Signed(array) | Self::Zigzag(array) | Self::Sfixed32(array) | Self::Sfixed64(array) => {
                array.value(left).cmp(&array.value(right))
            }
            Self::Unsigned(array) | Self::Fixed32(array) | Self::Fixed64(array) => {
                array.value(left).cmp(&array.value(right))
            }
            // Nothing else can be a key.
            _ => Ordering::Equal,
        }
    }
}
