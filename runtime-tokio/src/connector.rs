//! The connector of hyper's pooled client: connections to a server, or to its proxy.

use std::error::Error as StdError;
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll};

use futures::future::BoxFuture;
use http::Uri;
use hyper::rt::{Read, ReadBufCursor, Write};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder, MaybeHttpsStream};
use hyper_util::client::legacy::connect::{Connected, Connection};
use hyper_util::rt::TokioIo;
use tilebox_backends::proxy::{Proxied, Proxies, Proxy};
use tilebox_backends::race;
use tilebox_backends::tcp::{Hosts, host_and_port, prepare};
use tilebox_backends::tls::rustls::ClientConfig;
use tokio::net::TcpStream;
use tower_service::Service;

type BoxError = Box<dyn StdError + Send + Sync>;

/// Connects to the host of a URL over TCP, through its proxy if there is one.
///
/// The caller adds TLS with the server. This adds TLS with the proxy.
#[derive(Clone, Debug)]
pub struct Connector {
    tcp: Tcp,
    to_proxy: HttpsConnector<Tcp>,
    proxies: Proxies,
}

impl Connector {
    /// Returns a connector. `tls` is for proxies over TLS; its ALPN protocols are replaced.
    #[must_use]
    pub fn new(tls: ClientConfig, proxies: Proxies) -> Self {
        Self::with_hosts(tls, proxies, Hosts::none())
    }

    /// Returns a connector that uses these addresses for these hosts.
    #[must_use]
    pub fn with_hosts(mut tls: ClientConfig, proxies: Proxies, hosts: Hosts) -> Self {
        let tcp = Tcp(hosts);
        // The connector sets it, and panics if it is not empty.
        tls.alpn_protocols.clear();
        // HTTP/1.1 only: HTTP/2 has another kind of tunnel.
        let to_proxy = HttpsConnectorBuilder::new()
            .with_tls_config(tls)
            .https_or_http()
            .enable_http1()
            .wrap_connector(tcp.clone());
        Self { tcp, to_proxy, proxies }
    }
}

/// Connects to the first reachable address of a host.
#[derive(Clone, Debug)]
struct Tcp(Hosts);

impl Service<Uri> for Tcp {
    type Response = TokioIo<TcpStream>;
    type Error = io::Error;
    type Future = BoxFuture<'static, io::Result<Self::Response>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, server: Uri) -> Self::Future {
        let hosts = self.0.clone();
        Box::pin(async move {
            let (host, port) = host_and_port(&server);
            let addresses = match hosts.get(host, port) {
                Some(addresses) => addresses,
                None => tokio::net::lookup_host((host, port)).await?.collect(),
            };
            let tcp = race::connect(addresses, TcpStream::connect, tokio::time::sleep).await?;
            prepare(&tcp)?;
            Ok(TokioIo::new(tcp))
        })
    }
}

impl Service<Uri> for Connector {
    type Response = Stream;
    type Error = BoxError;
    type Future = BoxFuture<'static, Result<Stream, BoxError>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.tcp.poll_ready(context).map_err(Into::into)
    }

    fn call(&mut self, server: Uri) -> Self::Future {
        match self.proxies.proxy_for(&server) {
            Ok(None) => {
                let connecting = self.tcp.call(server);
                Box::pin(async { Ok(Stream(Proxied { stream: connecting.await?.into(), forwards_requests: false })) })
            }
            Ok(Some(proxy)) => Box::pin(through(proxy.clone(), self.to_proxy.clone(), server)),
            Err(error) => Box::pin(async { Err(error.into()) }),
        }
    }
}

type Inner = MaybeHttpsStream<TokioIo<TcpStream>>;

async fn through(proxy: Proxy, mut to_proxy: HttpsConnector<Tcp>, server: Uri) -> Result<Stream, BoxError> {
    let connecting = to_proxy.call(proxy.uri().clone());
    Ok(Stream(proxy.connect(&server, connecting).await?))
}

/// One connection, before TLS with the server.
#[derive(Debug)]
pub struct Stream(Proxied<Inner>);

impl Connection for Stream {
    fn connected(&self) -> Connected {
        self.0.stream.connected().proxy(self.0.forwards_requests)
    }
}

impl Read for Stream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0.stream).poll_read(context, buffer)
    }
}

impl Write for Stream {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0.stream).poll_shutdown(context)
    }

    fn is_write_vectored(&self) -> bool {
        self.0.stream.is_write_vectored()
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        parts: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0.stream).poll_write_vectored(context, parts)
    }
}
