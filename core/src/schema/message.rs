//! Message types and their fields.

use std::sync::Arc;

use super::EnumType;
use crate::protocol::wire::datasets::v1::FieldAnnotation;

/// The id of a message type in a [`DatasetSchema`](super::DatasetSchema).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct MessageId(pub(super) usize);

/// A message type: a name and fields.
#[derive(Clone, Debug)]
pub struct MessageType {
    pub(super) full_name: String,
    pub(super) fields: Vec<Field>,
    pub(super) oneofs: Vec<String>,
    pub(super) is_map_entry: bool,
    pub(super) is_recursive: bool,
    pub(super) is_known: bool,
}

impl MessageType {
    /// Returns the name with its package, without a leading dot: `google.protobuf.Timestamp`.
    #[must_use]
    pub fn full_name(&self) -> &str {
        &self.full_name
    }

    /// Returns the fields in the order of the descriptor.
    #[must_use]
    pub fn fields(&self) -> &[Field] {
        &self.fields
    }

    /// Returns the field with this name.
    #[must_use]
    pub fn field(&self, name: &str) -> Option<&Field> {
        self.fields.iter().find(|field| field.name == name)
    }

    /// Returns the names of the oneofs, which [`Field::oneof`] counts from zero.
    #[must_use]
    pub fn oneofs(&self) -> &[String] {
        &self.oneofs
    }

    /// Returns whether this is the entry of a map, with the fields `key` (1) and `value` (2).
    #[must_use]
    pub fn is_map_entry(&self) -> bool {
        self.is_map_entry
    }

    /// Returns whether a message of this type can contain another one, directly or through other types.
    #[must_use]
    pub fn is_recursive(&self) -> bool {
        self.is_recursive
    }

    /// Returns whether the fields are known. They are unknown, and none are listed, if neither the dataset's own file nor
    /// this version defines the type.
    #[must_use]
    pub fn is_known(&self) -> bool {
        self.is_known
    }

    /// Returns the key and the value of a map entry.
    pub(crate) fn entry_fields(&self) -> Option<(&Field, &Field)> {
        let by_number = |number| self.fields.iter().find(|field| field.number == number);
        by_number(1).zip(by_number(2))
    }
}

/// One field of a message type.
#[derive(Clone, Debug)]
pub struct Field {
    pub(super) name: String,
    pub(super) number: u32,
    pub(super) value_type: ValueType,
    pub(super) is_repeated: bool,
    pub(super) is_map: bool,
    pub(super) oneof: Option<usize>,
    pub(super) has_presence: bool,
    pub(super) encoding: MessageEncoding,
    pub(super) annotation: Option<FieldAnnotation>,
}

impl Field {
    /// Returns the name in the dataset, in snake case by convention.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns the number on the wire, 1 to 2²⁹ − 1.
    #[must_use]
    pub fn number(&self) -> u32 {
        self.number
    }

    /// Returns the type of one value; of a repeated field, of one element; of a map, the message type of an entry.
    #[must_use]
    pub fn value_type(&self) -> &ValueType {
        &self.value_type
    }

    /// Returns whether the field holds any number of values. Maps are repeated entries.
    #[must_use]
    pub fn is_repeated(&self) -> bool {
        self.is_repeated
    }

    /// Returns whether the field is a map.
    #[must_use]
    pub fn is_map(&self) -> bool {
        self.is_map
    }

    /// Returns the index in [`MessageType::oneofs`] of the field's oneof: setting the field clears its other members.
    ///
    /// `None` for the synthetic oneof of an `optional` field in proto3.
    #[must_use]
    pub fn oneof(&self) -> Option<usize> {
        self.oneof
    }

    /// Returns whether an absent value differs from a zero. Repeated fields have no presence. Neither have numbers,
    /// booleans, enums, text and bytes in a proto3 file without `optional`, or with the edition feature
    /// `field_presence = IMPLICIT`. Members of a oneof always have presence.
    #[must_use]
    pub fn has_presence(&self) -> bool {
        self.has_presence
    }

    /// Returns the dataset's annotation of the field. Only fields of the datapoint type itself have one.
    #[must_use]
    pub fn annotation(&self) -> Option<&FieldAnnotation> {
        self.annotation.as_ref()
    }

    pub(crate) fn encoding(&self) -> MessageEncoding {
        self.encoding
    }
}

/// The protobuf type of one value.
#[derive(Clone, Debug)]
#[non_exhaustive]
#[expect(missing_docs, reason = "the scalar types have the names and the meaning of protobuf's own")]
pub enum ValueType {
    Double,
    Float,
    Int32,
    Int64,
    Uint32,
    Uint64,
    Sint32,
    Sint64,
    Fixed32,
    Fixed64,
    Sfixed32,
    Sfixed64,
    Bool,
    String,
    Bytes,
    Enum(Arc<EnumType>),
    /// A message or a group; see [`DatasetSchema::message`](super::DatasetSchema::message).
    Message(MessageId),
}

/// The encoding of the messages in a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum MessageEncoding {
    /// A length before the message.
    LengthPrefixed,
    /// Start and end tags: a group of proto2, or a message with the edition feature `message_encoding = DELIMITED`.
    Delimited,
}
