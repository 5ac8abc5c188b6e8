//! The types of fields.

use prost_types::field_descriptor_proto::Type;

/// The type of the values of a [`FieldDefinition`](super::FieldDefinition).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum FieldType {
    /// Text.
    String,
    /// Bytes.
    Bytes,
    /// A boolean.
    Bool,
    /// A signed integer of 32 bits.
    Int32,
    /// A signed integer of 64 bits.
    Int64,
    /// An unsigned integer of 64 bits.
    Uint64,
    /// A floating-point number of 64 bits.
    Float64,
    /// A message, by its full name such as `google.protobuf.Timestamp`.
    Message(String),
    /// An enum, by its full name such as `datasets.v1.ProcessingLevel`.
    Enum(String),
}

impl FieldType {
    /// Returns whether filters can use fields of this type.
    pub(super) fn can_be_queryable(&self) -> bool {
        !matches!(self, Self::Bytes | Self::Message(_) | Self::Enum(_))
    }

    pub(super) fn to_wire(&self) -> Type {
        match self {
            Self::String => Type::String,
            Self::Bytes => Type::Bytes,
            Self::Bool => Type::Bool,
            Self::Int32 => Type::Int32,
            Self::Int64 => Type::Int64,
            Self::Uint64 => Type::Uint64,
            Self::Float64 => Type::Double,
            Self::Message(_) => Type::Message,
            Self::Enum(_) => Type::Enum,
        }
    }

    /// Returns the full name of a message or an enum.
    pub(super) fn type_name(&self) -> Option<&str> {
        match self {
            Self::Message(name) | Self::Enum(name) => Some(name),
            _ => None,
        }
    }
}
