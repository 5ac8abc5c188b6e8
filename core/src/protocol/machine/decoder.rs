//! From the response of an exchange to the reply that its machine takes.

use std::fmt;
use std::sync::Arc;

use bytes::Bytes;
use http::HeaderValue;
use http::header::CONTENT_LENGTH;

use crate::error::{Secret, UnreadableMessage};
use crate::protocol::connect::{self, EncodedMessage};
use crate::protocol::exchange::{ExchangeError, TransportError};

/// Reads a message of at most some number of bytes. The last argument is called with the size of the message once it is
/// decompressed, before it is read.
pub(crate) type ReadMessage<Reply> =
    Arc<dyn Fn(EncodedMessage, usize, &mut dyn FnMut(usize)) -> Result<Reply, ExchangeError> + Send + Sync>;

/// Turns the response of one exchange into the reply that its machine takes.
///
/// It is pure and may take long (decompression, columns), so the driver runs it on any thread.
pub struct Decoder<Reply> {
    pub(crate) read: ReadMessage<Reply>,
    /// Maximum bytes of a message after decompression.
    pub(crate) message_limit: usize,
    /// The header with the key of the request, which no failure may show.
    pub(crate) key: Option<HeaderValue>,
}

impl<Reply> Decoder<Reply> {
    /// Checks the response, decompresses its message and reads it.
    ///
    /// # Errors
    ///
    /// When there is no response, it is an error, or its message cannot be read. The machine decides whether the request is
    /// sent again.
    pub fn decode(&self, response: Result<http::Response<Bytes>, TransportError>) -> Result<Reply, ExchangeError> {
        self.decode_in_steps(response, &mut |_| {})
    }

    /// Decodes the response as [`decode`](Self::decode) does. Calls `decompressed` with the size of the message between
    /// decompressing and reading it, so that the driver can measure both.
    ///
    /// # Errors
    ///
    /// As [`decode`](Self::decode).
    pub fn decode_in_steps(
        &self,
        response: Result<http::Response<Bytes>, TransportError>,
        decompressed: &mut dyn FnMut(usize),
    ) -> Result<Reply, ExchangeError> {
        let message = response
            .map_err(ExchangeError::NoResponse)
            .and_then(|response| EncodedMessage::from_response(response).map_err(ExchangeError::BadResponse));
        let reply = message.and_then(|message| (self.read)(message, self.message_limit, decompressed));
        reply.map_err(|failure| failure.redacted(self.key.as_ref().and_then(Secret::of_header).as_ref()))
    }
}

impl<Reply> Clone for Decoder<Reply> {
    fn clone(&self) -> Self {
        Self { read: Arc::clone(&self.read), message_limit: self.message_limit, key: self.key.clone() }
    }
}

impl<Reply> fmt::Debug for Decoder<Reply> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Decoder").finish_non_exhaustive()
    }
}

/// Decompresses a message to at most `limit` bytes, calls `decompressed` with its size, and reads it.
pub(crate) fn read_message<Reply, E: std::error::Error + Send + Sync + 'static>(
    message: EncodedMessage,
    limit: usize,
    decompressed: &mut dyn FnMut(usize),
    read: impl FnOnce(&connect::UnaryResponse) -> Result<Reply, E>,
) -> Result<Reply, ExchangeError> {
    let message = message.decompress(limit).map_err(ExchangeError::BadResponse)?;
    decompressed(message.message.len());
    // A body without a length ends where its connection does, so its end may be missing.
    let has_length = message.metadata.headers.contains_key(CONTENT_LENGTH);
    read(&message).map_err(|error| {
        let error = UnreadableMessage::new(error);
        ExchangeError::Unreadable(if has_length { error } else { error.cut() })
    })
}
