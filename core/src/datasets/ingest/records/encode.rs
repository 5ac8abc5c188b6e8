//! Captured values to messages, by the type of the dataset.

use bytes::Bytes;

use super::capture::Captured;
use super::known::{bytes, duration, geometry, identifier, timestamp};
use crate::columns::EncodeError;
use crate::columns::encode::{NOT_A_DOUBLE, NOT_A_FLOAT, enum_number, output, unknown_field, unknown_name};
use crate::columns::wire::WireType;
use crate::schema::meaning::{WellKnown, double_as_float, whole_as_double};
use crate::schema::{DatasetSchema, Field, MessageEncoding, MessageType, ValueType};

pub(super) type Result<T> = std::result::Result<T, EncodeError>;

/// A record as a message of the datapoint type, without what the server sets.
pub(super) fn datapoint(schema: &DatasetSchema, record: &Captured) -> Result<Bytes> {
    let Captured::Map(entries) = record else {
        let problem = format!("belongs to a struct or a map, and the record is {}", record.describe());
        return Err(EncodeError::of_field("time", problem));
    };
    let set_by_server =
        |name: &Captured| matches!(name, Captured::Text(name) if name == "id" || name == "ingestion_time");
    let entries: Vec<_> = entries.iter().filter(|(name, _)| !set_by_server(name)).collect();
    let mut message = Vec::new();
    write_message(schema, schema.datapoint(), Zeros::Written, &entries, &mut message)?;
    Ok(message.into())
}

/// What becomes of the zeros of fields without presence.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Zeros {
    /// They are written: a column of a datapoint tells them from nulls.
    Written,
    /// They are left out, as every sender does.
    LeftOut,
}

fn write_message(
    schema: &DatasetSchema,
    message: &MessageType,
    zeros: Zeros,
    entries: &[&(Captured, Captured)],
    out: &mut Vec<u8>,
) -> Result<()> {
    let mut fields: Vec<(&Field, &Captured)> = Vec::with_capacity(entries.len());
    for (name, value) in entries {
        let name = match name {
            Captured::Text(name) => name.as_str(),
            other => return Err(EncodeError::of_field(&other.describe(), "is no name of a field")),
        };
        let field = message.field(name).ok_or_else(|| unknown_field(message, name))?;
        if fields.iter().any(|(other, _)| other.number() == field.number()) {
            return Err(EncodeError::of_field(name, "is there twice"));
        }
        fields.push((field, value));
    }
    fields.sort_unstable_by_key(|(field, _)| field.number());
    for (field, value) in fields {
        write_field(schema, field, value, zeros, out)?;
    }
    Ok(())
}

fn write_field(schema: &DatasetSchema, field: &Field, value: &Captured, zeros: Zeros, out: &mut Vec<u8>) -> Result<()> {
    match value {
        Captured::Missing => Ok(()),
        Captured::Map(entries) if field.is_map() => write_map(schema, field, entries, out),
        _ if field.is_map() => Err(wrong(field, "a map", value)),
        Captured::List(elements) if field.is_repeated() => write_list(schema, field, elements, out),
        _ if field.is_repeated() => Err(wrong(field, "a list", value)),
        _ => write_one(schema, field, value, zeros, out),
    }
}

fn write_one(schema: &DatasetSchema, field: &Field, value: &Captured, zeros: Zeros, out: &mut Vec<u8>) -> Result<()> {
    let mut payload = Vec::new();
    let wire_type = write_payload(schema, field, value, &mut payload)?;
    // Zero bits are a zero in every wire type: a number, false, or a length of nothing. A negative zero has one bit.
    if zeros == Zeros::LeftOut && !field.has_presence() && payload.iter().all(|byte| *byte == 0) {
        return Ok(());
    }
    output::tag(field.number(), wire_type, out);
    out.extend(payload);
    Ok(())
}

fn write_list(schema: &DatasetSchema, field: &Field, elements: &[Captured], out: &mut Vec<u8>) -> Result<()> {
    let mut packed = Vec::new();
    for element in elements {
        let start = packed.len();
        let wire_type = write_payload(schema, field, element, &mut packed)?;
        if matches!(wire_type, WireType::Len | WireType::StartGroup) {
            output::tag(field.number(), wire_type, out);
            out.extend(packed.drain(start..));
        }
    }
    if !packed.is_empty() {
        output::tag(field.number(), WireType::Len, out);
        output::len(&packed, out);
    }
    Ok(())
}

/// Entries in the order of their keys, so that the same map always gives the same bytes.
fn write_map(schema: &DatasetSchema, field: &Field, entries: &[(Captured, Captured)], out: &mut Vec<u8>) -> Result<()> {
    let Some((key_field, value_field)) = schema.message_type(field).and_then(MessageType::entry_fields) else {
        return Err(EncodeError::of_field(field.name(), "is a map without keys"));
    };
    let mut sorted: Vec<_> = entries.iter().collect();
    sorted.sort_by(|(left, _), (right, _)| match (left, right) {
        (Captured::Text(left), Captured::Text(right)) => left.cmp(right),
        (Captured::Whole(left), Captured::Whole(right)) => left.cmp(right),
        (Captured::Bool(left), Captured::Bool(right)) => left.cmp(right),
        _ => std::cmp::Ordering::Equal,
    });
    for (key, value) in sorted {
        let mut entry = Vec::new();
        write_one(schema, key_field, key, Zeros::Written, &mut entry).map_err(|error| error.inside(field.name()))?;
        write_field(schema, value_field, value, Zeros::Written, &mut entry)
            .map_err(|error| error.inside(field.name()))?;
        output::tag(field.number(), WireType::Len, out);
        output::len(&entry, out);
    }
    Ok(())
}

pub(super) fn wrong(field: &Field, expected: &str, value: &Captured) -> EncodeError {
    EncodeError::of_field(field.name(), format!("takes {expected}, and got {}", value.describe()))
}

pub(super) fn whole<T: TryFrom<i128>>(field: &Field, name: &str, value: &Captured) -> Result<T> {
    let number = match value {
        Captured::Whole(number) => T::try_from(*number).ok(),
        _ => None,
    };
    number.ok_or_else(|| wrong(field, &format!("whole numbers ({name})"), value))
}

fn double(field: &Field, value: &Captured) -> Result<f64> {
    match value {
        Captured::Float(number) => Ok(*number),
        Captured::Whole(number) => whole_as_double(*number)
            .ok_or_else(|| EncodeError::of_field(field.name(), format!("has the number {number}, {NOT_A_DOUBLE}"))),
        _ => Err(wrong(field, "numbers", value)),
    }
}

fn float(field: &Field, value: &Captured) -> Result<f32> {
    let number = double(field, value)?;
    double_as_float(number)
        .ok_or_else(|| EncodeError::of_field(field.name(), format!("has the number {number:?}, {NOT_A_FLOAT}")))
}

/// Appends what follows the tag, up to the end tag of a group, and says with which wire type.
fn write_payload(schema: &DatasetSchema, field: &Field, value: &Captured, out: &mut Vec<u8>) -> Result<WireType> {
    let zigzag = |value: i64| ((value << 1) ^ (value >> 63)) as u64;
    match field.value_type() {
        ValueType::Double => out.extend(double(field, value)?.to_le_bytes()),
        ValueType::Float => out.extend(float(field, value)?.to_le_bytes()),
        ValueType::Int32 => output::varint(i64::from(whole::<i32>(field, "int32", value)?) as u64, out),
        ValueType::Int64 => output::varint(whole::<i64>(field, "int64", value)? as u64, out),
        ValueType::Uint32 => output::varint(whole::<u32>(field, "uint32", value)?.into(), out),
        ValueType::Uint64 => output::varint(whole(field, "uint64", value)?, out),
        ValueType::Sint32 => output::varint(zigzag(whole::<i32>(field, "int32", value)?.into()), out),
        ValueType::Sint64 => output::varint(zigzag(whole(field, "int64", value)?), out),
        ValueType::Fixed32 => out.extend(whole::<u32>(field, "uint32", value)?.to_le_bytes()),
        ValueType::Fixed64 => out.extend(whole::<u64>(field, "uint64", value)?.to_le_bytes()),
        ValueType::Sfixed32 => out.extend(whole::<i32>(field, "int32", value)?.to_le_bytes()),
        ValueType::Sfixed64 => out.extend(whole::<i64>(field, "int64", value)?.to_le_bytes()),
        ValueType::Bool => match value {
            Captured::Bool(value) => output::varint((*value).into(), out),
            _ => return Err(wrong(field, "booleans", value)),
        },
        ValueType::String => match value {
            Captured::Text(text) => output::len(text.as_bytes(), out),
            _ => return Err(wrong(field, "text", value)),
        },
        ValueType::Bytes => output::len(&bytes(field, "bytes", value)?, out),
        ValueType::Enum(enumeration) => {
            let number = match value {
                Captured::Text(name) => enum_number(enumeration, name)
                    .ok_or_else(|| EncodeError::of_field(field.name(), unknown_name(enumeration, name)))?,
                _ => whole(field, "int32", value)?,
            };
            output::varint(i64::from(number) as u64, out);
        }
        ValueType::Message(id) => {
            let Some(message) = schema.message(*id) else {
                return Err(EncodeError::of_field(field.name(), "has a type that the dataset does not describe"));
            };
            let mut content = Vec::new();
            write_content(schema, field, message, value, &mut content)?;
            match field.encoding() {
                MessageEncoding::LengthPrefixed => output::len(&content, out),
                MessageEncoding::Delimited => {
                    out.extend(content);
                    output::tag(field.number(), WireType::EndGroup, out);
                    return Ok(WireType::StartGroup);
                }
            }
        }
    }
    Ok(match field.value_type() {
        ValueType::Double | ValueType::Fixed64 | ValueType::Sfixed64 => WireType::I64,
        ValueType::Float | ValueType::Fixed32 | ValueType::Sfixed32 => WireType::I32,
        ValueType::String | ValueType::Bytes | ValueType::Message(_) => WireType::Len,
        _ => WireType::Varint,
    })
}

/// Appends what is in a message, without what delimits it.
fn write_content(
    schema: &DatasetSchema,
    field: &Field,
    message: &MessageType,
    value: &Captured,
    out: &mut Vec<u8>,
) -> Result<()> {
    match (WellKnown::of(message), value) {
        (Some(WellKnown::Timestamp), _) => output::timestamp(timestamp(field, value)?, out),
        (Some(WellKnown::Duration), _) => output::duration(duration(field, value)?, out),
        (Some(WellKnown::Uuid), _) => output::wrapped(&identifier(field, value)?, out),
        (Some(WellKnown::Geometry), _) => output::wrapped(&geometry(field, value)?, out),
        (None, Captured::Bytes(encoded)) => out.extend_from_slice(encoded),
        (None, Captured::Map(entries)) => {
            let entries: Vec<_> = entries.iter().collect();
            write_message(schema, message, Zeros::LeftOut, &entries, out)
                .map_err(|error| error.inside(field.name()))?;
        }
        (None, _) => {
            let expected = format!("a struct or map with the fields of {}", message.full_name());
            return Err(wrong(field, &expected, value));
        }
    }
    Ok(())
}
