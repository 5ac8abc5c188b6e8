//! The HTTP backend over [reqwest], for applications that already depend on it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use ::reqwest::retry;
use ::reqwest::{Body, Client, ClientBuilder, Error, redirect};
use async_trait::async_trait;
use bytes::Bytes;
use http::{Request, Response, StatusCode};
use tilebox_backends::hyper::{HEADER_LIST_BYTES, failure, read};
use tilebox_backends::pools::{IDLE_TIMEOUT, Pools};
use tilebox_backends::proxy::{self, Proxies};
use tilebox_backends::target::{self, Target};
use tilebox_backends::tls;
use tilebox_backends::tls::rustls::ClientConfig;
use tilebox_backends::{hyper as pooled, tcp};
use tilebox_core::protocol::endpoint::UnixSocket;
use tilebox_core::runtime::{Limits, Transport, TransportError, TransportErrorKind};
use tokio::runtime::{Handle, Id};

use crate::context::Context;

pub use ::reqwest;

/// Exchanges over a [`reqwest::Client`].
///
/// It negotiates HTTP/2 by ALPN over TLS, and otherwise uses HTTP/1.1. It uses the proxies of the environment variables. A
/// unix socket has its own client with HTTP/1.1, regardless of the settings. Dropping an exchange closes its connection, or
/// resets its stream on HTTP/2.
///
/// The head of a response may have about 400 kB, and over HTTP/2 as much as with the backend over hyper; a longer one is
/// [`TransportErrorKind::TooLarge`]. The backend does not know the proxies of your own client: the error of a proxy that
/// requests credentials then names no variable.
///
/// A request on a pooled connection that turns out to be closed is sent over another one, but only if none of its bytes were
/// written. Nothing else is sent twice.
///
/// Each tokio runtime that uses it has its own pool. An exchange that times out replaces the pool, because the network may
/// have dropped its connections: see [`Transport`].
#[derive(Clone, Debug)]
pub struct Reqwest {
    pools: Pools<Client, Id>,
    /// The proxies of the environment that the client uses.
    proxies: Proxies,
    sockets: Sockets,
    context: Context,
}

/// Timeout of a connection to a host, with TLS. Each address of the host has an equal part of it.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

impl Reqwest {
    /// Returns a backend with its own pool, which trusts the roots of the platform.
    ///
    /// # Errors
    ///
    /// [`TransportErrorKind::Unsupported`] when the client cannot be built.
    pub fn new() -> Result<Self, TransportError> {
        Self::with_tls(tls::client_config(tls::roots())?)
    }

    /// Returns a backend with this TLS configuration, for your own roots or certificate.
    ///
    /// # Errors
    ///
    /// [`TransportErrorKind::Unsupported`] when the client cannot be built.
    pub fn with_tls(tls: ClientConfig) -> Result<Self, TransportError> {
        Self::with_builder(move || Self::builder(tls.clone()))
    }

    /// Returns a backend that uses HTTP/2 from the first byte even without TLS, for servers that are known to support it.
    ///
    /// # Errors
    ///
    /// [`TransportErrorKind::Unsupported`] when the client cannot be built.
    pub fn http2_prior_knowledge() -> Result<Self, TransportError> {
        let tls = tls::client_config(tls::roots())?;
        Self::with_builder(move || Self::builder(tls.clone()).http2_prior_knowledge())
    }

    /// Returns a backend over clients with your own settings, which start from [`Reqwest::builder`]. It builds one client for
    /// each tokio runtime, and another one after each exchange that times out.
    ///
    /// # Errors
    ///
    /// [`TransportErrorKind::Unsupported`] when a client cannot be built.
    pub fn with_builder(make: impl Fn() -> ClientBuilder + Send + Sync + 'static) -> Result<Self, TransportError> {
        // Fails here if the settings are not valid.
        make().build().map_err(invalid_settings)?;
        let pools = Pools::new(move || {
            Context::capture().check()?;
            make().build().map_err(invalid_settings)
        });
        Ok(Self::over(pools, Proxies::from_env()))
    }

    /// Returns the settings of [`Reqwest::with_tls`], to change and pass to [`Reqwest::with_builder`].
    ///
    /// ALPN offers HTTP/2 and HTTP/1.1 unless the configuration contains other protocols.
    pub fn builder(mut tls: ClientConfig) -> ClientBuilder {
        if tls.alpn_protocols.is_empty() {
            tls.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        }
        let builder = Client::builder()
            .tls_backend_preconfigured(tls)
            .connect_timeout(CONNECT_TIMEOUT)
            .tcp_nodelay(true)
            .http2_max_header_list_size(HEADER_LIST_BYTES)
            .tcp_keepalive(tcp::KEEPALIVE_TIME)
            .tcp_keepalive_interval(tcp::KEEPALIVE_INTERVAL)
            .tcp_keepalive_retries(tcp::KEEPALIVE_RETRIES)
            .pool_idle_timeout(IDLE_TIMEOUT)
            .http2_initial_stream_window_size(pooled::STREAM_WINDOW_BYTES)
            .http2_initial_connection_window_size(pooled::CONNECTION_WINDOW_BYTES)
            .http2_keep_alive_interval(pooled::PING_INTERVAL)
            .http2_keep_alive_timeout(pooled::PING_TIMEOUT)
            .http2_keep_alive_while_idle(true)
            .redirect(redirect::Policy::none())
            .retry(retry::never());
        #[cfg(any(target_os = "linux", target_os = "android"))]
        let builder = builder.tcp_user_timeout(tcp::USER_TIMEOUT);
        builder
    }

    /// Returns a backend over your own client, with its proxy, roots and pool.
    ///
    /// The client must follow no redirects, keep no cookies and decompress nothing: start from [`Reqwest::builder`]. Its
    /// connections belong to one runtime, and are used until they break. Use [`Reqwest::with_builder`] where a network may
    /// drop them, or where runtimes come and go.
    #[must_use]
    pub fn with_client(client: Client) -> Self {
        let pools = Pools::new(move || {
            Context::capture().check()?;
            Ok(client.clone())
        });
        Self::over(pools, Proxies::none())
    }

    fn over(pools: Pools<Client, Id>, proxies: Proxies) -> Self {
        Self { pools, proxies, sockets: Sockets::default(), context: Context::capture() }
    }

    async fn exchange(&self, request: Request<Bytes>, limits: Limits) -> Result<Response<Bytes>, TransportError> {
        let runtime = Handle::current().id();
        match target::check(request.uri())? {
            Target::Host => {
                self.pools.exchange(runtime, limits, |client| exchange(client, &self.proxies, request, limits)).await
            }
            Target::Socket(socket) => {
                let mut request = request;
                *request.uri_mut() = target::uri_over_socket(request.uri())?;
                let pools = self.sockets.pools(socket);
                pools.exchange(runtime, limits, |client| exchange(client, &self.proxies, request, limits)).await
            }
        }
    }
}

async fn exchange(
    client: Client,
    proxies: &Proxies,
    request: Request<Bytes>,
    limits: Limits,
) -> Result<Response<Bytes>, TransportError> {
    let uri = request.uri().clone();
    let response = client
        .execute(request.try_into().map_err(failed)?)
        .await
        .map_err(|error| if proxy::is_denied_tunnel(&error) { proxies.denied(&uri) } else { failed(error) })?;
    let (mut head, incoming) = Response::<Body>::from(response).into_parts();
    if head.status == StatusCode::PROXY_AUTHENTICATION_REQUIRED {
        return Err(proxies.denied(&uri));
    }
    let body = read(&head, incoming, limits, |error| TransportError::new(failure::in_body(&error), error)).await?;
    head.extensions.clear();
    Ok(Response::from_parts(head, body))
}

/// The clients of unix sockets: one for each socket, because reqwest has the socket as a setting of the client.
#[derive(Clone, Debug, Default)]
struct Sockets(Arc<Mutex<HashMap<UnixSocket, Pools<Client, Id>>>>);

impl Sockets {
    fn pools(&self, socket: UnixSocket) -> Pools<Client, Id> {
        let mut sockets = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let path = socket.clone();
        sockets
            .entry(socket)
            .or_insert_with(|| {
                Pools::new(move || {
                    Context::capture().check()?;
                    over_socket(&path)
                })
            })
            .clone()
    }
}

#[cfg(unix)]
fn over_socket(socket: &UnixSocket) -> Result<Client, TransportError> {
    // A unix socket needs no TLS, so no roots.
    let tls = tls::client_config(tls::rustls::RootCertStore::empty())?;
    Reqwest::builder(tls).unix_socket(socket.path()).build().map_err(failed)
}

/// Never called: such a target is rejected before.
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

fn invalid_settings(error: Error) -> TransportError {
    TransportError::new(TransportErrorKind::Unsupported, error)
}

fn failed(error: Error) -> TransportError {
    // The caller knows the URL, which may contain a key.
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
