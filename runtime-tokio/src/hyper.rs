//! The HTTP backend over [hyper](https://docs.rs/hyper)'s pooled client, with full control over each connection.

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
use tilebox_core::runtime::{Limits, Transport, TransportError};
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
/// It negotiates HTTP/2 by ALPN over TLS, and otherwise uses HTTP/1.1. It uses the proxies of the environment variables.
/// Dropping an exchange closes its connection, or resets its stream on HTTP/2. A unix socket has its own pool, with HTTP/1.1
/// and without a proxy.
///
/// A connection of HTTP/1.1 reads through a buffer of at most [`READ_BUFFER_BYTES`](pooled::READ_BUFFER_BYTES), 32 KiB, which
/// must hold the head of a response; bodies may have any length. HTTP/2 accepts such a head too. A longer one is
/// [`TooLarge`](tilebox_core::runtime::TransportErrorKind::TooLarge), which is not retried.
///
/// A request on a pooled connection that turns out to be closed is sent over another one, but only if none of its bytes were
/// written. Nothing else is sent twice.
///
/// Each tokio runtime that uses it has its own pool. An exchange that times out replaces the pool, because the network may
/// have dropped its connections: see [`Transport`].
#[derive(Clone, Debug)]
pub struct Hyper<C = HttpsConnector<Connector>> {
    pools: Pools<Client<C, Full<Bytes>>, Id>,
    proxies: Proxies,
    #[cfg(unix)]
    sockets: Pools<Client<Sockets, Full<Bytes>>, Id>,
    context: Context,
}

impl Hyper {
    /// Returns a backend with its own pool, which trusts the roots of the platform and uses the proxies of the environment.
    ///
    /// # Errors
    ///
    /// [`Unsupported`](tilebox_core::runtime::TransportErrorKind::Unsupported) when TLS cannot be set up.
    pub fn new() -> Result<Self, TransportError> {
        Ok(Self::with_tls(tls::client_config(tls::roots())?))
    }

    /// Returns a backend with this TLS configuration, for your own roots or certificate. It replaces the ALPN protocols.
    #[must_use]
    pub fn with_tls(tls: ClientConfig) -> Self {
        Self::with_proxies(tls, Proxies::from_env())
    }

    /// Returns a backend with this TLS configuration that uses these proxies instead of those of the environment.
    ///
    /// ```
    /// use tilebox_tokio::hyper::{Hyper, Proxies};
    /// use tilebox_tokio::tls;
    ///
    /// let proxies = Proxies::through("http://name:password@proxy.example.org:3128")?.except("localhost, .example.org");
    /// let http = Hyper::with_proxies(tls::client_config(tls::roots())?, proxies);
    /// let client = tilebox_tokio::client_builder().transport(http);
    /// # Ok::<(), tilebox_tokio::runtime::TransportError>(())
    /// ```
    #[must_use]
    pub fn with_proxies(mut tls: ClientConfig, proxies: Proxies) -> Self {
        // The connectors set it, and panic if it is not empty.
        tls.alpn_protocols.clear();
        let connector = HttpsConnectorBuilder::new()
            .with_tls_config(tls.clone())
            .https_or_http()
            .enable_all_versions()
            .wrap_connector(Connector::new(tls, proxies.clone()));
        Self::over(pools_of(builder(), connector), proxies)
    }

    /// Returns a backend that uses HTTP/2 from the first byte even without TLS, for servers that are known to support it. It
    /// uses no proxy, because few proxies support it.
    ///
    /// # Errors
    ///
    /// [`Unsupported`](tilebox_core::runtime::TransportErrorKind::Unsupported) when TLS cannot be set up.
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
    /// Returns a backend over clients with these settings, which start from [`builder`], and this connector, which alone
    /// decides about proxies.
    #[must_use]
    pub fn with_builder(builder: Builder, connector: C) -> Self {
        Self::over(pools_of(builder, connector), Proxies::none())
    }

    /// Returns a backend over your own client, with its connector, roots and pool. The connector alone decides about proxies.
    ///
    /// Its connections belong to one runtime, and are used until they break. Use [`Hyper::with_builder`] where a network may
    /// drop them, or where runtimes come and go.
    #[must_use]
    pub fn with_client(client: Client<C, Full<Bytes>>) -> Self {
        let pools = Pools::new(move || {
            Context::capture().check()?;
            Ok(client.clone())
        });
        Self::over(pools, Proxies::none())
    }

    /// Returns a backend over these pools. `proxies` are those of the connector.
    fn over(pools: Pools<Client<C, Full<Bytes>>, Id>, proxies: Proxies) -> Self {
        Self {
            pools,
            proxies,
            #[cfg(unix)]
            sockets: pools_of(builder(), Sockets),
            context: Context::capture(),
        }
    }
}

/// Returns pools of clients with these settings, one for each runtime.
fn pools_of<C>(builder: Builder, connector: C) -> Pools<Client<C, Full<Bytes>>, Id>
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

/// Returns the settings of hyper's pooled client on tokio. Connections are tasks of the runtime around the caller of an
/// exchange, or else of the runtime around the caller of this function.
#[must_use]
pub fn builder() -> Builder {
    let mut builder = Client::builder(Spawner(Context::capture()));
    pooled::configure(&mut builder).pool_timer(TokioTimer::new()).timer(TokioTimer::new());
    builder
}

/// Spawns the tasks of connections, without a panic outside of a runtime.
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
