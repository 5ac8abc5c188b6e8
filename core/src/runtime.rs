//! The seam between core, executors and HTTP clients.
//!
//! A runtime crate implements [`Runtime`] once, and [`Transport`] once for each HTTP client. Everything above the seam is
//! the same on every runtime.

use std::sync::Arc;
use std::time::SystemTime;

use async_trait::async_trait;
use bytes::Bytes;
use futures::future::BoxFuture;

pub use crate::protocol::exchange::{Limits, TransportError, TransportErrorKind};
pub use crate::time::Instant;

/// Sends one HTTP exchange.
///
/// # Contract
///
/// - Bodies are whole in both directions. The body of a response is returned as transferred: the transport leaves a
///   `content-encoding` in place, and core decodes it.
/// - A response with any status is `Ok`. The transport follows no redirects, retries nothing and keeps no cookies.
/// - A response belongs to the request for which it was sent, whatever was cancelled before.
/// - A response is whole: its announced length, its last chunk or END_STREAM ends it. A body that ends otherwise is
///   [`TransportErrorKind::Interrupted`]. A backend that cannot detect the end may pass on a gzip stream; core detects it.
/// - Reading stops with [`TransportError::too_large`] when the body is longer than `limits.response_bytes`.
/// - Dropping the future aborts the exchange. A backend that cannot abort ends the exchange after `limits.timeout` and
///   documents it; every other backend may ignore `limits.timeout`, because core drops the future then.
/// - An exchange that exceeds `limits.timeout`, or is dropped at that time, retires the connections of the backend:
///   exchanges in flight keep theirs, every later exchange opens a new one. The network may have dropped the old
///   connections, and a retry over one of them would wait for another timeout.
/// - No log at any level contains the value of a header that is marked sensitive.
#[async_trait]
pub trait Transport: Send + Sync + 'static {
    /// Sends the request and waits for the whole response.
    ///
    /// # Errors
    ///
    /// When no response arrives; the kind tells whether the request may have arrived.
    async fn send(
        &self,
        request: http::Request<Bytes>,
        limits: Limits,
    ) -> Result<http::Response<Bytes>, TransportError>;
}

/// The functions of an executor that core uses.
pub trait Runtime: Send + Sync + 'static {
    /// Returns the monotonic time. A simulation returns its virtual time.
    fn now(&self) -> Instant;

    /// Returns the time of day, by which relative extents such as the [last](crate::last) seven days end. It may be set back
    /// or forward at any time. A simulation returns its virtual time.
    fn wall_time(&self) -> SystemTime;

    /// Returns a future that completes at `deadline` or later; at once if it has passed.
    fn sleep_until(&self, deadline: Instant) -> BoxFuture<'static, ()>;

    /// Runs the task to its end in the background. Core ends tasks itself, so no handle is returned.
    ///
    /// If the executor has shut down, the task is dropped, which core detects. It does not panic.
    fn spawn(&self, task: BoxFuture<'static, ()>);

    /// Returns this runtime for callers on the threads of other executors: it runs tasks and work where the caller of this
    /// method would. `None`, the default, if it does so for every caller.
    fn anchored(&self) -> Option<Arc<dyn Runtime>> {
        None
    }

    /// Runs work that may block its thread, such as a long computation or file input and output, on a thread where it delays
    /// no task. Returns at once. The default starts a new thread.
    ///
    /// - Hundreds of works may block at the same time; further ones may wait for them.
    /// - Work that has started cannot be aborted. An executor may wait for it when it shuts down, as tokio's does.
    /// - If no thread can be started, or the executor has shut down, the work is dropped, which core detects.
    /// - A panic of the work ends no other work and no task.
    fn unblock(&self, work: Box<dyn FnOnce() + Send>) {
        // The closure is dropped if the system refuses the thread.
        drop(std::thread::Builder::new().name("tilebox-unblock".to_owned()).spawn(work));
    }

    /// Returns a random number for the jitter of retries. It needs no cryptographic strength.
    fn random(&self) -> u64;

    /// Checks that tasks and timers run. A client calls it when it is built, and again when it loses a task.
    ///
    /// # Errors
    ///
    /// [`TransportErrorKind::NoExecutor`], with what is missing and what to do.
    fn check(&self) -> Result<(), TransportError> {
        Ok(())
    }
}
