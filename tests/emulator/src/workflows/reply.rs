//! The response of a call, which may have to wait for the disk.

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};
use std::thread::Thread;

use bytes::Bytes;

use super::queue::{Ticket, closed};
use crate::services::Refusal;

/// An encoded response, or a refusal. It must not be sent before [`wait`](Self::wait) ends.
#[must_use]
pub(crate) struct Reply {
    response: Result<Bytes, Refusal>,
    ticket: Ticket,
}

impl Reply {
    /// Creates a response that waits for nothing.
    pub(crate) fn ready(message: Bytes) -> Self {
        Self { response: Ok(message), ticket: None }
    }

    /// Creates a response or a refusal that waits for the changes of its call, and for those that the call has seen.
    pub(super) fn new(response: Result<Bytes, Refusal>, ticket: Ticket) -> Self {
        Self { response, ticket }
    }

    /// Waits until everything that the response or the refusal tells of is on disk, and returns it.
    pub(crate) async fn wait(self) -> Result<Bytes, Refusal> {
        if let Some(ticket) = self.ticket {
            // The sender is dropped if the writer panics.
            ticket.await.unwrap_or_else(|_| Err(closed()))?;
        }
        self.response
    }

    /// Waits like [`wait`](Self::wait), blocking the thread.
    pub(crate) fn block(self) -> Result<Bytes, Refusal> {
        let waker = Waker::from(Arc::new(Unpark(std::thread::current())));
        let mut wait = pin!(self.wait());
        loop {
            match wait.as_mut().poll(&mut Context::from_waker(&waker)) {
                Poll::Ready(response) => return response,
                Poll::Pending => std::thread::park(),
            }
        }
    }
}

/// Wakes a blocked thread.
struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}
