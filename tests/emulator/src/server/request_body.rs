//! The body of a request, and the rest of it that nobody read.
//!
//! A response may be there before its request was read. A server that then closes the connection resets it, and the
//! client loses the response; one that goes on takes the rest of the body for the next request. So the rest is read and
//! thrown away, within limits, and over HTTP/1.1 the connection ends then.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, Request, header};
use http_body_util::{BodyExt, Full};
use hyper::body::{Body, Frame, Incoming, SizeHint};

/// A body of at most this many bytes is read before anything else, so that its connection can go on after any response.
const SHORT: u64 = 64 << 10;
/// How many bytes of a rest are read.
const MOST_DRAINED: usize = 256 << 20;
/// How long a rest is read.
const LONGEST_DRAIN: Duration = Duration::from_secs(30);

/// The body of a request. What is left of it when it is dropped is read in the background.
pub(crate) struct RequestBody {
    source: Source,
    /// Whether it was read to its end.
    is_read: Arc<AtomicBool>,
    /// Whether the client sends it: it may wait to be asked (RFC 9110, section 10.1.1).
    is_sent: bool,
}

enum Source {
    Whole(Full<Bytes>),
    Incoming(Incoming),
    Drained,
}

/// Tells whether a request was read to its end.
pub(super) struct ReadToEnd(Arc<AtomicBool>);

impl ReadToEnd {
    pub(super) fn get(&self) -> bool {
        self.0.load(Relaxed)
    }
}

impl RequestBody {
    /// No body.
    pub(super) fn empty() -> Self {
        Self { source: Source::Drained, is_read: Arc::new(AtomicBool::new(true)), is_sent: false }
    }

    /// Takes the body of a request, of which a short one is read at once.
    ///
    /// # Errors
    ///
    /// When the client goes away meanwhile.
    pub(super) async fn take(request: Request<Incoming>) -> Result<(Request<Self>, ReadToEnd), hyper::Error> {
        let (head, body) = request.into_parts();
        let is_short = body.size_hint().upper().is_some_and(|length| length <= SHORT);
        let source = match is_short {
            true => Source::Whole(Full::new(body.collect().await?.to_bytes())),
            false => Source::Incoming(body),
        };
        let is_read = Arc::new(AtomicBool::new(is_short));
        let body = Self { source, is_read: Arc::clone(&is_read), is_sent: !waits_to_be_asked(&head.headers) };
        Ok((Request::from_parts(head, body), ReadToEnd(is_read)))
    }
}

fn waits_to_be_asked(headers: &HeaderMap) -> bool {
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
        // There is no runtime any more when the server ends.
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            runtime.spawn(drain(body));
        }
    }
}

/// Reads a rest within the limits.
async fn drain(mut body: Incoming) {
    let reading = async {
        let mut left = MOST_DRAINED;
        while let Some(Ok(frame)) = body.frame().await {
            let length = frame.data_ref().map_or(0, Bytes::len);
            match left.checked_sub(length) {
                Some(rest) => left = rest,
                None => return,
            }
        }
    };
    // A client that is slower has had the response.
    let _ = tokio::time::timeout(LONGEST_DRAIN, reading).await;
}
