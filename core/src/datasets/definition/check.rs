//! What the server would refuse, found before anything is sent.

use std::collections::HashSet;

use super::required::required_fields;
use super::{FieldDefinition, FieldType};
use crate::protocol::wire::datasets::v1::DatasetKind;

/// Limits of the server, in characters.
const MAX_NAME: usize = 100;
const MAX_SUMMARY: usize = 50_000;
const MAX_DESCRIPTION: usize = 1_000_000;
/// How many texts of a dataset can be filtered by.
const MAX_QUERYABLE_STRINGS: usize = 2;

/// Why something is refused, and what to write instead.
pub(super) type Refusal = (String, &'static str);

const SNAKE_CASE: &str = "use snake case: small letters, digits and underscores, a letter first";

fn snake_case(name: &str) -> Result<(), Refusal> {
    let length = name.chars().count();
    if length > MAX_NAME {
        return Err((format!("has {length} characters"), "use 100 at most"));
    }
    let starts_well = name.starts_with(|first: char| first.is_ascii_lowercase());
    let is_snake = |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '_';
    if starts_well && name.chars().all(is_snake) {
        Ok(())
    } else {
        Err(("is not in snake case".to_owned(), SNAKE_CASE))
    }
}

pub(super) fn code_name(name: &str) -> Result<(), Refusal> {
    snake_case(name).map_err(|(reason, advice)| (format!("the code name `{name}` {reason}"), advice))
}

pub(super) fn texts(name: Option<&str>, summary: Option<&str>, description: Option<&str>) -> Result<(), Refusal> {
    let texts =
        [("name", name, MAX_NAME), ("summary", summary, MAX_SUMMARY), ("description", description, MAX_DESCRIPTION)];
    for (what, text, limit) in texts {
        let length = text.map_or(0, |text| text.chars().count());
        if length > limit {
            return Err((format!("its {what} has {length} characters, and may have {limit}"), "shorten it"));
        }
    }
    if name == Some("") {
        Err(("its name is empty".to_owned(), "give it one, or none to keep the default"))
    } else {
        Ok(())
    }
}

/// Checks the fields of a dataset, without those that every one has.
pub(super) fn fields(kind: DatasetKind, fields: &[FieldDefinition]) -> Result<(), Refusal> {
    let required: HashSet<String> = required_fields(kind).into_iter().map(|field| field.name).collect();
    let mut names = HashSet::new();
    let mut queryable_strings = 0;
    for field in fields {
        let name = field.name.as_str();
        let refuse = |reason: &str, advice| Err((format!("the field `{name}` {reason}"), advice));
        if let Err((reason, advice)) = snake_case(name) {
            return refuse(&reason, advice);
        }
        if required.contains(name) {
            return refuse("is one that every dataset of this kind has", "leave it out: it is added first");
        }
        if !names.insert(name) {
            return refuse("is there twice", "give each field a name of its own");
        }
        if field.field_type.type_name().is_some_and(|name| name.trim_start_matches('.').is_empty()) {
            return refuse("has a type without a name", "use its full name, such as datasets.v1.LatLon");
        }
        if !field.annotation.queryable {
            continue;
        }
        if field.is_repeated || !field.field_type.can_be_queryable() {
            let advice = "only a text, a number or a boolean that is not repeated can be filtered by";
            return refuse("cannot be queryable", advice);
        }
        if field.field_type == FieldType::String {
            queryable_strings += 1;
        }
        if queryable_strings > MAX_QUERYABLE_STRINGS {
            return refuse("is the third text that is queryable", "a dataset may have two");
        }
    }
    Ok(())
}
