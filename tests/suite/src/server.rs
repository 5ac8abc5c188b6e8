//! A server on the loopback interface that reports the requests it sees.

use std::convert::Infallible;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use bytes::Bytes;
use futures::StreamExt;
use futures::channel::mpsc::{self, UnboundedReceiver, UnboundedSender};
use futures::stream;
use http::{HeaderMap, HeaderName, HeaderValue, Request, Response, StatusCode, header};
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Full, StreamBody};
use hyper::body::{Frame, Incoming};
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Runtime;
use tokio_rustls::TlsAcceptor;

use super::tls::Certificates;

type Body = UnsyncBoxBody<Bytes, Infallible>;

/// The body of `/encoded`, which is not gzip, so that decoding fails.
pub const ENCODED: &[u8] = b"an encoded body that clients do not decode";

/// The value of each header of `/head`.
const KILOBYTE: &str = match str::from_utf8(&[b'a'; 1000]) {
    Ok(line) => line,
    Err(_) => "",
};

/// The size of a chunk of an endless response, in bytes.
const ENDLESS_CHUNK: usize = 64 << 10;

/// A server that runs until it is dropped.
///
/// | path | response |
/// |---|---|
/// | `/echo` and below | the body, the headers that begin with `x-`, the request as `seen-*`, and a cookie |
/// | `/status/<code>` | that status |
/// | `/redirect` | a redirect to `/echo` |
/// | `/encoded` | [`ENCODED`], labelled as gzip |
/// | `/length/<n>` | `n` zeros |
/// | `/head/<n>` | `n` headers of a kilobyte |
/// | `/endless` | zeros without end |
/// | `/silent` | none |
#[derive(Debug)]
pub struct Server {
    address: String,
    seen: Arc<Seen>,
    begun: UnboundedReceiver<()>,
    abandoned: UnboundedReceiver<()>,
    runtime: Option<Runtime>,
    /// The socket file, removed on drop.
    socket: Option<PathBuf>,
}

#[derive(Debug)]
struct Seen {
    connections: AtomicUsize,
    begun: UnboundedSender<()>,
    abandoned: UnboundedSender<()>,
}

/// Notifies the test when the server abandons an exchange, because the client has disconnected.
struct Abandoned(Arc<Seen>);

impl Drop for Abandoned {
    fn drop(&mut self) {
        // The test can end before its server.
        let _ = self.0.abandoned.unbounded_send(());
    }
}

impl Server {
    /// Starts a server for HTTP/1.1 and HTTP/2 without TLS.
    #[must_use]
    pub fn plain() -> Self {
        Self::start("http", |tcp, seen| serve(TokioIo::new(tcp), seen))
    }

    /// Starts a server for HTTP/1.1 and HTTP/2 without TLS, on 127.0.0.1 and the port of a listener on another address.
    #[must_use]
    pub fn plain_on_port_of(other: &std::net::TcpListener) -> Self {
        let port = other.local_addr().expect("it is bound").port();
        Self::start_on(port, "http", |tcp, seen| serve(TokioIo::new(tcp), seen))
    }

    /// Starts a server for HTTP/1.1 and HTTP/2 over TLS.
    #[must_use]
    pub fn secure(certificates: &Certificates) -> Self {
        let acceptor = TlsAcceptor::from(Arc::clone(&certificates.server));
        Self::start("https", move |tcp, seen| {
            let acceptor = acceptor.clone();
            async move {
                // A client without trust in the certificate ends the handshake.
                if let Ok(tls) = acceptor.accept(tcp).await {
                    serve(TokioIo::new(tls), seen).await;
                }
            }
        })
    }

    /// Starts a server for HTTP/1.1 and HTTP/2 over a unix socket.
    #[cfg(unix)]
    #[must_use]
    pub fn on_socket() -> Self {
        let path = free_socket();
        let bound = path.clone();
        let listen = async move { tokio::net::UnixListener::bind(bound) };
        let mut server = Self::listening(
            &address_of_socket(&path),
            listen,
            |listener| async move { listener.accept().await.map(|(stream, _)| (stream, listener)) },
            |stream, seen| serve(TokioIo::new(stream), seen),
        );
        server.socket = Some(path);
        server
    }

    /// Starts a server that reads a request, sends these bytes and closes the connection.
    #[must_use]
    pub fn saying(words: &'static str) -> Self {
        Self::start("http", move |mut tcp, _| async move {
            if read_request(&mut tcp).await.is_ok() && tcp.write_all(words.as_bytes()).await.is_ok() {
                // Dropping the connection closes it too.
                let _ = tcp.shutdown().await;
            }
        })
    }

    /// Starts a server that responds to the first request of each connection, and closes it after reading the second one.
    #[must_use]
    pub fn losing() -> Self {
        Self::start("http", move |mut tcp, _| async move {
            if read_request(&mut tcp).await.is_ok()
                && tcp.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").await.is_ok()
            {
                // The client notices in both cases.
                let _ = read_request(&mut tcp).await;
            }
        })
    }

    fn start<S, F>(scheme: &str, serve: S) -> Self
    where
        S: Fn(TcpStream, Arc<Seen>) -> F + Send + 'static,
        F: Future<Output = ()> + Send + 'static,
    {
        Self::start_on(0, scheme, serve)
    }

    fn start_on<S, F>(port: u16, scheme: &str, serve: S) -> Self
    where
        S: Fn(TcpStream, Arc<Seen>) -> F + Send + 'static,
        F: Future<Output = ()> + Send + 'static,
    {
        let listener = std::net::TcpListener::bind(("127.0.0.1", port)).expect("a port is free");
        listener.set_nonblocking(true).expect("a listener for tokio");
        let port = listener.local_addr().expect("it is bound").port();
        Self::listening(
            &format!("{scheme}://localhost:{port}"),
            async move { TcpListener::from_std(listener) },
            |listener| async move {
                let (tcp, _) = listener.accept().await?;
                tcp.set_nodelay(true).map(|()| (tcp, listener))
            },
            serve,
        )
    }

    /// Serves the connections that `accept` returns from the listener of `listen`.
    fn listening<L, T, A, AF, S, F>(
        address: &str,
        listen: impl Future<Output = io::Result<L>>,
        accept: A,
        serve: S,
    ) -> Self
    where
        L: Send + 'static,
        T: Send + 'static,
        A: Fn(L) -> AF + Send + 'static,
        AF: Future<Output = io::Result<(T, L)>> + Send + 'static,
        S: Fn(T, Arc<Seen>) -> F + Send + 'static,
        F: Future<Output = ()> + Send + 'static,
    {
        let (began, begun) = mpsc::unbounded();
        let (abandon, abandoned) = mpsc::unbounded();
        let seen = Arc::new(Seen { connections: AtomicUsize::new(0), begun: began, abandoned: abandon });
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .expect("the system gives the server a thread");
        let mut listener = runtime.block_on(listen).expect("the address is free");
        let counting = Arc::clone(&seen);
        runtime.spawn(async move {
            while let Ok((stream, again)) = accept(listener).await {
                counting.connections.fetch_add(1, Ordering::SeqCst);
                tokio::spawn(serve(stream, Arc::clone(&counting)));
                listener = again;
            }
        });
        Self { address: address.to_owned(), seen, begun, abandoned, runtime: Some(runtime), socket: None }
    }

    /// Returns the address of a path.
    #[must_use]
    pub fn at(&self, path: &str) -> String {
        format!("{}{path}", self.address)
    }

    /// Returns the number of accepted connections.
    #[must_use]
    pub fn connections(&self) -> usize {
        self.seen.connections.load(Ordering::SeqCst)
    }

    /// Waits until the server has begun a silent response, or has sent a part of an endless one.
    pub async fn begun(&mut self) {
        self.begun.next().await.expect("the server runs");
    }

    /// Waits until the server has abandoned a silent or an endless response, because the client has disconnected.
    pub async fn abandoned(&mut self) {
        self.abandoned.next().await.expect("the server runs");
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_timeout(Duration::ZERO);
        }
        if let Some(socket) = &self.socket {
            // A test that panics can have lost the file.
            let _ = std::fs::remove_file(socket);
        }
    }
}

/// Returns a path without a socket.
#[must_use]
pub fn free_socket() -> PathBuf {
    static NUMBER: AtomicUsize = AtomicUsize::new(0);
    let number = NUMBER.fetch_add(1, Ordering::SeqCst);
    std::env::temp_dir().join(format!("tilebox-suite-{}-{number}.sock", std::process::id()))
}

/// Returns the address of a server on a unix socket, in the form of requests.
#[must_use]
pub fn address_of_socket(path: &Path) -> String {
    let path = path.to_str().expect("the folder for temporary files is text");
    format!("unix://{}", path.bytes().map(|byte| format!("{byte:02x}")).collect::<String>())
}

/// Reads an HTTP/1.1 request and returns its body.
pub(crate) async fn read_request(tcp: &mut TcpStream) -> io::Result<Vec<u8>> {
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        head.push(tcp.read_u8().await?.into());
    }
    let length = head
        .to_ascii_lowercase()
        .split_once("content-length:")
        .and_then(|(_, rest)| rest.split_once('\r').and_then(|(length, _)| length.trim().parse().ok()));
    let mut body = vec![0; length.unwrap_or(0)];
    tcp.read_exact(&mut body).await?;
    Ok(body)
}

async fn serve<S>(stream: TokioIo<S>, seen: Arc<Seen>)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let service = service_fn(move |request| respond(request, Arc::clone(&seen)));
    // Many behaviours disconnect the client.
    let _ = auto::Builder::new(TokioExecutor::new()).serve_connection(stream, service).await;
}

async fn respond(request: Request<Incoming>, seen: Arc<Seen>) -> Result<Response<Body>, hyper::Error> {
    let path = request.uri().path().to_owned();
    let mut parts = path.trim_start_matches('/').splitn(2, '/');
    let mut response = Response::new(whole(Bytes::new()));
    match (parts.next().unwrap_or_default(), parts.next().unwrap_or_default()) {
        ("echo", _) => {
            *response.headers_mut() = seen_headers(&request);
            *response.body_mut() = whole(request.into_body().collect().await?.to_bytes());
        }
        ("status", code) => *response.status_mut() = code.parse().unwrap_or(StatusCode::IM_A_TEAPOT),
        ("redirect", _) => {
            *response.status_mut() = StatusCode::FOUND;
            response.headers_mut().insert(header::LOCATION, HeaderValue::from_static("/echo"));
        }
        ("encoded", _) => {
            response.headers_mut().insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
            *response.body_mut() = whole(Bytes::from_static(ENCODED));
        }
        ("length", length) => *response.body_mut() = whole(Bytes::from(vec![0; length.parse().unwrap_or(0)])),
        ("head", lines) => {
            let line = HeaderValue::from_static(KILOBYTE);
            for _ in 0..lines.parse().unwrap_or(0) {
                response.headers_mut().append("x-line", line.clone());
            }
        }
        ("endless", _) => *response.body_mut() = endless(seen),
        ("silent", _) => {
            let _abandoned = Abandoned(Arc::clone(&seen));
            let _ = seen.begun.unbounded_send(());
            std::future::pending::<()>().await;
        }
        _ => *response.status_mut() = StatusCode::NOT_FOUND,
    }
    Ok(response)
}

fn whole(bytes: Bytes) -> Body {
    Full::new(bytes).boxed_unsync()
}

fn seen_headers(request: &Request<Incoming>) -> HeaderMap {
    let seen = [
        ("seen-method", request.method().to_string()),
        ("seen-target", request.uri().path_and_query().map(ToString::to_string).unwrap_or_default()),
        ("seen-version", format!("{:?}", request.version())),
        ("seen-host", request.headers().get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or("").to_owned()),
    ];
    let mut headers: HeaderMap =
        seen.into_iter().filter_map(|(name, value)| Some((name.parse().ok()?, value.parse().ok()?))).collect();
    headers.insert(header::SET_COOKIE, HeaderValue::from_static("kept=no"));
    for name in [header::COOKIE, header::EXPECT] {
        if let (Some(value), Ok(seen)) = (request.headers().get(&name), format!("seen-{name}").parse::<HeaderName>()) {
            headers.insert(seen, value.clone());
        }
    }
    for (name, value) in request.headers() {
        if name.as_str().starts_with("x-") {
            headers.append(name, value.clone());
        }
    }
    headers
}

/// Notifies that it has begun after the client read a part: when the third chunk is polled.
fn endless(seen: Arc<Seen>) -> Body {
    let abandoned = Abandoned(Arc::clone(&seen));
    let chunks = stream::iter(0_u64..).map(move |chunk| {
        let _held = &abandoned;
        if chunk == 2 {
            let _ = seen.begun.unbounded_send(());
        }
        Ok(Frame::data(Bytes::from(vec![0; ENDLESS_CHUNK])))
    });
    StreamBody::new(chunks).boxed_unsync()
}
