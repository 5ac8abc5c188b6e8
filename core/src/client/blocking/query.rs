//! A query: built up, then loaded as a whole or read page by page.

use std::fmt;
use std::iter::FusedIterator;

use futures::stream::StreamExt as _;
use uuid::Uuid;

use super::block_on;
use crate::client;
use crate::datapoints::Datapoints;
use crate::datasets::{
    CollectionKey, CoordinateSystem, IntoExpression, IntoSpatialFilter, Position, ReadAhead, SpatialMode,
};
use crate::error::Result;
use crate::metrics::LoadMetrics;
use crate::progress::ProgressObserver;

/// A query. [`load`](Self::load) all datapoints at once, or take its [`pages`](Self::pages).
///
/// ```no_run
/// use tilebox_core::field;
///
/// # fn example(collection: tilebox_core::blocking::Collection) -> tilebox_core::Result<()> {
/// let clear = collection.query(("2025-03-01", "2025-06-01")).filter(field("cloud_cover").lt(10)).limit(1000).load()?;
/// println!("{clear}");
/// # Ok(())
/// # }
/// ```
///
/// What is wrong with any part of it comes out when it is loaded, before anything is asked.
#[must_use = "a query does nothing until it is loaded or its pages are read"]
#[derive(Debug)]
pub struct Query {
    inner: client::Query,
}

impl Query {
    pub(super) fn new(inner: client::Query) -> Self {
        Self { inner }
    }

    /// Asks these collections of the dataset instead of all: by name, id or handle, at most 100.
    ///
    /// As [`crate::Query::collections`].
    pub fn collections<Key: Into<CollectionKey>>(self, collections: impl IntoIterator<Item = Key>) -> Self {
        Self::new(self.inner.collections(collections))
    }

    /// Only datapoints for whose fields this is true: a condition on [fields](crate::field), or CQL2 text.
    ///
    /// As [`crate::Query::filter`].
    pub fn filter(self, filter: impl IntoExpression) -> Self {
        Self::new(self.inner.filter(filter))
    }

    /// Only datapoints whose place intersects this area. See [`IntoSpatialFilter`] for its forms.
    ///
    /// As [`crate::Query::spatial_extent`].
    pub fn spatial_extent(self, area: impl IntoSpatialFilter) -> Self {
        Self::new(self.inner.spatial_extent(area))
    }

    /// How the place of a datapoint has to lie to the area of [`spatial_extent`](Self::spatial_extent).
    pub fn spatial_mode(self, mode: SpatialMode) -> Self {
        Self::new(self.inner.spatial_mode(mode))
    }

    /// What the edges of the area of [`spatial_extent`](Self::spatial_extent) are.
    pub fn coordinate_system(self, coordinate_system: CoordinateSystem) -> Self {
        Self::new(self.inner.coordinate_system(coordinate_system))
    }

    /// Only what comes behind the datapoint with this id, which need not exist any more.
    ///
    /// As [`crate::Query::starting_after`].
    pub fn starting_after(self, id: impl TryInto<Uuid, Error: fmt::Display>) -> Self {
        Self::new(self.inner.starting_after(id))
    }

    /// Goes on where an earlier, equal query stood: gives what that one did not give. See [`PageStream::position`].
    pub fn resume(self, position: Position) -> Self {
        Self::new(self.inner.resume(position))
    }

    /// Omits the data of datapoints: the result has only the columns `time`, `id` and `ingestion_time`.
    #[doc(alias = "ids_only")]
    pub fn skip_data(self) -> Self {
        Self::new(self.inner.skip_data())
    }

    /// Which fields become columns, in this order. What is not asked for is loaded but skipped, not decoded.
    ///
    /// As [`crate::Query::columns`].
    pub fn columns<I>(self, names: I) -> Self
    where
        I: IntoIterator<Item: Into<String>>,
    {
        Self::new(self.inner.columns(names))
    }

    /// The most datapoints of a page. Without it the server decides, which suits most uses.
    pub fn page_size(self, datapoints: u64) -> Self {
        Self::new(self.inner.page_size(datapoints))
    }

    /// Pages each as soon as it is there, instead of in the order of their datapoints. Within a page there is order.
    ///
    /// As [`crate::Query::unordered`].
    pub fn unordered(self) -> Self {
        Self::new(self.inner.unordered())
    }

    /// How much may be loaded ahead of the reader; 96 pages, 8 of them decoded, and 256 MiB without it.
    pub fn read_ahead(self, read_ahead: ReadAhead) -> Self {
        Self::new(self.inner.read_ahead(read_ahead))
    }

    /// The most datapoints in all: the earliest ones of the extent.
    pub fn limit(self, datapoints: u64) -> Self {
        Self::new(self.inner.limit(datapoints))
    }

    /// Who hears of the progress of this query, instead of whom the client was told. Told on the thread that calls.
    pub fn progress(self, observer: impl ProgressObserver) -> Self {
        Self::new(self.inner.progress(observer))
    }

    /// All datapoints in one table.
    ///
    /// # Errors
    ///
    /// When something is wrong with the query; otherwise as every call.
    pub fn load(self) -> Result<Datapoints> {
        block_on(self.inner.load())
    }

    /// Loads each collection with a query of its own, all of them at once, into one table whose first column,
    /// `collection`, is the name of the collection that a datapoint is from. As [`crate::Query::load_by_collection`].
    ///
    /// # Errors
    ///
    /// When something is wrong with the query, or the datapoints have a field `collection`; otherwise that of the load that
    /// fails first. The others are aborted.
    pub fn load_by_collection(self) -> Result<Datapoints> {
        block_on(self.inner.load_by_collection())
    }

    /// The pages, in order unless it was [said otherwise](Self::unordered). The next pages load while one is being read,
    /// no more than may be [ahead](Self::read_ahead) of the reader.
    ///
    /// What is wrong with the query comes as the first item. Dropping the iterator aborts what is under way.
    pub fn pages(self) -> PageStream {
        PageStream { inner: self.inner.pages() }
    }
}

/// The pages of a query as an iterator. Ends after the last page, or after an error.
///
/// ```no_run
/// # fn example(collection: tilebox_core::blocking::Collection) -> tilebox_core::Result<()> {
/// for page in collection.query(("2025-03-01", "2025-06-01")).pages() {
///     println!("{}", page?);
/// }
/// # Ok(())
/// # }
/// ```
#[must_use = "an iterator does nothing until it is read"]
#[derive(Debug)]
pub struct PageStream {
    inner: client::PageStream,
}

impl PageStream {
    /// Where the load stands behind the pages that were read so far, to [resume](Query::resume) it there.
    ///
    /// As [`crate::PageStream::position`].
    #[must_use]
    pub fn position(&self) -> Position {
        self.inner.position()
    }

    /// What the load cost so far, and once it has ended all that it cost.
    #[must_use]
    pub fn metrics(&self) -> LoadMetrics {
        self.inner.metrics()
    }
}

impl Iterator for PageStream {
    type Item = Result<Datapoints>;

    fn next(&mut self) -> Option<Self::Item> {
        block_on(self.inner.next())
    }
}

impl FusedIterator for PageStream {}

/// Loads several queries at once, and gives their results in the order of the queries. It takes no more threads than
/// one load does.
///
/// ```no_run
/// use tilebox_core::blocking::{Dataset, load_all};
///
/// # fn example(dataset: Dataset) -> tilebox_core::Result<()> {
/// let collections = dataset.collections()?;
/// let loads = load_all(collections.iter().map(|collection| collection.query(("2025-03-01", "2025-03-02"))))?;
/// # Ok(())
/// # }
/// ```
///
/// # Errors
///
/// That of the query that fails first; the others are aborted. [`load_each`] goes on with them.
pub fn load_all(queries: impl IntoIterator<Item = Query>) -> Result<Vec<Datapoints>> {
    block_on(client::load_all(queries.into_iter().map(|query| query.inner)))
}

/// Loads several queries at once, and gives the result or the error of each in the order of the queries. None of them is
/// aborted because another one fails. As [`crate::load_each`].
pub fn load_each(queries: impl IntoIterator<Item = Query>) -> Vec<Result<Datapoints>> {
    block_on(client::load_each(queries.into_iter().map(|query| query.inner)))
}
