//! Unusual dataset types: all of them decode, and decoded datapoints encode to the same bytes.

use arrow_array::cast::AsArray as _;
use arrow_array::{Array as _, RecordBatch};
use arrow_schema::DataType;
use prost_types::FieldDescriptorProto;
use prost_types::field_descriptor_proto::Type;
use serde_json::json;

use super::support::{SCALARS, Wire, rows, wire};
use crate::columns::{MESSAGE_TYPE_KEY, PageDecoder, encode_batch};
use crate::schema::DatasetSchema;
use crate::schema::samples::{annotated, delimited, field, map_entry, message, named, oneof, repeated};

/// Returns the schema of a file with this syntax.
fn schema_in(syntax: &str, fields: Vec<FieldDescriptorProto>) -> DatasetSchema {
    let wire = annotated(fields, |file| {
        file.syntax = Some(syntax.to_owned());
        file.message_type[0].nested_type.push(message("Inner", vec![field("depth", 1, Type::Sint32)]));
    });
    DatasetSchema::from_annotated_type(&wire).unwrap()
}

fn schema(fields: Vec<FieldDescriptorProto>) -> DatasetSchema {
    schema_in("editions", fields)
}

fn decode(schema: &DatasetSchema, datapoints: &[Wire]) -> RecordBatch {
    PageDecoder::new(schema).unwrap().decode_messages(datapoints).unwrap()
}

/// Decodes, and checks that encoding returns the same bytes.
fn round_trip(schema: &DatasetSchema, datapoints: &[Wire]) -> RecordBatch {
    let batch = decode(schema, datapoints);
    let encoded = encode_batch(schema, &batch).unwrap();
    assert!(encoded.iter().eq(datapoints.iter().map(|datapoint| datapoint.0.as_slice())), "the bytes differ");
    batch
}

#[test]
fn a_message_of_an_unknown_type_stays_encoded() {
    let schema = schema(vec![
        named("shape", 4, Type::Message, ".datasets.v1.GeobufData"),
        repeated(named("shapes", 5, Type::Message, "datasets.v1.GeobufData")),
        named("old", 6, Type::Group, "Gone"),
        field("text", 7, Type::String),
    ]);
    let shape = wire().varint(9, 300).bytes(1, "anything");
    let datapoints = [
        wire()
            .message(4, shape.clone())
            .message(5, shape.clone())
            .message(5, wire())
            .group(6, shape.clone())
            .bytes(7, "next"),
        wire().bytes(7, "none"),
    ];
    let batch = round_trip(&schema, &datapoints);
    let column = batch.column_by_name("shape").unwrap();
    assert_eq!(column.as_binary_view().value(0), shape.0);
    assert!(column.is_null(1));
    assert_eq!(batch.schema().field_with_name("shape").unwrap().metadata()[MESSAGE_TYPE_KEY], "datasets.v1.GeobufData");
    assert_eq!(batch.column_by_name("old").unwrap().as_binary_view().value(0), shape.0);
}

#[test]
fn a_struct_is_not_a_message_of_an_unknown_type() {
    let place =
        decode(&schema(vec![named("shape", 4, Type::Message, "datasets.v1.LatLon")]), &[wire().message(4, wire())]);
    let unknown = schema(vec![named("shape", 4, Type::Message, "datasets.v1.GeobufData")]);
    let error = encode_batch(&unknown, &place).unwrap_err().to_string();
    assert!(
        error.contains("the type datasets.v1.GeobufData, which is not described: give encoded messages"),
        "{error}"
    );
}

#[test]
fn an_unknown_enum_is_its_numbers() {
    let schema =
        schema(vec![named("kind", 4, Type::Enum, "a.Kind"), repeated(named("kinds", 5, Type::Enum, "a.Kind"))]);
    let batch = round_trip(&schema, &[wire().varint(4, 7).bytes(5, [0, 1]), wire().varint(4, -1_i64 as u64)]);
    assert_eq!(rows(&batch), [json!({ "kind": "7", "kinds": ["0", "1"] }), json!({ "kind": "-1" })]);
}

#[test]
fn every_type_may_be_repeated() {
    let lists = SCALARS.map(|(name, kind, number)| repeated(field(name, number as i32, kind)));
    let mut fields = lists.to_vec();
    fields.extend([
        repeated(field("texts", 20, Type::String)),
        repeated(field("blobs", 21, Type::Bytes)),
        repeated(named("levels", 22, Type::Enum, "datasets.v1.ProcessingLevel")),
        repeated(named("times", 23, Type::Message, "google.protobuf.Timestamp")),
        repeated(named("lengths", 24, Type::Message, "google.protobuf.Duration")),
        repeated(named("shapes", 25, Type::Message, "datasets.v1.Geometry")),
        repeated(named("ids", 26, Type::Message, "datasets.v1.UUID")),
        repeated(named("places", 27, Type::Message, "datasets.v1.LatLonAlt")),
        repeated(named("structs", 28, Type::Message, "google.protobuf.Struct")),
        repeated(named("inners", 29, Type::Message, "Inner")),
    ]);
    let schema = schema(fields);
    let mut full = wire();
    for (name, _, number) in SCALARS {
        let element: &[u8] = match name {
            "double" | "fixed64" | "sfixed64" => &[1, 2, 3, 4, 5, 6, 7, 0x40],
            "float" | "fixed32" | "sfixed32" => &[1, 2, 3, 0x40],
            _ => &[1],
        };
        full = full.bytes(number, [element, element].concat());
    }
    let point = [&[1, 1, 0, 0, 0][..], &[0; 16]].concat();
    for _ in 0..2 {
        full = full.bytes(20, "a");
    }
    full = full.bytes(21, [0xff]).bytes(21, []).bytes(22, [3, 99]);
    full = full.message(23, wire().varint(1, 5)).message(23, wire()).message(24, wire().varint(2, 9));
    full = full.message(25, wire().bytes(1, point)).message(26, wire().bytes(1, [7; 16]));
    full = full.message(27, wire().double(3, 1.5)).message(28, wire().message(1, wire().bytes(1, "k")));
    full = full.message(29, wire().varint(1, 3)).message(29, wire());
    let batch = decode(&schema, &[full.clone(), wire()]);
    for (column, described) in batch.columns().iter().zip(batch.schema().fields()).skip(3) {
        assert!(matches!(described.data_type(), DataType::List(_)), "{described}");
        assert!(column.is_valid(0) && column.is_null(1), "{}", described.name());
    }
    let again = encode_batch(&schema, &batch).unwrap();
    assert_eq!(decode(&schema, &[Wire(again[0].to_vec()), wire()]), batch);
}

#[test]
fn the_syntax_of_a_file_does_not_change_datapoints() {
    let fields = || {
        let mut optional = field("optional", 6, Type::Int32);
        optional.proto3_optional = Some(true);
        vec![
            field("count", 4, Type::Int64),
            repeated(field("counts", 5, Type::Uint32)),
            optional,
            named("level", 7, Type::Enum, "datasets.v1.ProcessingLevel"),
            named("inner", 8, Type::Message, "Inner"),
        ]
    };
    let datapoints = [
        wire().varint(4, 0).bytes(5, [1, 2]).varint(6, 0).varint(7, 77).message(8, wire().varint(1, 3)),
        wire().varint(99, 1),
    ];
    let batches = ["proto2", "proto3", "editions"].map(|syntax| decode(&schema_in(syntax, fields()), &datapoints));
    let expected = json!({ "count": 0, "counts": [1, 2], "optional": 0, "level": "77", "inner": { "depth": -2 } });
    assert_eq!(rows(&batches[0]), [expected, json!({})]);
    assert!(batches.iter().all(|batch| *batch == batches[0]));
}

#[test]
fn every_message_of_a_delimited_edition_is_a_group() {
    let fields = vec![
        named("length", 4, Type::Message, "google.protobuf.Duration"),
        named("shape", 5, Type::Message, "datasets.v1.Geometry"),
        named("place", 6, Type::Message, "datasets.v1.LatLon"),
        named("anything", 7, Type::Message, "google.protobuf.Struct"),
        named("unknown", 8, Type::Message, "unknown.Type"),
        repeated(named("outers", 9, Type::Message, "Outer")),
        repeated(named("places", 10, Type::Message, "PlacesEntry")),
        repeated(named("uuids", 11, Type::Message, "datasets.v1.UUID")),
        FieldDescriptorProto { oneof_index: Some(0), ..named("chosen", 12, Type::Message, "Outer") },
        repeated(field("counts", 13, Type::Int32)),
    ];
    let described = delimited(annotated(fields, |file| {
        let value = named("value", 2, Type::Message, "Outer");
        let sample = &mut file.message_type[0];
        sample.oneof_decl = vec![oneof("choice")];
        sample.nested_type = vec![map_entry("PlacesEntry", field("key", 1, Type::Int32), value)];
        let inner = message("Inner", vec![field("depth", 1, Type::Int32)]);
        file.message_type.push(message("Outer", vec![named("inner", 1, Type::Message, "Inner")]));
        file.message_type.push(inner);
    }));
    let schema = DatasetSchema::from_annotated_type(&described).unwrap();
    let point = [&[1, 1, 0, 0, 0][..], &[0; 16]].concat();
    let outer = || wire().group(1, wire().varint(1, 7));
    let datapoint = wire()
        .group(1, wire().varint(1, 5).varint(2, 9))
        .group(4, wire().varint(1, 3))
        .group(5, wire().bytes(1, point))
        // Messages of a proto3 file have lengths.
        .group(6, wire().double(1, 1.5))
        .group(7, wire().message(1, wire().bytes(1, "key").message(2, wire().varint(4, 1))))
        .group(8, wire().varint(9, 300))
        .group(9, outer())
        .group(9, wire())
        // Maps and their values have lengths.
        .message(10, wire().varint(1, 1).message(2, outer()))
        .group(11, wire().bytes(1, [7; 16]))
        .group(12, outer())
        .bytes(13, [1, 2]);
    let batch = round_trip(&schema, &[datapoint, wire().group(4, wire()), wire()]);
    let inner = json!({ "inner": { "depth": 7 } });
    let found = rows(&batch);
    for (name, expected) in [
        ("time", json!(5_000_000_009_i64)),
        ("length", json!(3_000_000_000_i64)),
        ("place", json!({ "latitude": 1.5, "longitude": 0.0 })),
        ("outers", json!([inner, {}])),
        ("places", json!([{ "key": 1, "value": inner }])),
        ("uuids", json!(["07070707-0707-0707-0707-070707070707"])),
        ("chosen", inner),
    ] {
        assert_eq!(found[0][name], expected, "{name}");
    }
    assert_eq!(found[1..], [json!({ "length": 0 }), json!({})]);
    let other = decode(&schema, &[wire().message(4, wire().varint(1, 3))]);
    assert_eq!(rows(&other), [json!({})], "the file expects groups, not lengths");
    let broken = wire().group(2, wire().bytes(1, [7; 16])).group(4, wire().fixed64(1, [0; 8]));
    let broken = Wire([broken.0.as_slice(), &[0x08]].concat());
    let error = PageDecoder::new(&schema).unwrap().decode_messages(&[broken]).unwrap_err().to_string();
    assert!(error.contains("07070707-0707-0707-0707-070707070707"), "{error}");
}

#[test]
fn five_hundred_fields_are_five_hundred_columns() {
    let kinds = [Type::Uint32, Type::Fixed64, Type::Sint32, Type::String, Type::Double];
    let fields = (4..504).map(|number| field(&format!("field_{number}"), number, kinds[number as usize % 5]));
    let schema = schema(fields.collect());
    let value = |datapoint: Wire, number: u32| match kinds[number as usize % 5] {
        Type::Uint32 | Type::Sint32 => datapoint.varint(number, u64::from(number)),
        Type::String => datapoint.bytes(number, number.to_string()),
        _ => datapoint.double(number, 2.0),
    };
    let datapoints = [(4..504).fold(wire(), value), (4..504).step_by(7).fold(wire(), value), wire()];
    let batch = round_trip(&schema, &datapoints);
    assert_eq!(batch.num_columns(), 503);
    let nulls: usize = batch.columns().iter().skip(3).map(|column| column.null_count()).sum();
    assert_eq!(nulls, (500 - (4..504).step_by(7).count()) + 500);
}
