//! The items of a list, read one by one.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use futures::stream::{Stream, StreamExt as _};
use uuid::Uuid;

use super::list_drive::ListDrive;
use crate::error::Result;
use crate::workflows::PagedRpc;

/// The items of a list as a stream, which requests a page when the previous one is read.
pub(in crate::client) struct ListItems<R: PagedRpc> {
    pages: ListDrive<R>,
    /// The rest of the page that was read last.
    page: std::vec::IntoIter<R::Item>,
    /// The cursor before that page.
    before: Option<Uuid>,
}

impl<R: PagedRpc> ListItems<R> {
    pub(in crate::client) fn new(pages: ListDrive<R>) -> Self {
        let before = pages.cursor();
        Self { pages, page: Vec::new().into_iter(), before }
    }

    /// Returns the cursor after the pages that were read to their end: a list that starts after it repeats the items of a page
    /// that was read in part, and misses none.
    pub(in crate::client) fn cursor(&self) -> Option<Uuid> {
        if self.page.len() == 0 { self.pages.cursor() } else { self.before }
    }
}

/// Nothing in it is ever pinned in place.
impl<R: PagedRpc> Unpin for ListItems<R> {}

impl<R: PagedRpc> Stream for ListItems<R> {
    type Item = Result<R::Item>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = self.get_mut();
        loop {
            if let Some(item) = this.page.next() {
                return Poll::Ready(Some(Ok(item)));
            }
            let before = this.pages.cursor();
            match ready!(this.pages.poll_next_unpin(cx)) {
                Some(Ok(page)) => (this.page, this.before) = (page.into_iter(), before),
                Some(Err(error)) => return Poll::Ready(Some(Err(error))),
                None => return Poll::Ready(None),
            }
        }
    }
}

impl<R: PagedRpc> fmt::Debug for ListItems<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ListItems").field("page", &self.page.len()).finish_non_exhaustive()
    }
}
