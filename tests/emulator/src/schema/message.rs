//! The one encoding of a known message, whatever order and form its fields were sent in.
//!
//! A datapoint is known by the hash of its bytes, so equal values must have equal bytes (the protobuf guide, "Proto
//! Serialization Is Not Canonical"). Which encoding the real server hashes is not known.

use std::collections::{BTreeMap, HashMap};
use std::sync::LazyLock;

use prost::Message;
use prost::encoding::encode_varint;
use prost_types::field_descriptor_proto::{Label, Type};
use prost_types::{DescriptorProto, FieldDescriptorProto, FileDescriptorSet};
use tilebox_core::protocol::wire::WELL_KNOWN_TYPES;

use crate::protobuf::{self, Value, WireType, read_varint};

/// Messages that lie deeper are left as they are. Decoders refuse them.
const DEEPEST: usize = 100;

/// The known messages by their full name with a leading dot, also those within others.
static MESSAGES: LazyLock<HashMap<String, KnownMessage>> = LazyLock::new(|| {
    // The constant is a valid set; were it not, every message would stay as it was sent.
    let set = FileDescriptorSet::decode(WELL_KNOWN_TYPES).unwrap_or_default();
    let mut messages = HashMap::new();
    for file in &set.file {
        let is_proto3 = file.syntax() == "proto3";
        for message in &file.message_type {
            add(message, &format!(".{}", file.package()), is_proto3, &mut messages);
        }
    }
    messages
});

struct KnownMessage {
    fields: HashMap<u32, KnownField>,
    is_map_entry: bool,
}

#[derive(Clone)]
struct KnownField {
    r#type: Type,
    type_name: String,
    is_repeated: bool,
    /// Whether zero means that it is absent.
    is_implicit: bool,
    /// Fields of the same one exclude each other.
    oneof: Option<i32>,
}

fn add(message: &DescriptorProto, parent: &str, is_proto3: bool, to: &mut HashMap<String, KnownMessage>) {
    let name = format!("{parent}.{}", message.name());
    for nested in &message.nested_type {
        add(nested, &name, is_proto3, to);
    }
    let is_map_entry = message.options.as_ref().is_some_and(prost_types::MessageOptions::map_entry);
    let field =
        |field: &FieldDescriptorProto| Some((u32::try_from(field.number()).ok()?, known_field(field, is_proto3)));
    let fields = message.field.iter().filter_map(field).collect();
    to.insert(name, KnownMessage { fields, is_map_entry });
}

fn known_field(field: &FieldDescriptorProto, is_proto3: bool) -> KnownField {
    let is_repeated = field.label() == Label::Repeated;
    let oneof = field.oneof_index.filter(|_| !field.proto3_optional());
    let has_presence = field.proto3_optional() || oneof.is_some() || field.r#type() == Type::Message;
    KnownField {
        r#type: field.r#type(),
        type_name: field.type_name().to_owned(),
        is_repeated,
        is_implicit: is_proto3 && !is_repeated && !has_presence,
        oneof,
    }
}

/// Encodes a message of this type with ascending fields, packed numbers, maps in the order of their keys, and nothing
/// that means the same when it is absent. Unknown fields stay. A message of an unknown type, or one that is broken,
/// stays as it is.
pub(super) fn canonical_message(type_name: &str, message: &[u8]) -> Vec<u8> {
    canonical(type_name, message, 0).unwrap_or_else(|| message.to_vec())
}

fn canonical(type_name: &str, message: &[u8], depth: usize) -> Option<Vec<u8>> {
    let known = MESSAGES.get(type_name).filter(|_| depth < DEEPEST)?;
    let mut values: BTreeMap<u32, Values> = BTreeMap::new();
    for field in protobuf::fields(message) {
        let field = field?;
        let Some(known_field) = known.fields.get(&field.number) else {
            values.entry(field.number).or_default().add_unknown(field.number, &field.value);
            continue;
        };
        if known_field.oneof.is_some() {
            values.retain(|number, _| {
                let other = known.fields.get(number);
                *number == field.number || other.is_none_or(|other| other.oneof != known_field.oneof)
            });
        }
        values.entry(field.number).or_default().add(field.number, known_field, &field.value)?;
    }
    let mut canonical = Vec::with_capacity(message.len());
    for (number, values) in values {
        canonical.extend(values.unknown);
        if let Some(field) = known.fields.get(&number) {
            write(number, field, &values.known, known.is_map_entry, depth, &mut canonical);
        }
    }
    Some(canonical)
}

/// The values of one field.
#[derive(Default)]
struct Values {
    /// Without their key and, in case of bytes, their length.
    known: Vec<Vec<u8>>,
    /// As they are encoded.
    unknown: Vec<u8>,
}

impl Values {
    fn add_unknown(&mut self, number: u32, value: &Value<'_>) {
        match value {
            Value::Bytes(bytes) => protobuf::write_bytes(number, bytes, &mut self.unknown),
            Value::Varint(varint) => protobuf::write_varint(number, *varint, &mut self.unknown),
            Value::Fixed64(bytes) => {
                protobuf::write_key(number, WireType::SixtyFourBit, &mut self.unknown);
                self.unknown.extend(bytes);
            }
            Value::Fixed32(bytes) => {
                protobuf::write_key(number, WireType::ThirtyTwoBit, &mut self.unknown);
                self.unknown.extend(bytes);
            }
        }
    }

    fn add(&mut self, number: u32, field: &KnownField, value: &Value<'_>) -> Option<()> {
        match (wire_type(field.r#type), value) {
            (WireType::LengthDelimited, Value::Bytes(bytes)) => match self.known.last_mut() {
                // Parts of a message add up.
                Some(before) if field.r#type == Type::Message && !field.is_repeated => before.extend_from_slice(bytes),
                _ => self.put(field, bytes.to_vec()),
            },
            (WireType::Varint, Value::Varint(varint)) => self.put(field, number_of(field.r#type, *varint)),
            (WireType::SixtyFourBit, Value::Fixed64(bytes)) => self.put(field, bytes.to_vec()),
            (WireType::ThirtyTwoBit, Value::Fixed32(bytes)) => self.put(field, bytes.to_vec()),
            (wire_type, Value::Bytes(packed)) if field.is_repeated => self.unpack(field, wire_type, packed)?,
            // A value of another type is what the field does not know.
            _ => self.add_unknown(number, value),
        }
        Some(())
    }

    fn put(&mut self, field: &KnownField, value: Vec<u8>) {
        if !field.is_repeated {
            self.known.clear();
        }
        self.known.push(value);
    }

    fn unpack(&mut self, field: &KnownField, wire_type: WireType, packed: &[u8]) -> Option<()> {
        let size = match wire_type {
            WireType::SixtyFourBit => 8,
            WireType::ThirtyTwoBit => 4,
            _ => {
                let mut position = 0;
                while position < packed.len() {
                    let (varint, end) = read_varint(packed, position)?;
                    self.known.push(number_of(field.r#type, varint));
                    position = end;
                }
                return Some(());
            }
        };
        let values = packed.chunks_exact(size);
        values.remainder().is_empty().then(|| self.known.extend(values.map(<[u8]>::to_vec)))
    }
}

fn write(number: u32, field: &KnownField, values: &[Vec<u8>], in_entry: bool, depth: usize, to: &mut Vec<u8>) {
    let wire_type = wire_type(field.r#type);
    if wire_type != WireType::LengthDelimited {
        if field.is_repeated {
            let packed = values.concat();
            if !packed.is_empty() {
                protobuf::write_bytes(number, &packed, to);
            }
        } else if let Some(value) =
            values.last().filter(|value| !field.is_implicit || value.iter().any(|byte| *byte != 0))
        {
            protobuf::write_key(number, wire_type, to);
            to.extend(value);
        }
        return;
    }
    if field.r#type != Type::Message {
        for value in values.iter().filter(|value| !field.is_implicit || !value.is_empty()) {
            protobuf::write_bytes(number, value, to);
        }
        return;
    }
    let messages =
        values.iter().map(|value| canonical(&field.type_name, value, depth + 1).unwrap_or_else(|| value.clone()));
    if MESSAGES.get(&field.type_name).is_some_and(|message| message.is_map_entry) {
        // Of two entries of a key the last one counts.
        let entries: BTreeMap<Vec<u8>, Vec<u8>> = messages.map(|entry| (key_of(&entry), entry)).collect();
        entries.values().for_each(|entry| protobuf::write_bytes(number, entry, to));
        return;
    }
    for message in messages {
        // In an entry of a map, an empty message is the same as none.
        if !(in_entry && message.is_empty()) {
            protobuf::write_bytes(number, &message, to);
        }
    }
}

/// The encoded key of an entry of a map, which is its first field.
fn key_of(entry: &[u8]) -> Vec<u8> {
    match protobuf::fields(entry).next().flatten() {
        Some(protobuf::Field { number: 1, end, .. }) => entry.get(..end).unwrap_or_default().to_vec(),
        _ => Vec::new(),
    }
}

fn wire_type(r#type: Type) -> WireType {
    match r#type {
        Type::Double | Type::Fixed64 | Type::Sfixed64 => WireType::SixtyFourBit,
        Type::Float | Type::Fixed32 | Type::Sfixed32 => WireType::ThirtyTwoBit,
        Type::String | Type::Bytes | Type::Message | Type::Group => WireType::LengthDelimited,
        _ => WireType::Varint,
    }
}

/// A number as it is encoded, cut to what its type holds.
fn number_of(r#type: Type, varint: u64) -> Vec<u8> {
    let varint = match r#type {
        Type::Bool => u64::from(varint != 0),
        Type::Int32 | Type::Enum => i64::from(varint as i32).cast_unsigned(),
        Type::Uint32 | Type::Sint32 => u64::from(varint as u32),
        _ => varint,
    };
    let mut encoded = Vec::with_capacity(10);
    encode_varint(varint, &mut encoded);
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use prost_types::Duration;
    use tilebox_core::protocol::wire::datasets::stac::v1 as stac;

    const DURATION: &str = ".google.protobuf.Duration";
    const SOFTWARE: &str = ".datasets.stac.v1.ProcessingSoftware";
    const STORAGE: &str = ".datasets.stac.v1.Storage";

    #[test]
    fn fields_and_maps_have_one_order() {
        let mut swapped = Vec::new();
        protobuf::write_varint(2, 5, &mut swapped);
        protobuf::write_varint(1, 7, &mut swapped);
        assert_eq!(canonical_message(DURATION, &swapped), Duration { seconds: 7, nanos: 5 }.encode_to_vec());

        let entry = |key: &str, value: &str| {
            let mut entry = Vec::new();
            protobuf::write_bytes(2, value.as_bytes(), &mut entry);
            protobuf::write_bytes(1, key.as_bytes(), &mut entry);
            entry
        };
        let map = |entries: &[(&str, &str)]| {
            let mut map = Vec::new();
            entries.iter().for_each(|(key, value)| protobuf::write_bytes(1, &entry(key, value), &mut map));
            canonical_message(SOFTWARE, &map)
        };
        let versions = [("a", "1"), ("b", "2")].map(|(key, value)| (key.to_owned(), value.to_owned())).into();
        let expected = stac::ProcessingSoftware { versions }.encode_to_vec();
        assert_eq!(map(&[("b", "2"), ("a", "1")]), expected);
        assert_eq!(map(&[("a", "0"), ("b", "2"), ("a", "1")]), expected, "the last value of a key counts");
    }

    #[test]
    fn forms_of_one_value_are_one_and_different_values_are_not() {
        let mut zero = Vec::new();
        protobuf::write_varint(1, 0, &mut zero);
        assert!(canonical_message(DURATION, &zero).is_empty(), "zero is absent");
        assert!(!canonical_message(".google.protobuf.Value", &[0x10 | 1, 0, 0, 0, 0, 0, 0, 0, 0]).is_empty());
        // The members of a oneof exclude each other, and the last one counts: a null, then a text.
        let mut both = Vec::new();
        protobuf::write_bytes(3, b"text", &mut both);
        let alone = both.clone();
        let mut first = Vec::new();
        protobuf::write_varint(1, 0, &mut first);
        assert_eq!(canonical_message(".google.protobuf.Value", &[first.clone(), both.clone()].concat()), alone);
        assert_eq!(canonical_message(".google.protobuf.Value", &[both, first.clone()].concat()), first);
        // An explicit zero differs from none.
        let mut nodata = Vec::new();
        protobuf::write_double(5, 0.0, &mut nodata);
        assert_eq!(canonical_message(".datasets.stac.v1.EOProperties", &[]), Vec::<u8>::new());
        let minus_zero = [0x09, 0, 0, 0, 0, 0, 0, 0, 0x80];
        assert_eq!(canonical_message(".datasets.v1.Vec3", &minus_zero), minus_zero);
    }

    #[test]
    fn what_is_unknown_or_broken_stays() {
        let mut message = Vec::new();
        protobuf::write_bytes(99, b"later", &mut message);
        protobuf::write_varint(1, 7, &mut message);
        let mut expected = Vec::new();
        protobuf::write_varint(1, 7, &mut expected);
        protobuf::write_bytes(99, b"later", &mut expected);
        assert_eq!(canonical_message(DURATION, &message), expected);
        assert_eq!(canonical_message(".made.Up", &message), message);
        assert_eq!(canonical_message(DURATION, &[0xff]), [0xff]);
        let deep = (0..1000).fold(Vec::new(), |inner, _| {
            let (mut list, mut value) = (Vec::new(), Vec::new());
            protobuf::write_bytes(1, &inner, &mut list);
            protobuf::write_bytes(6, &list, &mut value);
            value
        });
        assert_eq!(canonical_message(".google.protobuf.Value", &deep), deep);
    }

    fn scheme() -> impl Strategy<Value = stac::StorageScheme> {
        let text = || prop::option::of("[a-c]{0,2}");
        (text(), text(), prop::option::of(any::<bool>()), text()).prop_map(|(title, region, requester_pays, bucket)| {
            stac::StorageScheme { title, region, requester_pays, bucket, ..Default::default() }
        })
    }

    proptest! {
        #[test]
        fn a_message_keeps_its_meaning_in_any_order(
            schemes in prop::collection::btree_map("[a-d]{0,2}", scheme(), 0..4),
            seed in any::<u64>(),
        ) {
            let message = stac::Storage { schemes };
            let sent = message.encode_to_vec();
            let shuffled = shuffle(&sent, &mut fastrand::Rng::with_seed(seed));
            let canonical = canonical_message(STORAGE, &shuffled);
            prop_assert_eq!(&canonical, &canonical_message(STORAGE, &sent));
            prop_assert_eq!(&canonical, &canonical_message(STORAGE, &canonical));
            prop_assert_eq!(stac::Storage::decode(&canonical[..]).expect("a message"), message);
        }

        #[test]
        fn any_bytes_are_taken(bytes in prop::collection::vec(any::<u8>(), 0..60), index in any::<prop::sample::Index>()) {
            let mut names: Vec<_> = MESSAGES.keys().collect();
            names.sort_unstable();
            let name = names[index.index(names.len())];
            let canonical = canonical_message(name, &bytes);
            prop_assert_eq!(&canonical, &canonical_message(name, &canonical));
        }
    }

    /// The entries of a map of messages in another order, and in each the value before the key.
    fn shuffle(map: &[u8], random: &mut fastrand::Rng) -> Vec<u8> {
        let mut entries: Vec<Vec<u8>> = protobuf::fields(map)
            .map(|entry| {
                let entry = entry.expect("an entry");
                let Value::Bytes(fields) = entry.value else { panic!("an entry is a message") };
                let mut shuffled = Vec::new();
                protobuf::write_bytes(entry.number, &reverse(fields), &mut shuffled);
                shuffled
            })
            .collect();
        random.shuffle(&mut entries);
        entries.concat()
    }

    fn reverse(message: &[u8]) -> Vec<u8> {
        let mut start = 0;
        let mut fields: Vec<&[u8]> = Vec::new();
        for field in protobuf::fields(message) {
            let end = field.expect("a field").end;
            fields.push(&message[start..end]);
            start = end;
        }
        fields.reverse();
        fields.concat()
    }
}
