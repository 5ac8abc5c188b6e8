//! A query: built up, then awaited as a whole or read page by page.

mod by_collection;

use std::fmt;
use std::future::IntoFuture;
use std::pin::Pin;
use std::sync::Arc;

use futures::future::{BoxFuture, FutureExt as _};
use futures::stream::{Peekable, StreamExt as _, TryStreamExt as _};
use uuid::Uuid;

use super::Dataset;
use super::current::with_current_definition;
use super::driver::drive::Drive;
use super::driver::meter::Meter;
use super::driver::spans::operation;
use super::page_stream::{LoadParts, PageStream};
use super::target::{ID, QueryTarget};
use crate::datapoints::Datapoints;
use crate::datasets::{
    CollectionKey, CoordinateSystem, Expression, IntoExpression, IntoSpatialFilter, Pages, Paging, Position,
    QueryScope, ReadAhead, SpatialFilter, SpatialMode,
};
use crate::error::{Error, Result};
use crate::progress::{ProgressObserver, Tracker};
use crate::schema::TemporalExtent;

/// A query. Await it for all datapoints at once, or take its [`pages`](Self::pages).
///
/// ```no_run
/// # async fn example(collection: tilebox_core::Collection) -> tilebox_core::error::Result<()> {
/// let ids = collection.query(("2025-03-01", "2025-06-01")).skip_data().limit(1000).await?;
/// println!("{ids}");
/// # Ok(())
/// # }
/// ```
///
/// What is wrong with any part of it comes out when it is awaited, before it is sent:
///
/// ```no_run
/// use tilebox_core::datasets::filter::field;
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
    extent: Result<TemporalExtent>,
    filter: Result<Option<Expression>>,
    area: Result<Option<SpatialFilter>>,
    mode: Option<SpatialMode>,
    coordinate_system: Option<CoordinateSystem>,
    skip_data: bool,
    /// The columns asked for; `None` for all.
    columns: Option<Vec<String>>,
    paging: Paging,
    /// What `starting_after` was given, where that is no id.
    no_cursor: Option<String>,
    progress: Option<Arc<dyn ProgressObserver>>,
}

impl Query {
    pub(super) fn new(target: QueryTarget, extent: Result<TemporalExtent>) -> Self {
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

    /// Asks these collections of the dataset instead of all: by name, id or handle, at most 100.
    ///
    /// Names and ids are looked up with one call when the query is awaited. The last list counts, and an empty one is an
    /// error: it never means all collections.
    pub fn collections<Key: Into<CollectionKey>>(mut self, collections: impl IntoIterator<Item = Key>) -> Self {
        self.target.choose(collections);
        self
    }

    /// Only datapoints for whose fields this is true: a condition on [fields](crate::datasets::filter::field), or CQL2
    /// text such as `"cloud_cover < 10 AND platform = 'S2A'"`. Of several filters all have to be true.
    ///
    /// Names and types of the fields are held against the dataset before the query is sent.
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

    /// Only datapoints whose place intersects this area: a geometry of [`geo_types`], WKT or GeoJSON text, WKB bytes, or
    /// a [`SpatialFilter`], which can say more. See [`IntoSpatialFilter`]. The last area counts.
    pub fn spatial_extent(mut self, area: impl IntoSpatialFilter) -> Self {
        self.area = area.into_spatial_filter().map(Some);
        self
    }

    /// How the place of a datapoint has to lie to the area of [`spatial_extent`](Self::spatial_extent).
    pub fn spatial_mode(mut self, mode: SpatialMode) -> Self {
        self.mode = Some(mode);
        self
    }

    /// What the edges of the area of [`spatial_extent`](Self::spatial_extent) are.
    pub fn coordinate_system(mut self, coordinate_system: CoordinateSystem) -> Self {
        self.coordinate_system = Some(coordinate_system);
        self
    }

    /// Only what comes behind the datapoint with this id, which need not exist any more. Anything that a [`Uuid`] can be
    /// made from will do.
    ///
    /// With the last of [`Datapoints::ids`] of an equal query it gives what has come since.
    pub fn starting_after(mut self, id: impl TryInto<Uuid, Error: fmt::Display>) -> Self {
        match id.try_into() {
            Ok(id) => (self.paging.position, self.no_cursor) = (Position::after(id), None),
            Err(error) => self.no_cursor = Some(error.to_string()),
        }
        self
    }

    /// Goes on where an earlier, equal query stood: gives what that one did not give. See [`PageStream::position`].
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

    /// Which fields become columns, in this order. What is not asked for is loaded but skipped, not decoded.
    ///
    /// A name that no field has, or that is there twice, is an error when the query is awaited; it names the fields that
    /// there are. With [`skip_data`](Self::skip_data) the fields are `time`, `id` and `ingestion_time`.
    ///
    /// ```no_run
    /// # async fn example(collection: tilebox_core::Collection) -> tilebox_core::error::Result<()> {
    /// let clouds = collection.query(("2025-03-01", "2025-06-01")).columns(["time", "cloud_cover"]).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn columns<I>(mut self, names: I) -> Self
    where
        I: IntoIterator<Item: Into<String>>,
    {
        self.columns = Some(names.into_iter().map(Into::into).collect());
        self
    }

    /// The most datapoints of a page. Without it the server decides, which suits most uses.
    pub fn page_size(mut self, datapoints: u64) -> Self {
        self.paging.page_size = Some(datapoints);
        self
    }

    /// Pages each as soon as it is there, instead of in the order of their datapoints. Within a page there is order.
    ///
    /// Nothing waits for a slower page before it, so that a reader who does not need the order gets more sooner. With a
    /// [`limit`](Self::limit) pages come in order all the same, and awaiting a whole query sorts nothing.
    pub fn unordered(mut self) -> Self {
        self.paging.in_order = false;
        self
    }

    /// How much may be loaded ahead of the reader; 96 pages, 8 of them decoded, and 256 MiB without it.
    pub fn read_ahead(mut self, read_ahead: ReadAhead) -> Self {
        self.paging.read_ahead = read_ahead;
        self
    }

    /// The most datapoints in all: the earliest ones of the extent.
    pub fn limit(mut self, datapoints: u64) -> Self {
        self.paging.limit = Some(datapoints);
        self
    }

    /// Who hears of the progress of this query, instead of whom the client was told.
    pub fn progress(mut self, observer: impl ProgressObserver) -> Self {
        self.progress = Some(Arc::new(observer));
        self
    }

    /// The pages, in order unless it was [said otherwise](Self::unordered).
    ///
    /// The next pages load while one is being read: several at once, as many as help and the client
    /// [allows](crate::client::ClientBuilder::concurrency), and no more than may be [ahead](Self::read_ahead) of the reader.
    ///
    /// What is wrong with the query comes as the first item. Dropping the stream aborts what is under way.
    pub fn pages(mut self) -> PageStream {
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
        let load = self.extent.as_ref().ok().zip(self.progress.as_ref());
        let load = load.map(|(extent, observer)| {
            let name = self.target.load_name();
            (Tracker::new(&name, *extent, runtime.now()).in_order(self.paging.in_order), observer.start(&name))
        });
        let position = self.paging.position.clone();
        let hides_id = self.columns.as_ref().is_some_and(|columns| !columns.iter().any(|name| name == ID));
        let parts = LoadParts { runtime, meter, operation };
        PageStream::new(self.into_drive(hides_id).boxed(), load, position, hides_id, parts)
    }

    /// With `hides_id` there is one more column than was asked for, the last one: pages are told apart by it.
    async fn into_drive(self, hides_id: bool) -> Result<Peekable<Drive<Pages>>> {
        let session = Arc::clone(&self.target.dataset.session);
        let target = self.target;
        let purpose = |target: &QueryTarget| format!("load {}", target.description());
        let mut scope = QueryScope::new(target.dataset.id(), self.extent?);
        scope.filter = self.filter?;
        scope.spatial_extent = match self.area? {
            None if self.mode.is_some() || self.coordinate_system.is_some() => {
                let reason = "it says how to compare with an area, and there is none";
                return Err(Error::invalid(purpose(&target), reason, "give it a `spatial_extent`"));
            }
            None => None,
            Some(mut area) => {
                if let Some(mode) = self.mode {
                    area = area.mode(mode);
                }
                if let Some(coordinate_system) = self.coordinate_system {
                    area = area.coordinate_system(coordinate_system);
                }
                Some(area)
            }
        };
        scope.skip_data = self.skip_data;
        if let Some(reason) = self.no_cursor {
            let reason = format!("what it starts after is no id: {reason}");
            return Err(Error::invalid(purpose(&target), reason, "pass the id of a datapoint"));
        }
        if let Err((reason, advice)) = self.paging.check() {
            return Err(Error::invalid(purpose(&target), reason, advice));
        }
        target.check()?;
        target.check_columns(self.columns.as_deref().unwrap_or_default(), self.skip_data)?;
        let prepare = |dataset: &Dataset| {
            let scope = scope.clone().suited_to(dataset.schema()?)?;
            let target = target.of(dataset);
            let decoder = match &self.columns {
                Some(columns) => target.decoder_of(columns, hides_id)?,
                None => target.decoder(self.skip_data)?,
            };
            Ok((scope, decoder))
        };
        let (target, paging) = (&target, &Paging { contents: target.contents, ..self.paging });
        let start = |(scope, decoder)| {
            let session = Arc::clone(&session);
            async move {
                let asked = target.clone().resolve().await?;
                let pages = Pages::new(
                    session.caller(),
                    QueryScope { collection_ids: asked.collection_ids, ..scope },
                    paging.clone(),
                    format!("load {}", asked.description),
                    decoder,
                )?;
                first_page(session.drive(pages)).await
            }
        };
        with_current_definition(&target.dataset, prepare, start).await
    }
}

/// Waits for the first page, or for the error that comes in its place.
async fn first_page(pages: Drive<Pages>) -> Result<Peekable<Drive<Pages>>> {
    let mut pages = pages.peekable();
    match Pin::new(&mut pages).next_if(Result::is_err).await {
        Some(Err(error)) => Err(error),
        _ => Ok(pages),
    }
}

impl IntoFuture for Query {
    type Output = Result<Datapoints>;
    type IntoFuture = BoxFuture<'static, Result<Datapoints>>;

    /// All datapoints in one table.
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
