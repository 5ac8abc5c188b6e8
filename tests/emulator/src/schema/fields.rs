//! The fields of a type, for ingestion and filters.

use prost::Message;
use prost_types::field_descriptor_proto::{Label, Type};
use prost_types::{DescriptorProto, FieldDescriptorProto, FileDescriptorSet};
use tilebox_core::protocol::wire::datasets::v1::{AnnotatedType, FieldAnnotation};

/// The fields of a type, ordered by number.
#[derive(Clone, Debug, Default)]
pub(crate) struct Schema(Vec<SchemaField>);

/// One field of a type.
#[derive(Clone, Debug)]
pub(crate) struct SchemaField {
    pub(crate) number: u32,
    pub(crate) name: String,
    pub(crate) kind: FieldKind,
    pub(crate) repeated: bool,
    /// Whether filters can use the field.
    pub(crate) queryable: bool,
}

/// The type of a field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum FieldKind {
    Bool,
    Int32,
    Int64,
    Uint64,
    Double,
    Float,
    String,
    Bytes,
    Enum,
    /// A message with this full name and a leading dot.
    Message(String),
    /// A type that datasets of the API do not use, such as `fixed32`.
    Other,
}

impl Schema {
    /// Reads the fields of the message that a type describes. A malformed type has no fields.
    pub(crate) fn of(r#type: &AnnotatedType) -> Self {
        let set = FileDescriptorSet::decode(r#type.descriptor_set.clone()).unwrap_or_default();
        let mut messages = set.file.iter().flat_map(|file| {
            file.message_type
                .iter()
                .map(|message| format!("{}.{}", file.package(), message.name()))
                .zip(&file.message_type)
        });
        let Some((_, message)) = messages.find(|(name, _)| *name == r#type.type_url) else { return Self::default() };
        Self::of_message(message, &r#type.field_annotations)
    }

    /// Reads the fields of a message. Annotations belong to fields by position.
    pub(crate) fn of_message(message: &DescriptorProto, annotations: &[FieldAnnotation]) -> Self {
        let no_annotation = FieldAnnotation::default();
        let annotations = annotations.iter().chain(std::iter::repeat(&no_annotation));
        let mut fields: Vec<_> = (message.field.iter().zip(annotations))
            .filter_map(|(field, annotation)| SchemaField::of(field, annotation))
            .collect();
        fields.sort_by_key(|field| field.number);
        Self(fields)
    }

    /// Returns all fields.
    pub(crate) fn fields(&self) -> &[SchemaField] {
        &self.0
    }

    /// Returns the field with this name.
    pub(crate) fn by_name(&self, name: &str) -> Option<&SchemaField> {
        self.0.iter().find(|field| field.name == name)
    }

    /// Returns the position in [`fields`](Self::fields) of the field with this number.
    pub(crate) fn position(&self, number: u32) -> Option<usize> {
        self.0.binary_search_by_key(&number, |field| field.number).ok()
    }
}

impl SchemaField {
    fn of(field: &FieldDescriptorProto, annotation: &FieldAnnotation) -> Option<Self> {
        Some(Self {
            number: u32::try_from(field.number()).ok().filter(|number| *number > 0)?,
            name: field.name().to_owned(),
            kind: FieldKind::of(field),
            repeated: field.label() == Label::Repeated,
            queryable: annotation.queryable,
        })
    }
}

impl FieldKind {
    /// Returns the kind of a described field.
    pub(crate) fn of(field: &FieldDescriptorProto) -> Self {
        match field.r#type() {
            Type::Bool => Self::Bool,
            Type::Int32 => Self::Int32,
            Type::Int64 => Self::Int64,
            Type::Uint64 => Self::Uint64,
            Type::Double => Self::Double,
            Type::Float => Self::Float,
            Type::String => Self::String,
            Type::Bytes => Self::Bytes,
            Type::Enum => Self::Enum,
            Type::Message => Self::Message(format!(".{}", field.type_name().trim_start_matches('.'))),
            _ => Self::Other,
        }
    }

    /// Returns whether filters can compare fields of this kind.
    pub(crate) fn is_comparable(&self) -> bool {
        matches!(self, Self::Bool | Self::Int32 | Self::Int64 | Self::Uint64 | Self::Double | Self::String)
    }
}
