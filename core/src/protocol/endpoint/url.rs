//! The URL of a server, parsed from user input.

use std::fmt;
use std::net::{IpAddr, Ipv6Addr};

use http::Uri;
use http::uri::Scheme;

use super::socket::UnixSocket;
use crate::error::{Error, Result};

/// The hosts of Tilebox, which have a separate path for anonymous users.
const TILEBOX_HOSTS: [&str; 2] = ["api.tilebox.com", "api.tilebox.dev"];

/// The URL of a server: scheme, host, port and optional path without a trailing slash; or a unix socket.
///
/// | written | means |
/// |---|---|
/// | `https://h`, `http://h:8080`, `https://h/path`, `http://[::1]:80` | the URL itself |
/// | `h`, `h:443` | HTTPS |
/// | `h:8080` | HTTP, as the Python client reads it; HTTPS for a host of Tilebox |
/// | `unix:///run/tilebox.sock`, `unix:path`, `/run/tilebox.sock` | HTTP over a unix socket |
///
/// An API key is sent over HTTP only to this computer, unless
/// [`allow_key_over_cleartext`](crate::client::ClientBuilder::allow_key_over_cleartext) is set.
///
/// The documentation of each backend states whether it supports sockets. One that does not refuses before it sends
/// anything.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServerUrl(Place);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Place {
    Web { scheme: Scheme, authority: String, path: String },
    Socket(UnixSocket),
}

impl ServerUrl {
    /// The URL of Tilebox.
    pub const TILEBOX: &str = "https://api.tilebox.com";

    /// Reads a URL.
    ///
    /// # Errors
    ///
    /// When it has another scheme, no host, or a part that is invalid here, such as a query.
    pub fn parse(text: &str) -> Result<Self> {
        let refuse = |reason: &str| {
            let advice = "write it as https://host, https://host:port, http://host:port or unix:///path/of/a/socket";
            Error::invalid(format!("use the URL `{}`", without_secrets(text)), reason, advice)
        };
        let written = text.trim();
        if let Some(path) = socket_path(written) {
            return path.and_then(UnixSocket::new).map(|socket| Self(Place::Socket(socket))).map_err(refuse);
        }
        let (scheme, rest) = match written.split_once("://") {
            Some((scheme, rest)) if scheme.eq_ignore_ascii_case("https") => (Some(Scheme::HTTPS), rest),
            Some((scheme, rest)) if scheme.eq_ignore_ascii_case("http") => (Some(Scheme::HTTP), rest),
            Some(_) => return Err(refuse("expects the scheme http, https or unix")),
            None => (None, written),
        };
        if rest.contains(['?', '#', '@']) {
            return Err(refuse("it has a query, a fragment or a user name"));
        }
        if !rest.is_ascii() {
            return Err(refuse("it has a character that is not ASCII: write a host of other letters as `xn--…`"));
        }
        let uri: Uri = format!("https://{rest}").parse().map_err(|_| refuse("it is not a URL"))?;
        let authority = uri.authority().ok_or_else(|| refuse("it has no host"))?;
        let host = authority.host();
        let port = authority.as_str().strip_prefix(host).and_then(|port| port.strip_prefix(':'));
        if host.is_empty() || (authority.as_str().len() > host.len() && port.and_then(port_number).is_none()) {
            return Err(refuse("its host is missing, or its port is not a number from 1 to 65535"));
        }
        if let Some(address) = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'))
            && address.parse::<Ipv6Addr>().is_err()
        {
            return Err(refuse("the brackets contain no IPv6 address; a zone such as `%eth0` is not supported"));
        }
        if scheme.is_none() && (host.eq_ignore_ascii_case("http") || host.eq_ignore_ascii_case("https")) {
            return Err(refuse("`://` is missing after the scheme"));
        }
        let path = uri.path().trim_end_matches('/').to_owned();
        if path.split('/').skip(1).any(|part| matches!(part, "" | "." | "..")) {
            return Err(refuse("a part of its path is empty, `.` or `..`"));
        }
        let scheme = scheme.unwrap_or_else(|| match port.and_then(port_number) {
            None | Some(443) => Scheme::HTTPS,
            Some(_) if is_tilebox_host(host) => Scheme::HTTPS,
            Some(_) => Scheme::HTTP,
        });
        Ok(Self(Place::Web { scheme, authority: authority.as_str().to_owned(), path }))
    }

    /// Whether the connection is confidential: encrypted, or within this computer.
    #[must_use]
    pub fn is_confidential(&self) -> bool {
        match &self.0 {
            Place::Socket(_) => true,
            Place::Web { scheme, .. } if *scheme == Scheme::HTTPS => true,
            Place::Web { authority, .. } => is_loopback(host(authority)),
        }
    }

    /// Checks that an API key may be sent there.
    ///
    /// # Errors
    ///
    /// When the connection is [not confidential](Self::is_confidential).
    #[cfg(feature = "client")]
    pub(crate) fn check_confidential(&self) -> Result<()> {
        if self.is_confidential() {
            return Ok(());
        }
        let Place::Web { authority, path, .. } = &self.0 else { return Ok(()) };
        let advice = format!(
            "write it as https://{authority}{path}, or allow it with `allow_key_over_cleartext` if the connection is \
             protected otherwise"
        );
        let reason = "the API key would be sent unencrypted to another computer";
        Err(Error::invalid(format!("use the URL `{self}` with an API key"), reason, advice))
    }

    /// Returns the URI of a request without the path of its method.
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
        is_tilebox_host(host) && *scheme == Scheme::HTTPS && path.is_empty()
    }
}

/// Whether a host is Tilebox, also with the trailing dot of a root domain.
fn is_tilebox_host(host: &str) -> bool {
    let host = host.strip_suffix('.').unwrap_or(host);
    TILEBOX_HOSTS.iter().any(|tilebox| host.eq_ignore_ascii_case(tilebox))
}

/// Returns the host of an authority, without the port and the brackets of an IPv6 address.
fn host(authority: &str) -> &str {
    match authority.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((address, _)) => address,
        None => authority.split(':').next().unwrap_or_default(),
    }
}

/// Whether a host is this computer (RFC 6761, section 6.3; RFC 1122, section 3.2.1.3; RFC 4291, section 2.5.3).
fn is_loopback(host: &str) -> bool {
    let name = host.strip_suffix('.').unwrap_or(host).to_ascii_lowercase();
    match name.parse::<IpAddr>() {
        Ok(address) => address.to_canonical().is_loopback(),
        Err(_) => name == "localhost" || name.ends_with(".localhost"),
    }
}

/// Reads a port, which has only digits (RFC 3986).
fn port_number(text: &str) -> Option<u16> {
    let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|port| is_number && *port > 0)
}

/// Removes user name, password, query and fragment from a URL for errors and logs (RFC 3986, sections 3.2.1 and 7.5). Also
/// handles invalid URLs, so that a mistake does not reveal a secret.
pub(crate) fn without_secrets(text: &str) -> String {
    let text = text.trim();
    let (scheme, rest) = text.split_once("://").map_or(("", text), |(scheme, rest)| (scheme, rest));
    let separator = if scheme.is_empty() && rest == text { "" } else { "://" };
    // A password may contain any of the other separators, so the part before the last `@` is removed first.
    let (user, rest) = rest.rsplit_once('@').map_or(("", rest), |(_, rest)| ("…@", rest));
    let scheme = if scheme.contains(['@', '?', '#']) { "…" } else { scheme };
    match rest.find(['?', '#']) {
        Some(end) => format!("{scheme}{separator}{user}{}{}…", &rest[..end], &rest[end..=end]),
        None => format!("{scheme}{separator}{user}{rest}"),
    }
}

/// Returns the path of a socket, written with the scheme as in the Python client or alone as in the Go client. It is an
/// error if host and folder cannot be distinguished; `None` for other URLs.
fn socket_path(written: &str) -> Option<Result<&str, &'static str>> {
    match written.strip_prefix("unix:") {
        Some(rest) => Some(match rest.strip_prefix("//") {
            Some(path) if path.starts_with('/') => Ok(path),
            Some(_) => Err("expects `unix:///absolute/path` or `unix:relative/path`"),
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
    fn every_form_of_a_url_is_read() {
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
    fn unusual_forms_are_read_or_refused() {
        for (written, read) in [
            ("api.tilebox.com:8443", Some("https://api.tilebox.com:8443")),
            ("api.tilebox.com:80", Some("https://api.tilebox.com:80")),
            ("http://api.tilebox.com", Some("http://api.tilebox.com")),
            ("api.tilebox.com.", Some("https://api.tilebox.com.")),
            ("https://api.tilebox.com./", Some("https://api.tilebox.com.")),
            ("http://[fe80::1%eth0]:8080", None),
            ("http://[fe80::1%25eth0]:8080", None),
            ("http://[not an address]", None),
            ("https//api.tilebox.com", None),
            ("https:/api.tilebox.com", None),
            ("https:api.tilebox.com", None),
            ("http", None),
            ("localhost", Some("https://localhost")),
            ("127.0.0.1", Some("https://127.0.0.1")),
            ("[::1]:8080", Some("http://[::1]:8080")),
            ("::1", None),
            ("https://h/a%20b", Some("https://h/a%20b")),
            ("https://ü.example", None),
            ("h:08080", Some("http://h:08080")),
            ("h:+80", None),
            ("https://h:0", None),
            ("https://h/a//b", None),
            ("https://h/../x", None),
        ] {
            let parsed = ServerUrl::parse(written).map(|url| url.to_string()).ok();
            assert_eq!(parsed.as_deref(), read, "{written}");
        }
        let is_tilebox = |text| ServerUrl::parse(text).is_ok_and(|url| url.is_tilebox());
        assert!(is_tilebox("api.tilebox.com.") && is_tilebox("https://api.tilebox.com./"));
        assert!(!is_tilebox("api.tilebox.com:8443") && !is_tilebox("http://api.tilebox.com"));
    }

    #[cfg(feature = "client")]
    #[test]
    fn a_key_over_cleartext_stays_on_this_computer() {
        let check = |text| ServerUrl::parse(text).expect(text).check_confidential();
        for url in [
            "https://h:8080",
            "h",
            "api.tilebox.com:8443",
            "localhost:8080",
            "http://LOCALHOST.",
            "http://a.localhost:1",
            "http://127.1.2.3",
            "http://[::1]:8080",
            "http://[::ffff:127.0.0.1]",
            "unix:///run/tilebox.sock",
        ] {
            assert!(check(url).is_ok(), "{url}");
        }
        for url in [
            "h:8080",
            "http://api.tilebox.com",
            "http://localhost.example.org",
            "http://notlocalhost",
            "http://10.0.0.1",
            "http://127.0.0.1.example.org",
            "http://0.0.0.0:8080",
            "http://[fe80::1]:8080",
        ] {
            let error = check(url).expect_err(url);
            assert!(error.to_string().contains("unencrypted"), "{error}");
            assert!(error.advice().starts_with("write it as https://"), "{error}");
        }
    }

    #[test]
    fn a_refused_url_is_shown_without_its_secrets() {
        for url in [
            "https://name:secret@server.test",
            "https://server.test/?api_key=secret",
            "https://server.test#secret",
            "ftp://name:secret@server.test",
            "https://name:secret@server.test:port",
            "name:secret@server.test",
            "https://name:se/cret?secret#@server.test",
            "https://name:secret@",
            "name:secret@x://h",
            "a?secret://h",
        ] {
            let error = ServerUrl::parse(url).expect_err("refused");
            let shown = format!("{error} {error:?} {} {}", error.reason(), without_secrets(url));
            assert!(!shown.contains("secret") && !shown.contains("name:"), "{error}");
        }
        assert_eq!(without_secrets("https://u:p@h:1/a?b=c#d"), "https://…@h:1/a?…");
        assert_eq!(without_secrets("https://h:1/a"), "https://h:1/a");
    }

    #[test]
    fn invalid_urls_are_refused() {
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
            let shown = without_secrets(written);
            assert!(error.to_string().starts_with(&format!("cannot use the URL `{shown}`: ")), "{error}");
        }
    }

    #[test]
    fn only_the_hosts_of_tilebox_are_tilebox() {
        let is_tilebox = |text| ServerUrl::parse(text).expect(text).is_tilebox();
        assert!(is_tilebox("https://api.tilebox.com/"));
        assert!(is_tilebox("api.tilebox.dev:443"));
        assert!(!is_tilebox("http://api.tilebox.com"));
        assert!(!is_tilebox("https://api.tilebox.com/public"));
        assert!(!is_tilebox("unix:api.tilebox.com"));
        assert!(!is_tilebox("https://api.tilebox.com.example.org"));
    }
}
