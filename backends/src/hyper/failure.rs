//! The kinds of failed exchanges over hyper: whether the server can have acted on the request.

use std::error::Error as StdError;
use std::{io, iter};

use h2::Reason;
use hyper_util::client::legacy;
use tilebox_core::protocol::exchange::{TransportError, TransportErrorKind};

use super::HEADER_LIST_BYTES;

/// The advice for a head that is too long, because the API has short ones.
const ADVICE_ON_HEADS: &str = "look for what adds headers on the way to the server, such as a proxy";

/// Converts an error of a client over hyper before the head of a response.
pub fn before_response(error: impl StdError + Send + Sync + 'static) -> TransportError {
    let kind = causes(&error).find_map(kind_before_response);
    match kind {
        Some(Kind::Known(kind @ TransportErrorKind::TooLarge)) => {
            TransportError::new(kind, error).with_advice(ADVICE_ON_HEADS)
        }
        Some(Kind::Known(kind)) => TransportError::new(kind, error),
        Some(Kind::Head) => {
            let limit = HEADER_LIST_BYTES / 1024;
            let message = format!("the head of the response is longer than {limit} KiB or not valid HTTP/2");
            TransportError::new(TransportErrorKind::TooLarge, message).with_advice(ADVICE_ON_HEADS)
        }
        None => TransportError::new(TransportErrorKind::Interrupted, error),
    }
}

/// Returns the kind of an error of a body over hyper.
#[must_use]
pub fn in_body(error: &(dyn StdError + 'static)) -> TransportErrorKind {
    if causes(error).any(is_timeout) { TransportErrorKind::TimedOut } else { TransportErrorKind::Interrupted }
}

fn causes<'a>(error: &'a (dyn StdError + 'static)) -> impl Iterator<Item = &'a (dyn StdError + 'static)> {
    iter::successors(Some(error), |&error| error.source())
}

enum Kind {
    Known(TransportErrorKind),
    /// The head of the response is malformed or too long.
    Head,
}

fn kind_before_response(error: &(dyn StdError + 'static)) -> Option<Kind> {
    if is_timeout(error) {
        return Some(Kind::Known(TransportErrorKind::TimedOut));
    }
    if let Some(error) = error.downcast_ref::<legacy::Error>() {
        if error.is_connect() {
            return Some(Kind::Known(TransportErrorKind::Connect));
        }
        // The client got the request back, so no part of it was written. Only the text of the error shows this.
        return (error.to_string() == "client error (Canceled)")
            .then_some(Kind::Known(TransportErrorKind::NotProcessed));
    }
    if let Some(error) = error.downcast_ref::<hyper::Error>() {
        // `hyper::Error::is_parse_too_large` needs the feature `server`.
        return (error.to_string() == "message head is too large").then_some(Kind::Known(TransportErrorKind::TooLarge));
    }
    error.downcast_ref::<h2::Error>().and_then(kind_of_stream)
}

fn kind_of_stream(error: &h2::Error) -> Option<Kind> {
    let reason = error.reason();
    // In both cases, the server did not process the stream (RFC 9113, sections 6.8 and 8.7). h2 reports a GOAWAY on the
    // streams above its last one.
    if error.is_remote() && (error.is_go_away() || reason == Some(Reason::REFUSED_STREAM)) {
        return Some(Kind::Known(TransportErrorKind::NotProcessed));
    }
    // h2 resets a stream with a malformed or too long head, and the connection if the head is much too long.
    let is_head = error.is_library()
        && matches!(
            (error.is_reset(), reason),
            (true, Some(Reason::PROTOCOL_ERROR)) | (false, Some(Reason::COMPRESSION_ERROR | Reason::ENHANCE_YOUR_CALM))
        );
    is_head.then_some(Kind::Head)
}

fn is_timeout(error: &(dyn StdError + 'static)) -> bool {
    error.downcast_ref::<hyper::Error>().is_some_and(hyper::Error::is_timeout)
        || error.downcast_ref::<io::Error>().is_some_and(|io| io.kind() == io::ErrorKind::TimedOut)
}
