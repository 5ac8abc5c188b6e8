//! The pages of a query of logs or spans as a stream.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use futures::stream::{BoxStream, Stream, StreamExt as _, TryStreamExt as _};

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
    rows: BoxStream<'static, Result<Vec<R>>>,
}

impl<R: TelemetryRow> TelemetryPages<R> {
    pub(super) fn new<Q: PagedRpc<Item = R>>(pages: ListDrive<Q>) -> Self
    where
        ListDrive<Q>: Send + 'static,
    {
        Self { rows: pages.boxed() }
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
