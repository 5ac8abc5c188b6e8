//! The handle of a dataset, and the listing of all datasets.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use uuid::Uuid;

use super::driver::meter::Meter;
use super::driver::session::Session;
use super::driver::spans::{collection_operation, operation};
use super::target::{Collections, QueryTarget};
use super::{Collection, Find, Query, found, suggest, unreadable};
use crate::datasets::{CollectionInfo, Contents, DatasetInfo, Group, Summary, name, rpc};
use crate::error::{Error, ErrorKind, Result, UPDATE};
use crate::protocol::id;
use crate::protocol::wire::datasets::v1 as wire;
use crate::schema::DatasetSchema;
use crate::schema::IntoTemporalExtent;

/// A dataset: datapoints of one type, in collections. Cheap to clone.
///
/// A handle shows the dataset as it was when the server returned it; [`refresh`](Self::refresh) returns a new handle.
/// Other clients may change the definition meanwhile, and a page does not contain its version. A query therefore reads the
/// definition again while its first page loads, and its result has the current fields. An ingestion uses the definition
/// that this handle, a clone or one of its collections read last.
#[derive(Clone, Debug)]
pub struct Dataset {
    pub(super) session: Arc<Session>,
    info: Arc<DatasetInfo>,
    /// The definition that this handle or a clone read last.
    latest: Arc<Mutex<Arc<DatasetInfo>>>,
}

impl Dataset {
    pub(super) fn new(session: Arc<Session>, info: Arc<DatasetInfo>) -> Self {
        Self { session, latest: Arc::new(Mutex::new(Arc::clone(&info))), info }
    }

    /// Returns a new handle of the dataset as the server describes it now. This handle stays as it is.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::NotFound`] when the dataset was deleted; otherwise as every call.
    pub async fn refresh(&self) -> Result<Self> {
        let operation = operation!("datasets/get", "tilebox.dataset" = self.slug());
        let info = operation.run(self.read_definition()).await?;
        Ok(Self::new(Arc::clone(&self.session), info))
    }

    /// Reads the definition as a step of another operation. Later requests of this handle and its clones use it.
    pub(super) async fn read_again(&self) -> Result<Self> {
        self.learn(self.read_definition().await?);
        Ok(self.latest())
    }

    async fn read_definition(&self) -> Result<Arc<DatasetInfo>> {
        let purpose = format!("read the definition of the dataset `{}`", self.slug());
        let request = wire::GetDatasetRequest { id: Some(id::to_wire(self.id())), ..Default::default() };
        let call = self.session.endpoint.call::<rpc::GetDataset>(&request, purpose.clone())?;
        let dataset = self.session.call(call).await?;
        let info = DatasetInfo::from_wire(dataset).map_err(|error| unreadable(purpose, error))?;
        Ok(Arc::new(info))
    }

    /// Returns a handle for one load that counts its exchanges.
    pub(super) fn metered(&self, meter: &Arc<Meter>) -> Self {
        Self { session: self.session.metered(meter), ..self.clone() }
    }

    pub(super) fn shared_info(&self) -> Arc<DatasetInfo> {
        Arc::clone(&self.info)
    }

    /// Remembers the definition for later requests of this handle and its clones.
    pub(super) fn learn(&self, info: Arc<DatasetInfo>) {
        *self.latest.lock().unwrap_or_else(PoisonError::into_inner) = info;
    }

    /// Returns a handle with the definition that was read last.
    pub(super) fn latest(&self) -> Self {
        let info = Arc::clone(&self.latest.lock().unwrap_or_else(PoisonError::into_inner));
        Self { info, ..self.clone() }
    }

    /// Returns the names and the type of the dataset, as they were when the server returned this handle.
    #[must_use]
    pub fn info(&self) -> &DatasetInfo {
        &self.info
    }

    /// Returns its id.
    #[must_use]
    pub fn id(&self) -> Uuid {
        self.info.id
    }

    /// Returns its slug, such as `open_data.copernicus.sentinel2_msi`.
    #[must_use]
    pub fn slug(&self) -> &str {
        &self.info.slug
    }

    /// Returns its display name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.info.name
    }

    /// Returns the type of its datapoints, as it was when the server returned this handle.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Undecodable`] when this version cannot read the description of the type.
    pub fn schema(&self) -> Result<&Arc<DatasetSchema>> {
        self.info.schema.as_ref().map_err(|error| {
            let purpose = format!("read the type of the dataset `{}`", self.slug());
            Error::new(ErrorKind::Undecodable, purpose, error.to_string(), UPDATE).with_source(error.clone())
        })
    }

    /// Returns its collections in the order of the server, with availability and count.
    ///
    /// # Errors
    ///
    /// As every call.
    pub async fn collections(&self) -> Result<Vec<Collection>> {
        operation!("datasets/collections/list", "tilebox.dataset" = self.slug()).run(self.list_collections()).await
    }

    async fn list_collections(&self) -> Result<Vec<Collection>> {
        let purpose = format!("list the collections of the dataset `{}`", self.slug());
        let request = wire::ListCollectionsRequest {
            dataset_id: Some(id::to_wire(self.id())),
            with_availability: true,
            with_count: true,
        };
        let call = self.session.endpoint.call::<rpc::ListCollections>(&request, purpose.clone())?;
        let listing = self.session.call(call).await?;
        let collections = listing.data.into_iter().map(|info| {
            let info = CollectionInfo::from_wire(info).map_err(|error| unreadable(purpose.clone(), error))?;
            Ok(Collection::new(self.clone(), info))
        });
        collections.collect()
    }

    /// Returns the collection with this name.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::NotFound`] when it does not exist. The error suggests existing names, for which one more request lists the
    /// collections. Otherwise as every call.
    pub async fn collection(&self, name: &str) -> Result<Collection> {
        name::check_collection("find", name, self.slug())?;
        let operation = collection_operation!("datasets/collections/get", self, name);
        let found = async { suggest::collection(self, name, self.collection_info(name).await).await };
        Ok(Collection::new(self.clone(), operation.run(found).await?))
    }

    /// Returns the collection as a step of another operation, or `None` if it does not exist.
    pub(super) async fn collection_if_any(&self, name: &str) -> Result<Option<Collection>> {
        let operation = collection_operation!("datasets/collections/get", self, name);
        let info = found(operation.run(self.collection_info(name)).await)?;
        Ok(info.map(|info| Collection::new(self.clone(), info)))
    }

    /// Returns the id and the name of every collection.
    pub(super) async fn names(&self) -> Result<Vec<(Uuid, Arc<str>)>> {
        self.target().identify().await
    }

    /// Returns a handle for best-effort calls.
    pub(super) fn best_effort(&self) -> Self {
        Self { session: self.session.best_effort(), ..self.clone() }
    }

    pub(super) async fn collection_info(&self, name: &str) -> Result<CollectionInfo> {
        let purpose = format!("find the collection `{name}` of the dataset `{}`", self.slug());
        let request = wire::GetCollectionByNameRequest {
            collection_name: name.to_owned(),
            dataset_id: Some(id::to_wire(self.id())),
            with_availability: true,
            with_count: true,
        };
        let call = self.session.endpoint.call::<rpc::GetCollection>(&request, purpose.clone())?;
        let info = self.session.call(call).await?;
        CollectionInfo::from_wire(info).map_err(|error| unreadable(purpose, error))
    }

    /// Returns a query of the datapoints of all its collections within an extent, ordered by time.
    ///
    /// [`IntoTemporalExtent`] lists the accepted extents, and [`Query`] the options.
    #[doc(alias = "load")]
    pub fn query(&self, extent: impl IntoTemporalExtent) -> Query {
        Query::new(self.target(), extent.into_query_extent())
    }

    /// Returns a search for the datapoint with this id in all its collections, which loads a table of one row.
    ///
    /// The id is a [`Uuid`] or anything that converts into one, such as text. [`Find`] has the options.
    #[doc(alias = "get")]
    pub fn find(&self, id: impl TryInto<Uuid, Error: fmt::Display>) -> Find {
        Find::new(self.target(), id.try_into().map_err(|error| error.to_string()))
    }

    fn target(&self) -> QueryTarget {
        QueryTarget { dataset: self.clone(), collections: Collections::All, contents: Contents::default() }
    }
}

impl Summary for Dataset {
    fn summary(&self) -> &str {
        self.info.summary()
    }
}

impl fmt::Display for Dataset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.info.fmt(f)
    }
}

/// The listing of all visible datasets, as a tree of groups.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Datasets {
    /// The groups and datasets.
    pub root: Group<Dataset>,
    /// The notice of the server for the user of the client; empty without one.
    pub server_message: String,
    /// The number of datasets that your organisation owns.
    pub owned: u64,
    /// The maximum number of datasets that your organisation may own; `None` if the server sets no limit or
    /// does not send it.
    pub maximum_owned: Option<u64>,
}

impl fmt::Display for Datasets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.root.fmt(f)
    }
}
