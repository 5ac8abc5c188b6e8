//! Builds the type of a dataset from its fields, by the rules of recorded types.

use prost::Message;
use prost_types::{DescriptorProto, FieldDescriptorProto, FileDescriptorProto};
use tilebox_core::protocol::wire::datasets::v1::{AnnotatedType, DatasetKind, Field};
use uuid::Uuid;

use super::{Schema, well_known};
use crate::protobuf;
use crate::store::DatasetType;

/// The imports of every type.
const IMPORTS: [&str; 3] =
    ["google/protobuf/duration.proto", "google/protobuf/timestamp.proto", "datasets/v1/well_known_types.proto"];
/// The number of `FileDescriptorProto.edition`, which this version of the descriptor messages lacks.
const EDITION_FIELD: u32 = 14;
/// The number of `EDITION_2023`.
const EDITION_2023: u64 = 1000;
/// The number of `FileDescriptorSet.file`.
const FILE_FIELD: u32 = 1;

/// Builds the type of a dataset: one file named after the group, one message named after the dataset, fields numbered by
/// position.
pub(crate) fn dataset_type(group: Uuid, code_name: &str, kind: DatasetKind, fields: Vec<Field>) -> DatasetType {
    let package = format!("datasets.v1.group_{}", group.simple());
    let message_name = camel_case(code_name, true);
    let type_url = format!("{package}.{message_name}");

    let (descriptors, annotations): (Vec<_>, Vec<_>) = fields
        .into_iter()
        .map(|field| (field.descriptor.unwrap_or_default(), field.annotation.unwrap_or_default()))
        .unzip();
    let dependency = imports(&descriptors);
    let message = DescriptorProto {
        name: Some(message_name.clone()),
        field: descriptors.into_iter().zip(1..).map(|(field, number)| numbered(field, number)).collect(),
        ..DescriptorProto::default()
    };
    let file = FileDescriptorProto {
        name: Some(format!("{}/{message_name}.proto", package.replace('.', "/"))),
        package: Some(package),
        dependency,
        message_type: vec![message.clone()],
        syntax: Some("editions".to_owned()),
        ..FileDescriptorProto::default()
    };
    let mut encoded_file = file.encode_to_vec();
    protobuf::write_varint(EDITION_FIELD, EDITION_2023, &mut encoded_file);
    let mut descriptor_set = Vec::new();
    protobuf::write_bytes(FILE_FIELD, &encoded_file, &mut descriptor_set);

    let annotated = AnnotatedType {
        descriptor_set: descriptor_set.into(),
        type_url,
        field_annotations: annotations,
        kind: kind.into(),
    };
    let schema = Schema::of_message(&message, &annotated.field_annotations);
    DatasetType { encoded: annotated.encode_to_vec().into(), type_url: annotated.type_url, kind, schema }
}

fn numbered(field: FieldDescriptorProto, number: i32) -> FieldDescriptorProto {
    FieldDescriptorProto { number: Some(number), json_name: Some(camel_case(field.name(), false)), ..field }
}

/// Returns the imports of every type, then the other files that declare types of the fields.
fn imports(fields: &[FieldDescriptorProto]) -> Vec<String> {
    let mut imports = IMPORTS.to_vec();
    for file in fields.iter().filter_map(|field| well_known::file_of(field.type_name())) {
        if !imports.contains(&file) {
            imports.push(file);
        }
    }
    imports.into_iter().map(str::to_owned).collect()
}

/// Converts `sentinel2_msi` to `Sentinel2Msi` or `sentinel2Msi`. A letter after a digit is upper case: `md5sum` becomes
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
    use prost_types::FileDescriptorSet;

    use super::*;

    #[test]
    fn names_match_recorded_names() {
        let cases = [("test_dataset", "TestDataset"), ("sentinel2_msi", "Sentinel2Msi"), ("ers_sar", "ErsSar")];
        for (code_name, message) in cases {
            assert_eq!(camel_case(code_name, true), message);
        }
        assert_eq!(camel_case("md5sum", false), "md5Sum");
        assert_eq!(camel_case("ingestion_time", false), "ingestionTime");
    }

    #[test]
    fn a_type_has_one_file_with_an_edition() {
        let field = |name: &str, type_name: &str| Field {
            descriptor: Some(FieldDescriptorProto {
                name: Some(name.to_owned()),
                r#type: Some(prost_types::field_descriptor_proto::Type::Message.into()),
                type_name: Some(type_name.to_owned()),
                ..FieldDescriptorProto::default()
            }),
            annotation: None,
        };
        let fields = vec![field("time", ".google.protobuf.Timestamp"), field("asset_links", ".datasets.stac.v1.Links")];
        let built = dataset_type(Uuid::from_u128(0xab), "a_b", DatasetKind::Temporal, fields);
        assert_eq!(built.type_url, "datasets.v1.group_000000000000000000000000000000ab.AB");
        let decoded = AnnotatedType::decode(built.encoded.clone()).expect("a type");
        assert_eq!(Schema::of(&decoded).fields().len(), 2);
        let file = FileDescriptorSet::decode(decoded.descriptor_set).expect("a set").file.remove(0);
        assert_eq!(file.name(), "datasets/v1/group_000000000000000000000000000000ab/AB.proto");
        assert_eq!(file.dependency.last().map(String::as_str), Some("datasets/stac/v1/core.proto"));
        assert_eq!(file.message_type[0].field[1].json_name(), "assetLinks");
        assert_eq!(file.message_type[0].field[1].number(), 2);
        assert_eq!(decoded.field_annotations.len(), 2, "empty annotations are kept");
        assert_eq!(built.schema.fields().len(), 2);
        assert!(built.encoded.windows(3).any(|bytes| bytes == [0x70, 0xe8, 0x07]), "edition 2023");
    }
}
