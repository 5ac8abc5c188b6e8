//! HTTP by [hyper](https://docs.rs/hyper)'s pooled client over smol's sockets, without any tokio runtime.

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
use tilebox_core::protocol::exchange::{Limits, TransportError};
use tilebox_core::runtime::{Runtime, Transport};

use crate::executor::Smol;

pub use crate::socket::{Connector, Socket};
pub use futures_rustls;
pub use hyper_util;
pub use tilebox_backends::proxy::Proxies;
pub use tilebox_backends::tcp::Hosts;

/// Exchanges over a pooled hyper client.
///
/// HTTP/2 is negotiated by ALPN over TLS, HTTP/1.1 is spoken otherwise, also over unix sockets; the proxies that the
/// environment names are used, but never for a socket. Dropping an exchange closes its connection, or resets its stream on HTTP/2. Each connection is a task of the executor.
///
/// A connection of HTTP/1.1 reads through a buffer of at most [`READ_BUFFER_BYTES`](pooled::READ_BUFFER_BYTES), 32 KiB,
/// into which the head of a response has to fit; bodies may have any length.
/// Such a head fits over HTTP/2 as well. A longer one is
/// [`TooLarge`](tilebox_core::protocol::exchange::TransportErrorKind::TooLarge), which is not repeated.
///
/// A request that waits for a pooled connection which turns out to be closed is sent over another one, but only while
/// nothing of it was written. Nothing else is ever sent twice.
///
/// The pool is replaced after an exchange that ran out of time, because the network may have forgotten its connections: see
/// [`Transport`].
#[derive(Clone, Debug)]
pub struct Hyper<C = Connector> {
    pools: Pools<Client<C, Full<Bytes>>>,
    proxies: Proxies,
}

impl Hyper {
    /// A client with a pool of its own on smol's global executor, which trusts the roots of the platform and
    /// uses the proxies of the environment.
    ///
    /// # Errors
    ///
    /// [`Unsupported`](tilebox_core::protocol::exchange::TransportErrorKind::Unsupported) when TLS cannot be set up.
    pub fn new() -> Result<Self, TransportError> {
        Ok(Self::with_tls(&Smol::new(), tls::client_config(tls::roots())?))
    }

    /// A client that speaks HTTP/2 from the first byte also without TLS, for servers that are known to do so. They are
    /// reached without a proxy, because few proxies do.
    ///
    /// # Errors
    ///
    /// [`Unsupported`](tilebox_core::protocol::exchange::TransportErrorKind::Unsupported) when TLS cannot be set up.
    pub fn http2_prior_knowledge() -> Result<Self, TransportError> {
        let mut tls = tls::client_config(tls::roots())?;
        tls.alpn_protocols = vec![b"h2".to_vec()];
        let connector = Connector::new(Arc::new(tls), Proxies::none());
        let mut builder = builder(&Smol::new());
        builder.http2_only(true);
        Ok(Self::with_builder(builder, connector))
    }

    /// A client on this executor with this TLS configuration: your own roots, your own certificate.
    ///
    /// HTTP/2 and HTTP/1.1 are offered by ALPN unless the configuration offers something else.
    #[must_use]
    pub fn with_tls(runtime: &Smol, tls: ClientConfig) -> Self {
        Self::with_proxies(runtime, tls, Proxies::from_env())
    }

    /// A client on this executor with this TLS configuration that uses these proxies, whatever the environment says.
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
    /// Exchanges over a client of your own, made by [`builder`] with its own connector or pool. A proxy is what its
    /// connector makes of it.
    ///
    /// Its connections are used until they break: where a network may forget them, use [`Hyper::with_builder`].
    #[must_use]
    pub fn with_client(client: Client<C, Full<Bytes>>) -> Self
    where
        C: Clone + Send + Sync + 'static,
    {
        Self { pools: Pools::fixed(client), proxies: Proxies::none() }
    }

    /// Exchanges over clients with these settings, for which [`builder`] is the start, and this connector. A proxy is what
    /// the connector makes of it.
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

/// The settings of hyper's pooled client on smol's executor and timers.
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
    /// A connection that a blocking client opens is a task of its thread: on the global executor a caller could block it.
    fn execute(&self, task: F) {
        match Spawner::current() {
            Some(thread) => thread.spawn(Box::pin(task)),
            None => self.spawn(Box::pin(task)),
        }
    }
}

/// smol's timers as hyper wants them.
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
