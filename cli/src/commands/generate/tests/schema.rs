//! A dataset with every type of field and with names that are not identifiers of Rust, and one with the messages of STAC.

use std::sync::Arc;

use prost::Message as _;
use prost_types::field_descriptor_proto::{Label, Type};
use prost_types::{
    DescriptorProto, EnumDescriptorProto, EnumValueDescriptorProto, FieldDescriptorProto, FileDescriptorProto,
    FileDescriptorSet, MessageOptions, OneofDescriptorProto,
};
use tilebox_tokio::protocol::wire::datasets::v1::{AnnotatedType, DatasetKind, FieldAnnotation};
use tilebox_tokio::schema::DatasetSchema;

fn field(name: &str, kind: Type) -> FieldDescriptorProto {
    FieldDescriptorProto {
        name: Some(name.to_owned()),
        label: Some(Label::Optional.into()),
        r#type: Some(kind.into()),
        ..Default::default()
    }
}

fn named(name: &str, kind: Type, type_name: &str) -> FieldDescriptorProto {
    FieldDescriptorProto { type_name: Some(type_name.to_owned()), ..field(name, kind) }
}

fn message_field(name: &str, type_name: &str) -> FieldDescriptorProto {
    named(name, Type::Message, type_name)
}

fn list(field: FieldDescriptorProto) -> FieldDescriptorProto {
    FieldDescriptorProto { label: Some(Label::Repeated.into()), ..field }
}

fn one_of(index: i32, field: FieldDescriptorProto) -> FieldDescriptorProto {
    FieldDescriptorProto { oneof_index: Some(index), ..field }
}

/// Returns a message type with these fields, numbered from 1.
fn message(name: &str, fields: Vec<FieldDescriptorProto>) -> DescriptorProto {
    let numbered =
        fields.into_iter().zip(1..).map(|(field, number)| FieldDescriptorProto { number: Some(number), ..field });
    DescriptorProto { name: Some(name.to_owned()), field: numbered.collect(), ..Default::default() }
}

fn map_entry(name: &str, key: Type, value: FieldDescriptorProto) -> DescriptorProto {
    let options = Some(MessageOptions { map_entry: Some(true), ..Default::default() });
    DescriptorProto {
        options,
        ..message(name, vec![field("key", key), FieldDescriptorProto { name: Some("value".to_owned()), ..value }])
    }
}

fn enumeration(name: &str, values: &[(&str, i32)]) -> EnumDescriptorProto {
    let value = values.iter().map(|(name, number)| EnumValueDescriptorProto {
        name: Some((*name).to_owned()),
        number: Some(*number),
        options: None,
    });
    EnumDescriptorProto { name: Some(name.to_owned()), value: value.collect(), ..Default::default() }
}

/// Returns the fields with the descriptions and examples of their annotations.
fn fields() -> Vec<(FieldDescriptorProto, &'static str, &'static str)> {
    let plain = |field| (field, "", "");
    vec![
        (message_field("time", "google.protobuf.Timestamp"), "The start of the sensing.", "2025-01-01T10:30:19.024Z"),
        (message_field("id", "datasets.v1.UUID"), "", ""),
        plain(message_field("ingestion_time", "google.protobuf.Timestamp")),
        (message_field("footprint", "datasets.v1.Geometry"), "The outline, as in [GeoJSON].", "POINT (12.5 45.5)"),
        (
            field("cloud_cover", Type::Double),
            "The cloud cover in percent, as a number from 0 to 100: the share of the area that clouds and their \
             shadows hide from the sensor.\n\nSee https://example.com/clouds.",
            "22.45",
        ),
        (field("small", Type::Float), "```\nnot an example\n    of code\n```", "`a`"),
        plain(field("count", Type::Int32)),
        plain(field("file_size", Type::Int64)),
        plain(field("index", Type::Uint32)),
        plain(field("total", Type::Uint64)),
        plain(field("delta", Type::Sint32)),
        plain(field("offset", Type::Sint64)),
        plain(field("checksum", Type::Fixed32)),
        plain(field("hash", Type::Fixed64)),
        plain(field("shift", Type::Sfixed32)),
        plain(field("drift", Type::Sfixed64)),
        plain(field("published", Type::Bool)),
        (field("name", Type::String), "Text with \u{202e}direction and \u{7}bell.", "a\nb"),
        plain(field("thumbnail", Type::Bytes)),
        plain(message_field("exposure", "google.protobuf.Duration")),
        plain(message_field("parent", "tilebox.v1.ID")),
        plain(named("level", Type::Enum, "test.v1.Level")),
        plain(named("odd", Type::Enum, "test.v1.odd")),
        plain(message_field("position", "test.v1.position")),
        plain(message_field("place", "datasets.v1.LatLonAlt")),
        plain(message_field("inner", "test.v1.Inner")),
        plain(message_field("other_inner", "test.v1.Outer.Inner")),
        plain(message_field("option", "test.v1.Option")),
        plain(message_field("tree", "test.v1.Tree")),
        plain(message_field("elsewhere", "unknown.v1.Elsewhere")),
        plain(message_field("empty", "test.v1.Nothing")),
        plain(list(field("numbers", Type::Double))),
        plain(list(field("texts", Type::String))),
        plain(list(message_field("stops", "google.protobuf.Timestamp"))),
        plain(list(named("levels", Type::Enum, "test.v1.Level"))),
        plain(list(message_field("positions", "test.v1.position"))),
        plain(list(message_field("tags", "test.v1.EveryType.TagsEntry"))),
        plain(list(message_field("places", "test.v1.EveryType.PlacesEntry"))),
        plain(one_of(0, field("left", Type::Int64))),
        plain(one_of(0, field("right", Type::String))),
        plain(field("type", Type::String)),
        plain(field("self", Type::Int64)),
        plain(field("self_", Type::Int64)),
        plain(field("cloudCover", Type::Double)),
        plain(field("EOCloudCover", Type::Double)),
        plain(field("_internal", Type::Bool)),
        plain(field("a__b", Type::Bool)),
        plain(field("gen", Type::Bool)),
    ]
}

/// Returns the schema of the dataset with every type.
pub(super) fn every_type() -> Arc<DatasetSchema> {
    let (descriptors, annotations): (Vec<_>, Vec<_>) = fields()
        .into_iter()
        .map(|(descriptor, description, example)| {
            let annotation = FieldAnnotation {
                description: description.to_owned(),
                example_value: example.to_owned(),
                queryable: description.starts_with("The cloud"),
                ..Default::default()
            };
            (descriptor, annotation)
        })
        .unzip();
    let mut datapoint = message("EveryType", descriptors);
    datapoint.oneof_decl = vec![OneofDescriptorProto { name: Some("side".to_owned()), options: None }];
    datapoint.nested_type = vec![
        map_entry("TagsEntry", Type::String, field("value", Type::Int32)),
        map_entry("PlacesEntry", Type::Int64, message_field("value", "test.v1.position")),
    ];
    let mut outer = message("Outer", vec![]);
    outer.nested_type = vec![message("Inner", vec![field("deep", Type::Int32)])];
    let mut file = FileDescriptorProto {
        name: Some("test/v1/every_type.proto".to_owned()),
        package: Some("test.v1".to_owned()),
        message_type: vec![
            datapoint,
            message(
                "position",
                vec![
                    field("x", Type::Double),
                    one_of(0, FieldDescriptorProto { proto3_optional: Some(true), ..field("y", Type::Double) }),
                    named("level", Type::Enum, "test.v1.Level"),
                    list(message_field("owners", "datasets.v1.UUID")),
                ],
            ),
            message("Inner", vec![field("where", Type::String)]),
            outer,
            message("Option", vec![field("value", Type::Bool)]),
            message("Tree", vec![list(message_field("children", "test.v1.Tree"))]),
            message("Nothing", vec![]),
        ],
        enum_type: vec![
            enumeration(
                "Level",
                &[("LEVEL_UNSPECIFIED", 0), ("LEVEL_L1C", 1), ("LEVEL_L2_1", 2), ("LEVEL_3", 3), ("L1c", 4)],
            ),
            enumeration("odd", &[("ODD_SELF", 0), ("ODD_5M", 1), ("unrecognized", 2), ("Kept", 3)]),
        ],
        syntax: Some("proto3".to_owned()),
        ..Default::default()
    };
    if let Some(position) = file.message_type.get_mut(1) {
        position.oneof_decl = vec![OneofDescriptorProto { name: Some("_y".to_owned()), options: None }];
    }
    schema_of(file, annotations)
}

/// Returns the schema of a dataset with the messages of STAC.
pub(super) fn stac() -> Arc<DatasetSchema> {
    let fields = vec![
        message_field("time", "google.protobuf.Timestamp"),
        message_field("id", "datasets.v1.UUID"),
        message_field("ingestion_time", "google.protobuf.Timestamp"),
        message_field("geometry", "datasets.v1.Geometry"),
        message_field("assets", "datasets.stac.v1.Assets"),
        message_field("authentication", "datasets.stac.v1.Authentication"),
        message_field("storage", "datasets.stac.v1.Storage"),
        message_field("links", "datasets.stac.v1.Links"),
        list(message_field("providers", "datasets.stac.v1.Provider")),
        message_field("software", "datasets.stac.v1.ProcessingSoftware"),
        named("polarization", Type::Enum, "datasets.v1.Polarization"),
    ];
    let file = FileDescriptorProto {
        name: Some("test/v1/stac.proto".to_owned()),
        package: Some("test.v1".to_owned()),
        message_type: vec![message("Stac", fields)],
        syntax: Some("proto3".to_owned()),
        ..Default::default()
    };
    schema_of(file, Vec::new())
}

/// Returns the schema of the first message type of a file.
fn schema_of(file: FileDescriptorProto, field_annotations: Vec<FieldAnnotation>) -> Arc<DatasetSchema> {
    let name = file.message_type.first().map(|message| message.name().to_owned()).unwrap_or_default();
    let annotated = AnnotatedType {
        descriptor_set: FileDescriptorSet { file: vec![file] }.encode_to_vec().into(),
        type_url: format!("test.v1.{name}"),
        kind: DatasetKind::Spatiotemporal.into(),
        field_annotations,
    };
    Arc::new(DatasetSchema::from_annotated_type(&annotated).expect("a schema"))
}
