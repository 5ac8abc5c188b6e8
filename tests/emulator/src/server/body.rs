//! The body of an answer.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use connectrpc::ConnectRpcBody;
use http_body_util::{Either, Full};
use hyper::body::{Body, Frame, SizeHint};

type Error = Box<dyn std::error::Error + Send + Sync>;

/// The body of an answer, as it is or cut off.
pub(crate) struct ResponseBody {
    body: Either<ConnectRpcBody, Full<Bytes>>,
    cut: Cut,
}

#[derive(PartialEq)]
enum Cut {
    Nowhere,
    /// In the middle of the first piece of data.
    Middle,
    /// After what was given has been sent.
    Behind,
    /// Now.
    Here,
}

impl ResponseBody {
    /// The body of an RPC. Those of the protocol layer hide their length, and an answer without `Content-Length` comes
    /// in chunks.
    pub(super) fn of(body: ConnectRpcBody) -> Self {
        let body = match body {
            ConnectRpcBody::Full(full) => Either::Right(full),
            other => Either::Left(other),
        };
        Self { body, cut: Cut::Nowhere }
    }

    /// These bytes.
    pub(super) fn whole(bytes: Bytes) -> Self {
        Self { body: Either::Right(Full::new(bytes)), cut: Cut::Nowhere }
    }

    /// The body announced as it is, but with an end in its middle.
    pub(super) fn cut(self) -> Self {
        Self { cut: Cut::Middle, ..self }
    }
}

impl Body for ResponseBody {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        let ended = || Some(Err(io::Error::new(io::ErrorKind::ConnectionReset, "the body is cut on demand").into()));
        match self.cut {
            Cut::Nowhere | Cut::Middle => {}
            Cut::Behind => {
                // An error at once would take what is still in the buffers with it. Waiting sends them.
                self.cut = Cut::Here;
                cx.waker().wake_by_ref();
                return Poll::Pending;
            }
            Cut::Here => return Poll::Ready(ended()),
        }
        let frame = Pin::new(&mut self.body).poll_frame(cx);
        if self.cut == Cut::Nowhere {
            return frame;
        }
        match frame {
            Poll::Pending => Poll::Pending,
            Poll::Ready(Some(Ok(frame))) => {
                self.cut = Cut::Behind;
                let data = frame.into_data().unwrap_or_default();
                Poll::Ready(Some(Ok(Frame::data(data.slice(..data.len() / 2)))))
            }
            Poll::Ready(_) => Poll::Ready(ended()),
        }
    }

    fn is_end_stream(&self) -> bool {
        self.cut == Cut::Nowhere && self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
