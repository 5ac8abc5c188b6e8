//! Responses of the real API decode to the values that the official protobuf runtime reads.
//!
//! The recordings are not part of the repository. Without them the tests print that and pass.

#![expect(clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use arrow_array::cast::AsArray;
use arrow_array::types::{Float64Type, Int32Type, Int64Type, TimestampNanosecondType, UInt64Type};
use arrow_array::{Array, ArrayRef, RecordBatch};
use arrow_schema::{DataType, TimeUnit};
use bytes::Bytes;
use prost::Message;
use prost_types::FileDescriptorSet;
use prost_types::field_descriptor_proto::Type;
use serde_json::{Value, json};
use tilebox_core::columns::{PageDecoder, encode_batch};
use tilebox_core::protocol::wire::datasets::v1::{Dataset, QueryResultPage};
use tilebox_core::schema::{DatasetSchema, Field, SchemaErrorKind, ValueType};
use tilebox_tests::recordings::{bodies, folder, gunzip};

/// Returns the response index and row of each expected datapoint.
fn expected(path: &Path) -> Vec<(u64, Value)> {
    let lines = String::from_utf8(gunzip(&fs::read(path).expect("the expectation can be read"))).expect("UTF-8");
    let parse = |line: &str| {
        // JSON has no NaN, so the expectation has a text instead.
        let line = line.replace(":NaN", r#":"NaN""#);
        let mut line: Value = serde_json::from_str(&line).expect("a line is JSON");
        (line["response"].as_u64().expect("an index"), line["row"].take())
    };
    lines.lines().map(parse).collect()
}

fn schema(body: &Bytes) -> DatasetSchema {
    let dataset = Dataset::decode(body.clone()).expect("a dataset");
    DatasetSchema::from_annotated_type(&dataset.r#type.expect("a type")).expect("a known type")
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Returns a value of a column in the form of the expectation.
fn actual(schema: &DatasetSchema, name: &str, column: &ArrayRef, row: usize) -> Value {
    match column.data_type() {
        DataType::Timestamp(TimeUnit::Nanosecond, Some(zone)) if &**zone == "UTC" => {
            json!({ "ns": column.as_primitive::<TimestampNanosecondType>().value(row) })
        }
        DataType::FixedSizeBinary(16) => {
            let id = uuid::Uuid::from_slice(column.as_fixed_size_binary().value(row)).expect("16 bytes");
            json!({ "uuid": id.to_string() })
        }
        DataType::BinaryView => json!({ "wkb": hex(column.as_binary_view().value(row)) }),
        DataType::Utf8View => json!(column.as_string_view().value(row)),
        DataType::Float64 => match column.as_primitive::<Float64Type>().value(row) {
            value if value.is_nan() => json!("NaN"),
            value => json!(value),
        },
        DataType::Int64 => json!(column.as_primitive::<Int64Type>().value(row)),
        DataType::UInt64 => json!(column.as_primitive::<UInt64Type>().value(row)),
        DataType::Boolean => json!(column.as_boolean().value(row)),
        DataType::Dictionary(_, _) => {
            let dictionary = column.as_dictionary::<Int32Type>();
            let key = dictionary.key(row).expect("a key");
            let short_name = dictionary.values().as_string::<i32>().value(key);
            let Some(ValueType::Enum(enumeration)) = schema.field(name).map(|field| field.value_type()) else {
                panic!("the dictionary {name} is not an enum")
            };
            let value = enumeration.values().iter().find(|value| value.short_name == short_name);
            json!({ "enum": value.expect("a known value").name })
        }
        other => panic!("{name}: no recorded dataset has {other}"),
    }
}

/// Compares every column of every row and returns the number of compared values, including absent ones.
fn compare(schema: &DatasetSchema, batch: &RecordBatch, rows: &[&Value]) -> usize {
    assert_eq!(batch.num_rows(), rows.len());
    assert_eq!(batch.num_columns(), schema.fields().len());
    let fields = batch.schema();
    let names: BTreeSet<&str> = fields.fields().iter().map(|field| field.name().as_str()).collect();
    for (index, row) in rows.iter().enumerate() {
        let row = row.as_object().expect("a row is an object");
        assert!(row.keys().all(|name| names.contains(name.as_str())), "row {index} has unknown fields");
        for (field, column) in fields.fields().iter().zip(batch.columns()) {
            let name = field.name();
            let found = column.is_valid(index).then(|| actual(schema, name, column, index));
            assert_eq!(found.as_ref(), row.get(name), "row {index}, field {name}");
        }
    }
    rows.len() * batch.num_columns()
}

fn rows_of(expected: &[(u64, Value)], response: u64) -> Vec<&Value> {
    expected.iter().filter(|(index, _)| *index == response).map(|(_, row)| row).collect()
}

#[test]
fn recorded_pages_become_the_expected_columns() {
    let Some(folder) = folder() else { return };
    let bodies = bodies(&folder.join("query.rpcs.bin"));
    let expected = expected(&folder.join("query.expected.jsonl.gz"));
    let schema = schema(&bodies[0]);
    let decoder = PageDecoder::new(&schema).expect("a decoder");
    let (mut values, mut datapoints) = (0, 0);
    for (response, body) in (0..).zip(&bodies[1..]) {
        let page = decoder.decode_page(body).expect("a page");
        values += compare(&schema, &page.batch, &rows_of(&expected, response));
        datapoints += page.batch.num_rows();
        assert!(page.next_page.is_none(), "the last page");
        let encoded = QueryResultPage::decode(body.clone()).expect("a page").data.expect("data").value;
        assert_eq!(page.datapoint_bytes, encoded.iter().map(Bytes::len).sum::<usize>());
        assert_eq!(decoder.decode_messages(&encoded).expect("the same messages"), page.batch);
    }
    assert_eq!(datapoints, expected.len());
    println!("compared {values} values of {datapoints} datapoints");
}

#[test]
fn recorded_datapoints_become_the_expected_rows() {
    let Some(folder) = folder() else { return };
    let bodies = bodies(&folder.join("datapoint_getinto.rpcs.bin"));
    let expected = expected(&folder.join("datapoint_getinto.expected.jsonl.gz"));
    let schema = schema(&bodies[0]);
    let decoder = PageDecoder::new(&schema).expect("a decoder");
    let mut values = 0;
    for (response, body) in (0..).zip(&bodies[2..]) {
        let batch = decoder.decode_datapoint(body).expect("a datapoint");
        values += compare(&schema, &batch, &rows_of(&expected, response));
    }
    println!("compared {values} values of {} datapoints", expected.len());
}

#[test]
fn a_recorded_field_of_a_retired_type_stays_encoded() {
    let Some(folder) = folder() else { return };
    let dataset = Dataset::decode(bodies(&folder.join("collections.rpcs.bin"))[0].clone()).expect("a dataset");
    let mut described = dataset.r#type.expect("a type");
    // This old description omits required fields, so it cannot describe a page.
    let error = DatasetSchema::from_annotated_type(&described).expect_err("no time");
    assert_eq!((error.kind(), error.field()), (SchemaErrorKind::RequiredField, Some("time")));
    let mut set = FileDescriptorSet::decode(described.descriptor_set).expect("a description");
    let message = &mut set.file[0].message_type[0];
    for (number, (name, type_name)) in (101..).zip([
        ("time", ".google.protobuf.Timestamp"),
        ("id", ".datasets.v1.UUID"),
        ("ingestion_time", ".google.protobuf.Timestamp"),
    ]) {
        let mut field = message.field[0].clone();
        (field.name, field.number) = (Some(name.to_owned()), Some(number));
        (field.type_name, field.r#type) = (Some(type_name.to_owned()), Some(Type::Message.into()));
        message.field.push(field);
    }
    described.descriptor_set = set.encode_to_vec().into();
    let schema = DatasetSchema::from_annotated_type(&described).expect("a schema");
    let geometry = schema.message_type(schema.field("geometry").expect("a field")).expect("a message");
    assert_eq!((geometry.full_name(), geometry.is_known()), ("datasets.v1.GeobufData", false));
    let number = schema.field("geometry").expect("a field").number();
    let mut datapoint = Vec::new();
    prost::encoding::bytes::encode(number, &b"\x0a\x01x".to_vec(), &mut datapoint);
    let decoder = PageDecoder::new(&schema).expect("a decoder");
    let batch = decoder.decode_messages(&[&datapoint]).expect("a batch");
    assert_eq!(batch.column_by_name("geometry").expect("a column").as_binary_view().value(0), b"\x0a\x01x");
    assert_eq!(encode_batch(&schema, &batch).expect("messages"), [datapoint]);
}

#[test]
fn recorded_presence_follows_the_edition() {
    let Some(folder) = folder() else { return };
    let presence = |name: &str| {
        let schema = schema(&bodies(&folder.join(name))[0]);
        let by_kind = |is_message: bool| {
            let of_kind = |field: &&Field| matches!(field.value_type(), ValueType::Message(_)) == is_message;
            schema.fields().iter().filter(of_kind).map(|field| field.has_presence()).collect::<BTreeSet<_>>()
        };
        [by_kind(true), by_kind(false)]
    };
    // Edition 2023 without features, and with `field_presence = IMPLICIT` of the file.
    assert_eq!(presence("query.rpcs.bin"), [BTreeSet::from([true]), BTreeSet::from([true])]);
    assert_eq!(presence("load-fb94c44.rpcs.bin"), [BTreeSet::from([true]), BTreeSet::from([false])]);
}

#[test]
fn a_recorded_page_without_presence_has_expected_columns() {
    let Some(folder) = folder() else { return };
    let bodies = bodies(&folder.join("load-fb94c44.rpcs.bin"));
    let expected = expected(&folder.join("load-fb94c44.expected.jsonl.gz"));
    let schema = schema(&bodies[0]);
    let page = PageDecoder::new(&schema).expect("a decoder").decode_page(&bodies[2]).expect("a page");
    let values = compare(&schema, &page.batch, &rows_of(&expected, 0));
    assert!(values > 0 && page.batch.num_rows() > 0);
}

/// The distance between damaged bytes: a debug build samples some, a release build tries all.
const STRIDE: usize = if cfg!(debug_assertions) { 997 } else { 1 };

#[test]
fn a_damaged_recorded_page_is_columns_or_an_error() {
    let Some(folder) = folder() else { return };
    let bodies = bodies(&folder.join("query.rpcs.bin"));
    let schema = schema(&bodies[0]);
    let decoder = PageDecoder::new(&schema).expect("a decoder");
    let mut page = QueryResultPage::decode(bodies[1].clone()).expect("a page");
    // A few datapoints have every kind of field.
    page.data.as_mut().expect("data").value.truncate(8);
    let page = page.encode_to_vec();
    let mut refused = 0;
    for at in (0..page.len()).step_by(STRIDE) {
        refused += usize::from(decoder.decode_page(&Bytes::copy_from_slice(&page[..at])).is_err());
        for flip in (0..8).map(|bit| 1 << bit).chain([0xff]) {
            let mut changed = page.clone();
            changed[at] ^= flip;
            match decoder.decode_page(&Bytes::from(changed)) {
                Ok(decoded) => {
                    for column in decoded.batch.columns() {
                        column.to_data().validate_full().expect("columns are valid");
                    }
                }
                Err(_) => refused += 1,
            }
        }
    }
    assert!(refused > 0, "a truncated page is refused");
    println!("cut or changed at {} places, refused {refused} times", page.len().div_ceil(STRIDE));
}
