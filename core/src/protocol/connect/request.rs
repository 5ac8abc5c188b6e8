//! Converts message bytes into an HTTP request (Connect protocol, "Unary-Request").

use std::time::Duration;

use bytes::Bytes;
use http::header::{ACCEPT_ENCODING, AUTHORIZATION, CONTENT_ENCODING, CONTENT_TYPE};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Uri};

use super::gzip;

/// The header with the protocol version of every request.
const PROTOCOL_VERSION: HeaderName = HeaderName::from_static("connect-protocol-version");
/// The header with the timeout of the attempt, in milliseconds.
const TIMEOUT: HeaderName = HeaderName::from_static("connect-timeout-ms");
/// The longest timeout of the protocol in milliseconds: ten digits.
const MAX_TIMEOUT_MS: u64 = 9_999_999_999;

/// The length in bytes from which on messages are compressed.
pub const DEFAULT_GZIP_THRESHOLD: usize = 1024;

/// A unary request that can be sent any number of times.
///
/// The body is compressed once. Attempts differ only in their timeout.
///
/// ```
/// use std::time::Duration;
/// use tilebox_core::protocol::connect::Request;
///
/// let uri = "https://api.tilebox.com/datasets.v1.DatasetService/GetDataset".parse()?;
/// let request = Request::new(uri, http::HeaderMap::new(), b"\x0a\x04slug".to_vec().into(), 1024);
/// let attempt = request.attempt(Duration::from_secs(30));
/// assert_eq!(attempt.method(), "POST");
/// assert_eq!(attempt.headers()["connect-timeout-ms"], "30000");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Request {
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
}

impl Request {
    /// Creates the request of the method at `uri` with an encoded message.
    ///
    /// `headers` are added to those of the protocol. Messages of at least `gzip_threshold` bytes are compressed.
    #[must_use]
    pub fn new(uri: Uri, headers: HeaderMap, message: Bytes, gzip_threshold: usize) -> Self {
        let mut request = Self { uri, headers, body: message };
        request.headers.insert(CONTENT_TYPE, HeaderValue::from_static(super::CONTENT_TYPE));
        request.headers.insert(PROTOCOL_VERSION, HeaderValue::from_static("1"));
        request.headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("gzip"));
        if request.body.len() >= gzip_threshold {
            request.body = gzip::compress(&request.body);
            request.headers.insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
        }
        request
    }

    /// Returns the HTTP request of one attempt with this timeout.
    #[must_use]
    pub fn attempt(&self, timeout: Duration) -> http::Request<Bytes> {
        self.clone().into_attempt(timeout)
    }

    /// Turns the request into the HTTP request of its only attempt.
    pub(crate) fn into_attempt(self, timeout: Duration) -> http::Request<Bytes> {
        // The protocol forbids a timeout of zero; one millisecond has the same effect.
        let milliseconds = timeout.as_millis().max(1);
        let mut request = http::Request::new(self.body);
        *request.method_mut() = Method::POST;
        *request.uri_mut() = self.uri;
        *request.headers_mut() = self.headers;
        // Without the header the server applies no timeout, which is equivalent to a longer one.
        if let Some(milliseconds) = u64::try_from(milliseconds).ok().filter(|value| *value <= MAX_TIMEOUT_MS) {
            request.headers_mut().insert(TIMEOUT, HeaderValue::from(milliseconds));
        }
        request
    }

    /// Whether the request carries an API key.
    pub(crate) fn has_key(&self) -> bool {
        self.key().is_some()
    }

    /// Returns the `Authorization` header.
    pub(crate) fn key(&self) -> Option<&HeaderValue> {
        self.headers.get(AUTHORIZATION)
    }

    /// Returns the URI of the method.
    #[must_use]
    pub fn uri(&self) -> &Uri {
        &self.uri
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(message: &'static [u8], threshold: usize) -> http::Request<Bytes> {
        let mut headers = HeaderMap::new();
        headers.insert("x-extra", HeaderValue::from_static("kept"));
        Request::new(Uri::from_static("http://h:1/p/S/M"), headers, Bytes::from_static(message), threshold)
            .attempt(Duration::from_micros(1500))
    }

    #[test]
    fn a_request_has_the_headers_of_the_protocol() {
        let request = request(b"abc", 1024);
        assert_eq!(request.method(), Method::POST);
        assert_eq!(request.uri(), "http://h:1/p/S/M");
        let mut headers: Vec<_> =
            request.headers().iter().map(|(name, value)| format!("{name}: {}", value.to_str().unwrap())).collect();
        headers.sort();
        assert_eq!(
            headers,
            [
                "accept-encoding: gzip",
                "connect-protocol-version: 1",
                "connect-timeout-ms: 1",
                "content-type: application/proto",
                "x-extra: kept",
            ]
        );
        assert_eq!(request.body(), "abc");
    }

    #[test]
    fn a_body_at_the_threshold_is_compressed() {
        let request = request(b"abc", 3);
        assert_eq!(request.headers()[CONTENT_ENCODING], "gzip");
        assert_eq!(gzip::decompress(request.body(), 10).expect("gzip"), "abc");
    }

    #[test]
    fn a_timeout_beyond_ten_digits_has_no_header() {
        let uri = Uri::from_static("http://h/S/M");
        let request = Request::new(uri, HeaderMap::new(), Bytes::new(), 1);
        assert_eq!(request.attempt(Duration::ZERO).headers()[TIMEOUT], "1");
        assert_eq!(request.attempt(Duration::from_millis(MAX_TIMEOUT_MS)).headers()[TIMEOUT], "9999999999");
        for longer in [Duration::from_millis(MAX_TIMEOUT_MS + 1), Duration::MAX] {
            assert_eq!(request.attempt(longer).headers().get(TIMEOUT), None, "{longer:?}");
        }
    }
}
