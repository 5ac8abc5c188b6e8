//! The response of a call, which may have to wait for the disk.

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};
use std::thread::Thread;

use bytes::Bytes;

use super::queue::{Ticket, closed};
use crate::services::Refusal;

/// An encoded response. It must not be sent before [`wait`](Self::wait) ends.
#[must_use]
pub(crate) struct Reply {
    message: Bytes,
    ticket: Ticket,
}

impl Reply {
    /// Creates a response that waits for nothing.
    pub(crate) fn ready(message: Bytes) -> Self {
        Self { message, ticket: None }
    }

    /// Creates a response that waits for the changes of its call.
    pub(super) fn new(message: Bytes, ticket: Ticket) -> Self {
        Self { message, ticket }
    }

    /// Waits until everything that the response tells of is on disk, and returns the response.
    pub(crate) async fn wait(self) -> Result<Bytes, Refusal> {
        if let Some(ticket) = self.ticket {
            // The sender is dropped if the writer panics.
            ticket.await.unwrap_or_else(|_| Err(closed()))?;
        }
        Ok(self.message)
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
