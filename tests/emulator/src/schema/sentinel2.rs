//! The fields of the Sentinel-2 dataset, as recorded.

use prost_types::FieldDescriptorProto;
use prost_types::field_descriptor_proto::{Label, Type};
use tilebox_core::protocol::wire::datasets::v1::{Field, FieldAnnotation};

use super::well_known::{GEOMETRY, TIMESTAMP, UUID};

/// One field of the dataset.
struct FieldSpec {
    name: &'static str,
    r#type: Type,
    /// The full name of a message or an enum, with a leading dot; empty otherwise.
    type_name: &'static str,
    description: &'static str,
    example: &'static str,
    /// Whether filters can use the field.
    queryable: bool,
}

/// Returns the fields in the form in which a client requests a type.
pub(crate) fn sentinel2_fields() -> Vec<Field> {
    let field = |spec: &FieldSpec| Field {
        descriptor: Some(FieldDescriptorProto {
            name: Some(spec.name.to_owned()),
            label: Some(Label::Optional.into()),
            r#type: Some(spec.r#type.into()),
            type_name: (!spec.type_name.is_empty()).then(|| spec.type_name.to_owned()),
            ..FieldDescriptorProto::default()
        }),
        annotation: Some(FieldAnnotation {
            description: spec.description.to_owned(),
            example_value: spec.example.to_owned(),
            queryable: spec.queryable,
            ..FieldAnnotation::default()
        }),
    };
    SENTINEL2_FIELDS.iter().map(field).collect()
}

/// The 24 fields in the order of their numbers. Unlike the recorded fields, some are queryable, so that tests can filter;
/// at most two of these can be strings.
const SENTINEL2_FIELDS: [FieldSpec; 24] = [
    message("time", TIMESTAMP, "The start of the sensing.", "2025-01-01T10:30:19.024Z"),
    message("id", UUID, "The id of the datapoint.", "01941f29-c650-202f-6495-c71dd2118fb1"),
    message("ingestion_time", TIMESTAMP, "The time of ingestion.", "2025-01-01T14:00:00Z"),
    message("geometry", GEOMETRY, "The footprint of the granule.", "POLYGON ((12 45, 13 45, 13 46, 12 46, 12 45))"),
    queryable(
        "granule_name",
        Type::String,
        "The name of the granule.",
        "S2A_MSIL1C_20250101T103019_N0511_R108_T32TMT_20250101T120000.SAFE",
    ),
    plain("processing_level", Type::Enum, ".datasets.v1.ProcessingLevel", "The level of processing.", "L1C"),
    plain("product_type", Type::String, "", "The type of the product.", "S2MSI1C"),
    message("copernicus_id", UUID, "The id of the granule outside of Tilebox.", "388f9128-a415-4e6d-9713-1162173ae08e"),
    queryable("platform", Type::String, "The satellite.", "S2A"),
    queryable("orbit_number", Type::Int64, "Orbits since the launch.", "49500"),
    queryable("relative_orbit_number", Type::Int64, "The orbit within the cycle of ten days, 1 to 143.", "108"),
    queryable("processing_baseline", Type::Double, "The version of the processing.", "5.11"),
    message("stop_time", TIMESTAMP, "The end of the sensing.", "2025-01-01T10:30:19.024Z"),
    message("centroid", GEOMETRY, "The centre of the granule.", "POINT (12.5 45.5)"),
    message("published", TIMESTAMP, "The time of publication.", "2025-01-01T13:10:00Z"),
    message("updated", TIMESTAMP, "The time of the last update.", "2025-01-01T13:12:00Z"),
    plain(
        "location",
        Type::String,
        "",
        "The storage path of the granule.",
        "/eodata/Sentinel-2/MSI/L1C/2025/01/01/...",
    ),
    queryable("file_size", Type::Int64, "The size of the granule in bytes.", "672194264"),
    plain("thumbnail", Type::String, "", "The URL of a thumbnail image.", "https://example.com/granule-ql.jpg"),
    queryable("cloud_cover", Type::Double, "The cloud cover in percent.", "22.45"),
    plain("resolution", Type::Int64, "", "The ground resolution in metres.", "0"),
    plain(
        "flight_direction",
        Type::Enum,
        ".datasets.v1.FlightDirection",
        "The flight direction of the satellite.",
        "DESCENDING",
    ),
    plain(
        "acquisition_mode",
        Type::Enum,
        ".datasets.v1.AcquisitionMode",
        "The acquisition mode of the instrument.",
        "NOBS",
    ),
    plain("mission_take_id", Type::String, "", "The id of the datatake.", "GS2A_20250101T103019_049500_N05.11"),
];

const fn message(
    name: &'static str,
    type_name: &'static str,
    description: &'static str,
    example: &'static str,
) -> FieldSpec {
    plain(name, Type::Message, type_name, description, example)
}

const fn plain(
    name: &'static str,
    r#type: Type,
    type_name: &'static str,
    description: &'static str,
    example: &'static str,
) -> FieldSpec {
    FieldSpec { name, r#type, type_name, description, example, queryable: false }
}

const fn queryable(name: &'static str, r#type: Type, description: &'static str, example: &'static str) -> FieldSpec {
    FieldSpec { name, r#type, type_name: "", description, example, queryable: true }
}
