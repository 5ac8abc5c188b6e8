//! Encodes record values as messages of the type of a dataset.

use std::cmp::Ordering;

use bytes::Bytes;

use super::convert::{Result, expects, is_missing, scalar, write_well_known};
use super::record_value::RecordValue;
use crate::columns::EncodeError;
use crate::columns::encode::output;
use crate::columns::wire::WireType;
use crate::schema::well_known::{SET_BY_SERVER, WellKnown};
use crate::schema::{DatasetSchema, Field, MessageEncoding, MessageType, limits};

/// Encodes a record as a message of the datapoint type, without the fields that the server sets.
pub(super) fn datapoint(schema: &DatasetSchema, record: &RecordValue) -> Result<Bytes> {
    let RecordValue::Map(entries) = record else {
        let problem = format!("belongs to a struct or a map, and the record is {}", record.describe());
        return Err(EncodeError::of_field("time", problem));
    };
    let is_set_by_server =
        |name: &RecordValue| matches!(name, RecordValue::Text(name) if SET_BY_SERVER.contains(&name.as_str()));
    let entries = entries.iter().filter(|(name, _)| !is_set_by_server(name));
    let mut message = Vec::new();
    write_message(schema, schema.datapoint(), Defaults::Written, entries, &mut message)?;
    Ok(message.into())
}

/// Whether the defaults of fields without presence are written.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Defaults {
    /// In datapoints: a column tells a zero from a null.
    Written,
    /// In nested messages, as every sender does.
    Omitted,
}

fn write_message<'a>(
    schema: &DatasetSchema,
    message: &MessageType,
    defaults: Defaults,
    entries: impl Iterator<Item = &'a (RecordValue, RecordValue)>,
    out: &mut Vec<u8>,
) -> Result<()> {
    let mut fields: Vec<(&Field, &RecordValue)> = Vec::new();
    for (name, value) in entries {
        let name = match name {
            RecordValue::Text(name) => name.as_str(),
            other => return Err(EncodeError::of_field(&other.describe(), "is not the name of a field")),
        };
        let field = limits::field(message, name).map_err(|problem| EncodeError::of_field(name, problem))?;
        if fields.iter().any(|(other, _)| other.number() == field.number()) {
            return Err(EncodeError::of_field(name, "is a duplicate; give it once"));
        }
        fields.push((field, value));
    }
    fields.sort_unstable_by_key(|(field, _)| field.number());
    fields.into_iter().try_for_each(|(field, value)| write_field(schema, field, value, defaults, out))
}

fn write_field(
    schema: &DatasetSchema,
    field: &Field,
    value: &RecordValue,
    defaults: Defaults,
    out: &mut Vec<u8>,
) -> Result<()> {
    match value {
        _ if is_missing(field, value) => Ok(()),
        RecordValue::Map(entries) if field.is_map() => write_map(schema, field, entries, out),
        _ if field.is_map() => Err(expects(field, "a map", value)),
        RecordValue::List(elements) if field.is_repeated() => write_list(schema, field, elements, out),
        _ if field.is_repeated() => Err(expects(field, "a list", value)),
        _ => write_one(schema, field, value, defaults, out),
    }
}

fn write_one(
    schema: &DatasetSchema,
    field: &Field,
    value: &RecordValue,
    defaults: Defaults,
    out: &mut Vec<u8>,
) -> Result<()> {
    if let Some(message) = schema.message_type(field) {
        let mut content = Vec::new();
        write_content(schema, field, message, value, &mut content)?;
        output::message_field(field.number(), field.encoding(), out, |out| out.extend(content));
        return Ok(());
    }
    let scalar = scalar(field, value)?;
    if defaults == Defaults::Written || field.has_presence() || !scalar.is_default() {
        scalar.write_field(field.number(), out);
    }
    Ok(())
}

fn write_list(schema: &DatasetSchema, field: &Field, elements: &[RecordValue], out: &mut Vec<u8>) -> Result<()> {
    if !WireType::of(field).can_be_packed() {
        let mut elements = elements.iter();
        return elements.try_for_each(|element| write_one(schema, field, element, Defaults::Written, out));
    }
    let scalars: Vec<_> = elements.iter().map(|element| scalar(field, element)).collect::<Result<_>>()?;
    if !scalars.is_empty() {
        output::packed_field(field.number(), out, |packed| scalars.iter().for_each(|scalar| scalar.write(packed)));
    }
    Ok(())
}

/// Appends the entries in the order of their keys, so that the same map always encodes to the same bytes.
fn write_map(
    schema: &DatasetSchema,
    field: &Field,
    entries: &[(RecordValue, RecordValue)],
    out: &mut Vec<u8>,
) -> Result<()> {
    let Some((key_field, value_field)) = schema.message_type(field).and_then(MessageType::entry_fields) else {
        return Err(EncodeError::of_field(field.name(), "is a map without keys"));
    };
    let mut sorted: Vec<_> = entries.iter().collect();
    sorted.sort_by(|(left, _), (right, _)| match (left, right) {
        (RecordValue::Text(left), RecordValue::Text(right)) => left.cmp(right),
        (RecordValue::Integer(left), RecordValue::Integer(right)) => left.cmp(right),
        (RecordValue::Bool(left), RecordValue::Bool(right)) => left.cmp(right),
        _ => Ordering::Equal,
    });
    for (key, value) in sorted {
        let mut entry = Vec::new();
        write_one(schema, key_field, key, Defaults::Written, &mut entry)
            .and_then(|()| write_field(schema, value_field, value, Defaults::Written, &mut entry))
            .map_err(|error| error.inside(field.name()))?;
        output::message_field(field.number(), MessageEncoding::LengthPrefixed, out, |out| out.extend(entry));
    }
    Ok(())
}

/// Appends the content of a message, without its length or tags.
fn write_content(
    schema: &DatasetSchema,
    field: &Field,
    message: &MessageType,
    value: &RecordValue,
    out: &mut Vec<u8>,
) -> Result<()> {
    match (WellKnown::of(message), value) {
        (Some(known), _) => write_well_known(known, field, value, out)?,
        (None, RecordValue::Bytes(encoded)) => out.extend_from_slice(encoded),
        (None, RecordValue::Map(entries)) => {
            write_message(schema, message, Defaults::Omitted, entries.iter(), out)
                .map_err(|error| error.inside(field.name()))?;
        }
        (None, _) => {
            let expected = format!("a struct or map with the fields of {}", message.full_name());
            return Err(expects(field, &expected, value));
        }
    }
    Ok(())
}
