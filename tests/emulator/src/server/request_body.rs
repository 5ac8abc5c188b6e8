//! The body of a request, whose unread rest is drained.
//!
//! A response can precede the end of its request. If the server then closed the connection, it would reset it and the
//! client would lose the response; if it continued, the rest of the body would look like the next request. So the server
//! drains the rest, within limits, and then closes an HTTP/1.1 connection.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, Request, header};
use http_body_util::{BodyExt, Full};
use hyper::body::{Body, Frame, Incoming, SizeHint};

/// The size of bodies that are read before anything else, in bytes, so that their connections stay usable after any
/// response.
const SHORT: u64 = 64 << 10;
/// The largest rest that is drained, in bytes.
const MAXIMUM_DRAINED_BYTES: usize = 256 << 20;
/// The timeout of draining.
const DRAIN_TIMEOUT: Duration = Duration::from_secs(30);

/// The body of a request. Dropping it drains the rest in the background.
pub(crate) struct RequestBody {
    source: Source,
    /// Whether the body was read to its end.
    is_read: Arc<AtomicBool>,
    /// Whether the client sends the body; it may wait for `100 Continue` (RFC 9110, section 10.1.1).
    is_sent: bool,
}

enum Source {
    Whole(Full<Bytes>),
    Incoming(Incoming),
    Drained,
}

/// Whether the body of a request was read to its end.
pub(super) struct ReadToEnd(Arc<AtomicBool>);

impl ReadToEnd {
    pub(super) fn get(&self) -> bool {
        self.0.load(Relaxed)
    }
}

impl RequestBody {
    /// Creates an empty body.
    pub(super) fn empty() -> Self {
        Self { source: Source::Drained, is_read: Arc::new(AtomicBool::new(true)), is_sent: false }
    }

    /// Wraps the body of a request. Reads a short body to its end.
    ///
    /// # Errors
    ///
    /// An error if the client disconnects.
    pub(super) async fn take(request: Request<Incoming>) -> Result<(Request<Self>, ReadToEnd), hyper::Error> {
        let (head, body) = request.into_parts();
        let is_short = body.size_hint().upper().is_some_and(|length| length <= SHORT);
        let source = match is_short {
            true => Source::Whole(Full::new(body.collect().await?.to_bytes())),
            false => Source::Incoming(body),
        };
        let is_read = Arc::new(AtomicBool::new(is_short));
        let body = Self { source, is_read: Arc::clone(&is_read), is_sent: !expects_continue(&head.headers) };
        Ok((Request::from_parts(head, body), ReadToEnd(is_read)))
    }
}

fn expects_continue(headers: &HeaderMap) -> bool {
    headers.get(header::EXPECT).is_some_and(|value| value.as_bytes().eq_ignore_ascii_case(b"100-continue"))
}

impl Body for RequestBody {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        self.is_sent = true;
        let frame = match &mut self.source {
            Source::Whole(body) => ready!(Pin::new(body).poll_frame(cx)).map(|frame| match frame {
                Ok(frame) => Ok(frame),
                Err(never) => match never {},
            }),
            Source::Incoming(body) => ready!(Pin::new(body).poll_frame(cx)),
            Source::Drained => None,
        };
        if frame.is_none() || self.is_end_stream() {
            self.is_read.store(true, Relaxed);
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        match &self.source {
            Source::Whole(body) => body.is_end_stream(),
            Source::Incoming(body) => body.is_end_stream(),
            Source::Drained => true,
        }
    }

    fn size_hint(&self) -> SizeHint {
        match &self.source {
            Source::Whole(body) => body.size_hint(),
            Source::Incoming(body) => body.size_hint(),
            Source::Drained => SizeHint::with_exact(0),
        }
    }
}

impl Drop for RequestBody {
    fn drop(&mut self) {
        let source = std::mem::replace(&mut self.source, Source::Drained);
        let Source::Incoming(body) = source else { return };
        if self.is_read.load(Relaxed) || !self.is_sent {
            return;
        }
        // There is no runtime while the server stops.
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            runtime.spawn(drain(body));
        }
    }
}

/// Reads and discards the rest of a body, within the limits.
async fn drain(mut body: Incoming) {
    let reading = async {
        let mut left = MAXIMUM_DRAINED_BYTES;
        while let Some(Ok(frame)) = body.frame().await {
            let length = frame.data_ref().map_or(0, Bytes::len);
            match left.checked_sub(length) {
                Some(rest) => left = rest,
                None => return,
            }
        }
    };
    // A slower client has already received the response.
    let _ = tokio::time::timeout(DRAIN_TIMEOUT, reading).await;
}
