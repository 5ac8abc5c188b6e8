//! An absent field of a nested message is null with presence, zero without.

use arrow_array::Array as _;
use arrow_array::cast::AsArray as _;
use prost::Message as _;
use prost_types::field_descriptor_proto::Type;
use prost_types::{EnumDescriptorProto, EnumValueDescriptorProto, FieldDescriptorProto};
use serde_json::json;

use super::support::{SCALARS, Wire, rows, wire};
use crate::columns::{PageDecoder, encode_batch};
use crate::protocol::wire::datasets::stac::v1 as stac;
use crate::protocol::wire::datasets::v1::AnnotatedType;
use crate::schema::samples::{annotated, field, implicit, message, named, oneof, repeated};
use crate::schema::{DatasetSchema, Field};

/// Field 4 is an `Inner` with a field of each form: the scalars, then `text`, `blob`, `level`, `chosen` of a oneof,
/// `optional`, `many` and `place`.
fn schema(syntax: &str) -> DatasetSchema {
    DatasetSchema::from_annotated_type(&described(syntax)).unwrap()
}

fn described(syntax: &str) -> AnnotatedType {
    let inner: Vec<FieldDescriptorProto> = SCALARS
        .into_iter()
        .map(|(name, kind, number)| field(name, number as i32, kind))
        .chain([
            field("text", 20, Type::String),
            field("blob", 21, Type::Bytes),
            named("level", 22, Type::Enum, "Level"),
            FieldDescriptorProto { oneof_index: Some(0), ..field("chosen", 23, Type::Int32) },
            FieldDescriptorProto {
                oneof_index: Some(1),
                proto3_optional: Some(true),
                ..field("optional", 24, Type::Int32)
            },
            repeated(field("many", 25, Type::Int32)),
            named("place", 26, Type::Message, "datasets.v1.LatLon"),
            named("unknown", 27, Type::Enum, "unknown.Type"),
        ])
        .collect();
    annotated(vec![named("inner", 4, Type::Message, "Inner")], |file| {
        file.syntax = Some(syntax.to_owned());
        let mut inner = message("Inner", inner);
        inner.oneof_decl = vec![oneof("choice"), oneof("_optional")];
        file.message_type.push(inner);
        file.enum_type.push(EnumDescriptorProto {
            name: Some("Level".to_owned()),
            value: [("LEVEL_NONE", 0), ("LEVEL_ONE", 1)]
                .map(|(name, number)| EnumValueDescriptorProto {
                    name: Some(name.to_owned()),
                    number: Some(number),
                    options: None,
                })
                .to_vec(),
            ..Default::default()
        });
    })
}

fn round_trip(schema: &DatasetSchema, datapoints: &[Wire]) -> Vec<serde_json::Value> {
    let batch = PageDecoder::new(schema).unwrap().decode_messages(datapoints).unwrap();
    batch.columns().iter().for_each(|column| column.to_data().validate_full().unwrap());
    let encoded = encode_batch(schema, &batch).unwrap();
    assert!(encoded.iter().eq(datapoints.iter().map(|datapoint| datapoint.0.as_slice())), "the bytes differ");
    rows(&batch)
}

#[test]
fn an_absent_field_without_presence_is_zero() {
    let zeros = json!({ "inner": {
        "double": 0.0, "float": 0.0, "int32": 0, "int64": 0, "uint32": 0, "uint64": 0, "sint32": 0, "sint64": 0,
        "fixed32": 0, "fixed64": 0, "sfixed32": 0, "sfixed64": 0, "bool": false, "text": "", "blob": [],
        "level": "NONE", "unknown": "0",
    } });
    let mut one = zeros.clone();
    one["inner"]["int64"] = json!(7);
    one["inner"]["text"] = json!("a text of more than twelve bytes");
    one["inner"]["level"] = json!("ONE");
    one["inner"]["unknown"] = json!("5");
    let full = wire().varint(8, 7).bytes(20, "a text of more than twelve bytes").varint(22, 1).varint(27, 5);
    let datapoints = [wire().message(4, wire()), wire(), wire().message(4, full), wire().message(4, wire())];
    let edition = DatasetSchema::from_annotated_type(&implicit(described("proto3"))).unwrap();
    for schema in [schema("proto3"), edition] {
        let expected = [zeros.clone(), json!({}), one.clone(), zeros.clone()];
        assert_eq!(round_trip(&schema, &datapoints), expected);
    }
}

#[test]
fn an_absent_field_with_presence_is_null() {
    let datapoints = [wire().message(4, wire()), wire().message(4, wire().varint(8, 0).varint(24, 0))];
    for syntax in ["proto2", "editions"] {
        let expected = [json!({ "inner": {} }), json!({ "inner": { "int64": 0, "optional": 0 } })];
        assert_eq!(round_trip(&schema(syntax), &datapoints), expected, "{syntax}");
    }
}

#[test]
fn the_zeros_of_an_absent_message_are_null() {
    let schema = schema("proto3");
    let batch = PageDecoder::new(&schema).unwrap().decode_messages(&[wire(), wire().message(4, wire())]).unwrap();
    let inner = batch.column_by_name("inner").unwrap().as_struct();
    for column in inner.columns().iter().take(SCALARS.len() + 3) {
        assert!(column.is_null(0) && column.is_valid(1));
    }
}

#[test]
fn the_descriptor_decides_presence() {
    let has_presence = |syntax: &str, name: &str| {
        let schema = schema(syntax);
        let inner = schema.message_type(schema.field("inner").unwrap()).unwrap();
        inner.field(name).map(Field::has_presence).unwrap()
    };
    for (name, proto3) in [("int64", false), ("text", false), ("level", false), ("chosen", true), ("optional", true)] {
        assert_eq!(has_presence("proto3", name), proto3, "{name}");
        assert!(has_presence("proto2", name) && has_presence("editions", name), "{name}");
    }
    assert!(has_presence("proto3", "place") && !has_presence("proto2", "many"));
}

#[test]
fn stac_messages_have_the_zeros_of_their_descriptors() {
    let described = annotated(vec![named("links", 4, Type::Message, "datasets.stac.v1.Links")], |_| {});
    let schema = DatasetSchema::from_annotated_type(&described).unwrap();
    let link = stac::Link { href: "https://example.com/a".to_owned(), ..Default::default() };
    let links = stac::Links { links: vec![link, stac::Link::default()] }.encode_to_vec();
    let found = round_trip(&schema, &[wire().bytes(4, links)]);
    let links = &found[0]["links"]["links"];
    assert_eq!((&links[0]["rel"], &links[1]["href"]), (&json!(""), &json!("")), "{links}");
}
