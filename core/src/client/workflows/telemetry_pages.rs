//! The pages of a query of logs or spans as a stream.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use futures::stream::{Stream, StreamExt as _, TryStreamExt as _};
use uuid::Uuid;

use crate::client::driver::list_drive::ListDrive;
use crate::error::Result;
use crate::workflows::{LogRecord, PagedRpc, Span, TelemetryRow, TelemetryTable};

/// The pages of a [query of logs](super::LogQuery) as a stream.
pub type LogPages = TelemetryPages<LogRecord>;

/// The pages of a [query of spans](super::SpanQuery) as a stream.
pub type SpanPages = TelemetryPages<Span>;

/// The pages of a query of logs or spans as a stream of tables. Ends after the last page, or after an error.
///
/// It requests a page when it is polled after the previous one. Dropping it aborts the request in flight.
#[must_use = "a stream does nothing until it is read"]
pub struct TelemetryPages<R> {
    rows: Box<dyn Pages<R>>,
}

/// The pages of any method whose items are such rows.
trait Pages<R>: Stream<Item = Result<Vec<R>>> + Send + Unpin {
    fn cursor(&self) -> Option<Uuid>;
}

impl<Q: PagedRpc> Pages<Q::Item> for ListDrive<Q>
where
    ListDrive<Q>: Send,
{
    fn cursor(&self) -> Option<Uuid> {
        self.cursor()
    }
}

impl<R: TelemetryRow> TelemetryPages<R> {
    pub(super) fn new<Q: PagedRpc<Item = R>>(pages: ListDrive<Q>) -> Self
    where
        ListDrive<Q>: Send + 'static,
    {
        Self { rows: Box::new(pages) }
    }

    /// Returns the cursor after the pages that were read; `None` before the first one. After an error, an equal query starting
    /// after it returns the rest.
    ///
    /// ```no_run
    /// use futures::TryStreamExt as _;
    ///
    /// # async fn example(job: tilebox_core::workflows::Job) -> tilebox_core::Result<()> {
    /// let mut pages = job.logs().pages();
    /// while let Ok(Some(page)) = pages.try_next().await {
    ///     println!("{page}");
    /// }
    /// if let Some(cursor) = pages.cursor() {
    ///     println!("{}", job.logs().starting_after(cursor).await?);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn cursor(&self) -> Option<Uuid> {
        self.rows.cursor()
    }

    /// Loads the rest of the pages into one table.
    pub(super) async fn load(self) -> Result<TelemetryTable<R>> {
        TelemetryTable::new(self.rows.try_concat().await?)
    }
}

impl<R: TelemetryRow> Stream for TelemetryPages<R> {
    type Item = Result<TelemetryTable<R>>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let rows = ready!(self.rows.poll_next_unpin(cx));
        Poll::Ready(rows.map(|rows| rows.and_then(TelemetryTable::new)))
    }
}

impl<R> fmt::Debug for TelemetryPages<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TelemetryPages").finish_non_exhaustive()
    }
}

const _: () = {
    const fn is_send<T: Send>() {}
    is_send::<LogPages>();
    is_send::<SpanPages>();
};
