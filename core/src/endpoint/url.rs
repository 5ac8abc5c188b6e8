//! The URL of a server, read from what a person writes.

use std::fmt;

use http::Uri;
use http::uri::Scheme;

use super::socket::UnixSocket;
use crate::error::{Error, Result};

/// Hosts of Tilebox itself, where anonymous users have a path of their own.
const TILEBOX_HOSTS: [&str; 2] = ["api.tilebox.com", "api.tilebox.dev"];

/// Where a server is: scheme, host, port and perhaps a path, without a slash at the end; or a unix socket.
///
/// | written | means |
/// |---|---|
/// | `https://h`, `http://h:8080`, `https://h/path`, `http://[::1]:80` | as it says |
/// | `h`, `h:443` | HTTPS |
/// | `h:8080` | HTTP, as the Python client reads it |
/// | `unix:///run/tilebox.sock`, `unix:path`, `/run/tilebox.sock` | HTTP over a unix socket |
///
/// Each backend says whether it can talk over sockets; one that cannot refuses before anything is sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServerUrl(Place);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Place {
    Web { scheme: Scheme, authority: String, path: String },
    Socket(UnixSocket),
}

impl ServerUrl {
    /// Tilebox.
    pub const TILEBOX: &str = "https://api.tilebox.com";

    /// Reads a URL.
    ///
    /// # Errors
    ///
    /// When it has another scheme, no host, or something that no server's address has, such as a query.
    pub fn parse(text: &str) -> Result<Self> {
        let refuse = |reason: &str| {
            let advice = "write it as https://host, https://host:port, http://host:port or unix:///path/of/a/socket";
            Error::invalid(format!("use the URL `{text}`"), reason, advice)
        };
        let written = text.trim();
        if let Some(path) = socket_path(written) {
            return path.and_then(UnixSocket::new).map(|socket| Self(Place::Socket(socket))).map_err(refuse);
        }
        let (scheme, rest) = match written.split_once("://") {
            Some((scheme, rest)) if scheme.eq_ignore_ascii_case("https") => (Some(Scheme::HTTPS), rest),
            Some((scheme, rest)) if scheme.eq_ignore_ascii_case("http") => (Some(Scheme::HTTP), rest),
            Some(_) => return Err(refuse("its scheme is none of http, https and unix")),
            None => (None, written),
        };
        if rest.contains(['?', '#', '@']) {
            return Err(refuse("it has a query, a fragment or a user name"));
        }
        let uri: Uri = format!("https://{rest}").parse().map_err(|_| refuse("it is not a URL"))?;
        let authority = uri.authority().ok_or_else(|| refuse("it has no host"))?;
        let has_port = authority.as_str().len() > authority.host().len();
        if authority.host().is_empty() || (has_port && authority.port_u16().is_none()) {
            return Err(refuse("its host is missing, or its port is not a number below 65536"));
        }
        let scheme = scheme.unwrap_or_else(|| match authority.port_u16() {
            None | Some(443) => Scheme::HTTPS,
            Some(_) => Scheme::HTTP,
        });
        let path = uri.path().trim_end_matches('/').to_owned();
        Ok(Self(Place::Web { scheme, authority: authority.as_str().to_owned(), path }))
    }

    /// What stands in front of the path of a method in the URI of a request.
    pub(super) fn base(&self) -> String {
        match &self.0 {
            Place::Web { .. } => self.to_string(),
            Place::Socket(socket) => socket.base(),
        }
    }

    /// Whether this is Tilebox itself.
    #[must_use]
    pub fn is_tilebox(&self) -> bool {
        let Place::Web { scheme, authority, path } = &self.0 else { return false };
        let host = authority.strip_suffix(":443").unwrap_or(authority);
        let known = TILEBOX_HOSTS.iter().any(|tilebox| host.eq_ignore_ascii_case(tilebox));
        known && *scheme == Scheme::HTTPS && path.is_empty()
    }
}

/// The path of the socket, where one is written: with the scheme as the Python client takes it, or alone as the Go
/// client does. An error when it is not clear whether a host or a folder is meant.
fn socket_path(written: &str) -> Option<Result<&str, &'static str>> {
    match written.strip_prefix("unix:") {
        Some(rest) => Some(match rest.strip_prefix("//") {
            Some(path) if path.starts_with('/') => Ok(path),
            Some(_) => Err("three slashes begin an absolute path, none a relative one"),
            None => Ok(rest),
        }),
        None => written.starts_with('/').then_some(Ok(written)),
    }
}

impl fmt::Display for ServerUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Place::Web { scheme, authority, path } => write!(f, "{scheme}://{authority}{path}"),
            Place::Socket(socket) => socket.fmt(f),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_person_writes_is_understood() {
        let cases = [
            ("https://api.tilebox.com", "https://api.tilebox.com"),
            ("HTTPS://api.tilebox.com/", "https://api.tilebox.com"),
            ("api.tilebox.com", "https://api.tilebox.com"),
            ("h:443", "https://h:443"),
            ("h:8080", "http://h:8080"),
            ("http://h", "http://h"),
            (" http://127.0.0.1:8080/ ", "http://127.0.0.1:8080"),
            ("http://[::1]:8080", "http://[::1]:8080"),
            ("https://h/a/b/", "https://h/a/b"),
            ("unix:///run/tilebox.sock", "unix:///run/tilebox.sock"),
            ("unix:/run/tilebox.sock", "unix:///run/tilebox.sock"),
            ("unix:tilebox.sock", "unix:tilebox.sock"),
            ("/run/tilebox.sock", "unix:///run/tilebox.sock"),
        ];
        for (written, read) in cases {
            assert_eq!(ServerUrl::parse(written).expect(written).to_string(), read);
        }
    }

    #[test]
    fn what_is_no_address_of_a_server_is_refused() {
        let too_long = format!("unix:///{}", "x".repeat(107));
        for written in [
            "",
            "ftp://h",
            "http://",
            "https://h?x=1",
            "https://u:p@h",
            "https://h#f",
            "http://h:99999",
            "a b",
            "h:",
            "unix:",
            "unix://",
            "unix://host/path",
            &too_long,
        ] {
            let error = ServerUrl::parse(written).expect_err(written);
            assert!(error.to_string().starts_with(&format!("cannot use the URL `{written}`: ")), "{error}");
        }
    }

    #[test]
    fn only_tilebox_itself_is_tilebox() {
        let is_tilebox = |text| ServerUrl::parse(text).expect(text).is_tilebox();
        assert!(is_tilebox("https://api.tilebox.com/"));
        assert!(is_tilebox("api.tilebox.dev:443"));
        assert!(!is_tilebox("http://api.tilebox.com"));
        assert!(!is_tilebox("https://api.tilebox.com/public"));
        assert!(!is_tilebox("unix:api.tilebox.com"));
        assert!(!is_tilebox("https://api.tilebox.com.example.org"));
    }
}
