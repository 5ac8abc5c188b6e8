//! Reading a body that may be longer than anyone wants to hold.

#[cfg(feature = "isahc")]
use std::io;

use bytes::{Bytes, BytesMut};
#[cfg(feature = "isahc")]
use futures::io::{AsyncRead, AsyncReadExt};
use http::header::{CONTENT_LENGTH, TRANSFER_ENCODING};
use http::response::Parts;
use http::{HeaderMap, StatusCode, Version};
use tilebox_core::protocol::exchange::{Limits, TransportError, TransportErrorKind};

/// The most that is reserved because a peer claims to send it. A page of an answer is seldom longer, and a lie costs
/// no more than this.
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
    /// A body of which the peer claims that it has so many bytes.
    ///
    /// # Errors
    ///
    /// When the claim is over the limit, before anything is read.
    pub fn new(limits: Limits, claimed: Option<u64>) -> Result<Self, TransportError> {
        let claimed = usize::try_from(claimed.unwrap_or(0)).unwrap_or(usize::MAX);
        if claimed > limits.response_bytes {
            return Err(TransportError::too_large(limits));
        }
        Ok(Self { limits, collected: BytesMut::with_capacity(claimed.min(RESERVED_BYTES)) })
    }

    /// Takes the next chunk.
    ///
    /// # Errors
    ///
    /// When the body is over the limit with it.
    pub fn push(&mut self, chunk: &[u8]) -> Result<(), TransportError> {
        if chunk.len() > self.limits.response_bytes - self.collected.len() {
            return Err(TransportError::too_large(self.limits));
        }
        self.collected.extend_from_slice(chunk);
        Ok(())
    }

    /// How many bytes have been collected.
    #[must_use]
    #[expect(clippy::len_without_is_empty, reason = "only the number is shown")]
    pub fn len(&self) -> usize {
        self.collected.len()
    }

    /// The whole body.
    #[must_use]
    pub fn into_bytes(self) -> Bytes {
        self.collected.freeze()
    }
}

/// How much of a reader is read at once.
#[cfg(feature = "isahc")]
const READ_BYTES: usize = 64 << 10;

/// Reads a body to its end, for clients that give a reader.
///
/// # Errors
///
/// When the body is over the limit, and what `broken` makes of an error of the reader.
#[cfg(feature = "isahc")]
pub async fn read(
    mut reader: impl AsyncRead + Unpin,
    claimed: Option<u64>,
    limits: Limits,
    broken: impl FnOnce(io::Error) -> TransportError,
) -> Result<Bytes, TransportError> {
    let mut body = LimitedBody::new(limits, claimed)?;
    let mut buffer = vec![0; READ_BYTES];
    loop {
        match reader.read(&mut buffer).await {
            Ok(0) => return Ok(body.into_bytes()),
            Ok(read) => body.push(&buffer[..read])?,
            Err(error) => return Err(broken(error)),
        }
    }
}

/// The length that the head of an answer claims for its body, if it claims one.
#[must_use]
pub fn claimed_length(headers: &HeaderMap) -> Option<u64> {
    headers.get(CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

/// Refuses a message over HTTP/1.1 whose body ends with its connection (RFC 9112, section 6.3): one that is cut looks like
/// a whole one. An error is read as far as it came, because its status says what matters.
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
    fn a_message_has_a_length_or_chunks_or_a_stream() {
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

    fn body(limit: usize, claimed: Option<u64>) -> Result<LimitedBody, TransportErrorKind> {
        LimitedBody::new(Limits::new(Duration::from_secs(1), limit), claimed).map_err(|error| error.kind())
    }

    #[test]
    fn a_body_at_the_limit_is_whole_and_one_byte_more_is_an_error() -> Result<(), TransportErrorKind> {
        let mut whole = body(6, Some(6))?;
        for chunk in ["ab", "", "cd", "ef"] {
            whole.push(chunk.as_bytes()).map_err(|error| error.kind())?;
        }
        assert_eq!(whole.push(b"g").map_err(|error| error.kind()), Err(TransportErrorKind::TooLarge));
        assert_eq!(whole.into_bytes(), "abcdef");
        Ok(())
    }

    #[test]
    fn a_claim_over_the_limit_is_refused_before_reading() {
        assert_eq!(body(6, Some(7)).err(), Some(TransportErrorKind::TooLarge));
        assert_eq!(body(6, Some(u64::MAX)).err(), Some(TransportErrorKind::TooLarge));
    }

    #[test]
    fn a_claim_reserves_no_more_than_its_cap() -> Result<(), TransportErrorKind> {
        let claimed = body(usize::MAX, Some(1 << 40))?;
        assert!(claimed.collected.capacity() <= RESERVED_BYTES);
        Ok(())
    }
}
