//! smol's sockets, with TLS where it is asked for, as hyper wants them.

use std::future::Future;
use std::io;
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
use smol::net::TcpStream;
#[cfg(unix)]
use smol::net::unix::UnixStream;
#[cfg(unix)]
use tilebox_core::endpoint::UnixSocket;
use tower_service::Service;

/// Opens connections for hyper's pooled client over smol's sockets: to hosts, and to unix sockets.
#[derive(Clone)]
pub struct Connector {
    tls: Arc<ClientConfig>,
}

impl Connector {
    /// Opens `https` connections with this configuration, whose ALPN decides between HTTP/2 and HTTP/1.1.
    #[must_use]
    pub fn new(tls: Arc<ClientConfig>) -> Self {
        Self { tls }
    }
}

impl std::fmt::Debug for Connector {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Connector").finish_non_exhaustive()
    }
}

impl Service<Uri> for Connector {
    type Response = Socket;
    type Error = io::Error;
    type Future = Pin<Box<dyn Future<Output = io::Result<Socket>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        Box::pin(open(uri, Arc::clone(&self.tls)))
    }
}

async fn open(uri: Uri, tls: Arc<ClientConfig>) -> io::Result<Socket> {
    #[cfg(unix)]
    if let Some(socket) = UnixSocket::of(&uri) {
        return Ok(Socket::new(Stream::Unix(UnixStream::connect(socket.path()).await?)));
    }
    let secure = uri.scheme_str() == Some("https");
    let port = uri.port_u16().unwrap_or(if secure { 443 } else { 80 });
    // An IPv6 address stands in brackets in an address of the web only.
    let host = uri.host().unwrap_or_default().trim_start_matches('[').trim_end_matches(']').to_owned();

    let tcp = TcpStream::connect((host.as_str(), port)).await?;
    tcp.set_nodelay(true)?;
    if !secure {
        return Ok(Socket::new(Stream::Plain(tcp)));
    }
    let name = ServerName::try_from(host).map_err(|error| io::Error::new(io::ErrorKind::InvalidInput, error))?;
    let tls = TlsConnector::from(tls).connect(name, tcp).await?;
    Ok(Socket::new(Stream::Secure(Box::new(tls))))
}

/// One connection.
#[derive(Debug)]
pub struct Socket {
    stream: Stream,
    /// What is read passes through here, because hyper's buffer may hold memory that was never written to.
    buffer: Box<[u8]>,
}

#[derive(Debug)]
enum Stream {
    Plain(TcpStream),
    #[cfg(unix)]
    Unix(UnixStream),
    Secure(Box<TlsStream<TcpStream>>),
}

/// How much is read at once; a record of TLS is no longer.
const READ_BYTES: usize = 16 << 10;

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

impl Socket {
    fn new(stream: Stream) -> Self {
        Self { stream, buffer: vec![0; READ_BYTES].into_boxed_slice() }
    }
}

impl Connection for Socket {
    fn connected(&self) -> Connected {
        match &self.stream {
            Stream::Secure(tls) if tls.get_ref().1.alpn_protocol() == Some(b"h2") => Connected::new().negotiated_h2(),
            _ => Connected::new(),
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
        let wanted = buffer.remaining().min(socket.buffer.len());
        let read = ready!(socket.stream.duplex().poll_read(context, &mut socket.buffer[..wanted]))?;
        buffer.put_slice(&socket.buffer[..read]);
        Poll::Ready(Ok(()))
    }
}

impl Write for Socket {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.stream.duplex().poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.stream.duplex().poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.stream.duplex().poll_close(context)
    }
}
