//! What should become of a dataset that exists.

use super::{FieldDefinition, check, refused, to_type};
use crate::datasets::DatasetInfo;
use crate::error::{Error, Result};
use crate::protocol::id;
use crate::protocol::wire::datasets::v1::{self as wire, DatasetKind};

/// Changes of a dataset: only what is said here changes. Give it to `update_dataset` of a client.
///
/// ```
/// use tilebox_core::datasets::{DatasetChanges, FieldDefinition};
///
/// let changes = DatasetChanges::new().summary("Now with clouds").fields([FieldDefinition::float64("cloud_cover")]);
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
#[must_use = "changes do nothing until they are given to a client"]
pub struct DatasetChanges {
    pub(super) name: Option<String>,
    pub(super) summary: Option<String>,
    pub(super) description: Option<String>,
    pub(super) code_name: Option<String>,
    /// The kind is known where a whole definition is given.
    pub(super) fields: Option<(Option<DatasetKind>, Vec<FieldDefinition>)>,
}

impl DatasetChanges {
    /// No changes.
    pub fn new() -> Self {
        Self::default()
    }

    /// Another name for people to read, of 1 to 100 characters.
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// Another sentence about it.
    pub fn summary(mut self, summary: impl Into<String>) -> Self {
        self.summary = Some(summary.into());
        self
    }

    /// Another documentation, in Markdown.
    pub fn description(mut self, description: impl Into<String>) -> Self {
        self.description = Some(description.into());
        self
    }

    /// Another code name, so another slug. The server takes it only while the dataset is empty.
    pub fn code_name(mut self, code_name: impl Into<String>) -> Self {
        self.code_name = Some(code_name.into());
        self
    }

    /// All fields that it should have, in their order, without those that every dataset has.
    ///
    /// While the dataset is empty they can be any. Once it holds datapoints the server only takes what it has, in that
    /// order, and new fields after them that are not queryable; descriptions and examples may always change.
    pub fn fields(mut self, fields: impl IntoIterator<Item = FieldDefinition>) -> Self {
        self.fields = Some((None, fields.into_iter().collect()));
        self
    }

    /// The request that changes this dataset.
    ///
    /// # Errors
    ///
    /// When a name, a text or a field is one that the server would refuse, or the kind of the dataset would change.
    pub fn to_update(&self, dataset: &DatasetInfo) -> Result<wire::UpdateDatasetRequest> {
        let purpose = format!("update the dataset `{}`", dataset.slug);
        self.code_name
            .as_deref()
            .map_or(Ok(()), check::code_name)
            .and_then(|()| check::texts(self.name.as_deref(), self.summary.as_deref(), self.description.as_deref()))
            .map_err(|refusal| refused(purpose.clone(), refusal))?;
        let fields = self.fields.as_ref();
        let r#type = fields.map(|(kind, fields)| to_type(self.kind(*kind, dataset, &purpose)?, fields, &purpose));
        Ok(wire::UpdateDatasetRequest {
            id: Some(id::to_wire(dataset.id)),
            name: self.name.clone(),
            r#type: r#type.transpose()?,
            summary: self.summary.clone(),
            code_name: self.code_name.clone(),
            description: self.description.clone(),
        })
    }

    fn kind(&self, wanted: Option<DatasetKind>, dataset: &DatasetInfo, purpose: &str) -> Result<DatasetKind> {
        let known = dataset.schema.as_ref().map_or(DatasetKind::Unspecified, |schema| schema.kind());
        match (wanted, known) {
            (None, DatasetKind::Unspecified) => {
                let reason = "whether its datapoints have a place is not known";
                let advice = "give a whole definition to create_or_update_dataset, which says so";
                Err(Error::invalid(purpose.to_owned(), reason, advice))
            }
            (None, known) => Ok(known),
            (Some(wanted), DatasetKind::Unspecified) => Ok(wanted),
            (Some(wanted), known) if wanted == known => Ok(wanted),
            (Some(_), known) => {
                let kind = if known == DatasetKind::Temporal { "temporal" } else { "spatiotemporal" };
                let reason = format!("it is {kind}, and the kind of a dataset cannot change");
                Err(Error::invalid(purpose.to_owned(), reason, "use another code name"))
            }
        }
    }
}
