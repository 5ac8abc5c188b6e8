//! Random bytes of a message type.

use fastrand::Rng;
use prost_reflect::{FieldDescriptor, Kind, MessageDescriptor};

/// An encoded message.
pub(crate) struct Encoded {
    pub(crate) bytes: Vec<u8>,
    /// Whether the message was truncated or changed after encoding.
    pub(crate) is_broken: bool,
}

pub(crate) fn random(random: &mut Rng, message: &MessageDescriptor) -> Encoded {
    let mut bytes = Vec::new();
    write_message(random, message, &mut bytes, 0);
    let is_broken = random.u8(..10) == 0 && !bytes.is_empty();
    if is_broken {
        let at = random.usize(..bytes.len());
        if random.bool() {
            bytes.truncate(at);
        } else {
            bytes[at] = random.u8(..);
        }
    }
    Encoded { bytes, is_broken }
}

/// Returns whether a message type has maps at any depth.
pub(crate) fn has_maps(message: &MessageDescriptor) -> bool {
    message.fields().any(|field| match field.kind() {
        Kind::Message(inner) => field.is_map() || has_maps(&inner),
        _ => false,
    })
}

fn write_message(random: &mut Rng, message: &MessageDescriptor, out: &mut Vec<u8>, depth: usize) {
    let mut fields: Vec<_> = message.fields().collect();
    if random.bool() {
        // Like encoders: most fields once, by ascending number.
        fields.sort_by_key(FieldDescriptor::number);
        fields.retain(|_| random.u8(..8) != 0);
    } else {
        fields =
            (0..random.usize(..2 * fields.len() + 1)).map(|_| fields[random.usize(..fields.len())].clone()).collect();
    }
    for field in fields {
        if random.u8(..20) == 0 {
            write_unknown(random, message, out, depth);
        }
        let times = if field.is_list() || field.is_map() { random.usize(..4) } else { 1 };
        let is_number = !matches!(field.kind(), Kind::String | Kind::Bytes | Kind::Message(_));
        if is_number && field.is_list() && random.bool() {
            let mut packed = Vec::new();
            for _ in 0..random.usize(..6) {
                write_value(random, &field.kind(), &mut packed, depth);
            }
            write_key(random, field.number(), 2, out);
            write_bytes(random, &packed, out);
            continue;
        }
        for _ in 0..times {
            write_field(random, &field, out, depth);
        }
    }
}

fn write_field(random: &mut Rng, field: &FieldDescriptor, out: &mut Vec<u8>, depth: usize) {
    let kind = field.kind();
    if field.is_group() {
        write_key(random, field.number(), 3, out);
        if let Kind::Message(message) = kind {
            write_message(random, &message, out, depth + 1);
        }
        write_key(random, field.number(), 4, out);
        return;
    }
    let wire_type = match kind {
        Kind::Double | Kind::Fixed64 | Kind::Sfixed64 => 1,
        Kind::Float | Kind::Fixed32 | Kind::Sfixed32 => 5,
        Kind::String | Kind::Bytes | Kind::Message(_) => 2,
        _ => 0,
    };
    write_key(random, field.number(), wire_type, out);
    write_value(random, &kind, out, depth);
}

fn write_value(random: &mut Rng, kind: &Kind, out: &mut Vec<u8>, depth: usize) {
    match kind {
        Kind::Double | Kind::Fixed64 | Kind::Sfixed64 => out.extend(random.u64(..).to_le_bytes()),
        Kind::Float | Kind::Fixed32 | Kind::Sfixed32 => out.extend(random.u32(..).to_le_bytes()),
        Kind::String => {
            let text = text(random);
            write_bytes(random, &text, out);
        }
        Kind::Bytes => {
            let bytes: Vec<u8> = (0..random.usize(..30)).map(|_| random.u8(..)).collect();
            write_bytes(random, &bytes, out);
        }
        Kind::Enum(_) => {
            let number = if random.u8(..4) == 0 { number(random) } else { random.u64(..12) };
            write_varint(random, number, out);
        }
        Kind::Message(message) => {
            let mut body = Vec::new();
            write_body(random, message, &mut body, depth + 1);
            write_bytes(random, &body, out);
        }
        _ => {
            let number = number(random);
            write_varint(random, number, out);
        }
    }
}

/// Writes the fields of a message. Those of well-known messages mostly have valid values.
fn write_body(random: &mut Rng, message: &MessageDescriptor, out: &mut Vec<u8>, depth: usize) {
    if random.u8(..50) == 0 {
        return write_message(random, message, out, depth);
    }
    match message.full_name() {
        "google.protobuf.Timestamp" | "google.protobuf.Duration" => {
            let seconds = [1_700_000_000, random.u64(..4_000_000_000), 0, (-5_i64) as u64][random.usize(..4)];
            let nanos = [0, 24_000_000, random.u64(..1_000_000_000), 1][random.usize(..4)];
            if random.u8(..6) > 0 {
                write_key(random, 1, 0, out);
                write_varint(random, seconds, out);
            }
            if nanos > 0 {
                write_key(random, 2, 0, out);
                write_varint(random, nanos, out);
            }
        }
        "datasets.v1.UUID" => {
            let length = [16, 16, 16, 0, 5].get(random.usize(..80)).unwrap_or(&16);
            let bytes: Vec<u8> = (0..*length).map(|_| random.u8(..)).collect();
            write_key(random, 1, 2, out);
            write_bytes(random, &bytes, out);
        }
        _ => write_message(random, message, out, depth),
    }
}

fn write_unknown(random: &mut Rng, message: &MessageDescriptor, out: &mut Vec<u8>, depth: usize) {
    let number = random.u32(1..5_000);
    if message.get_field(number).is_some() {
        return;
    }
    match random.u8(..5) {
        0 => {
            write_key(random, number, 0, out);
            let value = random.u64(..);
            write_varint(random, value, out);
        }
        1 => {
            write_key(random, number, 1, out);
            out.extend([1; 8]);
        }
        2 => {
            write_key(random, number, 5, out);
            out.extend([1; 4]);
        }
        3 if depth < 5 => {
            write_key(random, number, 3, out);
            write_unknown(random, message, out, depth + 1);
            write_key(random, number, 4, out);
        }
        _ => {
            write_key(random, number, 2, out);
            write_bytes(random, b"unknown", out);
        }
    }
}

fn text(random: &mut Rng) -> Vec<u8> {
    let length = random.usize(..40);
    match random.u8(..40) {
        0 => vec![0xff; length],
        1..6 => (0..length).map(|_| random.char(..)).collect::<String>().into_bytes(),
        _ => (0..length).map(|_| random.alphanumeric()).collect::<String>().into_bytes(),
    }
}

fn number(random: &mut Rng) -> u64 {
    match random.u8(..6) {
        0 => 0,
        1 => random.u64(..128),
        2 => random.u64(..100_000),
        3 => u64::MAX,
        4 => random.u64(..) >> random.u8(..64),
        _ => random.i32(..) as i64 as u64,
    }
}

fn write_key(random: &mut Rng, number: u32, wire_type: u32, out: &mut Vec<u8>) {
    write_varint(random, u64::from(number << 3 | wire_type), out);
}

fn write_bytes(random: &mut Rng, bytes: &[u8], out: &mut Vec<u8>) {
    write_varint(random, bytes.len() as u64, out);
    out.extend(bytes);
}

/// Writes a number, sometimes longer than necessary.
fn write_varint(random: &mut Rng, value: u64, out: &mut Vec<u8>) {
    prost::encoding::encode_varint(value, out);
    if value < 1 << 28 && random.u8(..60) == 0 {
        if let Some(last) = out.last_mut() {
            *last |= 0x80;
        }
        out.push(0);
    }
}
