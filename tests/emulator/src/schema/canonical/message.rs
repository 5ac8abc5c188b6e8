//! The canonical encoding of a well-known message, regardless of the order and form of its fields.

use std::collections::{BTreeMap, HashMap};
use std::sync::LazyLock;

use prost::Message;
use prost_types::field_descriptor_proto::{Label, Type};
use prost_types::{DescriptorProto, FieldDescriptorProto, FileDescriptorSet};
use tilebox_core::protocol::wire::WELL_KNOWN_TYPES;

use super::values::{Encoding, ValueError, Values};
use crate::protobuf;

/// The deepest nesting of messages; deeper ones keep their encoding. Decoders refuse them.
const MAXIMUM_DEPTH: usize = 100;

/// The well-known messages by their full name with a leading dot, including nested ones.
static MESSAGES: LazyLock<HashMap<String, WellKnownMessage>> = LazyLock::new(|| {
    // The constant is a valid set. Without it, every message would keep its encoding.
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

struct WellKnownMessage {
    fields: HashMap<u32, WellKnownField>,
    is_map_entry: bool,
}

struct WellKnownField {
    encoding: Encoding,
    type_name: String,
    /// Whether zero and absence are the same.
    is_implicit: bool,
    /// The index of the oneof, of whose fields at most one is present.
    oneof: Option<i32>,
}

fn add(message: &DescriptorProto, parent: &str, is_proto3: bool, to: &mut HashMap<String, WellKnownMessage>) {
    let name = format!("{parent}.{}", message.name());
    for nested in &message.nested_type {
        add(nested, &name, is_proto3, to);
    }
    let is_map_entry = message.options.as_ref().is_some_and(prost_types::MessageOptions::map_entry);
    let field =
        |field: &FieldDescriptorProto| Some((u32::try_from(field.number()).ok()?, well_known_field(field, is_proto3)));
    let fields = message.field.iter().filter_map(field).collect();
    to.insert(name, WellKnownMessage { fields, is_map_entry });
}

fn well_known_field(field: &FieldDescriptorProto, is_proto3: bool) -> WellKnownField {
    let is_repeated = field.label() == Label::Repeated;
    let oneof = field.oneof_index.filter(|_| !field.proto3_optional());
    let has_presence = field.proto3_optional() || oneof.is_some() || field.r#type() == Type::Message;
    WellKnownField {
        encoding: Encoding { r#type: field.r#type(), is_repeated },
        type_name: field.type_name().to_owned(),
        is_implicit: is_proto3 && !is_repeated && !has_presence,
        oneof,
    }
}

/// Encodes a message of this type canonically: ascending fields, packed numbers, maps in the order of their keys, no
/// value that equals absence. Unknown fields stay. A message of an unknown type and a malformed one keep their encoding.
pub(super) fn canonical_message(type_name: &str, message: &[u8]) -> Vec<u8> {
    canonical(type_name, message, 0).unwrap_or_else(|| message.to_vec())
}

fn canonical(type_name: &str, message: &[u8], depth: usize) -> Option<Vec<u8>> {
    let well_known = MESSAGES.get(type_name).filter(|_| depth < MAXIMUM_DEPTH)?;
    let mut fields: BTreeMap<u32, FieldValues> = BTreeMap::new();
    for sent in protobuf::fields(message) {
        let sent = sent?;
        let field = well_known.fields.get(&sent.number);
        if let Some(field) = field.filter(|field| field.oneof.is_some()) {
            fields.retain(|number, _| {
                let other = well_known.fields.get(number);
                *number == sent.number || other.is_none_or(|other| other.oneof != field.oneof)
            });
        }
        fields.entry(sent.number).or_default().add(field, &sent)?;
    }
    let mut canonical = Vec::with_capacity(message.len());
    for (number, FieldValues { known, unknown }) in fields {
        canonical.extend(unknown);
        if let Some(field) = well_known.fields.get(&number) {
            let known = canonical_values(field, known, well_known.is_map_entry, depth);
            known.write(number, field.encoding, &mut canonical);
        }
    }
    Some(canonical)
}

/// The values of one field.
#[derive(Default)]
struct FieldValues {
    known: Values,
    /// Encoded fields that have this number, but not the type.
    unknown: Vec<u8>,
}

impl FieldValues {
    fn add(&mut self, field: Option<&WellKnownField>, sent: &protobuf::Field<'_>) -> Option<()> {
        let added = match field {
            Some(field) => self.known.add(field.encoding, &sent.value),
            None => Err(ValueError::OtherType),
        };
        match added {
            Ok(()) => Some(()),
            Err(ValueError::OtherType) => {
                protobuf::write_value(sent.number, &sent.value, &mut self.unknown);
                Some(())
            }
            Err(ValueError::Malformed) => None,
        }
    }
}

/// Brings the values themselves into canonical form, and drops those that equal absence.
fn canonical_values(field: &WellKnownField, values: Values, in_map_entry: bool, depth: usize) -> Values {
    if field.encoding.r#type != Type::Message {
        let is_zero = |value: &Vec<u8>| match field.encoding.is_numeric() {
            true => value.iter().all(|byte| *byte == 0),
            false => value.is_empty(),
        };
        return Values(values.0.into_iter().filter(|value| !(field.is_implicit && is_zero(value))).collect());
    }
    let messages = values.0.into_iter().map(|value| canonical(&field.type_name, &value, depth + 1).unwrap_or(value));
    if MESSAGES.get(&field.type_name).is_some_and(|message| message.is_map_entry) {
        // The last entry with a key replaces the others.
        let entries: BTreeMap<Vec<u8>, Vec<u8>> = messages.map(|entry| (key_of(&entry), entry)).collect();
        return Values(entries.into_values().collect());
    }
    // In a map entry, an empty message equals absence.
    Values(messages.filter(|message| !(in_map_entry && message.is_empty())).collect())
}

/// Returns the encoded key of a map entry, which is its first field.
fn key_of(entry: &[u8]) -> Vec<u8> {
    match protobuf::fields(entry).next().flatten() {
        Some(protobuf::Field { number: 1, end, .. }) => entry.get(..end).unwrap_or_default().to_vec(),
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protobuf::Value;
    use proptest::prelude::*;
    use prost_types::Duration;
    use tilebox_core::protocol::wire::datasets::stac::v1 as stac;

    const DURATION: &str = ".google.protobuf.Duration";
    const SOFTWARE: &str = ".datasets.stac.v1.ProcessingSoftware";
    const STORAGE: &str = ".datasets.stac.v1.Storage";

    #[test]
    fn fields_and_map_entries_are_sorted() {
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
        assert_eq!(map(&[("a", "0"), ("b", "2"), ("a", "1")]), expected, "the last value of a key wins");
    }

    #[test]
    fn equal_values_have_equal_bytes() {
        let mut zero = Vec::new();
        protobuf::write_varint(1, 0, &mut zero);
        assert!(canonical_message(DURATION, &zero).is_empty(), "zero is absent");
        assert!(!canonical_message(".google.protobuf.Value", &[0x10 | 1, 0, 0, 0, 0, 0, 0, 0, 0]).is_empty());
        // The last member of a oneof wins: here a null and a string.
        let mut both = Vec::new();
        protobuf::write_bytes(3, b"text", &mut both);
        let alone = both.clone();
        let mut first = Vec::new();
        protobuf::write_varint(1, 0, &mut first);
        assert_eq!(canonical_message(".google.protobuf.Value", &[first.clone(), both.clone()].concat()), alone);
        assert_eq!(canonical_message(".google.protobuf.Value", &[both, first.clone()].concat()), first);
        // With explicit presence, zero differs from absence.
        let mut nodata = Vec::new();
        protobuf::write_double(5, 0.0, &mut nodata);
        assert_eq!(canonical_message(".datasets.stac.v1.EOProperties", &[]), Vec::<u8>::new());
        let minus_zero = [0x09, 0, 0, 0, 0, 0, 0, 0, 0x80];
        assert_eq!(canonical_message(".datasets.v1.Vec3", &minus_zero), minus_zero);
    }

    #[test]
    fn unknown_and_malformed_input_is_unchanged() {
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
        fn order_of_fields_does_not_matter(
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
        fn any_bytes_are_accepted(bytes in prop::collection::vec(any::<u8>(), 0..60), index in any::<prop::sample::Index>()) {
            let mut names: Vec<_> = MESSAGES.keys().collect();
            names.sort_unstable();
            let name = names[index.index(names.len())];
            let canonical = canonical_message(name, &bytes);
            prop_assert_eq!(&canonical, &canonical_message(name, &canonical));
        }
    }

    /// Shuffles the entries of a map, and puts the value of each before its key.
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
