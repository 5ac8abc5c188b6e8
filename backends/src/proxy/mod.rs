//! Which proxy stands before a server, as the environment or the application says.

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
/// A proxy is an address such as `http://proxy.example.org:3128`, with `name:password@` before the host where it asks
/// for them, or with `https` where it speaks TLS itself. It is asked for a tunnel to an `https` server, so it sees
/// nothing of the requests; requests to an `http` server pass through it in the clear.
///
/// ```
/// use tilebox_backends::proxy::Proxies;
///
/// let proxies = Proxies::through("http://proxy.example.org:3128")?.except("localhost, .example.org, 10.0.0.0/8");
/// let proxy = proxies.before(&http::Uri::from_static("https://api.example.com"))?;
/// assert_eq!(proxy.map(ToString::to_string).as_deref(), Some("the proxy http://proxy.example.org:3128"));
/// # Ok::<(), tilebox_core::protocol::exchange::TransportError>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct Proxies {
    http: Option<Result<Proxy, ProxyError>>,
    https: Option<Result<Proxy, ProxyError>>,
    /// Intercepts everything but the exceptions.
    exceptions: Option<Arc<Matcher>>,
}

impl Proxies {
    /// No proxy, whatever the environment says.
    #[must_use]
    pub fn none() -> Self {
        Self::default()
    }

    /// What `HTTP_PROXY`, `HTTPS_PROXY`, `ALL_PROXY` and `NO_PROXY` say now, in either case, as for most programs.
    ///
    /// A variable that names no proxy is an error of each exchange that would go through it. Nothing is read where
    /// `REQUEST_METHOD` is set: in a CGI program `HTTP_PROXY` is what a stranger wrote into the header `Proxy`.
    #[must_use]
    pub fn from_env() -> Self {
        Self::from_variables(&ProxyVariables::from_env())
    }

    /// This proxy before every server.
    ///
    /// # Errors
    ///
    /// [`Unsupported`](tilebox_core::protocol::exchange::TransportErrorKind::Unsupported) when this is not the address of a proxy that can be used.
    pub fn through(proxy: &str) -> Result<Self, TransportError> {
        let proxy = Proxy::parse(proxy, None)?;
        Ok(Self { http: Some(Ok(proxy.clone())), https: Some(Ok(proxy)), exceptions: None })
    }

    /// Reaches these directly: names, each with what is below it, addresses and networks, as in `NO_PROXY`; `*` is all.
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

    /// The proxy before this server, if there is one.
    ///
    /// # Errors
    ///
    /// When the environment names one that cannot be used.
    pub fn before(&self, server: &Uri) -> Result<Option<&Proxy>, ProxyError> {
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

    /// The error of a proxy before this server that passes nothing on without a name and a password (status 407). It
    /// names the variable where the environment names the proxy.
    #[must_use]
    pub fn denied(&self, server: &Uri) -> TransportError {
        match self.before(server) {
            Ok(Some(proxy)) => proxy.wants_credentials().into(),
            _ => TransportError::new(
                TransportErrorKind::ProxyDenied,
                "a proxy asks for a name and a password (status 407)",
            ),
        }
    }

    /// The proxy that reads the requests to this server, because they are not inside of a tunnel.
    pub(crate) fn reading(&self, server: &Uri) -> Option<&Proxy> {
        self.before(server).ok().flatten().filter(|_| server.scheme_str() == Some("http"))
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

    fn before(proxies: &Proxies, server: &'static str) -> String {
        match proxies.before(&Uri::from_static(server)) {
            Ok(Some(proxy)) => proxy.to_string(),
            Ok(None) => "none".to_owned(),
            Err(error) => TransportError::from(error).to_string(),
        }
    }

    #[test]
    fn each_scheme_has_its_variable_and_all_the_one_for_all() {
        let proxies = environment(&[("HTTP_PROXY", "http://a:1"), ("HTTPS_PROXY", "https://b")]);
        assert_eq!(before(&proxies, "http://server"), "the proxy http://a:1");
        assert_eq!(before(&proxies, "https://server"), "the proxy https://b");
        let proxies = environment(&[("https_proxy", "a:1"), ("HTTPS_PROXY", ""), ("all_proxy", "http://[::1]:2")]);
        assert_eq!(before(&proxies, "https://server"), "the proxy http://a:1");
        assert_eq!(before(&proxies, "http://server"), "the proxy http://[::1]:2");
        assert_eq!(before(&proxies, "unix://2f61"), "none");
        assert_eq!(before(&environment(&[]), "https://server"), "none");
        assert_eq!(before(&Proxies::none(), "http://server"), "none");
    }

    #[test]
    fn exceptions_are_reached_directly() {
        let proxies = environment(&[("ALL_PROXY", "http://a:1"), ("no_proxy", "localhost, example.org,10.0.0.0/8")]);
        for direct in ["http://localhost:8080", "https://example.org", "https://api.example.org", "http://10.1.2.3"] {
            assert_eq!(before(&proxies, direct), "none", "{direct}");
        }
        for proxied in ["http://127.0.0.1", "https://anexample.org", "http://11.1.2.3"] {
            assert_eq!(before(&proxies, proxied), "the proxy http://a:1", "{proxied}");
        }
        assert_eq!(before(&proxies.clone().except("*"), "http://127.0.0.1"), "none");
        assert_eq!(before(&proxies.clone().except("other.test, *"), "http://127.0.0.1"), "none");
        let proxies = proxies.except("SERVER.TEST.");
        assert_eq!(before(&proxies, "http://server.test"), "none");
        assert_eq!(before(&proxies, "http://a.Server.test"), "none");
        assert_eq!(before(&proxies, "http://other.test"), "the proxy http://a:1");
    }

    #[test]
    fn a_denied_request_names_the_variable() {
        let proxies = environment(&[("HTTPS_PROXY", "http://a:1"), ("ALL_PROXY", "http://b:2")]);
        for (server, variable) in [("https://server", "HTTPS_PROXY"), ("http://server", "ALL_PROXY")] {
            let error = proxies.denied(&Uri::from_static(server));
            assert_eq!(error.kind(), TransportErrorKind::ProxyDenied);
            assert!(error.advice().is_some_and(|advice| advice.contains(variable)), "{error}");
        }
        assert_eq!(Proxies::none().denied(&Uri::from_static("http://server")).kind(), TransportErrorKind::ProxyDenied);
    }

    #[test]
    fn a_program_behind_a_web_server_takes_no_proxy_from_its_visitors() {
        let proxies = environment(&[("HTTP_PROXY", "http://a:1"), ("REQUEST_METHOD", "GET")]);
        assert_eq!(before(&proxies, "http://server"), "none");
    }

    #[test]
    fn what_is_no_proxy_is_an_error_that_names_the_variable_and_no_password() {
        for address in
            ["http://name:secret@", "http://na@me:secret@host", "host:secret", "ftp://x:secret@host", "http://a:99999"]
        {
            let error = Proxy::parse(address, Some("HTTPS_PROXY")).expect_err(address);
            let error = TransportError::from(error);
            assert_eq!(error.kind(), TransportErrorKind::Unsupported);
            assert_eq!(error.to_string(), "HTTPS_PROXY is no address of the form http://host:port", "{address}");
            assert_eq!(error.advice(), Some("correct HTTPS_PROXY, or remove it where no proxy is needed"));
        }
        let proxies = environment(&[("ALL_PROXY", "socks5://name:secret@host:1080"), ("NO_PROXY", "localhost")]);
        let said = "the proxy socks5://host:1080 cannot be used: the scheme socks5 is none of http and https";
        assert_eq!(before(&proxies, "http://server"), said);
        assert_eq!(before(&proxies, "http://localhost"), "none");
        assert!(!format!("{proxies:?}").contains("secret"));
    }

    #[test]
    fn a_proxy_reads_what_is_in_the_clear_and_nothing_else() {
        let proxies = Proxies::through("http://name:secret@proxy:3128").expect("a proxy").except("localhost");
        let reads = |server| proxies.reading(&Uri::from_static(server)).is_some();
        assert!(reads("http://server/a"));
        assert!(!reads("https://server/a"));
        assert!(!reads("http://localhost/a"));
        assert!(!format!("{proxies:?}").contains("secret"));
    }
}
