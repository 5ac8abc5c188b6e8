//! The pages of a query as they are read.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use futures::FutureExt as _;
use futures::future::BoxFuture;
use futures::stream::{Peekable, Stream, StreamExt as _};

use super::driver::drive::Drive;
use super::driver::meter::Meter;
use super::driver::spans::Operation;
use crate::columns::Nulled;
use crate::datapoints::Datapoints;
use crate::datasets::{Page, Pages, Position};
use crate::error::Result;
use crate::metrics::LoadMetrics;
use crate::progress::{LoadListener, LoadState, Tracker};
use crate::runtime::Runtime;
use crate::time::Instant;

/// The pages of a query as a stream. Ends after the last page, or after an error.
///
/// A load that was interrupted goes on where it was: save the [position](Self::position) with what was done with the
/// page, and give it to [`resume`](super::Query::resume) of the same query later. What was read is not loaded again.
///
/// ```no_run
/// use futures::StreamExt as _;
/// use tilebox_core::datasets::Position;
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
    /// Where it stood when there were no pages yet, or are none any more.
    position: Position,
    /// Whether the last column is the id, which was not asked for.
    hides_id: bool,
    runtime: Arc<dyn Runtime>,
    meter: Arc<Meter>,
    /// When the reader asked for the page that is not there yet.
    asked_at: Option<Instant>,
    /// What it cost in all, once it has ended.
    cost: Option<LoadMetrics>,
    operation: Operation,
}

/// What a load is made with.
pub(super) struct LoadParts {
    pub(super) runtime: Arc<dyn Runtime>,
    pub(super) meter: Arc<Meter>,
    pub(super) operation: Operation,
}

enum State {
    /// The collections are being looked up, the definition is read again, and the first page comes.
    Preparing(BoxFuture<'static, Result<Peekable<Drive<Pages>>>>),
    Pages(Box<Peekable<Drive<Pages>>>),
    Ended,
}

/// Who hears of the load.
struct Load {
    tracker: Tracker,
    listener: LoadListener,
}

impl PageStream {
    pub(super) fn new(
        drive: BoxFuture<'static, Result<Peekable<Drive<Pages>>>>,
        load: Option<(Tracker, LoadListener)>,
        position: Position,
        hides_id: bool,
        parts: LoadParts,
    ) -> Self {
        let load = load.map(|(tracker, listener)| Load { tracker, listener });
        let LoadParts { runtime, meter, operation } = parts;
        let state = State::Preparing(drive);
        Self { state, load, position, hides_id, runtime, meter, asked_at: None, cost: None, operation }
    }

    /// Where the load stands behind the pages that were read so far: what is still open. Before the first one, what the
    /// query was told to begin with.
    ///
    /// Behind the last page it is behind the last datapoint, so that a later query asks for what has come since. It prints
    /// as text which reads back, and is a string to serde.
    #[must_use]
    pub fn position(&self) -> Position {
        match &self.state {
            State::Pages(pages) => pages.get_ref().machine().position(),
            State::Preparing(_) | State::Ended => self.position.clone(),
        }
    }

    /// What the load cost so far, and once it has ended all that it cost.
    #[must_use]
    pub fn metrics(&self) -> LoadMetrics {
        self.cost.unwrap_or_else(|| self.meter.read(self.runtime.now()))
    }

    fn page(&mut self, page: Page) -> Datapoints {
        // Once it is delivered: a page may be decoded twice.
        page.nulled.iter().for_each(Nulled::warn);
        self.meter.nulled(page.nulled.iter().map(Nulled::count).sum());
        let mut batch = page.batch;
        if self.hides_id {
            batch.remove_column(batch.num_columns().saturating_sub(1));
        }
        let datapoints = Datapoints::new(batch);
        if let Some(load) = &mut self.load {
            let figures = datapoints.figures(page.datapoint_bytes, page.answered_at);
            let now = self.runtime.now();
            load.tracker.measure(self.meter.read(now));
            (load.listener)(load.tracker.add_page(now, &figures));
        }
        datapoints
    }

    fn finish(&mut self, state: LoadState) {
        if self.cost.is_some() {
            return;
        }
        self.position = self.position();
        let now = self.runtime.now();
        let cost = self.meter.read(now);
        self.cost = Some(cost);
        self.operation.within(|| self.state = State::Ended);
        self.operation.record("tilebox.requests", cost.requests);
        self.operation.record("tilebox.retries", cost.retries);
        self.operation.record("tilebox.bytes_received", cost.bytes_received);
        self.operation.end();
        if let Some(mut load) = self.load.take() {
            load.tracker.measure(cost);
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
        let asked_at = *this.asked_at.get_or_insert_with(|| this.runtime.now());
        let operation = this.operation.clone();
        let item = ready!(operation.within(|| this.poll_item(cx)));
        this.asked_at = None;
        this.meter.waited(this.runtime.now() - asked_at);
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
