//! The pages of a query as a stream.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use futures::FutureExt as _;
use futures::future::BoxFuture;
use futures::stream::{Peekable, Stream, StreamExt as _};

use super::driver::meter::Meter;
use super::driver::page_drive::PageDrive;
use super::driver::spans::Operation;
use crate::columns::NulledValues;
use crate::datapoints::Datapoints;
use crate::datasets::{Page, Position};
use crate::error::Result;
use crate::metrics::LoadMetrics;
use crate::progress::{LoadListener, LoadState, PageSummary, Tracker};
use crate::runtime::Runtime;
use crate::time::Instant;

/// The pages of a query as a stream. Ends after the last page, or after an error.
///
/// An interrupted load can continue later: save the [position](Self::position) together with the results of each page, and
/// pass it to [`resume`](super::Query::resume) of an equal query. It loads only the rest.
///
/// ```no_run
/// # use tilebox_core as tilebox_tokio;
/// use futures::StreamExt as _;
/// use tilebox_tokio::datasets::Position;
///
/// # async fn example(collection: tilebox_core::Collection) -> Result<(), Box<dyn std::error::Error>> {
/// let position = match std::fs::read_to_string("position") {
///     Ok(saved) => saved.parse()?,
///     Err(_) => Position::start(),
/// };
/// let mut pages = collection.query(("2025-03-01", "2025-06-01")).resume(position).pages();
/// while let Some(page) = pages.next().await {
///     println!("{}", page?);
///     std::fs::write("position", pages.position().to_string())?;
/// }
/// # Ok(())
/// # }
/// ```
#[must_use = "a stream does nothing until it is read"]
pub struct PageStream {
    state: State,
    load: Option<Load>,
    /// The position before the first page, and after the last.
    position: Position,
    /// Whether the last column is an id that the query did not select.
    hides_id: bool,
    runtime: Arc<dyn Runtime>,
    meter: Arc<Meter>,
    /// The time of the first poll for the next page.
    polled_at: Option<Instant>,
    /// The metrics of the whole load, after its end.
    total: Option<LoadMetrics>,
    operation: Operation,
}

/// The parts of a load.
pub(super) struct LoadParts {
    pub(super) runtime: Arc<dyn Runtime>,
    pub(super) meter: Arc<Meter>,
    pub(super) operation: Operation,
}

enum State {
    /// Looks up collections, reads the definition and loads the first page.
    Preparing(BoxFuture<'static, Result<Peekable<PageDrive>>>),
    Pages(Box<Peekable<PageDrive>>),
    Ended,
}

/// The progress of the load, and its listener.
struct Load {
    tracker: Tracker,
    listener: LoadListener,
}

impl PageStream {
    pub(super) fn new(
        drive: BoxFuture<'static, Result<Peekable<PageDrive>>>,
        load: Option<(Tracker, LoadListener)>,
        position: Position,
        hides_id: bool,
        parts: LoadParts,
    ) -> Self {
        let load = load.map(|(tracker, listener)| Load { tracker, listener });
        let LoadParts { runtime, meter, operation } = parts;
        let state = State::Preparing(drive);
        Self { state, load, position, hides_id, runtime, meter, polled_at: None, total: None, operation }
    }

    /// Returns the position after the pages that were read so far; before the first page, the position with which the query
    /// starts.
    ///
    /// After the last page it is the position after the last datapoint, so that a later query loads newer datapoints. It
    /// converts to text and back, and is a string to serde.
    #[doc(alias("cursor", "offset"))]
    #[must_use]
    pub fn position(&self) -> Position {
        match &self.state {
            State::Pages(pages) => pages.get_ref().position(),
            State::Preparing(_) | State::Ended => self.position.clone(),
        }
    }

    /// Returns the metrics of the load so far, and those of the whole load after its end.
    #[must_use]
    pub fn metrics(&self) -> LoadMetrics {
        self.total.unwrap_or_else(|| self.meter.read(self.runtime.now()))
    }

    fn page(&mut self, page: Page) -> Datapoints {
        // Only here, because a page may be decoded twice.
        page.nulled.iter().for_each(NulledValues::warn);
        self.meter.nulled(page.nulled.iter().map(NulledValues::count).sum());
        let datapoints = Datapoints::new(page.batch);
        if let Some(load) = &mut self.load {
            let summary = PageSummary::new(&datapoints, page.datapoint_bytes, page.responded_at);
            let now = self.runtime.now();
            load.tracker.set_metrics(self.meter.read(now));
            (load.listener)(load.tracker.add_page(now, &summary));
        }
        if !self.hides_id {
            return datapoints;
        }
        let mut batch = datapoints.into_batch();
        batch.remove_column(batch.num_columns().saturating_sub(1));
        Datapoints::new(batch)
    }

    fn finish(&mut self, state: LoadState) {
        if self.total.is_some() {
            return;
        }
        self.position = self.position();
        let now = self.runtime.now();
        let total = self.meter.read(now);
        self.total = Some(total);
        self.operation.within(|| self.state = State::Ended);
        self.operation.record("tilebox.requests", total.requests);
        self.operation.record("tilebox.retries", total.retries);
        self.operation.record("tilebox.bytes_received", total.bytes_received);
        self.operation.end();
        if let Some(mut load) = self.load.take() {
            load.tracker.set_metrics(total);
            (load.listener)(load.tracker.finish(now, state));
        }
    }

    fn poll_item(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Page>>> {
        loop {
            match &mut self.state {
                State::Preparing(drive) => match ready!(drive.poll_unpin(cx)) {
                    Ok(drive) => self.state = State::Pages(Box::new(drive)),
                    Err(error) => return Poll::Ready(Some(Err(error))),
                },
                State::Pages(pages) => return pages.poll_next_unpin(cx),
                State::Ended => return Poll::Ready(None),
            }
        }
    }
}

impl Stream for PageStream {
    type Item = Result<Datapoints>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = &mut *self;
        let polled_at = *this.polled_at.get_or_insert_with(|| this.runtime.now());
        let operation = this.operation.clone();
        let item = ready!(operation.within(|| this.poll_item(cx)));
        this.polled_at = None;
        this.meter.waited(this.runtime.now() - polled_at);
        Poll::Ready(match item {
            Some(Ok(page)) => Some(Ok(this.page(page))),
            Some(Err(error)) => {
                this.operation.failed(&error);
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
};
