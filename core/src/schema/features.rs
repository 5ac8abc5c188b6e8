//! Presence and message encoding of fields, from the syntax, edition and features of their file.

use super::MessageEncoding;
use super::descriptor::{
    FeatureEncoding, FeatureSet, FieldDescriptor, FieldPresence, FileDescriptor, MessageDescriptor,
};

/// The edition that stands for proto3.
const EDITION_PROTO3: i32 = 999;

/// The features in effect. Files pass them on to their messages, and messages to nested messages, oneofs and fields.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Features {
    /// Whether senders leave out the zeros of fields that do not always have presence.
    pub(super) is_presence_implicit: bool,
    /// The encoding of messages in fields other than maps.
    pub(super) encoding: MessageEncoding,
}

impl Features {
    /// Returns the features of a file. Compilers leave the syntax out for proto2. Only proto3 has implicit presence by
    /// default; no edition has.
    pub(super) fn of_file(file: &FileDescriptor) -> Self {
        let is_presence_implicit = match file.syntax.as_str() {
            "proto3" => true,
            "editions" => file.edition == EDITION_PROTO3,
            _ => false,
        };
        let default = Self { is_presence_implicit, encoding: MessageEncoding::LengthPrefixed };
        default.with(file.options.as_ref().and_then(|options| options.features.as_ref()))
    }

    /// Returns the features of a message, given those of the enclosing file or message.
    pub(super) fn of_message(self, message: &MessageDescriptor) -> Self {
        self.with(message.options.as_ref().and_then(|options| options.features.as_ref()))
    }

    /// Returns the features of a field, given those of its message.
    pub(super) fn of_field(self, message: &MessageDescriptor, field: &FieldDescriptor) -> Self {
        let oneof = field.oneof_index.and_then(|index| message.oneof_decl.get(usize::try_from(index).ok()?));
        self.with(oneof.and_then(|oneof| oneof.options.as_ref()?.features.as_ref()))
            .with(field.options.as_ref().and_then(|options| options.features.as_ref()))
    }

    fn with(self, stated: Option<&FeatureSet>) -> Self {
        let presence = stated.and_then(|stated| FieldPresence::try_from(stated.field_presence?).ok());
        let encoding = stated.and_then(|stated| FeatureEncoding::try_from(stated.message_encoding?).ok());
        Self {
            is_presence_implicit: match presence {
                Some(FieldPresence::Implicit) => true,
                Some(FieldPresence::Explicit | FieldPresence::LegacyRequired) => false,
                Some(FieldPresence::Unknown) | None => self.is_presence_implicit,
            },
            encoding: match encoding {
                Some(FeatureEncoding::Delimited) => MessageEncoding::Delimited,
                Some(FeatureEncoding::LengthPrefixed) => MessageEncoding::LengthPrefixed,
                Some(FeatureEncoding::Unknown) | None => self.encoding,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use prost_types::field_descriptor_proto::Type;
    use prost_types::{FieldDescriptorProto, FileDescriptorProto};

    use super::*;
    use crate::protocol::wire::datasets::v1::AnnotatedType;
    use crate::schema::descriptor::{FieldOptions, FileOptions, MessageOptions, OneofOptions};
    use crate::schema::samples::{annotated, edited, field, map_entry, message, named, oneof, repeated};
    use crate::schema::{DatasetSchema, Field, SchemaErrorKind};

    const IMPLICIT: i32 = FieldPresence::Implicit as i32;
    const EXPLICIT: i32 = FieldPresence::Explicit as i32;

    fn presence(presence: i32) -> Option<FeatureSet> {
        Some(FeatureSet { field_presence: Some(presence), message_encoding: None })
    }

    fn delimited() -> Option<FeatureSet> {
        Some(FeatureSet { field_presence: None, message_encoding: Some(FeatureEncoding::Delimited.into()) })
    }

    fn file(features: Option<FeatureSet>) -> Option<FileOptions> {
        Some(FileOptions { features })
    }

    fn message_options(features: Option<FeatureSet>) -> Option<MessageOptions> {
        Some(MessageOptions { map_entry: false, features })
    }

    fn field_options(features: Option<FeatureSet>) -> Option<FieldOptions> {
        Some(FieldOptions { features })
    }

    /// Returns a `Sample` with a field of each form, a nested `Inner`, and an `Other` in the same file.
    fn described() -> AnnotatedType {
        let fields = vec![
            field("number", 4, Type::Int32),
            FieldDescriptorProto { oneof_index: Some(0), ..field("chosen", 5, Type::Int32) },
            named("inner", 6, Type::Message, "Inner"),
            named("other", 7, Type::Message, "Other"),
            repeated(field("many", 8, Type::Int32)),
            repeated(named("inners", 9, Type::Message, "Inner")),
            repeated(named("map", 10, Type::Message, "MapEntry")),
            FieldDescriptorProto { oneof_index: Some(0), ..named("chosen_inner", 11, Type::Message, "Inner") },
            named("unknown", 12, Type::Message, "unknown.Type"),
            field("text", 13, Type::String),
        ];
        annotated(fields, |file: &mut FileDescriptorProto| {
            let value = named("value", 2, Type::Message, "Inner");
            let sample = &mut file.message_type[0];
            sample.oneof_decl = vec![oneof("choice")];
            sample.nested_type = vec![
                message("Inner", vec![field("depth", 1, Type::Int32)]),
                map_entry("MapEntry", field("key", 1, Type::String), value),
            ];
            file.message_type.push(message("Other", vec![field("width", 1, Type::Int32)]));
        })
    }

    fn schema(change: impl FnOnce(&mut FileDescriptor)) -> DatasetSchema {
        DatasetSchema::from_annotated_type(&edited(described(), change)).unwrap()
    }

    /// Returns the field with this path.
    fn find<'a>(schema: &'a DatasetSchema, path: &str) -> &'a Field {
        let mut names = path.split('.');
        let mut found = schema.field(names.next().unwrap()).unwrap();
        for name in names {
            found = schema.message_type(found).unwrap().field(name).unwrap();
        }
        found
    }

    /// Returns the fields with presence, of those that may lack it.
    fn present(schema: &DatasetSchema) -> Vec<&'static str> {
        let all = ["number", "text", "inner.depth", "other.width"];
        for name in ["time", "chosen", "inner", "other", "chosen_inner", "unknown"] {
            assert!(find(schema, name).has_presence(), "{name}");
        }
        assert!(!find(schema, "many").has_presence() && !find(schema, "map").has_presence());
        all.into_iter().filter(|path| find(schema, path).has_presence()).collect()
    }

    const ALL: [&str; 4] = ["number", "text", "inner.depth", "other.width"];

    #[test]
    fn the_syntax_or_the_edition_decides_the_presence() {
        for (syntax, edition, expected) in [
            ("", 0, &ALL[..]),
            ("proto2", 0, &ALL),
            ("proto3", 0, &[]),
            ("editions", 998, &ALL),
            ("editions", 999, &[]),
            ("editions", 1000, &ALL),
            ("editions", 1001, &ALL),
            ("editions", 99_999, &ALL),
        ] {
            let schema = schema(|file| (file.syntax, file.edition) = (syntax.to_owned(), edition));
            assert_eq!(present(&schema), expected, "{syntax} {edition}");
        }
    }

    #[test]
    fn a_file_passes_its_presence_on() {
        assert_eq!(present(&schema(|found| found.options = file(presence(IMPLICIT)))), [""; 0]);
        for stated in [EXPLICIT, FieldPresence::LegacyRequired.into(), 0, 9, -1] {
            assert_eq!(present(&schema(|found| found.options = file(presence(stated)))), ALL, "{stated}");
        }
    }

    #[test]
    fn a_message_overrides_the_presence_of_its_file() {
        let explicit = schema(|found| {
            found.options = file(presence(IMPLICIT));
            found.message_type[0].options = message_options(presence(EXPLICIT));
        });
        assert_eq!(present(&explicit), ["number", "text", "inner.depth"], "nested messages inherit it");
        let inner = schema(|found| found.message_type[0].nested_type[0].options = message_options(presence(IMPLICIT)));
        assert_eq!(present(&inner), ["number", "text", "other.width"]);
    }

    #[test]
    fn a_field_overrides_the_presence_of_its_message() {
        let implicit = schema(|found| {
            for field in &mut found.message_type[0].field {
                if field.name != "number" {
                    field.options = field_options(presence(IMPLICIT));
                }
            }
        });
        assert_eq!(present(&implicit), ["number", "inner.depth", "other.width"]);
        for stated in [EXPLICIT, FieldPresence::LegacyRequired.into()] {
            let explicit = schema(|found| {
                found.options = file(presence(IMPLICIT));
                found.message_type[0].field[3].options = field_options(presence(stated));
            });
            assert_eq!(present(&explicit), ["number"]);
        }
    }

    #[test]
    fn features_delimit_messages() {
        let delimited_in = |change: fn(&mut FileDescriptor)| {
            let schema = schema(change);
            assert_eq!(present(&schema), ALL);
            let is_delimited = |path: &&str| find(&schema, path).encoding() == MessageEncoding::Delimited;
            let paths = ["time", "inner", "other", "inners", "chosen_inner", "unknown"];
            let never = ["number", "chosen", "many", "text", "map", "map.key", "map.value"];
            assert!(!never.iter().any(is_delimited));
            paths.into_iter().filter(is_delimited).collect::<Vec<_>>()
        };
        assert_eq!(delimited_in(|_| {}), [""; 0]);
        assert_eq!(
            delimited_in(|found| found.options = file(delimited())),
            ["time", "inner", "other", "inners", "chosen_inner", "unknown"]
        );
        assert_eq!(
            delimited_in(|found| found.message_type[0].field[6].options = field_options(delimited())),
            ["other"]
        );
        let oneof = |found: &mut FileDescriptor| {
            found.message_type[0].oneof_decl[0].options = Some(OneofOptions { features: delimited() });
        };
        assert_eq!(delimited_in(oneof), ["chosen_inner"]);
    }

    #[test]
    fn an_invalid_descriptor_is_an_error() {
        let broken = AnnotatedType { descriptor_set: vec![0x0a, 0x05, 0x01].into(), ..described() };
        let error = DatasetSchema::from_annotated_type(&broken).unwrap_err();
        assert_eq!((error.kind(), error.to_string().lines().count()), (SchemaErrorKind::Invalid, 1), "{error}");
    }
}
