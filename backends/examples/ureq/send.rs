//! ureq as a function from requests to responses.

use std::io;

use bytes::Bytes;
use http::{Request, Response};
use tilebox_core::protocol::exchange::{Limits, TransportError, TransportErrorKind};
use ureq::{Agent, Error};

/// Returns a function that sends requests with an agent. Redirects and statuses are left to the client.
pub(crate) fn by_ureq()
-> impl Fn(Request<Bytes>, Limits) -> Result<Response<Bytes>, TransportError> + Send + Sync + 'static {
    let agent: Agent = Agent::config_builder().http_status_as_error(false).max_redirects(0).build().into();
    move |request, limits| {
        let request = request.map(|body| body.to_vec());
        let request = agent.configure_request(request).timeout_global(Some(limits.timeout)).build();
        let (head, mut body) = agent.run(request).map_err(failed)?.into_parts();
        let body = body.with_config().limit(limits.response_bytes as u64).read_to_vec();
        match body {
            Ok(body) => Ok(Response::from_parts(head, body.into())),
            Err(Error::BodyExceedsLimit(_)) => Err(TransportError::too_large(limits)),
            Err(error) => Err(failed(error)),
        }
    }
}

/// Converts an error. Its kind tells whether the server can have received the request, and so whether a retry is safe.
fn failed(error: Error) -> TransportError {
    let kind = match &error {
        Error::ConnectionFailed | Error::HostNotFound => TransportErrorKind::Connect,
        Error::Io(cause) if cause.kind() == io::ErrorKind::ConnectionRefused => TransportErrorKind::Connect,
        Error::Timeout(_) => TransportErrorKind::TimedOut,
        Error::BadUri(_) | Error::Http(_) => TransportErrorKind::Unsupported,
        _ => TransportErrorKind::Interrupted,
    };
    TransportError::new(kind, error)
}
