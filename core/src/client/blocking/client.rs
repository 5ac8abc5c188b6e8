//! The blocking client.

use uuid::Uuid;

use super::{Dataset, Datasets, block_on};
use crate::client;
use crate::client::DeletedDataset;
use crate::datasets::{DatasetChanges, DatasetDefinition};
use crate::error::Result;

/// A client of one server whose calls block. Cheap to clone; clones share connections, limits and the thread.
///
/// The functions `blocking::client` and `blocking::client_builder` of a runtime crate return one. It is the same type on
/// every runtime, so a library that takes `&Client` runs on all of them.
#[derive(Clone, Debug)]
#[doc(alias("new", "from_env", "connect"))]
pub struct Client {
    inner: client::Client,
}

impl Client {
    /// Wraps an async client, whose futures are then polled on the calling thread. A client that needs the executor of the
    /// calling thread would wait for ever.
    pub(in crate::client) fn new(inner: client::Client) -> Self {
        Self { inner }
    }

    pub(in crate::client) fn inner(&self) -> &client::Client {
        &self.inner
    }

    /// Returns the dataset with this slug, such as `open_data.copernicus.sentinel2_msi`.
    ///
    /// # Errors
    ///
    /// As [`crate::Client::dataset`].
    pub fn dataset(&self, slug: &str) -> Result<Dataset> {
        block_on(self.inner.dataset(slug)).map(Dataset::new)
    }

    /// Returns the dataset with this id.
    ///
    /// # Errors
    ///
    /// As [`crate::Client::dataset_by_id`].
    pub fn dataset_by_id(&self, id: Uuid) -> Result<Dataset> {
        block_on(self.inner.dataset_by_id(id)).map(Dataset::new)
    }

    /// Returns all visible datasets, as a tree of groups.
    ///
    /// # Errors
    ///
    /// As every call.
    pub fn datasets(&self) -> Result<Datasets> {
        block_on(self.inner.datasets()).map(Datasets::new)
    }

    /// Creates a dataset in your own organisation.
    ///
    /// # Errors
    ///
    /// As [`crate::Client::create_dataset`].
    pub fn create_dataset(&self, definition: &DatasetDefinition) -> Result<Dataset> {
        block_on(self.inner.create_dataset(definition)).map(Dataset::new)
    }

    /// Changes a dataset and returns its new handle. Properties without a change stay as they are.
    ///
    /// # Errors
    ///
    /// As [`crate::Client::update_dataset`].
    pub fn update_dataset(&self, dataset: &Dataset, changes: &DatasetChanges) -> Result<Dataset> {
        block_on(self.inner.update_dataset(dataset.inner(), changes)).map(Dataset::new)
    }

    /// Creates a dataset, or changes the dataset with its code name to match the definition.
    ///
    /// # Errors
    ///
    /// As [`crate::Client::create_or_update_dataset`].
    pub fn create_or_update_dataset(&self, definition: &DatasetDefinition) -> Result<Dataset> {
        block_on(self.inner.create_or_update_dataset(definition)).map(Dataset::new)
    }

    /// Deletes a dataset with all its collections. An empty dataset is deleted at once; another one stays in the trash for
    /// some days.
    ///
    /// # Errors
    ///
    /// As [`crate::Client::delete_dataset`].
    pub fn delete_dataset(&self, dataset: &Dataset) -> Result<DeletedDataset> {
        block_on(self.inner.delete_dataset(dataset.inner()))
    }
}
