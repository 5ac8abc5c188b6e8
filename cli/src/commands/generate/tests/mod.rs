//! The code of a dataset with every type and awkward names, compiled and used.

mod schema;

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Serialize;
use tilebox_core::columns::PageDecoder;
use tilebox_tokio::datasets::{DatapointEncoder, IntoDatapoints as _};
use tilebox_tokio::schema::DatasetSchema;
use tilebox_tokio::{Datapoints, Records, Timestamp};
use uuid::Uuid;

use super::code::Code;
use schema::{every_type, stac};

/// The committed code of [`every_type`].
#[path = "../../../../tests/generated/every_type.rs"]
#[expect(unreachable_pub, reason = "the code is written for modules of an application")]
mod generated;

/// The committed code of [`stac`].
#[path = "../../../../tests/generated/stac.rs"]
#[expect(unreachable_pub, reason = "the code is written for modules of an application")]
mod stac_generated;

use generated::{EveryType, Inner, Level, Odd, OuterInner, Position};

/// Asserts that the committed code of a dataset is the generated one.
#[track_caller]
fn assert_committed(name: &str, schema: &DatasetSchema) {
    let slug = format!("test.{name}");
    let code = Code {
        slug: &slug,
        summary: "A dataset of the tests of <tbx>.",
        schema,
        name: None,
        crate_name: "tilebox_tokio",
        command: &format!("tbx generate {slug}"),
    };
    let generated = code.generate();
    let path = format!("{}/tests/generated/{name}.rs", env!("CARGO_MANIFEST_DIR"));
    if std::env::var_os("TILEBOX_REGENERATE").is_some() {
        std::fs::write(&path, &generated).expect("a file of this repository");
    }
    let committed = std::fs::read_to_string(&path).expect("the committed code");
    assert_eq!(generated, committed, "TILEBOX_REGENERATE=1 writes it again");
}

#[test]
fn the_code_of_every_type_is_committed() {
    assert_committed("every_type", &every_type());
}

#[test]
fn the_code_of_stac_messages_is_committed() {
    assert_committed("stac", &stac());
}

#[test]
fn code_has_the_given_names() {
    let schema = every_type();
    let code = Code {
        slug: "a`b\nc",
        summary: "",
        schema: &schema,
        name: Some("Scene"),
        crate_name: "tilebox_smol",
        command: "tbx generate x\n--name Scene",
    };
    let code = code.generate();
    assert!(code.contains("pub struct Scene {\n"), "{code}");
    assert!(code.contains("use tilebox_smol::{Footprint, Timestamp};\n"), "{code}");
    assert!(code.contains("// Dependencies: tilebox-smol (feature rows), serde"), "{code}");
    assert!(code.starts_with("// Datapoints of the dataset ``a`b c``,"), "{code}");
    assert!(code.contains("// Made by: tbx generate x --name Scene\n"), "{code}");
}

fn position(x: f64) -> Position {
    let owners = vec![Uuid::from_u128(5), Uuid::max()];
    Position { x, y: Some(-x), level: Level::L1c, owners }
}

/// Returns a datapoint with a value in each field that records can send.
fn full() -> EveryType {
    let time = Timestamp::parse("2025-01-01T10:30:19.024Z").expect("a time");
    EveryType {
        time,
        id: Uuid::nil(),
        ingestion_time: time,
        footprint: Some(tilebox_tokio::geo_types::Point::new(12.5, 45.5).into()),
        cloud_cover: Some(22.45),
        small: Some(0.1),
        count: Some(-1),
        file_size: Some(i64::MIN),
        index: Some(u32::MAX),
        total: Some(u64::MAX),
        delta: Some(-2),
        offset: Some(-3),
        checksum: Some(4),
        hash: Some(5),
        shift: Some(-6),
        drift: Some(-7),
        published: Some(true),
        name: Some("name".to_owned()),
        thumbnail: Some(vec![0, 255]),
        exposure: Some(chrono::TimeDelta::milliseconds(-1500)),
        parent: Some(Uuid::from_u128(9)),
        level: Some(Level::L2_1),
        odd: Some(Odd::Value5m),
        position: Some(position(1.5)),
        place: Some(generated::LatLonAlt { latitude: 1.0, longitude: 2.0, altitude: 3.0 }),
        inner: Some(Inner { r#where: "here".to_owned() }),
        other_inner: Some(OuterInner { deep: 7 }),
        option: Some(generated::Option2 { value: true }),
        tree: None,
        elsewhere: None,
        empty: Some(generated::Nothing {}),
        numbers: vec![1.5, -0.5],
        texts: vec!["a".to_owned(), String::new()],
        stops: vec![time],
        levels: vec![Level::L1c, Level::Unspecified, Level::Level3],
        positions: vec![position(2.5), position(3.5)],
        tags: BTreeMap::from([("a".to_owned(), 1)]),
        places: BTreeMap::from([(-1, position(4.5))]),
        left: Some(1),
        right: None,
        r#type: Some("S2MSI1C".to_owned()),
        self_2: Some(1),
        self_: Some(2),
        cloud_cover2: Some(3.5),
        eo_cloud_cover: Some(4.5),
        _internal: Some(false),
        a_b: Some(true),
        r#gen: Some(true),
    }
}

/// Returns a datapoint with what is never missing.
fn empty() -> EveryType {
    let time = Timestamp::parse("2025-01-02").expect("a time");
    let json = serde_json::json!({ "time": time, "id": Uuid::nil(), "ingestion_time": time });
    serde_json::from_value(json).expect("all other fields can be missing")
}

/// Encodes records for ingestion, and decodes them as a page of the server, which sets two more fields.
fn ingested<T: Serialize>(schema: &Arc<DatasetSchema>, records: &[T]) -> Datapoints {
    let messages = Records(records).into_messages(&DatapointEncoder::new(schema)).expect("records of the dataset");
    let by_server = [(2, vec![0x0a, 0x10].into_iter().chain([0; 16]).collect::<Vec<_>>()), (3, vec![])];
    let messages: Vec<Vec<u8>> = messages
        .iter()
        .map(|message| {
            let set = by_server.iter().map(|(number, bytes)| {
                [&[number << 3 | 2, u8::try_from(bytes.len()).expect("a short message")][..], bytes].concat()
            });
            [message.to_vec(), set.collect::<Vec<_>>().concat()].concat()
        })
        .collect();
    PageDecoder::new(schema).expect("a decoder").decode_messages(&messages).expect("columns").into()
}

#[test]
fn generated_structs_are_read_and_ingested() {
    let records = [full(), empty()];
    let back = ingested(&every_type(), &records).rows::<EveryType>().expect("rows");
    let ingestion_time = Timestamp::UNIX_EPOCH;
    let expected = records.map(|record| EveryType { ingestion_time, ..record });
    assert_eq!(back, expected);
}

#[test]
fn stac_messages_are_read_and_ingested() {
    let time = Timestamp::parse("2025-01-01").expect("a time");
    let json = serde_json::json!({
        "time": time,
        "id": Uuid::nil(),
        "ingestion_time": time,
        "geometry": "POINT(12.5 45.5)",
        "assets": {},
        "providers": [],
        "polarization": "VV_VH",
    });
    let record: stac_generated::Stac = serde_json::from_value(json).expect("a record");
    assert_eq!(record.polarization, Some(stac_generated::Polarization::VvVh));
    let back = ingested(&stac(), std::slice::from_ref(&record)).rows::<stac_generated::Stac>().expect("rows");
    assert_eq!(back, [stac_generated::Stac { ingestion_time: Timestamp::UNIX_EPOCH, ..record }]);
}

#[test]
fn a_value_without_a_variant_is_kept() {
    let schema = every_type();
    let level = schema.field("level").expect("a field").number();
    // The number 99 of the enum, after the fields that are never missing.
    let record = [empty()];
    let message = Records(&record[..]).into_messages(&DatapointEncoder::new(&schema)).expect("a record");
    let tag =
        [u8::try_from((level << 3) & 0x7f | 0x80).expect("a byte"), u8::try_from(level >> 4).expect("a byte"), 99];
    let message = [&message[0][..], &[0x12, 0x12, 0x0a, 0x10], &[0; 16], &[0x1a, 0], &tag].concat();
    let batch = PageDecoder::new(&schema).expect("a decoder").decode_messages(&[message]).expect("columns");
    let rows = Datapoints::from(batch).rows::<EveryType>().expect("rows");
    assert_eq!(rows[0].level, Some(Level::Unrecognized("99".to_owned())));
}
