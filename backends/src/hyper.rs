//! One exchange over hyper's pooled client, whatever executor is below it.

use std::error::Error as StdError;
use std::io;

use bytes::Bytes;
use http::{HeaderValue, Request, Response, header};
use http_body_util::{BodyExt, Full};
use hyper_util::client::legacy::connect::Connect;
use hyper_util::client::legacy::{Client, Error};
use tilebox_core::exchange::{Limits, TransportError, TransportErrorKind};

use crate::body::{LimitedBody, claimed_length};
use crate::target::{self, Target};

/// Sends the request over a connection of the pool and reads the whole answer.
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
    let (head, mut incoming) = client.request(request.map(Full::new)).await.map_err(no_answer)?.into_parts();

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
