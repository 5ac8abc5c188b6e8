//! The well-known messages: one table of their names, columns, units and ranges.
//!
//! Decoding, encoding, serde records, rows and output formats take these facts from here, so that every way in and out
//! has the same limits. Decoding consults the table once for each schema, when it plans the columns.
//!
//! | message | fields | column | unit | range | an empty message is |
//! |---|---|---|---|---|---|
//! | `google.protobuf.Timestamp` | `seconds`, `nanos` | `Timestamp(Nanosecond, "UTC")` | nanoseconds since 1970, UTC | 1677-09-21 to 2262-04-11 | 1970-01-01 |
//! | `google.protobuf.Duration` | `seconds`, `nanos` | `Duration(Nanosecond)` | nanoseconds | 292 years, either sign | zero |
//! | `datasets.v1.UUID`, `tilebox.v1.ID` | `uuid` | `FixedSizeBinary(16)`, extension `arrow.uuid` | | 16 bytes | null |
//! | `datasets.v1.Geometry` | `wkb` | `BinaryView`, extension `geoarrow.wkb` | degrees, longitude first | WKB with closed rings | null |
//! | `datasets.v1.Vec3` | `x`, `y`, `z` | struct of `Float64` | | | zeros |
//! | `datasets.v1.Quaternion` | `q1`, `q2`, `q3`, `q4` | struct of `Float64` | | | zeros |
//! | `datasets.v1.LatLon` | `latitude`, `longitude` | struct of `Float64` | degrees | | zeros |
//! | `datasets.v1.LatLonAlt` | `latitude`, `longitude`, `altitude` | struct of `Float64` | degrees | | zeros |
//!
//! A value outside the range is refused on the way in (see [`limits`](super::limits)) and null on the way out, except for
//! geometries: their bytes are passed on as the server sends them. The fields of these messages have no presence, so a
//! missing one is zero. All other messages are structs of their fields, as their descriptors say.

use std::collections::HashMap;

use arrow_schema::extension::{EXTENSION_TYPE_METADATA_KEY, EXTENSION_TYPE_NAME_KEY};
use arrow_schema::{DataType, TimeUnit};

use super::MessageType;

/// A message whose value fills one column, not a struct of its fields.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum WellKnown {
    Timestamp,
    Duration,
    Uuid,
    Geometry,
}

/// Full names of the well-known messages and enums, without a leading dot.
pub(crate) mod name {
    pub(crate) const TIMESTAMP: &str = "google.protobuf.Timestamp";
    pub(crate) const DURATION: &str = "google.protobuf.Duration";
    pub(crate) const UUID: &str = "datasets.v1.UUID";
    /// The identifier of the API itself, with the field of a `UUID`.
    pub(crate) const ID: &str = "tilebox.v1.ID";
    pub(crate) const GEOMETRY: &str = "datasets.v1.Geometry";
    pub(crate) const VEC3: &str = "datasets.v1.Vec3";
    pub(crate) const QUATERNION: &str = "datasets.v1.Quaternion";
    pub(crate) const LAT_LON: &str = "datasets.v1.LatLon";
    pub(crate) const LAT_LON_ALT: &str = "datasets.v1.LatLonAlt";

    // Messages of STAC items.
    pub(crate) const ASSETS: &str = "datasets.stac.v1.Assets";
    pub(crate) const AUTHENTICATION: &str = "datasets.stac.v1.Authentication";
    pub(crate) const STORAGE: &str = "datasets.stac.v1.Storage";
    pub(crate) const LINKS: &str = "datasets.stac.v1.Links";
    pub(crate) const PROVIDER: &str = "datasets.stac.v1.Provider";
    pub(crate) const PROCESSING_SOFTWARE: &str = "datasets.stac.v1.ProcessingSoftware";

    // Enums.
    pub(crate) const FLIGHT_DIRECTION: &str = "datasets.v1.FlightDirection";
    pub(crate) const OBSERVATION_DIRECTION: &str = "datasets.v1.ObservationDirection";
    pub(crate) const OPENDATA_PROVIDER: &str = "datasets.v1.OpendataProvider";
    pub(crate) const PROCESSING_LEVEL: &str = "datasets.v1.ProcessingLevel";
    pub(crate) const POLARIZATION: &str = "datasets.v1.Polarization";
    pub(crate) const ACQUISITION_MODE: &str = "datasets.v1.AcquisitionMode";
}

/// Numbers of the fields of the messages that are a [`WellKnown`].
pub(crate) mod number {
    /// The seconds of a time or a duration.
    pub(crate) const SECONDS: u32 = 1;
    /// The nanoseconds after the second.
    pub(crate) const NANOS: u32 = 2;
    /// The bytes of an identifier or a geometry.
    pub(crate) const BYTES: u32 = 1;
}

/// The fields of every dataset (section 2.3 of the API's behaviour) with their types. Pages are ordered by them.
pub(crate) const REQUIRED_FIELDS: [(&str, WellKnown); 3] =
    [("time", WellKnown::Timestamp), ("id", WellKnown::Uuid), ("ingestion_time", WellKnown::Timestamp)];

/// The fields that the server sets. Clients do not send them.
pub(crate) const SET_BY_SERVER: [&str; 2] = ["id", "ingestion_time"];

/// The bytes of an identifier.
pub(crate) const UUID_LENGTH: usize = 16;

/// Longitudes and latitudes in degrees, as the GeoArrow specification writes it ("Extension metadata").
const WGS84: &str = r#"{"crs":"EPSG:4326","crs_type":"authority_code"}"#;

impl WellKnown {
    /// Returns the meaning of a message type; `None` for a struct of its fields.
    pub(crate) fn of(message: &MessageType) -> Option<Self> {
        let all = [Self::Timestamp, Self::Duration, Self::Uuid, Self::Geometry];
        all.into_iter().find(|known| known.names().contains(&message.full_name()))
    }

    /// Returns the meaning of an Arrow column, as the decoder makes it or another program does.
    pub(crate) fn of_column(field: &arrow_schema::Field) -> Option<Self> {
        match field.data_type() {
            DataType::Timestamp(TimeUnit::Nanosecond, _) => Some(Self::Timestamp),
            DataType::Duration(TimeUnit::Nanosecond) => Some(Self::Duration),
            DataType::FixedSizeBinary(size) if usize::try_from(*size) == Ok(UUID_LENGTH) => Some(Self::Uuid),
            DataType::Binary | DataType::BinaryView => {
                (field.extension_type_name() == Self::Geometry.extension()).then_some(Self::Geometry)
            }
            _ => None,
        }
    }

    /// Returns the full names of the messages with this meaning, the usual one first.
    pub(crate) const fn names(self) -> &'static [&'static str] {
        match self {
            Self::Timestamp => &[name::TIMESTAMP],
            Self::Duration => &[name::DURATION],
            Self::Uuid => &[name::UUID, name::ID],
            Self::Geometry => &[name::GEOMETRY],
        }
    }

    /// Returns the type of the column.
    pub(crate) fn data_type(self) -> DataType {
        match self {
            Self::Timestamp => DataType::Timestamp(TimeUnit::Nanosecond, Some("UTC".into())),
            Self::Duration => DataType::Duration(TimeUnit::Nanosecond),
            Self::Uuid => DataType::FixedSizeBinary(UUID_LENGTH as i32),
            Self::Geometry => DataType::BinaryView,
        }
    }

    /// Returns the name of the extension type, where the data type alone does not say what a value means.
    const fn extension(self) -> Option<&'static str> {
        match self {
            Self::Timestamp | Self::Duration => None,
            Self::Uuid => Some("arrow.uuid"),
            Self::Geometry => Some("geoarrow.wkb"),
        }
    }

    /// Returns the metadata of the column: its extension type, and the reference system of geometries.
    pub(crate) fn metadata(self) -> HashMap<String, String> {
        let system = (self == Self::Geometry).then_some((EXTENSION_TYPE_METADATA_KEY, WGS84));
        let entries = self.extension().map(|name| (EXTENSION_TYPE_NAME_KEY, name)).into_iter().chain(system);
        entries.map(|(key, value)| (key.to_owned(), value.to_owned())).collect()
    }

    /// Returns the word for one value, for errors.
    pub(crate) const fn singular(self) -> &'static str {
        match self {
            Self::Timestamp => "time",
            Self::Duration => "duration",
            Self::Uuid => "identifier",
            Self::Geometry => "geometry",
        }
    }
}

#[cfg(test)]
mod tests {
    use prost_types::field_descriptor_proto::Type;

    use super::*;
    use crate::schema::samples::{annotated, named};
    use crate::schema::{DatasetSchema, Field, ValueType};

    #[test]
    fn the_table_matches_the_descriptors() {
        for (full_name, meaning, fields) in [
            (name::TIMESTAMP, Some(WellKnown::Timestamp), &["seconds", "nanos"][..]),
            (name::DURATION, Some(WellKnown::Duration), &["seconds", "nanos"]),
            (name::UUID, Some(WellKnown::Uuid), &["uuid"]),
            (name::ID, Some(WellKnown::Uuid), &["uuid"]),
            (name::GEOMETRY, Some(WellKnown::Geometry), &["wkb"]),
            (name::VEC3, None, &["x", "y", "z"]),
            (name::QUATERNION, None, &["q1", "q2", "q3", "q4"]),
            (name::LAT_LON, None, &["latitude", "longitude"]),
            (name::LAT_LON_ALT, None, &["latitude", "longitude", "altitude"]),
        ] {
            let schema = annotated(vec![named("x", 4, Type::Message, full_name)], |_| {});
            let schema = DatasetSchema::from_annotated_type(&schema).expect("a schema");
            let message = schema.field("x").and_then(|field| schema.message_type(field)).expect("a message");
            assert_eq!((message.full_name(), WellKnown::of(message)), (full_name, meaning));
            assert_eq!(message.fields().iter().map(Field::name).collect::<Vec<_>>(), fields, "{full_name}");
            for (field, number) in message.fields().iter().zip(1..) {
                assert_eq!((field.number(), field.has_presence()), (number, false), "{full_name}");
                let is_double = matches!(field.value_type(), ValueType::Double);
                assert_eq!(is_double, meaning.is_none(), "{full_name}");
            }
        }
    }

    #[test]
    fn every_name_has_a_descriptor() {
        let messages =
            [name::ASSETS, name::AUTHENTICATION, name::STORAGE, name::LINKS, name::PROVIDER, name::PROCESSING_SOFTWARE];
        let enums = [
            name::FLIGHT_DIRECTION,
            name::OBSERVATION_DIRECTION,
            name::OPENDATA_PROVIDER,
            name::PROCESSING_LEVEL,
            name::POLARIZATION,
            name::ACQUISITION_MODE,
        ];
        let typed = messages.map(|name| (Type::Message, name)).into_iter().chain(enums.map(|name| (Type::Enum, name)));
        let fields = typed.zip(4..).map(|((kind, name), number)| named(name, number, kind, name));
        let described = annotated(fields.collect(), |_| {});
        let schema = DatasetSchema::from_annotated_type(&described).expect("a schema");
        for field in schema.fields() {
            let is_known = match field.value_type() {
                ValueType::Enum(enumeration) => !enumeration.values().is_empty(),
                _ => schema.message_type(field).is_some_and(MessageType::is_known),
            };
            assert!(is_known, "{}", field.name());
        }
    }

    #[test]
    fn a_column_of_each_kind_is_recognized() {
        for known in [WellKnown::Timestamp, WellKnown::Duration, WellKnown::Uuid, WellKnown::Geometry] {
            let field = arrow_schema::Field::new("x", known.data_type(), true).with_metadata(known.metadata());
            assert_eq!(WellKnown::of_column(&field), Some(known));
        }
        let bytes = arrow_schema::Field::new("x", DataType::BinaryView, true);
        assert_eq!(WellKnown::of_column(&bytes), None);
    }
}
