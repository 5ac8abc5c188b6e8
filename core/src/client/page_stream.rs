//! The pages of a query as they are read.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use futures::FutureExt as _;
use futures::future::BoxFuture;
use futures::stream::{Peekable, Stream, StreamExt as _};
use uuid::Uuid;

use super::drive::Drive;
use crate::datapoints::Datapoints;
use crate::datasets::{Page, Pages, TemporalExtent};
use crate::error::Result;
use crate::progress::{LoadListener, LoadState, ProgressObserver, Tracker};
use crate::runtime::Runtime;

/// The pages of a query as a stream. Ends after the last page, or after an error.
///
/// A load that was interrupted goes on where it was: save the [cursor](Self::cursor) with what was done with the page,
/// and give it to [`starting_after`](super::Query::starting_after) of the same query later.
///
/// ```no_run
/// use futures::StreamExt as _;
///
/// # async fn example(collection: tilebox_core::Collection, saved: &str) -> Result<(), Box<dyn std::error::Error>> {
/// let mut pages = collection.query(("2025-03-01", "2025-06-01")).starting_after(saved).pages();
/// while let Some(page) = pages.next().await {
///     println!("{}", page?);
///     std::fs::write("cursor", pages.cursor().map(|cursor| cursor.to_string()).unwrap_or_default())?;
/// }
/// # Ok(())
/// # }
/// ```
#[must_use = "a stream does nothing until it is read"]
pub struct PageStream {
    state: State,
    load: Option<Load>,
    cursor: Option<Uuid>,
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
        load: Option<(String, TemporalExtent, Arc<dyn ProgressObserver>)>,
        cursor: Option<Uuid>,
        runtime: Arc<dyn Runtime>,
    ) -> Self {
        let load = load.map(|(name, extent, observer)| Load {
            tracker: Tracker::new(&name, extent, runtime.now()),
            listener: observer.start(&name),
        });
        Self { state: State::Preparing(drive), load, cursor, runtime }
    }

    /// Where to go on behind the pages that were read so far; before the first one, what the query
    /// [started after](super::Query::starting_after).
    ///
    /// Behind the last page it is the id of the last datapoint, so that a later query asks for what came since. Prints as
    /// a UUID, which reads back.
    #[must_use]
    pub fn cursor(&self) -> Option<Uuid> {
        self.cursor
    }

    fn page(&mut self, page: Page) -> Datapoints {
        self.cursor = page.cursor().or(self.cursor);
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
