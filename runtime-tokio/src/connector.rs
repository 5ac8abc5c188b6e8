//! Connections to a server, or to the proxy before it, as hyper's pooled client wants them.

use std::error::Error as StdError;
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll};

use futures::future::BoxFuture;
use http::Uri;
use hyper::rt::{Read, ReadBufCursor, Write};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder, MaybeHttpsStream};
use hyper_util::client::legacy::connect::{Connected, Connection, HttpConnector};
use hyper_util::rt::TokioIo;
use tilebox_backends::proxy::{Proxied, Proxies, Proxy};
use tilebox_backends::tls::rustls::ClientConfig;
use tokio::net::TcpStream;
use tower_service::Service;

type BoxError = Box<dyn StdError + Send + Sync>;

/// Connects to the host of an address over TCP, through a proxy where one stands before it.
///
/// TLS with the server comes on top; a proxy that is itself reached over TLS has it here.
#[derive(Clone, Debug)]
pub struct Connector {
    tcp: HttpConnector,
    to_proxy: HttpsConnector<HttpConnector>,
    proxies: Proxies,
}

impl Connector {
    /// `tls` is for proxies that are reached over TLS, and offers nothing by ALPN.
    pub(crate) fn new(tls: ClientConfig, proxies: Proxies) -> Self {
        let mut tcp = HttpConnector::new();
        tcp.set_nodelay(true);
        // The connector around it serves https as well.
        tcp.enforce_http(false);
        // HTTP/1.1 alone, because a tunnel over HTTP/2 is something else.
        let to_proxy = HttpsConnectorBuilder::new()
            .with_tls_config(tls)
            .https_or_http()
            .enable_http1()
            .wrap_connector(tcp.clone());
        Self { tcp, to_proxy, proxies }
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
        match self.proxies.before(&server) {
            Ok(None) => {
                let connecting = self.tcp.call(server);
                Box::pin(async { Ok(Stream(Proxied { stream: connecting.await?.into(), reads_requests: false })) })
            }
            Ok(Some(proxy)) => Box::pin(through(proxy.clone(), self.to_proxy.clone(), server)),
            Err(error) => Box::pin(async { Err(error.into()) }),
        }
    }
}

type Inner = MaybeHttpsStream<TokioIo<TcpStream>>;

async fn through(proxy: Proxy, mut to_proxy: HttpsConnector<HttpConnector>, server: Uri) -> Result<Stream, BoxError> {
    let connecting = to_proxy.call(proxy.uri().clone());
    Ok(Stream(proxy.connect(&server, connecting).await?))
}

/// One connection, before TLS with the server.
#[derive(Debug)]
pub struct Stream(Proxied<Inner>);

impl Connection for Stream {
    fn connected(&self) -> Connected {
        self.0.stream.connected().proxy(self.0.reads_requests)
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
