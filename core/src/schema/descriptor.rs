//! Descriptor messages, with the fields that are read.
//!
//! They follow `google/protobuf/descriptor.proto`. The types of `prost-types` lack the features of editions, and decoding
//! drops the fields that a type lacks.

use prost::Message;
use prost_types::EnumDescriptorProto;

#[derive(Clone, PartialEq, Message)]
pub(super) struct FileSet {
    #[prost(message, repeated, tag = "1")]
    pub(super) file: Vec<FileDescriptor>,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct FileDescriptor {
    #[prost(string, tag = "1")]
    pub(super) name: String,
    #[prost(string, tag = "2")]
    pub(super) package: String,
    #[prost(string, repeated, tag = "3")]
    pub(super) dependency: Vec<String>,
    #[prost(message, repeated, tag = "4")]
    pub(super) message_type: Vec<MessageDescriptor>,
    #[prost(message, repeated, tag = "5")]
    pub(super) enum_type: Vec<EnumDescriptorProto>,
    #[prost(message, optional, tag = "8")]
    pub(super) options: Option<FileOptions>,
    #[prost(string, tag = "12")]
    pub(super) syntax: String,
    #[prost(int32, tag = "14")]
    pub(super) edition: i32,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct MessageDescriptor {
    #[prost(string, tag = "1")]
    pub(super) name: String,
    #[prost(message, repeated, tag = "2")]
    pub(super) field: Vec<FieldDescriptor>,
    #[prost(message, repeated, tag = "3")]
    pub(super) nested_type: Vec<MessageDescriptor>,
    #[prost(message, repeated, tag = "4")]
    pub(super) enum_type: Vec<EnumDescriptorProto>,
    #[prost(message, optional, tag = "7")]
    pub(super) options: Option<MessageOptions>,
    #[prost(message, repeated, tag = "8")]
    pub(super) oneof_decl: Vec<OneofDescriptor>,
}

impl MessageDescriptor {
    pub(super) fn is_map_entry(&self) -> bool {
        self.options.as_ref().is_some_and(|options| options.map_entry)
    }
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct FieldDescriptor {
    #[prost(string, tag = "1")]
    pub(super) name: String,
    #[prost(int32, tag = "3")]
    pub(super) number: i32,
    /// A `prost_types::field_descriptor_proto::Label`.
    #[prost(int32, tag = "4")]
    pub(super) label: i32,
    /// A `prost_types::field_descriptor_proto::Type`.
    #[prost(int32, optional, tag = "5")]
    pub(super) r#type: Option<i32>,
    #[prost(string, optional, tag = "6")]
    pub(super) type_name: Option<String>,
    #[prost(message, optional, tag = "8")]
    pub(super) options: Option<FieldOptions>,
    #[prost(int32, optional, tag = "9")]
    pub(super) oneof_index: Option<i32>,
    #[prost(bool, tag = "17")]
    pub(super) proto3_optional: bool,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct OneofDescriptor {
    #[prost(string, tag = "1")]
    pub(super) name: String,
    #[prost(message, optional, tag = "2")]
    pub(super) options: Option<OneofOptions>,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct FileOptions {
    #[prost(message, optional, tag = "50")]
    pub(super) features: Option<FeatureSet>,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct MessageOptions {
    #[prost(bool, tag = "7")]
    pub(super) map_entry: bool,
    #[prost(message, optional, tag = "12")]
    pub(super) features: Option<FeatureSet>,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct FieldOptions {
    #[prost(message, optional, tag = "21")]
    pub(super) features: Option<FeatureSet>,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct OneofOptions {
    #[prost(message, optional, tag = "1")]
    pub(super) features: Option<FeatureSet>,
}

/// The features that a file, message, oneof or field sets. An absent or unknown feature is inherited.
///
/// Features without influence on decoding are left out: elements are read packed and unpacked, and enums keep numbers
/// without a name.
#[derive(Clone, Copy, PartialEq, Message)]
pub(super) struct FeatureSet {
    #[prost(enumeration = "FieldPresence", optional, tag = "1")]
    pub(super) field_presence: Option<i32>,
    #[prost(enumeration = "FeatureEncoding", optional, tag = "5")]
    pub(super) message_encoding: Option<i32>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, prost::Enumeration)]
#[repr(i32)]
pub(super) enum FieldPresence {
    Unknown = 0,
    Explicit = 1,
    Implicit = 2,
    LegacyRequired = 3,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, prost::Enumeration)]
#[repr(i32)]
pub(super) enum FeatureEncoding {
    Unknown = 0,
    LengthPrefixed = 1,
    Delimited = 2,
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Compares with bytes written by hand from the numbers of `descriptor.proto`.
    #[test]
    fn features_have_the_numbers_of_the_specification() {
        let features = Some(FeatureSet {
            field_presence: Some(FieldPresence::Implicit.into()),
            message_encoding: Some(FeatureEncoding::Delimited.into()),
        });
        let set = [0x08, 2, 0x28, 2];
        let after = |tag: &[u8]| [tag, &[4], &set].concat();
        assert_eq!(FileOptions { features }.encode_to_vec(), after(&[0x92, 0x03]));
        assert_eq!(MessageOptions { map_entry: false, features }.encode_to_vec(), after(&[0x62]));
        assert_eq!(FieldOptions { features }.encode_to_vec(), after(&[0xaa, 0x01]));
        assert_eq!(OneofOptions { features }.encode_to_vec(), after(&[0x0a]));
        let options = |tag: u8| vec![tag, 0];
        assert_eq!(
            FileDescriptor { options: Some(FileOptions::default()), edition: 1000, ..Default::default() }
                .encode_to_vec(),
            [options(0x42), vec![0x70, 0xe8, 0x07]].concat()
        );
        let message = MessageDescriptor { options: Some(MessageOptions::default()), ..Default::default() };
        assert_eq!(message.encode_to_vec(), options(0x3a));
        let field = FieldDescriptor { options: Some(FieldOptions::default()), ..Default::default() };
        assert_eq!(field.encode_to_vec(), options(0x42));
        let oneof = OneofDescriptor { options: Some(OneofOptions::default()), ..Default::default() };
        assert_eq!(oneof.encode_to_vec(), options(0x12));
    }
}
