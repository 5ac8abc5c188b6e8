//! A client without an executor, over a function from requests to responses.
//!
//! The client sends requests in sequence and waits between attempts, all on the calling thread.
//! `backends/examples/ureq` runs it over [ureq](https://docs.rs/ureq).

use std::fmt;
use std::sync::Arc;
use std::thread;
use std::time::{self, Duration};

use async_trait::async_trait;
use bytes::Bytes;
use futures::future::{BoxFuture, FutureExt as _};
use http::{Request, Response};
use tilebox_core::protocol::exchange::{Limits, TransportError};
use tilebox_core::runtime::{Runtime, Transport};
use tilebox_core::time::Instant;
use tilebox_core::{ClientBuilder, RuntimeParts, blocking};

/// Returns a builder of a blocking client that sends each request by calling a function.
///
/// The function has the contract of a [`Transport`]: whole bodies, a response for any status, no redirects, no retries, no
/// decompression. It cannot be cancelled, so it must return within `limits.timeout`.
///
/// ```
/// use bytes::Bytes;
/// use http::{Request, Response};
/// use tilebox_core::protocol::exchange::{Limits, TransportError, TransportErrorKind};
///
/// fn send(request: Request<Bytes>, _limits: Limits) -> Result<Response<Bytes>, TransportError> {
///     Err(TransportError::new(TransportErrorKind::Unsupported, format!("there is no way to {}", request.uri())))
/// }
///
/// let client = tilebox_backends::function::client_builder(send).url("http://localhost:1").anonymous().build()?;
/// let error = client.dataset("open_data.sentinel").unwrap_err();
/// assert!(error.to_string().contains("there is no way to http://localhost:1/"), "{error}");
/// # Ok::<(), tilebox_core::Error>(())
/// ```
pub fn client_builder<F>(send: F) -> ClientBuilder<blocking::Client>
where
    F: Fn(Request<Bytes>, Limits) -> Result<Response<Bytes>, TransportError> + Send + Sync + 'static,
{
    let transport: Arc<dyn Transport> = Arc::new(Function(send));
    // `Joined`: a spawned task would run at once, and load a page before the previous one is returned.
    let parts = RuntimeParts::new("none", Arc::new(CallingThread { origin: time::Instant::now() }));
    ClientBuilder::new(parts.with_transport(Box::new(move || Ok(Some(Arc::clone(&transport))))))
}

struct Function<F>(F);

#[async_trait]
impl<F> Transport for Function<F>
where
    F: Fn(Request<Bytes>, Limits) -> Result<Response<Bytes>, TransportError> + Send + Sync + 'static,
{
    async fn send(&self, request: Request<Bytes>, limits: Limits) -> Result<Response<Bytes>, TransportError> {
        let response = (self.0)(request, limits)?;
        if response.body().len() > limits.response_bytes {
            return Err(TransportError::too_large(limits));
        }
        Ok(response)
    }
}

/// The calling thread as a runtime.
struct CallingThread {
    origin: time::Instant,
}

/// The longest sleep between two polls, in case another future becomes ready.
const POLL_INTERVAL: Duration = Duration::from_millis(10);

impl Runtime for CallingThread {
    fn now(&self) -> Instant {
        Instant::after_origin(self.origin.elapsed())
    }

    fn wall_time(&self) -> time::SystemTime {
        time::SystemTime::now()
    }

    fn sleep_until(&self, deadline: Instant) -> BoxFuture<'static, ()> {
        let origin = self.origin;
        std::future::poll_fn(move |context| {
            let left = deadline.since_origin().saturating_sub(origin.elapsed());
            if left.is_zero() {
                return std::task::Poll::Ready(());
            }
            thread::sleep(left.min(POLL_INTERVAL));
            context.waker().wake_by_ref();
            std::task::Poll::Pending
        })
        .boxed()
    }

    fn spawn(&self, task: BoxFuture<'static, ()>) {
        blocking::block_on(task);
    }

    fn random(&self) -> u64 {
        fastrand::u64(..)
    }
}

impl fmt::Debug for CallingThread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CallingThread").finish_non_exhaustive()
    }
}
