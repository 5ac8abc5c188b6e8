//! The client.

use uuid::Uuid;

use super::{Dataset, Datasets, block_on};
use crate::client;
use crate::client::DeletedDataset;
use crate::datasets::{DatasetChanges, DatasetDefinition};
use crate::error::Result;

/// A client of one server whose calls block. Cheap to clone; clones share connections, limits and the thread.
///
/// Made by the builder of a runtime crate. Code that should run on any runtime takes
/// `&tilebox_core::blocking::Client`: the blocking clients of the runtime crates dereference to it.
#[derive(Clone, Debug)]
pub struct Client {
    inner: client::Client,
}

impl Client {
    /// The dataset with this slug, such as `open_data.copernicus.sentinel2_msi`.
    ///
    /// # Errors
    ///
    /// As [`crate::Client::dataset`].
    pub fn dataset(&self, slug: &str) -> Result<Dataset> {
        block_on(self.inner.dataset(slug)).map(Dataset::new)
    }

    /// The dataset with this id.
    ///
    /// # Errors
    ///
    /// As [`crate::Client::dataset_by_id`].
    pub fn dataset_by_id(&self, id: Uuid) -> Result<Dataset> {
        block_on(self.inner.dataset_by_id(id)).map(Dataset::new)
    }

    /// Every dataset that you can see, as a tree of groups.
    ///
    /// # Errors
    ///
    /// As every call.
    pub fn datasets(&self) -> Result<Datasets> {
        block_on(self.inner.datasets()).map(Datasets::new)
    }

    /// Makes a dataset in your own organisation.
    ///
    /// # Errors
    ///
    /// As [`crate::Client::create_dataset`].
    pub fn create_dataset(&self, definition: &DatasetDefinition) -> Result<Dataset> {
        block_on(self.inner.create_dataset(definition)).map(Dataset::new)
    }

    /// Changes a dataset, and gives it as it is then. What the changes do not say stays.
    ///
    /// # Errors
    ///
    /// As [`crate::Client::update_dataset`].
    pub fn update_dataset(&self, dataset: &Dataset, changes: &DatasetChanges) -> Result<Dataset> {
        block_on(self.inner.update_dataset(dataset.inner(), changes)).map(Dataset::new)
    }

    /// Makes a dataset, or changes the one with its code name to be like the definition.
    ///
    /// # Errors
    ///
    /// As [`crate::Client::create_or_update_dataset`].
    pub fn create_or_update_dataset(&self, definition: &DatasetDefinition) -> Result<Dataset> {
        block_on(self.inner.create_or_update_dataset(definition)).map(Dataset::new)
    }

    /// Deletes a dataset with all its collections, at once or into the trash. Says which.
    ///
    /// # Errors
    ///
    /// As [`crate::Client::delete_dataset`].
    pub fn delete_dataset(&self, dataset: &Dataset) -> Result<DeletedDataset> {
        block_on(self.inner.delete_dataset(dataset.inner()))
    }
}

/// Waits for the futures of a client on the thread that calls.
///
/// This is how builders end, for clients whose exchanges have a thread of their own. One that needs the executor of the
/// calling thread would wait for ever: use `Client::blocking` of its runtime crate.
impl From<client::Client> for Client {
    fn from(inner: client::Client) -> Self {
        Self { inner }
    }
}
