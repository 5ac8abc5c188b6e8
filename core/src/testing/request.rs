//! Method and uncompressed message of a request.

use bytes::Bytes;
use http::Response;
use http::header::CONTENT_ENCODING;

use crate::protocol::connect::gzip;
use crate::runtime::{Limits, TransportError, TransportErrorKind};

/// Maximum size of a decompressed message, in bytes. No request is larger.
const MAX_MESSAGE_BYTES: usize = 1 << 30;

/// Returns service and method, such as `datasets.v1.DatasetService/GetDataset`, below any path prefix.
pub(super) fn method(path: &str) -> &str {
    path.rmatch_indices('/').nth(1).map_or_else(|| path.trim_start_matches('/'), |(at, _)| &path[at + 1..])
}

/// Returns the uncompressed message of a request.
pub(super) fn message(request: &http::Request<Bytes>) -> Result<Bytes, TransportError> {
    match request.headers().get(CONTENT_ENCODING) {
        None => Ok(request.body().clone()),
        Some(_) => gzip::decompress(request.body(), MAX_MESSAGE_BYTES)
            .map_err(|error| TransportError::new(TransportErrorKind::Unsupported, error).with_advice(REPORT)),
    }
}

/// Advice for a request that cannot be decompressed.
const REPORT: &str = "report it: this client sends valid gzip";

/// Returns the error for a request that the test does not expect. It is not retried.
pub(super) fn unexpected(reason: impl Into<String>, advice: &'static str) -> TransportError {
    TransportError::new(TransportErrorKind::Unsupported, reason.into()).with_advice(advice)
}

/// Returns distinct names as `a, b and c`, or `nothing`.
pub(super) fn list_names<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    let names: std::collections::BTreeSet<_> = names.into_iter().collect();
    let names: Vec<_> = names.into_iter().map(|name| format!("`{name}`")).collect();
    match names.as_slice() {
        [] => "nothing".to_owned(),
        [only] => only.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

/// Returns the response, or an error if its body exceeds the limit.
pub(super) fn check_size(response: Response<Bytes>, limits: Limits) -> Result<Response<Bytes>, TransportError> {
    if response.body().len() > limits.response_bytes {
        return Err(TransportError::too_large(limits));
    }
    Ok(response)
}
