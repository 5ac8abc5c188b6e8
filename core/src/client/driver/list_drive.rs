//! The loop of a list: one page after the other, within the span of its operation.

use std::borrow::Cow;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use futures::stream::{Stream, StreamExt as _};
use uuid::Uuid;

use super::drive::Drive;
use super::list_options::ListOptions;
use super::session::Session;
use super::spans::Operation;
use crate::error::{Error, Result};
use crate::workflows::{PagedQuery, PagedRpc};

/// The pages of a list as a stream. Ends after the last page, or after an error.
///
/// It requests a page when it is polled after the previous one. Dropping it aborts the request in flight.
pub(in crate::client) struct ListDrive<R: PagedRpc> {
    state: State<R>,
    /// The cursor after the last page.
    cursor: Option<Uuid>,
    operation: Operation,
}

enum State<R: PagedRpc> {
    /// The request is not valid.
    Invalid(Error),
    Pages(Box<Drive<PagedQuery<R>>>),
    Ended,
}

impl<R: PagedRpc> ListDrive<R> {
    /// Creates the stream of a list, which starts when it is first polled. An error of `request` is its only item.
    /// `purpose` completes "cannot …" in an error.
    pub(in crate::client) fn new(
        session: &Arc<Session>,
        request: Result<R::Request>,
        options: ListOptions,
        purpose: impl Into<Cow<'static, str>>,
        operation: Operation,
    ) -> Self {
        let (endpoint, seed) = (session.endpoint.clone(), session.runtime.random());
        let purpose = purpose.into();
        let cursor = options.cursor();
        let query = request.and_then(|request| {
            let range = options.range(&purpose)?;
            PagedQuery::<R>::new(endpoint, request, range, purpose, session.policy, seed)
        });
        let state = match query {
            Ok(query) => State::Pages(Box::new(session.drive(query))),
            Err(error) => State::Invalid(error),
        };
        Self { state, cursor, operation }
    }

    /// Returns the cursor after the pages that were read, as [`PagedQuery::cursor`].
    pub(in crate::client) fn cursor(&self) -> Option<Uuid> {
        match &self.state {
            State::Pages(pages) => pages.machine().cursor(),
            State::Invalid(_) | State::Ended => self.cursor,
        }
    }

    fn end(&mut self) {
        self.cursor = self.cursor();
        // The requests in flight end within the operation.
        self.operation.within(|| self.state = State::Ended);
        self.operation.end();
    }
}

/// Nothing in it is ever pinned in place.
impl<R: PagedRpc> Unpin for ListDrive<R> {}

impl<R: PagedRpc> Stream for ListDrive<R> {
    type Item = Result<Vec<R::Item>>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = self.get_mut();
        let operation = this.operation.clone();
        let item = match &mut this.state {
            State::Pages(pages) => ready!(operation.within(|| pages.poll_next_unpin(cx))),
            State::Ended => return Poll::Ready(None),
            State::Invalid(_) => match std::mem::replace(&mut this.state, State::Ended) {
                State::Invalid(error) => Some(Err(error)),
                State::Pages(_) | State::Ended => None,
            },
        };
        match &item {
            Some(Ok(_)) => {}
            Some(Err(error)) => {
                this.operation.failed(error);
                this.end();
            }
            None => this.end(),
        }
        Poll::Ready(item)
    }
}

impl<R: PagedRpc> Drop for ListDrive<R> {
    fn drop(&mut self) {
        self.end();
    }
}
