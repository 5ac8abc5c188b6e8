//! The limits of one HTTP exchange, and its errors.

use std::borrow::Cow;
use std::error::Error as StdError;
use std::fmt;
use std::time::Duration;

use crate::error::{Secret, UnreadableMessage, plain};
use crate::protocol::connect;

/// The limits of one exchange.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// The longest duration, from the connection to the last byte of the response. The time between two polls does not
    /// count.
    pub timeout: Duration,
    /// The longest body of the response as transferred, before decompression, in bytes.
    pub response_bytes: usize,
}

impl Limits {
    /// Creates limits.
    #[must_use]
    pub const fn new(timeout: Duration, response_bytes: usize) -> Self {
        Self { timeout, response_bytes }
    }
}

/// The reason why an exchange has no response.
///
/// A response with a 4xx or 5xx status is a response, never this error.
#[derive(Debug)]
pub struct TransportError {
    kind: TransportErrorKind,
    source: Box<dyn StdError + Send + Sync>,
    advice: Option<Cow<'static, str>>,
}

/// The kinds of exchanges without a response. The kind decides whether the request may be repeated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum TransportErrorKind {
    /// The connection failed (name resolution, refused, TLS handshake): the request did not arrive. Every request is safe
    /// to repeat.
    Connect,
    /// The server did not process the request, although a connection existed: an HTTP/2 stream that the server refuses
    /// (`REFUSED_STREAM`), or whose number is above the last one of a `GOAWAY` (RFC 9113, section 8.7); a connection of the
    /// pool that was closed before the first byte of the request was written. Every request is safe to repeat.
    NotProcessed,
    /// A proxy does not forward the request, for example because it requires a user name (407). The request did not reach
    /// the server. Repeating it does not help. The [advice](TransportError::with_advice) names the variable to change.
    ProxyDenied,
    /// The timeout of the exchange passed. The request may have arrived.
    TimedOut,
    /// The connection broke after the request may have been sent.
    Interrupted,
    /// The body of the response is longer than [`Limits::response_bytes`], or its head is longer than the backend reads.
    /// Repeating it does not help.
    TooLarge,
    /// The backend does not support the request, for example its scheme. Repeating it does not help.
    Unsupported,
    /// No executor is running, or it was shut down. Repeating does not help.
    NoExecutor,
}

impl TransportErrorKind {
    /// Returns the name for telemetry.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Connect => "connect",
            Self::NotProcessed => "not_processed",
            Self::ProxyDenied => "proxy_denied",
            Self::TimedOut => "timed_out",
            Self::Interrupted => "interrupted",
            Self::TooLarge => "too_large",
            Self::Unsupported => "unsupported",
            Self::NoExecutor => "no_executor",
        }
    }
}

impl TransportError {
    /// Creates an error of a kind from the error of a backend.
    pub fn new(kind: TransportErrorKind, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        Self { kind, source: source.into(), advice: None }
    }

    /// Sets the advice, where the backend has a more specific one than that of the kind.
    #[must_use]
    pub fn with_advice(self, advice: impl Into<Cow<'static, str>>) -> Self {
        Self { advice: Some(advice.into()), ..self }
    }

    /// Creates the error of a response body that exceeds `limits`.
    #[must_use]
    pub fn too_large(limits: Limits) -> Self {
        let message = format!("the response is longer than the limit of {} bytes", limits.response_bytes);
        Self::new(TransportErrorKind::TooLarge, message)
    }

    /// Creates the error of an exchange that exceeds the timeout of `limits`.
    #[must_use]
    pub fn timed_out(limits: Limits) -> Self {
        Self::new(TransportErrorKind::TimedOut, format!("no response within {:?}", limits.timeout))
    }

    /// Returns the advice of the backend, if any.
    #[must_use]
    pub fn advice(&self) -> Option<&str> {
        self.advice.as_deref()
    }

    /// Removes the API key. If the text contains it, the redacted text replaces the source.
    pub(crate) fn redacted(self, secret: &Secret) -> Self {
        let (said, advice) = (self.to_string(), self.advice().unwrap_or_default().to_owned());
        let (clean, clean_advice) = (secret.redact(&said), secret.redact(&advice));
        if clean == said && clean_advice == advice {
            return self;
        }
        let redacted = Self::new(self.kind, clean.into_owned());
        if advice.is_empty() { redacted } else { redacted.with_advice(clean_advice.into_owned()) }
    }

    /// Returns the kind of the failure.
    #[must_use]
    pub fn kind(&self) -> TransportErrorKind {
        self.kind
    }
}

/// Prints the error and each of its causes once, because backends keep the useful part in a cause. Prints one line without
/// control characters: a cause may quote the server.
impl fmt::Display for TransportError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut said = self.source.to_string();
        f.write_str(&plain(&said))?;
        let mut cause = self.source.source();
        while let Some(error) = cause {
            let text = error.to_string();
            if !said.contains(&text) {
                write!(f, ": {}", plain(&text))?;
                said = text;
            }
            cause = error.source();
        }
        Ok(())
    }
}

impl StdError for TransportError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        Some(&*self.source)
    }
}

/// The failure of an exchange: it has no response, or one that is not the message of its call.
#[derive(Debug)]
#[non_exhaustive]
pub enum ExchangeError {
    /// No response arrived.
    NoResponse(TransportError),
    /// The response is an error, or not one of Connect.
    BadResponse(connect::Error),
    /// The message of the response cannot be decoded.
    Unreadable(UnreadableMessage),
}

impl ExchangeError {
    /// Removes the API key from every text of the error.
    pub(crate) fn redacted(self, secret: Option<&Secret>) -> Self {
        let Some(secret) = secret else { return self };
        match self {
            Self::NoResponse(error) => Self::NoResponse(error.redacted(secret)),
            Self::BadResponse(error) => Self::BadResponse(error.redacted(secret)),
            Self::Unreadable(error) => Self::Unreadable(error.redacted(secret)),
        }
    }

    /// Returns the name of the failure for telemetry: the kind of the transport error, the code of the server, or
    /// `undecodable`.
    #[must_use]
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::NoResponse(error) => error.kind().as_str(),
            Self::BadResponse(error) => error.code.as_str(),
            Self::Unreadable(_) => "undecodable",
        }
    }
}

impl fmt::Display for ExchangeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoResponse(error) => error.fmt(f),
            Self::BadResponse(error) => error.fmt(f),
            Self::Unreadable(error) => error.fmt(f),
        }
    }
}

impl StdError for ExchangeError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        match self {
            Self::NoResponse(error) => Some(error),
            Self::BadResponse(error) => Some(error),
            Self::Unreadable(error) => Some(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug)]
    struct Layer(&'static str, Option<Box<Layer>>);

    impl fmt::Display for Layer {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str(self.0)
        }
    }

    impl StdError for Layer {
        fn source(&self) -> Option<&(dyn StdError + 'static)> {
            self.1.as_deref().map(|layer| layer as _)
        }
    }

    #[test]
    fn a_transport_error_shows_each_cause_once() {
        let refused = Layer("connection refused", None);
        let source = Layer("cannot connect: connection refused", Some(Box::new(refused)));
        let error = TransportError::new(TransportErrorKind::Connect, source);
        assert_eq!(error.to_string(), "cannot connect: connection refused");

        let source = Layer("cannot connect", Some(Box::new(Layer("connection refused", None))));
        let error = TransportError::new(TransportErrorKind::Connect, source);
        assert_eq!(error.to_string(), "cannot connect: connection refused");
    }
}
