//! What a dataset should be: its names, its kind and its fields, checked before anything is sent.
//!
//! | file | holds |
//! |---|---|
//! | `field`, `field_type` | one field, put together by a person |
//! | `required` | the fields that every dataset of a kind has |
//! | `changes` | what should become of a dataset that exists |
//! | `check` | what the server would refuse |

mod changes;
mod check;
mod field;
mod field_type;
mod required;
#[cfg(test)]
mod tests;

pub use changes::DatasetChanges;
pub use field::{FieldDefinition, FieldRole};
pub use field_type::FieldType;

use crate::error::{Error, Result};
use crate::protocol::wire::datasets::v1::{self as wire, DatasetKind};
use check::Refusal;

/// A dataset that should be there: give it to `create_dataset` or `create_or_update_dataset` of a client.
///
/// The fields `time`, `id` and `ingestion_time`, of a spatiotemporal dataset also `geometry`, are added as the first.
///
/// ```
/// use tilebox_core::datasets::{DatasetDefinition, FieldDefinition, FieldRole};
///
/// let scenes = DatasetDefinition::spatiotemporal("my_scenes")
///     .name("My scenes")
///     .summary("Scenes of the alps without clouds")
///     .field(FieldDefinition::string("granule_name").role(FieldRole::PrimaryTitle))
///     .field(FieldDefinition::float64("cloud_cover").description("Part that is cloudy, in percent").queryable());
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
    /// A dataset whose datapoints have a time.
    ///
    /// Its code name is the last part of its slug: 1 to 100 characters in snake case.
    pub fn temporal(code_name: impl Into<String>) -> Self {
        Self::new(DatasetKind::Temporal, code_name.into())
    }

    /// A dataset whose datapoints have a time and a place.
    ///
    /// Its code name is the last part of its slug: 1 to 100 characters in snake case.
    pub fn spatiotemporal(code_name: impl Into<String>) -> Self {
        Self::new(DatasetKind::Spatiotemporal, code_name.into())
    }

    fn new(kind: DatasetKind, code_name: String) -> Self {
        Self { kind, code_name, name: None, summary: None, description: None, fields: Vec::new() }
    }

    /// The name that people read, up to 100 characters; without it the code name.
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// One sentence about it.
    pub fn summary(mut self, summary: impl Into<String>) -> Self {
        self.summary = Some(summary.into());
        self
    }

    /// Its documentation, in Markdown.
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

    /// Its code name.
    #[must_use]
    pub fn code_name(&self) -> &str {
        &self.code_name
    }

    /// The request that makes the dataset.
    ///
    /// # Errors
    ///
    /// When a name, a text or a field is one that the server would refuse. The error names the field.
    pub fn to_create(&self) -> Result<wire::CreateDatasetRequest> {
        let name = self.name.as_deref().unwrap_or(&self.code_name);
        check::code_name(&self.code_name)
            .and_then(|()| check::texts(Some(name), self.summary.as_deref(), self.description.as_deref()))
            .map_err(|refusal| refused(format!("create the dataset `{}`", self.code_name), refusal))?;
        Ok(wire::CreateDatasetRequest {
            name: name.to_owned(),
            r#type: Some(self.to_type(&format!("create the dataset `{}`", self.code_name))?),
            summary: self.summary.clone().unwrap_or_default(),
            code_name: self.code_name.clone(),
            description: self.description.clone().unwrap_or_default(),
        })
    }

    /// What has to change for a dataset of this code name to become like this: what is not said here stays.
    pub fn to_changes(&self) -> DatasetChanges {
        DatasetChanges {
            name: self.name.clone(),
            summary: self.summary.clone(),
            description: self.description.clone(),
            code_name: None,
            fields: Some((Some(self.kind), self.fields.clone())),
        }
    }

    fn to_type(&self, purpose: &str) -> Result<wire::DatasetType> {
        to_type(self.kind, &self.fields, purpose)
    }
}

fn to_type(kind: DatasetKind, fields: &[FieldDefinition], purpose: &str) -> Result<wire::DatasetType> {
    check::fields(kind, fields).map_err(|refusal| refused(purpose.to_owned(), refusal))?;
    let all = required::required_fields(kind);
    let all = all.iter().chain(fields).map(FieldDefinition::to_wire);
    Ok(wire::DatasetType { kind: kind.into(), fields: all.collect() })
}

fn refused(purpose: String, (reason, advice): Refusal) -> Error {
    Error::invalid(purpose, reason, advice)
}
