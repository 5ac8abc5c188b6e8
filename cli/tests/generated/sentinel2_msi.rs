// Datapoints of the dataset `open_data.copernicus.sentinel2_msi`, to read with `Datapoints::rows` and to ingest as `Records`.
//
// Made by: tbx generate open_data.copernicus.sentinel2_msi
// Dependencies: tilebox-tokio (feature rows), serde (feature derive), uuid (feature serde)
// Fields that are not needed can be deleted: reading ignores other columns.

use serde::{Deserialize, Serialize};
use tilebox_tokio::{Footprint, Timestamp};
use uuid::Uuid;

/// A datapoint of the dataset `open_data.copernicus.sentinel2_msi`.
///
/// A generated catalogue of granules on plausible orbits.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct Sentinel2Msi {
    /// The start of the sensing.
    ///
    /// Example: `2025-01-01T10:30:19.024Z`
    pub time: Timestamp,
    /// The id of the datapoint.
    ///
    /// Example: `01941f29-c650-202f-6495-c71dd2118fb1`
    pub id: Uuid,
    /// The time of ingestion.
    ///
    /// Example: `2025-01-01T14:00:00Z`
    pub ingestion_time: Timestamp,
    /// The footprint of the granule.
    ///
    /// Example: `POLYGON ((12 45, 13 45, 13 46, 12 46, 12 45))`
    pub geometry: Option<Footprint>,
    /// The name of the granule.
    ///
    /// Example: `S2A_MSIL1C_20250101T103019_N0511_R108_T32TMT_20250101T120000.SAFE`
    ///
    /// Filters can use it.
    pub granule_name: Option<String>,
    /// The level of processing.
    ///
    /// Example: `L1C`
    pub processing_level: Option<ProcessingLevel>,
    /// The type of the product.
    ///
    /// Example: `S2MSI1C`
    pub product_type: Option<String>,
    /// The id of the granule outside of Tilebox.
    ///
    /// Example: `388f9128-a415-4e6d-9713-1162173ae08e`
    pub copernicus_id: Option<Uuid>,
    /// The satellite.
    ///
    /// Example: `S2A`
    ///
    /// Filters can use it.
    pub platform: Option<String>,
    /// Orbits since the launch.
    ///
    /// Example: `49500`
    ///
    /// Filters can use it.
    pub orbit_number: Option<i64>,
    /// The orbit within the cycle of ten days, 1 to 143.
    ///
    /// Example: `108`
    ///
    /// Filters can use it.
    pub relative_orbit_number: Option<i64>,
    /// The version of the processing.
    ///
    /// Example: `5.11`
    ///
    /// Filters can use it.
    pub processing_baseline: Option<f64>,
    /// The end of the sensing.
    ///
    /// Example: `2025-01-01T10:30:19.024Z`
    pub stop_time: Option<Timestamp>,
    /// The centre of the granule.
    ///
    /// Example: `POINT (12.5 45.5)`
    pub centroid: Option<Footprint>,
    /// The time of publication.
    ///
    /// Example: `2025-01-01T13:10:00Z`
    pub published: Option<Timestamp>,
    /// The time of the last update.
    ///
    /// Example: `2025-01-01T13:12:00Z`
    pub updated: Option<Timestamp>,
    /// The storage path of the granule.
    ///
    /// Example: `/eodata/Sentinel-2/MSI/L1C/2025/01/01/...`
    pub location: Option<String>,
    /// The size of the granule in bytes.
    ///
    /// Example: `672194264`
    ///
    /// Filters can use it.
    pub file_size: Option<i64>,
    /// The URL of a thumbnail image.
    ///
    /// Example: `https://example.com/granule-ql.jpg`
    pub thumbnail: Option<String>,
    /// The cloud cover in percent.
    ///
    /// Example: `22.45`
    ///
    /// Filters can use it.
    pub cloud_cover: Option<f64>,
    /// The ground resolution in metres.
    ///
    /// Example: `0`
    pub resolution: Option<i64>,
    /// The flight direction of the satellite.
    ///
    /// Example: `DESCENDING`
    pub flight_direction: Option<FlightDirection>,
    /// The acquisition mode of the instrument.
    ///
    /// Example: `NOBS`
    pub acquisition_mode: Option<AcquisitionMode>,
    /// The id of the datatake.
    ///
    /// Example: `GS2A_20250101T103019_049500_N05.11`
    pub mission_take_id: Option<String>,
}

/// A value of `datasets.v1.ProcessingLevel`.
#[derive(Clone, Debug, Deserialize, Eq, Hash, PartialEq, Serialize)]
pub enum ProcessingLevel {
    /// `PROCESSING_LEVEL_UNSPECIFIED`, number 0.
    #[serde(rename = "UNSPECIFIED")]
    Unspecified,
    /// `PROCESSING_LEVEL_L0`, number 12.
    L0,
    /// `PROCESSING_LEVEL_L1`, number 10.
    L1,
    /// `PROCESSING_LEVEL_L1A`, number 1.
    #[serde(rename = "L1A")]
    L1a,
    /// `PROCESSING_LEVEL_L1B`, number 2.
    #[serde(rename = "L1B")]
    L1b,
    /// `PROCESSING_LEVEL_L1C`, number 3.
    #[serde(rename = "L1C")]
    L1c,
    /// `PROCESSING_LEVEL_L2`, number 4.
    L2,
    /// `PROCESSING_LEVEL_L2A`, number 5.
    #[serde(rename = "L2A")]
    L2a,
    /// `PROCESSING_LEVEL_L2B`, number 6.
    #[serde(rename = "L2B")]
    L2b,
    /// `PROCESSING_LEVEL_L3`, number 7.
    L3,
    /// `PROCESSING_LEVEL_L3A`, number 8.
    #[serde(rename = "L3A")]
    L3a,
    /// `PROCESSING_LEVEL_L4`, number 9.
    L4,
    /// `PROCESSING_LEVEL_NOT_APPLICABLE`, number 11.
    #[serde(rename = "NOT_APPLICABLE")]
    NotApplicable,
    /// A value without a variant: its name, or its number if it has no name.
    #[serde(untagged)]
    Unrecognized(String),
}

/// A value of `datasets.v1.FlightDirection`.
#[derive(Clone, Debug, Deserialize, Eq, Hash, PartialEq, Serialize)]
pub enum FlightDirection {
    /// `FLIGHT_DIRECTION_UNSPECIFIED`, number 0.
    #[serde(rename = "UNSPECIFIED")]
    Unspecified,
    /// `FLIGHT_DIRECTION_ASCENDING`, number 1.
    #[serde(rename = "ASCENDING")]
    Ascending,
    /// `FLIGHT_DIRECTION_DESCENDING`, number 2.
    #[serde(rename = "DESCENDING")]
    Descending,
    /// A value without a variant: its name, or its number if it has no name.
    #[serde(untagged)]
    Unrecognized(String),
}

/// A value of `datasets.v1.AcquisitionMode`.
#[derive(Clone, Debug, Deserialize, Eq, Hash, PartialEq, Serialize)]
pub enum AcquisitionMode {
    /// `ACQUISITION_MODE_UNSPECIFIED`, number 0.
    #[serde(rename = "UNSPECIFIED")]
    Unspecified,
    /// `ACQUISITION_MODE_SM`, number 1.
    #[serde(rename = "SM")]
    Sm,
    /// `ACQUISITION_MODE_EW`, number 2.
    #[serde(rename = "EW")]
    Ew,
    /// `ACQUISITION_MODE_IW`, number 3.
    #[serde(rename = "IW")]
    Iw,
    /// `ACQUISITION_MODE_WV`, number 4.
    #[serde(rename = "WV")]
    Wv,
    /// `ACQUISITION_MODE_SPOTLIGHT`, number 10.
    #[serde(rename = "SPOTLIGHT")]
    Spotlight,
    /// `ACQUISITION_MODE_NOBS`, number 20.
    #[serde(rename = "NOBS")]
    Nobs,
    /// `ACQUISITION_MODE_EOBS`, number 21.
    #[serde(rename = "EOBS")]
    Eobs,
    /// `ACQUISITION_MODE_DASC`, number 22.
    #[serde(rename = "DASC")]
    Dasc,
    /// `ACQUISITION_MODE_ABSR`, number 23.
    #[serde(rename = "ABSR")]
    Absr,
    /// `ACQUISITION_MODE_VIC`, number 24.
    #[serde(rename = "VIC")]
    Vic,
    /// `ACQUISITION_MODE_RAW`, number 25.
    #[serde(rename = "RAW")]
    Raw,
    /// `ACQUISITION_MODE_TST`, number 26.
    #[serde(rename = "TST")]
    Tst,
    /// A value without a variant: its name, or its number if it has no name.
    #[serde(untagged)]
    Unrecognized(String),
}
