//! HTTP by [surf], which talks through isahc unless the application brings a client of its own.

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
use tilebox_core::protocol::exchange::{Limits, TransportError, TransportErrorKind};
use tilebox_core::runtime::Transport;

pub use ::surf;

/// Exchanges over a [`surf::Client`].
///
/// Made by [`Surf::new`], they go through [`Isahc`] and behave like it, also where one is dropped: its docs say what differs
/// from other backends. There are no client certificates.
///
/// A client of your own tells only statuses that surf knows, and not the version of HTTP.
///
/// Never bring a client on surf's own `h1-client` or `h1-client-rustls`: after a request was dropped, they give its
/// answer to a later one.
#[derive(Clone, Debug)]
pub struct Surf {
    client: Client,
}

impl Surf {
    /// A client over an isahc client of its own.
    ///
    /// # Errors
    ///
    /// As of [`Isahc::new`].
    pub fn new() -> Result<Self, TransportError> {
        Ok(Self::over(Isahc::new()?))
    }

    /// A client over this isahc client.
    #[must_use]
    pub fn over(isahc: Isahc) -> Self {
        Self::with_client(Client::with_http_client(OverIsahc(isahc)))
    }

    /// Exchanges over a client of your own, with its middleware. It should follow no redirects and repeat nothing.
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
        // surf guesses a type for the body where none was given.
        outgoing.remove_header("content-type");
        for (name, value) in &head.headers {
            let value = HeaderValue::from_bytes(value.as_bytes().to_vec()).map_err(unknown_to_surf)?;
            outgoing.append_header(HeaderName::from(name.as_str()), value);
        }
        outgoing.ext_mut().insert(limits);

        let incoming = self.client.send(outgoing).await.map_err(failed)?;
        let mut response = Response::new(Bytes::new());
        match incoming.ext::<Told>() {
            Some(told) => (*response.status_mut(), *response.version_mut()) = (told.status, told.version),
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

/// The error of the transport below comes back as it was; that of another client says nothing that can be matched.
fn failed(error: Error) -> TransportError {
    error
        .downcast::<TransportError>()
        .unwrap_or_else(|error| TransportError::new(TransportErrorKind::Interrupted, error.into_inner()))
}

fn unsupported(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> TransportError {
    TransportError::new(TransportErrorKind::Unsupported, error)
}

/// surf knows fewer methods than HTTP has, and no header that is not ASCII. Trying again would not help.
fn unknown_to_surf(error: Error) -> TransportError {
    unsupported(error.into_inner())
}

/// What surf cannot say: it knows some statuses only, and not the version of HTTP.
#[derive(Clone, Copy, Debug)]
struct Told {
    status: http::StatusCode,
    version: http::Version,
}

/// The client below surf. Its bodies are whole, as those of the seam are.
#[derive(Debug)]
struct OverIsahc(Isahc);

#[async_trait]
impl HttpClient for OverIsahc {
    async fn send(&self, mut request: surf_http::Request) -> Result<surf_http::Response, Error> {
        let limits = request.ext().get::<Limits>().copied();
        let limits =
            limits.ok_or_else(|| Error::from_str(StatusCode::InternalServerError, "a request without limits"))?;
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
    response.ext_mut().insert(Told { status: head.status, version: head.version });
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
