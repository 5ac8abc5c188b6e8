//! The types of fields, by name.

use tilebox_tokio::datasets::FieldType;
use tilebox_tokio::schema::{DatasetSchema, Field, ValueType};

/// The names of the scalar types.
const SCALARS: [(&str, FieldType); 7] = [
    ("string", FieldType::String),
    ("bytes", FieldType::Bytes),
    ("bool", FieldType::Bool),
    ("int32", FieldType::Int32),
    ("int64", FieldType::Int64),
    ("uint64", FieldType::Uint64),
    ("float64", FieldType::Float64),
];

/// The names of the messages and enums, with their full names in the API.
const NAMED: [(&str, FieldKind, &str); 20] = [
    ("timestamp", FieldKind::Message, "google.protobuf.Timestamp"),
    ("duration", FieldKind::Message, "google.protobuf.Duration"),
    ("uuid", FieldKind::Message, "datasets.v1.UUID"),
    ("geometry", FieldKind::Message, "datasets.v1.Geometry"),
    ("vec3", FieldKind::Message, "datasets.v1.Vec3"),
    ("quaternion", FieldKind::Message, "datasets.v1.Quaternion"),
    ("lat_lon", FieldKind::Message, "datasets.v1.LatLon"),
    ("lat_lon_alt", FieldKind::Message, "datasets.v1.LatLonAlt"),
    ("assets", FieldKind::Message, "datasets.stac.v1.Assets"),
    ("authentication", FieldKind::Message, "datasets.stac.v1.Authentication"),
    ("storage", FieldKind::Message, "datasets.stac.v1.Storage"),
    ("links", FieldKind::Message, "datasets.stac.v1.Links"),
    ("provider", FieldKind::Message, "datasets.stac.v1.Provider"),
    ("processing_software", FieldKind::Message, "datasets.stac.v1.ProcessingSoftware"),
    ("flight_direction", FieldKind::Enum, "datasets.v1.FlightDirection"),
    ("observation_direction", FieldKind::Enum, "datasets.v1.ObservationDirection"),
    ("opendata_provider", FieldKind::Enum, "datasets.v1.OpendataProvider"),
    ("processing_level", FieldKind::Enum, "datasets.v1.ProcessingLevel"),
    ("polarization", FieldKind::Enum, "datasets.v1.Polarization"),
    ("acquisition_mode", FieldKind::Enum, "datasets.v1.AcquisitionMode"),
];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum FieldKind {
    Message,
    Enum,
}

/// Returns the names of all types that a definition can use.
pub(crate) fn names_of_types() -> impl Iterator<Item = &'static str> {
    SCALARS.iter().map(|(name, _)| *name).chain(NAMED.iter().map(|(name, ..)| *name))
}

/// Returns the type with a name, or an error that completes "the field `x` …".
pub(super) fn parse(name: &str) -> Result<FieldType, String> {
    if let Some((_, scalar)) = SCALARS.iter().find(|(known, _)| *known == name) {
        return Ok(scalar.clone());
    }
    let named = NAMED.iter().find(|(known, _, full_name)| *known == name || *full_name == name);
    match named {
        Some((_, FieldKind::Message, full_name)) => Ok(FieldType::Message((*full_name).to_owned())),
        Some((_, FieldKind::Enum, full_name)) => Ok(FieldType::Enum((*full_name).to_owned())),
        None => {
            let close = names_of_types().map(|known| (strsim::jaro_winkler(known, name), known));
            let closest = close.max_by(|(left, _), (right, _)| left.total_cmp(right));
            Err(match closest.filter(|(similarity, _)| *similarity > 0.8) {
                Some((_, closest)) => format!("has no type `{name}`; did you mean `{closest}`?"),
                None => format!("has no type `{name}`"),
            })
        }
    }
}

/// Returns the name of a field's type: the name that a definition uses, or else that of protobuf.
pub(crate) fn type_name(schema: &DatasetSchema, field: &Field) -> String {
    if field.is_map() {
        return "map".to_owned();
    }
    let full_name = match field.value_type() {
        ValueType::Double => return "float64".to_owned(),
        ValueType::Enum(enumeration) => enumeration.full_name(),
        ValueType::Message(id) => schema.message(*id).map(|message| message.full_name()).unwrap_or_default(),
        scalar => return format!("{scalar:?}").to_lowercase(),
    };
    let full_name = full_name.trim_start_matches('.');
    let named = NAMED.iter().find(|(.., known)| *known == full_name);
    named.map_or(full_name, |(name, ..)| name).to_owned()
}

/// Returns the type of a field for a reader, with its unit or its values.
pub(crate) fn type_in_words(schema: &DatasetSchema, field: &Field) -> String {
    let one = match (field.value_type(), unit(schema, field)) {
        (ValueType::Enum(enumeration), _) => {
            let names: Vec<_> = enumeration.values().iter().map(|value| value.short_name.as_str()).collect();
            format!("one of {}", names.join(", "))
        }
        (_, Some(unit)) => format!("{} ({unit})", type_name(schema, field)),
        (_, None) => type_name(schema, field),
    };
    if field.is_repeated() && !field.is_map() { format!("list of {one}") } else { one }
}

/// Returns the unit of a field's values, where its type has one.
pub(crate) fn unit(schema: &DatasetSchema, field: &Field) -> Option<&'static str> {
    match type_name(schema, field).as_str() {
        "timestamp" => Some("UTC"),
        "duration" => Some("ns"),
        "geometry" | "lat_lon" | "lat_lon_alt" => Some("degrees"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use tilebox_tokio::FieldDefinition;

    use super::*;

    #[test]
    fn the_names_of_types_are_those_of_the_sdk() {
        for (name, field) in [
            ("timestamp", FieldDefinition::timestamp("x")),
            ("duration", FieldDefinition::duration("x")),
            ("uuid", FieldDefinition::uuid("x")),
            ("geometry", FieldDefinition::geometry("x")),
            ("vec3", FieldDefinition::vec3("x")),
            ("quaternion", FieldDefinition::quaternion("x")),
            ("lat_lon", FieldDefinition::lat_lon("x")),
            ("lat_lon_alt", FieldDefinition::lat_lon_alt("x")),
            ("assets", FieldDefinition::assets("x")),
            ("authentication", FieldDefinition::authentication("x")),
            ("storage", FieldDefinition::storage("x")),
            ("links", FieldDefinition::links("x")),
            ("provider", FieldDefinition::provider("x")),
            ("processing_software", FieldDefinition::processing_software("x")),
            ("flight_direction", FieldDefinition::flight_direction("x")),
            ("observation_direction", FieldDefinition::observation_direction("x")),
            ("opendata_provider", FieldDefinition::opendata_provider("x")),
            ("processing_level", FieldDefinition::processing_level("x")),
            ("polarization", FieldDefinition::polarization("x")),
            ("acquisition_mode", FieldDefinition::acquisition_mode("x")),
            ("float64", FieldDefinition::float64("x")),
            ("int32", FieldDefinition::int32("x")),
        ] {
            assert_eq!(parse(name).map(|field_type| FieldDefinition::new("x", field_type)), Ok(field), "{name}");
        }
    }
}
