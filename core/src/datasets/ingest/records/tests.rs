mod limits;

use std::collections::BTreeMap;
use std::error::Error as _;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use prost::Message as _;
use prost_types::field_descriptor_proto::Type;
use serde::Serializer;
use uuid::Uuid;

use super::*;
use crate::Timestamp;
use crate::columns::{EncodeError, encode_batch};
use crate::protocol::wire::datasets::v1::AnnotatedType;
use crate::schema::DatasetSchema;
use crate::schema::samples::{annotated, delimited, field, implicit, map_entry, named, repeated};

fn schema() -> Arc<DatasetSchema> {
    Arc::new(DatasetSchema::from_annotated_type(&described()).expect("a schema"))
}

fn described() -> AnnotatedType {
    let message_of = |name: &str, number, type_name| named(name, number, Type::Message, type_name);
    annotated(
        vec![
            field("cloud_cover", 4, Type::Double),
            field("orbit", 5, Type::Int32),
            field("size", 6, Type::Uint64),
            field("is_good", 7, Type::Bool),
            field("name", 8, Type::String),
            field("blob", 9, Type::Bytes),
            named("level", 10, Type::Enum, "datasets.v1.ProcessingLevel"),
            message_of("length", 11, "google.protobuf.Duration"),
            message_of("granule", 12, "datasets.v1.UUID"),
            message_of("shape", 13, "datasets.v1.Geometry"),
            message_of("place", 14, "datasets.v1.LatLon"),
            repeated(field("counts", 15, Type::Int64)),
            repeated(field("names", 16, Type::String)),
            repeated(message_of("tags", 17, "TagsEntry")),
        ],
        |file| {
            let entry = map_entry("TagsEntry", field("key", 1, Type::String), field("value", 2, Type::Int32));
            file.message_type[0].nested_type = vec![entry];
        },
    )
}

fn encode(record: impl Serialize) -> Result<Vec<Bytes>> {
    Records([record]).into_messages(&DatapointEncoder::new(&schema()))
}

#[derive(Clone, Copy, Serialize)]
enum Level {
    L1C,
}

#[derive(Serialize)]
struct Place {
    longitude: f64,
    latitude: f64,
}

struct Blob(&'static [u8]);

impl Serialize for Blob {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        serializer.serialize_bytes(self.0)
    }
}

#[derive(Serialize)]
struct Scene {
    tags: BTreeMap<&'static str, i32>,
    names: Vec<&'static str>,
    counts: (i64, i64),
    place: Place,
    shape: &'static str,
    granule: Uuid,
    length: Duration,
    level: Level,
    blob: Blob,
    name: String,
    is_good: bool,
    size: u64,
    orbit: Option<i32>,
    cloud_cover: f64,
    time: Timestamp,
    id: Option<&'static str>,
}

fn scene() -> Scene {
    Scene {
        tags: BTreeMap::from([("a", 0), ("b", -1)]),
        names: vec!["x", ""],
        counts: (3, -1),
        place: Place { longitude: 11.5, latitude: 0.0 },
        shape: "POINT (11.5 47.25)",
        granule: Uuid::from_u128(7),
        length: Duration::from_millis(1500),
        level: Level::L1C,
        blob: Blob(b"\x00\xff"),
        name: String::new(),
        is_good: false,
        size: u64::MAX,
        orbit: None,
        cloud_cover: f64::NAN,
        time: Timestamp::parse("2025-03-01T10:56:19.024Z").expect("a time"),
        id: Some("set by the server"),
    }
}

#[test]
fn records_and_columns_give_the_same_messages() {
    for described in [described(), implicit(described()), delimited(described())] {
        let schema = DatasetSchema::from_annotated_type(&described).expect("a schema");
        let encoded = Records([scene()]).into_messages(&DatapointEncoder::new(&Arc::new(schema.clone())));
        let encoded = encoded.expect("encoded");
        let decoder = crate::columns::PageDecoder::new(&schema).expect("a decoder");
        let columns = decoder.decode_messages(&encoded).expect("columns");
        assert_eq!(encode_batch(&schema, &columns).expect("encoded"), encoded);
        let null = |name: &str| columns.column_by_name(name).expect("a column").null_count();
        assert_eq!((null("orbit"), null("id"), null("cloud_cover"), null("is_good"), null("tags")), (1, 1, 0, 0, 0));
        assert_eq!((null("time"), null("place"), null("shape"), null("granule"), null("length")), (0, 0, 0, 0, 0));
    }
}

#[test]
fn times_and_durations_are_accepted_as_serialized() {
    #[derive(Serialize)]
    struct Timed<T, L> {
        time: T,
        length: L,
    }
    let expected = |nanos: i32, length: prost_types::Duration| {
        let time = prost_types::Timestamp { seconds: 1, nanos }.encode_to_vec();
        let length = length.encode_to_vec();
        [&[0x0a, time.len() as u8][..], &time, &[0x5a, length.len() as u8], &length].concat()
    };
    let half = prost_types::Duration { seconds: 0, nanos: 500_000_000 };
    let system = SystemTime::UNIX_EPOCH + Duration::from_millis(1001);
    let encoded = encode(Timed { time: system, length: Duration::from_millis(500) }).expect("encoded");
    assert_eq!(encoded[0], expected(1_000_000, half));
    let written = "1970-01-01T01:00:01+01:00";
    // The form of chrono for minus half a second: nanoseconds add to the seconds.
    let encoded = encode(Timed { time: written, length: (-1, 500_000_000) }).expect("encoded");
    assert_eq!(encoded[0], expected(0, prost_types::Duration { seconds: 0, nanos: -500_000_000 }));
    let refused = encode(Timed { time: 1_740_826_579, length: () }).expect_err("a number is not a time").to_string();
    assert!(
        refused.contains("the field `time` expects times, such as 2025-03-01T12:30:00Z, got the number 1740826579"),
        "{refused}"
    );
}

#[test]
fn whole_floats_are_integers_and_nan_is_missing() {
    let messages = |value: serde_json::Value| {
        encode(serde_json::json!({"time": "2025-01-01", "orbit": value, "level": 3})).expect("encoded")
    };
    assert_eq!(messages(5.0.into()), messages(5.into()));
    #[derive(Serialize)]
    struct Measured {
        time: &'static str,
        orbit: f64,
        level: f64,
    }
    let measured = |orbit| encode(Measured { time: "2025-01-01", orbit, level: 3.0 }).expect("encoded");
    assert_eq!(measured(f64::NAN), messages(serde_json::Value::Null));
    assert_eq!(measured(7.0), messages(7.into()));
    let refused = encode(serde_json::json!({"time": "2025-01-01", "orbit": 0.5})).expect_err("a fraction");
    let source = refused.source().and_then(|source| source.downcast_ref::<EncodeError>()).expect("the place");
    assert_eq!((source.row(), source.field()), (Some(0), "orbit"));
}

#[test]
fn errors_of_records_name_row_and_field() {
    let refused = |name: &str, value: serde_json::Value| {
        let record = |value| serde_json::json!({"time": "2025-01-01", name: value});
        let records = Records([record(serde_json::Value::Null), record(value)]);
        let error =
            records.into_messages(&DatapointEncoder::new(&schema()).starting_at(10)).expect_err(name).to_string();
        let start = "cannot ingest the datapoint 11: the field ";
        assert!(error.starts_with(start), "{error}");
        error[start.len()..].to_owned()
    };
    use serde_json::json;
    for (error, expected) in [
        (refused("orbit", json!(1.5)), "`orbit` expects integers (int32), got the number 1.5"),
        (refused("orbit", json!(3_000_000_000_u64)), "`orbit` expects integers (int32), got the number 3000000000"),
        (refused("orbit", json!(1e300)), "`orbit` expects integers (int32), got the number 1e300"),
        (refused("size", json!(-1)), "`size` expects integers (uint64), got the number -1"),
        (refused("cloud_cover", json!("much")), "`cloud_cover` expects numbers, got the text `much`"),
        (refused("is_good", json!(1)), "`is_good` expects booleans"),
        (refused("name", json!(1)), "`name` expects text"),
        (refused("blob", json!([256])), "`blob` expects integers (0 to 255), got the number 256"),
        (refused("level", json!("L9")), "`level` expects one of UNSPECIFIED, "),
        (refused("granule", json!("x")), "`granule` expects an identifier, got `x`: "),
        (refused("granule", json!([1, 2])), "`granule` expects an identifier of 16 bytes, got 2 bytes"),
        (refused("shape", json!("POINT (")), "`shape` is not a valid geometry: not valid WKT"),
        (refused("shape", json!("(".repeat(100_000))), "`shape` is not a valid geometry: its parentheses nest"),
        (refused("shape", json!([1])), "`shape` is not a valid geometry: not valid WKB"),
        (
            refused("shape", json!("POINT (1 2) (3 4)")),
            "`shape` is not a valid geometry: not valid WKT: `(3 4)` follows",
        ),
        (
            refused("shape", json!("SRID=3857;POINT (1 2)")),
            "`shape` is not a valid geometry: its reference system is 3857",
        ),
        (
            refused("shape", json!("POLYGON((10 45, 11 45, 11 46, 10 46))")),
            "`shape` is not a valid geometry: a ring begins at (10 45) and ends at (10 46); close it",
        ),
        (
            refused("shape", json!("POLYGON((0 0, 1 1, 1 0, 0 1, 0 0))")),
            "`shape` is not a valid geometry: its boundary crosses itself at (0.5 0.5)",
        ),
        (refused("length", json!(5)), "`length` expects durations, such as PT1.5S, got the number 5"),
        (refused("place", json!({"height": 5})), "`place.height` does not exist; the fields are latitude"),
        (refused("counts", json!(5)), "`counts` expects a list, got the number 5"),
        (refused("counts", json!([1, null])), "`counts` expects integers (int64), got nothing"),
        (refused("tags", json!({"a": "x"})), "`tags.value` expects integers (int32), got the text `x`"),
    ] {
        assert!(error.starts_with(expected), "{error}");
    }
    let error = encode(serde_json::json!({"time": "2025-01-01", "unknown": null})).expect_err("unknown").to_string();
    assert!(error.contains("the field `unknown` does not exist; the fields are time, id,"), "{error}");
    let error = encode(serde_json::json!({"name": "x"})).expect_err("no time").to_string();
    assert!(error.contains("cannot ingest the datapoint 0: the field `time` is missing"), "{error}");
    assert!(encode(5).is_err());
}
