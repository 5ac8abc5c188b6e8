//! HTTP by [hyper](https://docs.rs/hyper)'s pooled client, with full control over each connection.

use async_trait::async_trait;
use bytes::Bytes;
use http::{Request, Response};
use http_body_util::Full;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::connect::{Connect, HttpConnector};
use hyper_util::client::legacy::{Builder, Client};
use hyper_util::rt::TokioTimer;
use tilebox_backends::tls::rustls::ClientConfig;
use tilebox_backends::{hyper as pooled, tls};
#[cfg(unix)]
use tilebox_core::endpoint::UnixSocket;
use tilebox_core::exchange::{Limits, TransportError};
use tilebox_core::runtime::Transport;

use crate::context::Context;
#[cfg(unix)]
use crate::socket::Sockets;

pub use hyper_rustls;
pub use hyper_util;

/// Exchanges over a pooled hyper client.
///
/// HTTP/2 is negotiated by ALPN over TLS, HTTP/1.1 is spoken otherwise. Dropping an exchange closes its connection, or
/// resets its stream on HTTP/2. A unix socket has a pool of its own, in which HTTP/1.1 is spoken.
///
/// A connection of HTTP/1.1 reads through a buffer of at most [`READ_BUFFER_BYTES`](pooled::READ_BUFFER_BYTES), 32 KiB,
/// into which the head of an answer has to fit; bodies may have any length.
///
/// A request that waits for a pooled connection which turns out to be closed is sent over another one, but only while
/// nothing of it was written. Nothing else is ever sent twice.
#[derive(Clone, Debug)]
pub struct Hyper<C = HttpsConnector<HttpConnector>> {
    client: Client<C, Full<Bytes>>,
    #[cfg(unix)]
    sockets: Client<Sockets, Full<Bytes>>,
    context: Context,
}

impl Hyper {
    /// A client with a pool of its own, which trusts the roots of the platform.
    ///
    /// # Errors
    ///
    /// [`Unsupported`](tilebox_core::exchange::TransportErrorKind::Unsupported) when TLS cannot be set up.
    pub fn new() -> Result<Self, TransportError> {
        Ok(Self::with_tls(tls::client_config(tls::roots())?))
    }

    /// A client with this TLS configuration: your own roots, your own certificate. What it offers by ALPN is replaced.
    #[must_use]
    pub fn with_tls(mut tls: ClientConfig) -> Self {
        // Set by the next line, which insists on finding nothing there.
        tls.alpn_protocols.clear();
        let connector = HttpsConnectorBuilder::new()
            .with_tls_config(tls)
            .https_or_http()
            .enable_all_versions()
            .wrap_connector(tcp());
        Self::with_client(builder().build(connector))
    }

    /// A client that speaks HTTP/2 from the first byte also without TLS, for servers that are known to do so.
    ///
    /// # Errors
    ///
    /// [`Unsupported`](tilebox_core::exchange::TransportErrorKind::Unsupported) when TLS cannot be set up.
    pub fn http2_prior_knowledge() -> Result<Self, TransportError> {
        let connector = HttpsConnectorBuilder::new()
            .with_tls_config(tls::client_config(tls::roots())?)
            .https_or_http()
            .enable_http2()
            .wrap_connector(tcp());
        Ok(Self::with_client(builder().http2_only(true).build(connector)))
    }
}

impl<C> Hyper<C>
where
    C: Connect + Clone + Send + Sync + 'static,
{
    /// Exchanges over a client of your own, with its connector, roots and pool.
    #[must_use]
    pub fn with_client(client: Client<C, Full<Bytes>>) -> Self {
        Self {
            client,
            #[cfg(unix)]
            sockets: builder().build(Sockets),
            context: Context::capture(),
        }
    }
}

impl<C> From<Client<C, Full<Bytes>>> for Hyper<C>
where
    C: Connect + Clone + Send + Sync + 'static,
{
    fn from(client: Client<C, Full<Bytes>>) -> Self {
        Self::with_client(client)
    }
}

#[async_trait]
impl<C> Transport for Hyper<C>
where
    C: Connect + Clone + Send + Sync + 'static,
{
    async fn send(&self, request: Request<Bytes>, limits: Limits) -> Result<Response<Bytes>, TransportError> {
        #[cfg(unix)]
        if UnixSocket::of(request.uri()).is_some() {
            return self.context.within(pooled::exchange(&self.sockets, request, limits)).await;
        }
        self.context.within(pooled::exchange(&self.client, request, limits)).await
    }
}

fn tcp() -> HttpConnector {
    let mut connector = HttpConnector::new();
    connector.set_nodelay(true);
    // The connector around it serves https as well.
    connector.enforce_http(false);
    connector
}

fn builder() -> Builder {
    let mut builder = Client::builder(Spawner(Context::capture()));
    pooled::configure(&mut builder).pool_timer(TokioTimer::new());
    builder
}

/// Spawns the tasks of connections without panicking outside of a runtime.
#[derive(Clone, Debug)]
struct Spawner(Context);

impl<F> hyper::rt::Executor<F> for Spawner
where
    F: Future<Output = ()> + Send + 'static,
{
    fn execute(&self, task: F) {
        if let Some(handle) = self.0.handle() {
            handle.spawn(task);
        }
    }
}
