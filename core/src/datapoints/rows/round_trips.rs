//! Round trips of records: encoded for ingestion, decoded, and read as rows.

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use proptest::prelude::*;
use prost_types::field_descriptor_proto::Type;
use prost_types::{EnumDescriptorProto, EnumValueDescriptorProto, FieldDescriptorProto};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::columns::PageDecoder;
use crate::datapoints::{Datapoints, Footprint};
use crate::datasets::{DatapointEncoder, IntoDatapoints as _, Records};
use crate::schema::DatasetSchema;
use crate::schema::samples::{annotated, field, map_entry, named, repeated};
use crate::{Result, Timestamp};

fn schema(fields: Vec<FieldDescriptorProto>) -> Arc<DatasetSchema> {
    let described = annotated(fields, |file| {
        let entry = map_entry("TagsEntry", field("key", 1, Type::String), field("value", 2, Type::Int32));
        file.message_type[0].nested_type = vec![entry];
        let values = [("LEVEL_UNSPECIFIED", 0), ("LEVEL_L1C", 1)].map(|(name, number)| EnumValueDescriptorProto {
            name: Some(name.to_owned()),
            number: Some(number),
            options: None,
        });
        file.enum_type =
            vec![EnumDescriptorProto { name: Some("Level".to_owned()), value: values.to_vec(), ..Default::default() }];
    });
    Arc::new(DatasetSchema::from_annotated_type(&described).expect("a schema"))
}

fn scalar(kind: Type) -> FieldDescriptorProto {
    field("x", 4, kind)
}

fn message(type_name: &str) -> FieldDescriptorProto {
    named("x", 4, Type::Message, type_name)
}

fn decode<S: Serialize>(schema: &Arc<DatasetSchema>, records: &[S]) -> Result<Datapoints> {
    let messages = Records(records).into_messages(&DatapointEncoder::new(schema))?;
    let batch = PageDecoder::new(schema).expect("a decoder").decode_messages(&messages).expect("columns");
    Ok(batch.into())
}

#[derive(Serialize, Deserialize, Debug, PartialEq)]
struct Record<T> {
    time: Timestamp,
    x: T,
}

/// Asserts that the value of a field is read back unchanged.
#[track_caller]
fn assert_round_trip<T: Serialize + DeserializeOwned + PartialEq + Debug>(field: FieldDescriptorProto, x: T) {
    let time = Timestamp::parse("2025-01-01T00:00:00.000000001Z").expect("a time");
    let record = Record { time, x };
    let back = decode(&schema(vec![field]), std::slice::from_ref(&record)).expect("ingested");
    assert_eq!(back.rows::<Record<T>>().expect("rows"), [record]);
}

#[derive(Serialize, Deserialize, PartialEq, Debug, Clone, Copy)]
enum Level {
    #[serde(rename = "UNSPECIFIED")]
    Unspecified,
    #[serde(rename = "L1C")]
    L1c,
}

#[derive(Serialize, Deserialize, PartialEq, Debug)]
enum Full {
    #[serde(rename = "LEVEL_UNSPECIFIED")]
    Unspecified,
    #[serde(rename = "LEVEL_L1C")]
    L1c,
}

#[derive(Serialize, Deserialize, PartialEq, Debug, Clone, Copy)]
struct Place {
    latitude: f64,
    longitude: f64,
}

#[test]
fn times_and_durations_go_both_ways() {
    let stamp = || message("google.protobuf.Timestamp");
    for text in ["2025-03-01T12:00:00.123456789Z", "1969-12-31T23:59:59.5Z"] {
        assert_round_trip(stamp(), Timestamp::parse(text).expect("a time"));
        assert_round_trip(stamp(), chrono::DateTime::parse_from_rfc3339(text).expect("a time").to_utc());
    }
    assert_round_trip(stamp(), "2025-03-01T12:00:00Z".to_owned());
    assert_round_trip(stamp(), SystemTime::UNIX_EPOCH + Duration::from_nanos(1_500_000_001));
    // `time::OffsetDateTime`.
    assert_round_trip(stamp(), (2024, 366, 23, 59, 59, 999_999_999, 0, 0, 0));
    let span = || message("google.protobuf.Duration");
    assert_round_trip(span(), Duration::from_millis(1500));
    assert_round_trip(span(), chrono::TimeDelta::milliseconds(-1500));
    // `jiff::SignedDuration`.
    assert_round_trip(span(), "PT1.5S".to_owned());
    assert_round_trip(span(), "-PT0.000000001S".to_owned());
}

#[test]
fn bytes_identifiers_and_geometries_go_both_ways() {
    assert_round_trip(scalar(Type::Bytes), vec![0_u8, 255]);
    assert_round_trip(scalar(Type::Bytes), [1_u8, 2, 3, 4]);
    assert_round_trip(scalar(Type::Bytes), Vec::<u8>::new());
    let uuid = || message("datasets.v1.UUID");
    assert_round_trip(uuid(), Uuid::max());
    assert_round_trip(uuid(), Uuid::nil());
    assert_round_trip(uuid(), [1_u8; 16]);
    assert_round_trip(uuid(), Uuid::max().to_string());
    let place = || message("datasets.v1.Geometry");
    assert_round_trip(place(), Footprint::from(geo_types::Point::new(1.0, 2.0)));
    for text in ["POINT(1 2)", "POINT EMPTY", "POLYGON Z((0 0 1,1 0 1,1 1 1,0 0 1))"] {
        assert_round_trip(place(), text.to_owned());
        assert_round_trip(place(), serde_json::from_str::<Footprint>(&format!("\"{text}\"")).expect("a footprint"));
    }
}

#[test]
fn enums_go_both_ways_by_either_name() {
    let level = || named("x", 4, Type::Enum, "test.v1.Level");
    assert_round_trip(level(), Level::L1c);
    assert_round_trip(level(), Full::L1c);
    assert_round_trip(level(), Some(Level::Unspecified));
    assert_round_trip(level(), "L1C".to_owned());
    assert_round_trip(repeated(level()), vec![Full::L1c, Full::Unspecified]);
}

#[test]
fn numbers_and_text_go_both_ways() {
    assert_round_trip(scalar(Type::Uint64), u64::MAX);
    assert_round_trip(scalar(Type::Uint64), 5_u128);
    assert_round_trip(scalar(Type::Int64), i64::MIN);
    assert_round_trip(scalar(Type::Int64), 5_i128);
    assert_round_trip(scalar(Type::Uint32), std::num::NonZeroU32::MAX);
    assert_round_trip(scalar(Type::Bool), true);
    assert_round_trip(scalar(Type::Bool), None::<bool>);
    assert_round_trip(scalar(Type::String), 'ß');
    assert_round_trip(scalar(Type::String), String::new());
    assert_round_trip(scalar(Type::Double), f64::INFINITY);
    assert_round_trip(scalar(Type::Double), f64::MIN_POSITIVE / 2.0);
    assert_round_trip(scalar(Type::Float), 0.1_f32);
    assert_round_trip(scalar(Type::Int64), Some(Some(1_i64)));
}

#[test]
fn lists_maps_and_messages_go_both_ways() {
    assert_round_trip(repeated(scalar(Type::Int64)), vec![0_i64, -1, i64::MAX]);
    assert_round_trip(repeated(scalar(Type::Int64)), Vec::<i64>::new());
    assert_round_trip(repeated(scalar(Type::Int64)), [1_i64, 2]);
    assert_round_trip(repeated(scalar(Type::Int64)), (1_i64, 2_i64));
    assert_round_trip(repeated(scalar(Type::String)), vec!["a".to_owned(), String::new()]);
    assert_round_trip(repeated(scalar(Type::Bytes)), vec![vec![1_u8], vec![]]);
    assert_round_trip(repeated(message("TagsEntry")), BTreeMap::from([("a".to_owned(), 0), ("b".to_owned(), -1)]));
    assert_round_trip(repeated(message("TagsEntry")), BTreeMap::<String, i32>::new());
    let place = || message("datasets.v1.LatLon");
    for x in [Place { latitude: 0.0, longitude: 1.5 }, Place { latitude: 0.0, longitude: 0.0 }] {
        assert_round_trip(place(), x);
        assert_round_trip(repeated(place()), vec![x, x]);
    }
    assert_round_trip(place(), None::<Place>);
    assert_round_trip(place(), serde_json::json!({"latitude": 0.0, "longitude": 2.5}));
}

#[test]
fn rows_as_json_values_can_be_ingested() {
    let schema = schema(vec![
        message("google.protobuf.Timestamp"),
        named("shape", 5, Type::Message, "datasets.v1.Geometry"),
        field("blob", 6, Type::Bytes),
        named("level", 7, Type::Enum, "test.v1.Level"),
        named("length", 8, Type::Message, "google.protobuf.Duration"),
        named("granule", 9, Type::Message, "datasets.v1.UUID"),
    ]);
    let row = serde_json::json!({
        "time": "2025-01-01T00:00:00Z", "id": null, "ingestion_time": null, "x": "2025-01-01T00:00:00.500Z",
        "shape": "POINT(1 2)", "blob": [1], "level": "L1C", "length": "PT1.5S", "granule": Uuid::nil().to_string(),
    });
    let back = decode(&schema, std::slice::from_ref(&row)).expect("ingested");
    assert_eq!(back.rows::<serde_json::Value>().expect("rows"), [row]);
}

#[test]
fn numbers_beyond_the_field_type_are_rejected() {
    let back = |field, x: i64| {
        decode(&schema(vec![field]), &[serde_json::json!({"time": "2025-01-01", "x": x})]).expect("ingested")
    };
    #[derive(Deserialize, Debug)]
    struct X<T> {
        x: T,
    }
    let large = back(scalar(Type::Int64), (1 << 53) + 1);
    let error = large.rows::<X<f64>>().expect_err("rejected").to_string();
    assert!(
        error.contains("row 0: the column `x` has the number 9007199254740993, the field expects `f64`"),
        "{error}"
    );
    assert!(large.rows::<X<f32>>().is_err() && large.rows::<X<i32>>().is_err());
    assert_eq!(large.rows::<X<i64>>().expect("rows")[0].x, (1 << 53) + 1);
    let double = decode(&schema(vec![scalar(Type::Double)]), &[serde_json::json!({"time": "2025-01-01", "x": 1e300})]);
    let error = double.expect("ingested").rows::<X<f32>>().expect_err("rejected").to_string();
    assert!(error.contains("has the number 1e300, the field expects `f32`"), "{error}");
}

#[test]
fn flattened_untagged_and_positional_types_are_read() {
    #[derive(Deserialize, Debug, PartialEq)]
    struct Flat {
        time: Timestamp,
        #[serde(flatten)]
        rest: BTreeMap<String, serde_json::Value>,
    }
    #[derive(Deserialize, Debug, PartialEq)]
    #[serde(untagged)]
    enum Either {
        Blob { x: Vec<u8> },
        Text { x: String },
    }
    let back = decode(&schema(vec![scalar(Type::String)]), &[serde_json::json!({"time": "2025-01-01", "x": "y"})]);
    let back = back.expect("ingested").select(&["time", "x"]).expect("columns");
    let time = Timestamp::parse("2025-01-01").expect("a time");
    let rest = BTreeMap::from([("x".to_owned(), serde_json::json!("y"))]);
    assert_eq!(back.rows::<Flat>().expect("rows"), [Flat { time, rest }]);
    assert_eq!(back.rows::<Either>().expect("rows"), [Either::Text { x: "y".to_owned() }]);
    assert_eq!(back.rows::<(Timestamp, String)>().expect("rows"), [(time, "y".to_owned())]);
}

#[derive(Serialize, Deserialize, Debug, PartialEq, Clone)]
struct Everything {
    time: Timestamp,
    number: Option<f64>,
    small: f32,
    whole: i64,
    big: u64,
    flag: bool,
    text: String,
    blob: Vec<u8>,
    level: Option<Level>,
    length: Option<chrono::TimeDelta>,
    granule: Option<Uuid>,
    shape: Option<Footprint>,
    place: Option<Place>,
    places: Vec<Place>,
    counts: Vec<i64>,
    stops: Vec<Timestamp>,
    tags: BTreeMap<String, i32>,
}

fn everything() -> Arc<DatasetSchema> {
    let of = |name: &str, number, type_name| named(name, number, Type::Message, type_name);
    schema(vec![
        field("number", 4, Type::Double),
        field("small", 5, Type::Float),
        field("whole", 6, Type::Sint64),
        field("big", 7, Type::Fixed64),
        field("flag", 8, Type::Bool),
        field("text", 9, Type::String),
        field("blob", 10, Type::Bytes),
        named("level", 11, Type::Enum, "test.v1.Level"),
        of("length", 12, "google.protobuf.Duration"),
        of("granule", 13, "datasets.v1.UUID"),
        of("shape", 14, "datasets.v1.Geometry"),
        of("place", 15, "datasets.v1.LatLon"),
        repeated(of("places", 16, "datasets.v1.LatLon")),
        repeated(field("counts", 17, Type::Int64)),
        repeated(of("stops", 18, "google.protobuf.Timestamp")),
        repeated(of("tags", 19, "TagsEntry")),
    ])
}

fn a_number() -> impl Strategy<Value = f64> {
    prop_oneof![Just(0.0), -180.0..180.0, any::<f64>().prop_filter("equal to itself", |number| !number.is_nan())]
}

fn a_time() -> impl Strategy<Value = Timestamp> {
    any::<i64>().prop_map(Timestamp::from_nanoseconds)
}

fn a_place() -> impl Strategy<Value = Place> {
    (a_number(), a_number()).prop_map(|(latitude, longitude)| Place { latitude, longitude })
}

fn a_footprint() -> impl Strategy<Value = Footprint> {
    prop_oneof![
        (a_number(), a_number()).prop_map(|(x, y)| geo_types::Point::new(x, y).into()),
        proptest::sample::select(vec!["POINT EMPTY", "POINT Z(1 2 3)", "GEOMETRYCOLLECTION(POINT EMPTY,POINT(1 2))"])
            .prop_map(|text| serde_json::from_value(text.into()).expect("a footprint")),
    ]
}

fn a_record() -> impl Strategy<Value = Everything> {
    let scalars =
        (a_time(), proptest::option::of(a_number()), any::<i64>(), any::<u64>(), any::<bool>(), any::<String>());
    let small = any::<f32>().prop_filter("equal to itself", |number| !number.is_nan());
    let bytes =
        (small, any::<Vec<u8>>(), proptest::option::of(prop_oneof![Just(Level::L1c), Just(Level::Unspecified)]));
    let messages = (
        proptest::option::of(any::<i64>().prop_map(chrono::TimeDelta::nanoseconds)),
        proptest::option::of(any::<u128>().prop_map(Uuid::from_u128)),
        proptest::option::of(a_footprint()),
        proptest::option::of(a_place()),
    );
    let several = (
        proptest::collection::vec(a_place(), 0..3),
        any::<Vec<i64>>(),
        proptest::collection::vec(a_time(), 0..3),
        proptest::collection::btree_map(any::<String>(), any::<i32>(), 0..4),
    );
    (scalars, bytes, messages, several).prop_map(|(scalars, (small, blob, level), messages, several)| {
        let (time, number, whole, big, flag, text) = scalars;
        let (length, granule, shape, place) = messages;
        let (places, counts, stops, tags) = several;
        Everything {
            time,
            number,
            small,
            whole,
            big,
            flag,
            text,
            blob,
            level,
            length,
            granule,
            shape,
            place,
            places,
            counts,
            stops,
            tags,
        }
    })
}

proptest! {
    #[test]
    fn ingested_records_are_read_back_unchanged(records in proptest::collection::vec(a_record(), 0..70)) {
        let back = decode(&everything(), &records).expect("ingested");
        prop_assert_eq!(back.rows::<Everything>().expect("rows"), records);
    }
}
