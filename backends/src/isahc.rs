//! HTTP by isahc: libcurl in a thread of its own, so it runs below any executor.

mod agent;
mod single_use;
mod tunnel;

use std::io;
use std::time::Duration;

use ::isahc::config::{Configurable, ExpectContinue, RedirectPolicy, VersionNegotiation};
use ::isahc::error::ErrorKind;
#[cfg(unix)]
use ::isahc::net::Dialer;
use ::isahc::{AsyncBody, Error, HttpClient, HttpClientBuilder};
use async_trait::async_trait;
use bytes::Bytes;
use futures::io::Cursor;
use http::header::CONTENT_ENCODING;
use http::response::Parts;
use http::{Request, Response, StatusCode, Uri, Version, request};
use tilebox_core::protocol::endpoint::UnixSocket;
use tilebox_core::protocol::exchange::{Limits, TransportError, TransportErrorKind};
use tilebox_core::runtime::Transport;

use self::agent::Agent;
use self::single_use::SingleUse;
use crate::body::{self, claimed_length};
use crate::pools::{IDLE_TIMEOUT, Pools};
use crate::proxy_variables::{ProxyVariables, Variable};
use crate::target::{self, Target};

pub use ::isahc;

/// Exchanges over an [`isahc::HttpClient`].
///
/// HTTP/2 is negotiated by ALPN over TLS, HTTP/1.1 is spoken otherwise, also over unix sockets; the proxies that the
/// environment names are used, but never for a socket. TLS is rustls inside of libcurl, built from source; the roots are
/// those that the platform trusts, or of the file that `SSL_CERT_FILE` names. A bare container that has neither needs a
/// client of its own with roots, which are not those for a proxy that speaks TLS itself.
///
/// # What a dropped exchange does
///
/// libcurl asks whether anyone still wants a transfer only when data moves. A dropped exchange therefore ends at once
/// while its body is being sent or its answer is being read, and as soon as the head of the answer arrives. While
/// the server is silent it holds its connection until `limits.timeout`, which is set on every exchange. A later
/// request never sees the answer of a dropped one.
///
/// # Requests that are sent again
///
/// libcurl sends a request once more when a reused connection turns out to be closed before one byte of an answer came.
/// It cannot do so here with a request that has a body, since the body can be read only once: that is
/// [`TransportErrorKind::Interrupted`], and what may be repeated is decided above. libcurl says the same of a stream of
/// HTTP/2 that the server refused, which other backends tell apart.
///
/// # What other backends do and this one does not
///
/// - A connection of HTTP/1.1 serves one request, because libcurl takes bytes that wait on an idle connection for the
///   response to the next request. Each request to such a server costs a new connection: a round trip, and another two with a
///   handshake over TLS. Over HTTP/2 a connection serves all requests.
/// - libcurl does not say whether a stream of HTTP/2 ended or was reset without an error. A message over HTTP/2 that has
///   neither a length nor gzip as its encoding is [`TransportErrorKind::Interrupted`], because a part of it may be missing. One
///   without a body is taken as it is.
/// - There are no client certificates: isahc has none over rustls.
/// - The head of a response may have 300 kB. libcurl describes a longer one as a connection that broke.
/// - libcurl does not say why a proxy opens no tunnel. One that the environment names is asked once more, in the clear and
///   without any header of the request, whether it wants credentials (407), unless `NO_PROXY` may except the server. One of a
///   client of your own is not asked: that is a connection that was not made.
/// - A variable may name a proxy that speaks SOCKS.
///
/// # Connections
///
/// An unused connection is kept for 30 s. When an exchange runs out of time, the next one has a new client of isahc, and so
/// a new connection: see [`Transport`]. A client given to [`Isahc::with_client`] cannot be replaced; give its settings to
/// [`Isahc::with_builder`].
///
/// # Logs
///
/// libcurl describes each request to isahc, with its headers, and isahc passes it on as events of `tracing`. A backend whose
/// events may be recorded silences the thread of isahc, because they hold the API key. With the feature `log` of `tracing`,
/// a logger that takes debug messages of the target `isahc::handler`, and no subscriber, this ends every record that
/// `tracing` writes to `log`, and a warning says so. The feature `log-always` of `tracing` cannot be silenced: limit the
/// target `isahc` of such a logger to info.
#[derive(Clone, Debug)]
pub struct Isahc {
    pools: Pools<Agent>,
    /// The clients for single-use connections; none where the client is one of your own.
    single_use: Option<(Pools<Agent>, SingleUse)>,
    /// Proxies of the environment; none where the client is one of your own.
    proxies: Option<ProxyVariables>,
}

/// libcurl takes a timeout of no whole millisecond for none at all,
const SHORTEST: Duration = Duration::from_millis(1);

/// and holds the milliseconds of a timeout in an `int`.
const LONGEST: Duration = Duration::from_millis(i32::MAX as u64);

/// How long a connection may be silent before the system asks the other end whether it is still there.
const KEEPALIVE: Duration = Duration::from_secs(15);

impl Isahc {
    /// A client with a pool, and two threads: one for connections that are used again, one for others.
    ///
    /// # Errors
    ///
    /// [`TransportErrorKind::NoExecutor`] when the system refuses the thread.
    pub fn new() -> Result<Self, TransportError> {
        Ok(Self {
            single_use: Some((pools(|| settings().connection_cache_size(0).build())?, SingleUse::default())),
            proxies: Some(ProxyVariables::from_env()),
            ..Self::with_builder(|| settings().build())?
        })
    }

    /// A client that speaks HTTP/2 from the first byte also without TLS, for servers that are known to do so. They are
    /// reached without a proxy, because few proxies do.
    ///
    /// # Errors
    ///
    /// [`TransportErrorKind::NoExecutor`] when the system refuses the thread.
    pub fn http2_prior_knowledge() -> Result<Self, TransportError> {
        Self::with_builder(|| settings().version_negotiation(VersionNegotiation::http2()).proxy(None).build())
    }

    /// Exchanges over clients of your own, with their proxy and roots. One is made at once, and another one each time that an
    /// exchange ran out of time, because the network may have forgotten the connections of the one before. Start from
    /// [`settings`], with `connection_cache_size(0)` unless the servers speak HTTP/2: see above.
    ///
    /// ```
    /// use tilebox_backends::isahc::{Isahc, isahc::config::Configurable, settings};
    ///
    /// let isahc = Isahc::with_builder(|| settings().proxy(None).build())?;
    /// # Ok::<(), tilebox_core::protocol::exchange::TransportError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`TransportErrorKind::NoExecutor`] when the first client cannot be made.
    pub fn with_builder(
        make: impl Fn() -> Result<HttpClient, Error> + Send + Sync + 'static,
    ) -> Result<Self, TransportError> {
        Ok(Self { pools: pools(make)?, single_use: None, proxies: None })
    }

    /// Exchanges over a client of your own, with its proxy, roots and pool.
    ///
    /// Whatever the client is set to, an exchange decompresses nothing, follows no redirect, sends no
    /// `expect: 100-continue` and ends after the timeout of its limits. A cookie jar stays as it is: bring none.
    ///
    /// Build it with `connection_cache_size(0)` unless its servers speak HTTP/2: see above.
    /// Its connections are used until they break: where a network may forget them, use [`Isahc::with_builder`].
    #[must_use]
    pub fn with_client(client: HttpClient) -> Self {
        Self { pools: Pools::fixed(Agent::new(client)), single_use: None, proxies: None }
    }
}

/// The settings of [`Isahc::new`], for clients of your own: no delay of small writes, and an end to connections that are
/// unused or that the network has forgotten.
pub fn settings() -> HttpClientBuilder {
    HttpClient::builder().tcp_nodelay().tcp_keepalive(KEEPALIVE).connection_cache_ttl(IDLE_TIMEOUT)
}

impl From<HttpClient> for Isahc {
    fn from(client: HttpClient) -> Self {
        Self::with_client(client)
    }
}

#[async_trait]
impl Transport for Isahc {
    async fn send(&self, request: Request<Bytes>, limits: Limits) -> Result<Response<Bytes>, TransportError> {
        let target = target::check(request.uri())?;
        let uri = request.uri().clone();
        let proxies = self.proxies.as_ref().filter(|_| target == Target::Host);
        let request = configured(request, target, proxies, limits)?;
        let pools = match &self.single_use {
            Some((pools, origins)) if origins.is_for(&uri) => pools,
            _ => &self.pools,
        };
        let send = |agent| async move {
            let (head, incoming) = sent(&agent, request, &uri, proxies).await?.into_parts();
            if let Some((_, origins)) = &self.single_use {
                origins.learn(&uri, head.version);
            }
            body::check_end(&head)?;
            let body = body::read(incoming, claimed_length(&head.headers), limits, broken_body).await?;
            check_end_of_stream(&head, &body)?;
            let mut response = Response::new(body);
            *response.status_mut() = head.status;
            *response.version_mut() = head.version;
            *response.headers_mut() = head.headers;
            Ok(response)
        };
        pools.exchange((), limits, send).await
    }
}

/// Pools of clients that this makes, the first of them at once.
fn pools(make: impl Fn() -> Result<HttpClient, Error> + Send + Sync + 'static) -> Result<Pools<Agent>, TransportError> {
    let made = move || match make() {
        Ok(client) => Ok(Agent::new(client)),
        Err(error) => Err(TransportError::new(TransportErrorKind::NoExecutor, error)),
    };
    let pools = Pools::new(made);
    pools.open(())?;
    Ok(pools)
}

/// The response without its body, past the proxy that a variable names.
async fn sent(
    agent: &Agent,
    request: Request<AsyncBody>,
    server: &Uri,
    proxies: Option<&ProxyVariables>,
) -> Result<Response<AsyncBody>, TransportError> {
    let client = agent.client().await?;
    let response = match client.send_async(request).await {
        Ok(response) => response,
        Err(error) => return Err(explained(client, no_response(error), server, proxies).await),
    };
    if response.status() == StatusCode::PROXY_AUTHENTICATION_REQUIRED {
        return Err(denied(proxies.and_then(|proxies| proxies.before(server))));
    }
    Ok(response)
}

fn configured(
    request: Request<Bytes>,
    target: Target,
    proxies: Option<&ProxyVariables>,
    limits: Limits,
) -> Result<Request<AsyncBody>, TransportError> {
    let (head, body) = request.into_parts();
    let uri = head.uri.clone();
    let mut builder = Request::builder().method(head.method);
    builder = match target {
        Target::Host => builder.uri(head.uri),
        Target::Socket(socket) => over_socket(builder, &socket).uri(target::behind_socket(&head.uri)?),
    };
    if let Some(proxies) = proxies {
        // Set here in any case, because libcurl reads the variables in another way.
        builder = match proxies.before(&uri) {
            Some(variable) => builder.proxy(address(variable)?).proxy_blacklist(proxies.exceptions.iter()),
            None => builder.proxy(None),
        };
    }
    if let Some(headers) = builder.headers_mut() {
        *headers = head.headers;
    }
    let length = body.len() as u64;
    let body = if length == 0 { AsyncBody::empty() } else { AsyncBody::from_reader_sized(Cursor::new(body), length) };
    builder
        .automatic_decompression(false)
        .expect_continue(ExpectContinue::disabled())
        .redirect_policy(RedirectPolicy::None)
        .timeout(limits.timeout.clamp(SHORTEST, LONGEST))
        .body(body)
        .map_err(|error| TransportError::new(TransportErrorKind::Unsupported, error))
}

/// The proxy that a variable names.
fn address(variable: &Variable) -> Result<Uri, TransportError> {
    // The value is not shown: it may hold a password.
    let unusable = |_| {
        let message = format!("{} is no address of the form http://host:port", variable.name);
        TransportError::new(TransportErrorKind::Unsupported, message)
            .with_advice(format!("correct {}, or remove it where no proxy is needed", variable.name))
    };
    variable.value.parse().map_err(unusable)
}

/// Adds what the proxy on the way says to an error without a response.
async fn explained(
    client: &HttpClient,
    error: TransportError,
    server: &Uri,
    proxies: Option<&ProxyVariables>,
) -> TransportError {
    let Some(proxies) = proxies else { return error };
    match proxies.before(server) {
        Some(variable) if error.kind() == TransportErrorKind::Connect => {
            let has_tunnel = server.scheme_str() == Some("https") && !proxies.may_except(server);
            match address(variable) {
                Ok(proxy) if has_tunnel && tunnel::is_denied(client, server, &proxy).await => denied(Some(variable)),
                _ => error.with_advice(check_proxy(variable)),
            }
        }
        _ => error,
    }
}

/// What to do about a connection that was not made, where a proxy is on the way: libcurl does not say why it opens no tunnel.
fn check_proxy(variable: &Variable) -> String {
    let name = variable.name;
    format!("check the server and the proxy that {name} names, which may ask for http://name:password@host:port")
}

/// The error of a proxy that passes nothing on without a name and a password.
fn denied(variable: Option<&Variable>) -> TransportError {
    let message = "the proxy asks for a name and a password (status 407)";
    let error = TransportError::new(TransportErrorKind::ProxyDenied, message);
    match variable {
        Some(Variable { name, .. }) => {
            error.with_advice(format!("write them into {name}, as in http://name:password@host:port"))
        }
        None => error,
    }
}

/// The socket is a setting of the request, and stands before any proxy.
#[cfg(unix)]
fn over_socket(builder: request::Builder, socket: &UnixSocket) -> request::Builder {
    builder.dial(Dialer::unix_socket(socket.path())).proxy(None)
}

/// Never asked for: such a target is refused before.
#[cfg(not(unix))]
fn over_socket(builder: request::Builder, _: &UnixSocket) -> request::Builder {
    builder
}

fn no_response(error: Error) -> TransportError {
    TransportError::new(kind(&error), error)
}

/// isahc hides its own error in that of the reader.
fn broken_body(error: io::Error) -> TransportError {
    match error.get_ref().and_then(|inner| inner.downcast_ref::<Error>()).map(kind) {
        Some(kind) => TransportError::new(kind, error),
        None => TransportError::new(TransportErrorKind::Interrupted, error),
    }
}

fn kind(error: &Error) -> TransportErrorKind {
    match error.kind() {
        ErrorKind::BadClientCertificate
        | ErrorKind::BadServerCertificate
        | ErrorKind::ConnectionFailed
        | ErrorKind::InvalidTlsConfiguration
        | ErrorKind::NameResolution
        | ErrorKind::TlsEngine => TransportErrorKind::Connect,
        ErrorKind::Timeout => TransportErrorKind::TimedOut,
        ErrorKind::InvalidRequest => TransportErrorKind::Unsupported,
        ErrorKind::ClientInitialization => TransportErrorKind::NoExecutor,
        _ => TransportErrorKind::Interrupted,
    }
}

/// Refuses a message over HTTP/2 that may be cut: libcurl takes a stream that the server reset with NO_ERROR for one that
/// ended (RFC 9113, section 8.1). Core sees where a gzip stream is cut, and does not read an empty page as the end: servers
/// announce no length where they send no body.
fn check_end_of_stream(head: &Parts, body: &[u8]) -> Result<(), TransportError> {
    let is_gzip = || {
        let encoding = head.headers.get(CONTENT_ENCODING).and_then(|value| value.to_str().ok()).unwrap_or_default();
        ["gzip", "x-gzip"].iter().any(|gzip| encoding.trim().eq_ignore_ascii_case(gzip))
    };
    let is_known = body.is_empty() || claimed_length(&head.headers).is_some() || is_gzip();
    if head.version < Version::HTTP_2 || !head.status.is_success() || is_known {
        return Ok(());
    }
    let message =
        "the response over HTTP/2 has neither a length nor gzip as its encoding, so a part of it may be missing";
    Err(TransportError::new(TransportErrorKind::Interrupted, message).with_advice(
        "use another backend for this server, because libcurl does not tell a whole response from a cut one",
    ))
}
