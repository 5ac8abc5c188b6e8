//! Reading a body that may be longer than anyone wants to hold.

#[cfg(feature = "isahc")]
use std::io;

use bytes::{Bytes, BytesMut};
#[cfg(feature = "isahc")]
use futures::io::{AsyncRead, AsyncReadExt};
use http::HeaderMap;
use http::header::CONTENT_LENGTH;
use tilebox_core::exchange::{Limits, TransportError};

/// The most that is reserved because a peer claims to send it. A page of an answer is seldom longer, and a lie costs
/// no more than this.
const RESERVED_BYTES: usize = 1 << 20;

/// Collects the chunks of a body and stops at the limit.
///
/// ```
/// use std::time::Duration;
/// use tilebox_backends::body::LimitedBody;
/// use tilebox_core::exchange::Limits;
///
/// # fn main() -> Result<(), tilebox_core::exchange::TransportError> {
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

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tilebox_core::exchange::TransportErrorKind;

    use super::*;

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
