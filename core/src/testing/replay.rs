//! A transport that responds from a recording.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Mutex, PoisonError};

use async_trait::async_trait;
use bytes::Bytes;
use http::{Request, Response};

use super::recorded_pages::RecordedPages;
use super::recording::{RecordedExchange, Recording};
use super::request::{check_size, list_names, message, method, unexpected};
use crate::runtime::{Limits, Transport, TransportError};

/// A transport that responds from a [`Recording`].
///
/// A request with a recorded method and message gets the recorded response. Repeated requests get the recorded responses
/// in order, then the last one again.
///
/// Timing decides how a query is divided into requests, so they differ between runs. Replay therefore serves any part of
/// a recorded query from the datapoints recorded for equal filters, with any concurrency, page size and position, as far
/// as the recorded pages reach. Any other request fails, and the error names the unknown method or message.
///
/// ```
/// # use tilebox_core as tilebox_tokio;
/// use tilebox_tokio::Result;
/// use tilebox_tokio::blocking::Client;
/// use tilebox_tokio::testing::{self, Recording, Replay};
///
/// // The application.
/// fn title(client: &Client, slug: &str) -> Result<String> {
///     Ok(client.dataset(slug)?.name().to_uppercase())
/// }
///
/// // Its test, with the file of a `Recorder`: `include_str!("sentinel.jsonl").parse()?`
/// # let file = r#"{"method":"datasets.v1.DatasetService/GetDataset","request":"CghzZW50aW5lbA==","status":200,"headers":[["content-type","application/proto"]],"response":"ChIKEAEBAQEBAQEBAQEBAQEBAQEqCFNlbnRpbmVs"}"#;
/// let recording: Recording = file.parse()?;
/// let client = testing::client_builder(Replay::new(recording)).build()?;
/// assert_eq!(title(&client, "sentinel")?, "SENTINEL");
///
/// let error = title(&client, "landsat").unwrap_err();
/// assert!(error.to_string().contains("with different messages"), "{error}");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Replay {
    recording: Recording,
    pages: RecordedPages,
    /// Number of requests by method and message.
    counts: Mutex<HashMap<(String, Bytes), usize>>,
}

impl Replay {
    /// Creates a transport that responds from this recording.
    #[must_use]
    pub fn new(recording: Recording) -> Self {
        Self { pages: RecordedPages::new(&recording), recording, counts: Mutex::default() }
    }

    /// Returns the recorded response to the next request with this method and message.
    fn recorded_response(&self, method: &str, message: Bytes) -> Result<Response<Bytes>, TransportError> {
        let exchanges = || self.recording.exchanges().iter().filter(|exchange| exchange.method == method);
        let equal: Vec<&RecordedExchange> = exchanges().filter(|exchange| exchange.request == message).collect();
        if equal.is_empty()
            && let Some(response) = self.pages.response(method, &message)
        {
            return Ok(response);
        }
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        let count = counts.entry((method.to_owned(), message)).or_default();
        let Some(exchange) = equal.get(*count).or(equal.last()) else {
            let reason = match exchanges().count() {
                0 => {
                    let methods = self.recording.exchanges().iter().map(|exchange| exchange.method.as_str());
                    format!("the recording does not contain `{method}`, only {}", list_names(methods))
                }
                count => format!("the recording contains `{method}` {count} times, with different messages"),
            };
            return Err(unexpected(reason, "record it again, or send a recorded request"));
        };
        *count += 1;
        Ok(exchange.to_response())
    }
}

#[async_trait]
impl Transport for Replay {
    async fn send(&self, request: Request<Bytes>, limits: Limits) -> Result<Response<Bytes>, TransportError> {
        let response = self.recorded_response(method(request.uri().path()), message(&request)?)?;
        check_size(response, limits)
    }
}

impl fmt::Debug for Replay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Replay").field("exchanges", &self.recording.exchanges().len()).finish_non_exhaustive()
    }
}
