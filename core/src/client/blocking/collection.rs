//! The blocking handle of a collection.

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

    /// Returns its id.
    #[must_use]
    pub fn id(&self) -> Uuid {
        self.inner.id()
    }

    /// Returns its name, unique within the dataset.
    #[must_use]
    pub fn name(&self) -> &str {
        self.inner.name()
    }

    /// Returns its dataset.
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

    /// Returns a search for the datapoint with this id, which loads a table of one row.
    ///
    /// The id is a [`Uuid`] or anything that converts into one, such as text. [`Find`] has the options.
    #[doc(alias = "get")]
    pub fn find(&self, id: impl TryInto<Uuid, Error: fmt::Display>) -> Find {
        Find::new(self.inner.find(id))
    }

    /// Returns a query of its datapoints within an extent, ordered by time.
    ///
    /// [`IntoTemporalExtent`] lists the accepted extents, and [`Query`] the options.
    #[doc(alias = "load")]
    pub fn query(&self, extent: impl IntoTemporalExtent) -> Query {
        Query::new(self.inner.query(extent))
    }

    /// Deletes datapoints by their ids and returns their number.
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

    /// Returns an ingestion that stores datapoints and returns their ids.
    ///
    /// [`IntoDatapoints`] lists the accepted input, and [`Ingestion`] the options. All datapoints are checked before one is
    /// sent.
    #[doc(alias("insert", "write", "upload"))]
    pub fn ingest(&self, datapoints: impl IntoDatapoints) -> Ingestion<'static> {
        Ingestion::new(self.inner.ingest(datapoints))
    }

    /// Returns an ingestion of an iterator of any length. The calling thread reads it as fast as its datapoints are stored.
    ///
    /// Each item is one datapoint or several, in any form that [`ingest`](Self::ingest) accepts, or a `Result` of them. This
    /// copies a collection:
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

crate::datasets::single_collection_keys! { Collection, &Collection }

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

/// Prints name, availability and count, as far as they are known.
impl fmt::Display for Collection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.fmt(f)
    }
}
