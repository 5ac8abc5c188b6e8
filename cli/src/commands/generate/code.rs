//! Rust code from the schema of a dataset.

use tilebox_tokio::schema::{DatasetSchema, EnumType, Field, MessageType};

use super::docs;
use super::names::{self, Names};
use super::types::{Declared, Types, Used};

/// The indentation of fields and variants.
const INDENT: &str = "    ";

/// The name of the variant for values without a variant of their own.
const UNRECOGNIZED: &str = "Unrecognized";

/// The dataset and the form of its code.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Code<'a> {
    /// The slug of the dataset.
    pub(crate) slug: &'a str,
    /// The summary of the dataset; empty without one.
    pub(crate) summary: &'a str,
    /// The type of its datapoints.
    pub(crate) schema: &'a DatasetSchema,
    /// The name of the struct, an identifier; `None` for the name of the type.
    pub(crate) name: Option<&'a str>,
    /// The name of the crate that exports the types of the SDK.
    pub(crate) crate_name: &'a str,
    /// The command that makes this code.
    pub(crate) command: &'a str,
}

impl Code<'_> {
    /// Returns the code, as `rustfmt` formats it. Equal schemas have equal code.
    pub(crate) fn generate(&self) -> String {
        let own = self.schema.type_name().rsplit('.').next().unwrap_or_default();
        let name = self.name.map_or_else(|| names::camel(own, "Datapoint"), str::to_owned);
        let mut types = Types::new(self.schema, &name);
        let mut declared = String::new();
        while let Some((name, declaration)) = types.next() {
            declared.push('\n');
            match declaration {
                Declared::Struct(message) => self.push_struct(&mut declared, &name, message, &mut types),
                Declared::Enum(enumeration) => push_enum(&mut declared, &name, enumeration),
            }
        }
        let mut code = self.header(&types);
        self.push_imports(&mut code, &types);
        code.push_str(&declared);
        code
    }

    fn header(&self, types: &Types<'_>) -> String {
        let uses = |used: Used| types.used().contains(&used);
        let optional = [(Used::TimeDelta, "chrono (feature serde)"), (Used::Uuid, "uuid (feature serde)")];
        let optional: String =
            optional.iter().filter(|(used, _)| uses(*used)).map(|(_, name)| format!(", {name}")).collect();
        format!(
            "// Datapoints of the dataset {}, to read with `Datapoints::rows` and to ingest as `Records`.\n\
             //\n\
             // Made by: {}\n\
             // Dependencies: {} (feature rows), serde (feature derive){optional}\n\
             // Fields that are not needed can be deleted: reading ignores other columns.\n\n",
            docs::code_span(&docs::printable(self.slug)),
            docs::printable(self.command),
            self.crate_name.replace('_', "-"),
        )
    }

    /// Adds the imports in the order of `rustfmt`.
    fn push_imports(&self, code: &mut String, types: &Types<'_>) {
        let uses = |used: Used| types.used().contains(&used);
        if uses(Used::BTreeMap) {
            code.push_str("use std::collections::BTreeMap;\n\n");
        }
        let own = match (uses(Used::Footprint), uses(Used::Timestamp)) {
            (true, true) => Some("{Footprint, Timestamp}"),
            (true, false) => Some("Footprint"),
            (false, true) => Some("Timestamp"),
            (false, false) => None,
        };
        let mut imports = vec!["serde::{Deserialize, Serialize}".to_owned()];
        imports.extend(own.map(|own| format!("{}::{own}", self.crate_name)));
        imports.extend(uses(Used::TimeDelta).then(|| "chrono::TimeDelta".to_owned()));
        imports.extend(uses(Used::Uuid).then(|| "uuid::Uuid".to_owned()));
        imports.sort();
        for import in imports {
            code.push_str(&format!("use {import};\n"));
        }
    }

    fn push_struct<'s>(&self, code: &mut String, name: &str, message: &'s MessageType, types: &mut Types<'s>) {
        if message.full_name() == self.schema.datapoint().full_name() {
            docs::push(code, "", &format!("A datapoint of the dataset {}.", docs::code_span(self.slug)));
            if !self.summary.trim().is_empty() {
                docs::push_break(code, "");
                docs::push(code, "", self.summary);
            }
        } else {
            docs::push(code, "", &format!("A message {}.", docs::code_span(message.full_name())));
        }
        code.push_str("#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]\n");
        if message.fields().is_empty() {
            code.push_str(&format!("pub struct {name} {{}}\n"));
            return;
        }
        code.push_str(&format!("pub struct {name} {{\n"));
        // A field that keeps its name goes before one that is converted to the same name.
        let mut names = Names::default();
        let wanted = |field: &Field| names::escaped(names::field(field.name()));
        let mut identifiers: Vec<Option<String>> = message
            .fields()
            .iter()
            .map(|field| Some(wanted(field)).filter(|name| bare(name) == field.name()).map(|name| names.take(&[name])))
            .collect();
        for (field, identifier) in message.fields().iter().zip(&mut identifiers) {
            let identifier = identifier.take().unwrap_or_else(|| names.take(&[wanted(field)]));
            push_field(code, message, field, &identifier, types);
        }
        code.push_str("}\n");
    }
}

fn push_field<'s>(code: &mut String, message: &MessageType, field: &'s Field, identifier: &str, types: &mut Types<'s>) {
    push_field_docs(code, message, field, types);
    if field.is_map() || field.is_repeated() {
        code.push_str(&format!("{INDENT}#[serde(default)]\n"));
    }
    if bare(identifier) != field.name() {
        code.push_str(&format!("{INDENT}#[serde(rename = {})]\n", literal(field.name())));
    }
    code.push_str(&format!("{INDENT}pub {identifier}: {},\n", types.of_field(message, field)));
}

/// Adds the description of a field, an example, and what its type does not say.
fn push_field_docs<'s>(code: &mut String, message: &MessageType, field: &'s Field, types: &Types<'s>) {
    let mut paragraphs: Vec<String> = Vec::new();
    let mut add = |text: String| {
        if !text.is_empty() {
            paragraphs.push(text);
        }
    };
    let paragraph = |text: &str| {
        let mut lines = String::new();
        docs::push(&mut lines, INDENT, text.trim());
        lines
    };
    let annotation = field.annotation();
    if let Some(annotation) = annotation.filter(|annotation| !docs::printable(&annotation.description).is_empty()) {
        add(paragraph(&annotation.description));
    }
    if let Some(unit) = unit(message, field) {
        add(paragraph(unit));
    }
    if let Some(annotation) = annotation.filter(|annotation| !docs::printable(&annotation.example_value).is_empty()) {
        let mut example = String::new();
        docs::push_example(&mut example, INDENT, &annotation.example_value);
        add(example);
    }
    if annotation.is_some_and(|annotation| annotation.queryable) {
        add(paragraph("Filters can use it."));
    }
    if let Some(encoded) = types.encoded_type(field) {
        add(paragraph(&format!("Messages {}, encoded as protobuf.", docs::code_span(encoded.full_name()))));
    }
    if let Some(oneof) = field.oneof().and_then(|index| message.oneofs().get(index)) {
        add(paragraph(&format!("At most one field of the oneof {} has a value.", docs::code_span(oneof))));
    }
    for (index, text) in paragraphs.iter().enumerate() {
        if index > 0 {
            docs::push_break(code, INDENT);
        }
        code.push_str(text);
    }
}

/// Returns the unit of a field of a well-known message.
fn unit(message: &MessageType, field: &Field) -> Option<&'static str> {
    match (message.full_name(), field.name()) {
        ("datasets.v1.LatLon" | "datasets.v1.LatLonAlt", "latitude") => Some("Degrees, positive to the north."),
        ("datasets.v1.LatLon" | "datasets.v1.LatLonAlt", "longitude") => Some("Degrees, positive to the east."),
        _ => None,
    }
}

fn push_enum(code: &mut String, name: &str, enumeration: &EnumType) {
    docs::push(code, "", &format!("A value of {}.", docs::code_span(enumeration.full_name())));
    code.push_str("#[derive(Clone, Debug, Deserialize, Eq, Hash, PartialEq, Serialize)]\n");
    code.push_str(&format!("pub enum {name} {{\n"));
    let mut names = Names::default();
    for value in enumeration.values() {
        let variant = names.take(&[names::camel(&value.short_name, "Value")]);
        docs::push(code, INDENT, &format!("{}, number {}.", docs::code_span(&value.name), value.number));
        if variant != value.short_name {
            code.push_str(&format!("{INDENT}#[serde(rename = {})]\n", literal(&value.short_name)));
        }
        code.push_str(&format!("{INDENT}{variant},\n"));
    }
    let other = names.take(&[UNRECOGNIZED.to_owned()]);
    docs::push(code, INDENT, "A value without a variant: its name, or its number if it has no name.");
    code.push_str(&format!("{INDENT}#[serde(untagged)]\n{INDENT}{other}(String),\n}}\n"));
}

/// Returns an identifier as serde names it, without the mark of a raw one.
fn bare(identifier: &str) -> &str {
    identifier.strip_prefix("r#").unwrap_or(identifier)
}

/// Returns a string literal.
fn literal(text: &str) -> String {
    format!("{text:?}")
}
