//! The messages and enums that a field may have as its type: what is known of them, and whether a value is one.

use std::sync::LazyLock;

use prost::Message;
use prost_types::{Duration, FileDescriptorSet, Timestamp};
use tilebox_core::protocol::wire::WELL_KNOWN_TYPES;
use tilebox_core::protocol::wire::datasets::stac::v1 as stac;
use tilebox_core::protocol::wire::datasets::v1 as datasets;

/// The messages a new field may be of, with their leading dot. Which others the real server takes is not known.
const MESSAGES: [&str; 14] = [
    TIMESTAMP,
    ".google.protobuf.Duration",
    UUID,
    ".datasets.v1.Vec3",
    ".datasets.v1.Quaternion",
    ".datasets.v1.LatLon",
    ".datasets.v1.LatLonAlt",
    GEOMETRY,
    ".datasets.stac.v1.Assets",
    ".datasets.stac.v1.Authentication",
    ".datasets.stac.v1.Storage",
    ".datasets.stac.v1.Links",
    ".datasets.stac.v1.Provider",
    ".datasets.stac.v1.ProcessingSoftware",
];

/// The enums a new field may be of.
const ENUMS: [&str; 6] = [
    ".datasets.v1.FlightDirection",
    ".datasets.v1.ObservationDirection",
    ".datasets.v1.OpendataProvider",
    ".datasets.v1.ProcessingLevel",
    ".datasets.v1.Polarization",
    ".datasets.v1.AcquisitionMode",
];

pub(super) const TIMESTAMP: &str = ".google.protobuf.Timestamp";
pub(super) const UUID: &str = ".datasets.v1.UUID";
pub(super) const GEOMETRY: &str = ".datasets.v1.Geometry";

/// The times that protobuf can express, in seconds since 1970: the years 1 to 9999.
const TIMESTAMP_SECONDS: std::ops::RangeInclusive<i64> = -62_135_596_800..=253_402_300_799;
const NANOS: std::ops::RangeInclusive<i32> = 0..=999_999_999;

/// Each known message or enum, and the file that declares it.
static FILES: LazyLock<Vec<(String, String)>> = LazyLock::new(|| {
    // The constant is a valid set; were it not, no type would be known and every import missing.
    let set = FileDescriptorSet::decode(WELL_KNOWN_TYPES).unwrap_or_default();
    let mut files = Vec::new();
    for file in &set.file {
        let messages = file.message_type.iter().map(prost_types::DescriptorProto::name);
        let enums = file.enum_type.iter().map(prost_types::EnumDescriptorProto::name);
        files.extend(messages.chain(enums).map(|name| (format!(".{}.{name}", file.package()), file.name().to_owned())));
    }
    files
});

/// Whether a new field may be of this message.
pub(super) fn is_message(type_name: &str) -> bool {
    MESSAGES.contains(&type_name)
}

/// Whether a new field may be of this enum.
pub(super) fn is_enum(type_name: &str) -> bool {
    ENUMS.contains(&type_name)
}

/// The file to import for a type.
pub(super) fn file_of(type_name: &str) -> Option<&'static str> {
    FILES.iter().find(|(name, _)| name == type_name).map(|(_, file)| file.as_str())
}

/// Whether `value` is an encoded message of this type. Messages nobody knows are taken as they are.
pub(super) fn check_message(type_name: &str, value: &[u8]) -> Result<(), &'static str> {
    let decodes = match type_name {
        TIMESTAMP => return timestamp(value).map(drop),
        ".google.protobuf.Duration" => Duration::decode(value).is_ok(),
        UUID => return uuid(value),
        GEOMETRY => datasets::Geometry::decode(value).is_ok(),
        ".datasets.v1.Vec3" => datasets::Vec3::decode(value).is_ok(),
        ".datasets.v1.Quaternion" => datasets::Quaternion::decode(value).is_ok(),
        ".datasets.v1.LatLon" => datasets::LatLon::decode(value).is_ok(),
        ".datasets.v1.LatLonAlt" => datasets::LatLonAlt::decode(value).is_ok(),
        ".datasets.stac.v1.Assets" => stac::Assets::decode(value).is_ok(),
        ".datasets.stac.v1.Authentication" => stac::Authentication::decode(value).is_ok(),
        ".datasets.stac.v1.Storage" => stac::Storage::decode(value).is_ok(),
        ".datasets.stac.v1.Links" => stac::Links::decode(value).is_ok(),
        ".datasets.stac.v1.Provider" => stac::Provider::decode(value).is_ok(),
        ".datasets.stac.v1.ProcessingSoftware" => stac::ProcessingSoftware::decode(value).is_ok(),
        _ => true,
    };
    if decodes { Ok(()) } else { Err("it is not the message it should be") }
}

/// Reads a timestamp that protobuf allows.
pub(super) fn timestamp(value: &[u8]) -> Result<Timestamp, &'static str> {
    let time = Timestamp::decode(value).map_err(|_| "it is no timestamp")?;
    if !TIMESTAMP_SECONDS.contains(&time.seconds) || !NANOS.contains(&time.nanos) {
        return Err("a timestamp is in the years 1 to 9999, its nanoseconds are 0 to 999999999");
    }
    Ok(time)
}

/// An empty UUID stands for none.
fn uuid(value: &[u8]) -> Result<(), &'static str> {
    match datasets::Uuid::decode(value) {
        Ok(uuid) if matches!(uuid.uuid.len(), 0 | 16) => Ok(()),
        Ok(_) => Err("a UUID has 16 bytes"),
        Err(_) => Err("it is not the message it should be"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_type_a_field_may_have_is_declared_in_a_known_file() {
        for name in MESSAGES.iter().chain(&ENUMS) {
            assert!(file_of(name).is_some(), "{name}");
        }
        assert_eq!(file_of(".datasets.stac.v1.Links"), Some("datasets/stac/v1/core.proto"));
        assert_eq!(file_of(".datasets.v1.ProcessingLevel"), Some("datasets/v1/well_known_types.proto"));
    }

    #[test]
    fn values_are_checked_against_their_type() {
        assert!(check_message(UUID, &[]).is_ok());
        assert!(check_message(UUID, &[0x0a, 1, 0]).is_err());
        assert!(check_message(TIMESTAMP, &Timestamp { seconds: 0, nanos: -1 }.encode_to_vec()).is_err());
        assert!(check_message(".datasets.v1.Vec3", &[0x0a]).is_err());
        assert!(check_message(".made.Up", &[0xff]).is_ok());
    }
}
