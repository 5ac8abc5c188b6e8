//! The protobuf wire format: reads the fields of an encoded message and writes single fields.
//!
//! Datapoints are stored encoded, and most of the emulator never decodes them.

use prost::bytes::BufMut;
pub(crate) use prost::encoding::WireType;
use prost::encoding::{encode_key, encode_varint, encoded_len_varint};

/// The range of field numbers.
const NUMBERS: std::ops::Range<u32> = 1..1 << 29;

/// One field of an encoded message.
pub(crate) struct Field<'a> {
    /// The number of the field in its message.
    pub(crate) number: u32,
    /// The encoded value.
    pub(crate) value: Value<'a>,
    /// The offset of the end of the field in the message.
    pub(crate) end: usize,
}

/// The value of a field in the wire format.
pub(crate) enum Value<'a> {
    /// A string, bytes, a message or packed numbers.
    Bytes(&'a [u8]),
    /// An integer, a bool or an enum.
    Varint(u64),
    /// Eight bytes, such as a double.
    Fixed64([u8; 8]),
    /// Four bytes, such as a float.
    Fixed32([u8; 4]),
}

/// Returns the fields of `message` in the order in which they are encoded. At the first byte that is not protobuf, it
/// yields `None` and ends.
pub(crate) fn fields(message: &[u8]) -> impl Iterator<Item = Option<Field<'_>>> {
    let mut position = 0;
    let mut broken = false;
    std::iter::from_fn(move || {
        if broken || position >= message.len() {
            return None;
        }
        let field = read_field(message, position);
        match &field {
            Some(field) => position = field.end,
            None => broken = true,
        }
        Some(field)
    })
}

fn read_field(message: &[u8], start: usize) -> Option<Field<'_>> {
    let (key, mut end) = read_varint(message, start)?;
    let number = u32::try_from(key >> 3).ok().filter(|number| NUMBERS.contains(number))?;
    let value = match key & 7 {
        0 => {
            let (value, after) = read_varint(message, end)?;
            end = after;
            Value::Varint(value)
        }
        1 => {
            let bytes = message.get(end..)?.first_chunk()?;
            end += bytes.len();
            Value::Fixed64(*bytes)
        }
        2 => {
            let (length, from) = read_varint(message, end)?;
            end = from.checked_add(usize::try_from(length).ok()?)?;
            Value::Bytes(message.get(from..end)?)
        }
        5 => {
            let bytes = message.get(end..)?.first_chunk()?;
            end += bytes.len();
            Value::Fixed32(*bytes)
        }
        _ => return None,
    };
    Some(Field { number, value, end })
}

/// Reads a varint at `start`. Returns the number and the offset of its end.
pub(crate) fn read_varint(message: &[u8], start: usize) -> Option<(u64, usize)> {
    let mut value = 0_u64;
    for (index, byte) in message.get(start..)?.iter().take(10).enumerate() {
        value |= u64::from(byte & 0x7f) << (7 * index);
        if byte & 0x80 == 0 {
            return Some((value, start + index + 1));
        }
    }
    None
}

/// Writes a field of a string, bytes or an encoded message, even if the value is empty.
pub(crate) fn write_bytes(number: u32, value: &[u8], to: &mut impl BufMut) {
    write_header(number, value.len(), to);
    to.put_slice(value);
}

/// Writes the key and the length of a length-delimited field.
pub(crate) fn write_header(number: u32, length: usize, to: &mut impl BufMut) {
    encode_key(number, WireType::LengthDelimited, to);
    encode_varint(length as u64, to);
}

/// Writes a field of an integer, a bool or an enum, even if the value is zero.
pub(crate) fn write_varint(number: u32, value: u64, to: &mut impl BufMut) {
    encode_key(number, WireType::Varint, to);
    encode_varint(value, to);
}

/// Writes a field of a double, even if the value is zero.
pub(crate) fn write_double(number: u32, value: f64, to: &mut impl BufMut) {
    encode_key(number, WireType::SixtyFourBit, to);
    to.put_f64_le(value);
}

/// Writes a field with its value.
pub(crate) fn write_value(number: u32, value: &Value<'_>, to: &mut impl BufMut) {
    match value {
        Value::Bytes(bytes) => write_bytes(number, bytes, to),
        Value::Varint(varint) => write_varint(number, *varint, to),
        Value::Fixed64(bytes) => {
            encode_key(number, WireType::SixtyFourBit, to);
            to.put_slice(bytes);
        }
        Value::Fixed32(bytes) => {
            encode_key(number, WireType::ThirtyTwoBit, to);
            to.put_slice(bytes);
        }
    }
}

/// Returns the number of bytes that [`write_bytes`] writes for a value of `length` bytes and a field number below 16.
pub(crate) fn bytes_len(length: usize) -> usize {
    1 + encoded_len_varint(length as u64) + length
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_have_numbers_and_ends() {
        let mut message = Vec::new();
        write_varint(1, 300, &mut message);
        write_double(2, 1.5, &mut message);
        write_bytes(3, b"abc", &mut message);
        let found: Vec<_> = fields(&message).map(|field| field.map(|field| (field.number, field.end))).collect();
        assert_eq!(found, [Some((1, 3)), Some((2, 12)), Some((3, 17))]);
        assert_eq!(bytes_len(3), 5);
    }

    #[test]
    fn malformed_bytes_end_the_fields() {
        for broken in [
            &[0x08][..],
            &[0x0a, 5, 1],
            &[0x0b],
            &[0x00, 1],
            &[0xff; 12],
            &[0x09, 1, 2],
            &[0x80, 0x80, 0x80, 0x80, 0x10, 0],
        ] {
            assert!(fields(broken).last().is_some_and(|field| field.is_none()), "{broken:?}");
        }
    }
}
