//! Answers by method, written by the test.

use std::collections::{BTreeMap, VecDeque};
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use bytes::Bytes;
use http::header::{CONTENT_TYPE, RETRY_AFTER};
use http::{HeaderValue, Request, Response};
use prost::Message as _;

use super::message::{listed, message, method, unexpected};
use crate::protocol::connect;
use crate::protocol::rpc::Rpc;
use crate::runtime::{Limits, Transport, TransportError};

/// A transport whose answers a test writes, by method of the API.
///
/// [`reply`](Self::reply) answers one request, [`answer`](Self::answer) all that no reply is left for. A request of any
/// other method fails, and the error names it. Clones share the script, so that a test keeps one and looks afterwards at
/// what was [asked](Self::requests).
///
/// ```
/// use tilebox_core::blocking::Client;
/// use tilebox_core::protocol::connect::{Code, Error};
/// use tilebox_core::datasets::rpc::GetDataset;
/// use tilebox_core::testing::{self, Scripted};
/// use tilebox_core::protocol::wire::{datasets::v1::Dataset, tilebox::v1::Id};
/// use tilebox_core::{ErrorKind, Result};
///
/// // The application.
/// fn title(client: &Client, slug: &str) -> Result<String> {
///     match client.dataset(slug) {
///         Ok(dataset) => Ok(dataset.name().to_uppercase()),
///         Err(error) if error.kind() == ErrorKind::NotFound => Ok("UNTITLED".to_owned()),
///         Err(error) => Err(error),
///     }
/// }
///
/// // Its test.
/// let sentinel = Dataset {
///     id: Some(Id { uuid: vec![1; 16].into() }),
///     name: "Sentinel".to_owned(),
///     ..Default::default()
/// };
/// let server = Scripted::new()
///     .reply::<GetDataset>(Ok(sentinel))
///     .answer::<GetDataset>(|_| Err(Error::new(Code::NotFound, "no such dataset")));
/// let client = testing::client_builder(server.clone()).build()?;
/// assert_eq!(title(&client, "sentinel")?, "SENTINEL");
/// assert_eq!(title(&client, "misspelt")?, "UNTITLED");
/// assert_eq!(server.requests::<GetDataset>()[1].slug, "misspelt");
///
/// // What the script does not have says so.
/// let error = client.datasets().unwrap_err();
/// assert!(error.to_string().contains("did not expect `datasets.v1.DatasetService/ListDatasets`"), "{error}");
/// # Ok::<(), tilebox_core::Error>(())
/// ```
///
/// A dataset with its type and its datapoints is long to write down: take a [`Replay`](super::Replay) or the local server.
#[derive(Clone, Default)]
pub struct Scripted {
    script: Arc<Mutex<Script>>,
}

#[derive(Default)]
struct Script {
    /// By method.
    parts: BTreeMap<&'static str, Part>,
    /// Every request so far: its method and its message.
    asked: Vec<(String, Bytes)>,
}

#[derive(Default)]
struct Part {
    replies: VecDeque<Response<Bytes>>,
    answer: Option<Arc<Answer>>,
}

type Answer = dyn Fn(Bytes) -> Result<Response<Bytes>, TransportError> + Send + Sync;

impl Scripted {
    /// A script without answers.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Answers the next request of a method, after the replies that were given for it before.
    #[must_use]
    pub fn reply<R: Rpc>(self, reply: Result<R::Response, connect::Error>) -> Self {
        self.part::<R>(|part| part.replies.push_back(response::<R>(reply)));
        self
    }

    /// Answers every request of a method for which no [`reply`](Self::reply) is left. The last answer counts.
    #[must_use]
    pub fn answer<R: Rpc>(
        self,
        answer: impl Fn(R::Request) -> Result<R::Response, connect::Error> + Send + Sync + 'static,
    ) -> Self
    where
        R::Request: Default,
    {
        let answer = move |message: Bytes| {
            let request = R::Request::decode(message).map_err(|error| {
                let reason = format!("the message of `{}` cannot be read: {error}", method(R::PATH));
                unexpected(reason, "send the method the message that it takes")
            })?;
            Ok(response::<R>(answer(request)))
        };
        self.part::<R>(|part| part.answer = Some(Arc::new(answer)));
        self
    }

    /// What was asked of a method so far, in order.
    #[must_use]
    pub fn requests<R: Rpc>(&self) -> Vec<R::Request>
    where
        R::Request: Default,
    {
        let script = self.lock();
        let of_it = script.asked.iter().filter(|(asked, _)| asked == method(R::PATH));
        of_it.filter_map(|(_, message)| R::Request::decode(message.clone()).ok()).collect()
    }

    /// The methods that [replies](Self::reply) are left for, once for each: what the test expected and nobody asked.
    #[must_use]
    pub fn unused(&self) -> Vec<&'static str> {
        let script = self.lock();
        script.parts.iter().flat_map(|(method, part)| part.replies.iter().map(|_| *method)).collect()
    }

    fn part<R: Rpc>(&self, change: impl FnOnce(&mut Part)) {
        change(self.lock().parts.entry(method(R::PATH)).or_default());
    }

    fn lock(&self) -> MutexGuard<'_, Script> {
        self.script.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What a server would send.
fn response<R: Rpc>(reply: Result<R::Response, connect::Error>) -> Response<Bytes> {
    let error = match reply {
        Ok(message) => {
            let mut response = Response::new(message.encode_to_vec().into());
            response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(connect::CONTENT_TYPE));
            return response;
        }
        Err(error) => error,
    };
    let mut response = Response::new(Bytes::from(error.to_json()));
    *response.status_mut() = error.status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    if let Some(wait) = error.retry_after {
        response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(wait.as_secs()));
    }
    response
}

#[async_trait]
impl Transport for Scripted {
    async fn send(&self, request: Request<Bytes>, limits: Limits) -> Result<Response<Bytes>, TransportError> {
        let message = message(&request)?;
        let asked = method(request.uri().path());
        // The script is free again when the answer is called: it may look at what was asked.
        let answer = {
            let mut script = self.lock();
            script.asked.push((asked.to_owned(), message.clone()));
            let part = script.parts.get_mut(asked);
            if let Some(reply) = part.and_then(|part| part.replies.pop_front()) {
                return within(reply, limits);
            }
            script.parts.get(asked).and_then(|part| part.answer.clone()).ok_or_else(|| {
                let expected =
                    script.parts.iter().filter(|(_, part)| part.answer.is_some() || !part.replies.is_empty());
                let expected = listed(expected.map(|(method, _)| *method));
                let reason = format!("the script did not expect `{asked}`, only {expected}");
                unexpected(reason, "give the script a `reply` or an `answer` for it")
            })?
        };
        within(answer(message)?, limits)
    }
}

fn within(response: Response<Bytes>, limits: Limits) -> Result<Response<Bytes>, TransportError> {
    if response.body().len() > limits.response_bytes {
        return Err(TransportError::too_large(limits));
    }
    Ok(response)
}

impl fmt::Debug for Scripted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let script = self.lock();
        let methods: Vec<_> = script.parts.keys().collect();
        f.debug_struct("Scripted").field("methods", &methods).field("asked", &script.asked.len()).finish()
    }
}
