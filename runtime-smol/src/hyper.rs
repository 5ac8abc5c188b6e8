//! The HTTP backend over [hyper](https://docs.rs/hyper)'s pooled client and smol's sockets, without a tokio runtime.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use bytes::Bytes;
use http::{Request, Response};
use http_body_util::Full;
use hyper_util::client::legacy::connect::Connect;
use hyper_util::client::legacy::{Builder, Client};
use smol::Timer;
use tilebox_backends::pools::Pools;
use tilebox_backends::thread::Spawner;
use tilebox_backends::tls::rustls::ClientConfig;
use tilebox_backends::{hyper as pooled, tls};
use tilebox_core::runtime::{Limits, Runtime, Transport, TransportError};

use crate::executor::Smol;

pub use crate::socket::{Connector, Socket};
pub use futures_rustls;
pub use hyper_util;
pub use tilebox_backends::proxy::Proxies;
pub use tilebox_backends::tcp::Hosts;

/// Exchanges over a pooled hyper client.
///
/// It negotiates HTTP/2 by ALPN over TLS, and otherwise uses HTTP/1.1, also over unix sockets. It uses the proxies of the
/// environment variables, except for sockets. Dropping an exchange closes its connection, or resets its stream on HTTP/2. Each
/// connection is a task of the executor.
///
/// A connection of HTTP/1.1 reads through a buffer of at most [`READ_BUFFER_BYTES`](pooled::READ_BUFFER_BYTES), 32 KiB, which
/// must hold the head of a response; bodies may have any length. HTTP/2 accepts such a head too. A longer one is
/// [`TooLarge`](tilebox_core::runtime::TransportErrorKind::TooLarge), which is not retried.
///
/// A request on a pooled connection that turns out to be closed is sent over another one, but only if none of its bytes were
/// written. Nothing else is sent twice.
///
/// An exchange that times out replaces the pool, because the network may have dropped its connections: see [`Transport`].
#[derive(Clone, Debug)]
pub struct Hyper<C = Connector> {
    pools: Pools<Client<C, Full<Bytes>>>,
    proxies: Proxies,
}

impl Hyper {
    /// Returns a backend with its own pool on smol's global executor, which trusts the roots of the platform and uses the
    /// proxies of the environment.
    ///
    /// # Errors
    ///
    /// [`Unsupported`](tilebox_core::runtime::TransportErrorKind::Unsupported) when TLS cannot be set up.
    pub fn new() -> Result<Self, TransportError> {
        Ok(Self::with_tls(&Smol::new(), tls::client_config(tls::roots())?))
    }

    /// Returns a backend that uses HTTP/2 from the first byte even without TLS, for servers that are known to support it. It
    /// uses no proxy, because few proxies support it.
    ///
    /// # Errors
    ///
    /// [`Unsupported`](tilebox_core::runtime::TransportErrorKind::Unsupported) when TLS cannot be set up.
    pub fn http2_prior_knowledge() -> Result<Self, TransportError> {
        let mut tls = tls::client_config(tls::roots())?;
        tls.alpn_protocols = vec![b"h2".to_vec()];
        let connector = Connector::new(Arc::new(tls), Proxies::none());
        let mut builder = builder(&Smol::new());
        builder.http2_only(true);
        Ok(Self::with_builder(builder, connector))
    }

    /// Returns a backend on this executor with this TLS configuration, for your own roots or certificate.
    ///
    /// ALPN offers HTTP/2 and HTTP/1.1 unless the configuration contains other protocols.
    #[must_use]
    pub fn with_tls(runtime: &Smol, tls: ClientConfig) -> Self {
        Self::with_proxies(runtime, tls, Proxies::from_env())
    }

    /// Returns a backend on this executor with this TLS configuration that uses these proxies instead of those of the
    /// environment.
    #[must_use]
    pub fn with_proxies(runtime: &Smol, mut tls: ClientConfig, proxies: Proxies) -> Self {
        if tls.alpn_protocols.is_empty() {
            tls.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        }
        let connector = Connector::new(Arc::new(tls), proxies.clone());
        Self { proxies, ..Self::with_builder(builder(runtime), connector) }
    }
}

impl<C> Hyper<C> {
    /// Returns a backend over your own client, from [`builder`] with its own connector or pool. The connector alone decides
    /// about proxies.
    ///
    /// Its connections are used until they break. Use [`Hyper::with_builder`] where a network may drop them.
    #[must_use]
    pub fn with_client(client: Client<C, Full<Bytes>>) -> Self
    where
        C: Clone + Send + Sync + 'static,
    {
        Self { pools: Pools::fixed(client), proxies: Proxies::none() }
    }

    /// Returns a backend over clients with these settings, which start from [`builder`], and this connector, which alone
    /// decides about proxies.
    #[must_use]
    pub fn with_builder(builder: Builder, connector: C) -> Self
    where
        C: Connect + Clone + Send + Sync + 'static,
    {
        let pools = Pools::new(move || Ok(builder.build(connector.clone())));
        Self { pools, proxies: Proxies::none() }
    }
}

impl<C: Clone + Send + Sync + 'static> From<Client<C, Full<Bytes>>> for Hyper<C> {
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
        let send = |client| async move { pooled::exchange(&client, &self.proxies, request, limits).await };
        self.pools.exchange((), limits, send).await
    }
}

/// Returns the settings of hyper's pooled client on smol's executor and timers.
#[must_use]
pub fn builder(runtime: &Smol) -> Builder {
    let mut builder = Client::builder(runtime.clone());
    pooled::configure(&mut builder).pool_timer(Timers).timer(Timers);
    builder
}

impl<F> hyper::rt::Executor<F> for Smol
where
    F: Future<Output = ()> + Send + 'static,
{
    /// Spawns a connection of a blocking client on the thread of the client: a caller could block the global executor.
    fn execute(&self, task: F) {
        match Spawner::current() {
            Some(thread) => thread.spawn(Box::pin(task)),
            None => self.spawn(Box::pin(task)),
        }
    }
}

/// smol's timers for hyper.
#[derive(Clone, Copy, Debug)]
struct Timers;

impl hyper::rt::Timer for Timers {
    fn sleep(&self, duration: Duration) -> Pin<Box<dyn hyper::rt::Sleep>> {
        Box::pin(Sleep(Timer::after(duration)))
    }

    fn sleep_until(&self, deadline: Instant) -> Pin<Box<dyn hyper::rt::Sleep>> {
        Box::pin(Sleep(Timer::at(deadline)))
    }
}

struct Sleep(Timer);

impl hyper::rt::Sleep for Sleep {}

impl Future for Sleep {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        ready!(Pin::new(&mut self.0).poll(context));
        Poll::Ready(())
    }
}
