//! The canonical encoding of a datapoint.

use prost_types::Timestamp;
use prost_types::field_descriptor_proto::Type;

use super::message::canonical_message;
use super::values::{Encoding, Values};
use crate::protobuf;
use crate::schema::{FieldKind, Schema, SchemaField, well_known};

/// The field number of the time.
const TIME: u32 = 1;
/// The number of fields that the server sets or indexes: time, id and ingestion time.
const HEAD_FIELDS: u32 = 3;
/// The longest string in a queryable field, in characters.
const MAXIMUM_QUERYABLE_STRING: usize = 1024;

/// A datapoint that matches its type, in canonical encoding.
pub(crate) struct Canonical {
    pub(crate) time: Timestamp,
    /// All fields but time, id and ingestion time, in ascending order of their numbers.
    pub(crate) rest: Vec<u8>,
}

/// Validates a datapoint against its type and encodes it canonically: fields in ascending order, repeated numbers
/// packed, one value for each single field, well-known messages in canonical encoding. Fields that the type does not
/// have are dropped.
///
/// # Errors
///
/// A message that names the field and the reason.
pub(crate) fn canonical(schema: &Schema, message: &[u8]) -> Result<Canonical, String> {
    let mut values: Vec<Values> = schema.fields().iter().map(|_| Values::default()).collect();
    for sent in protobuf::fields(message) {
        let sent = sent.ok_or("not a protobuf message")?;
        let Some(position) = schema.position(sent.number) else { continue };
        let (Some(field), Some(values)) = (schema.fields().get(position), values.get_mut(position)) else { continue };
        values
            .add(encoding(field), &sent.value)
            .map_err(|_| format!("field {:?}: the value is not of the type of the field", field.name))?;
    }
    let mut time = None;
    let mut rest = Vec::with_capacity(message.len());
    for (field, values) in schema.fields().iter().zip(values) {
        check(field, &values).map_err(|reason| format!("field {:?}: {reason}", field.name))?;
        if field.number == TIME {
            time = values.0.first().map(|value| well_known::timestamp(value)).transpose()?;
        }
        if field.number > HEAD_FIELDS {
            let values = match &field.kind {
                FieldKind::Message(type_name) => {
                    Values(values.0.iter().map(|value| canonical_message(type_name, value)).collect())
                }
                _ => values,
            };
            values.write(field.number, encoding(field), &mut rest);
        }
    }
    Ok(Canonical { time: time.ok_or("field \"time\": a value is required")?, rest })
}

fn encoding(field: &SchemaField) -> Encoding {
    let r#type = match field.kind {
        FieldKind::Bool => Type::Bool,
        FieldKind::Int32 => Type::Int32,
        FieldKind::Int64 => Type::Int64,
        FieldKind::Uint64 => Type::Uint64,
        FieldKind::Double => Type::Double,
        FieldKind::Float => Type::Float,
        FieldKind::String => Type::String,
        FieldKind::Bytes | FieldKind::Other => Type::Bytes,
        FieldKind::Enum => Type::Enum,
        FieldKind::Message(_) => Type::Message,
    };
    Encoding { r#type, is_repeated: field.repeated }
}

fn check(field: &SchemaField, values: &Values) -> Result<(), &'static str> {
    for value in &values.0 {
        match &field.kind {
            FieldKind::String => {
                let text = std::str::from_utf8(value).map_err(|_| "not valid UTF-8")?;
                // A string has at most as many characters as bytes, so short ones need no count.
                if field.queryable
                    && text.len() > MAXIMUM_QUERYABLE_STRING
                    && text.chars().count() > MAXIMUM_QUERYABLE_STRING
                {
                    return Err("expects at most 1024 characters, because the field is queryable");
                }
            }
            // The server replaces id and ingestion time, so any value is accepted there.
            FieldKind::Message(type_name) if field.number == TIME || field.number > HEAD_FIELDS => {
                well_known::check_message(type_name, value)?;
            }
            _ => {}
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use prost::Message;
    use prost_types::field_descriptor_proto::{Label, Type};
    use prost_types::{DescriptorProto, FieldDescriptorProto};

    fn schema() -> Schema {
        let field = |number, name: &str, r#type: Type, repeated: bool, type_name: &str| FieldDescriptorProto {
            name: Some(name.to_owned()),
            number: Some(number),
            label: Some(if repeated { Label::Repeated } else { Label::Optional }.into()),
            r#type: Some(r#type.into()),
            type_name: Some(type_name.to_owned()),
            ..FieldDescriptorProto::default()
        };
        let message = DescriptorProto {
            field: vec![
                field(1, "time", Type::Message, false, ".google.protobuf.Timestamp"),
                field(2, "id", Type::Message, false, ".datasets.v1.UUID"),
                field(4, "text", Type::String, false, ""),
                field(5, "number", Type::Int64, false, ""),
                field(6, "numbers", Type::Double, true, ""),
                field(7, "flags", Type::Bool, true, ""),
                field(8, "point", Type::Message, false, ".datasets.v1.LatLon"),
            ],
            ..DescriptorProto::default()
        };
        Schema::of_message(&message, &[])
    }

    fn time(to: &mut Vec<u8>) {
        protobuf::write_bytes(1, &Timestamp { seconds: 1, nanos: 2 }.encode_to_vec(), to);
    }

    #[test]
    fn fields_get_one_order_and_encoding() {
        let mut sent = Vec::new();
        protobuf::write_double(6, 2.0, &mut sent);
        protobuf::write_varint(7, 7, &mut sent);
        protobuf::write_varint(5, 1, &mut sent);
        protobuf::write_bytes(99, b"unknown", &mut sent);
        protobuf::write_varint(5, 0, &mut sent);
        time(&mut sent);
        protobuf::write_bytes(6, &3.0_f64.to_le_bytes(), &mut sent);
        protobuf::write_bytes(2, b"anything", &mut sent);
        protobuf::write_bytes(4, b"", &mut sent);
        let found = canonical(&schema(), &sent).expect("a datapoint");
        assert_eq!(found.time, Timestamp { seconds: 1, nanos: 2 });

        let mut expected = Vec::new();
        protobuf::write_bytes(4, b"", &mut expected);
        protobuf::write_varint(5, 0, &mut expected);
        protobuf::write_bytes(6, &[2.0_f64.to_le_bytes(), 3.0_f64.to_le_bytes()].concat(), &mut expected);
        protobuf::write_bytes(7, &[1], &mut expected);
        assert_eq!(found.rest, expected);
    }

    #[test]
    fn errors_name_the_field() {
        let reason = |number: u32, value: &[u8]| {
            let mut sent = Vec::new();
            time(&mut sent);
            protobuf::write_bytes(number, value, &mut sent);
            canonical(&schema(), &sent).err().expect("a refusal")
        };
        assert!(reason(4, &[0xff]).contains("\"text\""));
        assert!(reason(5, &[1]).contains("\"number\""));
        assert!(reason(6, &[1]).contains("\"numbers\""));
        assert!(reason(8, &[1]).contains("\"point\""));
        assert!(canonical(&schema(), &[]).err().expect("a refusal").contains("\"time\""));
        assert!(canonical(&schema(), &[0xff]).is_err());
    }
}
