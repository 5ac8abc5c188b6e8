//! Reading response bodies within a limit.

#[cfg(feature = "isahc")]
use std::io;

use bytes::{Bytes, BytesMut};
#[cfg(feature = "isahc")]
use futures::io::{AsyncRead, AsyncReadExt};
use http::header::{CONTENT_LENGTH, TRANSFER_ENCODING};
use http::response::Parts;
use http::{HeaderMap, StatusCode, Version};
use tilebox_core::protocol::exchange::{Limits, TransportError, TransportErrorKind};

/// The largest memory that is reserved for an announced length, in bytes. Few pages are longer, and a false length costs no
/// more than this.
const RESERVED_BYTES: usize = 1 << 20;

/// Collects the chunks of a body and stops at the limit.
///
/// ```
/// use std::time::Duration;
/// use tilebox_backends::body::LimitedBody;
/// use tilebox_core::protocol::exchange::Limits;
///
/// # fn main() -> Result<(), tilebox_core::protocol::exchange::TransportError> {
/// let limits = Limits::new(Duration::from_secs(1), 4);
/// let mut body = LimitedBody::new(limits, None)?;
/// body.push(b"four")?;
/// assert!(body.push(b"!").is_err());
/// assert_eq!(body.into_bytes(), "four");
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct LimitedBody {
    limits: Limits,
    collected: BytesMut,
}

impl LimitedBody {
    /// Creates an empty body with the length that the server announces.
    ///
    /// # Errors
    ///
    /// [`TransportErrorKind::TooLarge`] if the announced length exceeds the limit.
    pub fn new(limits: Limits, announced: Option<u64>) -> Result<Self, TransportError> {
        let announced = usize::try_from(announced.unwrap_or(0)).unwrap_or(usize::MAX);
        if announced > limits.response_bytes {
            return Err(TransportError::too_large(limits));
        }
        Ok(Self { limits, collected: BytesMut::with_capacity(announced.min(RESERVED_BYTES)) })
    }

    /// Appends a chunk.
    ///
    /// # Errors
    ///
    /// [`TransportErrorKind::TooLarge`] if the body then exceeds the limit.
    pub fn push(&mut self, chunk: &[u8]) -> Result<(), TransportError> {
        if chunk.len() > self.limits.response_bytes - self.collected.len() {
            return Err(TransportError::too_large(self.limits));
        }
        self.collected.extend_from_slice(chunk);
        Ok(())
    }

    /// Returns the number of collected bytes.
    #[must_use]
    #[expect(clippy::len_without_is_empty, reason = "only the length is used")]
    pub fn len(&self) -> usize {
        self.collected.len()
    }

    /// Returns the whole body.
    #[must_use]
    pub fn into_bytes(self) -> Bytes {
        self.collected.freeze()
    }
}

/// The size of the read buffer, in bytes.
#[cfg(feature = "isahc")]
const READ_BYTES: usize = 64 << 10;

/// Reads a body to its end from a reader.
///
/// # Errors
///
/// [`TransportErrorKind::TooLarge`] if the body exceeds the limit. `broken` converts errors of the reader.
#[cfg(feature = "isahc")]
pub async fn read(
    mut reader: impl AsyncRead + Unpin,
    announced: Option<u64>,
    limits: Limits,
    broken: impl FnOnce(io::Error) -> TransportError,
) -> Result<Bytes, TransportError> {
    let mut body = LimitedBody::new(limits, announced)?;
    let mut buffer = vec![0; READ_BYTES];
    loop {
        match reader.read(&mut buffer).await {
            Ok(0) => return Ok(body.into_bytes()),
            Ok(read) => body.push(&buffer[..read])?,
            Err(error) => return Err(broken(error)),
        }
    }
}

/// Returns the length of the body that the headers announce.
#[must_use]
pub fn content_length(headers: &HeaderMap) -> Option<u64> {
    headers.get(CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

/// Refuses a successful HTTP/1.1 response whose body ends with the connection (RFC 9112, section 6.3), because truncation
/// could not be detected. An error response is accepted, because its status is enough.
///
/// # Errors
///
/// [`TransportErrorKind::Interrupted`], because a part of the body may be missing.
pub fn check_end(head: &Parts) -> Result<(), TransportError> {
    let has_body =
        head.status.is_success() && !matches!(head.status, StatusCode::NO_CONTENT | StatusCode::RESET_CONTENT);
    if !has_body || head.version >= Version::HTTP_2 || head.headers.contains_key(CONTENT_LENGTH) {
        return Ok(());
    }
    let last_coding = head.headers.get_all(TRANSFER_ENCODING).iter().next_back().and_then(|value| value.to_str().ok());
    let is_chunked = last_coding
        .and_then(|codings| codings.rsplit(',').next())
        .is_some_and(|coding| coding.trim().eq_ignore_ascii_case("chunked"));
    if is_chunked {
        return Ok(());
    }
    let message = "the response has neither a length nor chunks, so a part of it may be missing";
    Err(TransportError::new(TransportErrorKind::Interrupted, message))
}

#[cfg(test)]
mod tests {
    #![expect(clippy::expect_used, reason = "a test fails by panicking")]

    use std::time::Duration;

    use http::Response;

    use super::*;

    #[test]
    fn a_body_needs_a_length_or_chunks_or_a_stream() {
        let is_whole = |version: Version, status: u16, name: &str, value: &str| {
            let response = Response::builder().version(version).status(status).header(name, value).body(());
            check_end(&response.expect("a response").into_parts().0).is_ok()
        };
        let http_1 = |status, name, value| is_whole(Version::HTTP_11, status, name, value);
        assert!(http_1(200, "content-length", "0"));
        for chunked in ["chunked", "Chunked", "gzip, chunked"] {
            assert!(http_1(200, "transfer-encoding", chunked), "{chunked}");
        }
        for other in ["gzip", "chunked, gzip", "identity"] {
            assert!(!http_1(200, "transfer-encoding", other), "{other}");
        }
        assert!(!http_1(200, "x-other", ""));
        assert!(!is_whole(Version::HTTP_10, 200, "x-other", ""));
        assert!(is_whole(Version::HTTP_2, 200, "x-other", ""));
        for status in [204, 205, 404, 502] {
            assert!(http_1(status, "x-other", ""), "{status}");
        }
    }

    fn body(limit: usize, announced: Option<u64>) -> Result<LimitedBody, TransportErrorKind> {
        LimitedBody::new(Limits::new(Duration::from_secs(1), limit), announced).map_err(|error| error.kind())
    }

    #[test]
    fn a_body_over_the_limit_is_an_error() -> Result<(), TransportErrorKind> {
        let mut whole = body(6, Some(6))?;
        for chunk in ["ab", "", "cd", "ef"] {
            whole.push(chunk.as_bytes()).map_err(|error| error.kind())?;
        }
        assert_eq!(whole.push(b"g").map_err(|error| error.kind()), Err(TransportErrorKind::TooLarge));
        assert_eq!(whole.into_bytes(), "abcdef");
        Ok(())
    }

    #[test]
    fn an_announced_length_over_the_limit_is_refused() {
        assert_eq!(body(6, Some(7)).err(), Some(TransportErrorKind::TooLarge));
        assert_eq!(body(6, Some(u64::MAX)).err(), Some(TransportErrorKind::TooLarge));
    }

    #[test]
    fn an_announced_length_reserves_limited_memory() -> Result<(), TransportErrorKind> {
        let body = body(usize::MAX, Some(1 << 40))?;
        assert!(body.collected.capacity() <= RESERVED_BYTES);
        Ok(())
    }
}
