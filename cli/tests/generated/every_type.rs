// Datapoints of the dataset `test.every_type`, to read with `Datapoints::rows` and to ingest as `Records`.
//
// Made by: tbx generate test.every_type
// Dependencies: tilebox-tokio (feature rows), serde (feature derive), chrono (feature serde), uuid (feature serde)
// Fields that are not needed can be deleted: reading ignores other columns.

use std::collections::BTreeMap;

use chrono::TimeDelta;
use serde::{Deserialize, Serialize};
use tilebox_tokio::{Footprint, Timestamp};
use uuid::Uuid;

/// A datapoint of the dataset `test.every_type`.
///
/// A dataset of the tests of \<tbx>.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct EveryType {
    /// The start of the sensing.
    ///
    /// Example: `2025-01-01T10:30:19.024Z`
    pub time: Timestamp,
    pub id: Uuid,
    pub ingestion_time: Timestamp,
    /// The outline, as in \[GeoJSON].
    ///
    /// Example: `POINT (12.5 45.5)`
    pub footprint: Option<Footprint>,
    /// The cloud cover in percent, as a number from 0 to 100: the share of the area that clouds and
    /// their shadows hide from the sensor.
    ///
    /// See <https://example.com/clouds>.
    ///
    /// Example: `22.45`
    ///
    /// Filters can use it.
    pub cloud_cover: Option<f64>,
    /// \`\`\`
    /// not an example
    /// of code
    /// \`\`\`
    ///
    /// Example: `` `a` ``
    pub small: Option<f32>,
    pub count: Option<i32>,
    pub file_size: Option<i64>,
    pub index: Option<u32>,
    pub total: Option<u64>,
    pub delta: Option<i32>,
    pub offset: Option<i64>,
    pub checksum: Option<u32>,
    pub hash: Option<u64>,
    pub shift: Option<i32>,
    pub drift: Option<i64>,
    pub published: Option<bool>,
    /// Text with direction and bell.
    ///
    /// Example: `a b`
    pub name: Option<String>,
    pub thumbnail: Option<Vec<u8>>,
    pub exposure: Option<TimeDelta>,
    pub parent: Option<Uuid>,
    pub level: Option<Level>,
    pub odd: Option<Odd>,
    pub position: Option<Position>,
    pub place: Option<LatLonAlt>,
    pub inner: Option<Inner>,
    pub other_inner: Option<OuterInner>,
    pub option: Option<Option2>,
    /// Messages `test.v1.Tree`, encoded as protobuf.
    pub tree: Option<Vec<u8>>,
    /// Messages `unknown.v1.Elsewhere`, encoded as protobuf.
    pub elsewhere: Option<Vec<u8>>,
    pub empty: Option<Nothing>,
    #[serde(default)]
    pub numbers: Vec<f64>,
    #[serde(default)]
    pub texts: Vec<String>,
    #[serde(default)]
    pub stops: Vec<Timestamp>,
    #[serde(default)]
    pub levels: Vec<Level>,
    #[serde(default)]
    pub positions: Vec<Position>,
    #[serde(default)]
    pub tags: BTreeMap<String, i32>,
    #[serde(default)]
    pub places: BTreeMap<i64, Position>,
    /// At most one field of the oneof `side` has a value.
    pub left: Option<i64>,
    /// At most one field of the oneof `side` has a value.
    pub right: Option<String>,
    pub r#type: Option<String>,
    #[serde(rename = "self")]
    pub self_2: Option<i64>,
    pub self_: Option<i64>,
    #[serde(rename = "cloudCover")]
    pub cloud_cover2: Option<f64>,
    #[serde(rename = "EOCloudCover")]
    pub eo_cloud_cover: Option<f64>,
    pub _internal: Option<bool>,
    #[serde(rename = "a__b")]
    pub a_b: Option<bool>,
    pub r#gen: Option<bool>,
}

/// A value of `test.v1.Level`.
#[derive(Clone, Debug, Deserialize, Eq, Hash, PartialEq, Serialize)]
pub enum Level {
    /// `LEVEL_UNSPECIFIED`, number 0.
    #[serde(rename = "UNSPECIFIED")]
    Unspecified,
    /// `LEVEL_L1C`, number 1.
    #[serde(rename = "L1C")]
    L1c,
    /// `LEVEL_L2_1`, number 2.
    L2_1,
    /// `LEVEL_3`, number 3.
    #[serde(rename = "LEVEL_3")]
    Level3,
    /// `L1c`, number 4.
    #[serde(rename = "L1c")]
    L1c2,
    /// A value without a variant: its name, or its number if it has no name.
    #[serde(untagged)]
    Unrecognized(String),
}

/// A value of `test.v1.odd`.
#[derive(Clone, Debug, Deserialize, Eq, Hash, PartialEq, Serialize)]
pub enum Odd {
    /// `ODD_SELF`, number 0.
    #[serde(rename = "SELF")]
    Self_,
    /// `ODD_5M`, number 1.
    #[serde(rename = "5M")]
    Value5m,
    /// `unrecognized`, number 2.
    #[serde(rename = "unrecognized")]
    Unrecognized,
    /// `Kept`, number 3.
    Kept,
    /// A value without a variant: its name, or its number if it has no name.
    #[serde(untagged)]
    Unrecognized2(String),
}

/// A message `test.v1.position`.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct Position {
    pub x: f64,
    pub y: Option<f64>,
    pub level: Level,
    #[serde(default)]
    pub owners: Vec<Uuid>,
}

/// A message `datasets.v1.LatLonAlt`.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct LatLonAlt {
    /// Degrees, positive to the north.
    pub latitude: f64,
    /// Degrees, positive to the east.
    pub longitude: f64,
    pub altitude: f64,
}

/// A message `test.v1.Inner`.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct Inner {
    pub r#where: String,
}

/// A message `test.v1.Outer.Inner`.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct OuterInner {
    pub deep: i32,
}

/// A message `test.v1.Option`.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct Option2 {
    pub value: bool,
}

/// A message `test.v1.Nothing`.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct Nothing {}
