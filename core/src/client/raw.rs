//! Requests of other protocols to the server of a client, such as its telemetry.

use std::fmt;
use std::sync::{Arc, Weak};
use std::time::Duration;

use bytes::Bytes;
use http::HeaderValue;
use http::header::CONTENT_TYPE;

use super::blocking;
use super::driver::network_time;
use super::run_end::RunEnd;
use super::{Client, Session, Strategy};
use crate::error::Result;
use crate::protocol::exchange::{Limits, TransportError};

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
    session: Arc<Session>,
}

impl Client {
    /// Returns a client for requests of other protocols to the same server.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Network`](crate::ErrorKind::Network) when the HTTP client cannot be created.
    pub fn raw(&self) -> Result<RawClient> {
        let session = match self.blocking.filter(|_| !self.session.is_own_transport) {
            Some(parts) => self.session.sibling(parts())?,
            None => (*self.session).clone(),
        };
        // Connections belong to an executor, so exchanges are tasks there.
        let session = Session { strategy: Strategy::Spawned, ..session };
        Ok(RawClient { session: Arc::new(session) })
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
        let session = Arc::clone(&self.session);
        let exchange = async move {
            let response = session.transport.send(request, limits);
            let (response, _) = network_time::within(&session.runtime, timeout, response).await;
            response.unwrap_or_else(|| Err(TransportError::timed_out(limits)))
        };
        self.session.run(exchange).await?
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
