//! Changes of an existing dataset.

use super::{FieldDefinition, to_type, validate};
use crate::datasets::DatasetInfo;
use crate::error::{Error, Result};
use crate::protocol::id;
use crate::protocol::wire::datasets::v1::{self as wire, DatasetKind};

/// Changes of an existing dataset, for `update_dataset` of a client. Parts that are not set stay as they are.
///
/// ```
/// # use tilebox_core as tilebox_tokio;
/// use tilebox_tokio::datasets::{DatasetChanges, FieldDefinition};
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
    /// The kind is `None` unless the changes come from a [`DatasetDefinition`](super::DatasetDefinition).
    pub(super) fields: Option<(Option<DatasetKind>, Vec<FieldDefinition>)>,
}

impl DatasetChanges {
    /// Returns empty changes.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the display name, 1 to 100 characters.
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

    /// Sets the code name, which changes the slug. The server accepts it only while the dataset is empty.
    pub fn code_name(mut self, code_name: impl Into<String>) -> Self {
        self.code_name = Some(code_name.into());
        self
    }

    /// Sets all fields in their order, without the required ones.
    ///
    /// An empty dataset accepts any fields. A dataset with datapoints accepts its existing fields in their order, followed
    /// by new fields that are not queryable; descriptions and examples may always change.
    pub fn fields(mut self, fields: impl IntoIterator<Item = FieldDefinition>) -> Self {
        self.fields = Some((None, fields.into_iter().collect()));
        self
    }

    /// Returns the request that changes a dataset.
    ///
    /// # Errors
    ///
    /// If the server would refuse a name, a text or a field, or the kind of the dataset would change.
    pub fn to_update(&self, dataset: &DatasetInfo) -> Result<wire::UpdateDatasetRequest> {
        let purpose = format!("update the dataset `{}`", dataset.slug);
        self.code_name
            .as_deref()
            .map_or(Ok(()), validate::code_name)
            .and_then(|()| validate::texts(self.name.as_deref(), self.summary.as_deref(), self.description.as_deref()))
            .map_err(|error| error.into_error(&purpose))?;
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

    /// Returns the kind of the dataset, which must not change.
    fn kind(&self, wanted: Option<DatasetKind>, dataset: &DatasetInfo, purpose: &str) -> Result<DatasetKind> {
        let known = dataset.schema.as_ref().map_or(DatasetKind::Unspecified, |schema| schema.kind());
        match (wanted, known) {
            (None, DatasetKind::Unspecified) => {
                let reason = "the kind of the dataset is unknown";
                let advice = "use create_or_update_dataset with a definition, which has a kind";
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
