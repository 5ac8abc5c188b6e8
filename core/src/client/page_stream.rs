//! The pages of a query as they are read.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use futures::FutureExt as _;
use futures::future::BoxFuture;
use futures::stream::{Peekable, Stream, StreamExt as _};

use super::drive::Drive;
use crate::datapoints::Datapoints;
use crate::datasets::{Page, Pages, Position};
use crate::error::Result;
use crate::progress::{LoadListener, LoadState, Tracker};
use crate::runtime::Runtime;

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
        runtime: Arc<dyn Runtime>,
    ) -> Self {
        let load = load.map(|(tracker, listener)| Load { tracker, listener });
        Self { state: State::Preparing(drive), load, position, hides_id, runtime }
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

    fn page(&mut self, page: Page) -> Datapoints {
        let mut batch = page.batch;
        if self.hides_id {
            batch.remove_column(batch.num_columns().saturating_sub(1));
        }
        let datapoints = Datapoints::new(batch);
        if let Some(load) = &mut self.load {
            let figures = datapoints.figures(page.datapoint_bytes, page.answered_at);
            (load.listener)(load.tracker.add_page(self.runtime.now(), &figures));
        }
        datapoints
    }

    fn finish(&mut self, state: LoadState) {
        self.position = self.position();
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
        let item = loop {
            match &mut this.state {
                State::Preparing(drive) => match ready!(drive.poll_unpin(cx)) {
                    Ok(drive) => this.state = State::Pages(Box::new(drive)),
                    Err(error) => break Some(Err(error)),
                },
                State::Pages(pages) => break ready!(pages.poll_next_unpin(cx)),
                State::Ended => return Poll::Ready(None),
            }
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
};
