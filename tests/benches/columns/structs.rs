//! Datapoints as prost structs. Their bytes are slices of the page, the fastest form of prost.

use bytes::Bytes;
use prost_types::Timestamp;

/// `datasets.v1.UUID` and `datasets.v1.Geometry`.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct Wrapped {
    #[prost(bytes = "bytes", tag = "1")]
    pub(crate) value: Bytes,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct Sentinel2 {
    #[prost(message, optional, tag = "1")]
    pub(crate) time: Option<Timestamp>,
    #[prost(message, optional, tag = "2")]
    pub(crate) id: Option<Wrapped>,
    #[prost(message, optional, tag = "3")]
    pub(crate) ingestion_time: Option<Timestamp>,
    #[prost(message, optional, tag = "4")]
    pub(crate) geometry: Option<Wrapped>,
    #[prost(string, optional, tag = "5")]
    pub(crate) granule_name: Option<String>,
    #[prost(int32, optional, tag = "6")]
    pub(crate) processing_level: Option<i32>,
    #[prost(string, optional, tag = "7")]
    pub(crate) product_type: Option<String>,
    #[prost(message, optional, tag = "8")]
    pub(crate) copernicus_id: Option<Wrapped>,
    #[prost(string, optional, tag = "9")]
    pub(crate) platform: Option<String>,
    #[prost(int64, optional, tag = "10")]
    pub(crate) orbit_number: Option<i64>,
    #[prost(int64, optional, tag = "11")]
    pub(crate) relative_orbit_number: Option<i64>,
    #[prost(double, optional, tag = "12")]
    pub(crate) processing_baseline: Option<f64>,
    #[prost(message, optional, tag = "13")]
    pub(crate) stop_time: Option<Timestamp>,
    #[prost(message, optional, tag = "14")]
    pub(crate) centroid: Option<Wrapped>,
    #[prost(message, optional, tag = "15")]
    pub(crate) published: Option<Timestamp>,
    #[prost(message, optional, tag = "16")]
    pub(crate) updated: Option<Timestamp>,
    #[prost(string, optional, tag = "17")]
    pub(crate) location: Option<String>,
    #[prost(int64, optional, tag = "18")]
    pub(crate) file_size: Option<i64>,
    #[prost(string, optional, tag = "19")]
    pub(crate) thumbnail: Option<String>,
    #[prost(double, optional, tag = "20")]
    pub(crate) cloud_cover: Option<f64>,
    #[prost(int64, optional, tag = "21")]
    pub(crate) resolution: Option<i64>,
    #[prost(int32, optional, tag = "22")]
    pub(crate) flight_direction: Option<i32>,
    #[prost(int32, optional, tag = "23")]
    pub(crate) acquisition_mode: Option<i32>,
    #[prost(string, optional, tag = "24")]
    pub(crate) mission_take_id: Option<String>,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct Narrow {
    #[prost(message, optional, tag = "1")]
    pub(crate) time: Option<Timestamp>,
    #[prost(message, optional, tag = "2")]
    pub(crate) id: Option<Wrapped>,
    #[prost(message, optional, tag = "3")]
    pub(crate) ingestion_time: Option<Timestamp>,
    #[prost(double, optional, tag = "4")]
    pub(crate) value: Option<f64>,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct Place {
    #[prost(double, optional, tag = "1")]
    pub(crate) latitude: Option<f64>,
    #[prost(double, optional, tag = "2")]
    pub(crate) longitude: Option<f64>,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct Asset {
    #[prost(string, optional, tag = "1")]
    pub(crate) href: Option<String>,
    #[prost(message, optional, tag = "2")]
    pub(crate) place: Option<Place>,
    #[prost(int64, repeated, tag = "3")]
    pub(crate) shape: Vec<i64>,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct Nested {
    #[prost(message, optional, tag = "1")]
    pub(crate) time: Option<Timestamp>,
    #[prost(message, optional, tag = "2")]
    pub(crate) id: Option<Wrapped>,
    #[prost(message, optional, tag = "3")]
    pub(crate) ingestion_time: Option<Timestamp>,
    #[prost(string, repeated, tag = "4")]
    pub(crate) names: Vec<String>,
    #[prost(int64, repeated, tag = "5")]
    pub(crate) counts: Vec<i64>,
    #[prost(message, repeated, tag = "6")]
    pub(crate) track: Vec<Place>,
    #[prost(message, repeated, tag = "7")]
    pub(crate) assets: Vec<Asset>,
}
