//! A datapoint as clients send it, brought into the one form in which it is stored and hashed.

use prost::encoding::encode_varint;
use prost_types::Timestamp;

use super::known;
use super::message::canonical_message;
use super::{FieldKind, Schema, SchemaField};
use crate::protobuf::{self, Value, read_varint};

/// The numbers of time, id and ingestion time. The latter two are the server's to set.
const TIME: u32 = 1;
const HEAD_FIELDS: u32 = 3;
/// The longest text in a field that filters may name, in characters.
const LONGEST_QUERYABLE_STRING: usize = 1024;

/// A datapoint that fits its type.
pub(crate) struct Canonical {
    pub(crate) time: Timestamp,
    /// All fields but time, id and ingestion time, in ascending order of their numbers.
    pub(crate) rest: Vec<u8>,
}

/// Decodes a datapoint by its type. Whatever order its fields are in, they come out in ascending order, repeated
/// numbers packed; of several values of a single field the last one counts, and parts of a message add up. Fields that
/// the type does not have are left out. Known messages inside of fields have one encoding too.
///
/// # Errors
///
/// Says what does not fit.
pub(crate) fn canonical(schema: &Schema, message: &[u8]) -> Result<Canonical, String> {
    let mut slots: Vec<Slot> = schema.fields().iter().map(|_| Slot::default()).collect();
    for field in protobuf::fields(message) {
        let field = field.ok_or("it is no protobuf message")?;
        let Some(position) = schema.position(field.number) else { continue };
        let (Some(known), Some(slot)) = (schema.fields().get(position), slots.get_mut(position)) else { continue };
        slot.add(known, &field.value).map_err(|reason| format!("field {:?}: {reason}", known.name))?;
    }
    let mut time = None;
    let mut rest = Vec::with_capacity(message.len());
    for (field, slot) in schema.fields().iter().zip(slots) {
        slot.check(field).map_err(|reason| format!("field {:?}: {reason}", field.name))?;
        if field.number == TIME {
            time = slot.values.first().map(|value| known::timestamp(value)).transpose()?;
        }
        if field.number > HEAD_FIELDS {
            slot.write(field, &mut rest);
        }
    }
    Ok(Canonical { time: time.ok_or("field \"time\": a value is required")?, rest })
}

/// The values of one field; numbers as they are encoded without their key.
#[derive(Default)]
struct Slot {
    values: Vec<Vec<u8>>,
}

impl Slot {
    fn add(&mut self, field: &SchemaField, value: &Value<'_>) -> Result<(), &'static str> {
        const WRONG: &str = "its value has another type";
        match (&field.kind, value) {
            (FieldKind::String | FieldKind::Bytes | FieldKind::Other, Value::Bytes(bytes)) => {
                self.put(field, bytes.to_vec())
            }
            (FieldKind::Message(_), Value::Bytes(bytes)) => match self.values.last_mut() {
                Some(before) if !field.repeated => before.extend_from_slice(bytes),
                _ => self.values.push(bytes.to_vec()),
            },
            (FieldKind::Double, Value::Fixed64(bytes)) => self.put(field, bytes.to_vec()),
            (FieldKind::Float, Value::Fixed32(bytes)) => self.put(field, bytes.to_vec()),
            (kind, Value::Varint(number)) => self.put(field, integer(kind, *number).ok_or(WRONG)?),
            (kind, Value::Bytes(packed)) if field.repeated => self.unpack(kind, packed).ok_or(WRONG)?,
            _ => return Err(WRONG),
        }
        Ok(())
    }

    fn put(&mut self, field: &SchemaField, value: Vec<u8>) {
        if !field.repeated {
            self.values.clear();
        }
        self.values.push(value);
    }

    fn unpack(&mut self, kind: &FieldKind, packed: &[u8]) -> Option<()> {
        let size = match kind {
            FieldKind::Double => 8,
            FieldKind::Float => 4,
            _ => {
                let mut position = 0;
                while position < packed.len() {
                    let (number, end) = read_varint(packed, position)?;
                    self.values.push(integer(kind, number)?);
                    position = end;
                }
                return Some(());
            }
        };
        let values = packed.chunks_exact(size);
        if !values.remainder().is_empty() {
            return None;
        }
        self.values.extend(values.map(<[u8]>::to_vec));
        Some(())
    }

    fn check(&self, field: &SchemaField) -> Result<(), &'static str> {
        for value in &self.values {
            match &field.kind {
                FieldKind::String => {
                    let text = std::str::from_utf8(value).map_err(|_| "its text is not UTF-8")?;
                    // No string has more characters than bytes.
                    if field.queryable
                        && text.len() > LONGEST_QUERYABLE_STRING
                        && text.chars().count() > LONGEST_QUERYABLE_STRING
                    {
                        return Err("text that filters may name has at most 1024 characters");
                    }
                }
                // What clients send as id and ingestion time is not looked at.
                FieldKind::Message(type_name) if field.number == TIME || field.number > HEAD_FIELDS => {
                    known::check_message(type_name, value)?;
                }
                _ => {}
            }
        }
        Ok(())
    }

    fn write(self, field: &SchemaField, to: &mut Vec<u8>) {
        let numeric =
            !matches!(field.kind, FieldKind::String | FieldKind::Bytes | FieldKind::Message(_) | FieldKind::Other);
        if field.repeated && numeric {
            let packed = self.values.concat();
            if !packed.is_empty() {
                protobuf::write_bytes(field.number, &packed, to);
            }
            return;
        }
        for value in self.values {
            let value = match &field.kind {
                FieldKind::Message(type_name) => canonical_message(type_name, &value),
                _ => value,
            };
            match field.kind {
                FieldKind::Double => protobuf::write_key(field.number, protobuf::WireType::SixtyFourBit, to),
                FieldKind::Float => protobuf::write_key(field.number, protobuf::WireType::ThirtyTwoBit, to),
                _ if numeric => protobuf::write_key(field.number, protobuf::WireType::Varint, to),
                _ => protobuf::write_header(field.number, value.len(), to),
            }
            to.extend(value);
        }
    }
}

/// An integer as it is encoded, cut to what its type holds.
fn integer(kind: &FieldKind, number: u64) -> Option<Vec<u8>> {
    let number = match kind {
        FieldKind::Bool => u64::from(number != 0),
        FieldKind::Int32 | FieldKind::Enum => i64::from(number as i32).cast_unsigned(),
        FieldKind::Int64 | FieldKind::Uint64 => number,
        _ => return None,
    };
    let mut encoded = Vec::with_capacity(10);
    encode_varint(number, &mut encoded);
    Some(encoded)
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
    fn fields_come_out_in_one_order_and_form() {
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
    fn what_does_not_fit_is_named() {
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
