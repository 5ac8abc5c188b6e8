//! Datasets as TOML and JSON, which `schema` prints and `datasets create` reads.

mod types;

use std::io::Read as _;
use std::path::Path;

use serde::{Deserialize, Serialize};
use tilebox_tokio::datasets::{DatasetInfo, FieldRole, FieldType};
use tilebox_tokio::protocol::wire::datasets::v1::{DatasetKind, FieldAnnotation};
use tilebox_tokio::schema::{DatasetSchema, Field as SchemaField, ValueType};
use tilebox_tokio::{DatasetDefinition, FieldDefinition};

pub(crate) use types::{names_of_types, type_in_words, type_name, unit};

use crate::failure::Failure;
use crate::interruption::wait_for;

/// A dataset: its texts and fields.
///
/// `slug`, and `required`, `unit` and `values` of a field, are for readers: a definition may have them, but they are not
/// used.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Definition {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) slug: Option<String>,
    pub(crate) code_name: String,
    pub(crate) kind: Kind,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) summary: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) description: Option<String>,
    #[serde(default)]
    pub(crate) fields: Vec<Field>,
}

/// What every datapoint of a dataset has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Kind {
    /// A time.
    Temporal,
    /// A time and a geometry.
    Spatiotemporal,
}

/// A field of a dataset.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Field {
    pub(crate) name: String,
    #[serde(rename = "type")]
    pub(crate) field_type: String,
    #[serde(default, skip_serializing_if = "is_false")]
    pub(crate) repeated: bool,
    /// Every dataset of its kind has the field.
    #[serde(default, skip_serializing_if = "is_false")]
    pub(crate) required: bool,
    #[serde(default, skip_serializing_if = "is_false")]
    pub(crate) queryable: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) unit: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) values: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) description: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) example: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) source_json_pointer: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) json_schema_ref: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) roles: Vec<String>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_false(value: &bool) -> bool {
    !value
}

impl Definition {
    /// Reads a file, or standard input for `-`. JSON begins with `{`, everything else is TOML.
    pub(crate) fn read(path: &Path) -> Result<Self, Failure> {
        let text = if path.as_os_str() == "-" {
            let mut text = String::new();
            wait_for(|| std::io::stdin().read_to_string(&mut text)).map(|_| text)
        } else {
            std::fs::read_to_string(path)
        };
        let text = text.map_err(|error| Failure::of_file("read the definition", path, &error))?;
        Self::parse(&text).map_err(|reason| {
            let message = format!("cannot read the definition `{}`: {reason}", path.display());
            Failure::usage(&message, "`tbx datasets create --help` describes the format")
        })
    }

    fn parse(text: &str) -> Result<Self, String> {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        if text.trim_start().starts_with('{') {
            return serde_json::from_str(text).map_err(|error| error.to_string());
        }
        toml::from_str(text).map_err(|error| {
            let before = error.span().and_then(|span| text.get(..span.start));
            let line = before.map(|before| before.matches('\n').count() + 1);
            let place = line.map_or(String::new(), |line| format!(" at line {line}"));
            format!("{}{place}", crate::screen::printable(error.message()))
        })
    }

    /// Returns the definition of an existing dataset.
    pub(crate) fn of(info: &DatasetInfo, schema: &DatasetSchema) -> Self {
        let kind = match schema.kind() {
            DatasetKind::Spatiotemporal => Kind::Spatiotemporal,
            DatasetKind::Temporal | DatasetKind::Unspecified => Kind::Temporal,
        };
        Self {
            slug: Some(info.slug.clone()),
            code_name: info.code_name.clone(),
            kind,
            name: filled(&info.name),
            summary: filled(&info.summary),
            description: filled(&info.description),
            fields: schema.fields().iter().map(|field| Field::of(schema, field, kind)).collect(),
        }
    }

    /// Returns it as TOML, without what a definition does not need.
    pub(crate) fn to_toml(&self) -> Result<String, Failure> {
        let mut own = self.clone();
        own.slug = None;
        own.fields.retain(|field| !field.required);
        for field in &mut own.fields {
            field.unit = None;
            field.values.clear();
        }
        toml::to_string_pretty(&own).map_err(|error| {
            let message = format!("cannot write the dataset `{}` as TOML: {error}", self.code_name);
            Failure::new(&message, "use --json")
        })
    }

    /// Converts it for a client.
    pub(crate) fn to_definition(&self) -> Result<DatasetDefinition, Failure> {
        let mut definition = match self.kind {
            Kind::Temporal => DatasetDefinition::temporal(&self.code_name),
            Kind::Spatiotemporal => DatasetDefinition::spatiotemporal(&self.code_name),
        };
        if let Some(name) = &self.name {
            definition = definition.name(name);
        }
        if let Some(summary) = &self.summary {
            definition = definition.summary(summary);
        }
        if let Some(description) = &self.description {
            definition = definition.description(description);
        }
        let own = self.fields.iter().filter(|field| !field.required);
        let fields = own.map(|field| {
            field.to_definition().map_err(|reason| {
                let message =
                    format!("cannot use the definition of `{}`: the field `{}` {reason}", self.code_name, field.name);
                Failure::usage(&message, "`tbx datasets create --help` lists the types")
            })
        });
        Ok(definition.fields(fields.collect::<Result<Vec<_>, _>>()?))
    }
}

impl Field {
    fn of(schema: &DatasetSchema, field: &SchemaField, kind: Kind) -> Self {
        let name = field.name();
        let annotation = field.annotation().cloned().unwrap_or_default();
        let FieldAnnotation { description, example_value, source_json_pointer, queryable, json_schema_ref, roles } =
            annotation;
        let values = match field.value_type() {
            ValueType::Enum(enumeration) => {
                enumeration.values().iter().map(|value| value.short_name.to_string()).collect()
            }
            _ => Vec::new(),
        };
        Self {
            name: name.to_owned(),
            field_type: type_name(schema, field),
            repeated: field.is_repeated() && !field.is_map(),
            required: matches!(name, "time" | "id" | "ingestion_time")
                || kind == Kind::Spatiotemporal && name == "geometry",
            queryable,
            unit: unit(schema, field).map(str::to_owned),
            values,
            description: filled(&description),
            example: filled(&example_value),
            source_json_pointer,
            json_schema_ref,
            roles: roles.into_iter().filter_map(role_name).collect(),
        }
    }

    fn to_definition(&self) -> Result<FieldDefinition, String> {
        let field_type: FieldType = types::parse(&self.field_type)?;
        let mut field = FieldDefinition::new(&self.name, field_type);
        if self.repeated {
            field = field.repeated();
        }
        if self.queryable {
            field = field.queryable();
        }
        if let Some(description) = &self.description {
            field = field.description(description);
        }
        if let Some(example) = &self.example {
            field = field.example(example);
        }
        if let Some(pointer) = &self.source_json_pointer {
            field = field.source_json_pointer(pointer);
        }
        if let Some(url) = &self.json_schema_ref {
            field = field.json_schema_ref(url);
        }
        for role in &self.roles {
            let known = FieldRole::from_str_name(&format!("{ROLE_PREFIX}{}", role.to_uppercase()));
            field = field.role(known.ok_or_else(|| format!("has no role `{role}`; expects primary_title"))?);
        }
        Ok(field)
    }
}

/// The start of the names of roles in the API.
const ROLE_PREFIX: &str = "FIELD_ROLE_";

fn role_name(role: i32) -> Option<String> {
    let role = FieldRole::try_from(role).ok().filter(|role| *role != FieldRole::Unspecified)?;
    Some(role.as_str_name().trim_start_matches(ROLE_PREFIX).to_lowercase())
}

fn filled(text: &str) -> Option<String> {
    (!text.is_empty()).then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOML: &str = r#"
code_name = "my_scenes"
kind = "spatiotemporal"
name = "My scenes"

[[fields]]
name = "granule_name"
type = "string"
queryable = true
roles = ["primary_title"]

[[fields]]
name = "bands"
type = "string"
repeated = true

[[fields]]
name = "level"
type = "processing_level"
"#;

    #[test]
    fn toml_and_json_are_the_same_definition() {
        let definition = Definition::parse(TOML).expect("a definition");
        let json = serde_json::to_string(&definition).expect("JSON");
        assert_eq!(Definition::parse(&json).as_ref(), Ok(&definition));
        let toml = definition.to_toml().expect("TOML");
        assert_eq!(Definition::parse(&toml).as_ref(), Ok(&definition), "{toml}");
    }

    #[test]
    fn a_definition_becomes_a_request() {
        let definition = Definition::parse(TOML).expect("a definition");
        let expected = DatasetDefinition::spatiotemporal("my_scenes")
            .name("My scenes")
            .field(FieldDefinition::string("granule_name").queryable().role(FieldRole::PrimaryTitle))
            .field(FieldDefinition::string("bands").repeated())
            .field(FieldDefinition::processing_level("level"));
        assert_eq!(definition.to_definition().expect("a definition"), expected);
    }

    #[test]
    fn errors_of_a_definition_name_the_line_and_the_key() {
        let error = |text: &str| Definition::parse(text).expect_err("an error");
        let unknown = error("code_name = \"a\"\nkind = \"temporal\"\n[[fields]]\nname = \"x\"\ntyp = \"string\"\n");
        assert!(unknown.contains("unknown field `typ`") && unknown.contains(" at line 5"), "{unknown}");
        let json = error(r#"{"code_name": "a", "kind": "spatial"}"#);
        assert!(json.contains("unknown variant `spatial`") && json.contains("line 1"), "{json}");
        assert!(error("x").lines().count() == 1);
        for text in ["", "{", "[[fields]]", "\u{feff}code_name", "a = \u{0}"] {
            assert!(Definition::parse(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn an_unknown_type_is_an_error_with_its_field() {
        let text = TOML.replace("processing_level", "float46");
        let failure = Definition::parse(&text).expect("a definition").to_definition().expect_err("an error");
        let Failure::Usage(report) = failure else { panic!("{failure:?}") };
        let expected = "the field `level` has no type `float46`; did you mean `float64`?";
        assert!(report.to_string().contains(expected), "{report}");
    }
}
