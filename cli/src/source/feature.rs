//! The fields of GeoJSON features and STAC items.

use std::collections::HashMap;

use serde_json::{Map, Value};
use tilebox_tokio::schema::DatasetSchema;

use super::convert::Kind;

/// Finds the fields of a dataset in features.
#[derive(Debug, Default)]
pub(crate) struct Features {
    /// Every field of the dataset.
    fields: Vec<String>,
    /// Fields by the property that the dataset names as their source.
    by_property: HashMap<String, String>,
    /// Fields by the member of a feature that the dataset names as their source.
    by_member: HashMap<String, String>,
    /// The fields of geometries, with `geometry` first.
    geometries: Vec<String>,
}

impl Features {
    pub(crate) fn new(schema: &DatasetSchema) -> Self {
        let mut features = Self::default();
        for field in schema.fields() {
            features.fields.push(field.name().to_owned());
            let pointer = field.annotation().and_then(|annotation| annotation.source_json_pointer.as_deref());
            let segments: Vec<_> = pointer.unwrap_or_default().split('/').skip(1).map(unescape).collect();
            match segments.as_slice() {
                [properties, name] if properties == "properties" => {
                    features.by_property.insert(name.clone(), field.name().to_owned());
                }
                [member] => {
                    features.by_member.insert(member.clone(), field.name().to_owned());
                }
                _ => {}
            }
            if Kind::of(schema, field) == Kind::Geometry && !field.is_repeated() {
                features.geometries.push(field.name().to_owned());
            }
        }
        features.geometries.sort_by_key(|name| name != "geometry");
        features
    }

    /// Returns the members of an object with the names of fields: of a feature its geometry and properties, and those of its
    /// other members that the dataset has a field for. Other objects stay as they are.
    pub(super) fn fields(&self, mut object: Map<String, Value>) -> Vec<(String, Value)> {
        let is_feature = object.get("type").and_then(Value::as_str) == Some("Feature");
        if !is_feature || !(object.contains_key("properties") || object.contains_key("geometry")) {
            return object.into_iter().collect();
        }
        let is_stac = object.contains_key("stac_version");
        let mut fields = Vec::new();
        if let Some(Value::Object(properties)) = object.remove("properties") {
            let has_time = properties.contains_key("time");
            for (name, value) in properties {
                let field = match self.by_property.get(&name) {
                    _ if self.has(&name) => name,
                    Some(field) => field.clone(),
                    None if is_stac && name == "datetime" && !has_time => "time".to_owned(),
                    None => name,
                };
                fields.push((field, value));
            }
        }
        let is_given = |fields: &[(String, Value)], name: &str| fields.iter().any(|(given, _)| given == name);
        let geometry = object.remove("geometry").unwrap_or_default();
        if let Some(name) = self.geometries.iter().find(|name| !is_given(&fields, name)) {
            fields.push((name.clone(), geometry));
        } else if !geometry.is_null() {
            fields.push(("geometry".to_owned(), geometry));
        }
        for (name, value) in object {
            let field = if self.has(&name) { Some(&name) } else { self.by_member.get(&name) };
            // The server sets the id; the type is that of the feature.
            if let Some(field) = field.filter(|field| !matches!(field.as_str(), "id" | "type"))
                && !is_given(&fields, field)
            {
                fields.push((field.clone(), value));
            }
        }
        fields
    }

    /// Returns the field that the dataset reads from this property of a feature, if it has another name.
    pub(super) fn of_property(&self, name: &str) -> Option<&str> {
        self.by_property.get(name).or_else(|| self.by_member.get(name)).map(String::as_str)
    }

    fn has(&self, name: &str) -> bool {
        self.fields.iter().any(|field| field == name)
    }
}

/// Returns a segment of a JSON pointer without its escapes (RFC 6901).
fn unescape(segment: &str) -> String {
    segment.replace("~1", "/").replace("~0", "~")
}
