//! Unix sockets in the URIs of requests.
//!
//! The URI of a request has no place for the path of a socket. So the URI has the scheme `unix`, and the path in
//! hexadecimal as its host. A backend that supports sockets decodes it; any other backend refuses the scheme before it
//! sends anything.

use std::fmt;
use std::fmt::Write as _;
use std::path::Path;

use http::Uri;

/// The scheme of requests over a socket.
const SCHEME: &str = "unix";
/// The longest path of a socket in bytes; a zero byte follows it in the address.
const LONGEST: usize = 107;

/// The path of a unix socket that a server listens on.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct UnixSocket(String);

impl UnixSocket {
    /// Creates the socket with this path, or returns the reason why the path is invalid.
    pub(super) fn new(path: &str) -> Result<Self, &'static str> {
        match path {
            "" => Err("it names no socket"),
            path if path.contains('\0') => Err("its path has a zero byte"),
            path if path.len() > LONGEST => Err("its path is longer than the 107 bytes that a socket can have"),
            path => Ok(Self(path.to_owned())),
        }
    }

    /// Returns the socket of the URI of a request; `None` for a URI with a host.
    ///
    /// ```
    /// use tilebox_core::protocol::endpoint::UnixSocket;
    ///
    /// let uri = http::Uri::from_static("unix://2f746d702f61/datasets.v1.DatasetService/GetDataset");
    /// assert_eq!(UnixSocket::of(&uri).map(|socket| socket.to_string()), Some("unix:///tmp/a".to_owned()));
    /// ```
    #[must_use]
    pub fn of(uri: &Uri) -> Option<Self> {
        let digits = uri.host().filter(|_| uri.scheme_str() == Some(SCHEME))?;
        let digit = |character: u8| char::from(character).to_digit(16);
        let bytes = digits.as_bytes().chunks(2).map(|pair| match pair {
            [high, low] => u8::try_from(digit(*high)? << 4 | digit(*low)?).ok(),
            _ => None,
        });
        let path = String::from_utf8(bytes.collect::<Option<_>>()?).ok()?;
        Self::new(&path).ok()
    }

    /// Returns the path of the socket.
    #[must_use]
    pub fn path(&self) -> &Path {
        Path::new(&self.0)
    }

    /// Returns the URI of a request without the path of its method.
    pub(super) fn base(&self) -> String {
        let digits = self.0.bytes().fold(String::new(), |mut digits, byte| {
            // Writing to a string does not fail.
            let _ = write!(digits, "{byte:02x}");
            digits
        });
        format!("{SCHEME}://{digits}")
    }
}

/// Prints `unix:///absolute/path` or `unix:relative/path`.
impl fmt::Display for UnixSocket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{SCHEME}:{}{}", if self.0.starts_with('/') { "//" } else { "" }, self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_uri_of_a_request_keeps_the_path_of_a_socket() {
        for path in ["/tmp/a.sock", "relative", "/with spaces/ü?#/%20", &"x".repeat(LONGEST)] {
            let socket = UnixSocket::new(path).expect("a path");
            let uri: Uri = format!("{}/service/Method", socket.base()).parse().expect("an address");
            assert_eq!(uri.path(), "/service/Method");
            assert_eq!(UnixSocket::of(&uri), Some(socket));
        }
    }

    #[test]
    fn the_uri_of_a_host_has_no_socket() {
        for address in
            ["http://2f61/", "unix://host/", "unix://2f6/", "unix://00/", "unix://ff/", "/path", "unix://+f/"]
        {
            assert_eq!(UnixSocket::of(&Uri::from_static(address)), None, "{address}");
        }
    }
}
