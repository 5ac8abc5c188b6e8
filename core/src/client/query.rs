//! A query: built up, then awaited as a whole or read page by page.

use std::fmt;
use std::future::{Future, IntoFuture};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use futures::future::BoxFuture;
use futures::stream::{Stream, StreamExt as _, TryStreamExt as _};
use uuid::Uuid;

use super::Dataset;
use super::drive::Drive;
use crate::columns::PageDecoder;
use crate::datapoints::Datapoints;
use crate::datasets::schema::{SchemaError, SchemaErrorKind};
use crate::datasets::{Page, Pages, Paging, QueryScope, TemporalExtent};
use crate::error::{Error, ErrorKind, Result};
use crate::progress::{LoadListener, LoadState, ProgressObserver, Tracker};
use crate::runtime::Runtime;

/// The fields that an answer without data still has (`skip_data`).
const ALWAYS_SENT: [&str; 3] = ["time", "id", "ingestion_time"];

/// What a query asks: a dataset, and some of its collections or all.
#[derive(Clone, Debug)]
pub(super) struct QueryTarget {
    pub(super) dataset: Dataset,
    /// Id and name; none means all collections.
    pub(super) collections: Vec<(Uuid, Arc<str>)>,
}

impl QueryTarget {
    /// For people: `the dataset X`, `the collection C of the dataset X`.
    pub(super) fn description(&self) -> String {
        let slug = self.dataset.slug();
        match self.collections.as_slice() {
            [] => format!("the dataset `{slug}`"),
            [(_, name)] => format!("the collection `{name}` of the dataset `{slug}`"),
            several => format!("{} collections of the dataset `{slug}`", several.len()),
        }
    }

    fn load_name(&self) -> String {
        match self.collections.as_slice() {
            [(_, name)] => format!("{} {name}", self.dataset.name()),
            _ => self.dataset.name().to_owned(),
        }
    }

    pub(super) fn collection_ids(&self) -> Vec<Uuid> {
        self.collections.iter().map(|(id, _)| *id).collect()
    }

    /// The decoder of this dataset's pages, for all fields or those that an answer without data has.
    pub(super) fn decoder(&self, skip_data: bool) -> Result<PageDecoder> {
        let schema = self.dataset.schema()?;
        let decoder =
            if skip_data { PageDecoder::with_columns(schema, &ALWAYS_SENT) } else { PageDecoder::new(schema) };
        self.usable(decoder)
    }

    /// The decoder of these fields of this dataset's pages.
    fn decoder_of(&self, columns: &[String], skip_data: bool) -> Result<PageDecoder> {
        if let Some(unsent) = columns.iter().find(|name| skip_data && !ALWAYS_SENT.contains(&name.as_str())) {
            let purpose = format!("select columns of {}", self.description());
            let problem = format!("without data there is no column `{unsent}`");
            let advice = format!("select some of {}, or query with data", ALWAYS_SENT.join(", "));
            return Err(Error::invalid(purpose, problem, advice));
        }
        match PageDecoder::with_columns(self.dataset.schema()?, columns) {
            Err(error) if error.kind() == SchemaErrorKind::UnknownField => {
                let purpose = format!("select columns of {}", self.description());
                Err(Error::invalid(purpose, error.to_string(), "name each field of the dataset at most once")
                    .with_source(error))
            }
            decoder => self.usable(decoder),
        }
    }

    fn usable(&self, decoder: Result<PageDecoder, SchemaError>) -> Result<PageDecoder> {
        decoder.map_err(|error| {
            let purpose = format!("read the type of the dataset `{}`", self.dataset.slug());
            Error::new(ErrorKind::Undecodable, purpose, error.to_string(), "").with_source(error)
        })
    }
}

/// A query. Await it for all datapoints at once, or take its [`pages`](Self::pages).
///
/// ```no_run
/// # async fn example(collection: tilebox_core::Collection) -> tilebox_core::error::Result<()> {
/// let ids = collection.query(("2025-03-01", "2025-06-01")).skip_data(true).limit(1000).await?;
/// println!("{ids}");
/// # Ok(())
/// # }
/// ```
#[must_use = "a query does nothing until it is awaited or its pages are read"]
pub struct Query {
    target: QueryTarget,
    extent: Result<TemporalExtent>,
    skip_data: bool,
    /// The columns asked for; `None` for all.
    columns: Option<Vec<String>>,
    paging: Paging,
    progress: Option<Arc<dyn ProgressObserver>>,
}

impl Query {
    pub(super) fn new(target: QueryTarget, extent: Result<TemporalExtent>) -> Self {
        let progress = target.dataset.session.progress.clone();
        Self { target, extent, skip_data: false, columns: None, paging: Paging::default(), progress }
    }

    /// Whether only `time`, `id` and `ingestion_time` are wanted. The result has only these columns then.
    pub fn skip_data(mut self, skip_data: bool) -> Self {
        self.skip_data = skip_data;
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

    /// The pages, in order, each as soon as it is asked for. The next page loads while one is being read.
    ///
    /// What is wrong with the query comes as the first item. Dropping the stream aborts what is under way.
    pub fn pages(self) -> PageStream {
        let runtime = Arc::clone(&self.target.dataset.session.runtime);
        let load = self.extent.as_ref().ok().zip(self.progress.as_ref()).map(|(extent, observer)| {
            let name = self.target.load_name();
            Load { tracker: Tracker::new(&name, *extent, runtime.now()), listener: observer.start(&name) }
        });
        let state = match self.into_drive() {
            Ok(pages) => State::Pages(Box::new(pages)),
            Err(error) => State::Failed(error),
        };
        PageStream { state, load, runtime }
    }

    fn into_drive(self) -> Result<Drive<Pages>> {
        let extent = self.extent?;
        let session = &self.target.dataset.session;
        let mut scope = QueryScope::new(self.target.dataset.id(), extent);
        scope.collection_ids = self.target.collection_ids();
        scope.skip_data = self.skip_data;
        let pages = Pages::new(
            session.endpoint.clone(),
            scope,
            self.paging,
            format!("load {}", self.target.description()),
            match &self.columns {
                Some(columns) => self.target.decoder_of(columns, self.skip_data)?,
                None => self.target.decoder(self.skip_data)?,
            },
            session.policy,
            session.runtime.random(),
        )?;
        Ok(session.drive(pages))
    }
}

impl IntoFuture for Query {
    type Output = Result<Datapoints>;
    type IntoFuture = BoxFuture<'static, Result<Datapoints>>;

    /// All datapoints in one table.
    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async move {
            let description = self.target.description();
            let pages: Vec<_> = self.pages().try_collect().await?;
            Datapoints::concat(&pages).map_err(|error| {
                let purpose = format!("join the pages of {description}");
                Error::new(ErrorKind::Undecodable, purpose, error.to_string(), "").with_source(error)
            })
        })
    }
}

impl fmt::Debug for Query {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Query")
            .field("target", &self.target.description())
            .field("extent", &self.extent)
            .field("skip_data", &self.skip_data)
            .field("columns", &self.columns)
            .field("paging", &self.paging)
            .finish_non_exhaustive()
    }
}

/// The pages of a query as a stream. Ends after the last page, or after an error.
#[must_use = "a stream does nothing until it is read"]
pub struct PageStream {
    state: State,
    load: Option<Load>,
    runtime: Arc<dyn Runtime>,
}

enum State {
    Pages(Box<Drive<Pages>>),
    Failed(Error),
    Ended,
}

/// Who hears of the load.
struct Load {
    tracker: Tracker,
    listener: LoadListener,
}

impl PageStream {
    fn page(&mut self, page: Page) -> Datapoints {
        let datapoints = Datapoints::new(page.batch);
        if let Some(load) = &mut self.load {
            let figures = datapoints.figures(page.datapoint_bytes, page.answered_at);
            (load.listener)(load.tracker.add_page(self.runtime.now(), &figures));
        }
        datapoints
    }

    fn finish(&mut self, state: LoadState) {
        self.state = State::Ended;
        if let Some(mut load) = self.load.take() {
            (load.listener)(load.tracker.finish(self.runtime.now(), state));
        }
    }
}

impl Stream for PageStream {
    type Item = Result<Datapoints>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = &mut *self;
        let item = match &mut this.state {
            State::Pages(pages) => std::task::ready!(pages.poll_next_unpin(cx)),
            State::Ended => return Poll::Ready(None),
            State::Failed(_) => match std::mem::replace(&mut this.state, State::Ended) {
                State::Failed(error) => Some(Err(error)),
                _ => None,
            },
        };
        Poll::Ready(match item {
            Some(Ok(page)) => Some(Ok(this.page(page))),
            Some(Err(error)) => {
                this.finish(LoadState::Stopped);
                Some(Err(error))
            }
            None => {
                this.finish(LoadState::Complete);
                None
            }
        })
    }
}

impl Drop for PageStream {
    fn drop(&mut self) {
        self.finish(LoadState::Stopped);
    }
}

impl fmt::Debug for PageStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PageStream").finish_non_exhaustive()
    }
}

const _: () = {
    const fn is_send<T: Send>() {}
    is_send::<PageStream>();
    is_send::<<Query as IntoFuture>::IntoFuture>();
    const fn is_future<F: Future>() {}
    is_future::<<Query as IntoFuture>::IntoFuture>();
};
