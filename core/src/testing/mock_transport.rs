//! A transport with responses written by the test.

use std::collections::{BTreeMap, VecDeque};
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use bytes::Bytes;
use http::header::{CONTENT_TYPE, RETRY_AFTER};
use http::{HeaderValue, Request, Response};
use prost::Message as _;

use super::request::{check_size, list_names, message, method, unexpected};
use crate::protocol::connect;
use crate::protocol::rpc::Rpc;
use crate::runtime::{Limits, Transport, TransportError};

/// A transport with responses written by the test, by API method.
///
/// [`respond_once`](Self::respond_once) responds to one request, [`respond_with`](Self::respond_with) to all later ones.
/// A request of any other method fails with an error that names the method. Clones share their state: keep one to
/// inspect the [requests](Self::requests) afterwards.
///
/// ```
/// # use tilebox_core as tilebox_tokio;
/// use tilebox_tokio::blocking::Client;
/// use tilebox_tokio::protocol::connect::{Code, Error};
/// use tilebox_tokio::datasets::rpc::GetDataset;
/// use tilebox_tokio::testing::{self, MockTransport};
/// use tilebox_tokio::protocol::wire::{datasets::v1::Dataset, tilebox::v1::Id};
/// use tilebox_tokio::{ErrorKind, Result};
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
/// let server = MockTransport::new()
///     .respond_once::<GetDataset>(Ok(sentinel))
///     .respond_with::<GetDataset>(|_| Err(Error::new(Code::NotFound, "no such dataset")));
/// let client = testing::client_builder(server.clone()).build()?;
/// assert_eq!(title(&client, "sentinel")?, "SENTINEL");
/// assert_eq!(title(&client, "misspelt")?, "UNTITLED");
/// assert_eq!(server.requests::<GetDataset>()[1].slug, "misspelt");
///
/// // An unexpected request fails.
/// let error = client.datasets().unwrap_err();
/// assert!(error.to_string().contains("the mock does not expect `datasets.v1.DatasetService/ListDatasets`"), "{error}");
/// # Ok::<(), tilebox_core::Error>(())
/// ```
///
/// For a dataset with its type and datapoints, use a [`Replay`](super::Replay) or the local server.
#[derive(Clone, Default)]
pub struct MockTransport {
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    /// Responses by method.
    methods: BTreeMap<&'static str, MethodResponses>,
    /// Method and message of each request.
    requests: Vec<(String, Bytes)>,
}

#[derive(Default)]
struct MethodResponses {
    once: VecDeque<Response<Bytes>>,
    handler: Option<Arc<Handler>>,
}

type Handler = dyn Fn(Bytes) -> Result<Response<Bytes>, TransportError> + Send + Sync;

impl MockTransport {
    /// Creates a transport without responses.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a response to one request of a method. Several of them are sent in order.
    #[must_use]
    pub fn respond_once<R: Rpc>(self, result: Result<R::Response, connect::Error>) -> Self {
        self.edit::<R>(|responses| responses.once.push_back(encode_response::<R>(result)));
        self
    }

    /// Sets the handler for requests of a method, used once its [`respond_once`](Self::respond_once) responses are sent.
    /// A later handler replaces an earlier one.
    #[must_use]
    pub fn respond_with<R: Rpc>(
        self,
        handler: impl Fn(R::Request) -> Result<R::Response, connect::Error> + Send + Sync + 'static,
    ) -> Self
    where
        R::Request: Default,
    {
        let handler = move |message: Bytes| {
            let request = R::Request::decode(message).map_err(|error| {
                let reason = format!("the message of `{}` cannot be decoded: {error}", method(R::PATH));
                unexpected(reason, "send a message of the type that the method expects")
            })?;
            Ok(encode_response::<R>(handler(request)))
        };
        self.edit::<R>(|responses| responses.handler = Some(Arc::new(handler)));
        self
    }

    /// Returns the requests of a method so far, in order.
    #[must_use]
    pub fn requests<R: Rpc>(&self) -> Vec<R::Request>
    where
        R::Request: Default,
    {
        let state = self.lock();
        let requests = state.requests.iter().filter(|(name, _)| name == method(R::PATH));
        requests.filter_map(|(_, message)| R::Request::decode(message.clone()).ok()).collect()
    }

    /// Returns the method of each unsent [`respond_once`](Self::respond_once) response.
    #[must_use]
    pub fn unused(&self) -> Vec<&'static str> {
        let state = self.lock();
        state.methods.iter().flat_map(|(method, responses)| responses.once.iter().map(|_| *method)).collect()
    }

    fn edit<R: Rpc>(&self, edit: impl FnOnce(&mut MethodResponses)) {
        edit(self.lock().methods.entry(method(R::PATH)).or_default());
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Encodes a result as the response of a server.
fn encode_response<R: Rpc>(result: Result<R::Response, connect::Error>) -> Response<Bytes> {
    let error = match result {
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
impl Transport for MockTransport {
    async fn send(&self, request: Request<Bytes>, limits: Limits) -> Result<Response<Bytes>, TransportError> {
        let message = message(&request)?;
        let method = method(request.uri().path());
        // The lock is released before the handler runs, because the handler may inspect the requests.
        let handler = {
            let mut state = self.lock();
            state.requests.push((method.to_owned(), message.clone()));
            let responses = state.methods.get_mut(method);
            if let Some(response) = responses.and_then(|responses| responses.once.pop_front()) {
                return check_size(response, limits);
            }
            let handler = state.methods.get(method).and_then(|responses| responses.handler.clone());
            handler.ok_or_else(|| {
                let expected = state.methods.iter().filter(|(_, responses)| responses.is_available());
                let expected = list_names(expected.map(|(method, _)| *method));
                let reason = format!("the mock does not expect `{method}`, only {expected}");
                unexpected(reason, "add a response with `respond_once` or `respond_with`")
            })?
        };
        check_size(handler(message)?, limits)
    }
}

impl MethodResponses {
    fn is_available(&self) -> bool {
        self.handler.is_some() || !self.once.is_empty()
    }
}

impl fmt::Debug for MockTransport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = self.lock();
        let methods: Vec<_> = state.methods.keys().collect();
        f.debug_struct("MockTransport").field("methods", &methods).field("requests", &state.requests.len()).finish()
    }
}
