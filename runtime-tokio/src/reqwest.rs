//! HTTP by [reqwest], for applications that have it already.

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
use tilebox_core::protocol::exchange::{Limits, TransportError, TransportErrorKind};
use tilebox_core::runtime::Transport;
use tokio::runtime::{Handle, Id};

use crate::context::Context;

pub use ::reqwest;

/// Exchanges over a [`reqwest::Client`].
///
/// HTTP/2 is negotiated by ALPN over TLS, HTTP/1.1 is spoken otherwise; the proxies that the environment names are
/// used. A unix socket has a client of its own, which speaks HTTP/1.1 whatever this one is set to. Dropping an exchange
/// closes its connection, or resets its stream on HTTP/2.
///
/// The head of a response may have about 400 kB, and over HTTP/2 as much as with the backend over hyper; a longer one is
/// [`TransportErrorKind::TooLarge`]. The proxies of a client of your own are not known here: the error of one that asks for
/// credentials names no variable then.
///
/// A request that waits for a pooled connection which turns out to be closed is sent over another one, but only while
/// nothing of it was written. Nothing else is ever sent twice.
///
/// Each tokio runtime in which it is used has a pool of its own. The pool is replaced after an exchange that ran out of time,
/// because the network may have forgotten its connections: see [`Transport`].
#[derive(Clone, Debug)]
pub struct Reqwest {
    pools: Pools<Client, Id>,
    /// Those that the environment named for the client.
    proxies: Proxies,
    sockets: Sockets,
    context: Context,
}

/// How long connecting to a host may take, with TLS. Each of the host's addresses has an equal part of it.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

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
        Self::made_by(move || Self::builder(tls.clone()))
    }

    /// A client that speaks HTTP/2 from the first byte also without TLS, for servers that are known to do so.
    ///
    /// # Errors
    ///
    /// [`TransportErrorKind::Unsupported`] when the client cannot be set up.
    pub fn http2_prior_knowledge() -> Result<Self, TransportError> {
        let tls = tls::client_config(tls::roots())?;
        Self::made_by(move || Self::builder(tls.clone()).http2_prior_knowledge())
    }

    /// Exchanges over clients with your own settings, for which [`Reqwest::builder`] is the start. One is made for each tokio
    /// runtime, and another one each time that an exchange ran out of time.
    ///
    /// # Errors
    ///
    /// [`TransportErrorKind::Unsupported`] when a client cannot be set up.
    pub fn made_by(make: impl Fn() -> ClientBuilder + Send + Sync + 'static) -> Result<Self, TransportError> {
        // Settings that cannot be used are an error here.
        make().build().map_err(unusable)?;
        let pools = Pools::new(move || {
            Context::capture().check()?;
            make().build().map_err(unusable)
        });
        Ok(Self::over(pools, Proxies::from_env()))
    }

    /// The settings of [`Reqwest::with_tls`], to be changed and given to [`Reqwest::made_by`].
    ///
    /// HTTP/2 and HTTP/1.1 are offered by ALPN unless the configuration offers something else.
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

    /// Exchanges over a client of your own, with its proxy, roots and pool.
    ///
    /// Its settings are kept, so it should follow no redirects, keep no cookies and decompress nothing:
    /// start from [`Reqwest::builder`]. Its connections belong to one runtime, and are used until they break: where a
    /// network may forget them, or runtimes come and go, use [`Reqwest::made_by`].
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
                *request.uri_mut() = target::behind_socket(request.uri())?;
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

/// The clients of unix sockets: one for each, because reqwest holds the socket as a setting of the client.
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

fn unusable(error: Error) -> TransportError {
    TransportError::new(TransportErrorKind::Unsupported, error)
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
