//! Unix sockets as addresses of requests.
//!
//! A request carries its address in its URI, and a path has no place there. So the path stands, in hexadecimal, where
//! the host of a web address stands, under the scheme `unix`: a backend that knows sockets reads it back, and any other
//! refuses the scheme before it sends anything.

use std::fmt;
use std::fmt::Write as _;
use std::path::Path;

use http::Uri;

/// The scheme of requests that go over a socket.
const SCHEME: &str = "unix";
/// The address of a socket holds this many bytes, and one more that is zero.
const LONGEST: usize = 107;

/// The path of a unix socket that a server listens on.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct UnixSocket(String);

impl UnixSocket {
    /// The socket with this path; else what is wrong with it.
    pub(super) fn new(path: &str) -> Result<Self, &'static str> {
        match path {
            "" => Err("it names no socket"),
            path if path.contains('\0') => Err("its path has a zero byte"),
            path if path.len() > LONGEST => Err("its path is longer than the 107 bytes that a socket can have"),
            path => Ok(Self(path.to_owned())),
        }
    }

    /// The socket that a request goes to; `None` for a request that goes to a host.
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

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        Path::new(&self.0)
    }

    /// What stands in front of the path of a method in the URI of a request.
    pub(super) fn base(&self) -> String {
        let digits = self.0.bytes().fold(String::new(), |mut digits, byte| {
            // Writing to a text does not fail.
            let _ = write!(digits, "{byte:02x}");
            digits
        });
        format!("{SCHEME}://{digits}")
    }
}

/// As a person writes it: `unix:///absolute/path`, `unix:relative/path`.
impl fmt::Display for UnixSocket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{SCHEME}:{}{}", if self.0.starts_with('/') { "//" } else { "" }, self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_path_of_a_socket_passes_through_the_address_of_a_request() {
        for path in ["/tmp/a.sock", "relative", "/with spaces/ü?#/%20", &"x".repeat(LONGEST)] {
            let socket = UnixSocket::new(path).expect("a path");
            let uri: Uri = format!("{}/service/Method", socket.base()).parse().expect("an address");
            assert_eq!(uri.path(), "/service/Method");
            assert_eq!(UnixSocket::of(&uri), Some(socket));
        }
    }

    #[test]
    fn an_address_that_is_no_socket_is_told() {
        for address in
            ["http://2f61/", "unix://host/", "unix://2f6/", "unix://00/", "unix://ff/", "/path", "unix://+f/"]
        {
            assert_eq!(UnixSocket::of(&Uri::from_static(address)), None, "{address}");
        }
    }
}
