//! HTTP by [hyper](https://docs.rs/hyper)'s pooled client, with full control over each connection.

use async_trait::async_trait;
use bytes::Bytes;
use http::{Request, Response};
use http_body_util::Full;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::connect::Connect;
use hyper_util::client::legacy::{Builder, Client};
use hyper_util::rt::TokioTimer;
use tilebox_backends::pools::Pools;
use tilebox_backends::tls::rustls::ClientConfig;
use tilebox_backends::{hyper as pooled, tls};
#[cfg(unix)]
use tilebox_core::protocol::endpoint::UnixSocket;
use tilebox_core::protocol::exchange::{Limits, TransportError};
use tilebox_core::runtime::Transport;
use tokio::runtime::{Handle, Id};

use crate::context::Context;
#[cfg(unix)]
use crate::socket::Sockets;

pub use crate::connector::{Connector, Stream};
pub use hyper_rustls;
pub use hyper_util;
pub use tilebox_backends::proxy::Proxies;
pub use tilebox_backends::tcp::Hosts;

/// Exchanges over a pooled hyper client.
///
/// HTTP/2 is negotiated by ALPN over TLS, HTTP/1.1 is spoken otherwise; the proxies that the environment names are
/// used. Dropping an exchange closes its connection, or resets its stream on HTTP/2. A unix socket has a pool of its own,
/// in which HTTP/1.1 is spoken, and never a proxy.
///
/// A connection of HTTP/1.1 reads through a buffer of at most [`READ_BUFFER_BYTES`](pooled::READ_BUFFER_BYTES), 32 KiB,
/// into which the head of a response has to fit; bodies may have any length.
/// Such a head fits over HTTP/2 as well. A longer one is
/// [`TooLarge`](tilebox_core::protocol::exchange::TransportErrorKind::TooLarge), which is not repeated.
///
/// A request that waits for a pooled connection which turns out to be closed is sent over another one, but only while
/// nothing of it was written. Nothing else is ever sent twice.
///
/// Each tokio runtime in which it is used has a pool of its own. The pool is replaced after an exchange that ran out of time,
/// because the network may have forgotten its connections: see [`Transport`].
#[derive(Clone, Debug)]
pub struct Hyper<C = HttpsConnector<Connector>> {
    pools: Pools<Client<C, Full<Bytes>>, Id>,
    proxies: Proxies,
    #[cfg(unix)]
    sockets: Pools<Client<Sockets, Full<Bytes>>, Id>,
    context: Context,
}

impl Hyper {
    /// A client with a pool of its own, which trusts the roots of the platform and uses the proxies of the environment.
    ///
    /// # Errors
    ///
    /// [`Unsupported`](tilebox_core::protocol::exchange::TransportErrorKind::Unsupported) when TLS cannot be set up.
    pub fn new() -> Result<Self, TransportError> {
        Ok(Self::with_tls(tls::client_config(tls::roots())?))
    }

    /// A client with this TLS configuration: your own roots, your own certificate. What it offers by ALPN is replaced.
    #[must_use]
    pub fn with_tls(tls: ClientConfig) -> Self {
        Self::with_proxies(tls, Proxies::from_env())
    }

    /// A client with this TLS configuration that uses these proxies, whatever the environment says.
    ///
    /// ```
    /// use tilebox_tokio::hyper::{Hyper, Proxies};
    /// use tilebox_tokio::tls;
    ///
    /// let proxies = Proxies::through("http://name:password@proxy.example.org:3128")?.except("localhost, .example.org");
    /// let http = Hyper::with_proxies(tls::client_config(tls::roots())?, proxies);
    /// let client = tilebox_tokio::client_builder().transport(http);
    /// # Ok::<(), tilebox_tokio::protocol::exchange::TransportError>(())
    /// ```
    #[must_use]
    pub fn with_proxies(mut tls: ClientConfig, proxies: Proxies) -> Self {
        // Set by the connectors, which insist on finding nothing there.
        tls.alpn_protocols.clear();
        let connector = HttpsConnectorBuilder::new()
            .with_tls_config(tls.clone())
            .https_or_http()
            .enable_all_versions()
            .wrap_connector(Connector::new(tls, proxies.clone()));
        Self::over(made_by(builder(), connector), proxies)
    }

    /// A client that speaks HTTP/2 from the first byte also without TLS, for servers that are known to do so. They are
    /// reached without a proxy, because few proxies do.
    ///
    /// # Errors
    ///
    /// [`Unsupported`](tilebox_core::protocol::exchange::TransportErrorKind::Unsupported) when TLS cannot be set up.
    pub fn http2_prior_knowledge() -> Result<Self, TransportError> {
        let tls = tls::client_config(tls::roots())?;
        let connector = HttpsConnectorBuilder::new()
            .with_tls_config(tls.clone())
            .https_or_http()
            .enable_http2()
            .wrap_connector(Connector::new(tls, Proxies::none()));
        let mut builder = builder();
        builder.http2_only(true);
        Ok(Self::with_builder(builder, connector))
    }
}

impl<C> Hyper<C>
where
    C: Connect + Clone + Send + Sync + 'static,
{
    /// Exchanges over clients with these settings, for which [`builder`] is the start, and this connector. A proxy is what
    /// the connector makes of it.
    #[must_use]
    pub fn with_builder(builder: Builder, connector: C) -> Self {
        Self::over(made_by(builder, connector), Proxies::none())
    }

    /// Exchanges over a client of your own, with its connector, roots and pool. A proxy is what its connector makes of it.
    ///
    /// Its connections belong to one runtime, and are used until they break. Where a network may forget them, or runtimes
    /// come and go, use [`Hyper::with_builder`].
    #[must_use]
    pub fn with_client(client: Client<C, Full<Bytes>>) -> Self {
        let pools = Pools::new(move || {
            Context::capture().check()?;
            Ok(client.clone())
        });
        Self::over(pools, Proxies::none())
    }

    /// `proxies` are those of the connector.
    fn over(pools: Pools<Client<C, Full<Bytes>>, Id>, proxies: Proxies) -> Self {
        Self {
            pools,
            proxies,
            #[cfg(unix)]
            sockets: made_by(builder(), Sockets),
            context: Context::capture(),
        }
    }
}

/// Pools of clients with these settings, one for each runtime.
fn made_by<C>(builder: Builder, connector: C) -> Pools<Client<C, Full<Bytes>>, Id>
where
    C: Connect + Clone + Send + Sync + 'static,
{
    Pools::new(move || {
        Context::capture().check()?;
        Ok(builder.build(connector.clone()))
    })
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
            return self.exchange(&self.sockets, request, limits).await;
        }
        self.exchange(&self.pools, request, limits).await
    }
}

impl<C> Hyper<C> {
    async fn exchange<D>(
        &self,
        pools: &Pools<Client<D, Full<Bytes>>, Id>,
        request: Request<Bytes>,
        limits: Limits,
    ) -> Result<Response<Bytes>, TransportError>
    where
        D: Connect + Clone + Send + Sync + 'static,
    {
        let exchange = async {
            let runtime = Handle::current().id();
            let send = |client| async move { pooled::exchange(&client, &self.proxies, request, limits).await };
            pools.exchange(runtime, limits, send).await
        };
        self.context.within(exchange).await
    }
}

/// The settings of hyper's pooled client on tokio: connections are tasks of the runtime around the caller, else of the one
/// that is there now.
#[must_use]
pub fn builder() -> Builder {
    let mut builder = Client::builder(Spawner(Context::capture()));
    pooled::configure(&mut builder).pool_timer(TokioTimer::new()).timer(TokioTimer::new());
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
