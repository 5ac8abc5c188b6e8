//! The body of a response.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use connectrpc::ConnectRpcBody;
use http_body_util::{Either, Full};
use hyper::body::{Body, Frame, SizeHint};

type Error = Box<dyn std::error::Error + Send + Sync>;

/// The body of a response, whole or truncated.
pub(crate) struct ResponseBody {
    body: Either<ConnectRpcBody, Full<Bytes>>,
    truncation: Truncation,
}

#[derive(PartialEq)]
enum Truncation {
    None,
    /// The body ends in the middle of its first frame.
    InFirstFrame,
    /// The body ends once the first half of the frame is sent.
    AfterHalf,
    /// The body ends now.
    Now,
}

impl ResponseBody {
    /// Wraps the body of an RPC. `ConnectRpcBody` hides its length, without which hyper would send chunks.
    pub(super) fn of(body: ConnectRpcBody) -> Self {
        let body = match body {
            ConnectRpcBody::Full(full) => Either::Right(full),
            other => Either::Left(other),
        };
        Self { body, truncation: Truncation::None }
    }

    /// Wraps these bytes.
    pub(super) fn whole(bytes: Bytes) -> Self {
        Self { body: Either::Right(Full::new(bytes)), truncation: Truncation::None }
    }

    /// Ends the body in its middle; its announced length stays.
    pub(super) fn truncated(self) -> Self {
        Self { truncation: Truncation::InFirstFrame, ..self }
    }
}

impl Body for ResponseBody {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        let ended = || Some(Err(io::Error::new(io::ErrorKind::ConnectionReset, "injected truncation").into()));
        match self.truncation {
            Truncation::None | Truncation::InFirstFrame => {}
            Truncation::AfterHalf => {
                // An error now would discard buffered bytes. hyper flushes them while the body is pending.
                self.truncation = Truncation::Now;
                cx.waker().wake_by_ref();
                return Poll::Pending;
            }
            Truncation::Now => return Poll::Ready(ended()),
        }
        let frame = Pin::new(&mut self.body).poll_frame(cx);
        if self.truncation == Truncation::None {
            return frame;
        }
        match frame {
            Poll::Pending => Poll::Pending,
            Poll::Ready(Some(Ok(frame))) => {
                self.truncation = Truncation::AfterHalf;
                let data = frame.into_data().unwrap_or_default();
                Poll::Ready(Some(Ok(Frame::data(data.slice(..data.len() / 2)))))
            }
            Poll::Ready(_) => Poll::Ready(ended()),
        }
    }

    fn is_end_stream(&self) -> bool {
        self.truncation == Truncation::None && self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
