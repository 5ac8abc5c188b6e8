//! Reads the protobuf wire format: tags, numbers, lengths, groups.
//!
//! Every function takes its input from the front of a slice and leaves the rest.

use std::fmt;

use crate::schema::{Field, MessageEncoding, ValueType};

/// The maximum nesting of groups in a skipped field, in levels; the usual limit of protobuf implementations.
const MAX_GROUP_DEPTH: usize = 100;

/// Why bytes are not a protobuf message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum WireError {
    Truncated,
    VarintTooLong,
    InvalidTag,
    UnexpectedGroupEnd,
    GroupsTooDeep,
    UnevenPackedLength,
}

impl fmt::Display for WireError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Truncated => "the bytes end in the middle of a value",
            Self::VarintTooLong => "a varint is longer than 64 bits",
            Self::InvalidTag => "a tag has the field number 0, one above 2^29 - 1, or an unknown wire type",
            Self::UnexpectedGroupEnd => "a group ends without a start",
            Self::GroupsTooDeep => "groups nest deeper than 100 levels",
            Self::UnevenPackedLength => "the length of a packed field is not a multiple of the length of an element",
        })
    }
}

/// The form of the value after a tag.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum WireType {
    Varint = 0,
    I64 = 1,
    Len = 2,
    StartGroup = 3,
    EndGroup = 4,
    I32 = 5,
}

impl WireType {
    /// Returns the wire type of one value of a field.
    pub(crate) fn of(field: &Field) -> Self {
        match field.value_type() {
            ValueType::Int32
            | ValueType::Int64
            | ValueType::Uint32
            | ValueType::Uint64
            | ValueType::Sint32
            | ValueType::Sint64
            | ValueType::Bool
            | ValueType::Enum(_) => Self::Varint,
            ValueType::Double | ValueType::Fixed64 | ValueType::Sfixed64 => Self::I64,
            ValueType::Float | ValueType::Fixed32 | ValueType::Sfixed32 => Self::I32,
            ValueType::String | ValueType::Bytes => Self::Len,
            ValueType::Message(_) => match field.encoding() {
                MessageEncoding::LengthPrefixed => Self::Len,
                MessageEncoding::Delimited => Self::StartGroup,
            },
        }
    }

    /// Returns whether elements of this wire type can be packed.
    pub(crate) const fn can_be_packed(self) -> bool {
        matches!(self, Self::Varint | Self::I64 | Self::I32)
    }
}

/// A field number, 1 to 2²⁹ − 1, and the form of its value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Tag {
    pub(crate) number: u32,
    pub(crate) wire_type: WireType,
}

/// Reads a tag. A tag is a 32-bit varint.
#[inline(always)]
pub(crate) fn read_tag(input: &mut &[u8]) -> Result<Tag, WireError> {
    let tag = u32::try_from(read_varint(input)?).map_err(|_| WireError::InvalidTag)?;
    let wire_type = match tag & 7 {
        0 => WireType::Varint,
        1 => WireType::I64,
        2 => WireType::Len,
        3 => WireType::StartGroup,
        4 => WireType::EndGroup,
        5 => WireType::I32,
        _ => return Err(WireError::InvalidTag),
    };
    match tag >> 3 {
        0 => Err(WireError::InvalidTag),
        number => Ok(Tag { number, wire_type }),
    }
}

/// Reads a base-128 number of at most 64 bits.
#[inline(always)]
pub(crate) fn read_varint(input: &mut &[u8]) -> Result<u64, WireError> {
    match **input {
        [byte, ref rest @ ..] if byte < 0x80 => {
            *input = rest;
            Ok(u64::from(byte))
        }
        [low, high, ref rest @ ..] if high < 0x80 => {
            *input = rest;
            Ok(u64::from(low & 0x7f) | u64::from(high) << 7)
        }
        _ => {
            let (value, rest) = read_long_varint(input)?;
            *input = rest;
            Ok(value)
        }
    }
}

/// Reads a number of several bytes: at once if it has at most eight and the input has eight.
#[inline(always)]
fn read_long_varint(input: &[u8]) -> Result<(u64, &[u8]), WireError> {
    if let Some(chunk) = input.first_chunk::<8>()
        && let Some((value, length)) = varint_of(u64::from_le_bytes(*chunk))
        && let Some(rest) = input.get(length..)
    {
        return Ok((value, rest));
    }
    read_varint_by_bytes(input)
}

/// Returns the number at the start of eight bytes, the first in the lowest bits, and its length in bytes.
#[inline(always)]
pub(crate) fn varint_of(bytes: u64) -> Option<(u64, usize)> {
    // The highest bits of the bytes that end a number.
    let ends = !bytes & 0x8080_8080_8080_8080;
    if ends == 0 {
        return None;
    }
    Some((join_sevens(bytes & (ends ^ (ends - 1))), (ends.trailing_zeros() as usize + 1) / 8))
}

/// Returns the number of a varint of five bytes at the start of eight.
#[inline(always)]
pub(crate) const fn join_five(bytes: u64) -> u64 {
    (bytes & 0x7f)
        | (bytes >> 1 & (0x7f << 7))
        | (bytes >> 2 & (0x7f << 14))
        | (bytes >> 3 & (0x7f << 21))
        | (bytes >> 4 & (0x7f << 28))
}

/// Joins the low seven bits of each byte.
#[inline(always)]
const fn join_sevens(word: u64) -> u64 {
    let word = word & 0x7f7f_7f7f_7f7f_7f7f;
    let word = (word & 0x007f_007f_007f_007f) | ((word & 0x7f00_7f00_7f00_7f00) >> 1);
    let word = (word & 0x0000_3fff_0000_3fff) | ((word & 0x3fff_0000_3fff_0000) >> 2);
    (word & 0x0000_0000_0fff_ffff) | ((word & 0x0fff_ffff_0000_0000) >> 4)
}

#[cold]
fn read_varint_by_bytes(input: &[u8]) -> Result<(u64, &[u8]), WireError> {
    let mut value = 0;
    for (index, byte) in input.iter().take(10).enumerate() {
        value |= u64::from(byte & 0x7f) << (7 * index);
        if *byte < 0x80 {
            // The tenth byte holds the 64th bit alone.
            if index == 9 && *byte > 1 {
                return Err(WireError::VarintTooLong);
            }
            return Ok((value, input.get(index + 1..).unwrap_or_default()));
        }
    }
    Err(if input.len() < 10 { WireError::Truncated } else { WireError::VarintTooLong })
}

/// Reads a fixed number of bytes.
#[inline(always)]
pub(crate) fn read_fixed<const N: usize>(input: &mut &[u8]) -> Result<[u8; N], WireError> {
    let (value, rest) = input.split_first_chunk::<N>().ok_or(WireError::Truncated)?;
    *input = rest;
    Ok(*value)
}

/// Reads a length and that many bytes.
#[inline(always)]
pub(crate) fn read_len<'a>(input: &mut &'a [u8]) -> Result<&'a [u8], WireError> {
    let length = usize::try_from(read_varint(input)?).map_err(|_| WireError::Truncated)?;
    let (value, rest) = input.split_at_checked(length).ok_or(WireError::Truncated)?;
    *input = rest;
    Ok(value)
}

/// Skips the value that belongs to a tag.
#[inline(always)]
pub(crate) fn skip(tag: Tag, input: &mut &[u8]) -> Result<(), WireError> {
    match tag.wire_type {
        WireType::Varint => read_varint(input).map(drop),
        WireType::I64 => read_fixed::<8>(input).map(drop),
        WireType::Len => read_len(input).map(drop),
        WireType::I32 => read_fixed::<4>(input).map(drop),
        WireType::StartGroup => {
            let mut rest = *input;
            read_group(tag.number, &mut rest)?;
            *input = rest;
            Ok(())
        }
        WireType::EndGroup => Err(WireError::UnexpectedGroupEnd),
    }
}

/// Reads a group whose start tag has been read: its content without the end tag.
pub(crate) fn read_group<'a>(number: u32, input: &mut &'a [u8]) -> Result<&'a [u8], WireError> {
    let content = *input;
    let mut open = vec![number];
    loop {
        let before = input.len();
        let tag = read_tag(input)?;
        match tag.wire_type {
            WireType::StartGroup if open.len() >= MAX_GROUP_DEPTH => return Err(WireError::GroupsTooDeep),
            WireType::StartGroup => open.push(tag.number),
            WireType::EndGroup => {
                if open.pop() != Some(tag.number) {
                    return Err(WireError::UnexpectedGroupEnd);
                }
                if open.is_empty() {
                    return Ok(content.get(..content.len().saturating_sub(before)).unwrap_or_default());
                }
            }
            _ => skip(tag, input)?,
        }
    }
}

/// Decodes a `sint32`.
#[inline]
pub(crate) fn zigzag_32(value: u64) -> i32 {
    // A 32-bit field keeps the low bits of a longer varint.
    let value = value as u32;
    (value >> 1) as i32 ^ -((value & 1) as i32)
}

/// Decodes a `sint64`.
#[inline]
pub(crate) fn zigzag_64(value: u64) -> i64 {
    (value >> 1) as i64 ^ -((value & 1) as i64)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use prost::encoding::encode_varint;

    use super::*;

    fn tag(number: u32, wire_type: WireType) -> Tag {
        Tag { number, wire_type }
    }

    #[test]
    fn a_varint_has_at_most_64_bits() {
        let largest = [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01];
        assert_eq!(read_varint(&mut &largest[..]), Ok(u64::MAX));
        let too_large = [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x02];
        assert_eq!(read_varint(&mut &too_large[..]), Err(WireError::VarintTooLong));
        assert_eq!(read_varint(&mut &[0x80; 11][..]), Err(WireError::VarintTooLong));
        assert_eq!(read_varint(&mut &[0x80; 3][..]), Err(WireError::Truncated));
        assert_eq!(read_varint(&mut &[][..]), Err(WireError::Truncated));
    }

    #[test]
    fn a_tag_has_a_field_number_and_a_known_wire_type() {
        assert_eq!(read_tag(&mut &[0x82, 0x01][..]), Ok(tag(16, WireType::Len)));
        assert_eq!(read_tag(&mut &[0x02][..]), Err(WireError::InvalidTag));
        assert_eq!(read_tag(&mut &[0x0e][..]), Err(WireError::InvalidTag));
        assert_eq!(read_tag(&mut &[0x80, 0x80, 0x80, 0x80, 0x10][..]), Err(WireError::InvalidTag));
    }

    #[test]
    fn a_group_ends_at_the_end_tag_of_its_number() {
        // Field 1 as a group that holds field 2 as a group and a varint.
        let bytes = [0x13, 0x08, 0x05, 0x14, 0x10, 0x07, 0x0c, 0xaa];
        let mut input = &bytes[..];
        assert_eq!(read_group(1, &mut input), Ok(&bytes[..6]));
        assert_eq!(input, [0xaa]);
        assert_eq!(read_group(1, &mut &[0x14][..]), Err(WireError::UnexpectedGroupEnd));
        assert_eq!(read_group(1, &mut &[0x08][..]), Err(WireError::Truncated));
        assert_eq!(read_group(1, &mut &[0x0b; 4000][..]), Err(WireError::GroupsTooDeep));
    }

    #[test]
    fn a_length_past_the_end_is_an_error() {
        assert_eq!(read_len(&mut &[0x02, 0x01][..]), Err(WireError::Truncated));
        let endless = [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01];
        assert_eq!(read_len(&mut &endless[..]), Err(WireError::Truncated));
    }

    proptest! {
        #[test]
        fn written_numbers_are_read_back(value: u64, rest: Vec<u8>) {
            let mut bytes = Vec::new();
            encode_varint(value, &mut bytes);
            bytes.extend_from_slice(&rest);
            let mut input = &bytes[..];
            prop_assert_eq!(read_varint(&mut input), Ok(value));
            prop_assert_eq!(input, &rest[..]);
        }

        #[test]
        fn zigzag_numbers_are_decoded(long: i64, short: i32) {
            prop_assert_eq!(zigzag_64(((long << 1) ^ (long >> 63)) as u64), long);
            prop_assert_eq!(zigzag_32(u64::from(((short << 1) ^ (short >> 31)) as u32)), short);
        }

        #[test]
        fn skipping_random_bytes_ends(bytes: Vec<u8>) {
            let mut input = &bytes[..];
            while !input.is_empty() {
                let Ok(tag) = read_tag(&mut input) else { break };
                if skip(tag, &mut input).is_err() { break }
            }
        }
    }
}
