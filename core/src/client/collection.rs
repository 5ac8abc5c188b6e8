//! A collection of a dataset.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use uuid::Uuid;

use super::target::{Collections, QueryTarget};
use super::{Dataset, Find, Query};
use crate::datasets::{CollectionInfo, CollectionKey, IntoTemporalExtent};
use crate::error::Result;

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

    /// Its id.
    #[must_use]
    pub fn id(&self) -> Uuid {
        self.id
    }

    /// Its name, unique within the dataset.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The dataset it is in.
    #[must_use]
    pub fn dataset(&self) -> &Dataset {
        &self.dataset
    }

    /// Availability and count, as the server says now.
    ///
    /// # Errors
    ///
    /// As every call.
    pub async fn info(&self) -> Result<CollectionInfo> {
        let info = self.dataset.collection_info(&self.name).await?;
        *self.info.lock().unwrap_or_else(PoisonError::into_inner) = info.clone();
        Ok(info)
    }

    /// Availability and count as they were when they were last asked for, without asking again.
    #[must_use]
    pub fn known_info(&self) -> CollectionInfo {
        self.info.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The datapoint with this id, as a table of one row.
    ///
    /// Anything that a [`Uuid`] can be made from will do. See [`Find`] for what can be set before it is awaited.
    pub fn find(&self, id: impl TryInto<Uuid, Error: fmt::Display>) -> Find {
        let id = id.try_into().map_err(|error| error.to_string());
        Find::new(self.target(), id)
    }

    /// Its datapoints within an extent, in the order of time.
    ///
    /// See [`IntoTemporalExtent`] for what can be written, and [`Query`] for what can be set before it is awaited.
    pub fn query(&self, extent: impl IntoTemporalExtent) -> Query {
        Query::new(self.target(), extent.into_temporal_extent())
    }

    fn target(&self) -> QueryTarget {
        let collections = Collections::These(vec![(self.id, Arc::clone(&self.name))]);
        QueryTarget { dataset: self.dataset.clone(), collections }
    }
}

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

/// Name, availability and count, as far as they are known.
impl fmt::Display for Collection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.known_info().fmt(f)
    }
}
