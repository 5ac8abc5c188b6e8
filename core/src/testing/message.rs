//! What a transport for tests sees of a request: its method, and its message as it was before compression.

use bytes::Bytes;
use http::header::CONTENT_ENCODING;

use crate::protocol::connect::gzip;
use crate::runtime::{TransportError, TransportErrorKind};

/// The most bytes of a message, in bytes after decompression: more than any request has.
const LIMIT: usize = 1 << 30;

/// Service and method, such as `datasets.v1.DatasetService/GetDataset`, wherever below the server they are.
pub(super) fn method(path: &str) -> &str {
    path.rmatch_indices('/').nth(1).map_or_else(|| path.trim_start_matches('/'), |(at, _)| &path[at + 1..])
}

/// The message of a request.
pub(super) fn message(request: &http::Request<Bytes>) -> Result<Bytes, TransportError> {
    match request.headers().get(CONTENT_ENCODING) {
        None => Ok(request.body().clone()),
        Some(_) => gzip::decompress(request.body(), LIMIT)
            .map_err(|error| TransportError::new(TransportErrorKind::Unsupported, error).with_advice(REPORT)),
    }
}

/// What to do about a request of this very client that is damaged.
const REPORT: &str = "report it: a client does not send that";

/// A request that a test did not provide for. It is not tried again.
pub(super) fn unexpected(reason: impl Into<String>, advice: &'static str) -> TransportError {
    TransportError::new(TransportErrorKind::Unsupported, reason.into()).with_advice(advice)
}

/// `a, b and c`, each once; `nothing` for none.
pub(super) fn listed<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    let names: std::collections::BTreeSet<_> = names.into_iter().collect();
    let names: Vec<_> = names.into_iter().map(|name| format!("`{name}`")).collect();
    match names.as_slice() {
        [] => "nothing".to_owned(),
        [only] => only.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}
