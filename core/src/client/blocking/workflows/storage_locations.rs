//! Storage locations: creation, search, change and deletion.

use std::fmt;

use uuid::Uuid;

use crate::client::blocking::{Client, block_on};
use crate::client::workflows;
use crate::error::Result;
use crate::workflows::{Listing, StorageLocation, StorageReference};

impl Client {
    /// Returns the storage locations of your organisation, to list, create and change them.
    #[must_use]
    pub fn storage_locations(&self) -> StorageLocations {
        StorageLocations { inner: self.inner().storage_locations() }
    }
}

/// The storage locations of your organisation: buckets and folders whose events trigger automations. Cheap to clone.
///
/// A storage location is identified by its id. Where an id is expected, a reference to a [`StorageLocation`] serves as well.
///
/// ```no_run
/// # use tilebox_core as tilebox_tokio;
/// use tilebox_tokio::workflows::S3Bucket;
///
/// # fn example(client: tilebox_core::blocking::Client) -> tilebox_core::Result<()> {
/// let bucket = S3Bucket::new("my-scenes").region("eu-central-1");
/// let scenes = client.storage_locations().create("Scenes", bucket)?;
/// client.storage_locations().delete(&scenes)?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct StorageLocations {
    inner: workflows::StorageLocations,
}

impl StorageLocations {
    /// Returns all storage locations, in the order of the server. The listing prints as a table.
    ///
    /// # Errors
    ///
    /// As every call.
    #[doc(alias = "list")]
    pub fn all(&self) -> Result<Listing<StorageLocation>> {
        block_on(self.inner.all())
    }

    /// Returns the storage location with this id. The id is a [`Uuid`] or anything that converts into one, such as text.
    ///
    /// # Errors
    ///
    /// As [`crate::workflows::StorageLocations::find`].
    #[doc(alias = "get")]
    pub fn find(&self, id: impl TryInto<Uuid, Error: fmt::Display>) -> Result<StorageLocation> {
        block_on(self.inner.find(id))
    }

    /// Creates a storage location with this name, 1 to 100 characters.
    ///
    /// As [`crate::workflows::StorageLocations::create`].
    ///
    /// # Errors
    ///
    /// As [`crate::workflows::StorageLocations::create`].
    pub fn create(&self, name: impl Into<String>, reference: impl Into<StorageReference>) -> Result<StorageLocation> {
        block_on(self.inner.create(name, reference))
    }

    /// Sets the name of the storage location with this id, 1 to 100 characters, and returns the changed location. Other
    /// properties cannot change.
    ///
    /// # Errors
    ///
    /// As [`crate::workflows::StorageLocations::update`].
    #[doc(alias = "rename")]
    pub fn update(
        &self,
        id: impl TryInto<Uuid, Error: fmt::Display>,
        name: impl Into<String>,
    ) -> Result<StorageLocation> {
        block_on(self.inner.update(id, name))
    }

    /// Deletes the storage location with this id. The objects in it stay.
    ///
    /// # Errors
    ///
    /// As [`crate::workflows::StorageLocations::delete`].
    pub fn delete(&self, id: impl TryInto<Uuid, Error: fmt::Display>) -> Result<()> {
        block_on(self.inner.delete(id))
    }
}
