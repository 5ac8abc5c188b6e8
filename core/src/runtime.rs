//! The seam: what core asks of an executor and of an HTTP client, and nothing more.
//!
//! A runtime crate implements [`Runtime`] once and [`Transport`] once for each HTTP client it offers. Everything above
//! this file is the same on every runtime.

use async_trait::async_trait;
use bytes::Bytes;
use futures::future::BoxFuture;

pub use crate::protocol::exchange::{Limits, TransportError, TransportErrorKind};
pub use crate::time::Instant;

/// Sends one HTTP exchange.
///
/// # Contract
///
/// - Bodies are whole, in both directions. The body of the answer is given as it was transferred: a `content-encoding`
///   is left in place and undone by core.
/// - An answer with any status is `Ok`. Redirects are not followed, nothing is retried, no cookies are kept.
/// - An answer belongs to the request it was sent for, whatever was cancelled before.
/// - A response is whole: its announced length, its last chunk or END_STREAM ends it. A body that ends in another way is
///   [`TransportErrorKind::Interrupted`]. A backend that cannot see the end may leave a gzip stream to core, which can.
/// - Reading stops with [`TransportError::too_large`] when the body is longer than `limits.response_bytes`.
/// - Dropping the future aborts the exchange. A backend that cannot do so ends the exchange after `limits.timeout`
///   and says so in its docs; every other backend may ignore `limits.timeout`, because core drops the future then.
/// - An exchange that runs out of `limits.timeout`, or is dropped at that time, retires the connections that the backend
///   holds: exchanges in flight keep theirs, every later exchange opens a new one. The network may have forgotten the old
///   ones, and a retry over another of them would wait just as long.
/// - No log at any level shows the value of a header that is marked sensitive.
#[async_trait]
pub trait Transport: Send + Sync + 'static {
    /// Sends the request and waits for the whole answer.
    ///
    /// # Errors
    ///
    /// When there is no answer; the kind says whether the request may have arrived.
    async fn send(
        &self,
        request: http::Request<Bytes>,
        limits: Limits,
    ) -> Result<http::Response<Bytes>, TransportError>;
}

/// What core needs of an executor.
pub trait Runtime: Send + Sync + 'static {
    /// The monotonic time now. A simulation returns its virtual time.
    fn now(&self) -> Instant;

    /// Completes at `deadline` or later; at once when it has passed.
    fn sleep_until(&self, deadline: Instant) -> BoxFuture<'static, ()>;

    /// Runs the task to its end in the background. Core ends tasks itself, so no handle is returned.
    ///
    /// When the executor is gone the task is dropped, which core notices; it does not panic.
    fn spawn(&self, task: BoxFuture<'static, ()>);

    /// A number that differs from call to call, to spread out repeated attempts. It guards no secret.
    fn random(&self) -> u64;

    /// Checks that tasks and timers run here. A client asks when it is built, and again when it loses a task.
    ///
    /// # Errors
    ///
    /// [`TransportErrorKind::NoExecutor`] that says what is missing and what to do.
    fn check(&self) -> Result<(), TransportError> {
        Ok(())
    }
}
