//! Definitions of datasets: names, kind and fields, validated before a request is sent.
//!
//! | file | holds |
//! |---|---|
//! | `field`, `field_type` | the definition of a field, and its type |
//! | `required` | the fields that every dataset of a kind has |
//! | `changes` | changes of an existing dataset |
//! | `validate` | checks against the rules of the server |

mod changes;
mod field;
mod field_type;
mod required;
#[cfg(test)]
mod tests;
mod validate;

pub use changes::DatasetChanges;
pub use field::{FieldDefinition, FieldRole};
pub use field_type::FieldType;

use crate::error::Result;
use crate::protocol::wire::datasets::v1::{self as wire, DatasetKind};

/// The definition of a dataset, for `create_dataset` and `create_or_update_dataset` of a client.
///
/// The required fields come first and are added automatically: `time`, `id` and `ingestion_time`, in a spatiotemporal
/// dataset also `geometry`.
///
/// ```
/// # use tilebox_core as tilebox_tokio;
/// use tilebox_tokio::datasets::{DatasetDefinition, FieldDefinition, FieldRole};
///
/// let scenes = DatasetDefinition::spatiotemporal("my_scenes")
///     .name("My scenes")
///     .summary("Scenes of the alps without clouds")
///     .field(FieldDefinition::string("granule_name").role(FieldRole::PrimaryTitle))
///     .field(FieldDefinition::float64("cloud_cover").description("Cloud cover in percent").queryable());
/// assert_eq!(scenes.code_name(), "my_scenes");
/// ```
#[derive(Clone, Debug, PartialEq)]
#[must_use = "a definition does nothing until it is given to a client"]
pub struct DatasetDefinition {
    kind: DatasetKind,
    code_name: String,
    name: Option<String>,
    summary: Option<String>,
    description: Option<String>,
    fields: Vec<FieldDefinition>,
}

impl DatasetDefinition {
    /// Defines a dataset whose datapoints have a time.
    ///
    /// The code name is the last part of its slug: 1 to 100 characters in snake case.
    pub fn temporal(code_name: impl Into<String>) -> Self {
        Self::new(DatasetKind::Temporal, code_name.into())
    }

    /// Defines a dataset whose datapoints have a time and a geometry.
    ///
    /// The code name is the last part of its slug: 1 to 100 characters in snake case.
    pub fn spatiotemporal(code_name: impl Into<String>) -> Self {
        Self::new(DatasetKind::Spatiotemporal, code_name.into())
    }

    fn new(kind: DatasetKind, code_name: String) -> Self {
        Self { kind, code_name, name: None, summary: None, description: None, fields: Vec::new() }
    }

    /// Sets the display name, 1 to 100 characters. The default is the code name.
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// Sets the summary, one sentence.
    pub fn summary(mut self, summary: impl Into<String>) -> Self {
        self.summary = Some(summary.into());
        self
    }

    /// Sets the documentation, in Markdown.
    pub fn description(mut self, description: impl Into<String>) -> Self {
        self.description = Some(description.into());
        self
    }

    /// Adds a field.
    pub fn field(mut self, field: FieldDefinition) -> Self {
        self.fields.push(field);
        self
    }

    /// Adds several fields.
    pub fn fields(mut self, fields: impl IntoIterator<Item = FieldDefinition>) -> Self {
        self.fields.extend(fields);
        self
    }

    /// Returns the code name.
    #[must_use]
    pub fn code_name(&self) -> &str {
        &self.code_name
    }

    /// Returns the request that creates the dataset.
    ///
    /// # Errors
    ///
    /// If the server would refuse a name, a text or a field. The error names the field.
    pub fn to_create(&self) -> Result<wire::CreateDatasetRequest> {
        let purpose = format!("create the dataset `{}`", self.code_name);
        let name = self.name.as_deref().unwrap_or(&self.code_name);
        validate::code_name(&self.code_name)
            .and_then(|()| validate::texts(Some(name), self.summary.as_deref(), self.description.as_deref()))
            .map_err(|error| error.into_error(&purpose))?;
        Ok(wire::CreateDatasetRequest {
            name: name.to_owned(),
            r#type: Some(to_type(self.kind, &self.fields, &purpose)?),
            summary: self.summary.clone().unwrap_or_default(),
            code_name: self.code_name.clone(),
            description: self.description.clone().unwrap_or_default(),
        })
    }

    /// Returns the changes that make an existing dataset match this definition. Parts that are not set here stay as they
    /// are.
    pub fn to_changes(&self) -> DatasetChanges {
        DatasetChanges {
            name: self.name.clone(),
            summary: self.summary.clone(),
            description: self.description.clone(),
            code_name: None,
            fields: Some((Some(self.kind), self.fields.clone())),
        }
    }
}

/// Converts the kind and the fields of a dataset to the message of its type.
fn to_type(kind: DatasetKind, fields: &[FieldDefinition], purpose: &str) -> Result<wire::DatasetType> {
    validate::fields(kind, fields).map_err(|error| error.into_error(purpose))?;
    let required = required::required_fields(kind);
    let fields = required.iter().chain(fields).map(FieldDefinition::to_wire);
    Ok(wire::DatasetType { kind: kind.into(), fields: fields.collect() })
}
