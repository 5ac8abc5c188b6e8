//! Requests of other protocols to the server of a client, such as its telemetry.

use std::fmt;
use std::sync::{Arc, Weak};
use std::time::Duration;

use bytes::Bytes;
use futures::FutureExt as _;
use futures::channel::oneshot;
use futures::future::{AbortHandle, abortable};
use http::HeaderValue;
use http::header::CONTENT_TYPE;

use super::blocking;
use super::builder::OwnThread;
use super::driver::network_time;
use super::run_end::RunEnd;
use super::{Client, Session};
use crate::error::Result;
use crate::protocol::exchange::{Limits, TransportError, TransportErrorKind};
use crate::runtime::{Runtime, Transport};

/// The largest response that is read, in bytes.
const RESPONSE_BYTES: usize = 1 << 20;

/// Sends single requests of other protocols to the server of a client, with its API key, from any thread.
///
/// It has an executor and connections of its own, on a thread that no code of the application can block, so its requests
/// neither wait for those of the client nor hold them up. The exception is a client that was built with a
/// [`transport`](crate::ClientBuilder::transport) of its own: both then share that transport and the executor. Dropping the
/// last clone ends the thread.
///
/// The features `otel` of the runtime crates send telemetry with it.
#[derive(Clone)]
pub struct RawClient {
    transport: Arc<dyn Transport>,
    runtime: Arc<dyn Runtime>,
    session: Arc<Session>,
}

impl Client {
    /// Returns a client for requests of other protocols to the same server.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Network`](crate::ErrorKind::Network) when the HTTP client cannot be created.
    pub fn raw(&self) -> Result<RawClient> {
        let session = Arc::clone(&self.session);
        let shared = || OwnThread { transport: Arc::clone(&session.transport), runtime: Arc::clone(&session.runtime) };
        let OwnThread { transport, runtime } = self.own_thread()?.unwrap_or_else(shared);
        Ok(RawClient { transport, runtime, session })
    }
}

impl blocking::Client {
    /// Returns a client for requests of other protocols to the same server.
    ///
    /// # Errors
    ///
    /// As [`Client::raw`].
    pub fn raw(&self) -> Result<RawClient> {
        self.inner().raw()
    }
}

impl RawClient {
    /// Posts a body to a path below the URL of the server, such as `/v1/traces`, and returns the response, whatever its status.
    /// The body is sent as it is, and that of the response is returned as transferred. Nothing is repeated.
    ///
    /// # Errors
    ///
    /// When no response arrives within `timeout`, or the path is not valid. No error contains the API key.
    pub async fn post(
        &self,
        path: &str,
        content_type: HeaderValue,
        body: Bytes,
        timeout: Duration,
    ) -> Result<http::Response<Bytes>, TransportError> {
        let mut request = self.session.endpoint.post(path, body)?;
        request.headers_mut().insert(CONTENT_TYPE, content_type);
        let limits = Limits { timeout, response_bytes: RESPONSE_BYTES };
        let (transport, runtime) = (Arc::clone(&self.transport), Arc::clone(&self.runtime));
        let (sender, receiver) = oneshot::channel();
        // Connections belong to the thread of the executor, so the exchange runs there.
        let (exchange, abort) = abortable(async move {
            let (response, _) = network_time::within(&runtime, timeout, transport.send(request, limits)).await;
            let _ = sender.send(response.unwrap_or_else(|| Err(TransportError::timed_out(limits))));
        });
        self.runtime.spawn(exchange.map(drop).boxed());
        let _abort = AbortOnDrop(abort);
        let lost = || TransportError::new(TransportErrorKind::NoExecutor, "the executor of the client has shut down");
        receiver.await.unwrap_or_else(|_| Err(lost()))
    }

    /// Returns the URL of a path below that of the server, for messages. It contains no secrets.
    #[must_use]
    pub fn url(&self, path: &str) -> String {
        self.session.endpoint.url(path)
    }

    /// Calls `flush` at the end of each run of a runner of this client, as long as the given handle lives. The run waits for
    /// the returned future for at most 5 seconds.
    ///
    /// So the telemetry of a run has arrived when the run returns.
    pub fn flush_after_runs(&self, flush: &Arc<RunEnd>) {
        let flush: Weak<RunEnd> = Arc::downgrade(flush);
        self.session.run_ends.add(flush);
    }
}

/// Omits the key.
impl fmt::Debug for RawClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RawClient").field("url", &self.url("")).finish_non_exhaustive()
    }
}

/// Ends an exchange whose response is no longer awaited.
struct AbortOnDrop(AbortHandle);

impl Drop for AbortOnDrop {
    fn drop(&mut self) {
        self.0.abort();
    }
}
