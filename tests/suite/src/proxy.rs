//! A proxy on the loopback interface that records its requests.

use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use http::Uri;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Runtime;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;

use super::tls::Certificates;

/// The response to missing or wrong credentials.
const DENIED: &[u8] = b"HTTP/1.1 407 Proxy Authentication Required\r\n\
    proxy-authenticate: Basic realm=\"proxy\"\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";

/// A proxy that runs until it is dropped.
///
/// It opens tunnels, and forwards other requests to the server of their absolute address.
#[derive(Debug)]
pub struct Proxy {
    address: String,
    requests: Arc<Mutex<Vec<String>>>,
    runtime: Option<Runtime>,
}

impl Proxy {
    /// Starts a proxy without credentials.
    #[must_use]
    pub fn open() -> Self {
        Self::start(None, None)
    }

    /// Starts a proxy that requires these credentials, in the form of the header `Proxy-Authorization`.
    #[must_use]
    pub fn asking(credentials: &'static str) -> Self {
        Self::start(Some(credentials), None)
    }

    /// Starts a proxy over TLS without credentials.
    #[must_use]
    pub fn secure(certificates: &Certificates) -> Self {
        let mut tls = ServerConfig::clone(&certificates.server);
        // The only protocol of this proxy.
        tls.alpn_protocols = vec![b"http/1.1".to_vec()];
        Self::start(None, Some(TlsAcceptor::from(Arc::new(tls))))
    }

    fn start(credentials: Option<&'static str>, tls: Option<TlsAcceptor>) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .expect("the system gives the proxy a thread");
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).expect("a port is free");
        let port = listener.local_addr().expect("it is bound").port();
        let scheme = if tls.is_some() { "https" } else { "http" };
        let requests = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&requests);
        runtime.spawn(async move {
            while let Ok((tcp, _)) = listener.accept().await {
                let (seen, tls) = (Arc::clone(&seen), tls.clone());
                tokio::spawn(async move {
                    // A client or a server that disconnects ends one connection.
                    let _ = match tls {
                        Some(tls) => match tls.accept(tcp).await {
                            Ok(stream) => serve(stream, credentials, &seen).await,
                            Err(error) => Err(error),
                        },
                        None => serve(tcp, credentials, &seen).await,
                    };
                });
            }
        });
        Self { address: format!("{scheme}://localhost:{port}"), requests, runtime: Some(runtime) }
    }

    /// Returns the address of the proxy.
    #[must_use]
    pub fn address(&self) -> &str {
        &self.address
    }

    /// Returns the address with a name and a password.
    #[must_use]
    pub fn address_with(&self, credentials: &str) -> String {
        self.address.replace("://", &format!("://{credentials}@"))
    }

    /// Returns the first line of the first request of each connection so far.
    #[must_use]
    pub fn requests(&self) -> Vec<String> {
        self.requests.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_timeout(Duration::ZERO);
        }
    }
}

async fn serve<S>(mut client: S, credentials: Option<&str>, seen: &Mutex<Vec<String>>) -> io::Result<()>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        head.push(client.read_u8().await?.into());
    }
    seen.lock().unwrap_or_else(PoisonError::into_inner).push(head.lines().next().unwrap_or_default().to_owned());
    let sent = head.lines().find_map(|line| {
        let (name, value) = line.split_once(": ")?;
        name.eq_ignore_ascii_case("proxy-authorization").then_some(value)
    });
    if credentials.is_some() && sent != credentials {
        client.write_all(DENIED).await?;
        return client.shutdown().await;
    }
    let target = head.split(' ').nth(1).and_then(|target| target.parse::<Uri>().ok());
    let address = target.and_then(|target| Some((target.host()?.to_owned(), target.port_u16()?)));
    let mut server = TcpStream::connect(address.ok_or(io::ErrorKind::InvalidInput)?).await?;
    if head.starts_with("CONNECT ") {
        client.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n").await?;
    } else {
        server.write_all(head.as_bytes()).await?;
    }
    copy_bidirectional(&mut client, &mut server).await.map(drop)
}
