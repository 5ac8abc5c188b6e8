//! Descriptors for tests.

use prost::Message as _;
use prost_types::field_descriptor_proto::{Label, Type};
use prost_types::{
    DescriptorProto, FieldDescriptorProto, FileDescriptorProto, FileDescriptorSet, MessageOptions, OneofDescriptorProto,
};

use super::descriptor::{FeatureEncoding, FeatureSet, FieldPresence, FileDescriptor, FileOptions, FileSet};
use crate::protocol::wire::datasets::v1::{AnnotatedType, DatasetKind};

pub(crate) fn field(name: &str, number: i32, kind: Type) -> FieldDescriptorProto {
    FieldDescriptorProto {
        name: Some(name.to_owned()),
        number: Some(number),
        label: Some(Label::Optional.into()),
        r#type: Some(kind.into()),
        ..Default::default()
    }
}

pub(crate) fn named(name: &str, number: i32, kind: Type, type_name: &str) -> FieldDescriptorProto {
    FieldDescriptorProto { type_name: Some(type_name.to_owned()), ..field(name, number, kind) }
}

pub(crate) fn required_fields() -> Vec<FieldDescriptorProto> {
    vec![
        named("time", 1, Type::Message, ".google.protobuf.Timestamp"),
        named("id", 2, Type::Message, "datasets.v1.UUID"),
        named("ingestion_time", 3, Type::Message, "google.protobuf.Timestamp"),
    ]
}

pub(crate) fn message(name: &str, fields: Vec<FieldDescriptorProto>) -> DescriptorProto {
    DescriptorProto { name: Some(name.to_owned()), field: fields, ..Default::default() }
}

/// Returns a dataset of type `test.v1.Sample` with the required fields and these.
pub(crate) fn annotated(
    fields: Vec<FieldDescriptorProto>,
    change: impl FnOnce(&mut FileDescriptorProto),
) -> AnnotatedType {
    let mut all = required_fields();
    all.extend(fields);
    let mut file = FileDescriptorProto {
        name: Some("test/v1/sample.proto".to_owned()),
        package: Some("test.v1".to_owned()),
        message_type: vec![message("Sample", all)],
        syntax: Some("proto3".to_owned()),
        ..Default::default()
    };
    change(&mut file);
    AnnotatedType {
        descriptor_set: FileDescriptorSet { file: vec![file] }.encode_to_vec().into(),
        type_url: "test.v1.Sample".to_owned(),
        kind: DatasetKind::Temporal.into(),
        field_annotations: Vec::new(),
    }
}

pub(crate) fn repeated(field: FieldDescriptorProto) -> FieldDescriptorProto {
    FieldDescriptorProto { label: Some(Label::Repeated.into()), ..field }
}

pub(crate) fn oneof(name: &str) -> OneofDescriptorProto {
    OneofDescriptorProto { name: Some(name.to_owned()), options: None }
}

pub(crate) fn map_entry(name: &str, key: FieldDescriptorProto, value: FieldDescriptorProto) -> DescriptorProto {
    let options = Some(MessageOptions { map_entry: Some(true), ..Default::default() });
    DescriptorProto { options, ..message(name, vec![key, value]) }
}

/// Returns the description in edition 2023, with changes to fields that `prost-types` drops.
pub(in crate::schema) fn edited(annotated: AnnotatedType, change: impl FnOnce(&mut FileDescriptor)) -> AnnotatedType {
    let mut set = FileSet::decode(annotated.descriptor_set).expect("a set of descriptors");
    for file in &mut set.file {
        (file.syntax, file.edition) = ("editions".to_owned(), 1000);
    }
    change(&mut set.file[0]);
    AnnotatedType { descriptor_set: set.encode_to_vec().into(), ..annotated }
}

/// Returns the description in an edition, with the file's feature `field_presence = IMPLICIT`.
pub(crate) fn implicit(annotated: AnnotatedType) -> AnnotatedType {
    with_features(annotated, FeatureSet { field_presence: Some(FieldPresence::Implicit.into()), ..Default::default() })
}

/// Returns the description in an edition, with the file's feature `message_encoding = DELIMITED`.
pub(crate) fn delimited(annotated: AnnotatedType) -> AnnotatedType {
    let encoding = Some(FeatureEncoding::Delimited.into());
    with_features(annotated, FeatureSet { message_encoding: encoding, ..Default::default() })
}

fn with_features(annotated: AnnotatedType, features: FeatureSet) -> AnnotatedType {
    edited(annotated, |file| file.options = Some(FileOptions { features: Some(features) }))
}
