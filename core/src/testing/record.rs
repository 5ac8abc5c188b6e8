//! Writes down what goes through another transport.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use bytes::Bytes;
use http::{Request, Response};

use super::message::message;
use super::recording::{Recorded, Recording};
use crate::runtime::{Limits, Transport, TransportError};

/// A transport that passes everything on to another one, and keeps each exchange for a [`Replay`](super::Replay).
///
/// Clones share what they recorded, so that one is kept while the client has the other. What is kept holds no API key;
/// [`Recording`] says what it does hold. A request that got no answer is not kept.
///
/// Any settings do: [`Replay`](super::Replay) answers queries from the datapoints that were recorded, however they are cut
/// into requests.
///
/// ```no_run
/// use tilebox_core::ClientBuilder;
/// use tilebox_core::runtime::Transport;
/// use tilebox_core::testing::Recorder;
///
/// // The builder of a runtime crate, and one of its backends.
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
    /// Records what goes through this transport.
    pub fn new(transport: T) -> Self {
        Self { inner: Arc::new(transport), recording: Arc::default() }
    }

    /// What was recorded so far.
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
        let exchange = Recorded::new(&path, sent, &response);
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
