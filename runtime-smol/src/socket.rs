//! The connector of hyper's pooled client over smol's sockets, with TLS.

use std::error::Error as StdError;
use std::future::Future;
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use futures::io::{AsyncRead, AsyncWrite};
use futures_rustls::client::TlsStream;
use futures_rustls::pki_types::ServerName;
use futures_rustls::{TlsConnector, rustls::ClientConfig};
use http::Uri;
use hyper::rt::{Read, ReadBufCursor, Write};
use hyper_util::client::legacy::connect::{Connected, Connection};
use smol::Timer;
use smol::net::TcpStream;
#[cfg(unix)]
use smol::net::unix::UnixStream;
use tilebox_backends::proxy::Proxies;
use tilebox_backends::race;
use tilebox_backends::tcp::{Hosts, host_and_port, prepare};
#[cfg(unix)]
use tilebox_core::protocol::endpoint::UnixSocket;
use tower_service::Service;

type BoxError = Box<dyn StdError + Send + Sync>;

/// Opens connections for hyper's pooled client over smol's sockets: to hosts, through their proxies, and to unix sockets.
#[derive(Clone)]
pub struct Connector {
    tls: Arc<ClientConfig>,
    tls_to_proxy: Arc<ClientConfig>,
    proxies: Proxies,
    hosts: Hosts,
}

impl Connector {
    /// Returns a connector that opens `https` connections with this configuration, whose ALPN protocols select HTTP/2 or
    /// HTTP/1.1.
    #[must_use]
    pub fn new(tls: Arc<ClientConfig>, proxies: Proxies) -> Self {
        // HTTP/1.1 only: HTTP/2 has another kind of tunnel.
        let mut tls_to_proxy = ClientConfig::clone(&tls);
        tls_to_proxy.alpn_protocols.clear();
        Self { tls, tls_to_proxy: Arc::new(tls_to_proxy), proxies, hosts: Hosts::none() }
    }

    /// Sets the addresses of hosts, instead of a lookup.
    #[must_use]
    pub fn with_hosts(self, hosts: Hosts) -> Self {
        Self { hosts, ..self }
    }
}

impl std::fmt::Debug for Connector {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Connector").finish_non_exhaustive()
    }
}

impl Service<Uri> for Connector {
    type Response = Socket;
    type Error = BoxError;
    type Future = Pin<Box<dyn Future<Output = Result<Socket, BoxError>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        Box::pin(open(uri, self.clone()))
    }
}

async fn open(uri: Uri, connector: Connector) -> Result<Socket, BoxError> {
    #[cfg(unix)]
    if let Some(socket) = UnixSocket::of(&uri) {
        return Ok(Socket::new(Stream::Unix(UnixStream::connect(socket.path()).await?)));
    }
    let Some(proxy) = connector.proxies.proxy_for(&uri)? else {
        return Ok(direct(&uri, connector.tls, &connector.hosts).await?);
    };
    let proxied = proxy.connect(&uri, direct(proxy.uri(), connector.tls_to_proxy, &connector.hosts)).await?;
    if proxied.forwards_requests {
        return Ok(Socket { forwards_requests: true, ..proxied.stream });
    }
    Ok(Socket::new(secure(&uri, proxied.stream.stream, connector.tls).await?))
}

async fn direct(uri: &Uri, tls: Arc<ClientConfig>, hosts: &Hosts) -> io::Result<Socket> {
    let is_secure = uri.scheme_str() == Some("https");
    let (host, port) = host_and_port(uri);
    let addresses = match hosts.get(host, port) {
        Some(addresses) => addresses,
        None => smol::net::resolve((host, port)).await?,
    };
    let tcp = race::connect(addresses, TcpStream::connect, Timer::after).await?;
    prepare(&tcp)?;
    let stream = Stream::Plain(tcp);
    Ok(Socket::new(if is_secure { secure(uri, stream, tls).await? } else { stream }))
}

async fn secure(uri: &Uri, stream: Stream, tls: Arc<ClientConfig>) -> io::Result<Stream> {
    let name = ServerName::try_from(host_and_port(uri).0.to_owned());
    let name = name.map_err(|error| io::Error::new(io::ErrorKind::InvalidInput, error))?;
    Ok(Stream::Secure(Box::new(TlsConnector::from(tls).connect(name, stream).await?)))
}

/// One connection.
#[derive(Debug)]
pub struct Socket {
    stream: Stream,
    /// Whether it ends at a proxy that reads the requests, which then must contain the whole URL.
    forwards_requests: bool,
    /// The bytes read from the stream. hyper's own buffer may be uninitialized memory.
    buffer: Box<[u8]>,
    /// The number of reads since the last wait.
    reads: u32,
}

#[derive(Debug)]
enum Stream {
    Plain(TcpStream),
    #[cfg(unix)]
    Unix(UnixStream),
    /// TLS over another stream, which may be a tunnel inside of TLS.
    Secure(Box<TlsStream<Stream>>),
}

/// The size of one read in bytes: the longest record of TLS.
const READ_BYTES: usize = 16 << 10;

/// The number of reads before a connection yields to other tasks. A server that sends without end what hyper ignores, such as
/// `100 Continue`, would otherwise occupy the thread of the executor for ever, and no timeout could end it.
const READS_IN_A_TURN: u32 = 64;

trait Duplex: AsyncRead + AsyncWrite + Unpin {}
impl<S: AsyncRead + AsyncWrite + Unpin> Duplex for S {}

impl Stream {
    fn duplex(&mut self) -> Pin<&mut dyn Duplex> {
        match self {
            Self::Plain(tcp) => Pin::new(tcp),
            #[cfg(unix)]
            Self::Unix(socket) => Pin::new(socket),
            Self::Secure(tls) => Pin::new(tls.as_mut()),
        }
    }
}

/// The stream below TLS.
impl AsyncRead for Stream {
    fn poll_read(mut self: Pin<&mut Self>, context: &mut Context<'_>, buffer: &mut [u8]) -> Poll<io::Result<usize>> {
        self.duplex().poll_read(context, buffer)
    }
}

impl AsyncWrite for Stream {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.duplex().poll_write(context, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        parts: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.duplex().poll_write_vectored(context, parts)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.duplex().poll_flush(context)
    }

    fn poll_close(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.duplex().poll_close(context)
    }
}

impl Socket {
    fn new(stream: Stream) -> Self {
        Self { stream, forwards_requests: false, buffer: vec![0; READ_BYTES].into_boxed_slice(), reads: 0 }
    }
}

impl Connection for Socket {
    fn connected(&self) -> Connected {
        match &self.stream {
            Stream::Secure(tls) if tls.get_ref().1.alpn_protocol() == Some(b"h2") => Connected::new().negotiated_h2(),
            _ => Connected::new().proxy(self.forwards_requests),
        }
    }
}

impl Read for Socket {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        mut buffer: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        let socket = &mut *self;
        if socket.reads == READS_IN_A_TURN {
            socket.reads = 0;
            context.waker().wake_by_ref();
            return Poll::Pending;
        }
        let wanted = buffer.remaining().min(socket.buffer.len());
        let read = Pin::new(&mut socket.stream).poll_read(context, &mut socket.buffer[..wanted]);
        socket.reads = if read.is_pending() { 0 } else { socket.reads + 1 };
        let read = ready!(read)?;
        buffer.put_slice(&socket.buffer[..read]);
        Poll::Ready(Ok(()))
    }
}

impl Write for Socket {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_close(context)
    }
}
