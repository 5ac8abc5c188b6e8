//! The server and the credentials that all requests of a client have in common.
//!
//! | file | holds |
//! |---|---|
//! | [`url`] | the URL of a server, parsed from user input |
//! | [`socket`] | unix sockets in the URIs of requests |
//! | [`token`] | the API key, hidden from every output |
//! | [`metadata`] | the `Tilebox-Client` header |
//! | `raw` | requests of other protocols to the same server |

pub mod metadata;
#[cfg(feature = "client")]
mod raw;
pub mod socket;
pub mod token;
pub mod url;

use std::borrow::Cow;

use bytes::Bytes;
use http::header::{AUTHORIZATION, USER_AGENT};
use http::{HeaderMap, HeaderName, HeaderValue, Uri};
use prost::Message;

pub use metadata::ClientMetadata;
pub use socket::UnixSocket;
pub use token::{API_KEYS_PAGE, Token};
pub use url::ServerUrl;

use crate::error::{Error, Result, UnreadableMessage};
use crate::protocol::call::CallRequest;
use crate::protocol::connect::request::DEFAULT_GZIP_THRESHOLD;
use crate::protocol::connect::{self, EncodedMessage};
use crate::protocol::retry::Idempotency;
use crate::protocol::rpc::Rpc;

/// The path prefix for anonymous access.
const PUBLIC: &str = "/public";
/// The paths of the services with anonymous access: those of the Datasets API. The Workflows API has none.
const PUBLIC_SERVICES: &str = "/datasets.";
const CLIENT_METADATA: HeaderName = HeaderName::from_static("tilebox-client");
const USER_AGENT_VALUE: &str = concat!("tilebox-rust/", env!("CARGO_PKG_VERSION"));

/// A server and the headers of its calls.
#[derive(Clone, Debug)]
pub struct Endpoint {
    base: String,
    headers: HeaderMap,
    /// Whether calls of [`PUBLIC_SERVICES`] use the path for anonymous access.
    public: bool,
}

impl Endpoint {
    /// Creates the endpoint of the server at `url`, with or without an API key.
    ///
    /// Without a key, calls of the Datasets API of Tilebox use the path below `/public`. Calls of other servers do not: a
    /// server in a private network has no such path. Calls of the Workflows API never do.
    #[must_use]
    pub fn new(url: &ServerUrl, token: Option<&Token>, metadata: &ClientMetadata) -> Self {
        let mut headers = HeaderMap::new();
        headers.insert(USER_AGENT, HeaderValue::from_static(USER_AGENT_VALUE));
        if let Some(metadata) = metadata.to_header() {
            headers.insert(CLIENT_METADATA, metadata);
        }
        if let Some(token) = token {
            headers.insert(AUTHORIZATION, token.to_header());
        }
        let public = token.is_none() && url.is_tilebox();
        Self { base: url.base(), headers, public }
    }

    /// Creates a call of `R` that returns its response message. `purpose` completes "cannot …" in an error.
    ///
    /// # Errors
    ///
    /// When the URL of the method is invalid.
    pub fn call<R: Rpc>(
        &self,
        request: &R::Request,
        purpose: impl Into<Cow<'static, str>>,
    ) -> Result<CallRequest<R::Response>> {
        self.call_as::<R>(request, R::IDEMPOTENCY, purpose)
    }

    /// Creates a call like [`call`](Self::call) with the idempotency of this request, which may differ from the method's.
    pub(crate) fn call_as<R: Rpc>(
        &self,
        request: &R::Request,
        idempotency: Idempotency,
        purpose: impl Into<Cow<'static, str>>,
    ) -> Result<CallRequest<R::Response>> {
        self.call_with::<R, _, _>(request, idempotency, purpose, |response| {
            let response = R::Response::decode(response.message.clone()).map_err(UnreadableMessage::new)?;
            R::lacks(&response).map_or(Ok(response), |reason| Err(UnreadableMessage::new(reason).cut()))
        })
    }

    /// Creates a call of `R` whose response is read by `decode`, with the idempotency of this request.
    pub(crate) fn call_with<R: Rpc, Reply, E: std::error::Error + Send + Sync + 'static>(
        &self,
        request: &R::Request,
        idempotency: Idempotency,
        purpose: impl Into<Cow<'static, str>>,
        decode: impl Fn(&connect::UnaryResponse) -> Result<Reply, E> + Send + Sync + 'static,
    ) -> Result<CallRequest<Reply>> {
        Ok(self.call_encoded::<R>(request, idempotency, purpose)?.decoded_by(decode))
    }

    /// Creates a call of `R` whose response stays encoded, with the idempotency of this request.
    pub(crate) fn call_encoded<R: Rpc>(
        &self,
        request: &R::Request,
        idempotency: Idempotency,
        purpose: impl Into<Cow<'static, str>>,
    ) -> Result<CallRequest<EncodedMessage>> {
        self.call_bytes::<R>(request.encode_to_vec().into(), idempotency, purpose)
    }

    /// Creates a call of `R` whose request is encoded already, and whose response stays encoded.
    pub(crate) fn call_bytes<R: Rpc>(
        &self,
        message: Bytes,
        idempotency: Idempotency,
        purpose: impl Into<Cow<'static, str>>,
    ) -> Result<CallRequest<EncodedMessage>> {
        let public = self.public && R::PATH.starts_with(PUBLIC_SERVICES);
        let url = format!("{}{}{}", self.base, if public { PUBLIC } else { "" }, R::PATH);
        let uri: Uri =
            url.parse().map_err(|error| Error::invalid(format!("call {url}"), format!("{error}"), "check the URL"))?;
        let request = connect::Request::new(uri, self.headers.clone(), message, DEFAULT_GZIP_THRESHOLD);
        let mut call = CallRequest::encoded(request, idempotency, purpose);
        call.context.public = public;
        call.context.writes = R::WRITES;
        Ok(call)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::datasets::rpc::GetDataset;
    use crate::protocol::wire::datasets::v1::GetDatasetRequest;
    use crate::protocol::wire::workflows::v1::{ListClustersRequest, ListClustersResponse};
    use std::time::Duration;

    fn attempt(url: &str, token: Option<&str>) -> http::Request<Bytes> {
        let token = token.map(|token| Token::new(token).expect("a token"));
        let metadata = ClientMetadata::new("test");
        let endpoint = Endpoint::new(&ServerUrl::parse(url).expect("a URL"), token.as_ref(), &metadata);
        let call = endpoint.call::<GetDataset>(&GetDatasetRequest::default(), "test").expect("a call");
        call.request.attempt(Duration::from_secs(1))
    }

    #[test]
    fn anonymous_calls_of_tilebox_go_to_the_public_path() {
        let uri = |url, token| attempt(url, token).uri().to_string();
        let method = "/datasets.v1.DatasetService/GetDataset";
        assert_eq!(uri("https://api.tilebox.com", None), format!("https://api.tilebox.com/public{method}"));
        assert_eq!(uri("https://api.tilebox.com", Some("k")), format!("https://api.tilebox.com{method}"));
        assert_eq!(uri("http://localhost:8080/", None), format!("http://localhost:8080{method}"));
        assert_eq!(uri("https://h/a/b/", Some("k")), format!("https://h/a/b{method}"));
    }

    #[test]
    fn anonymous_calls_of_workflows_keep_their_path() {
        struct ListClusters;

        impl Rpc for ListClusters {
            type Request = ListClustersRequest;
            type Response = ListClustersResponse;
            const PATH: &'static str = "/workflows.v1.WorkflowsService/ListClusters";
            const IDEMPOTENCY: Idempotency = Idempotency::Idempotent;
        }

        let url = ServerUrl::parse("https://api.tilebox.com").expect("a URL");
        let endpoint = Endpoint::new(&url, None, &ClientMetadata::none());
        let call = endpoint.call::<ListClusters>(&ListClustersRequest {}, "test").expect("a call");
        assert_eq!(call.request.uri(), "https://api.tilebox.com/workflows.v1.WorkflowsService/ListClusters");
        assert!(!call.context.public);
    }

    #[test]
    fn a_call_carries_key_and_client_metadata() {
        let request = attempt("https://h", Some("secret"));
        assert_eq!(request.headers()[AUTHORIZATION], "Bearer secret");
        assert!(request.headers()[AUTHORIZATION].is_sensitive());
        assert!(request.headers()[CLIENT_METADATA].to_str().expect("text").starts_with("name=\"tilebox-rust\""));
        assert!(!attempt("https://h", None).headers().contains_key(AUTHORIZATION));
    }
}
