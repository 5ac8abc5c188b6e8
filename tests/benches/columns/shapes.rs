//! The measured pages.

use bytes::Bytes;
use prost::Message;
use prost::encoding::{WireType, encode_key, encode_varint};
use prost_types::field_descriptor_proto::Type;
use prost_types::{DescriptorProto, FieldDescriptorProto, Timestamp};
use tilebox_core::protocol::wire::datasets::v1::{AnnotatedType, Dataset, QueryResultPage, RepeatedAny};
use tilebox_core::schema::DatasetSchema;
use tilebox_tests::recordings;
use tilebox_tests::reflection::{self, DATAPOINT, annotated, field, named, repeated};

use crate::structs::{Asset, Narrow, Nested, Place, Sentinel2, Wrapped};
use crate::ways::decode_structs;

/// A page of one dataset.
pub(crate) struct Shape {
    pub(crate) name: &'static str,
    pub(crate) annotated: AnnotatedType,
    pub(crate) schema: DatasetSchema,
    /// An encoded `datasets.v1.QueryResultPage`.
    pub(crate) page: Bytes,
    /// A few of the fields.
    pub(crate) projection: Vec<&'static str>,
    /// Decodes the page into compile-time structs and drops them.
    pub(crate) structs: Option<fn(&Bytes)>,
}

impl Shape {
    fn new(name: &'static str, annotated: AnnotatedType, page: Bytes, projection: &[&'static str]) -> Self {
        let schema = reflection::schema(&annotated);
        Self { name, annotated, schema, page, projection: projection.to_vec(), structs: None }
    }
}

pub(crate) fn all() -> Vec<Shape> {
    vec![sentinel2(), wide(), narrow(), nested()]
}

/// Returns a page of datapoints of the type [`DATAPOINT`].
fn page(datapoints: impl Iterator<Item = Vec<u8>>) -> Bytes {
    let data = RepeatedAny { type_url: DATAPOINT.to_owned(), value: datapoints.map(Bytes::from).collect() };
    QueryResultPage { data: Some(data), ..Default::default() }.encode_to_vec().into()
}

fn describe(fields: Vec<FieldDescriptorProto>, others: Vec<DescriptorProto>) -> AnnotatedType {
    annotated(DescriptorProto { field: fields, ..Default::default() }, others)
}

fn time(row: i64) -> Option<Timestamp> {
    Some(Timestamp { seconds: 1_735_689_600 + 37 * row, nanos: 24_000_000 })
}

fn id(row: i64) -> Option<Wrapped> {
    let value = (0x0194_1f29_u128 << 96) | (row as u128).wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060);
    Some(Wrapped { value: Bytes::copy_from_slice(&value.to_be_bytes()) })
}

/// Returns the recorded page, or a similar one.
fn sentinel2() -> Shape {
    const PROJECTION: [&str; 3] = ["time", "id", "cloud_cover"];
    let structs: Option<fn(&Bytes)> = Some(decode_structs::<Sentinel2>);
    if let Some(folder) = recordings::folder() {
        let bodies = recordings::bodies(&folder.join("query.rpcs.bin"));
        let dataset = Dataset::decode(bodies[0].clone()).expect("a dataset");
        let annotated = dataset.r#type.expect("a type");
        return Shape { structs, ..Shape::new("recorded Sentinel-2", annotated, bodies[1].clone(), &PROJECTION) };
    }
    let message = |name, number, type_name| named(name, number, Type::Message, type_name);
    let timestamp = |name, number| message(name, number, ".google.protobuf.Timestamp");
    let fields = vec![
        message("geometry", 4, ".datasets.v1.Geometry"),
        field("granule_name", 5, Type::String),
        named("processing_level", 6, Type::Enum, ".datasets.v1.ProcessingLevel"),
        field("product_type", 7, Type::String),
        message("copernicus_id", 8, ".datasets.v1.UUID"),
        field("platform", 9, Type::String),
        field("orbit_number", 10, Type::Int64),
        field("relative_orbit_number", 11, Type::Int64),
        field("processing_baseline", 12, Type::Double),
        timestamp("stop_time", 13),
        message("centroid", 14, ".datasets.v1.Geometry"),
        timestamp("published", 15),
        timestamp("updated", 16),
        field("location", 17, Type::String),
        field("file_size", 18, Type::Int64),
        field("thumbnail", 19, Type::String),
        field("cloud_cover", 20, Type::Double),
        field("resolution", 21, Type::Int64),
        named("flight_direction", 22, Type::Enum, ".datasets.v1.FlightDirection"),
        named("acquisition_mode", 23, Type::Enum, ".datasets.v1.AcquisitionMode"),
        field("mission_take_id", 24, Type::String),
    ];
    let page = page((0..1459).map(|row| generated_sentinel2(row).encode_to_vec()));
    Shape { structs, ..Shape::new("recorded Sentinel-2, generated", describe(fields, Vec::new()), page, &PROJECTION) }
}

fn generated_sentinel2(row: i64) -> Sentinel2 {
    // These are the recorded lengths, with their variation.
    let wkb = |length: usize| Some(Wrapped { value: Bytes::from(vec![row as u8; length]) });
    let text = |start: &str, length: usize| Some(format!("{start}{row:0width$}", width = length - start.len()));
    Sentinel2 {
        time: time(row),
        id: id(row),
        ingestion_time: time(row + 300),
        geometry: wkb([93, 205, 189, 221][(row.wrapping_mul(0x9e37) >> 4) as usize % 4]),
        granule_name: text("S2A_MSIL1C_20250101T103019_N0511_R108_T32TMT_", 65),
        processing_level: Some(3),
        product_type: Some("S2MSI1C".to_owned()),
        copernicus_id: id(!row),
        platform: Some("S2A".to_owned()),
        orbit_number: Some(49_500),
        relative_orbit_number: Some(108),
        processing_baseline: Some(5.11),
        stop_time: time(row),
        centroid: wkb(21),
        published: time(row + 100),
        updated: time(row + 200),
        location: text("/eodata/Sentinel-2/MSI/L1C/2025/01/01/S2A_MSIL1C_", 103),
        file_size: Some((row % 9 + 1) * 90_000_000),
        thumbnail: text("https://catalogue.dataspace.example.com/odata/v1/Assets/", 222),
        cloud_cover: Some(row as f64 / 14.59),
        resolution: Some(0),
        flight_direction: Some(2),
        acquisition_mode: Some(20),
        mission_take_id: text("GS2A_20250101T103019_", 34),
    }
}

/// Returns a page with 200 fields, most of them in each datapoint.
fn wide() -> Shape {
    const KINDS: [Type; 5] = [Type::Double, Type::Int64, Type::String, Type::Float, Type::Bool];
    let fields = (4..204).map(|number| field(&format!("field_{number}"), number, KINDS[number as usize % 5]));
    let datapoint = |row: i64| {
        let mut bytes = Narrow { time: time(row), id: id(row), ingestion_time: time(row), value: None }.encode_to_vec();
        for number in (4..204_u32).filter(|number| (i64::from(*number) + row) % 17 != 0) {
            match KINDS[number as usize % 5] {
                Type::Double => {
                    encode_key(number, WireType::SixtyFourBit, &mut bytes);
                    bytes.extend((row as f64 * 0.37).to_le_bytes());
                }
                Type::Float => {
                    encode_key(number, WireType::ThirtyTwoBit, &mut bytes);
                    bytes.extend((row as f32).to_le_bytes());
                }
                Type::String => {
                    let text = format!("value {row} of the field {number}");
                    encode_key(number, WireType::LengthDelimited, &mut bytes);
                    encode_varint(text.len() as u64, &mut bytes);
                    bytes.extend(text.as_bytes());
                }
                kind => {
                    encode_key(number, WireType::Varint, &mut bytes);
                    encode_varint(if kind == Type::Bool { 1 } else { row as u64 * 1000 }, &mut bytes);
                }
            }
        }
        bytes
    };
    let projection = ["time", "id", "field_100"];
    Shape::new("wide", describe(fields.collect(), Vec::new()), page((0..500).map(datapoint)), &projection)
}

/// Returns a page with one number beside the required fields.
fn narrow() -> Shape {
    let fields = vec![field("value", 4, Type::Double)];
    let datapoint =
        |row| Narrow { time: time(row), id: id(row), ingestion_time: time(row), value: Some(row as f64 * 0.1) };
    let page = page((0..20_000).map(|row| datapoint(row).encode_to_vec()));
    let structs: Option<fn(&Bytes)> = Some(decode_structs::<Narrow>);
    Shape { structs, ..Shape::new("narrow", describe(fields, Vec::new()), page, &["time", "value"]) }
}

/// Returns a page with lists of texts, numbers and messages.
fn nested() -> Shape {
    let fields = vec![
        repeated(field("names", 4, Type::String)),
        repeated(field("counts", 5, Type::Int64)),
        repeated(named("track", 6, Type::Message, ".datasets.v1.LatLon")),
        repeated(named("assets", 7, Type::Message, ".test.v1.Asset")),
    ];
    let asset = DescriptorProto {
        name: Some("Asset".to_owned()),
        field: vec![
            field("href", 1, Type::String),
            named("place", 2, Type::Message, ".datasets.v1.LatLon"),
            repeated(field("shape", 3, Type::Int64)),
        ],
        ..Default::default()
    };
    let place = |row: i64| Place { latitude: Some(row as f64 * 0.01), longitude: Some(row as f64 * 0.02) };
    let datapoint = |row: i64| Nested {
        time: time(row),
        id: id(row),
        ingestion_time: time(row),
        names: (0..row % 5).map(|index| format!("name number {index} of {row}")).collect(),
        counts: (0..row % 20).map(|index| index * row).collect(),
        track: (0..row % 8).map(place).collect(),
        assets: (0..4)
            .map(|index| Asset {
                href: Some(format!("https://example.com/assets/{row}/{index}")),
                place: Some(place(row)),
                shape: vec![10_980, 10_980, index],
            })
            .collect(),
    };
    let page = page((0..2_000).map(|row| datapoint(row).encode_to_vec()));
    let structs: Option<fn(&Bytes)> = Some(decode_structs::<Nested>);
    Shape { structs, ..Shape::new("lists and messages", describe(fields, vec![asset]), page, &["time", "counts"]) }
}
