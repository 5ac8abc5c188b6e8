//! A transport that records the exchanges of another one.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use bytes::Bytes;
use http::{Request, Response};

use super::recording::{RecordedExchange, Recording};
use super::request::message;
use crate::runtime::{Limits, Transport, TransportError};

/// A transport that forwards each request to another one and records the exchange for a [`Replay`](super::Replay).
///
/// Clones share the recording: keep one and pass the other to the client. The recording contains no API key;
/// [`Recording`] lists its contents. A request without a response is not recorded.
///
/// Concurrency and page size of the recording client do not matter: [`Replay`](super::Replay) serves queries from the
/// recorded datapoints, however a query is divided into requests.
///
/// ```no_run
/// # use tilebox_core as tilebox_tokio;
/// use tilebox_tokio::ClientBuilder;
/// use tilebox_tokio::runtime::Transport;
/// use tilebox_tokio::testing::Recorder;
///
/// // `client` and `backend` come from a runtime crate.
/// async fn record(client: ClientBuilder, backend: impl Transport) -> Result<(), Box<dyn std::error::Error>> {
///     let recorder = Recorder::new(backend);
///     let client = client.transport(recorder.clone()).build()?;
///     client.dataset("open_data.copernicus.sentinel2_msi").await?;
///     std::fs::write("tests/sentinel.jsonl", recorder.recording().to_string())?;
///     Ok(())
/// }
/// ```
pub struct Recorder<T> {
    inner: Arc<T>,
    recording: Arc<Mutex<Recording>>,
}

impl<T> Recorder<T> {
    /// Wraps a transport.
    pub fn new(transport: T) -> Self {
        Self { inner: Arc::new(transport), recording: Arc::default() }
    }

    /// Returns the exchanges recorded so far.
    #[must_use]
    pub fn recording(&self) -> Recording {
        self.recording.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

#[async_trait]
impl<T: Transport> Transport for Recorder<T> {
    async fn send(&self, request: Request<Bytes>, limits: Limits) -> Result<Response<Bytes>, TransportError> {
        let sent = message(&request)?;
        let path = request.uri().path().to_owned();
        let response = self.inner.send(request, limits).await?;
        let exchange = RecordedExchange::new(&path, sent, &response);
        self.recording.lock().unwrap_or_else(PoisonError::into_inner).push(exchange);
        Ok(response)
    }
}

impl<T> Clone for Recorder<T> {
    fn clone(&self) -> Self {
        Self { inner: Arc::clone(&self.inner), recording: Arc::clone(&self.recording) }
    }
}

impl<T> fmt::Debug for Recorder<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Recorder").field("exchanges", &self.recording().exchanges().len()).finish_non_exhaustive()
    }
}
