//! A collection of a dataset.

use std::fmt;

use futures::stream;
use uuid::Uuid;

use super::{Dataset, Find, Ingestion, Query, block_on};
use crate::client;
use crate::datasets::{CollectionInfo, CollectionKey, DatapointIds, IntoDatapoints};
use crate::error::Result;
use crate::schema::IntoTemporalExtent;

/// A collection: datapoints of one dataset that belong together, for example those of one satellite. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Collection {
    inner: client::Collection,
    dataset: Dataset,
}

impl Collection {
    pub(super) fn new(inner: client::Collection) -> Self {
        Self { dataset: Dataset::new(inner.dataset().clone()), inner }
    }

    /// Its id.
    #[must_use]
    pub fn id(&self) -> Uuid {
        self.inner.id()
    }

    /// Its name, unique within the dataset.
    #[must_use]
    pub fn name(&self) -> &str {
        self.inner.name()
    }

    /// The dataset it is in.
    #[must_use]
    pub fn dataset(&self) -> &Dataset {
        &self.dataset
    }

    /// Returns availability and count as they were when the server returned this handle. [`refresh`](Self::refresh) reads
    /// them again.
    ///
    /// As [`crate::Collection::info`].
    #[must_use]
    pub fn info(&self) -> CollectionInfo {
        self.inner.info()
    }

    /// Returns a new handle of the collection as the server describes it now. This handle stays as it is.
    ///
    /// # Errors
    ///
    /// As [`crate::Collection::refresh`].
    pub fn refresh(&self) -> Result<Self> {
        block_on(self.inner.refresh()).map(Self::new)
    }

    /// The datapoint with this id, as a table of one row.
    ///
    /// Anything that a [`Uuid`] can be made from will do. See [`Find`] for what can be set before it is loaded.
    pub fn find(&self, id: impl TryInto<Uuid, Error: fmt::Display>) -> Find {
        Find::new(self.inner.find(id))
    }

    /// Its datapoints within an extent, in the order of time.
    ///
    /// See [`IntoTemporalExtent`] for what can be written, and [`Query`] for what can be set before it is loaded.
    pub fn query(&self, extent: impl IntoTemporalExtent) -> Query {
        Query::new(self.inner.query(extent))
    }

    /// Deletes datapoints by their ids. Says how many there were.
    ///
    /// ```no_run
    /// # fn example(collection: tilebox_core::blocking::Collection) -> tilebox_core::Result<()> {
    /// let old = collection.query(("2020-01-01", "2021-01-01")).skip_data().load()?;
    /// let deleted = collection.delete(&old)?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// As [`crate::Collection::delete`].
    pub fn delete(&self, ids: impl Into<DatapointIds>) -> Result<u64> {
        block_on(self.inner.delete(ids))
    }

    /// Stores datapoints, and gives their ids. See [`IntoDatapoints`] for what they can be, and [`Ingestion`] for what
    /// can be set before they are stored. All of them are checked before any is sent.
    pub fn ingest(&self, datapoints: impl IntoDatapoints) -> Ingestion<'static> {
        Ingestion::new(self.inner.ingest(datapoints))
    }

    /// Stores the datapoints of an iterator, however long it is: it is read as fast as they are stored, on the thread that
    /// calls, while what was read before is on its way.
    ///
    /// Each item is one datapoint or several, in any form that [`ingest`](Self::ingest) takes, or a `Result` of one; so
    /// a collection is copied with
    ///
    /// ```no_run
    /// # use tilebox_core::blocking::Collection;
    /// # fn example(from: Collection, to: Collection) -> tilebox_core::Result<()> {
    /// let copied = to.ingest_stream(from.query(("2025-01-01", "2026-01-01")).pages()).store()?;
    /// println!("{} new datapoints", copied.created);
    /// # Ok(())
    /// # }
    /// ```
    pub fn ingest_stream<'a, I>(&self, datapoints: I) -> Ingestion<'a>
    where
        I: IntoIterator<Item: IntoDatapoints, IntoIter: Send + 'a>,
    {
        Ingestion::new(self.inner.ingest_stream(stream::iter(datapoints)))
    }
}

impl From<&Collection> for CollectionKey {
    fn from(collection: &Collection) -> Self {
        (&collection.inner).into()
    }
}

impl From<Collection> for CollectionKey {
    fn from(collection: Collection) -> Self {
        collection.inner.into()
    }
}

/// Name, availability and count, as far as they are known.
impl fmt::Display for Collection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.fmt(f)
    }
}
