//! The URL of a server, read from what a person writes.

use std::fmt;
use std::net::{IpAddr, Ipv6Addr};

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
/// | `h:8080` | HTTP, as the Python client reads it; HTTPS for a host of Tilebox |
/// | `unix:///run/tilebox.sock`, `unix:path`, `/run/tilebox.sock` | HTTP over a unix socket |
///
/// A key is sent over HTTP to this computer alone, unless
/// [`allow_key_over_cleartext`](crate::client::ClientBuilder::allow_key_over_cleartext) says otherwise.
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
            Error::invalid(format!("use the URL `{}`", without_secrets(text)), reason, advice)
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
            return Err(refuse(
                "what stands in brackets is not an IPv6 address; a zone such as `%eth0` is not supported",
            ));
        }
        if scheme.is_none() && (host.eq_ignore_ascii_case("http") || host.eq_ignore_ascii_case("https")) {
            return Err(refuse("its scheme has no `://` behind it"));
        }
        let path = uri.path().trim_end_matches('/').to_owned();
        if path.split('/').skip(1).any(|part| matches!(part, "" | "." | "..")) {
            return Err(refuse("a part of its path is empty, `.` or `..`"));
        }
        let scheme = scheme.unwrap_or_else(|| match port.and_then(port_number) {
            None | Some(443) => Scheme::HTTPS,
            Some(_) if is_host_of_tilebox(host) => Scheme::HTTPS,
            Some(_) => Scheme::HTTP,
        });
        Ok(Self(Place::Web { scheme, authority: authority.as_str().to_owned(), path }))
    }

    /// Whether what is sent there can be read by nobody else: it is encrypted, or stays on this computer.
    #[must_use]
    pub fn is_secret(&self) -> bool {
        match &self.0 {
            Place::Socket(_) => true,
            Place::Web { scheme, .. } if *scheme == Scheme::HTTPS => true,
            Place::Web { authority, .. } => is_loopback(host(authority)),
        }
    }

    /// Refuses a place where a key could be read on the way.
    ///
    /// # Errors
    ///
    /// When it is [not secret](Self::is_secret).
    #[cfg(feature = "client")]
    pub(crate) fn check_secrecy(&self) -> Result<()> {
        if self.is_secret() {
            return Ok(());
        }
        let Place::Web { authority, path, .. } = &self.0 else { return Ok(()) };
        let advice = format!(
            "write it as https://{authority}{path}, or allow it with `allow_key_over_cleartext` if something else \
             protects the way there"
        );
        let reason = "the API key would be sent unencrypted to another computer";
        Err(Error::invalid(format!("use the URL `{self}` with an API key"), reason, advice))
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
        is_host_of_tilebox(host) && *scheme == Scheme::HTTPS && path.is_empty()
    }
}

/// Whether a host is Tilebox itself, also with the dot of the root at its end.
fn is_host_of_tilebox(host: &str) -> bool {
    let host = host.strip_suffix('.').unwrap_or(host);
    TILEBOX_HOSTS.iter().any(|tilebox| host.eq_ignore_ascii_case(tilebox))
}

/// The host of an authority, without its port and the brackets of an IPv6 address.
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

/// A port as RFC 3986 writes it, in digits alone.
fn port_number(text: &str) -> Option<u16> {
    let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|port| is_number && *port > 0)
}

/// What is written of a URL in errors and logs: no user name, no password, no query, no fragment (RFC 3986, sections 3.2.1
/// and 7.5). Also where it is no URL, so that a mistake does not show what it would have hidden.
pub(crate) fn without_secrets(text: &str) -> String {
    let text = text.trim();
    let (scheme, rest) = text.split_once("://").map_or(("", text), |(scheme, rest)| (scheme, rest));
    let separator = if scheme.is_empty() && rest == text { "" } else { "://" };
    // A password may hold any of the other marks, so what stands before the last `@` goes first.
    let (user, rest) = rest.rsplit_once('@').map_or(("", rest), |(_, rest)| ("…@", rest));
    let scheme = if scheme.contains(['@', '?', '#']) { "…" } else { scheme };
    match rest.find(['?', '#']) {
        Some(end) => format!("{scheme}{separator}{user}{}{}…", &rest[..end], &rest[end..=end]),
        None => format!("{scheme}{separator}{user}{rest}"),
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
    fn odd_forms_are_read_as_they_are_meant_or_refused() {
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
        let check = |text| ServerUrl::parse(text).expect(text).check_secrecy();
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
            let shown = without_secrets(written);
            assert!(error.to_string().starts_with(&format!("cannot use the URL `{shown}`: ")), "{error}");
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
