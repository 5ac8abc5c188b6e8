//! Requests of other protocols to the same server.

use bytes::Bytes;

use super::Endpoint;
use crate::protocol::exchange::{TransportError, TransportErrorKind};

impl Endpoint {
    /// Creates a request that posts `body` to a path below the URL of the server, with the headers of all calls.
    ///
    /// # Errors
    ///
    /// When the URL is invalid.
    pub(crate) fn post(&self, path: &str, body: Bytes) -> Result<http::Request<Bytes>, TransportError> {
        let invalid = |error: http::Error| TransportError::new(TransportErrorKind::Unsupported, error.to_string());
        let request = http::Request::post(format!("{}{path}", self.base));
        let mut request = request.body(body).map_err(invalid)?;
        request.headers_mut().extend(self.headers.clone());
        Ok(request)
    }

    /// Returns the URL of a path below that of the server. [`ServerUrl`] accepts none with secrets.
    pub(crate) fn url(&self, path: &str) -> String {
        format!("{}{path}", self.base)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::endpoint::{ClientMetadata, ServerUrl, Token};
    use http::header::AUTHORIZATION;

    #[test]
    fn a_posted_body_carries_the_key() {
        let url = ServerUrl::parse("https://h/a/").expect("a URL");
        let endpoint = Endpoint::new(&url, Some(&Token::new("secret").expect("a token")), &ClientMetadata::none());
        let request = endpoint.post("/v1/logs", Bytes::from_static(b"body")).expect("a request");
        assert_eq!((request.method(), request.uri().path()), (&http::Method::POST, "/a/v1/logs"));
        assert_eq!(request.headers()[AUTHORIZATION], "Bearer secret");
        assert!(request.headers()[AUTHORIZATION].is_sensitive());
        assert_eq!(endpoint.url("/v1/logs"), "https://h/a/v1/logs");
        assert!(endpoint.post("/v1/ logs", Bytes::new()).is_err());
    }
}
