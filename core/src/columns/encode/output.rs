//! Appends the protobuf wire format: tags, varints, lengths, fields.

use crate::columns::wire::WireType;
use crate::schema::MessageEncoding;
use crate::schema::well_known::number;

/// Appends a tag.
pub(crate) fn tag(number: u32, wire_type: WireType, out: &mut Vec<u8>) {
    varint(u64::from(number) << 3 | wire_type as u64, out);
}

/// Appends a base-128 number.
pub(super) fn varint(value: u64, out: &mut Vec<u8>) {
    prost::encoding::encode_varint(value, out);
}

/// Appends bytes with their length in front.
pub(super) fn len(bytes: &[u8], out: &mut Vec<u8>) {
    varint(bytes.len() as u64, out);
    out.extend_from_slice(bytes);
}

/// Appends a repeated field with packed scalars, which `write` appends.
pub(crate) fn packed_field(number: u32, out: &mut Vec<u8>, write: impl FnOnce(&mut Vec<u8>)) {
    message_field(number, MessageEncoding::LengthPrefixed, out, write);
}

/// Appends a field with one message, whose content `write` appends.
pub(crate) fn message_field(
    number: u32,
    encoding: MessageEncoding,
    out: &mut Vec<u8>,
    write: impl FnOnce(&mut Vec<u8>),
) {
    match encoding {
        MessageEncoding::LengthPrefixed => {
            let mut content = Vec::new();
            write(&mut content);
            tag(number, WireType::Len, out);
            len(&content, out);
        }
        MessageEncoding::Delimited => {
            tag(number, WireType::StartGroup, out);
            write(out);
            tag(number, WireType::EndGroup, out);
        }
    }
}

/// Appends the content of an identifier or a geometry.
pub(crate) fn wrapped(bytes: &[u8], out: &mut Vec<u8>) {
    tag(number::BYTES, WireType::Len, out);
    len(bytes, out);
}

/// Appends the content of a `google.protobuf.Timestamp`: nanoseconds count forward from the second, also before 1970.
pub(crate) fn timestamp(nanoseconds: i64, out: &mut Vec<u8>) {
    seconds_and_nanos(nanoseconds.div_euclid(1_000_000_000), nanoseconds.rem_euclid(1_000_000_000), out);
}

/// Appends the content of a `google.protobuf.Duration`: seconds and nanoseconds have the same sign.
pub(crate) fn duration(nanoseconds: i64, out: &mut Vec<u8>) {
    seconds_and_nanos(nanoseconds / 1_000_000_000, nanoseconds % 1_000_000_000, out);
}

/// Appends seconds and nanoseconds, without those that are zero.
fn seconds_and_nanos(seconds: i64, nanos: i64, out: &mut Vec<u8>) {
    for (number, value) in [(number::SECONDS, seconds), (number::NANOS, nanos)] {
        if value != 0 {
            tag(number, WireType::Varint, out);
            varint(value as u64, out);
        }
    }
}
