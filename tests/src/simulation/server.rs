//! The service of the local server as the server of a simulated network.

use std::sync::Arc;
use std::time::SystemTime;

use bytes::Bytes;
use http::header::{CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, HeaderValue};
use http::{Request, Response};
use tilebox_core::protocol::connect::{self, Code, gzip};
use tilebox_emulator::Service;

use super::network::{Server, error_response};

/// Returns a function that speaks Connect for a service, for a simulated network.
#[must_use]
pub fn serve(service: Arc<Service>) -> Server {
    Arc::new(move |request| respond(&service, request))
}

fn respond(service: &Service, request: &Request<Bytes>) -> Response<Bytes> {
    let compressed = request.headers().contains_key(CONTENT_ENCODING);
    let message = match compressed.then(|| gzip::decompress(request.body(), 1 << 30)) {
        None => request.body().clone(),
        Some(Ok(message)) => message,
        Some(Err(error)) => return error_response(Code::InvalidArgument, &error.to_string()),
    };
    match service.call(request.uri().path(), message, SystemTime::UNIX_EPOCH) {
        Ok(message) => {
            let length = HeaderValue::from(message.len());
            let mut response = Response::new(message);
            response.headers_mut().insert(CONTENT_LENGTH, length);
            response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(connect::CONTENT_TYPE));
            response
        }
        Err(refusal) => {
            let code = Code::from_name(refusal.code.as_str()).unwrap_or(Code::Unknown);
            error_response(code, &refusal.message)
        }
    }
}
