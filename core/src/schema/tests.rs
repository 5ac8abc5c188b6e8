use prost_types::field_descriptor_proto::Type;
use prost_types::{EnumDescriptorProto, EnumValueDescriptorProto, FieldDescriptorProto};

use super::samples::{annotated, field, map_entry, message, named, oneof, repeated};
use super::*;
use crate::protocol::wire::datasets::v1::FieldAnnotation;

fn read(fields: Vec<FieldDescriptorProto>) -> Result<DatasetSchema, SchemaError> {
    DatasetSchema::from_annotated_type(&annotated(fields, |_| {}))
}

#[test]
fn imports_are_found_among_the_well_known_types() {
    let schema = read(vec![
        named("footprint", 4, Type::Message, ".datasets.v1.Geometry"),
        named("level", 5, Type::Enum, "datasets.v1.ProcessingLevel"),
        named("assets", 6, Type::Message, ".datasets.stac.v1.Assets"),
        named("access", 7, Type::Message, ".datasets.stac.v1.Authentication"),
        named("links", 8, Type::Message, ".datasets.stac.v1.Links"),
        named("provider", 9, Type::Message, ".datasets.stac.v1.Provider"),
        named("software", 10, Type::Message, ".datasets.stac.v1.ProcessingSoftware"),
        named("storage", 11, Type::Message, ".datasets.stac.v1.Storage"),
    ])
    .unwrap();
    assert_eq!(schema.kind(), DatasetKind::Temporal);
    assert_eq!(schema.type_name(), "test.v1.Sample");
    let footprint = schema.field("footprint").unwrap();
    assert_eq!(schema.message_type(footprint).unwrap().full_name(), "datasets.v1.Geometry");
    let Some(ValueType::Enum(level)) = schema.field("level").map(Field::value_type) else { panic!("not an enum") };
    assert!(level.values().iter().any(|value| value.short_name == "L1C" && value.number == 3));
}

#[test]
fn a_field_of_an_unknown_type_hides_no_other() {
    let fields = vec![
        named("shape", 4, Type::Message, ".datasets.v1.GeobufData"),
        repeated(named("kinds", 5, Type::Enum, "datasets.v1.Kind")),
        field("text", 6, Type::String),
    ];
    let schema = read(fields).unwrap();
    let shape = schema.message_type(schema.field("shape").unwrap()).unwrap();
    assert_eq!((shape.full_name(), shape.is_known(), shape.fields().len()), ("datasets.v1.GeobufData", false, 0));
    let Some(ValueType::Enum(kinds)) = schema.field("kinds").map(Field::value_type) else { panic!("not an enum") };
    assert_eq!((kinds.full_name(), kinds.values()), ("datasets.v1.Kind", [].as_slice()));
    assert!(schema.field("text").is_some());
    assert!(schema.datapoint().is_known());
}

#[test]
fn an_unresolved_type_is_named_with_its_missing_import() {
    let shape = FieldDescriptorProto { r#type: None, ..named("shape", 4, Type::Message, ".datasets.v1.GeobufData") };
    let wire = annotated(vec![shape], |file| file.dependency.push("datasets/v1/geobuf.proto".to_owned()));
    let error = DatasetSchema::from_annotated_type(&wire).unwrap_err();
    assert_eq!(error.kind(), SchemaErrorKind::UnknownType);
    assert_eq!(
        error.to_string(),
        "type \"test.v1.Sample\", field \"shape\": its type \".datasets.v1.GeobufData\" is neither in the description \
         of the dataset nor known to this version (unknown imports: datasets/v1/geobuf.proto)"
    );
}

#[test]
fn a_relative_name_means_the_innermost_type() {
    let wire = annotated(vec![named("inner", 4, Type::Message, "Inner")], |file| {
        file.message_type.push(message("Inner", Vec::new()));
        let nested = message("Inner", vec![field("depth", 1, Type::Sint32)]);
        file.message_type[0].nested_type.push(nested);
    });
    let schema = DatasetSchema::from_annotated_type(&wire).unwrap();
    let inner = schema.message_type(schema.field("inner").unwrap()).unwrap();
    assert_eq!(inner.full_name(), "test.v1.Sample.Inner");
}

#[test]
fn a_type_without_a_kind_is_resolved_by_its_name() {
    let open = |name: &str, number, type_name: &str| FieldDescriptorProto {
        r#type: None,
        ..named(name, number, Type::Message, type_name)
    };
    let wire = annotated(vec![open("mode", 4, "Mode"), open("place", 5, "datasets.v1.LatLon")], |file| {
        file.enum_type.push(EnumDescriptorProto {
            name: Some("Mode".to_owned()),
            value: vec![EnumValueDescriptorProto { name: Some("MODE_A".to_owned()), number: Some(0), options: None }],
            ..Default::default()
        });
    });
    let schema = DatasetSchema::from_annotated_type(&wire).unwrap();
    assert!(matches!(schema.field("mode").unwrap().value_type(), ValueType::Enum(_)));
    assert!(matches!(schema.field("place").unwrap().value_type(), ValueType::Message(_)));
}

#[test]
fn only_types_on_a_cycle_are_recursive() {
    let schema = read(vec![named("storage", 4, Type::Message, "datasets.stac.v1.Storage")]).unwrap();
    let recursive: Vec<_> =
        schema.messages.iter().filter(|message| message.is_recursive()).map(MessageType::full_name).collect();
    assert!(recursive.contains(&"google.protobuf.Value") && recursive.contains(&"google.protobuf.Struct"));
    assert!(!recursive.iter().any(|name| name.starts_with("datasets.")));
}

#[test]
fn maps_oneofs_and_groups_are_distinguished() {
    let tags = repeated(named("tags", 4, Type::Message, ".test.v1.Sample.TagsEntry"));
    let mut chosen = field("chosen", 5, Type::Int32);
    chosen.oneof_index = Some(0);
    let mut optional = field("optional", 6, Type::Int32);
    optional.oneof_index = Some(1);
    optional.proto3_optional = Some(true);
    let group = named("legacy", 7, Type::Group, ".test.v1.Sample.Legacy");
    let wire = annotated(vec![tags, chosen, optional, group], |file| {
        let sample = &mut file.message_type[0];
        let entry = map_entry("TagsEntry", field("key", 1, Type::String), field("value", 2, Type::Int32));
        sample.nested_type = vec![entry, message("Legacy", vec![field("old", 1, Type::Bool)])];
        sample.oneof_decl = vec![oneof("choice"), oneof("_optional")];
    });
    let schema = DatasetSchema::from_annotated_type(&wire).unwrap();
    assert!(schema.field("tags").unwrap().is_map());
    assert_eq!(schema.field("chosen").unwrap().oneof(), Some(0));
    assert_eq!(schema.field("optional").unwrap().oneof(), None);
    assert_eq!(schema.field("legacy").unwrap().encoding(), MessageEncoding::Delimited);
}

#[test]
fn annotations_belong_to_the_fields_at_their_position() {
    let mut wire = annotated(vec![field("cloud_cover", 4, Type::Double)], |_| {});
    wire.field_annotations = vec![FieldAnnotation::default(); 3];
    wire.field_annotations.push(FieldAnnotation { description: "Share of clouds".to_owned(), ..Default::default() });
    let schema = DatasetSchema::from_annotated_type(&wire).unwrap();
    let annotation = schema.field("cloud_cover").and_then(Field::annotation).unwrap();
    assert_eq!(annotation.description, "Share of clouds");
}

#[test]
fn a_dataset_without_a_required_field_is_an_error() {
    let wire = annotated(Vec::new(), |file| file.message_type[0].field[1] = field("id", 2, Type::String));
    let error = DatasetSchema::from_annotated_type(&wire).unwrap_err();
    assert_eq!((error.kind(), error.field()), (SchemaErrorKind::RequiredField, Some("id")));
    let wire = annotated(Vec::new(), |file| file.message_type[0].field.truncate(2));
    let error = DatasetSchema::from_annotated_type(&wire).unwrap_err();
    assert_eq!((error.kind(), error.field()), (SchemaErrorKind::RequiredField, Some("ingestion_time")));
}

#[test]
fn invalid_descriptors_are_errors() {
    let invalid = [
        vec![field("", 4, Type::Bool)],
        vec![field("zero", 0, Type::Bool)],
        vec![field("large", 1 << 29, Type::Bool)],
        vec![field("time", 4, Type::Bool)],
        vec![field("double", 1, Type::Bool)],
        vec![named("level", 4, Type::Message, "datasets.v1.ProcessingLevel")],
        vec![FieldDescriptorProto { r#type: Some(99), ..field("strange", 4, Type::Bool) }],
        vec![FieldDescriptorProto { oneof_index: Some(7), ..field("member", 4, Type::Bool) }],
    ];
    for fields in invalid {
        let error = read(fields.clone()).unwrap_err();
        assert_eq!(error.kind(), SchemaErrorKind::Invalid, "{fields:?}: {error}");
    }
    let error = DatasetSchema::from_annotated_type(&AnnotatedType::default()).unwrap_err();
    assert_eq!(error.kind(), SchemaErrorKind::UnknownType);
}
