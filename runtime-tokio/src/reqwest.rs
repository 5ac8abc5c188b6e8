//! HTTP by [reqwest], for applications that have it already.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use ::reqwest::retry;
use ::reqwest::{Body, Client, ClientBuilder, Error, redirect};
use async_trait::async_trait;
use bytes::Bytes;
use http::{Request, Response, StatusCode};
use tilebox_backends::hyper::{HEADER_LIST_BYTES, failure, read};
use tilebox_backends::proxy::{self, Proxies};
use tilebox_backends::target::{self, Target};
use tilebox_backends::tls;
use tilebox_backends::tls::rustls::ClientConfig;
use tilebox_core::endpoint::UnixSocket;
use tilebox_core::exchange::{Limits, TransportError, TransportErrorKind};
use tilebox_core::runtime::Transport;

use crate::context::Context;

pub use ::reqwest;

/// Exchanges over a [`reqwest::Client`].
///
/// HTTP/2 is negotiated by ALPN over TLS, HTTP/1.1 is spoken otherwise; the proxies that the environment names are
/// used. A unix socket has a client of its own, which speaks HTTP/1.1 whatever this one is set to. Dropping an exchange
/// closes its connection, or resets its stream on HTTP/2.
///
/// A request that waits for a pooled connection which turns out to be closed is sent over another one, but only while
/// nothing of it was written. Nothing else is ever sent twice.
#[derive(Clone, Debug)]
pub struct Reqwest {
    client: Client,
    /// Those that the environment named for the client.
    proxies: Proxies,
    sockets: Sockets,
    context: Context,
}

impl Reqwest {
    /// A client with a pool of its own, which trusts the roots of the platform.
    ///
    /// # Errors
    ///
    /// [`TransportErrorKind::Unsupported`] when the client cannot be set up.
    pub fn new() -> Result<Self, TransportError> {
        Self::with_tls(tls::client_config(tls::roots())?)
    }

    /// A client with this TLS configuration: your own roots, your own certificate.
    ///
    /// # Errors
    ///
    /// [`TransportErrorKind::Unsupported`] when the client cannot be set up.
    pub fn with_tls(tls: ClientConfig) -> Result<Self, TransportError> {
        Self::build(Self::builder(tls))
    }

    /// A client that speaks HTTP/2 from the first byte also without TLS, for servers that are known to do so.
    ///
    /// # Errors
    ///
    /// [`TransportErrorKind::Unsupported`] when the client cannot be set up.
    pub fn http2_prior_knowledge() -> Result<Self, TransportError> {
        Self::build(Self::builder(tls::client_config(tls::roots())?).http2_prior_knowledge())
    }

    /// The settings of [`Reqwest::with_tls`], to be changed and given to [`Reqwest::with_client`].
    ///
    /// HTTP/2 and HTTP/1.1 are offered by ALPN unless the configuration offers something else.
    pub fn builder(mut tls: ClientConfig) -> ClientBuilder {
        if tls.alpn_protocols.is_empty() {
            tls.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        }
        Client::builder()
            .tls_backend_preconfigured(tls)
            .tcp_nodelay(true)
            .http2_max_header_list_size(HEADER_LIST_BYTES)
            .redirect(redirect::Policy::none())
            .retry(retry::never())
    }

    /// Exchanges over a client of your own, with its proxy, roots and pool.
    ///
    /// Its settings are kept, so it should follow no redirects, keep no cookies and decompress nothing:
    /// start from [`Reqwest::builder`].
    #[must_use]
    pub fn with_client(client: Client) -> Self {
        Self { client, proxies: Proxies::none(), sockets: Sockets::default(), context: Context::capture() }
    }

    fn build(builder: ClientBuilder) -> Result<Self, TransportError> {
        let client = builder.build().map_err(|error| TransportError::new(TransportErrorKind::Unsupported, error))?;
        Ok(Self { proxies: Proxies::from_env(), ..Self::with_client(client) })
    }

    async fn exchange(&self, request: Request<Bytes>, limits: Limits) -> Result<Response<Bytes>, TransportError> {
        let (client, request) = match target::check(request.uri())? {
            Target::Host => (self.client.clone(), request),
            Target::Socket(socket) => {
                let mut request = request;
                *request.uri_mut() = target::behind_socket(request.uri())?;
                (self.sockets.client(&socket)?, request)
            }
        };
        let uri = request.uri().clone();
        let response = client
            .execute(request.try_into().map_err(failed)?)
            .await
            .map_err(|error| if proxy::is_denied_tunnel(&error) { self.proxies.denied(&uri) } else { failed(error) })?;
        let (mut head, incoming) = Response::<Body>::from(response).into_parts();
        if head.status == StatusCode::PROXY_AUTHENTICATION_REQUIRED {
            return Err(self.proxies.denied(&uri));
        }
        let body = read(&head, incoming, limits, |error| TransportError::new(failure::in_body(&error), error)).await?;
        head.extensions.clear();
        Ok(Response::from_parts(head, body))
    }
}

/// The clients of unix sockets: one for each, because reqwest holds the socket as a setting of the client.
#[derive(Clone, Debug, Default)]
struct Sockets(Arc<Mutex<HashMap<UnixSocket, Client>>>);

impl Sockets {
    fn client(&self, socket: &UnixSocket) -> Result<Client, TransportError> {
        let mut clients = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(client) = clients.get(socket) {
            return Ok(client.clone());
        }
        let client = over_socket(socket)?;
        clients.insert(socket.clone(), client.clone());
        Ok(client)
    }
}

#[cfg(unix)]
fn over_socket(socket: &UnixSocket) -> Result<Client, TransportError> {
    // Nothing is secret inside of a machine, so no roots are needed.
    let tls = tls::client_config(tls::rustls::RootCertStore::empty())?;
    Reqwest::builder(tls).unix_socket(socket.path()).build().map_err(failed)
}

/// Never asked for: such a target is refused before.
#[cfg(not(unix))]
fn over_socket(_: &UnixSocket) -> Result<Client, TransportError> {
    Err(TransportError::new(TransportErrorKind::Unsupported, "this platform has no unix sockets"))
}

impl From<Client> for Reqwest {
    fn from(client: Client) -> Self {
        Self::with_client(client)
    }
}

#[async_trait]
impl Transport for Reqwest {
    async fn send(&self, request: Request<Bytes>, limits: Limits) -> Result<Response<Bytes>, TransportError> {
        self.context.within(self.exchange(request, limits)).await
    }
}

fn failed(error: Error) -> TransportError {
    // The address is known above and may hold a key.
    let error = error.without_url();
    if error.is_connect() {
        TransportError::new(TransportErrorKind::Connect, error)
    } else if error.is_timeout() {
        TransportError::new(TransportErrorKind::TimedOut, error)
    } else if error.is_builder() {
        TransportError::new(TransportErrorKind::Unsupported, error)
    } else {
        failure::before_response(error)
    }
}
