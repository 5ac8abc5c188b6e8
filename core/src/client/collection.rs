//! The handle of a collection.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use futures::stream::Stream;
use uuid::Uuid;

use super::driver::drive::drive_to_item;
use super::driver::spans::collection_operation;
use super::target::{Collections, QueryTarget};
use super::{Dataset, Find, Ingestion, Query};
use crate::datasets::{
    CollectionIds, CollectionInfo, CollectionKey, DatapointEncoder, DatapointIds, DeleteChunks, IntoDatapoints,
};
use crate::error::Result;
use crate::schema::IntoTemporalExtent;

/// A collection: datapoints of one dataset that belong together, for example those of one satellite. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Collection {
    dataset: Dataset,
    id: Uuid,
    name: Arc<str>,
    info: Arc<Mutex<CollectionInfo>>,
}

impl Collection {
    pub(super) fn new(dataset: Dataset, info: CollectionInfo) -> Self {
        Self { dataset, id: info.id, name: info.name.as_str().into(), info: Arc::new(Mutex::new(info)) }
    }

    /// Returns its id.
    #[must_use]
    pub fn id(&self) -> Uuid {
        self.id
    }

    /// Returns its name, unique within the dataset.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns its dataset.
    #[must_use]
    pub fn dataset(&self) -> &Dataset {
        &self.dataset
    }

    /// Returns availability and count as they were when the server returned this handle. [`refresh`](Self::refresh) reads
    /// them again.
    ///
    /// Both are `None` after an ingestion or deletion through this handle or a clone of it, even a failed one.
    #[must_use]
    pub fn info(&self) -> CollectionInfo {
        self.info.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Returns a new handle of the collection as the server describes it now. This handle stays as it is.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::NotFound`](crate::ErrorKind::NotFound) when the collection was deleted; otherwise as every call.
    pub async fn refresh(&self) -> Result<Self> {
        let operation = collection_operation!("datasets/collections/get", self.dataset, &*self.name);
        let info = operation.run(self.dataset.collection_info(&self.name)).await?;
        Ok(Self::new(self.dataset.clone(), info))
    }

    /// Returns a search for the datapoint with this id, which loads a table of one row.
    ///
    /// The id is a [`Uuid`] or anything that converts into one, such as text. [`Find`] has the options.
    #[doc(alias = "get")]
    pub fn find(&self, id: impl TryInto<Uuid, Error: fmt::Display>) -> Find {
        let id = id.try_into().map_err(|error| error.to_string());
        Find::new(self.target(), id)
    }

    /// Returns a query of its datapoints within an extent, ordered by time.
    ///
    /// [`IntoTemporalExtent`] lists the accepted extents, and [`Query`] the options.
    #[doc(alias = "load")]
    pub fn query(&self, extent: impl IntoTemporalExtent) -> Query {
        Query::new(self.target(), extent.into_query_extent())
    }

    /// Deletes datapoints and returns their number. The ids are a [`Uuid`], a list of them,
    /// [`Datapoints`](crate::Datapoints), or the result of an ingestion ([`Ingested`](crate::Ingested)).
    ///
    /// ```no_run
    /// # async fn example(collection: tilebox_core::Collection) -> tilebox_core::error::Result<()> {
    /// let old = collection.query(("2020-01-01", "2021-01-01")).skip_data().await?;
    /// let deleted = collection.delete(&old).await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`ErrorKind::NotFound`](crate::ErrorKind::NotFound) when one of the datapoints does not exist. A request has at most
    /// 8192 ids and deletes all of them or none; the error contains the number of deleted datapoints. After several attempts
    /// the error may mean that an earlier attempt deleted them.
    pub async fn delete(&self, ids: impl Into<DatapointIds>) -> Result<u64> {
        let session = &self.dataset.session;
        let description = self.target().description();
        let delete = DeleteChunks::new(
            session.endpoint.clone(),
            CollectionIds { dataset_id: self.dataset.id(), collection_id: self.id },
            ids,
            &description,
            session.policy,
            session.runtime.random(),
        )?;
        let _forget = self.forget_info_when_dropped();
        let operation = collection_operation!("datasets/datapoints/delete", self.dataset, &*self.name);
        let purpose = format!("delete datapoints of {description}").into();
        operation.run(drive_to_item(session.drive(delete), purpose)).await
    }

    /// Returns an ingestion that stores datapoints and returns their ids.
    ///
    /// [`IntoDatapoints`] lists the accepted input, and [`Ingestion`] the options. All datapoints are checked before one is
    /// sent, against the definition of the [`Dataset`] that was read last.
    #[doc(alias("insert", "write", "upload"))]
    pub fn ingest(&self, datapoints: impl IntoDatapoints) -> Ingestion<'static> {
        let encoded = self.encoder().and_then(|encoder| datapoints.into_messages(&encoder));
        Ingestion::of_messages(self.clone(), encoded)
    }

    /// Returns an ingestion of a stream of any length, which is read as fast as its datapoints are stored.
    ///
    /// Each item is one datapoint or several, in any form that [`ingest`](Self::ingest) accepts, or a `Result` of them. This
    /// copies a collection:
    ///
    /// ```no_run
    /// # async fn example(from: tilebox_core::Collection, to: tilebox_core::Collection)
    /// # -> tilebox_core::error::Result<()> {
    /// let copied = to.ingest_stream(from.query(("2025-01-01", "2026-01-01")).pages()).await?;
    /// println!("{} new datapoints", copied.created);
    /// # Ok(())
    /// # }
    /// ```
    pub fn ingest_stream<'a, S>(&self, datapoints: S) -> Ingestion<'a>
    where
        S: Stream<Item: IntoDatapoints> + Send + 'a,
    {
        Ingestion::of_stream(self.clone(), self.encoder(), datapoints)
    }

    fn encoder(&self) -> Result<DatapointEncoder> {
        self.dataset.latest().schema().map(DatapointEncoder::new)
    }

    /// Forgets availability and count when the returned guard is dropped, at the end of a write.
    pub(super) fn forget_info_when_dropped(&self) -> impl Drop + Send + use<> {
        ForgetInfo(Arc::clone(&self.info))
    }

    pub(super) fn target(&self) -> QueryTarget {
        let collections = Collections::Resolved(vec![(self.id, Arc::clone(&self.name))]);
        QueryTarget { dataset: self.dataset.clone(), collections, contents: (&self.info()).into() }
    }
}

crate::datasets::single_collection_keys! { Collection, &Collection }

impl From<&Collection> for CollectionKey {
    fn from(collection: &Collection) -> Self {
        Self::of_dataset(collection.dataset.id(), collection.id, Arc::clone(&collection.name))
    }
}

impl From<Collection> for CollectionKey {
    fn from(collection: Collection) -> Self {
        (&collection).into()
    }
}

/// Forgets availability and count when it is dropped: after a write that succeeds, fails or is aborted.
struct ForgetInfo(Arc<Mutex<CollectionInfo>>);

impl Drop for ForgetInfo {
    fn drop(&mut self) {
        let mut info = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        info.availability = None;
        info.count = None;
    }
}

/// Prints name, availability and count, as far as they are known.
impl fmt::Display for Collection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.info().fmt(f)
    }
}
