//! The URIs that every backend supports.

use http::Uri;
use tilebox_core::protocol::endpoint::UnixSocket;
use tilebox_core::protocol::exchange::{TransportError, TransportErrorKind};

/// The target of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// The host of the URI.
    Host,
    /// A server on a unix socket of this machine.
    Socket(UnixSocket),
}

/// Checks that every backend supports a URI: an absolute `http` or `https` URI, or a unix socket if the platform has them.
///
/// HTTP clients report other URIs like failed connections, which would be retried in vain.
///
/// # Errors
///
/// [`TransportErrorKind::Unsupported`] for any other URI.
pub fn check(uri: &Uri) -> Result<Target, TransportError> {
    let reason = match (uri.scheme_str(), uri.host()) {
        (Some("http" | "https"), Some(host)) if !host.is_empty() => return Ok(Target::Host),
        (Some("http" | "https"), _) | (None, _) => "expects a host; write it as https://host/path".to_owned(),
        (Some("unix"), _) if cfg!(not(unix)) => "this platform has no unix sockets".to_owned(),
        (Some("unix"), _) => match UnixSocket::of(uri) {
            Some(socket) => return Ok(Target::Socket(socket)),
            None => "expects a socket; write it as unix:///path".to_owned(),
        },
        (Some(scheme), _) => format!("expects the scheme http, https or unix, got {scheme}"),
    };
    // Does not show the URI, which can contain a password or a key.
    let message = format!("cannot send a request to this address: {reason}");
    Err(TransportError::new(TransportErrorKind::Unsupported, message))
}

/// The host in requests over a unix socket.
pub const SOCKET_HOST: &str = "localhost";

/// Returns the URI of a request over a unix socket without the socket, for clients with a separate setting for it.
///
/// # Errors
///
/// [`TransportErrorKind::Unsupported`] if the path is not valid.
pub fn uri_over_socket(uri: &Uri) -> Result<Uri, TransportError> {
    let path = uri.path_and_query().map_or("/", http::uri::PathAndQuery::as_str);
    let local = Uri::builder().scheme("http").authority(SOCKET_HOST).path_and_query(path).build();
    local.map_err(|error| TransportError::new(TransportErrorKind::Unsupported, error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_absolute_http_uris_are_supported() {
        for address in ["http://localhost:1/", "https://api.example/a?b", "http://[::1]/"] {
            assert_eq!(check(&Uri::from_static(address)).ok(), Some(Target::Host), "{address}");
        }
        for address in ["unix://host/", "/path", "ftp://host/", "example.com:80", "*"] {
            let kind = check(&Uri::from_static(address)).map_err(|error| error.kind());
            assert_eq!(kind, Err(TransportErrorKind::Unsupported), "{address}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_socket_is_distinguished_from_a_host() {
        let uri = Uri::from_static("unix://2f746d702f61/service/Method?x");
        assert_eq!(check(&uri).ok(), UnixSocket::of(&uri).map(Target::Socket));
        let over_socket = uri_over_socket(&uri).map(|uri| uri.to_string()).map_err(|error| error.kind());
        assert_eq!(over_socket, Ok("http://localhost/service/Method?x".to_owned()));
    }
}
