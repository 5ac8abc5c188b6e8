//! Media types of assets and links.

use serde_json::Value;

/// Media types by the names of `datasets.stac.v1.KnownMediaType`. A directory has none.
const KNOWN: [(&str, &str); 25] = [
    ("GEOJSON", "application/geo+json"),
    ("JSON", "application/json"),
    ("CLOUD_OPTIMIZED_GEOTIFF", "image/tiff; application=geotiff; profile=cloud-optimized"),
    ("JPEG_2000", "image/jp2"),
    ("JPEG", "image/jpeg"),
    ("PNG", "image/png"),
    ("APPLICATION_XML", "application/xml"),
    ("ZIP", "application/zip"),
    ("GEOTIFF", "image/tiff; application=geotiff"),
    ("TIFF", "image/tiff"),
    ("HDF5", "application/x-hdf5"),
    ("HDF", "application/x-hdf"),
    ("NETCDF", "application/netcdf"),
    ("ZARR_V2", "application/vnd.zarr; version=2"),
    ("ZARR_V3", "application/vnd.zarr; version=3"),
    ("PARQUET", "application/vnd.apache.parquet"),
    ("GEOPACKAGE", "application/geopackage+sqlite3"),
    ("COPC", "application/vnd.laszip+copc"),
    ("HTML", "text/html"),
    ("TEXT", "text/plain"),
    ("TEXT_XML", "text/xml"),
    ("FLATGEOBUF", "application/vnd.flatgeobuf"),
    ("PMTILES", "application/vnd.pmtiles"),
    ("NITF", "application/vnd.nitf"),
    ("OCTET_STREAM", "application/octet-stream"),
];

/// Returns the media type of a `datasets.stac.v1.MediaType`: of its known name, or its text.
pub(super) fn media_type(message: &Value) -> Option<String> {
    let text = |member: &str| message.get(member).and_then(Value::as_str).filter(|text| !text.is_empty());
    let known = text("known").and_then(|name| KNOWN.iter().find(|(known, _)| *known == name));
    known.map(|(_, media_type)| *media_type).or_else(|| text("custom")).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_known_media_type_has_a_text() {
        use crate::protocol::wire::datasets::stac::v1::KnownMediaType;
        for number in 1..=26 {
            let name = KnownMediaType::try_from(number).expect("a media type").as_str_name();
            let short = name.strip_prefix("KNOWN_MEDIA_TYPE_").expect("the prefix");
            assert_eq!(media_type(&json!({ "known": short })).is_some(), short != "DIRECTORY", "{name}");
        }
        assert_eq!(media_type(&json!({"known": null, "custom": "text/csv"})).as_deref(), Some("text/csv"));
        assert_eq!(media_type(&json!({"known": "UNSPECIFIED", "custom": ""})), None);
        assert_eq!(media_type(&Value::Null), None);
    }
}
