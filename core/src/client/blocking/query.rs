//! The blocking builder of a query, and its pages as an iterator.

use std::fmt;
use std::iter::FusedIterator;

use futures::stream::StreamExt as _;
use uuid::Uuid;

use super::block_on;
use crate::client;
use crate::datapoints::Datapoints;
use crate::datasets::{
    CoordinateSystem, IntoCollectionKeys, IntoColumnNames, IntoExpression, IntoSpatialFilter, LoadEstimate, Position,
    ReadAhead, SpatialMode,
};
use crate::error::Result;
use crate::metrics::LoadMetrics;
use crate::progress::ProgressObserver;

/// A query. [`load`](Self::load) returns all datapoints in one table; [`pages`](Self::pages) returns them page by page.
///
/// ```no_run
/// # use tilebox_core as tilebox_tokio;
/// use tilebox_tokio::field;
///
/// # fn example(collection: tilebox_core::blocking::Collection) -> tilebox_core::Result<()> {
/// let clear = collection.query(("2025-03-01", "2025-06-01")).filter(field("cloud_cover").lt(10)).limit(1000).load()?;
/// println!("{clear}");
/// # Ok(())
/// # }
/// ```
///
/// An option that is not valid is an error when the query is loaded, before a request is sent.
#[must_use = "a query does nothing until it is loaded or its pages are read"]
#[derive(Debug)]
pub struct Query {
    inner: client::Query,
}

impl Query {
    pub(super) fn new(inner: client::Query) -> Self {
        Self { inner }
    }

    /// Queries only these collections of the dataset, given by name, id or handle; at most 100.
    ///
    /// As [`crate::Query::collections`].
    pub fn collections(self, collections: impl IntoCollectionKeys) -> Self {
        Self::new(self.inner.collections(collections))
    }

    /// Returns only datapoints that match the filter: a condition on [fields](crate::field), or CQL2 text.
    ///
    /// As [`crate::Query::filter`].
    #[doc(alias("where", "filter_expression"))]
    pub fn filter(self, filter: impl IntoExpression) -> Self {
        Self::new(self.inner.filter(filter))
    }

    /// Returns only datapoints whose geometry intersects this area. [`IntoSpatialFilter`] lists the accepted areas.
    ///
    /// As [`crate::Query::spatial_extent`].
    #[doc(alias("bbox", "intersects", "area"))]
    pub fn spatial_extent(self, area: impl IntoSpatialFilter) -> Self {
        Self::new(self.inner.spatial_extent(area))
    }

    /// Sets the spatial relation between a datapoint and the area of [`spatial_extent`](Self::spatial_extent).
    pub fn spatial_mode(self, mode: SpatialMode) -> Self {
        Self::new(self.inner.spatial_mode(mode))
    }

    /// Sets the coordinate system of the area of [`spatial_extent`](Self::spatial_extent), which decides how its edges run.
    pub fn coordinate_system(self, coordinate_system: CoordinateSystem) -> Self {
        Self::new(self.inner.coordinate_system(coordinate_system))
    }

    /// Returns only datapoints after the one with this id, which need not exist any more.
    ///
    /// As [`crate::Query::starting_after`].
    #[doc(alias("cursor", "after"))]
    pub fn starting_after(self, id: impl TryInto<Uuid, Error: fmt::Display>) -> Self {
        Self::new(self.inner.starting_after(id))
    }

    /// Resumes an interrupted query: returns only datapoints it had not yet delivered. See [`PageStream::position`].
    pub fn resume(self, position: Position) -> Self {
        Self::new(self.inner.resume(position))
    }

    /// Omits the data of datapoints: the result has only the columns `time`, `id` and `ingestion_time`.
    #[doc(alias = "ids_only")]
    pub fn skip_data(self) -> Self {
        Self::new(self.inner.skip_data())
    }

    /// Selects the fields that become columns, in this order. The server sends the other fields too, but they are not decoded.
    ///
    /// As [`crate::Query::columns`].
    #[doc(alias("select", "fields"))]
    pub fn columns(self, names: impl IntoColumnNames) -> Self {
        Self::new(self.inner.columns(names))
    }

    /// Sets the maximum number of datapoints of a page. By default the server decides.
    pub fn page_size(self, datapoints: u64) -> Self {
        Self::new(self.inner.page_size(datapoints))
    }

    /// Yields pages as they arrive rather than in datapoint order. The datapoints within a page are in order.
    ///
    /// As [`crate::Query::unordered`].
    pub fn unordered(self) -> Self {
        Self::new(self.inner.unordered())
    }

    /// Sets how much is loaded ahead of the reader. The default is 96 pages, 8 of them decoded, and 256 MiB.
    pub fn read_ahead(self, read_ahead: ReadAhead) -> Self {
        Self::new(self.inner.read_ahead(read_ahead))
    }

    /// Loads from the end: the latest datapoint is the first one of the result, and a [`limit`](Self::limit) selects the latest
    /// datapoints.
    ///
    /// As [`crate::Query::newest_first`].
    #[doc(alias("descending", "reverse", "order_by"))]
    pub fn newest_first(self) -> Self {
        Self::new(self.inner.newest_first())
    }

    /// Loads the latest `datapoints` datapoints of the extent, the latest first.
    ///
    /// As [`crate::Query::latest`].
    #[doc(alias("last", "tail"))]
    pub fn latest(self, datapoints: u64) -> Self {
        Self::new(self.inner.latest(datapoints))
    }

    /// Sets the maximum number of datapoints: the earliest ones of the extent, or the latest ones with
    /// [`newest_first`](Self::newest_first).
    pub fn limit(self, datapoints: u64) -> Self {
        Self::new(self.inner.limit(datapoints))
    }

    /// Sets the observer for this query's progress, replacing the client's. The calling thread calls it.
    #[doc(alias = "show_progress")]
    pub fn progress(self, observer: impl ProgressObserver) -> Self {
        Self::new(self.inner.progress(observer))
    }

    /// Loads all datapoints into one table.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidArgument`](crate::ErrorKind::InvalidArgument) when an option is not valid; otherwise as every call.
    #[doc(alias("collect", "all"))]
    pub fn load(self) -> Result<Datapoints> {
        block_on(self.inner.load())
    }

    /// Loads the collections concurrently, each by its own query, into one table. Its first column, `collection`, contains
    /// the name of the collection of each datapoint. As [`crate::Query::load_by_collection`].
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidArgument`](crate::ErrorKind::InvalidArgument) when an option is not valid, or the datapoints have a
    /// field `collection`; otherwise the first error of a load. The other loads are aborted.
    pub fn load_by_collection(self) -> Result<Datapoints> {
        block_on(self.inner.load_by_collection())
    }

    /// Counts the datapoints that the query returns, without their data.
    ///
    /// As [`crate::Query::count`].
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidArgument`](crate::ErrorKind::InvalidArgument) when an option is not valid; otherwise as every call.
    #[doc(alias("len", "size"))]
    pub fn count(self) -> Result<u64> {
        block_on(self.inner.count())
    }

    /// Estimates how much the load would transfer, from its first page and the contents of its collections.
    ///
    /// As [`crate::Query::estimate`].
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidArgument`](crate::ErrorKind::InvalidArgument) when an option is not valid; otherwise as every call.
    #[doc(alias("dry_run", "explain"))]
    pub fn estimate(self) -> Result<LoadEstimate> {
        block_on(self.inner.estimate())
    }

    /// Returns the pages as an iterator, in order unless the query is [`unordered`](Self::unordered). The next pages load while
    /// one is being read, at most [`read_ahead`](Self::read_ahead).
    ///
    /// An option that is not valid is an error as the first item. Dropping the iterator aborts the requests in flight.
    #[doc(alias("stream", "iter"))]
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
    /// Returns the position after the pages that were read so far, to [resume](Query::resume) the load.
    ///
    /// As [`crate::PageStream::position`].
    #[must_use]
    pub fn position(&self) -> Position {
        self.inner.position()
    }

    /// Returns the metrics of the load so far, and those of the whole load after its end.
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

/// Loads several queries at once and returns their results in the order of the queries. It needs no more threads than one
/// load.
///
/// ```no_run
/// # use tilebox_core as tilebox_tokio;
/// use tilebox_tokio::blocking::{Dataset, load_all};
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
/// The first error of a query. The other queries are aborted; [`load_each`] continues them.
#[doc(alias("gather", "concurrent", "join_all"))]
pub fn load_all(queries: impl IntoIterator<Item = Query>) -> Result<Vec<Datapoints>> {
    block_on(client::load_all(queries.into_iter().map(|query| query.inner)))
}

/// Loads several queries at once and returns the result or the error of each, in the order of the queries. An error of one
/// query does not abort the others. As [`crate::load_each`].
pub fn load_each(queries: impl IntoIterator<Item = Query>) -> Vec<Result<Datapoints>> {
    block_on(client::load_each(queries.into_iter().map(|query| query.inner)))
}
