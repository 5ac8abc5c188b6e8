//! The fields that a client requests when it creates or updates a dataset.

use prost_types::FieldDescriptorProto;
use prost_types::field_descriptor_proto::{Label, Type};
use tilebox_core::protocol::wire::datasets::v1::{DatasetKind, DatasetType, Field, FieldAnnotation, FieldRole};

use super::FieldKind;
use super::well_known::{self, GEOMETRY, TIMESTAMP, UUID};

/// The longest name of a field, in characters.
const MAXIMUM_NAME_LENGTH: usize = 100;
/// The largest number of queryable string fields.
const MAXIMUM_QUERYABLE_STRINGS: usize = 2;

/// The required fields: name, type, description, example. Temporal datasets have no geometry.
const REQUIRED: [(&str, &str, &str, &str); 4] = [
    ("time", TIMESTAMP, "The time of the datapoint, in UTC.", "2022-10-17T15:44:32Z"),
    ("id", UUID, "The id of the datapoint, set by the server.", "4126ff8e-7ee9-4f5e-b6b4-2ba8fcfbe9a4"),
    ("ingestion_time", TIMESTAMP, "The time of ingestion, in UTC.", "2022-10-17T15:44:32Z"),
    ("geometry", GEOMETRY, "The location of the datapoint.", "POLYGON ((112.3 4.2, 112.4 4.2, 112.4 4.3, 112.3 4.2))"),
];

/// Returns the fields of a type in the order of their numbers: first the required ones, including those that the client
/// did not send.
///
/// # Errors
///
/// A message that names the field and the reason.
pub(crate) fn requested_fields(requested: &DatasetType) -> Result<(DatasetKind, Vec<Field>), String> {
    let kind = DatasetKind::try_from(requested.kind).unwrap_or(DatasetKind::Unspecified);
    let required = match kind {
        DatasetKind::Temporal => REQUIRED.get(..3),
        DatasetKind::Spatiotemporal => Some(&REQUIRED[..]),
        DatasetKind::Unspecified => return Err("type.kind: a known kind is required".to_owned()),
    };
    let required = required.unwrap_or_default();
    let mut fields = Vec::with_capacity(requested.fields.len() + required.len());
    for (name, type_name, description, example) in required {
        let sent = requested.fields.iter().find(|field| self::name(field) == *name);
        let field = match sent {
            Some(field) => field.clone(),
            None => required_field(name, type_name, description, example),
        };
        let descriptor = field.descriptor.clone().unwrap_or_default();
        if FieldKind::of(&descriptor) != FieldKind::Message((*type_name).to_owned())
            || descriptor.label() == Label::Repeated
        {
            return Err(format!("field {name:?}: expects a single {type_name}"));
        }
        fields.push(field);
    }
    let is_required = |field: &&Field| required.iter().any(|(required, ..)| *required == name(field));
    fields.extend(requested.fields.iter().filter(|field| !is_required(field)).cloned());
    check(&fields)?;
    if requested.fields.iter().filter(is_required).count() > required.len() {
        return Err("duplicate required field".to_owned());
    }
    Ok((kind, fields.into_iter().map(normalized).collect()))
}

/// Returns whether a name matches `^[a-z][a-z0-9_]*$`.
pub(crate) fn is_snake_case(name: &str) -> bool {
    name.starts_with(|first: char| first.is_ascii_lowercase())
        && name.chars().all(|letter| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '_')
}

fn required_field(name: &str, type_name: &str, description: &str, example: &str) -> Field {
    Field {
        descriptor: Some(FieldDescriptorProto {
            name: Some(name.to_owned()),
            label: Some(Label::Optional.into()),
            r#type: Some(Type::Message.into()),
            type_name: Some(type_name.to_owned()),
            ..FieldDescriptorProto::default()
        }),
        annotation: Some(FieldAnnotation {
            description: description.to_owned(),
            example_value: example.to_owned(),
            ..FieldAnnotation::default()
        }),
    }
}

fn check(fields: &[Field]) -> Result<(), String> {
    let mut strings = 0;
    for (index, field) in fields.iter().enumerate() {
        let invalid = |reason: &str| Err(format!("field {:?}: {reason}", name(field)));
        if !is_snake_case(name(field)) || name(field).len() > MAXIMUM_NAME_LENGTH {
            return invalid(
                "expects a name of at most 100 lower-case letters, digits and underscores, starting with a letter",
            );
        }
        if fields.iter().take(index).any(|other| name(other) == name(field)) {
            return invalid("duplicate name");
        }
        let no_descriptor = FieldDescriptorProto::default();
        let descriptor = field.descriptor.as_ref().unwrap_or(&no_descriptor);
        if descriptor.label() == Label::Required {
            return invalid("fields cannot be required");
        }
        let kind = FieldKind::of(descriptor);
        let is_supported = match &kind {
            FieldKind::Message(message) => well_known::is_message(message),
            FieldKind::Enum => well_known::is_enum(&format!(".{}", descriptor.type_name().trim_start_matches('.'))),
            // Clients cannot request floats.
            FieldKind::Other | FieldKind::Float => false,
            _ => descriptor.r#type.is_some(),
        };
        if !is_supported {
            return invalid("datasets do not support this type");
        }
        let Some(annotation) = &field.annotation else { continue };
        if annotation.roles.iter().any(|role| FieldRole::try_from(*role).is_err()) {
            return invalid("unknown role");
        }
        if annotation.queryable {
            if !kind.is_comparable() || descriptor.label() == Label::Repeated {
                return invalid("only single strings, bools, integers and doubles can be queryable");
            }
            strings += usize::from(kind == FieldKind::String);
        }
    }
    if strings > MAXIMUM_QUERYABLE_STRINGS {
        return Err(format!("expects at most {MAXIMUM_QUERYABLE_STRINGS} queryable string fields, got {strings}"));
    }
    Ok(())
}

/// Keeps the parts of a field that the client decides. The server sets numbers and JSON names.
fn normalized(field: Field) -> Field {
    let sent = field.descriptor.unwrap_or_default();
    let type_name = sent.type_name.as_ref().filter(|name| !name.is_empty());
    let descriptor = FieldDescriptorProto {
        label: Some(sent.label().into()),
        r#type: Some(sent.r#type().into()),
        type_name: type_name.map(|name| format!(".{}", name.trim_start_matches('.'))),
        name: sent.name,
        ..FieldDescriptorProto::default()
    };
    Field { descriptor: Some(descriptor), annotation: Some(field.annotation.unwrap_or_default()) }
}

fn name(field: &Field) -> &str {
    field.descriptor.as_ref().map_or("", FieldDescriptorProto::name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn field(name: &str, r#type: Type, type_name: &str, queryable: bool) -> Field {
        let descriptor = FieldDescriptorProto {
            name: Some(name.to_owned()),
            r#type: Some(r#type.into()),
            type_name: (!type_name.is_empty()).then(|| type_name.to_owned()),
            ..FieldDescriptorProto::default()
        };
        let annotation = FieldAnnotation { queryable, ..FieldAnnotation::default() };
        Field { descriptor: Some(descriptor), annotation: Some(annotation) }
    }

    fn names(kind: DatasetKind, fields: Vec<Field>) -> Result<Vec<String>, String> {
        let requested = DatasetType { kind: kind.into(), fields };
        requested_fields(&requested).map(|(_, fields)| fields.iter().map(|field| name(field).to_owned()).collect())
    }

    #[test]
    fn required_fields_come_first() {
        let sent = vec![field("a", Type::String, "", true), field("time", Type::Message, TIMESTAMP, false)];
        assert_eq!(
            names(DatasetKind::Temporal, sent),
            Ok(["time", "id", "ingestion_time", "a"].map(str::to_owned).to_vec())
        );
        let spatial = names(DatasetKind::Spatiotemporal, vec![]).expect("a type");
        assert_eq!(spatial, ["time", "id", "ingestion_time", "geometry"]);
    }

    #[test]
    fn errors_name_the_field() {
        for (fields, reason) in [
            (vec![field("A", Type::String, "", false)], "lower-case"),
            (vec![field("a", Type::String, "", false), field("a", Type::Bool, "", false)], "duplicate"),
            (vec![field("a", Type::Fixed32, "", false)], "do not support"),
            (vec![field("a", Type::Message, ".google.protobuf.Any", false)], "do not support"),
            (vec![field("a", Type::Enum, ".made.Up", false)], "do not support"),
            (vec![field("a", Type::Bytes, "", true)], "can be queryable"),
            (vec![field("time", Type::String, "", false)], "expects a single"),
            (["a", "b", "c"].map(|name| field(name, Type::String, "", true)).to_vec(), "at most 2"),
        ] {
            let error = names(DatasetKind::Temporal, fields).expect_err("a refusal");
            assert!(error.contains(reason), "{error}");
        }
        assert!(names(DatasetKind::Unspecified, vec![]).is_err());
    }
}
