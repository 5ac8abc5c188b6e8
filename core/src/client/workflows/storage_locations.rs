//! Storage locations: creation, search, change and deletion.

use std::fmt;
use std::sync::Arc;

use uuid::Uuid;

use crate::client::driver::session::Session;
use crate::client::driver::spans::operation;
use crate::client::manage::is_gone_now;
use crate::client::{Client, unreadable};
use crate::error::{Error, ErrorKind, Result};
use crate::protocol::id;
use crate::protocol::wire::workflows::v1 as wire;
use crate::schema::excerpt::excerpt;
use crate::workflows::name::{check_id, check_name};
use crate::workflows::{Listing, StorageLocation, StorageReference, rpc};

/// Maximum number of characters of a name that an error repeats.
const MAX_EXCERPT: usize = 60;

impl Client {
    /// Returns the storage locations of your organisation, to list, create and change them.
    #[must_use]
    pub fn storage_locations(&self) -> StorageLocations {
        StorageLocations { session: Arc::clone(&self.session) }
    }
}

/// The storage locations of your organisation: buckets and folders whose events trigger automations. Cheap to clone.
///
/// A storage location is identified by its id. Where an id is expected, a reference to a [`StorageLocation`] serves as well.
///
/// The subscriptions that report new objects to Tilebox are created in its console: this client does not manage them.
///
/// ```no_run
/// # use tilebox_core as tilebox_tokio;
/// use tilebox_tokio::workflows::S3Bucket;
///
/// # async fn example(client: tilebox_core::Client) -> tilebox_core::Result<()> {
/// let bucket = S3Bucket::new("my-scenes").region("eu-central-1");
/// let scenes = client.storage_locations().create("Scenes", bucket).await?;
/// println!("{}", client.storage_locations().all().await?);
/// client.storage_locations().update(&scenes, "My scenes").await?;
/// client.storage_locations().delete(&scenes).await?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct StorageLocations {
    session: Arc<Session>,
}

impl StorageLocations {
    /// Returns all storage locations, in the order of the server. The listing prints as a table.
    ///
    /// # Errors
    ///
    /// As every call.
    #[doc(alias = "list")]
    pub async fn all(&self) -> Result<Listing<StorageLocation>> {
        const PURPOSE: &str = "list the storage locations";
        let call = self.session.endpoint.call::<rpc::ListStorageLocations>(&(), PURPOSE)?;
        let listed = async {
            let locations = self.session.call(call).await?.locations.into_iter().map(StorageLocation::from_wire);
            locations.collect::<Result<_, _>>().map_err(|error| unreadable(PURPOSE, error))
        };
        operation!("workflows/storage_locations/list").run(listed).await
    }

    /// Returns the storage location with this id. The id is a [`Uuid`] or anything that converts into one, such as text.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::NotFound`] when it does not exist; [`ErrorKind::InvalidArgument`], before a request, for an id that is
    /// not valid; otherwise as every call.
    #[doc(alias = "get")]
    pub async fn find(&self, id: impl TryInto<Uuid, Error: fmt::Display>) -> Result<StorageLocation> {
        let id = id.try_into().map_err(|error| error.to_string());
        let id = check_id("find a storage location", "storage location", &id)?;
        let purpose = format!("find the storage location {id}");
        let call = self.session.endpoint.call::<rpc::GetStorageLocation>(&id::to_wire(id), purpose.clone())?;
        let found = async { from_wire(self.session.call(call).await.map_err(with_advice)?, purpose) };
        let operation =
            operation!("workflows/storage_locations/get", "tilebox.storage_location_id" = tracing::field::display(id));
        operation.run(found).await
    }

    /// Creates a storage location with this name, 1 to 100 characters: an [`S3Bucket`](crate::workflows::S3Bucket), a
    /// [`GcsBucket`](crate::workflows::GcsBucket), an [`AzureContainer`](crate::workflows::AzureContainer) or a
    /// [`LocalFolder`](crate::workflows::LocalFolder).
    ///
    /// It is not repeated when its response is lost, because each request creates a storage location.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidArgument`], before a request, for a name or reference that is not valid; otherwise as every call.
    pub async fn create(
        &self,
        name: impl Into<String>,
        reference: impl Into<StorageReference>,
    ) -> Result<StorageLocation> {
        let (name, reference) = (name.into(), reference.into());
        let purpose = format!("create the storage location `{}`", excerpt(&name, MAX_EXCERPT));
        check_name(&purpose, &name)?;
        reference.check(&purpose)?;
        let request = wire::CreateStorageLocationRequest { name, reference: Some(reference.to_wire()) };
        let call = self.session.endpoint.call::<rpc::CreateStorageLocation>(&request, purpose.clone())?;
        let created = async { from_wire(self.session.call(call).await?, purpose) };
        operation!("workflows/storage_locations/create").run(created).await
    }

    /// Sets the name of the storage location with this id, 1 to 100 characters, and returns the changed location. Other
    /// properties cannot change.
    ///
    /// # Errors
    ///
    /// As [`find`](Self::find) and [`create`](Self::create).
    #[doc(alias = "rename")]
    pub async fn update(
        &self,
        id: impl TryInto<Uuid, Error: fmt::Display>,
        name: impl Into<String>,
    ) -> Result<StorageLocation> {
        let id = id.try_into().map_err(|error| error.to_string());
        let id = check_id("update a storage location", "storage location", &id)?;
        let purpose = format!("update the storage location {id}");
        let name = name.into();
        check_name(&purpose, &name)?;
        let request = wire::UpdateStorageLocationRequest { storage_location_id: Some(id::to_wire(id)), name };
        let call = self.session.endpoint.call::<rpc::UpdateStorageLocation>(&request, purpose.clone())?;
        let updated = async { from_wire(self.session.call(call).await.map_err(with_advice)?, purpose) };
        let operation = operation!(
            "workflows/storage_locations/update",
            "tilebox.storage_location_id" = tracing::field::display(id)
        );
        operation.run(updated).await
    }

    /// Deletes the storage location with this id. The objects in it stay.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::NotFound`] when it does not exist, unless an earlier attempt of this call may have deleted it and its
    /// response was lost; otherwise as [`find`](Self::find).
    pub async fn delete(&self, id: impl TryInto<Uuid, Error: fmt::Display>) -> Result<()> {
        let id = id.try_into().map_err(|error| error.to_string());
        let id = check_id("delete a storage location", "storage location", &id)?;
        let purpose = format!("delete the storage location {id}");
        let call = self.session.endpoint.call::<rpc::DeleteStorageLocation>(&id::to_wire(id), purpose)?;
        let deleted = async {
            match self.session.call(call).await {
                Err(error) if !is_gone_now(&error) => Err(with_advice(error)),
                _ => Ok(()),
            }
        };
        let operation = operation!(
            "workflows/storage_locations/delete",
            "tilebox.storage_location_id" = tracing::field::display(id)
        );
        operation.run(deleted).await
    }
}

fn from_wire(location: wire::StorageLocation, purpose: String) -> Result<StorageLocation> {
    StorageLocation::from_wire(location).map_err(|error| unreadable(purpose, error))
}

/// Replaces the advice of the error of an unknown id.
fn with_advice(error: Error) -> Error {
    match error.kind() {
        ErrorKind::NotFound => {
            error.with_advice("check the id: `storage_locations().all()` lists the storage locations")
        }
        _ => error,
    }
}

#[cfg(test)]
mod tests;
