//! The protobuf wire format as it is written. All of it appends.

use crate::columns::wire::WireType;

pub(crate) fn tag(number: u32, wire_type: WireType, out: &mut Vec<u8>) {
    varint(u64::from(number) << 3 | wire_type as u64, out);
}

pub(crate) fn varint(value: u64, out: &mut Vec<u8>) {
    prost::encoding::encode_varint(value, out);
}

/// A length and so many bytes.
pub(crate) fn len(bytes: &[u8], out: &mut Vec<u8>) {
    varint(bytes.len() as u64, out);
    out.extend_from_slice(bytes);
}

/// A message whose content `write` appends, with its length in front.
pub(crate) fn message(out: &mut Vec<u8>, write: impl FnOnce(&mut Vec<u8>)) {
    let mut body = Vec::new();
    write(&mut body);
    len(&body, out);
}

/// The content of a message around one bytes field with the number 1: an identifier or a geometry.
pub(crate) fn wrapped(bytes: &[u8], out: &mut Vec<u8>) {
    tag(1, WireType::Len, out);
    len(bytes, out);
}

/// Seconds and nanoseconds, each left out where it is zero.
fn seconds_and_nanos(seconds: i64, nanos: i32, out: &mut Vec<u8>) {
    for (number, value) in [(1, seconds), (2, i64::from(nanos))] {
        if value != 0 {
            tag(number, WireType::Varint, out);
            varint(value as u64, out);
        }
    }
}

/// The content of a `google.protobuf.Timestamp`: the nanoseconds count on from the second, also before 1970.
pub(crate) fn timestamp(nanoseconds: i64, out: &mut Vec<u8>) {
    // The remainder is less than 10^9.
    let nanos = nanoseconds.rem_euclid(1_000_000_000) as i32;
    seconds_and_nanos(nanoseconds.div_euclid(1_000_000_000), nanos, out);
}

/// The content of a `google.protobuf.Duration`: seconds and nanoseconds have the same sign.
pub(crate) fn duration(nanoseconds: i64, out: &mut Vec<u8>) {
    // The remainder is less than 10^9.
    seconds_and_nanos(nanoseconds / 1_000_000_000, (nanoseconds % 1_000_000_000) as i32, out);
}
