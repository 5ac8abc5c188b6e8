//! The URL of a server, read from what a person writes.

use std::fmt;

use http::Uri;
use http::uri::Scheme;

use crate::error::{Error, Result};

/// Hosts of Tilebox itself, where anonymous users have a path of their own.
const TILEBOX_HOSTS: [&str; 2] = ["api.tilebox.com", "api.tilebox.dev"];

/// Where a server is: scheme, host, port and perhaps a path, without a slash at the end.
///
/// | written | means |
/// |---|---|
/// | `https://h`, `http://h:8080`, `https://h/path`, `http://[::1]:80` | as it says |
/// | `h`, `h:443` | HTTPS |
/// | `h:8080` | HTTP, as the Python client reads it |
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServerUrl {
    scheme: Scheme,
    authority: String,
    path: String,
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
            let advice = "write it as https://host, https://host:port or http://host:port";
            Error::invalid(format!("use the URL `{text}`"), reason, advice)
        };
        let written = text.trim();
        let (scheme, rest) = match written.split_once("://") {
            Some((scheme, rest)) if scheme.eq_ignore_ascii_case("https") => (Some(Scheme::HTTPS), rest),
            Some((scheme, rest)) if scheme.eq_ignore_ascii_case("http") => (Some(Scheme::HTTP), rest),
            Some(_) => return Err(refuse("its scheme is neither http nor https")),
            None if written.starts_with("unix:") => return Err(refuse("unix sockets are not supported")),
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
        Ok(Self { scheme, authority: authority.as_str().to_owned(), path })
    }

    /// Whether this is Tilebox itself.
    #[must_use]
    pub fn is_tilebox(&self) -> bool {
        let host = self.authority.strip_suffix(":443").unwrap_or(&self.authority);
        let known = TILEBOX_HOSTS.iter().any(|tilebox| host.eq_ignore_ascii_case(tilebox));
        known && self.scheme == Scheme::HTTPS && self.path.is_empty()
    }
}

impl fmt::Display for ServerUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}{}", self.scheme, self.authority, self.path)
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
        ];
        for (written, read) in cases {
            assert_eq!(ServerUrl::parse(written).expect(written).to_string(), read);
        }
    }

    #[test]
    fn what_is_no_address_of_a_server_is_refused() {
        for written in
            ["", "ftp://h", "http://", "https://h?x=1", "https://u:p@h", "https://h#f", "http://h:99999", "a b", "h:"]
        {
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
        assert!(!is_tilebox("https://api.tilebox.com.example.org"));
    }
}
