//! Answers with what was recorded.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Mutex, PoisonError};

use async_trait::async_trait;
use bytes::Bytes;
use http::{Request, Response};

use super::message::{listed, message, method, unexpected};
use super::pages::RecordedPages;
use super::recording::Recording;
use crate::runtime::{Limits, Transport, TransportError};

/// A transport that answers as a server once did.
///
/// A request gets the answer that the same message of the same method got. Where that was asked several times the answers
/// come in their order, and the last one again and again.
///
/// A query sends other requests in each run, because timing decides how it is cut. So any part of a recorded query is answered
/// from the datapoints that were recorded for equal filters, with any concurrency, page size and position, as far as the
/// recorded pages go. Anything else that was not recorded fails, and the error says whether the method or the message is the
/// unknown part.
///
/// ```
/// use tilebox_core::Result;
/// use tilebox_core::blocking::Client;
/// use tilebox_core::testing::{self, Recording, Replay};
///
/// // The application.
/// fn title(client: &Client, slug: &str) -> Result<String> {
///     Ok(client.dataset(slug)?.name().to_uppercase())
/// }
///
/// // Its test, with a file that a `Recorder` made: `include_str!("sentinel.jsonl").parse()?`
/// # let file = r#"{"method":"datasets.v1.DatasetService/GetDataset","request":"CghzZW50aW5lbA==","status":200,"headers":[["content-type","application/proto"]],"response":"ChIKEAEBAQEBAQEBAQEBAQEBAQEqCFNlbnRpbmVs"}"#;
/// let recording: Recording = file.parse()?;
/// let client = testing::client_builder(Replay::new(recording)).build()?;
/// assert_eq!(title(&client, "sentinel")?, "SENTINEL");
///
/// let error = title(&client, "landsat").unwrap_err();
/// assert!(error.to_string().contains("with another message"), "{error}");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Replay {
    recording: Recording,
    pages: RecordedPages,
    /// How often each message of each method was asked.
    asked: Mutex<HashMap<(String, Bytes), usize>>,
}

impl Replay {
    /// Answers with this recording.
    #[must_use]
    pub fn new(recording: Recording) -> Self {
        Self { pages: RecordedPages::new(&recording), recording, asked: Mutex::default() }
    }
}

#[async_trait]
impl Transport for Replay {
    async fn send(&self, request: Request<Bytes>, limits: Limits) -> Result<Response<Bytes>, TransportError> {
        let sent = message(&request)?;
        let method = method(request.uri().path());
        let of_it = || self.recording.exchanges().iter().filter(|exchange| exchange.method == method);
        let same: Vec<_> = of_it().filter(|exchange| exchange.request == sent).collect();
        let from_pages = if same.is_empty() { self.pages.answer(method, &sent) } else { None };
        if let Some(response) = from_pages {
            let is_too_large = response.body().len() > limits.response_bytes;
            return if is_too_large { Err(TransportError::too_large(limits)) } else { Ok(response) };
        }
        let mut asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
        let times = asked.entry((method.to_owned(), sent)).or_default();
        let Some(exchange) = same.get(*times).or(same.last()) else {
            let reason = match of_it().count() {
                0 => {
                    let methods = listed(self.recording.exchanges().iter().map(|exchange| exchange.method.as_str()));
                    format!("the recording has no `{method}`, only {methods}")
                }
                count => {
                    format!("the recording has `{method}` {count} times, each with another message")
                }
            };
            return Err(unexpected(reason, "record it anew, or ask for what was recorded"));
        };
        *times += 1;
        if exchange.response.len() > limits.response_bytes {
            return Err(TransportError::too_large(limits));
        }
        Ok(exchange.response())
    }
}

impl fmt::Debug for Replay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Replay").field("exchanges", &self.recording.exchanges().len()).finish_non_exhaustive()
    }
}
