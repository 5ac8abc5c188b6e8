//! Values out of range are null and reported; other values are not affected.

use bytes::Bytes;
use prost::Message as _;
use prost_types::field_descriptor_proto::Type;
use serde_json::json;

use super::support::{Wire, decode, number, rows, schema, wire};
use crate::columns::{DecodedPage, PageDecoder};
use crate::protocol::wire::datasets::v1::{QueryResultPage, RepeatedAny};
use crate::schema::DatasetSchema;
use crate::schema::samples::{annotated, field, map_entry, message, named, repeated};

fn seconds(seconds: i64) -> Wire {
    wire().varint(1, seconds as u64)
}

/// The last second of the year 9999, which catalogues write for an open end.
const OPEN_END: i64 = 253_402_300_799;

fn page(schema: &DatasetSchema, datapoints: &[Wire]) -> DecodedPage {
    let value = datapoints.iter().map(|datapoint| Bytes::from(datapoint.0.clone())).collect();
    let data = Some(RepeatedAny { type_url: schema.type_name().to_owned(), value });
    let page = QueryResultPage { data, next_page: None };
    PageDecoder::new(schema).unwrap().decode_page(&page.encode_to_vec().into()).unwrap()
}

fn report(page: &DecodedPage) -> Vec<(&str, u64)> {
    page.nulled.iter().map(|nulled| (nulled.field(), nulled.count())).collect()
}

#[test]
fn values_out_of_range_are_null() {
    let good = || wire().varint(7, 1).message(number::LENGTH, seconds(5));
    let found = decode(&[
        good(),
        good().message(number::TIME, seconds(OPEN_END)),
        good().message(number::ID, wire().bytes(1, [0; 15])),
        wire().varint(7, 1).message(number::LENGTH, seconds(-9_223_372_037)),
        good(),
    ]);
    let expected = json!({ "int32": 1, "length": 5_000_000_000_i64 });
    let without = json!({ "int32": 1 });
    assert_eq!(found, [expected.clone(), expected.clone(), expected.clone(), without, expected]);
}

#[test]
fn a_page_reports_its_nulled_values() {
    let good = || wire().message(number::TIME, seconds(1));
    let bad = || wire().message(number::TIME, seconds(OPEN_END)).message(number::ID, wire().bytes(1, [0; 15]));
    assert_eq!(page(&schema(), &[good(), good()]).nulled, []);
    // More than a block.
    let mut datapoints = vec![good(); 200];
    datapoints[3] = bad();
    datapoints[150] = bad();
    datapoints[199] = wire().message(number::IDS, wire().bytes(1, [1; 16])).message(number::IDS, wire().bytes(1, [1]));
    let page = page(&schema(), &datapoints);
    assert_eq!(report(&page), [("time", 2), ("id", 2), ("ids", 1)]);
    assert_eq!(
        page.nulled[0].to_string(),
        "2 values of the field `time` are out of range and become null; the first is the time 253402300799 s + 0 ns"
    );
    assert_eq!(rows(&page.batch).len(), 200);
}

#[test]
fn only_the_last_value_is_nulled() {
    let time = |first, second| wire().message(number::TIME, seconds(first)).message(number::TIME, seconds(second));
    let nanos = wire().message(number::TIME, seconds(OPEN_END)).message(number::TIME, wire().varint(2, 7));
    let found = page(&schema(), &[time(OPEN_END, 5), time(5, OPEN_END), nanos, time(OPEN_END, OPEN_END)]);
    assert_eq!(rows(&found.batch), [json!({ "time": 5_000_000_000_i64 }), json!({}), json!({}), json!({})]);
    assert_eq!(report(&found), [("time", 3)]);
    let id = |bytes: &[u8]| wire().bytes(1, bytes);
    let ids = |first: &[u8], second: &[u8]| wire().message(number::ID, id(first)).message(number::ID, id(second));
    let found = page(&schema(), &[ids(&[1; 3], &[1; 16]), ids(&[1; 16], &[1; 3]), ids(&[1; 3], b"")]);
    let id = "01010101-0101-0101-0101-010101010101";
    assert_eq!(rows(&found.batch), [json!({ "id": id }), json!({}), json!({})]);
    assert_eq!(report(&found), [("id", 1)]);
}

#[test]
fn nested_values_are_nulled_with_their_path() {
    let described = annotated(
        vec![
            repeated(named("times", 4, Type::Message, "google.protobuf.Timestamp")),
            repeated(named("named", 5, Type::Message, "NamedEntry")),
            named("inner", 6, Type::Message, "Inner"),
        ],
        |file| {
            let value = named("value", 2, Type::Message, "google.protobuf.Timestamp");
            file.message_type.push(message("Inner", vec![value.clone()]));
            file.message_type[0].nested_type = vec![map_entry("NamedEntry", field("key", 1, Type::Int32), value)];
        },
    );
    let schema = DatasetSchema::from_annotated_type(&described).unwrap();
    let entry = |key, at| wire().varint(1, key).message(2, seconds(at));
    let datapoint = wire()
        .message(4, seconds(1))
        .message(4, seconds(OPEN_END))
        .message(4, seconds(2))
        .message(5, entry(1, OPEN_END))
        .message(5, entry(2, 3))
        .message(6, wire().message(2, seconds(OPEN_END)));
    let found = page(&schema, &[datapoint, wire()]);
    let expected = json!({
        "times": [1_000_000_000, null, 2_000_000_000],
        "named": [{ "key": 1 }, { "key": 2, "value": 3_000_000_000_i64 }],
        "inner": {},
    });
    assert_eq!(rows(&found.batch), [expected, json!({})]);
    assert_eq!(report(&found), [("times", 1), ("named.value", 1), ("inner.value", 1)]);
}
