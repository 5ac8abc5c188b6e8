//! The fields that a client asks for when it creates or updates a dataset.

use prost_types::FieldDescriptorProto;
use prost_types::field_descriptor_proto::{Label, Type};
use tilebox_core::protocol::wire::datasets::v1::{DatasetKind, DatasetType, Field, FieldAnnotation, FieldRole};

use super::FieldKind;
use super::known::{self, GEOMETRY, TIMESTAMP, UUID};

/// The longest name of a field, in characters.
const LONGEST_NAME: usize = 100;
/// The most fields of text that filters may name.
const MOST_QUERYABLE_STRINGS: usize = 2;

/// The fields every datapoint has: name, type, description, example. Temporal datasets have no geometry.
const REQUIRED: [(&str, &str, &str, &str); 4] = [
    ("time", TIMESTAMP, "The time of the datapoint, in UTC.", "2022-10-17T15:44:32Z"),
    ("id", UUID, "Identifies the datapoint; made by the server.", "4126ff8e-7ee9-4f5e-b6b4-2ba8fcfbe9a4"),
    ("ingestion_time", TIMESTAMP, "When the datapoint was ingested, in UTC.", "2022-10-17T15:44:32Z"),
    ("geometry", GEOMETRY, "Where the datapoint is.", "POLYGON ((112.3 4.2, 112.4 4.2, 112.4 4.3, 112.3 4.2))"),
];

/// The fields of a type as they are numbered: the required ones first, added where the client did not send them.
///
/// # Errors
///
/// Says which field is wrong and why.
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
            return Err(format!("field {name:?} is required to be a single {type_name}"));
        }
        fields.push(field);
    }
    let is_required = |field: &&Field| required.iter().any(|(required, ..)| *required == name(field));
    fields.extend(requested.fields.iter().filter(|field| !is_required(field)).cloned());
    check(&fields)?;
    if requested.fields.iter().filter(is_required).count() > required.len() {
        return Err("a required field is there twice".to_owned());
    }
    Ok((kind, fields.into_iter().map(normalised).collect()))
}

/// Whether a name is `^[a-z][a-z0-9_]*$`.
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
        let wrong = |reason: &str| Err(format!("field {:?}: {reason}", name(field)));
        if !is_snake_case(name(field)) || name(field).len() > LONGEST_NAME {
            return wrong("a name is lower case letters, digits and _, starts with a letter and has at most 100");
        }
        if fields.iter().take(index).any(|other| name(other) == name(field)) {
            return wrong("the name is there twice");
        }
        let no_descriptor = FieldDescriptorProto::default();
        let descriptor = field.descriptor.as_ref().unwrap_or(&no_descriptor);
        if descriptor.label() == Label::Required {
            return wrong("no field can be required");
        }
        let kind = FieldKind::of(descriptor);
        let known = match &kind {
            FieldKind::Message(message) => known::is_message(message),
            FieldKind::Enum => known::is_enum(&format!(".{}", descriptor.type_name().trim_start_matches('.'))),
            // No client can ask for floats.
            FieldKind::Other | FieldKind::Float => false,
            _ => descriptor.r#type.is_some(),
        };
        if !known {
            return wrong("its type is none that datasets can have");
        }
        let Some(annotation) = &field.annotation else { continue };
        if annotation.roles.iter().any(|role| FieldRole::try_from(*role).is_err()) {
            return wrong("it has an unknown role");
        }
        if annotation.queryable {
            if !kind.can_be_queried() || descriptor.label() == Label::Repeated {
                return wrong("only single strings, bools, integers and doubles can be queryable");
            }
            strings += usize::from(kind == FieldKind::String);
        }
    }
    if strings > MOST_QUERYABLE_STRINGS {
        return Err(format!("at most {MOST_QUERYABLE_STRINGS} string fields can be queryable, got {strings}"));
    }
    Ok(())
}

/// Only what the server takes from a client; numbers and JSON names are its own.
fn normalised(field: Field) -> Field {
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
    fn required_fields_come_first_whether_they_were_sent_or_not() {
        let sent = vec![field("a", Type::String, "", true), field("time", Type::Message, TIMESTAMP, false)];
        assert_eq!(
            names(DatasetKind::Temporal, sent),
            Ok(["time", "id", "ingestion_time", "a"].map(str::to_owned).to_vec())
        );
        let spatial = names(DatasetKind::Spatiotemporal, vec![]).expect("a type");
        assert_eq!(spatial, ["time", "id", "ingestion_time", "geometry"]);
    }

    #[test]
    fn wrong_fields_are_named() {
        for (wrong, reason) in [
            (vec![field("A", Type::String, "", false)], "lower case"),
            (vec![field("a", Type::String, "", false), field("a", Type::Bool, "", false)], "twice"),
            (vec![field("a", Type::Fixed32, "", false)], "none that datasets can have"),
            (vec![field("a", Type::Message, ".google.protobuf.Any", false)], "none that datasets can have"),
            (vec![field("a", Type::Enum, ".made.Up", false)], "none that datasets can have"),
            (vec![field("a", Type::Bytes, "", true)], "can be queryable"),
            (vec![field("time", Type::String, "", false)], "required to be"),
            (["a", "b", "c"].map(|name| field(name, Type::String, "", true)).to_vec(), "at most 2"),
        ] {
            let error = names(DatasetKind::Temporal, wrong).expect_err("a refusal");
            assert!(error.contains(reason), "{error}");
        }
        assert!(names(DatasetKind::Unspecified, vec![]).is_err());
    }
}
