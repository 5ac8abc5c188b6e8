//! The HTTP backend over [surf], which uses isahc unless the application supplies its own client.

use std::str::FromStr;

use ::surf::http::headers::{HeaderName, HeaderValue};
use ::surf::http::{self as surf_http, Method, Url};
use ::surf::{Client, Error, StatusCode};
use async_trait::async_trait;
use bytes::Bytes;
use http::{Request, Response};
use http_client::HttpClient;
use tilebox_backends::isahc::Isahc;
use tilebox_backends::{body, target};
use tilebox_core::runtime::{Limits, Transport, TransportError, TransportErrorKind};

pub use ::surf;

/// Exchanges over a [`surf::Client`].
///
/// [`Surf::new`] sends them through [`Isahc`] and behaves like it, also when an exchange is dropped: its docs list the
/// differences from other backends. There are no client certificates.
///
/// With your own client, responses have only statuses that surf knows, and no HTTP version.
///
/// Never use a client on surf's own `h1-client` or `h1-client-rustls`: after a dropped request, they return its response for a
/// later request.
#[derive(Clone, Debug)]
pub struct Surf {
    client: Client,
}

impl Surf {
    /// Returns a backend over its own isahc client.
    ///
    /// # Errors
    ///
    /// As [`Isahc::new`].
    pub fn new() -> Result<Self, TransportError> {
        Ok(Self::with_isahc(Isahc::new()?))
    }

    /// Returns a backend over this isahc client.
    #[must_use]
    pub fn with_isahc(isahc: Isahc) -> Self {
        Self::with_client(Client::with_http_client(OverIsahc(isahc)))
    }

    /// Returns a backend over your own client, with its middleware. The client must follow no redirects and retry nothing.
    #[must_use]
    pub fn with_client(client: Client) -> Self {
        Self { client }
    }
}

impl From<Client> for Surf {
    fn from(client: Client) -> Self {
        Self::with_client(client)
    }
}

#[async_trait]
impl Transport for Surf {
    async fn send(&self, request: Request<Bytes>, limits: Limits) -> Result<Response<Bytes>, TransportError> {
        target::check(request.uri())?;
        let (head, body) = request.into_parts();
        let mut outgoing = surf_http::Request::new(
            Method::from_str(head.method.as_str()).map_err(unknown_to_surf)?,
            Url::parse(&head.uri.to_string()).map_err(unsupported)?,
        );
        outgoing.set_body(body.as_ref());
        // surf guesses a content type.
        outgoing.remove_header("content-type");
        for (name, value) in &head.headers {
            let value = HeaderValue::from_bytes(value.as_bytes().to_vec()).map_err(unknown_to_surf)?;
            outgoing.append_header(HeaderName::from(name.as_str()), value);
        }
        outgoing.ext_mut().insert(limits);

        let incoming = self.client.send(outgoing).await.map_err(failed)?;
        let mut response = Response::new(Bytes::new());
        match incoming.ext::<StatusLine>() {
            Some(line) => (*response.status_mut(), *response.version_mut()) = (line.status, line.version),
            None => *response.status_mut() = (incoming.status() as u16).try_into().map_err(unsupported)?,
        }
        for (name, values) in incoming.iter() {
            for value in values {
                let name = http::HeaderName::try_from(name.as_str()).map_err(unsupported)?;
                response.headers_mut().append(name, value.as_str().try_into().map_err(unsupported)?);
            }
        }

        let claimed = incoming.len().map(|length| length as u64);
        let interrupted = |error| TransportError::new(TransportErrorKind::Interrupted, error);
        *response.body_mut() = body::read(incoming, claimed, limits, interrupted).await?;
        Ok(response)
    }
}

/// Returns the error of the transport below unchanged. The error of another client has no kind.
fn failed(error: Error) -> TransportError {
    error
        .downcast::<TransportError>()
        .unwrap_or_else(|error| TransportError::new(TransportErrorKind::Interrupted, error.into_inner()))
}

fn unsupported(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> TransportError {
    TransportError::new(TransportErrorKind::Unsupported, error)
}

/// Returns the error of a method that surf does not know, or of a header that is not ASCII. A retry would not help.
fn unknown_to_surf(error: Error) -> TransportError {
    unsupported(error.into_inner())
}

/// The status and HTTP version of a response: surf knows only some statuses, and no version.
#[derive(Clone, Copy, Debug)]
struct StatusLine {
    status: http::StatusCode,
    version: http::Version,
}

/// The client below surf. Its bodies are whole, as those of [`Transport`].
#[derive(Debug)]
struct OverIsahc(Isahc);

#[async_trait]
impl HttpClient for OverIsahc {
    async fn send(&self, mut request: surf_http::Request) -> Result<surf_http::Response, Error> {
        let limits = request.ext().get::<Limits>().copied();
        let limits =
            limits.ok_or_else(|| Error::from_str(StatusCode::InternalServerError, "the request has no limits"))?;
        let body = request.take_body().into_bytes().await?;
        let mut outgoing = Request::builder().method(request.method().as_ref()).uri(request.url().as_str());
        for (name, values) in request.iter() {
            for value in values {
                outgoing = outgoing.header(name.as_str(), value.as_str());
            }
        }
        let outgoing = outgoing.body(Bytes::from(body)).map_err(unsupported).map_err(carried)?;
        let incoming = self.0.send(outgoing, limits).await.map_err(carried)?;
        from_isahc(incoming)
    }
}

fn from_isahc(incoming: Response<Bytes>) -> Result<surf_http::Response, Error> {
    let (head, body) = incoming.into_parts();
    let nearest = match head.status {
        status if status.is_client_error() => StatusCode::BadRequest,
        status if status.is_success() => StatusCode::Ok,
        _ => StatusCode::InternalServerError,
    };
    let mut response = surf_http::Response::new(StatusCode::try_from(head.status.as_u16()).unwrap_or(nearest));
    response.ext_mut().insert(StatusLine { status: head.status, version: head.version });
    response.set_body(body.as_ref());
    response.remove_header("content-type");
    for (name, value) in &head.headers {
        let value = HeaderValue::from_bytes(value.as_bytes().to_vec()).map_err(unknown_to_surf).map_err(carried)?;
        response.append_header(HeaderName::from(name.as_str()), value);
    }
    Ok(response)
}

fn carried(error: TransportError) -> Error {
    Error::new(StatusCode::BadGateway, error)
}
