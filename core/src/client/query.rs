//! The builder of a query.

mod by_collection;
mod count;
mod estimate;
mod load;

use std::fmt;
use std::future::IntoFuture;
use std::sync::Arc;

use futures::future::{BoxFuture, FutureExt as _};
use futures::stream::TryStreamExt as _;
use uuid::Uuid;

use super::driver::meter::Meter;
use super::driver::spans::operation;
use super::page_stream::{LoadParts, PageStream};
use super::target::{ID, QueryTarget};
use crate::datapoints::Datapoints;
use crate::datasets::{
    CoordinateSystem, Expression, IntoCollectionKeys, IntoColumnNames, IntoExpression, IntoSpatialFilter, Paging,
    Position, ReadAhead, SpatialFilter, SpatialMode,
};
use crate::error::Result;
use crate::progress::{ProgressObserver, Tracker};
use crate::schema::{QueryExtent, TemporalExtent};

/// A query. Awaiting it returns all datapoints in one table; [`pages`](Self::pages) returns them page by page.
///
/// ```no_run
/// # async fn example(collection: tilebox_core::Collection) -> tilebox_core::error::Result<()> {
/// let ids = collection.query(("2025-03-01", "2025-06-01")).skip_data().limit(1000).await?;
/// println!("{ids}");
/// # Ok(())
/// # }
/// ```
///
/// An option that is not valid is an error when the query is awaited, before a request is sent:
///
/// ```no_run
/// # use tilebox_core as tilebox_tokio;
/// use tilebox_tokio::datasets::filter::field;
///
/// # async fn example(dataset: tilebox_core::Dataset) -> tilebox_core::error::Result<()> {
/// let clear = dataset
///     .query(("2025-03-01", "2025-06-01"))
///     .collections(["S2A_S2MSI1C", "S2B_S2MSI1C"])
///     .spatial_extent("POLYGON ((-109.05 37, -102.05 37, -102.05 41, -109.05 41, -109.05 37))")
///     .filter(field("cloud_cover").lt(10) & !field("platform").is_null())
///     .await?;
/// # Ok(())
/// # }
/// ```
#[must_use = "a query does nothing until it is awaited or its pages are read"]
pub struct Query {
    target: QueryTarget,
    extent: Result<QueryExtent>,
    filter: Result<Option<Expression>>,
    area: Result<Option<SpatialFilter>>,
    mode: Option<SpatialMode>,
    coordinate_system: Option<CoordinateSystem>,
    skip_data: bool,
    /// The selected columns; `None` for all.
    columns: Option<Vec<String>>,
    paging: Paging,
    /// The argument of `starting_after`, if it is not an id.
    no_cursor: Option<String>,
    progress: Option<Arc<dyn ProgressObserver>>,
}

impl Query {
    pub(super) fn new(target: QueryTarget, extent: Result<QueryExtent>) -> Self {
        let progress = target.dataset.session.progress.clone();
        Self {
            target,
            extent,
            filter: Ok(None),
            area: Ok(None),
            mode: None,
            coordinate_system: None,
            skip_data: false,
            columns: None,
            paging: Paging::default(),
            no_cursor: None,
            progress,
        }
    }

    /// Queries only these collections of the dataset: a name, an id or a handle, or a list of at most 100 of them.
    ///
    /// One more call looks up names and ids when the query is awaited. A second list replaces the first. An empty list is an
    /// error: it never means all collections.
    pub fn collections(mut self, collections: impl IntoCollectionKeys) -> Self {
        self.target.choose(collections);
        self
    }

    /// Returns only datapoints that match the filter: a condition on [fields](crate::field), or CQL2 text such as
    /// `"cloud_cover < 10 AND platform = 'S2A'"`. A datapoint must match all filters.
    ///
    /// The names and types of the fields are validated against the dataset before the query is sent.
    #[doc(alias("where", "filter_expression"))]
    pub fn filter(mut self, filter: impl IntoExpression) -> Self {
        self.filter = self.filter.and_then(|before| {
            let filter = filter.into_expression()?;
            match before {
                None => Ok(Some(filter)),
                Some(before) => (before & filter).check().map(Some),
            }
        });
        self
    }

    /// Returns only datapoints whose geometry intersects this area: a geometry of [`geo_types`], WKT or GeoJSON text, WKB
    /// bytes, or a [`SpatialFilter`] with its own mode. [`IntoSpatialFilter`] describes them. A second area replaces the first.
    #[doc(alias("bbox", "intersects", "area"))]
    pub fn spatial_extent(mut self, area: impl IntoSpatialFilter) -> Self {
        self.area = area.into_spatial_filter().map(Some);
        self
    }

    /// Sets the spatial relation between a datapoint and the area of [`spatial_extent`](Self::spatial_extent).
    pub fn spatial_mode(mut self, mode: SpatialMode) -> Self {
        self.mode = Some(mode);
        self
    }

    /// Sets the coordinate system of the area of [`spatial_extent`](Self::spatial_extent), which decides how its edges run.
    pub fn coordinate_system(mut self, coordinate_system: CoordinateSystem) -> Self {
        self.coordinate_system = Some(coordinate_system);
        self
    }

    /// Returns only datapoints after the one with this id, which need not exist any more. The id is a [`Uuid`] or anything
    /// that converts into one, such as text.
    ///
    /// With the last of [`Datapoints::ids`] of an equal query, this returns newer datapoints.
    #[doc(alias("cursor", "after"))]
    pub fn starting_after(mut self, id: impl TryInto<Uuid, Error: fmt::Display>) -> Self {
        match id.try_into() {
            Ok(id) => (self.paging.position, self.no_cursor) = (Position::after(id), None),
            Err(error) => self.no_cursor = Some(error.to_string()),
        }
        self
    }

    /// Resumes an interrupted query: returns only datapoints it had not yet delivered. See [`PageStream::position`].
    pub fn resume(mut self, position: Position) -> Self {
        (self.paging.position, self.no_cursor) = (position, None);
        self
    }

    /// Omits the data of datapoints: the result has only the columns `time`, `id` and `ingestion_time`.
    #[doc(alias = "ids_only")]
    pub fn skip_data(mut self) -> Self {
        self.skip_data = true;
        self
    }

    /// Selects the fields that become columns, in this order: a name, or a list of names. The server sends the other fields too, but they are not decoded.
    ///
    /// An unknown or duplicate name is an error when the query is awaited; the error lists the fields. With
    /// [`skip_data`](Self::skip_data) the fields are `time`, `id` and `ingestion_time`.
    ///
    /// ```no_run
    /// # async fn example(collection: tilebox_core::Collection) -> tilebox_core::error::Result<()> {
    /// let clouds = collection.query(("2025-03-01", "2025-06-01")).columns(["time", "cloud_cover"]).await?;
    /// # Ok(())
    /// # }
    /// ```
    #[doc(alias("select", "fields"))]
    pub fn columns(mut self, names: impl IntoColumnNames) -> Self {
        self.columns = Some(names.into_column_names());
        self
    }

    /// Sets the maximum number of datapoints of a page. By default the server decides.
    pub fn page_size(mut self, datapoints: u64) -> Self {
        self.paging.page_size = Some(datapoints);
        self
    }

    /// Yields pages as they arrive rather than in datapoint order. The datapoints within a page are in order.
    ///
    /// A reader that does not need the order does not wait for slower pages. With a [`limit`](Self::limit) pages are still in
    /// order. Awaiting the query does not sort the result.
    pub fn unordered(mut self) -> Self {
        self.paging.in_order = false;
        self
    }

    /// Sets how much is loaded ahead of the reader. The default is 96 pages, 8 of them decoded, and 256 MiB.
    pub fn read_ahead(mut self, read_ahead: ReadAhead) -> Self {
        self.paging.read_ahead = read_ahead;
        self
    }

    /// Loads from the end: the latest datapoint is the first one of the result, and a [`limit`](Self::limit) selects the latest
    /// datapoints.
    ///
    /// The server pages only forwards, so the client requests windows from the end of the availability, several at once,
    /// sized by the density of the previous ones. If the availability of the collections is not known yet, one more call
    /// reads it. [`pages`](Self::pages), [`resume`](Self::resume) and [`starting_after`](Self::starting_after) work as in a
    /// load from the start, and a position of one may be resumed by the other.
    ///
    /// Datapoints before 1970 come last, in the order of the server: the protocol does not define the order of their ids. A
    /// limit that selects only some of them, or an extent of only such times, is an error.
    ///
    /// ```no_run
    /// # use futures::TryStreamExt as _;
    /// # async fn example(collection: tilebox_core::Collection) -> tilebox_core::error::Result<()> {
    /// let mut pages = collection.query(..).newest_first().pages();
    /// while let Some(page) = pages.try_next().await? {
    ///     println!("{page}");
    /// }
    /// # Ok(())
    /// # }
    /// ```
    #[doc(alias("descending", "reverse", "order_by"))]
    pub fn newest_first(mut self) -> Self {
        self.paging.newest_first = true;
        self
    }

    /// Loads the latest `datapoints` datapoints of the extent, the latest first: [`newest_first`](Self::newest_first) with a
    /// [`limit`](Self::limit). It takes a few requests, however large the collection is; a filter that matches few
    /// datapoints takes more.
    ///
    /// ```no_run
    /// # async fn example(collection: tilebox_core::Collection) -> tilebox_core::error::Result<()> {
    /// println!("{}", collection.query(..).latest(10).await?);
    /// # Ok(())
    /// # }
    /// ```
    #[doc(alias("last", "tail"))]
    pub fn latest(self, datapoints: u64) -> Self {
        self.newest_first().limit(datapoints)
    }

    /// Sets the maximum number of datapoints: the earliest ones of the extent, or the latest ones with
    /// [`newest_first`](Self::newest_first).
    pub fn limit(mut self, datapoints: u64) -> Self {
        self.paging.limit = Some(datapoints);
        self
    }

    /// Sets the observer for this query's progress, replacing the client's.
    #[doc(alias = "show_progress")]
    pub fn progress(mut self, observer: impl ProgressObserver) -> Self {
        self.progress = Some(Arc::new(observer));
        self
    }

    /// Loads all datapoints into one table, as awaiting the query does.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidArgument`](crate::ErrorKind::InvalidArgument) when an option is not valid; otherwise as every call.
    #[doc(alias("collect", "all"))]
    pub async fn load(self) -> Result<Datapoints> {
        self.await
    }

    /// Returns the pages as a stream, in order unless the query is [`unordered`](Self::unordered).
    ///
    /// The next pages load while one is being read, several at once: at most the client's
    /// [`concurrency`](crate::ClientBuilder::concurrency), and at most [`read_ahead`](Self::read_ahead).
    ///
    /// An option that is not valid is an error as the first item. Dropping the stream aborts the requests in flight.
    #[doc(alias("stream", "iter"))]
    pub fn pages(mut self) -> PageStream {
        let extent = self.fix_extent();
        let runtime = Arc::clone(&self.target.dataset.session.runtime);
        let meter = Arc::new(Meter::new(runtime.now()));
        self.target.dataset = self.target.dataset.metered(&meter);
        let operation = operation!(
            "datasets/datapoints/query",
            "tilebox.dataset" = self.target.dataset.slug(),
            "tilebox.collection" = self.target.only_collection(),
            "tilebox.requests" = tracing::field::Empty,
            "tilebox.retries" = tracing::field::Empty,
            "tilebox.bytes_received" = tracing::field::Empty,
        );
        let load = extent.zip(self.progress.as_ref());
        let load = load.map(|(extent, observer)| {
            let name = self.target.load_name();
            let tracker = Tracker::new(&name, extent, runtime.now());
            let tracker = match self.target.contents.availability {
                Some(availability) if self.paging.newest_first => tracker.available_from(availability.start()),
                _ => tracker,
            };
            let is_in_order = self.paging.in_order && !self.paging.newest_first;
            let tracker = if is_in_order { tracker } else { tracker.any_order() };
            let tracker = self.paging.limit.into_iter().fold(tracker, Tracker::with_limit);
            (tracker, observer.start(&name))
        });
        let position = self.paging.position.clone();
        let hides_id = self.columns.as_ref().is_some_and(|columns| !columns.iter().any(|name| name == ID));
        let parts = LoadParts { runtime, meter, operation };
        PageStream::new(self.start_load(hides_id).boxed(), load, position, hides_id, parts)
    }

    /// Sets the extent of a load that begins now, and returns it if it is valid.
    fn fix_extent(&mut self) -> Option<TemporalExtent> {
        let session = &self.target.dataset.session;
        let fixed = match &self.extent {
            Ok(extent) => session.fixed_extent(*extent),
            Err(_) => return None,
        };
        let extent = fixed.as_ref().ok().copied();
        self.extent = fixed.map(QueryExtent::Fixed);
        extent
    }
}

impl IntoFuture for Query {
    type Output = Result<Datapoints>;
    type IntoFuture = BoxFuture<'static, Result<Datapoints>>;

    /// Loads all datapoints into one table.
    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async move {
            let mut pages = self.pages();
            let parts: Vec<_> = (&mut pages).try_collect().await?;
            let all = Datapoints::concat(&parts)?;
            Ok(all.with_metrics(pages.metrics()))
        })
    }
}

impl fmt::Debug for Query {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Query")
            .field("target", &self.target.description())
            .field("extent", &self.extent)
            .field("filter", &self.filter)
            .field("spatial_extent", &self.area)
            .field("skip_data", &self.skip_data)
            .field("columns", &self.columns)
            .field("paging", &self.paging)
            .finish_non_exhaustive()
    }
}

const _: () = {
    const fn is_send<T: Send>() {}
    is_send::<<Query as IntoFuture>::IntoFuture>();
};
