//! Handwritten descriptors, and prost-reflect as another reader of the same bytes.

use prost::Message;
use prost_reflect::{DescriptorPool, MessageDescriptor};
use prost_types::field_descriptor_proto::{Label, Type};
use prost_types::{DescriptorProto, FieldDescriptorProto, FileDescriptorProto, FileDescriptorSet};
use tilebox_core::protocol::wire::WELL_KNOWN_TYPES;
use tilebox_core::protocol::wire::datasets::v1::{AnnotatedType, DatasetKind};
use tilebox_core::schema::DatasetSchema;

/// The full name of the datapoint type of [`annotated`].
pub const DATAPOINT: &str = "test.v1.Datapoint";

/// Returns a field with at most one value.
#[must_use]
pub fn field(name: &str, number: i32, kind: Type) -> FieldDescriptorProto {
    FieldDescriptorProto {
        name: Some(name.to_owned()),
        number: Some(number),
        label: Some(Label::Optional.into()),
        r#type: Some(kind.into()),
        ..Default::default()
    }
}

/// Returns a field of a named type: a message, a group or an enum.
#[must_use]
pub fn named(name: &str, number: i32, kind: Type, type_name: &str) -> FieldDescriptorProto {
    FieldDescriptorProto { type_name: Some(type_name.to_owned()), ..field(name, number, kind) }
}

/// Makes the field repeated.
#[must_use]
pub fn repeated(field: FieldDescriptorProto) -> FieldDescriptorProto {
    FieldDescriptorProto { label: Some(Label::Repeated.into()), ..field }
}

/// Returns the description of a dataset whose datapoints have the required fields (1 to 3) and the fields of `datapoint`.
#[must_use]
pub fn annotated(mut datapoint: DescriptorProto, others: Vec<DescriptorProto>) -> AnnotatedType {
    datapoint.name = Some("Datapoint".to_owned());
    let required = [
        named("time", 1, Type::Message, ".google.protobuf.Timestamp"),
        named("id", 2, Type::Message, ".datasets.v1.UUID"),
        named("ingestion_time", 3, Type::Message, ".google.protobuf.Timestamp"),
    ];
    datapoint.field.splice(..0, required);
    let file = FileDescriptorProto {
        name: Some("test/v1/datapoint.proto".to_owned()),
        package: Some("test.v1".to_owned()),
        dependency: [
            "google/protobuf/timestamp.proto",
            "google/protobuf/duration.proto",
            "google/protobuf/struct.proto",
            "datasets/v1/well_known_types.proto",
        ]
        .map(str::to_owned)
        .to_vec(),
        message_type: std::iter::once(datapoint).chain(others).collect(),
        syntax: Some("proto2".to_owned()),
        ..Default::default()
    };
    AnnotatedType {
        descriptor_set: FileDescriptorSet { file: vec![file] }.encode_to_vec().into(),
        type_url: DATAPOINT.to_owned(),
        kind: DatasetKind::Temporal.into(),
        field_annotations: Vec::new(),
    }
}

/// Returns the schema of a description.
///
/// # Panics
///
/// Panics when the description is not valid.
#[must_use]
#[expect(clippy::expect_used, reason = "what the tests describe is valid")]
pub fn schema(annotated: &AnnotatedType) -> DatasetSchema {
    DatasetSchema::from_annotated_type(annotated).expect("a valid description")
}

/// Returns the datapoint type of a description for prost-reflect.
///
/// Editions are read as proto2, because prost-reflect does not support them; presence is explicit, the default of editions.
///
/// # Panics
///
/// Panics when prost-reflect refuses the description.
#[must_use]
#[expect(clippy::expect_used, reason = "what the tests describe is valid")]
pub fn datapoint(annotated: &AnnotatedType) -> MessageDescriptor {
    let mut set = FileDescriptorSet::decode(WELL_KNOWN_TYPES).expect("the well-known types");
    let described = FileDescriptorSet::decode(annotated.descriptor_set.clone()).expect("a set of descriptors");
    set.file.extend(described.file);
    for file in set.file.iter_mut().filter(|file| file.syntax() != "proto3") {
        file.syntax = Some("proto2".to_owned());
        file.message_type.iter_mut().for_each(without_synthetic_oneofs);
    }
    let pool = DescriptorPool::from_file_descriptor_set(set).expect("prost-reflect accepts the description");
    let name = annotated.type_url.trim_start_matches('.');
    pool.get_message_by_name(name).expect("the datapoint type")
}

/// Removes the oneofs that represent `optional` in proto3. They come after all others.
fn without_synthetic_oneofs(message: &mut DescriptorProto) {
    let mut synthetic = 0;
    for field in message.field.iter_mut().filter(|field| field.proto3_optional()) {
        (field.proto3_optional, field.oneof_index) = (None, None);
        synthetic += 1;
    }
    message.oneof_decl.truncate(message.oneof_decl.len() - synthetic);
    message.nested_type.iter_mut().for_each(without_synthetic_oneofs);
}
