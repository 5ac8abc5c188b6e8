//! What the values of a field are.

use tilebox_tokio::schema::{DatasetSchema, Field, ValueType};

/// The kind of the values of a field, or of the elements of its lists.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::source) enum Kind {
    Integer,
    Double,
    Float,
    Bool,
    Text,
    Bytes,
    Enum,
    Time,
    Duration,
    Identifier,
    Geometry,
    /// A message of named fields, or an encoded one.
    Message,
}

impl Kind {
    pub(in crate::source) fn of(schema: &DatasetSchema, field: &Field) -> Self {
        match field.value_type() {
            ValueType::Double => Self::Double,
            ValueType::Float => Self::Float,
            ValueType::Bool => Self::Bool,
            ValueType::String => Self::Text,
            ValueType::Bytes => Self::Bytes,
            ValueType::Enum(_) => Self::Enum,
            ValueType::Message(id) => match schema.message(*id).map(|message| message.full_name()) {
                Some("google.protobuf.Timestamp") => Self::Time,
                Some("google.protobuf.Duration") => Self::Duration,
                Some("datasets.v1.UUID" | "tilebox.v1.ID") => Self::Identifier,
                Some("datasets.v1.Geometry") => Self::Geometry,
                _ => Self::Message,
            },
            _ => Self::Integer,
        }
    }
}
