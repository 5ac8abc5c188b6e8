//! The loop of a load: decodes the pages that `Pages` emits.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use futures::future::{BoxFuture, FutureExt as _};
use futures::stream::{FuturesUnordered, Stream, StreamExt as _};

use super::drive::Drive;
use super::session::Session;
use crate::datasets::{Decoded, EncodedPage, Page, PageEvent, Pages, Position};
use crate::error::Result;

/// Drives a load and decodes its pages: the stream of decoded pages.
///
/// Dropping it aborts what is in flight or being decoded.
pub(in crate::client) struct PageDrive {
    drive: Drive<Pages>,
    session: Arc<Session>,
    decoding: FuturesUnordered<BoxFuture<'static, Decoded>>,
}

impl PageDrive {
    pub(in crate::client) fn new(pages: Pages, session: &Arc<Session>) -> Self {
        Self { drive: session.drive(pages), session: Arc::clone(session), decoding: FuturesUnordered::new() }
    }

    /// Returns the position after the pages that were delivered.
    pub(in crate::client) fn position(&self) -> Position {
        self.drive.machine().position()
    }

    /// Starts to decode a page.
    fn decode(&self, page: EncodedPage) -> BoxFuture<'static, Decoded> {
        let (session, lost) = (Arc::clone(&self.session), page.lost());
        let decoded = async move { session.measure_decoding(|decompressed| page.decode_in_steps(decompressed)) };
        self.session.run(decoded).map(|decoded| decoded.unwrap_or_else(lost)).boxed()
    }
}

impl Stream for PageDrive {
    type Item = Result<Page>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = self.get_mut();
        loop {
            match this.drive.poll_next_unpin(cx) {
                Poll::Ready(Some(Ok(PageEvent::Page(page)))) => return Poll::Ready(Some(Ok(page))),
                Poll::Ready(Some(Ok(PageEvent::Decode(page)))) => this.decoding.push(this.decode(page)),
                Poll::Ready(Some(Err(error))) => return Poll::Ready(Some(Err(error))),
                Poll::Ready(None) => {
                    this.decoding.clear();
                    return Poll::Ready(None);
                }
                // If nothing is spawned, decoding blocks, so it comes after everything else.
                Poll::Pending => match this.decoding.poll_next_unpin(cx) {
                    Poll::Ready(Some(decoded)) => {
                        let now = this.session.runtime.now();
                        this.drive.machine_mut().handle_decoded(now, decoded);
                    }
                    Poll::Ready(None) | Poll::Pending => return Poll::Pending,
                },
            }
        }
    }
}
