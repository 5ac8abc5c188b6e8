//! One exchange over hyper's pooled client, whatever executor is below it.

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

use crate::body::{self, LimitedBody, claimed_length};
use crate::pools::IDLE_TIMEOUT;
use crate::proxy::{Proxies, Proxy, ProxyError};
use crate::target::{self, Target};

/// The most that a connection of HTTP/1.1 reads at once, and holds for that as long as it lives: without a bound hyper's
/// buffer grows to 400 kB while pages come, which 64 connections of a load would keep for nothing. Two records of TLS fit,
/// and more does not make a load faster. The head of an answer has to fit as well.
pub const READ_BUFFER_BYTES: usize = 32 << 10;

/// The most bytes of one response of HTTP/2 that wait for a reader.
pub const STREAM_WINDOW_BYTES: u32 = 2 << 20;

/// The longest list of headers that is read over HTTP/2, in the bytes of its setting, which are 32 more for each header than
/// over HTTP/1.1 (RFC 9113, section 6.5.2): what fits in [`READ_BUFFER_BYTES`] there fits here as well.
pub const HEADER_LIST_BYTES: u32 = 2 * READ_BUFFER_BYTES as u32;

/// The most bytes of all responses on one connection of HTTP/2 that wait for readers: as many as HTTP/2 allows (RFC 9113
/// section 6.9.1), which is 1023 full streams. A smaller window would let responses that nobody reads block all others.
pub const CONNECTION_WINDOW_BYTES: u32 = (1 << 31) - 1;

/// How often a connection of HTTP/2 asks the server whether it is still there, also while it is unused,
pub const PING_INTERVAL: Duration = Duration::from_secs(15);

/// and how long it waits for the response before it closes.
pub const PING_TIMEOUT: Duration = Duration::from_secs(10);

/// Sets what every client of this SDK has, whatever its executor: how much a connection reads at once, how long an unused
/// one is kept, and when one is given up because the network has forgotten it. The pool and the connections need timers.
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

/// Sends the request over a connection of the pool and reads the whole answer. `proxies` are those of its connector.
///
/// A request over a unix socket goes to a connector that reads [`UnixSocket::of`](tilebox_core::protocol::endpoint::UnixSocket::of)
/// its address.
///
/// Dropping the future closes the connection on HTTP/1.1 and resets the stream on HTTP/2.
///
/// # Errors
///
/// When there is no answer, or one that is too long.
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
        // What stands for the path of the socket in the address is for the connector alone.
        request.headers_mut().insert(header::HOST, HeaderValue::from_static(target::HOST_OF_SOCKETS));
    }
    // Inside of a tunnel they were told before, and the server is not told at all.
    let reader = proxies.reading(request.uri());
    if let Some(credentials) = reader.and_then(Proxy::credentials) {
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

/// Reads the body of a response to its end, which has to be marked.
///
/// # Errors
///
/// When the body is over the limit or ends early, and what `broken` makes of an error of the body.
pub async fn read<B: Body<Data = Bytes> + Unpin>(
    head: &Parts,
    mut incoming: B,
    limits: Limits,
    broken: impl Fn(B::Error) -> TransportError,
) -> Result<Bytes, TransportError> {
    body::check_end(head)?;
    let mut body = LimitedBody::new(limits, claimed_length(&head.headers))?;
    while let Some(frame) = incoming.frame().await {
        if let Ok(chunk) = frame.map_err(&broken)?.into_data() {
            body.push(&chunk)?;
        }
    }
    // hyper ends a body without an error where the server resets its stream with NO_ERROR. The stream knows whether
    // END_STREAM came before (RFC 9113, section 8.1).
    if head.version == Version::HTTP_2 && !incoming.is_end_stream() {
        return Err(TransportError::new(
            TransportErrorKind::Interrupted,
            format!("the server reset the response after {} bytes of its body", body.len()),
        ));
    }
    Ok(body.into_bytes())
}

fn no_response(error: Error) -> TransportError {
    if let Some(proxy) = ProxyError::below(&error) {
        return proxy.clone().into();
    }
    failure::before_response(error)
}
