//! HTTP over isahc, which runs libcurl on its own thread and so works with any executor.

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
use crate::body::{self, content_length};
use crate::pools::{IDLE_TIMEOUT, Pools};
use crate::proxy_variables::{ProxyVariables, Variable};
use crate::target::{self, Target};

pub use ::isahc;

/// Exchanges over an [`isahc::HttpClient`].
///
/// Over TLS, ALPN negotiates HTTP/2; otherwise, the backend uses HTTP/1.1, also over unix sockets. It uses the proxies of the
/// environment, except for unix sockets. TLS is rustls inside libcurl, built from source, with the trusted roots of the
/// platform or of the file in `SSL_CERT_FILE`. A bare container without either needs a custom client with roots; these do not
/// apply to proxies with TLS.
///
/// # Dropped exchanges
///
/// libcurl notices a dropped exchange only when data moves. A dropped exchange therefore ends immediately while its body is
/// being sent or its response is being read, and otherwise when the head of the response arrives. While the server is silent,
/// it occupies its connection until `limits.timeout`. A later request never receives the response of a dropped one.
///
/// # Repeated requests
///
/// libcurl repeats a request if a reused connection closes before the first byte of the response. It cannot repeat a request
/// with a body, because the body can be read only once: such an exchange fails with [`TransportErrorKind::Interrupted`], and
/// the caller decides about a retry. libcurl reports an HTTP/2 stream that the server refused in the same way, which other
/// backends distinguish.
///
/// # Differences from other backends
///
/// - An HTTP/1.1 connection serves one request, because libcurl reads bytes that wait on an idle connection as the response to
///   the next request. Each request to such a server costs a new connection: one round trip, and two more for a TLS handshake.
///   An HTTP/2 connection serves all requests.
/// - libcurl does not report whether an HTTP/2 stream ended or was reset without an error. An HTTP/2 response with neither a
///   length nor gzip encoding fails with [`TransportErrorKind::Interrupted`], because a part of it may be missing. A response
///   without a body is accepted.
/// - Client certificates are not supported: isahc has none over rustls.
/// - The head of a response is limited to 300 kB. libcurl reports a longer one as a broken connection.
/// - libcurl does not report why a proxy opens no tunnel. For a proxy of the environment, the backend sends a plain request
///   without headers of the exchange to find out whether the proxy requires credentials (407), unless the server may be in
///   `NO_PROXY`. For a proxy of a custom client, it reports a failed connection.
/// - A variable can name a SOCKS proxy.
///
/// # Connections
///
/// An idle connection closes after 30 s. After an exchange that timed out, the next one uses a new client of isahc, and so a
/// new connection: see [`Transport`]. A client given to [`Isahc::with_client`] cannot be replaced; give its settings to
/// [`Isahc::with_builder`].
///
/// # Logs
///
/// libcurl reports each request with its headers to isahc, which emits them as events of `tracing`. If these events can be
/// recorded, the backend silences the thread of isahc, because they contain the API key. With the feature `log` of `tracing`,
/// a logger that accepts debug messages of the target `isahc::handler`, and no subscriber, `tracing` then writes no more
/// records to `log`, and a warning reports this. The feature `log-always` of `tracing` cannot be silenced: limit the target
/// `isahc` of such a logger to info.
#[derive(Clone, Debug)]
pub struct Isahc {
    pools: Pools<Agent>,
    /// The clients for single-use connections; `None` for a custom client.
    single_use: Option<(Pools<Agent>, SingleUse)>,
    /// The proxies of the environment; `None` for a custom client.
    proxies: Option<ProxyVariables>,
}

/// The shortest timeout: libcurl reads a timeout below a millisecond as no timeout.
const MINIMUM_TIMEOUT: Duration = Duration::from_millis(1);

/// The longest timeout: libcurl stores the milliseconds in an `int`.
const MAXIMUM_TIMEOUT: Duration = Duration::from_millis(i32::MAX as u64);

/// The idle time before the first keepalive probe.
const KEEPALIVE: Duration = Duration::from_secs(15);

impl Isahc {
    /// Creates a client with two threads: one for reused connections, one for single-use connections.
    ///
    /// # Errors
    ///
    /// [`TransportErrorKind::NoExecutor`] if the system refuses a thread.
    pub fn new() -> Result<Self, TransportError> {
        Ok(Self {
            single_use: Some((pools(|| settings().connection_cache_size(0).build())?, SingleUse::default())),
            proxies: Some(ProxyVariables::from_env()),
            ..Self::with_builder(|| settings().build())?
        })
    }

    /// Creates a client that speaks HTTP/2 with prior knowledge, also without TLS. It uses no proxy, because few proxies
    /// support this.
    ///
    /// # Errors
    ///
    /// [`TransportErrorKind::NoExecutor`] if the system refuses the thread.
    pub fn http2_prior_knowledge() -> Result<Self, TransportError> {
        Self::with_builder(|| settings().version_negotiation(VersionNegotiation::http2()).proxy(None).build())
    }

    /// Uses custom clients with their own proxy and roots. `make` creates the first client immediately, and another one after
    /// each exchange that timed out, because the network may have dropped the connections of the previous one. Start from
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
    /// [`TransportErrorKind::NoExecutor`] if the first client cannot be created.
    pub fn with_builder(
        make: impl Fn() -> Result<HttpClient, Error> + Send + Sync + 'static,
    ) -> Result<Self, TransportError> {
        Ok(Self { pools: pools(make)?, single_use: None, proxies: None })
    }

    /// Uses a custom client with its own proxy, roots and pool.
    ///
    /// Regardless of the client's settings, an exchange decompresses nothing, follows no redirects, sends no
    /// `expect: 100-continue` and ends after the timeout of its limits. The client must not have a cookie jar, which the
    /// backend cannot disable.
    ///
    /// Build it with `connection_cache_size(0)` unless its servers speak HTTP/2: see above. Its connections are used until
    /// they break; if a network may drop them silently, use [`Isahc::with_builder`].
    #[must_use]
    pub fn with_client(client: HttpClient) -> Self {
        Self { pools: Pools::fixed(Agent::new(client)), single_use: None, proxies: None }
    }
}

/// Returns the settings of [`Isahc::new`] for custom clients: no delay of small writes, an idle timeout, and keepalive probes
/// that detect dead connections.
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
        let request = isahc_request(request, target, proxies, limits)?;
        let pools = match &self.single_use {
            Some((pools, origins)) if origins.applies_to(&uri) => pools,
            _ => &self.pools,
        };
        let send = |agent| async move {
            let (head, incoming) = send_request(&agent, request, &uri, proxies).await?.into_parts();
            if let Some((_, origins)) = &self.single_use {
                origins.record(&uri, head.version);
            }
            body::check_end(&head)?;
            let body = body::read(incoming, content_length(&head.headers), limits, broken_body).await?;
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

/// Creates pools, and the first client.
fn pools(make: impl Fn() -> Result<HttpClient, Error> + Send + Sync + 'static) -> Result<Pools<Agent>, TransportError> {
    let make_agent = move || match make() {
        Ok(client) => Ok(Agent::new(client)),
        Err(error) => Err(TransportError::new(TransportErrorKind::NoExecutor, error)),
    };
    let pools = Pools::new(make_agent);
    pools.open(())?;
    Ok(pools)
}

/// Sends a request, through the proxy of the environment if there is one. Returns the response with its body unread.
async fn send_request(
    agent: &Agent,
    request: Request<AsyncBody>,
    server: &Uri,
    proxies: Option<&ProxyVariables>,
) -> Result<Response<AsyncBody>, TransportError> {
    let client = agent.client().await?;
    let response = match client.send_async(request).await {
        Ok(response) => response,
        Err(error) => return Err(with_proxy_reason(client, no_response(error), server, proxies).await),
    };
    if response.status() == StatusCode::PROXY_AUTHENTICATION_REQUIRED {
        return Err(proxy_denied(proxies.and_then(|proxies| proxies.variable_for(server))));
    }
    Ok(response)
}

/// Converts a request, and sets the options of its target, proxy and limits.
fn isahc_request(
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
        Target::Socket(socket) => dial_socket(builder, &socket).uri(target::uri_over_socket(&head.uri)?),
    };
    if let Some(proxies) = proxies {
        // Always set, because libcurl interprets the variables differently.
        builder = match proxies.variable_for(&uri) {
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
        .timeout(limits.timeout.clamp(MINIMUM_TIMEOUT, MAXIMUM_TIMEOUT))
        .body(body)
        .map_err(|error| TransportError::new(TransportErrorKind::Unsupported, error))
}

/// Returns the address of the proxy in a variable.
fn address(variable: &Variable) -> Result<Uri, TransportError> {
    // Does not show the value, which can contain a password.
    let unusable = |_| {
        let message = format!("{} is not of the form http://host:port", variable.name);
        TransportError::new(TransportErrorKind::Unsupported, message)
            .with_advice(format!("correct {}, or remove it where no proxy is needed", variable.name))
    };
    variable.value.parse().map_err(unusable)
}

/// Adds the reason of the proxy to an error without a response.
async fn with_proxy_reason(
    client: &HttpClient,
    error: TransportError,
    server: &Uri,
    proxies: Option<&ProxyVariables>,
) -> TransportError {
    let Some(proxies) = proxies else { return error };
    match proxies.variable_for(server) {
        Some(variable) if error.kind() == TransportErrorKind::Connect => {
            let has_tunnel = server.scheme_str() == Some("https") && !proxies.may_except(server);
            match address(variable) {
                Ok(proxy) if has_tunnel && tunnel::is_denied(client, server, &proxy).await => {
                    proxy_denied(Some(variable))
                }
                _ => error.with_advice(check_proxy(variable)),
            }
        }
        _ => error,
    }
}

/// Returns the advice for a failed connection through a proxy: libcurl does not report why a proxy opens no tunnel.
fn check_proxy(variable: &Variable) -> String {
    let name = variable.name;
    format!(
        "check the server and the proxy in {name}, which may require credentials as in http://name:password@host:port"
    )
}

/// Returns the error of a proxy that requires credentials.
fn proxy_denied(variable: Option<&Variable>) -> TransportError {
    let message = "the proxy asks for a name and a password (status 407)";
    let error = TransportError::new(TransportErrorKind::ProxyDenied, message);
    match variable {
        Some(Variable { name, .. }) => {
            error.with_advice(format!("write them into {name}, as in http://name:password@host:port"))
        }
        None => error,
    }
}

/// Sets the unix socket of a request, which uses no proxy.
#[cfg(unix)]
fn dial_socket(builder: request::Builder, socket: &UnixSocket) -> request::Builder {
    builder.dial(Dialer::unix_socket(socket.path())).proxy(None)
}

/// Not reached: [`target::check`] refuses unix sockets on this platform.
#[cfg(not(unix))]
fn dial_socket(builder: request::Builder, _: &UnixSocket) -> request::Builder {
    builder
}

fn no_response(error: Error) -> TransportError {
    TransportError::new(kind(&error), error)
}

/// Converts an error of the reader, which contains the error of isahc.
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

/// Refuses an HTTP/2 response that may be truncated: libcurl reports a stream that the server reset with NO_ERROR as complete
/// (RFC 9113, section 8.1). Core detects a truncated gzip stream, and does not read an empty page as the last one: servers
/// announce no length without a body.
fn check_end_of_stream(head: &Parts, body: &[u8]) -> Result<(), TransportError> {
    let is_gzip = || {
        let encoding = head.headers.get(CONTENT_ENCODING).and_then(|value| value.to_str().ok()).unwrap_or_default();
        ["gzip", "x-gzip"].iter().any(|gzip| encoding.trim().eq_ignore_ascii_case(gzip))
    };
    let is_checked = body.is_empty() || content_length(&head.headers).is_some() || is_gzip();
    if head.version < Version::HTTP_2 || !head.status.is_success() || is_checked {
        return Ok(());
    }
    let message =
        "the response over HTTP/2 has neither a length nor gzip as its encoding, so a part of it may be missing";
    Err(TransportError::new(TransportErrorKind::Interrupted, message)
        .with_advice("use another backend for this server, because libcurl cannot detect a truncated response"))
}
