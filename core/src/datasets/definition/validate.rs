//! Checks definitions against the rules of the server, before a request is sent.

use std::collections::HashSet;

use super::required::required_fields;
use super::{FieldDefinition, FieldType};
use crate::error::Error;
use crate::protocol::wire::datasets::v1::DatasetKind;

/// The most characters of a name.
const MAX_NAME: usize = 100;
/// The most characters of a summary.
const MAX_SUMMARY: usize = 50_000;
/// The most characters of a description.
const MAX_DESCRIPTION: usize = 1_000_000;
/// The most queryable text fields of a dataset.
const MAX_QUERYABLE_TEXTS: usize = 2;

const SNAKE_CASE: &str = "use snake case: lowercase letters, digits and underscores, a letter first";

/// Why a definition is not valid, and what to write instead.
pub(super) struct DefinitionError {
    reason: String,
    advice: &'static str,
}

impl DefinitionError {
    fn new(reason: impl Into<String>, advice: &'static str) -> Self {
        Self { reason: reason.into(), advice }
    }

    /// Prefixes the reason with the name of its subject, such as "the field `x`".
    fn of(self, subject: &str) -> Self {
        Self { reason: format!("{subject} {}", self.reason), ..self }
    }

    pub(super) fn into_error(self, purpose: &str) -> Error {
        Error::invalid(purpose.to_owned(), self.reason, self.advice)
    }
}

pub(super) fn code_name(name: &str) -> Result<(), DefinitionError> {
    snake_case(name).map_err(|error| error.of(&format!("the code name `{name}`")))
}

fn snake_case(name: &str) -> Result<(), DefinitionError> {
    let length = name.chars().count();
    if length > MAX_NAME {
        return Err(DefinitionError::new(format!("has {length} characters"), "use 100 at most"));
    }
    let begins_with_letter = name.starts_with(|first: char| first.is_ascii_lowercase());
    let is_snake = |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '_';
    if begins_with_letter && name.chars().all(is_snake) {
        Ok(())
    } else {
        Err(DefinitionError::new("is not in snake case", SNAKE_CASE))
    }
}

pub(super) fn texts(
    name: Option<&str>,
    summary: Option<&str>,
    description: Option<&str>,
) -> Result<(), DefinitionError> {
    let texts =
        [("name", name, MAX_NAME), ("summary", summary, MAX_SUMMARY), ("description", description, MAX_DESCRIPTION)];
    for (part, text, limit) in texts {
        let length = text.map_or(0, |text| text.chars().count());
        if length > limit {
            let reason = format!("its {part} has {length} characters; at most {limit} are allowed");
            return Err(DefinitionError::new(reason, "shorten it"));
        }
    }
    if name == Some("") {
        return Err(DefinitionError::new("its name is empty", "write a name, or leave it out to keep the default"));
    }
    Ok(())
}

/// Checks the fields of a dataset other than the required ones.
pub(super) fn fields(kind: DatasetKind, fields: &[FieldDefinition]) -> Result<(), DefinitionError> {
    let required: HashSet<String> = required_fields(kind).into_iter().map(|field| field.name).collect();
    let mut names = HashSet::new();
    let mut queryable_texts = 0;
    for field in fields {
        let is_duplicate = !names.insert(field.name.as_str());
        queryable_texts += usize::from(field.annotation.queryable && field.field_type == FieldType::String);
        own_field(field, &required)
            .and_then(|()| match is_duplicate {
                true => Err(DefinitionError::new("is a duplicate", "give each field a different name")),
                false => Ok(()),
            })
            .and_then(|()| match queryable_texts > MAX_QUERYABLE_TEXTS {
                true => Err(DefinitionError::new("is the third queryable text field", "a dataset may have two")),
                false => Ok(()),
            })
            .map_err(|error| error.of(&format!("the field `{}`", field.name)))?;
    }
    Ok(())
}

/// Checks a field by itself.
fn own_field(field: &FieldDefinition, required: &HashSet<String>) -> Result<(), DefinitionError> {
    snake_case(&field.name)?;
    if required.contains(&field.name) {
        let advice = "leave it out: it is added automatically";
        return Err(DefinitionError::new("is a required field of this kind of dataset", advice));
    }
    if field.field_type.type_name().is_some_and(|name| name.trim_start_matches('.').is_empty()) {
        let advice = "use its full name, such as datasets.v1.LatLon";
        return Err(DefinitionError::new("has a type without a name", advice));
    }
    if field.annotation.queryable && (field.is_repeated || !field.field_type.can_be_queryable()) {
        let advice = "filters can use text, numbers and booleans that are not repeated";
        return Err(DefinitionError::new("cannot be queryable", advice));
    }
    Ok(())
}
