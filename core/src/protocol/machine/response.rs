//! From the answer to an exchange to what a machine takes: at once, or in steps, each when there is use for it.
//!
//! | step | takes |
//! |---|---|
//! | [`Decoder::seal`]: is it an answer? | nothing: it looks at the head |
//! | [`Sealed::open`]: decompress it | most of the time |
//! | [`Opened::read`]: what does it say? | memory, for what it says |

use std::fmt;
use std::sync::Arc;

use bytes::Bytes;
use http::header::CONTENT_LENGTH;

use crate::error;
use crate::protocol::connect;
use crate::protocol::exchange::{ExchangeError, TransportError, TransportErrorKind};

/// Turns an answer into what a machine takes.
pub type DecodeResponse<Reply> =
    Arc<dyn Fn(&connect::UnaryResponse) -> Result<Reply, error::UnreadableMessage> + Send + Sync>;

/// How an answer becomes a reply.
pub(crate) struct Decode<Reply> {
    pub(crate) response: DecodeResponse<Reply>,
    pub(crate) message_limit: usize,
    /// The key of the request, which no failure may show.
    pub(crate) secret: Option<Arc<error::Secret>>,
}

impl<Reply> Decode<Reply> {
    fn redacted(&self, failure: ExchangeError) -> ExchangeError {
        failure.redacted(self.secret.as_deref())
    }
}

impl<Reply> Clone for Decode<Reply> {
    fn clone(&self) -> Self {
        Self { response: Arc::clone(&self.response), message_limit: self.message_limit, secret: self.secret.clone() }
    }
}

/// Turns the answer to one exchange into what its machine takes. It is pure.
pub struct Decoder<Reply>(Decode<Reply>);

impl<Reply> Decoder<Reply> {
    pub(super) fn new(decode: Decode<Reply>) -> Self {
        Self(decode)
    }

    /// Decompresses and decodes the answer: [`seal`](Self::seal) and [`Sealed::decode`] in one.
    ///
    /// # Errors
    ///
    /// As these two.
    pub fn decode(
        &self,
        response: Result<http::Response<Bytes>, TransportError>,
    ) -> Result<Arrived<Reply>, ExchangeError> {
        self.sealed(response)?.decode()
    }

    /// Looks at the head of the answer and leaves its body as it is, which takes no time.
    ///
    /// # Errors
    ///
    /// When there is no answer, or it is an error. The machine decides what follows from that.
    pub fn seal(
        &self,
        response: Result<http::Response<Bytes>, TransportError>,
    ) -> Result<Arrived<Reply>, ExchangeError> {
        self.sealed(response).map(Arrived::Sealed)
    }

    fn sealed(&self, response: Result<http::Response<Bytes>, TransportError>) -> Result<Sealed<Reply>, ExchangeError> {
        let sealed = response.map_err(ExchangeError::NoResponse);
        let sealed = sealed.and_then(|response| connect::seal_response(response).map_err(ExchangeError::BadResponse));
        let response = sealed.map_err(|failure| self.0.redacted(failure))?;
        Ok(Sealed { response, decode: self.0.clone(), allowance: usize::MAX })
    }
}

impl<Reply> fmt::Debug for Decoder<Reply> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Decoder").finish_non_exhaustive()
    }
}

/// What came of an exchange.
#[derive(Debug)]
pub enum Arrived<Reply> {
    /// An answer as it was transferred.
    Sealed(Sealed<Reply>),
    /// What an answer says.
    Reply(Reply),
}

/// An answer as it was transferred, which is worth decoding once there is use for what it says: that takes time, and
/// several times the memory.
///
/// It is where the time goes for large answers (decompression, columns), and pure, so it can run on any thread, beside the
/// machine and beside other answers.
pub struct Sealed<Reply> {
    response: connect::SealedResponse,
    decode: Decode<Reply>,
    /// The most bytes of its message for now, beside the limit of the call.
    allowance: usize,
}

impl<Reply> Sealed<Reply> {
    /// How many bytes it has.
    #[must_use]
    #[expect(clippy::len_without_is_empty, reason = "whether there are any is nobody's concern")]
    pub fn len(&self) -> usize {
        self.response.len()
    }

    /// The same response, whose message may have at most so many bytes for now.
    pub(crate) fn within(self, allowance: usize) -> Self {
        Self { allowance, ..self }
    }

    #[cfg(test)]
    pub(crate) fn allowance(&self) -> usize {
        self.allowance
    }

    /// Decompresses and decodes it.
    ///
    /// # Errors
    ///
    /// When it cannot be read.
    pub fn decode(self) -> Result<Arrived<Reply>, ExchangeError> {
        self.open()?.read()
    }

    /// The first half of [`decode`](Self::decode): decompresses it.
    ///
    /// # Errors
    ///
    /// When it is damaged, or too long.
    pub fn open(self) -> Result<Opened<Reply>, ExchangeError> {
        let Self { response, decode, allowance } = self;
        let is_allowance = allowance < decode.message_limit;
        match response.open(decode.message_limit.min(allowance)) {
            Ok(response) => Ok(Opened { response, decode }),
            Err(error) if is_allowance && error.code == connect::Code::ResourceExhausted => {
                Err(beyond_allowance(allowance))
            }
            Err(error) => Err(decode.redacted(ExchangeError::BadResponse(error))),
        }
    }
}

/// The failure of a response that expands beyond what it may take for now. It is never told to anyone: its machine keeps the
/// response and decodes it when there is room.
fn beyond_allowance(allowance: usize) -> ExchangeError {
    let message = format!("the response expands to more than {allowance} bytes");
    ExchangeError::NoResponse(TransportError::new(TransportErrorKind::TooLarge, message))
}

/// Whether decoding ended because a response expands beyond what it may take for now. No other failure of decoding is one of
/// the transport.
pub(crate) fn is_beyond_allowance(failure: &ExchangeError) -> bool {
    matches!(failure, ExchangeError::NoResponse(error) if error.kind() == TransportErrorKind::TooLarge)
}

/// Both share the same bytes.
impl<Reply> Clone for Sealed<Reply> {
    fn clone(&self) -> Self {
        Self { response: self.response.clone(), decode: self.decode.clone(), allowance: self.allowance }
    }
}

impl<Reply> fmt::Debug for Sealed<Reply> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sealed").field("bytes", &self.len()).finish_non_exhaustive()
    }
}

/// An answer that was decompressed.
pub struct Opened<Reply> {
    response: connect::UnaryResponse,
    decode: Decode<Reply>,
}

impl<Reply> Opened<Reply> {
    /// How many bytes its message has.
    #[must_use]
    #[expect(clippy::len_without_is_empty, reason = "whether there are any is nobody's concern")]
    pub fn len(&self) -> usize {
        self.response.message.len()
    }

    /// The second half of [`Sealed::decode`]: turns the message into what the machine takes.
    ///
    /// # Errors
    ///
    /// When it cannot be read.
    pub fn read(self) -> Result<Arrived<Reply>, ExchangeError> {
        // A body without a length ends where its connection does, so a part of it may be missing.
        let has_length = self.response.metadata.headers.contains_key(CONTENT_LENGTH);
        let reply =
            (self.decode.response)(&self.response).map_err(|error| if has_length { error } else { error.cut() });
        reply.map(Arrived::Reply).map_err(|error| self.decode.redacted(ExchangeError::Unreadable(error)))
    }
}

impl<Reply> fmt::Debug for Opened<Reply> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Opened").field("bytes", &self.len()).finish_non_exhaustive()
    }
}
