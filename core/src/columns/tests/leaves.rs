use serde_json::json;

use super::support::{SCALARS, decode, decode_one, number, rows, schema, wire};
use crate::columns::{MESSAGE_TYPE_KEY, PageDecoder};

#[test]
fn each_scalar_type_reads_its_own_encoding() {
    let minus_one = u64::MAX;
    let datapoint = wire()
        .double(5, -1.5)
        .fixed32(6, 2.5_f32.to_le_bytes())
        .varint(7, minus_one)
        .varint(8, minus_one)
        .varint(9, 0xffff_ffff)
        .varint(10, u64::MAX)
        .varint(11, 3)
        .varint(12, u64::MAX)
        .fixed32(13, u32::MAX.to_le_bytes())
        .fixed64(14, u64::MAX.to_le_bytes())
        .fixed32(15, (-7_i32).to_le_bytes())
        .fixed64(16, i64::MIN.to_le_bytes())
        .varint(17, 2);
    let expected = json!({
        "double": -1.5, "float": 2.5, "int32": -1, "int64": -1, "uint32": u32::MAX, "uint64": u64::MAX,
        "sint32": -2, "sint64": i64::MIN, "fixed32": u32::MAX, "fixed64": u64::MAX, "sfixed32": -7,
        "sfixed64": i64::MIN, "bool": true,
    });
    assert_eq!(decode_one(datapoint), expected);
}

#[test]
fn an_absent_field_is_null_and_a_zero_is_zero() {
    let zero = wire().varint(7, 0).varint(17, 0).bytes(number::NAME, "").bytes(number::BLOB, "");
    let found = decode(&[wire(), zero, wire()]);
    assert_eq!(found, [json!({}), json!({ "int32": 0, "bool": false, "name": "", "blob": [] }), json!({})]);
}

#[test]
fn the_low_bits_of_a_long_varint_are_a_32_bit_value() {
    let found = decode_one(wire().varint(7, 0x1_0000_0005).varint(9, 0x1_0000_0006).varint(11, 0x1_0000_0001));
    assert_eq!(found, json!({ "int32": 5, "uint32": 6, "sint32": -1 }));
}

#[test]
fn texts_of_any_length_are_decoded() {
    let texts = ["", "a", "twelve bytes", "thirteen byte", "ein längerer Text 🛰️ mit mehr als zwölf Bytes"];
    let datapoints = texts.map(|text| wire().bytes(number::NAME, text));
    let expected = texts.map(|text| json!({ "name": text }));
    assert_eq!(decode(&datapoints), expected);
}

#[test]
fn enum_values_are_short_names_or_unknown_numbers() {
    let numbers = [3, 0, 77, u64::MAX, 77];
    let found = decode(&numbers.map(|value| wire().varint(number::LEVEL, value)));
    let names = ["L1C", "UNSPECIFIED", "77", "-1", "77"];
    assert_eq!(found, names.map(|name| json!({ "level": name })));
}

#[test]
fn times_and_durations_are_nanoseconds() {
    let time = wire().varint(1, 1_735_689_619).varint(2, 24_000_000);
    let length = wire().varint(1, -1_i64 as u64).varint(2, 500_000_000);
    let found = decode_one(wire().message(number::TIME, time).message(number::LENGTH, length));
    assert_eq!(found, json!({ "time": 1_735_689_619_024_000_000_i64, "length": -500_000_000 }));
    let found = decode_one(wire().message(number::TIME, wire()).message(number::LENGTH, wire()));
    assert_eq!(found, json!({ "time": 0, "length": 0 }));
}

#[test]
fn the_first_and_the_last_nanosecond_are_in_range() {
    let first = wire().varint(1, -9_223_372_037_i64 as u64).varint(2, 145_224_192);
    let last = wire().varint(1, 9_223_372_036).varint(2, 854_775_807);
    let found = decode(&[wire().message(number::TIME, first), wire().message(number::TIME, last)]);
    assert_eq!(found, [json!({ "time": i64::MIN }), json!({ "time": i64::MAX })]);
}

#[test]
fn identifiers_and_geometries_without_bytes_are_null() {
    let full = wire()
        .message(number::ID, wire().bytes(1, 7_u128.to_be_bytes()))
        .message(number::SHAPE, wire().bytes(1, [1, 2]));
    let without = wire().message(number::ID, wire()).message(number::SHAPE, wire());
    let empty = wire().message(number::ID, wire().bytes(1, "")).message(number::SHAPE, wire().bytes(1, ""));
    let found = decode(&[full, without, empty]);
    let full = json!({ "id": "00000000-0000-0000-0000-000000000007", "shape": [1, 2] });
    assert_eq!(found, [full, json!({}), json!({})]);
}

#[test]
fn the_schema_names_extension_types_and_encoded_messages() {
    let decoder = PageDecoder::new(&schema()).unwrap();
    let metadata = |name: &str| decoder.schema().field_with_name(name).unwrap().metadata().clone();
    assert_eq!(metadata("id")["ARROW:extension:name"], "arrow.uuid");
    assert_eq!(metadata("shape")["ARROW:extension:name"], "geoarrow.wkb");
    let details: serde_json::Value = serde_json::from_str(&metadata("shape")["ARROW:extension:metadata"]).unwrap();
    assert_eq!(details, json!({ "crs": "EPSG:4326", "crs_type": "authority_code" }));
    assert_eq!(metadata("anything")[MESSAGE_TYPE_KEY], "google.protobuf.Struct");
    assert!(decoder.schema().fields().iter().all(|field| field.is_nullable()));
}

#[test]
fn a_projection_has_the_columns_asked_for_in_their_order() {
    let decoder = PageDecoder::with_columns(&schema(), &["bool", "double"]).unwrap();
    let datapoint = SCALARS.iter().fold(wire(), |wire, (_, _, number)| match number {
        5 => wire.double(5, 0.5),
        17 => wire.varint(17, 1),
        other => wire.varint(*other, 1),
    });
    let batch = decoder.decode_messages(&[datapoint]).unwrap();
    assert_eq!(
        batch.schema().fields().iter().map(|field| field.name().as_str()).collect::<Vec<_>>(),
        ["bool", "double"]
    );
    assert_eq!(rows(&batch), [json!({ "bool": true, "double": 0.5 })]);
    let none = PageDecoder::with_columns::<&str>(&schema(), &[]).unwrap();
    assert_eq!(none.decode_messages(&[wire(), wire()]).unwrap().num_rows(), 2);
}
