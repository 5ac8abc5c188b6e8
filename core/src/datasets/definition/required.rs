//! The required fields: every dataset of a kind begins with them.

use super::FieldDefinition;
use crate::protocol::wire::datasets::v1::DatasetKind;

/// JSON schema of a time in STAC 1.1.0.
const TIME_SCHEMA: &str = "https://schemas.stacspec.org/v1.1.0/item-spec/json-schema/datetime.json";
/// JSON schema of a geometry in GeoJSON.
const GEOMETRY_SCHEMA: &str = "https://geojson.org/schema/Geometry.json";

pub(super) fn required_fields(kind: DatasetKind) -> Vec<FieldDefinition> {
    let mut fields = vec![
        FieldDefinition::timestamp("time")
            .description("When the datapoint was acquired or is valid")
            .example("2025-03-01T10:56:19.024Z")
            .source_json_pointer("/properties/datetime")
            .json_schema_ref(TIME_SCHEMA),
        FieldDefinition::uuid("id")
            .description("Id of the datapoint, derived from its time and content")
            .example("01955159-9050-202f-6495-c71dd2118fb1")
            .source_json_pointer("/properties/tilebox:id"),
        FieldDefinition::timestamp("ingestion_time")
            .description("When the datapoint was stored")
            .example("2025-03-01T14:02:51.312508Z")
            .source_json_pointer("/properties/tilebox:ingestion_time"),
    ];
    if kind == DatasetKind::Spatiotemporal {
        fields.push(
            FieldDefinition::geometry("geometry")
                .description("Footprint of the datapoint, in longitude and latitude")
                .example("POLYGON ((11.2 46.8, 11.2 47.8, 9.8 47.8, 9.8 46.8, 11.2 46.8))")
                .source_json_pointer("/geometry")
                .json_schema_ref(GEOMETRY_SCHEMA),
        );
    }
    fields
}
