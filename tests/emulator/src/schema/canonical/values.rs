//! The values of one field, from the form in which they were sent to the canonical one.

use prost::encoding::{encode_key, encode_varint};
use prost_types::field_descriptor_proto::Type;

use crate::protobuf::{self, Value, WireType, read_varint};

/// The way in which a field encodes its values.
#[derive(Clone, Copy)]
pub(super) struct Encoding {
    pub(super) r#type: Type,
    pub(super) is_repeated: bool,
}

/// The reason for which a value cannot be added to a field.
#[derive(Debug)]
pub(super) enum ValueError {
    /// The value has the wire type of another field type.
    OtherType,
    /// Packed numbers are truncated.
    Malformed,
}

impl Encoding {
    pub(super) fn is_numeric(self) -> bool {
        self.wire_type() != WireType::LengthDelimited
    }

    fn wire_type(self) -> WireType {
        match self.r#type {
            Type::Double | Type::Fixed64 | Type::Sfixed64 => WireType::SixtyFourBit,
            Type::Float | Type::Fixed32 | Type::Sfixed32 => WireType::ThirtyTwoBit,
            Type::String | Type::Bytes | Type::Message | Type::Group => WireType::LengthDelimited,
            _ => WireType::Varint,
        }
    }

    /// Encodes an integer, truncated to the range of the type.
    fn encode_varint(self, varint: u64) -> Vec<u8> {
        let varint = match self.r#type {
            Type::Bool => u64::from(varint != 0),
            Type::Int32 | Type::Enum => i64::from(varint as i32).cast_unsigned(),
            Type::Uint32 | Type::Sint32 => u64::from(varint as u32),
            _ => varint,
        };
        let mut encoded = Vec::with_capacity(10);
        encode_varint(varint, &mut encoded);
        encoded
    }
}

/// The encoded values of one field, without keys and lengths.
#[derive(Default)]
pub(super) struct Values(pub(super) Vec<Vec<u8>>);

impl Values {
    /// Adds a value. The last value of a single field replaces the others, and parts of a message are merged.
    pub(super) fn add(&mut self, encoding: Encoding, value: &Value<'_>) -> Result<(), ValueError> {
        match (encoding.wire_type(), value) {
            (WireType::LengthDelimited, Value::Bytes(bytes)) => match self.0.last_mut() {
                // Concatenated messages are one message with the fields of both.
                Some(before) if encoding.r#type == Type::Message && !encoding.is_repeated => {
                    before.extend_from_slice(bytes);
                }
                _ => self.put(encoding, bytes.to_vec()),
            },
            (WireType::Varint, Value::Varint(varint)) => self.put(encoding, encoding.encode_varint(*varint)),
            (WireType::SixtyFourBit, Value::Fixed64(bytes)) => self.put(encoding, bytes.to_vec()),
            (WireType::ThirtyTwoBit, Value::Fixed32(bytes)) => self.put(encoding, bytes.to_vec()),
            (_, Value::Bytes(packed)) if encoding.is_repeated => return self.unpack(encoding, packed),
            _ => return Err(ValueError::OtherType),
        }
        Ok(())
    }

    fn put(&mut self, encoding: Encoding, value: Vec<u8>) {
        if !encoding.is_repeated {
            self.0.clear();
        }
        self.0.push(value);
    }

    fn unpack(&mut self, encoding: Encoding, packed: &[u8]) -> Result<(), ValueError> {
        let size = match encoding.wire_type() {
            WireType::SixtyFourBit => 8,
            WireType::ThirtyTwoBit => 4,
            _ => {
                let mut position = 0;
                while position < packed.len() {
                    let (varint, end) = read_varint(packed, position).ok_or(ValueError::Malformed)?;
                    self.0.push(encoding.encode_varint(varint));
                    position = end;
                }
                return Ok(());
            }
        };
        let values = packed.chunks_exact(size);
        if !values.remainder().is_empty() {
            return Err(ValueError::Malformed);
        }
        self.0.extend(values.map(<[u8]>::to_vec));
        Ok(())
    }

    /// Writes the values as fields; repeated numbers are packed.
    pub(super) fn write(self, number: u32, encoding: Encoding, to: &mut Vec<u8>) {
        if encoding.is_repeated && encoding.is_numeric() {
            let packed = self.0.concat();
            if !packed.is_empty() {
                protobuf::write_bytes(number, &packed, to);
            }
            return;
        }
        for value in self.0 {
            encode_key(number, encoding.wire_type(), to);
            if !encoding.is_numeric() {
                encode_varint(value.len() as u64, to);
            }
            to.extend(value);
        }
    }
}
