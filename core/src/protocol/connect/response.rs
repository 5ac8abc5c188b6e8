//! Converts an HTTP response into message bytes or an error (Connect protocol, "Unary-Response").

use std::borrow::Cow;
use std::fmt;

use bytes::Bytes;
use http::header::{CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE};
use http::response::Parts;
use http::{HeaderMap, Response, StatusCode};

use super::retry_after::retry_after;
use super::{Code, Error, Metadata, gzip};

/// The default limit of a decompressed response, in bytes: 512 MiB, as in the Python client.
pub const DEFAULT_MESSAGE_LIMIT: usize = 512 << 20;

/// The limit of the decompressed body of an error, in bytes.
const ERROR_LIMIT: usize = 1 << 20;

/// A successful response: a message and its metadata.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct UnaryResponse {
    /// The encoded message, decompressed.
    pub message: Bytes,
    /// The headers and trailers of the response.
    pub metadata: Metadata,
}

/// The message of a successful response as transferred, which may be compressed.
///
/// Clones share the same bytes. `Debug` prints the length only: the headers can contain secrets.
#[derive(Clone)]
pub struct EncodedMessage {
    headers: HeaderMap,
    body: Bytes,
}

impl fmt::Debug for EncodedMessage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EncodedMessage").field("len", &self.len()).finish_non_exhaustive()
    }
}

impl EncodedMessage {
    /// Checks the head of a response and leaves the body encoded, which takes no time.
    ///
    /// # Errors
    ///
    /// The error that the server sent. If the response does not come from a Connect server, a description of it, whose
    /// `is_connect` is false.
    pub fn from_response(response: Response<Bytes>) -> Result<Self, Error> {
        let (head, body) = response.into_parts();
        match check(&head, &body) {
            Ok(()) => Ok(Self { headers: head.headers, body }),
            Err(error) => Err(error.with_headers(head.headers)),
        }
    }

    /// Returns the length of the body as transferred, in bytes.
    #[must_use]
    #[expect(clippy::len_without_is_empty, reason = "a response without a body is valid")]
    pub fn len(&self) -> usize {
        self.body.len()
    }

    /// Decompresses the message to at most `limit` bytes.
    ///
    /// # Errors
    ///
    /// [`Code::Internal`] if it is damaged or has an encoding that was not offered, [`Code::ResourceExhausted`] if it is
    /// longer than the limit.
    pub fn decompress(self, limit: usize) -> Result<UnaryResponse, Error> {
        match decompress(&self.headers, self.body, limit) {
            Ok(message) => Ok(UnaryResponse { message, metadata: Metadata::from_headers(self.headers) }),
            Err(error) => Err(error.with_headers(self.headers)),
        }
    }
}

/// Checks that the response is whole and a message.
fn check(head: &Parts, body: &Bytes) -> Result<(), Error> {
    check_length(head, body)?;
    let content_type = media_type(&head.headers);
    if head.status != StatusCode::OK {
        // The message of the error is more useful than an error about its encoding.
        let body = decompress(&head.headers, body.clone(), ERROR_LIMIT).unwrap_or_default();
        let json = matches!(content_type.as_deref(), Some("application/json"));
        let mut error = json
            .then(|| Error::from_json(head.status, &body))
            .flatten()
            .unwrap_or_else(|| Error::from_foreign_response(head.status, content_type.as_deref(), &body));
        error.retry_after = retry_after(&head.headers);
        return Err(error);
    }
    if content_type.as_deref() != Some(super::CONTENT_TYPE) {
        let body = decompress(&head.headers, body.clone(), ERROR_LIMIT).unwrap_or_default();
        let error = Error::from_foreign_response(head.status, content_type.as_deref(), &body);
        // A message in another codec is an error of the server (conformance suite of Connect, "unexpected-codec"). Other
        // content may come from anywhere.
        let is_codec = content_type.is_some_and(|content_type| content_type.starts_with("application/"));
        return Err(if is_codec { Error { code: Code::Internal, ..error } } else { error });
    }
    Ok(())
}

/// Checks the announced length. A truncated body may still be a valid message: a page without its cursor looks like the
/// last one.
fn check_length(head: &Parts, body: &Bytes) -> Result<(), Error> {
    let announced: Option<u64> =
        head.headers.get(CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.trim().parse().ok());
    match announced {
        Some(length) if length != body.len() as u64 => {
            Err(truncated(head.status, format!("only {} of {length} bytes of the response arrived", body.len())))
        }
        _ => Ok(()),
    }
}

/// Returns the error of a truncated response. It reports nothing about the request, which is repeated as if no response
/// had arrived.
fn truncated(status: StatusCode, message: String) -> Error {
    Error { status, is_connect: false, ..Error::new(Code::Unavailable, message) }
}

/// Returns the media type without parameters, in lower case.
fn media_type(headers: &HeaderMap) -> Option<Cow<'_, str>> {
    let value = headers.get(CONTENT_TYPE)?.to_str().ok()?;
    let essence = value.split(';').next().unwrap_or_default().trim();
    Some(match essence.contains(|character: char| character.is_ascii_uppercase()) {
        true => essence.to_ascii_lowercase().into(),
        false => essence.into(),
    })
}

fn decompress(headers: &HeaderMap, body: Bytes, limit: usize) -> Result<Bytes, Error> {
    // Names of encodings are case-insensitive (RFC 9110, section 8.4.1).
    let encoding = headers.get(CONTENT_ENCODING).map(|value| value.to_str().unwrap_or("(binary)").trim());
    let encoding = encoding.map(str::to_ascii_lowercase);
    let too_large = |limit| {
        let message = format!("the response is longer than the limit of {limit} bytes");
        protocol_error(Code::ResourceExhausted, message)
    };
    match encoding.as_deref() {
        None | Some("" | "identity") if body.len() > limit => Err(too_large(limit)),
        None | Some("" | "identity") => Ok(body),
        // A body of zero length is never decompressed (Connect protocol, "Unary-Response").
        Some("gzip" | "x-gzip") if body.is_empty() => Ok(body),
        Some("gzip" | "x-gzip") => gzip::decompress(&body, limit).map_err(|error| match error {
            gzip::DecompressError::TooLarge { limit } => too_large(limit),
            gzip::DecompressError::Truncated => {
                truncated(StatusCode::OK, format!("the response is truncated after {} bytes: {error}", body.len()))
            }
            damaged => protocol_error(Code::Internal, format!("the response cannot be read: {damaged}")),
        }),
        Some(name) => {
            let message = format!("the response is compressed with `{name}`, though only gzip was offered");
            Err(protocol_error(Code::Internal, message))
        }
    }
}

/// Returns the error of a response with status 200 that violates the protocol.
fn protocol_error(code: Code, message: String) -> Error {
    Error { status: StatusCode::OK, ..Error::new(code, message) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn read(status: u16, headers: &[(&str, &str)], body: impl Into<Bytes>) -> Result<Bytes, Error> {
        let mut response = Response::builder().status(status);
        for (name, value) in headers {
            response = response.header(*name, *value);
        }
        let message = EncodedMessage::from_response(response.body(body.into()).expect("a response"))?;
        message.decompress(1000).map(|response| response.message)
    }

    const PROTO: (&str, &str) = ("content-type", "application/proto");

    #[test]
    fn a_message_is_read_plain_and_compressed() {
        assert_eq!(read(200, &[PROTO], "abc").expect("a message"), "abc");
        assert_eq!(read(200, &[("content-type", "Application/Proto; v=1")], "abc").expect("a message"), "abc");
        let gzip = [PROTO, ("content-encoding", "gzip")];
        assert_eq!(read(200, &gzip, gzip::compress(b"abc")).expect("a message"), "abc");
        assert_eq!(read(200, &[PROTO, ("content-encoding", "identity")], "abc").expect("a message"), "abc");
    }

    #[test]
    fn the_name_of_an_encoding_is_case_insensitive() {
        for name in ["gzip", "GZIP", "x-gzip", "X-Gzip", " gzip "] {
            let headers = [PROTO, ("content-encoding", name)];
            assert_eq!(read(200, &headers, gzip::compress(b"abc")).expect("a message"), "abc", "{name}");
        }
        for name in ["Identity", "IDENTITY", ""] {
            assert_eq!(read(200, &[PROTO, ("content-encoding", name)], "abc").expect("a message"), "abc", "{name}");
        }
    }

    #[test]
    fn an_empty_body_is_not_decompressed() {
        let gzip = ("content-encoding", "gzip");
        assert_eq!(read(200, &[PROTO, gzip], "").expect("a message"), "");
        let error = read(503, &[("content-type", "application/json"), gzip], "").expect_err("an error");
        assert_eq!(error.code, Code::Unavailable);
    }

    #[test]
    fn a_truncated_gzip_body_is_unavailable() {
        let whole = gzip::compress(b"a message, a message, a message");
        for length in 1..whole.len() {
            let error =
                read(200, &[PROTO, ("content-encoding", "gzip")], whole.slice(..length)).expect_err("truncated");
            assert_eq!((error.code, error.is_connect), (Code::Unavailable, false), "{length}: {error}");
        }
    }

    #[test]
    fn a_message_in_another_codec_is_internal() {
        for (content_type, code) in
            [("application/json", Code::Internal), ("application/grpc", Code::Internal), ("text/html", Code::Unknown)]
        {
            let error = read(200, &[("content-type", content_type)], "{}").expect_err("not a message");
            assert_eq!((error.code, error.is_connect), (code, false), "{content_type}");
        }
    }

    #[test]
    fn messages_and_errors_keep_headers_and_trailers() {
        let response = |status: u16, content_type: &str, encoding: &str| {
            let response = Response::builder().status(status).header("content-type", content_type);
            let response = response.header("content-encoding", encoding).header("x-request-id", "7");
            response.header("trailer-x-cost", "3").body(Bytes::from_static(b"{}")).expect("a response")
        };
        let kept = |metadata: &Metadata| (metadata.headers["x-request-id"] == "7", metadata.trailers["x-cost"] == "3");
        let encoded = |response| EncodedMessage::from_response(response);
        let message = encoded(response(200, "application/proto", "identity")).expect("a message");
        assert_eq!(kept(&message.decompress(100).expect("a message").metadata), (true, true));
        let message = encoded(response(200, "application/proto", "gzip")).expect("a message");
        assert_eq!(kept(&message.decompress(100).expect_err("not gzip").metadata), (true, true));
        for (status, content_type) in [(404, "application/json"), (502, "text/html"), (200, "text/html")] {
            let error = encoded(response(status, content_type, "identity")).expect_err("an error");
            assert_eq!(kept(&error.metadata), (true, true), "{status}");
        }
    }

    #[test]
    fn a_response_beyond_the_limit_is_refused() {
        let long = vec![0; 1001];
        let plain = read(200, &[PROTO], long.clone()).expect_err("too long");
        let gzip = read(200, &[PROTO, ("content-encoding", "gzip")], gzip::compress(&long)).expect_err("too long");
        assert_eq!(plain.code, Code::ResourceExhausted);
        assert_eq!((plain.code, &plain.message), (gzip.code, &gzip.message));
        assert!(!plain.is_rate_limit());
    }

    #[test]
    fn a_body_shorter_than_announced_is_an_error() {
        assert!(read(200, &[PROTO, ("content-length", "3")], "abc").is_ok());
        let error = read(200, &[PROTO, ("content-length", "4")], "abc").expect_err("truncated");
        assert_eq!(error.code, Code::Unavailable);
        assert_eq!(error.message, "only 3 of 4 bytes of the response arrived");
    }

    #[test]
    fn an_unexpected_content_type_is_an_error_with_an_excerpt() {
        let error = read(200, &[("content-type", "text/html")], "<h1>Log in</h1>").expect_err("no message");
        assert!(!error.is_connect);
        assert_eq!(error.message, "HTTP 200 OK (text/html): “Log in”");
        assert!(read(200, &[], "abc").is_err());
        assert!(read(204, &[PROTO], "").is_err());
    }

    #[test]
    fn an_encoding_that_was_not_offered_is_an_error() {
        let error = read(200, &[PROTO, ("content-encoding", "br")], "x").expect_err("not gzip");
        assert!(error.message.contains("`br`"), "{error}");
        let error = read(200, &[PROTO, ("content-encoding", "gzip")], "x").expect_err("not gzip");
        assert!(error.message.contains("damaged"), "{error}");
    }

    #[test]
    fn a_compressed_connect_error_is_read() {
        let json = br#"{"code":"resource_exhausted","message":"slow down"}"#;
        let headers = [("content-type", "application/json"), ("content-encoding", "gzip"), ("retry-after", "7")];
        let error = read(429, &headers, gzip::compress(json)).expect_err("an error");
        assert_eq!((error.code, error.message.as_str()), (Code::ResourceExhausted, "slow down"));
        assert_eq!(error.retry_after, Some(Duration::from_secs(7)));
        assert!(error.is_rate_limit());
    }

    #[test]
    fn an_error_status_is_an_error_with_any_body() {
        let cases: [(&str, &[u8]); 4] =
            [("text/html", b"<html>"), ("application/json", b"[1]"), ("application/proto", b"abc"), ("", b"\xff\xfe")];
        for (content_type, body) in cases {
            let error = read(503, &[("content-type", content_type)], body).expect_err("an error");
            assert_eq!((error.code, error.is_connect), (Code::Unavailable, false), "{content_type}");
        }
    }
}
