//! What can be asked of an HTTP client at all.

use http::Uri;
use tilebox_core::protocol::endpoint::UnixSocket;
use tilebox_core::protocol::exchange::{TransportError, TransportErrorKind};

/// Where a request goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// To the host that it names.
    Host,
    /// To a server that listens on a unix socket of this machine.
    Socket(UnixSocket),
}

/// Lets through what every backend of this SDK can send: a request to an absolute `http` or `https` address, or over a
/// unix socket where the platform has them.
///
/// Clients report other addresses in ways that look like a failed connection, which would be tried again in vain.
///
/// # Errors
///
/// [`TransportErrorKind::Unsupported`] for any other address.
pub fn check(uri: &Uri) -> Result<Target, TransportError> {
    let reason = match (uri.scheme_str(), uri.host()) {
        (Some("http" | "https"), Some(host)) if !host.is_empty() => return Ok(Target::Host),
        (Some("http" | "https"), _) | (None, _) => "it names no host; write it as https://host/path".to_owned(),
        (Some("unix"), _) if cfg!(not(unix)) => "this platform has no unix sockets".to_owned(),
        (Some("unix"), _) => match UnixSocket::of(uri) {
            Some(socket) => return Ok(Target::Socket(socket)),
            None => "it names no socket; write it as unix:///path".to_owned(),
        },
        (Some(scheme), _) => format!("the scheme {scheme} is none of http, https and unix"),
    };
    // Not the whole address: its authority may hold a password and its query may hold a key.
    let message = format!("cannot send a request to this address: {reason}");
    Err(TransportError::new(TransportErrorKind::Unsupported, message))
}

/// The host that a server on a socket sees in a request.
pub const HOST_OF_SOCKETS: &str = "localhost";

/// The address of a request over a socket for clients that are told the socket in another way.
///
/// # Errors
///
/// [`TransportErrorKind::Unsupported`] when the path of the address is none.
pub fn behind_socket(uri: &Uri) -> Result<Uri, TransportError> {
    let path = uri.path_and_query().map_or("/", http::uri::PathAndQuery::as_str);
    let local = Uri::builder().scheme("http").authority(HOST_OF_SOCKETS).path_and_query(path).build();
    local.map_err(|error| TransportError::new(TransportErrorKind::Unsupported, error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_absolute_http_addresses_can_be_asked() {
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
    fn a_socket_is_told_from_a_host() {
        let uri = Uri::from_static("unix://2f746d702f61/service/Method?x");
        assert_eq!(check(&uri).ok(), UnixSocket::of(&uri).map(Target::Socket));
        let behind = behind_socket(&uri).map(|uri| uri.to_string()).map_err(|error| error.kind());
        assert_eq!(behind, Ok("http://localhost/service/Method?x".to_owned()));
    }
}
