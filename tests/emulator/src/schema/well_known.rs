//! The well-known messages and enums: which a field can have as its type, and the validation of their values.

use std::sync::LazyLock;

use prost::Message;
use prost_types::{Duration, FileDescriptorSet, Timestamp};
use tilebox_core::protocol::wire::WELL_KNOWN_TYPES;
use tilebox_core::protocol::wire::datasets::stac::v1 as stac;
use tilebox_core::protocol::wire::datasets::v1 as datasets;

/// The messages that a new field can have as its type, with a leading dot. Which others the real server accepts is not
/// known.
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

/// The enums that a new field can have as its type.
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

/// The range of a protobuf timestamp, in seconds since 1970: the years 1 to 9999.
const TIMESTAMP_SECONDS: std::ops::RangeInclusive<i64> = -62_135_596_800..=253_402_300_799;
const NANOS: std::ops::RangeInclusive<i32> = 0..=999_999_999;

/// Each well-known message or enum with the file that declares it.
static FILES: LazyLock<Vec<(String, String)>> = LazyLock::new(|| {
    // The constant is a valid set. Without it, types would lack their imports.
    let set = FileDescriptorSet::decode(WELL_KNOWN_TYPES).unwrap_or_default();
    let mut files = Vec::new();
    for file in &set.file {
        let messages = file.message_type.iter().map(prost_types::DescriptorProto::name);
        let enums = file.enum_type.iter().map(prost_types::EnumDescriptorProto::name);
        files.extend(messages.chain(enums).map(|name| (format!(".{}.{name}", file.package()), file.name().to_owned())));
    }
    files
});

/// Returns whether a new field can have this message as its type.
pub(super) fn is_message(type_name: &str) -> bool {
    MESSAGES.contains(&type_name)
}

/// Returns whether a new field can have this enum as its type.
pub(super) fn is_enum(type_name: &str) -> bool {
    ENUMS.contains(&type_name)
}

/// Returns the file that declares a type.
pub(super) fn file_of(type_name: &str) -> Option<&'static str> {
    FILES.iter().find(|(name, _)| name == type_name).map(|(_, file)| file.as_str())
}

/// Checks that `value` is an encoded message of this type. Accepts any value of an unknown type.
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
    if decodes { Ok(()) } else { Err(MALFORMED) }
}

const MALFORMED: &str = "the value is not a valid message of the type of the field";

/// Reads a timestamp in the range of protobuf.
pub(super) fn timestamp(value: &[u8]) -> Result<Timestamp, &'static str> {
    let time = Timestamp::decode(value).map_err(|_| "not a valid timestamp")?;
    if !TIMESTAMP_SECONDS.contains(&time.seconds) || !NANOS.contains(&time.nanos) {
        return Err("expects a timestamp in the years 1 to 9999 with 0 to 999999999 nanoseconds");
    }
    Ok(time)
}

/// Checks a UUID. An empty one means no value.
fn uuid(value: &[u8]) -> Result<(), &'static str> {
    match datasets::Uuid::decode(value) {
        Ok(uuid) if matches!(uuid.uuid.len(), 0 | 16) => Ok(()),
        Ok(_) => Err("expects a UUID of 16 bytes"),
        Err(_) => Err(MALFORMED),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_well_known_type_has_a_file() {
        for name in MESSAGES.iter().chain(&ENUMS) {
            assert!(file_of(name).is_some(), "{name}");
        }
        assert_eq!(file_of(".datasets.stac.v1.Links"), Some("datasets/stac/v1/core.proto"));
        assert_eq!(file_of(".datasets.v1.ProcessingLevel"), Some("datasets/v1/well_known_types.proto"));
    }

    #[test]
    fn values_are_validated_by_type() {
        assert!(check_message(UUID, &[]).is_ok());
        assert!(check_message(UUID, &[0x0a, 1, 0]).is_err());
        assert!(check_message(TIMESTAMP, &Timestamp { seconds: 0, nanos: -1 }.encode_to_vec()).is_err());
        assert!(check_message(".datasets.v1.Vec3", &[0x0a]).is_err());
        assert!(check_message(".made.Up", &[0xff]).is_ok());
    }
}
