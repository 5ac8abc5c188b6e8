//! Builds the type of a dataset from its fields, following the rules that recorded types follow.

use prost::Message;
use prost_types::field_descriptor_proto::{Label, Type};
use prost_types::{DescriptorProto, FieldDescriptorProto, FileDescriptorProto};
use tilebox_core::wire::datasets::v1::{AnnotatedType, DatasetKind, FieldAnnotation};
use uuid::Uuid;

use crate::protobuf;
use crate::store::DatasetType;

/// The files that every type imports.
const IMPORTS: [&str; 3] =
    ["google/protobuf/duration.proto", "google/protobuf/timestamp.proto", "datasets/v1/well_known_types.proto"];
/// `FileDescriptorProto.edition`, which the descriptor messages of this version do not have, and `EDITION_2023`.
const EDITION_FIELD: u32 = 14;
const EDITION_2023: u64 = 1000;
/// The numbers of `FileDescriptorSet.file` and `AnnotatedType.descriptor_set`.
const FILE_FIELD: u32 = 1;
const DESCRIPTOR_SET_FIELD: u32 = 1;

/// One field of a type.
pub(crate) struct FieldSpec {
    pub(crate) name: &'static str,
    pub(crate) r#type: Type,
    /// The full name of a message or an enum, with a leading dot; empty otherwise.
    pub(crate) type_name: &'static str,
    pub(crate) description: &'static str,
    pub(crate) example: &'static str,
    /// Whether filters may name it.
    pub(crate) queryable: bool,
}

/// The type of a dataset in a group: one file named after the group, one message named after the dataset, fields
/// numbered by position.
pub(crate) fn dataset_type(group: Uuid, code_name: &str, kind: DatasetKind, fields: &[FieldSpec]) -> DatasetType {
    let package = format!("datasets.v1.group_{}", group.simple());
    let message_name = camel_case(code_name, true);
    let type_url = format!("{package}.{message_name}");

    let file = FileDescriptorProto {
        name: Some(format!("{}/{message_name}.proto", package.replace('.', "/"))),
        package: Some(package),
        dependency: IMPORTS.map(str::to_owned).to_vec(),
        message_type: vec![DescriptorProto {
            name: Some(message_name),
            field: fields.iter().zip(1..).map(|(field, number)| descriptor(field, number)).collect(),
            ..DescriptorProto::default()
        }],
        syntax: Some("editions".to_owned()),
        ..FileDescriptorProto::default()
    };
    let mut encoded_file = file.encode_to_vec();
    protobuf::write_varint(EDITION_FIELD, EDITION_2023, &mut encoded_file);
    let mut descriptor_set = Vec::new();
    protobuf::write_bytes(FILE_FIELD, &encoded_file, &mut descriptor_set);

    let mut encoded = Vec::new();
    protobuf::write_bytes(DESCRIPTOR_SET_FIELD, &descriptor_set, &mut encoded);
    let annotations = AnnotatedType {
        descriptor_set: None,
        type_url: type_url.clone(),
        field_annotations: fields.iter().map(annotation).collect(),
        kind: kind.into(),
    };
    encoded.extend(annotations.encode_to_vec());
    DatasetType { encoded: encoded.into(), type_url, kind }
}

fn descriptor(field: &FieldSpec, number: i32) -> FieldDescriptorProto {
    FieldDescriptorProto {
        name: Some(field.name.to_owned()),
        number: Some(number),
        label: Some(Label::Optional.into()),
        r#type: Some(field.r#type.into()),
        type_name: (!field.type_name.is_empty()).then(|| field.type_name.to_owned()),
        json_name: Some(camel_case(field.name, false)),
        ..FieldDescriptorProto::default()
    }
}

fn annotation(field: &FieldSpec) -> FieldAnnotation {
    FieldAnnotation {
        description: field.description.to_owned(),
        example_value: field.example.to_owned(),
        queryable: field.queryable,
        ..FieldAnnotation::default()
    }
}

/// `sentinel2_msi` as `Sentinel2Msi` or `sentinel2Msi`. A letter after a digit is a capital one: `md5sum` becomes
/// `md5Sum`.
fn camel_case(snake_case: &str, capital_first: bool) -> String {
    let mut capital = capital_first;
    let mut camel = String::with_capacity(snake_case.len());
    for letter in snake_case.chars() {
        if letter == '_' {
            capital = true;
        } else {
            camel.push(if capital { letter.to_ascii_uppercase() } else { letter });
            capital = letter.is_ascii_digit();
        }
    }
    camel
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_follow_the_recorded_ones() {
        let cases = [("test_dataset", "TestDataset"), ("sentinel2_msi", "Sentinel2Msi"), ("ers_sar", "ErsSar")];
        for (code_name, message) in cases {
            assert_eq!(camel_case(code_name, true), message);
        }
        assert_eq!(camel_case("md5sum", false), "md5Sum");
        assert_eq!(camel_case("ingestion_time", false), "ingestionTime");
    }

    #[test]
    fn a_type_is_one_file_with_an_edition() {
        let field = FieldSpec {
            name: "time",
            r#type: Type::Message,
            type_name: ".google.protobuf.Timestamp",
            description: "",
            example: "",
            queryable: false,
        };
        let built = dataset_type(Uuid::from_u128(0xab), "a_b", DatasetKind::Temporal, &[field]);
        assert_eq!(built.type_url, "datasets.v1.group_000000000000000000000000000000ab.AB");
        let decoded = AnnotatedType::decode(built.encoded.clone()).expect("a type");
        let file = decoded.descriptor_set.expect("a set").file.remove(0);
        assert_eq!(file.name(), "datasets/v1/group_000000000000000000000000000000ab/AB.proto");
        assert_eq!(decoded.field_annotations, [FieldAnnotation::default()], "an empty annotation is kept");
        assert!(built.encoded.windows(3).any(|bytes| bytes == [0x70, 0xe8, 0x07]), "edition 2023");
    }
}
