//! Columns of every type as records, and the errors of mismatched types.

use std::collections::HashMap;
use std::sync::Arc;

use arrow_array::{
    ArrayRef, BinaryViewArray, BooleanArray, DictionaryArray, DurationNanosecondArray, FixedSizeBinaryArray,
    Float64Array, Int32Array, Int64Array, ListArray, RecordBatch, StringViewArray, StructArray,
    TimestampNanosecondArray, types::Int32Type,
};
use arrow_schema::{DataType, Field};
use geo_types::{Geometry, Point};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::Timestamp;
use crate::datapoints::{Datapoints, Footprint};

const ID: Uuid = Uuid::from_u128(0x0194_1f29_c650_202f_6495_c71d_d211_8fb1);

fn wkb_of_point(srid: bool) -> Vec<u8> {
    let header: &[u8] = if srid { &[1, 1, 0, 0, 0x20, 0xe6, 0x10, 0, 0] } else { &[1, 1, 0, 0, 0] };
    [header, &11.5f64.to_le_bytes(), &47.25f64.to_le_bytes()].concat()
}

/// Returns two rows with every type that the decoder produces. The second row has nulls where possible.
fn datapoints() -> Datapoints {
    let times = TimestampNanosecondArray::from(vec![1_735_689_619_024_000_123, -1]).with_timezone("UTC");
    let ids = FixedSizeBinaryArray::try_from_sparse_iter_with_size(
        [Some(ID.as_bytes()), Some(ID.as_bytes())].into_iter(),
        16,
    );
    let ids: ArrayRef = Arc::new(ids.expect("ids"));
    let numbers: ArrayRef = Arc::new(Int32Array::from(vec![Some(7), None]));
    let position = StructArray::from(vec![
        (Arc::new(Field::new("number", DataType::Int32, true)), numbers),
        (Arc::new(Field::new("owner", DataType::FixedSizeBinary(16), true)), Arc::clone(&ids)),
    ]);
    let owners = {
        let item = Arc::new(Field::new("item", DataType::FixedSizeBinary(16), true));
        let offsets = arrow_buffer::OffsetBuffer::from_lengths([2, 0]);
        ListArray::try_new(item, offsets, Arc::clone(&ids), Some(vec![true, false].into())).expect("a list")
    };
    let columns: Vec<(&str, ArrayRef)> = vec![
        ("time", Arc::new(times)),
        ("id", ids),
        ("geometry", Arc::new(BinaryViewArray::from_iter_values([wkb_of_point(true), wkb_of_point(false)]))),
        ("granule_name", Arc::new(StringViewArray::from(vec!["S2A_MSIL1C_20250301T105619", "short"]))),
        ("cloud_cover", Arc::new(Float64Array::from(vec![Some(12.5), None]))),
        ("exposure", Arc::new(DurationNanosecondArray::from(vec![1_500_000_000, -1]))),
        ("platform", Arc::new(DictionaryArray::<Int32Type>::from_iter([Some("S2A"), None]))),
        ("published", Arc::new(BooleanArray::from(vec![Some(true), None]))),
        ("size", Arc::new(Int64Array::from(vec![i64::MAX, 3]))),
        ("checksum", Arc::new(BinaryViewArray::from(vec![Some(&b"\x00\xff"[..]), None]))),
        ("position", Arc::new(position)),
        ("owners", Arc::new(owners)),
        ("bands", Arc::new(ListArray::from_iter_primitive::<Int32Type, _, _>([Some(vec![Some(1), Some(2)]), None]))),
    ];
    RecordBatch::try_from_iter(columns).expect("a batch").into()
}

#[derive(Debug, PartialEq, Deserialize)]
enum Platform {
    S2A,
    S2B,
}

#[derive(Debug, PartialEq, Deserialize)]
struct Position {
    number: Option<i64>,
    owner: Uuid,
}

#[derive(Debug, PartialEq, Deserialize)]
struct Scene {
    time: Timestamp,
    id: Uuid,
    geometry: Footprint,
    granule_name: String,
    cloud_cover: Option<f64>,
    exposure: i64,
    platform: Option<Platform>,
    published: Option<bool>,
    size: u64,
    checksum: Option<Vec<u8>>,
    position: Position,
    owners: Option<Vec<Uuid>>,
    bands: Option<Vec<u8>>,
    not_a_column: Option<String>,
}

#[test]
fn every_type_of_column_becomes_a_field() {
    let scenes: Vec<Scene> = datapoints().rows().expect("rows");
    let place = Footprint::from(Geometry::Point(Point::new(11.5, 47.25)));
    assert_eq!(
        scenes,
        [
            Scene {
                time: Timestamp::parse("2025-01-01T00:00:19.024000123Z").expect("a time"),
                id: ID,
                geometry: place.clone(),
                granule_name: "S2A_MSIL1C_20250301T105619".to_owned(),
                cloud_cover: Some(12.5),
                exposure: 1_500_000_000,
                platform: Some(Platform::S2A),
                published: Some(true),
                size: i64::MAX as u64,
                checksum: Some(vec![0, 255]),
                position: Position { number: Some(7), owner: ID },
                owners: Some(vec![ID, ID]),
                bands: Some(vec![1, 2]),
                not_a_column: None,
            },
            Scene {
                time: Timestamp::parse("1969-12-31T23:59:59.999999999Z").expect("a time"),
                id: ID,
                geometry: place,
                granule_name: "short".to_owned(),
                cloud_cover: None,
                exposure: -1,
                platform: None,
                published: None,
                size: 3,
                checksum: None,
                position: Position { number: None, owner: ID },
                owners: None,
                bands: None,
                not_a_column: None,
            },
        ]
    );
}

#[test]
fn a_slice_has_its_own_rows() {
    let rows = |datapoints: Datapoints| datapoints.rows::<Scene>().expect("rows");
    let all = rows(datapoints());
    assert_eq!(rows(datapoints().slice(1, 1)), all[1..]);
    assert_eq!(rows(datapoints().slice(2, 5)), []);
}

#[test]
fn times_are_read_as_dates_numbers_and_text() {
    #[derive(Deserialize)]
    struct Chrono {
        time: chrono::DateTime<chrono::Utc>,
    }
    #[derive(Deserialize)]
    struct Number {
        time: i64,
    }
    #[derive(Deserialize)]
    struct Text {
        time: String,
        exposure: String,
        id: String,
        platform: Option<String>,
    }
    let datapoints = datapoints();
    let chrono = datapoints.rows::<Chrono>().expect("chrono");
    assert_eq!(chrono[0].time.timestamp_nanos_opt(), Some(1_735_689_619_024_000_123));
    let numbers = datapoints.rows::<Number>().expect("numbers");
    assert_eq!((numbers[0].time, numbers[1].time), (1_735_689_619_024_000_123, -1));
    let texts = datapoints.rows::<Text>().expect("texts");
    assert_eq!((texts[0].time.as_str(), texts[0].id.as_str()), ("2025-01-01T00:00:19.024000123Z", &*ID.to_string()));
    assert_eq!((texts[0].exposure.as_str(), texts[0].platform.as_deref()), ("PT1.5S", Some("S2A")));
}

fn error_of<T: serde::de::DeserializeOwned>() -> String {
    datapoints().rows::<T>().map(|_| ()).expect_err("a mismatch").to_string()
}

#[test]
fn mismatch_errors_name_row_column_and_types() {
    #[derive(Deserialize)]
    struct Missing {
        #[expect(dead_code, reason = "never read")]
        granule: String,
    }
    #[derive(Deserialize)]
    struct Null {
        #[expect(dead_code, reason = "never read")]
        cloud_cover: f64,
    }
    #[derive(Deserialize)]
    struct Type {
        #[expect(dead_code, reason = "never read")]
        cloud_cover: Option<bool>,
    }
    #[derive(Deserialize)]
    struct Range {
        #[expect(dead_code, reason = "never read")]
        size: i32,
    }
    #[derive(Deserialize)]
    struct Variant {
        #[expect(dead_code, reason = "never read")]
        granule_name: Platform,
    }
    #[derive(Deserialize)]
    struct Place {
        #[expect(dead_code, reason = "never read")]
        checksum: Option<Footprint>,
    }
    #[derive(Deserialize)]
    struct Inner {
        #[expect(dead_code, reason = "never read")]
        position: Strict,
    }
    #[derive(Deserialize)]
    struct Strict {
        #[expect(dead_code, reason = "never read")]
        number: i32,
    }
    #[derive(Deserialize)]
    struct Text {
        #[expect(dead_code, reason = "never read")]
        granule_name: i64,
    }
    #[derive(Deserialize)]
    struct Element {
        #[expect(dead_code, reason = "never read")]
        owners: Option<Vec<f64>>,
    }
    #[derive(Deserialize)]
    struct Gone {
        #[expect(dead_code, reason = "never read")]
        position: Size,
    }
    #[derive(Deserialize)]
    struct Size {
        #[expect(dead_code, reason = "never read")]
        size: i32,
    }
    for (error, expected) in [
        (error_of::<Missing>(), &["as `Missing`: there is no column `granule`", "columns are time, id, geometry,"][..]),
        (error_of::<Null>(), &["as `Null`: row 1: the column `cloud_cover` has no value", "an `Option`"]),
        (error_of::<Type>(), &["row 0: the column `cloud_cover` has numbers (Float64), the field expects a boolean"]),
        (
            error_of::<Range>(),
            &["row 0: the column `size` has the number 9223372036854775807, the field expects `i32`"],
        ),
        (error_of::<Variant>(), &["row 0: the column `granule_name` has text: unknown variant `S2A_MSIL1C"]),
        (error_of::<Place>(), &["row 0: the column `checksum` has bytes: not valid WKB"]),
        (error_of::<Text>(), &["row 0: the column `granule_name` has text, the field expects `i64`"]),
        (error_of::<Element>(), &["row 0: the column `owners[0]` has identifiers, the field expects `f64`"]),
        (error_of::<Gone>(), &["row 0: the column `position` has no field `size`"]),
        (error_of::<Inner>(), &["row 1: the column `position.number` has no value"]),
    ] {
        assert!(expected.iter().all(|part| error.contains(part)), "{error}");
        assert!(error.starts_with("cannot read datapoints as `") && !error.contains('\n'), "{error}");
    }
}

#[test]
fn a_record_serializes_in_the_form_for_ingestion() {
    #[derive(Deserialize, Serialize)]
    struct Scene {
        time: Timestamp,
        geometry: Footprint,
    }
    let scenes: Vec<Scene> = datapoints().rows().expect("rows");
    let written: HashMap<String, serde_json::Value> =
        serde_json::from_value(serde_json::to_value(&scenes[0]).expect("JSON")).expect("a map");
    assert_eq!(written["time"], "2025-01-01T00:00:19.024000123Z");
    let bytes: Vec<u8> = serde_json::from_value(written["geometry"].clone()).expect("bytes");
    assert_eq!(bytes, wkb_of_point(false), "plain WKB, as records are ingested");
}
