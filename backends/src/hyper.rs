//! Exchanges over hyper's pooled client, on any executor.

pub mod failure;

use std::time::Duration;

use bytes::Bytes;
use http::response::Parts;
use http::{HeaderValue, Request, Response, StatusCode, Version, header};
use http_body_util::{BodyExt, Full};
use hyper::body::Body;
use hyper_util::client::legacy::connect::Connect;
use hyper_util::client::legacy::{Builder, Client, Error};
use tilebox_core::protocol::exchange::{Limits, TransportError, TransportErrorKind};

use crate::body::{self, LimitedBody, content_length};
use crate::pools::IDLE_TIMEOUT;
use crate::proxy::{Proxies, Proxy, ProxyError};
use crate::target::{self, Target};

/// The read buffer of an HTTP/1.1 connection, in bytes. Without a limit, hyper's buffer grows to 400 kB while pages arrive,
/// and each of the 64 connections of a load keeps it. Two TLS records fit, and a larger buffer does not speed up loads. The
/// head of a response must fit as well.
pub const READ_BUFFER_BYTES: usize = 32 << 10;

/// The receive window of an HTTP/2 stream, in bytes.
pub const STREAM_WINDOW_BYTES: u32 = 2 << 20;

/// The largest header list over HTTP/2, in the bytes of its setting, which counts 32 more for each header than HTTP/1.1
/// (RFC 9113, section 6.5.2). Headers that fit in [`READ_BUFFER_BYTES`] over HTTP/1.1 fit here as well.
pub const HEADER_LIST_BYTES: u32 = 2 * READ_BUFFER_BYTES as u32;

/// The receive window of an HTTP/2 connection, in bytes: the maximum of HTTP/2 (RFC 9113, section 6.9.1), which is 1023
/// full streams. With a smaller window, unread responses would block all others.
pub const CONNECTION_WINDOW_BYTES: u32 = (1 << 31) - 1;

/// The interval of pings on an HTTP/2 connection, also while it is idle.
pub const PING_INTERVAL: Duration = Duration::from_secs(15);

/// The timeout of a ping, after which the connection closes.
pub const PING_TIMEOUT: Duration = Duration::from_secs(10);

/// Sets the options of every client of this SDK: buffer sizes, the idle timeout, and pings that detect dead connections. The
/// pool and the connections need timers.
pub fn configure(builder: &mut Builder) -> &mut Builder {
    builder
        .http1_max_buf_size(READ_BUFFER_BYTES)
        .http2_max_header_list_size(HEADER_LIST_BYTES)
        .http2_initial_stream_window_size(STREAM_WINDOW_BYTES)
        .http2_initial_connection_window_size(CONNECTION_WINDOW_BYTES)
        .http2_keep_alive_interval(PING_INTERVAL)
        .http2_keep_alive_timeout(PING_TIMEOUT)
        .http2_keep_alive_while_idle(true)
        .pool_idle_timeout(IDLE_TIMEOUT)
}

/// Sends the request over a pooled connection and reads the whole response. `proxies` are the proxies of the connector.
///
/// For a unix socket, the connector reads the path with [`UnixSocket::of`](tilebox_core::protocol::endpoint::UnixSocket::of).
///
/// Dropping the future closes the connection on HTTP/1.1 and resets the stream on HTTP/2.
///
/// # Errors
///
/// [`TransportError`] when no response arrives, or the response exceeds the limit.
pub async fn exchange<C>(
    client: &Client<C, Full<Bytes>>,
    proxies: &Proxies,
    mut request: Request<Bytes>,
    limits: Limits,
) -> Result<Response<Bytes>, TransportError>
where
    C: Connect + Clone + Send + Sync + 'static,
{
    if let Target::Socket(_) = target::check(request.uri())? {
        // The authority of the URI encodes the path of the socket, for the connector only.
        request.headers_mut().insert(header::HOST, HeaderValue::from_static(target::SOCKET_HOST));
    }
    // A tunnel has sent the credentials before, and the server must not receive them.
    let proxy = proxies.forwarding_proxy_for(request.uri());
    if let Some(credentials) = proxy.and_then(Proxy::credentials) {
        request.headers_mut().insert(header::PROXY_AUTHORIZATION, credentials.clone());
    }
    let uri = request.uri().clone();
    let (head, incoming) = client.request(request.map(Full::new)).await.map_err(no_response)?.into_parts();
    if head.status == StatusCode::PROXY_AUTHENTICATION_REQUIRED {
        return Err(proxies.denied(&uri));
    }

    let body = read(&head, incoming, limits, |error| TransportError::new(failure::in_body(&error), error)).await?;
    Ok(Response::from_parts(head, body))
}

/// Reads the body of a response to its end, and checks that it is complete.
///
/// # Errors
///
/// [`TransportError`] if the body exceeds the limit or is truncated. `broken` converts errors of the body.
pub async fn read<B: Body<Data = Bytes> + Unpin>(
    head: &Parts,
    mut incoming: B,
    limits: Limits,
    broken: impl Fn(B::Error) -> TransportError,
) -> Result<Bytes, TransportError> {
    body::check_end(head)?;
    let mut body = LimitedBody::new(limits, content_length(&head.headers))?;
    while let Some(frame) = incoming.frame().await {
        if let Ok(chunk) = frame.map_err(&broken)?.into_data() {
            body.push(&chunk)?;
        }
    }
    // hyper ends a body without an error if the server resets the stream with NO_ERROR. Only a complete body has END_STREAM
    // (RFC 9113, section 8.1).
    if head.version == Version::HTTP_2 && !incoming.is_end_stream() {
        return Err(TransportError::new(
            TransportErrorKind::Interrupted,
            format!("the server reset the response after {} bytes of its body", body.len()),
        ));
    }
    Ok(body.into_bytes())
}

fn no_response(error: Error) -> TransportError {
    if let Some(proxy) = ProxyError::find_in(&error) {
        return proxy.clone().into();
    }
    failure::before_response(error)
}
