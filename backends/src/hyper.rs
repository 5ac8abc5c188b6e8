//! One exchange over hyper's pooled client, whatever executor is below it.

use std::error::Error as StdError;
use std::io;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderValue, Request, Response, StatusCode, header};
use http_body_util::{BodyExt, Full};
use hyper_util::client::legacy::connect::Connect;
use hyper_util::client::legacy::{Builder, Client, Error};
use tilebox_core::exchange::{Limits, TransportError, TransportErrorKind};

use crate::body::{LimitedBody, claimed_length};
use crate::proxy::{Proxies, Proxy, ProxyError};
use crate::target::{self, Target};

/// The most that a connection of HTTP/1.1 reads at once, and holds for that as long as it lives: without a bound hyper's
/// buffer grows to 400 kB while pages come, which 64 connections of a load would keep for nothing. Two records of TLS fit,
/// and more does not make a load faster. The head of an answer has to fit as well.
pub const READ_BUFFER_BYTES: usize = 32 << 10;

/// How long an unused connection is kept.
const IDLE: Duration = Duration::from_secs(90);

/// Sets what every client of this SDK has, whatever its executor: how much a connection reads at once, and how long an
/// unused one is kept, for which the pool needs a timer.
pub fn configure(builder: &mut Builder) -> &mut Builder {
    builder.http1_max_buf_size(READ_BUFFER_BYTES).pool_idle_timeout(IDLE)
}

/// Sends the request over a connection of the pool and reads the whole answer. `proxies` are those of its connector.
///
/// A request over a unix socket goes to a connector that reads [`UnixSocket::of`](tilebox_core::endpoint::UnixSocket::of)
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
    let (head, mut incoming) = client.request(request.map(Full::new)).await.map_err(no_answer)?.into_parts();
    if let (Some(proxy), StatusCode::PROXY_AUTHENTICATION_REQUIRED) = (reader, head.status) {
        return Err(proxy.wants_credentials().into());
    }

    let mut body = LimitedBody::new(limits, claimed_length(&head.headers))?;
    while let Some(frame) = incoming.frame().await {
        let frame = frame.map_err(|error| TransportError::new(kind_after_sending(&error), error))?;
        if let Ok(chunk) = frame.into_data() {
            body.push(&chunk)?;
        }
    }
    Ok(Response::from_parts(head, body.into_bytes()))
}

fn no_answer(error: Error) -> TransportError {
    if let Some(proxy) = ProxyError::below(&error) {
        return proxy.clone().into();
    }
    let kind = if error.is_connect() { TransportErrorKind::Connect } else { kind_after_sending(&error) };
    TransportError::new(kind, error)
}

/// The kind of an error of any client on hyper that came after a connection was made.
#[must_use]
pub fn kind_after_sending(error: &(dyn StdError + 'static)) -> TransportErrorKind {
    let mut cause = Some(error);
    while let Some(error) = cause {
        let hyper_timed_out = error.downcast_ref::<hyper::Error>().is_some_and(hyper::Error::is_timeout);
        let io_timed_out = error.downcast_ref::<io::Error>().is_some_and(|io| io.kind() == io::ErrorKind::TimedOut);
        if hyper_timed_out || io_timed_out {
            return TransportErrorKind::TimedOut;
        }
        cause = error.source();
    }
    TransportErrorKind::Interrupted
}
