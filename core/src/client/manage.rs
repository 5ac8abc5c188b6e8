//! Creation, change and deletion of datasets and collections.

use super::driver::spans::{collection_operation, operation};
use super::{Client, Collection, Dataset, suggest, unreadable};
use crate::datasets::{
    CollectionInfo, CollectionKey, DatasetChanges, DatasetDefinition, DatasetInfo, Selection, name, rpc,
};
use crate::error::{Error, ErrorKind, Result};
use crate::protocol::id;
use crate::protocol::retry::Idempotency;
use crate::protocol::rpc::Rpc as _;
use crate::protocol::wire::datasets::v1 as wire;

impl Client {
    /// Creates a dataset in your own organisation.
    ///
    /// ```no_run
    /// # use tilebox_core as tilebox_tokio;
    /// use tilebox_tokio::datasets::{DatasetDefinition, FieldDefinition};
    /// # async fn example(client: tilebox_core::Client) -> tilebox_core::error::Result<()> {
    /// let scenes = DatasetDefinition::spatiotemporal("my_scenes")
    ///     .field(FieldDefinition::float64("cloud_cover").description("Cloud cover in percent").queryable())
    ///     .field(FieldDefinition::string("granule_name"));
    /// let dataset = client.create_dataset(&scenes).await?;
    /// let collection = dataset.get_or_create_collection("alps").await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`ErrorKind::AlreadyExists`] when a dataset has this code name, [`ErrorKind::QuotaExceeded`] when the organisation has
    /// the maximum number of datasets; [`ErrorKind::InvalidArgument`], before a request, for a name or field that is not
    /// valid.
    pub async fn create_dataset(&self, definition: &DatasetDefinition) -> Result<Dataset> {
        self.create_dataset_as(definition, rpc::CreateDataset::IDEMPOTENCY).await
    }

    async fn create_dataset_as(&self, definition: &DatasetDefinition, idempotency: Idempotency) -> Result<Dataset> {
        let purpose = format!("create the dataset `{}`", definition.code_name());
        let request = definition.to_create()?;
        let call = self.session.endpoint.call_as::<rpc::CreateDataset>(&request, idempotency, purpose.clone())?;
        let operation = operation!("datasets/create", "tilebox.dataset" = definition.code_name());
        let created = async { self.dataset_from_wire(self.session.call(call).await?, purpose) };
        operation.run(created).await
    }

    /// Changes a dataset and returns its new handle. Properties without a change stay as they are. Later ingestions through
    /// the passed handle use the changed type.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidArgument`] or [`ErrorKind::FailedPrecondition`] when the dataset contains datapoints that do not
    /// fit the changes; otherwise as [`create_dataset`](Self::create_dataset).
    pub async fn update_dataset(&self, dataset: &Dataset, changes: &DatasetChanges) -> Result<Dataset> {
        let purpose = format!("update the dataset `{}`", dataset.slug());
        let request = changes.to_update(dataset.info())?;
        let call = self.session.endpoint.call::<rpc::UpdateDataset>(&request, purpose.clone())?;
        let operation = operation!("datasets/update", "tilebox.dataset" = dataset.slug());
        let updated = async { self.dataset_from_wire(self.session.call(call).await?, purpose) };
        let updated = operation.run(updated).await?;
        dataset.learn(updated.shared_info());
        Ok(updated)
    }

    /// Creates a dataset, or changes the dataset with its code name to match the definition.
    ///
    /// Properties that the definition does not contain stay as they are. When another client creates the dataset at the
    /// same moment, this changes that dataset. It is idempotent, so it is repeated when a response is lost.
    #[doc(alias = "upsert")]
    ///
    /// # Errors
    ///
    /// As [`create_dataset`](Self::create_dataset) and [`update_dataset`](Self::update_dataset).
    pub async fn create_or_update_dataset(&self, definition: &DatasetDefinition) -> Result<Dataset> {
        // The errors of a definition do not depend on whether the dataset exists.
        definition.to_create()?;
        if let Some(dataset) = self.dataset_if_any(definition.code_name()).await? {
            return self.update_dataset(&dataset, &definition.to_changes()).await;
        }
        match self.create_dataset_as(definition, Idempotency::Idempotent).await {
            Err(error) if may_exist_now(&error) => match self.dataset_if_any(definition.code_name()).await? {
                Some(dataset) => self.update_dataset(&dataset, &definition.to_changes()).await,
                None => Err(error),
            },
            created => created,
        }
    }

    /// Deletes a dataset with all its collections. An empty dataset is deleted at once; another one stays in the trash for
    /// some days.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::NotFound`] when it does not exist, unless an earlier attempt of this call may have deleted it and its
    /// response was lost; otherwise as every call.
    pub async fn delete_dataset(&self, dataset: &Dataset) -> Result<DeletedDataset> {
        let request = wire::DeleteDatasetRequest { id: Some(id::to_wire(dataset.id())) };
        let purpose = format!("delete the dataset `{}`", dataset.slug());
        let call = self.session.endpoint.call::<rpc::DeleteDataset>(&request, purpose)?;
        let operation = operation!("datasets/delete", "tilebox.dataset" = dataset.slug());
        let deleted = async {
            match self.session.call(call).await {
                Ok(deleted) if deleted.trashed => Ok(DeletedDataset::InTrash),
                Ok(_) => Ok(DeletedDataset::Gone),
                Err(error) if is_gone_now(&error) => Ok(DeletedDataset::GoneOrInTrash),
                Err(error) => Err(error),
            }
        };
        operation.run(deleted).await
    }

    pub(super) fn dataset_from_wire(&self, dataset: wire::Dataset, purpose: String) -> Result<Dataset> {
        Ok(self.handle(DatasetInfo::from_wire(dataset).map_err(|error| unreadable(purpose, error))?))
    }
}

/// The state of a deleted dataset.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum DeletedDataset {
    /// It was empty, and no longer exists.
    Gone,
    /// It contained datapoints, and stays in the trash for some days.
    InTrash,
    /// It no longer exists, or is in the trash: the response was lost.
    GoneOrInTrash,
}

impl Dataset {
    /// Creates a collection.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::AlreadyExists`] when a collection has this name; otherwise as every call.
    pub async fn create_collection(&self, name: &str) -> Result<Collection> {
        name::check_collection("create", name, self.slug())?;
        self.create_collection_as(name, rpc::CreateCollection::IDEMPOTENCY).await
    }

    async fn create_collection_as(&self, name: &str, idempotency: Idempotency) -> Result<Collection> {
        let purpose = format!("create the collection `{name}` of the dataset `{}`", self.slug());
        let request = wire::CreateCollectionRequest { dataset_id: Some(id::to_wire(self.id())), name: name.to_owned() };
        let call = self.session.endpoint.call_as::<rpc::CreateCollection>(&request, idempotency, purpose.clone())?;
        let operation = collection_operation!("datasets/collections/create", self, name);
        let created = async {
            let info = self.session.call(call).await?;
            CollectionInfo::from_wire(info).map_err(|error| unreadable(purpose, error))
        };
        Ok(Collection::new(self.clone(), operation.run(created).await?))
    }

    /// Returns the collection with this name, and creates it if it does not exist. Another client may create it at the same
    /// moment, and a lost response is repeated.
    ///
    /// # Errors
    ///
    /// As every call.
    pub async fn get_or_create_collection(&self, name: &str) -> Result<Collection> {
        name::check_collection("create", name, self.slug())?;
        if let Some(collection) = self.collection_if_any(name).await? {
            return Ok(collection);
        }
        match self.create_collection_as(name, Idempotency::Idempotent).await {
            Err(error) if may_exist_now(&error) => self.collection_if_any(name).await?.ok_or(error),
            created => created,
        }
    }

    /// Deletes a collection with its datapoints, given by handle, id or name. A name takes one more request.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::NotFound`] when it does not exist, unless an earlier attempt of this call may have deleted it and its
    /// response was lost; [`ErrorKind::InvalidArgument`] when the handle belongs to another dataset; otherwise as every call.
    pub async fn delete_collection(&self, collection: impl Into<CollectionKey>) -> Result<()> {
        let key = collection.into();
        let operation = collection_operation!("datasets/collections/delete", self, tracing::field::display(&key));
        operation.run(self.delete_collection_of_key(&key)).await
    }

    async fn delete_collection_of_key(&self, key: &CollectionKey) -> Result<()> {
        Selection::new(self.id(), self.slug(), std::slice::from_ref(key)).check()?;
        let collection_id = match key.id() {
            Some(id) => id,
            None => {
                let name = key.to_string();
                suggest::collection(self, &name, self.collection_info(&name).await).await?.id
            }
        };
        let request = wire::DeleteCollectionRequest {
            collection_id: Some(id::to_wire(collection_id)),
            dataset_id: Some(id::to_wire(self.id())),
        };
        let purpose = format!("delete the collection `{key}` of the dataset `{}`", self.slug());
        let call = self.session.endpoint.call::<rpc::DeleteCollection>(&request, purpose)?;
        match self.session.call(call).await {
            Err(error) if !is_gone_now(&error) => Err(error),
            _ => Ok(()),
        }
    }
}

/// Returns whether a resource may exist although its creation failed: another client, or an attempt whose response was lost,
/// may have created it.
///
/// The code of that error is not documented, so the caller looks again after every rejection.
fn may_exist_now(error: &Error) -> bool {
    error.may_have_happened()
        || matches!(
            error.kind(),
            ErrorKind::AlreadyExists | ErrorKind::InvalidArgument | ErrorKind::FailedPrecondition | ErrorKind::Server
        )
}

/// Returns whether an attempt whose response was lost may have deleted the resource.
pub(super) fn is_gone_now(error: &Error) -> bool {
    error.kind() == ErrorKind::NotFound && error.may_have_happened()
}
