//! The proxies of a client, from the environment or from the application.

mod connect;
mod error;

use std::sync::Arc;

use http::Uri;
use hyper_util::client::proxy::matcher::Matcher;
use tilebox_core::protocol::exchange::{TransportError, TransportErrorKind};

use crate::proxy_variables::{self, ProxyVariables, Variable};

pub use connect::{Proxied, Proxy, is_denied_tunnel};
pub use error::ProxyError;

/// The proxies of a client.
///
/// The address of a proxy is a URL such as `http://proxy.example.org:3128`, with `name:password@` before the host for
/// credentials, or with `https` for TLS to the proxy itself. Requests to an `https` server use a tunnel, so the proxy cannot
/// read them; the proxy forwards requests to an `http` server unencrypted.
///
/// ```
/// use tilebox_backends::proxy::Proxies;
///
/// let proxies = Proxies::through("http://proxy.example.org:3128")?.except("localhost, .example.org, 10.0.0.0/8");
/// let proxy = proxies.proxy_for(&http::Uri::from_static("https://api.example.com"))?;
/// assert_eq!(proxy.map(ToString::to_string).as_deref(), Some("the proxy http://proxy.example.org:3128"));
/// # Ok::<(), tilebox_core::protocol::exchange::TransportError>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct Proxies {
    http: Option<Result<Proxy, ProxyError>>,
    https: Option<Result<Proxy, ProxyError>>,
    /// Matches all servers but the exceptions.
    exceptions: Option<Arc<Matcher>>,
}

impl Proxies {
    /// Uses no proxy and ignores the environment.
    #[must_use]
    pub fn none() -> Self {
        Self::default()
    }

    /// Reads `HTTP_PROXY`, `HTTPS_PROXY`, `ALL_PROXY` and `NO_PROXY`, in upper or lower case.
    ///
    /// If a variable is invalid, each exchange through its proxy fails. With `REQUEST_METHOD`, all variables are ignored: in
    /// a CGI program, `HTTP_PROXY` is the header `Proxy` of the request.
    #[must_use]
    pub fn from_env() -> Self {
        Self::from_variables(&ProxyVariables::from_env())
    }

    /// Uses this proxy for every server.
    ///
    /// # Errors
    ///
    /// [`TransportErrorKind::Unsupported`] if the address is invalid.
    pub fn through(proxy: &str) -> Result<Self, TransportError> {
        let proxy = Proxy::parse(proxy, None)?;
        Ok(Self { http: Some(Ok(proxy.clone())), https: Some(Ok(proxy)), exceptions: None })
    }

    /// Connects directly to these servers: domain names including their subdomains, addresses and networks, as in
    /// `NO_PROXY`; `*` is all servers.
    #[must_use]
    pub fn except(self, servers: &str) -> Self {
        match proxy_variables::exceptions(servers) {
            Some(servers) => self.except_for(&servers),
            None => Self::none(),
        }
    }

    fn except_for(self, servers: &[String]) -> Self {
        let matcher = Matcher::builder().all("http://proxy").no(servers.join(",")).build();
        Self { exceptions: Some(Arc::new(matcher)), ..self }
    }

    fn from_variables(variables: &ProxyVariables) -> Self {
        let proxy = |variable: &Option<Variable>| {
            variable.as_ref().map(|variable| Proxy::parse(&variable.value, Some(variable.name)))
        };
        let proxies = Self { http: proxy(&variables.http), https: proxy(&variables.https), exceptions: None };
        if variables.exceptions.is_empty() { proxies } else { proxies.except_for(&variables.exceptions) }
    }

    /// Returns the proxy for a server, if there is one.
    ///
    /// # Errors
    ///
    /// [`ProxyError`] if the environment variable is invalid.
    pub fn proxy_for(&self, server: &Uri) -> Result<Option<&Proxy>, ProxyError> {
        let proxy = match server.scheme_str() {
            Some("http") => &self.http,
            Some("https") => &self.https,
            _ => &None,
        };
        match proxy {
            Some(proxy) if self.exceptions.as_ref().is_none_or(|all| all.intercept(server).is_some()) => {
                proxy.as_ref().map(Some).map_err(Clone::clone)
            }
            _ => Ok(None),
        }
    }

    /// Returns the error of a proxy that requires credentials for this server (status 407). It names the environment
    /// variable of the proxy, if there is one.
    #[must_use]
    pub fn denied(&self, server: &Uri) -> TransportError {
        match self.proxy_for(server) {
            Ok(Some(proxy)) => proxy.credentials_error().into(),
            _ => TransportError::new(
                TransportErrorKind::ProxyDenied,
                "a proxy asks for a name and a password (status 407)",
            ),
        }
    }

    /// Returns the proxy that forwards requests to this server without a tunnel.
    pub(crate) fn forwarding_proxy_for(&self, server: &Uri) -> Option<&Proxy> {
        self.proxy_for(server).ok().flatten().filter(|_| server.scheme_str() == Some("http"))
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::expect_used, reason = "a test fails by panicking")]

    use super::*;

    fn environment(variables: &'static [(&'static str, &'static str)]) -> Proxies {
        Proxies::from_variables(&ProxyVariables::read(|name| {
            variables.iter().find(|(set, _)| *set == name).map(|(_, value)| (*value).to_owned())
        }))
    }

    fn proxy_for(proxies: &Proxies, server: &'static str) -> String {
        match proxies.proxy_for(&Uri::from_static(server)) {
            Ok(Some(proxy)) => proxy.to_string(),
            Ok(None) => "none".to_owned(),
            Err(error) => TransportError::from(error).to_string(),
        }
    }

    #[test]
    fn each_scheme_has_its_variable_or_all_proxy() {
        let proxies = environment(&[("HTTP_PROXY", "http://a:1"), ("HTTPS_PROXY", "https://b")]);
        assert_eq!(proxy_for(&proxies, "http://server"), "the proxy http://a:1");
        assert_eq!(proxy_for(&proxies, "https://server"), "the proxy https://b");
        let proxies = environment(&[("https_proxy", "a:1"), ("HTTPS_PROXY", ""), ("all_proxy", "http://[::1]:2")]);
        assert_eq!(proxy_for(&proxies, "https://server"), "the proxy http://a:1");
        assert_eq!(proxy_for(&proxies, "http://server"), "the proxy http://[::1]:2");
        assert_eq!(proxy_for(&proxies, "unix://2f61"), "none");
        assert_eq!(proxy_for(&environment(&[]), "https://server"), "none");
        assert_eq!(proxy_for(&Proxies::none(), "http://server"), "none");
    }

    #[test]
    fn exceptions_have_no_proxy() {
        let proxies = environment(&[("ALL_PROXY", "http://a:1"), ("no_proxy", "localhost, example.org,10.0.0.0/8")]);
        for direct in ["http://localhost:8080", "https://example.org", "https://api.example.org", "http://10.1.2.3"] {
            assert_eq!(proxy_for(&proxies, direct), "none", "{direct}");
        }
        for proxied in ["http://127.0.0.1", "https://anexample.org", "http://11.1.2.3"] {
            assert_eq!(proxy_for(&proxies, proxied), "the proxy http://a:1", "{proxied}");
        }
        assert_eq!(proxy_for(&proxies.clone().except("*"), "http://127.0.0.1"), "none");
        assert_eq!(proxy_for(&proxies.clone().except("other.test, *"), "http://127.0.0.1"), "none");
        let proxies = proxies.except("SERVER.TEST.");
        assert_eq!(proxy_for(&proxies, "http://server.test"), "none");
        assert_eq!(proxy_for(&proxies, "http://a.Server.test"), "none");
        assert_eq!(proxy_for(&proxies, "http://other.test"), "the proxy http://a:1");
    }

    #[test]
    fn the_error_of_a_denied_request_names_the_variable() {
        let proxies = environment(&[("HTTPS_PROXY", "http://a:1"), ("ALL_PROXY", "http://b:2")]);
        for (server, variable) in [("https://server", "HTTPS_PROXY"), ("http://server", "ALL_PROXY")] {
            let error = proxies.denied(&Uri::from_static(server));
            assert_eq!(error.kind(), TransportErrorKind::ProxyDenied);
            assert!(error.advice().is_some_and(|advice| advice.contains(variable)), "{error}");
        }
        assert_eq!(Proxies::none().denied(&Uri::from_static("http://server")).kind(), TransportErrorKind::ProxyDenied);
    }

    #[test]
    fn a_cgi_program_ignores_proxy_variables() {
        let proxies = environment(&[("HTTP_PROXY", "http://a:1"), ("REQUEST_METHOD", "GET")]);
        assert_eq!(proxy_for(&proxies, "http://server"), "none");
    }

    #[test]
    fn the_error_of_an_invalid_proxy_contains_no_password() {
        for address in
            ["http://name:secret@", "http://na@me:secret@host", "host:secret", "ftp://x:secret@host", "http://a:99999"]
        {
            let error = Proxy::parse(address, Some("HTTPS_PROXY")).expect_err(address);
            let error = TransportError::from(error);
            assert_eq!(error.kind(), TransportErrorKind::Unsupported);
            assert_eq!(error.to_string(), "HTTPS_PROXY is not of the form http://host:port", "{address}");
            assert_eq!(error.advice(), Some("correct HTTPS_PROXY, or remove it where no proxy is needed"));
        }
        let proxies = environment(&[("ALL_PROXY", "socks5://name:secret@host:1080"), ("NO_PROXY", "localhost")]);
        let expected = "the proxy socks5://host:1080 cannot be used: expects the scheme http or https, got socks5";
        assert_eq!(proxy_for(&proxies, "http://server"), expected);
        assert_eq!(proxy_for(&proxies, "http://localhost"), "none");
        assert!(!format!("{proxies:?}").contains("secret"));
    }

    #[test]
    fn a_proxy_forwards_unencrypted_requests_only() {
        let proxies = Proxies::through("http://name:secret@proxy:3128").expect("a proxy").except("localhost");
        let forwards = |server| proxies.forwarding_proxy_for(&Uri::from_static(server)).is_some();
        assert!(forwards("http://server/a"));
        assert!(!forwards("https://server/a"));
        assert!(!forwards("http://localhost/a"));
        assert!(!format!("{proxies:?}").contains("secret"));
    }
}
