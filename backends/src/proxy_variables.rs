//! The environment variables of proxies, with the same meaning on every backend.

use std::fmt;

/// The values of the variables.
#[derive(Clone, Debug, Default)]
pub(crate) struct ProxyVariables {
    /// The proxy for `http` servers.
    pub(crate) http: Option<Variable>,
    /// The proxy for `https` servers.
    pub(crate) https: Option<Variable>,
    /// The servers without a proxy: domain names, addresses and networks.
    pub(crate) exceptions: Vec<String>,
}

/// A variable with the address of a proxy.
#[derive(Clone)]
pub(crate) struct Variable {
    pub(crate) name: &'static str,
    /// The address, which can contain a password.
    pub(crate) value: String,
}

impl ProxyVariables {
    /// Reads the environment of the process.
    pub(crate) fn from_env() -> Self {
        Self::read(|name| std::env::var_os(name).map(|value| value.to_string_lossy().into_owned()))
    }

    /// Reads variables. Names in upper case take precedence.
    pub(crate) fn read(variable: impl Fn(&'static str) -> Option<String>) -> Self {
        // In a CGI program, `HTTP_PROXY` is the header `Proxy` of the request.
        if variable("REQUEST_METHOD").is_some() {
            return Self::default();
        }
        let first = |names: [&'static str; 2]| {
            let set = |name| Some(Variable { name, value: variable(name).filter(|value| !value.is_empty())? });
            names.into_iter().find_map(set)
        };
        let proxy = |names| first(names).or_else(|| first(["ALL_PROXY", "all_proxy"]));
        let exceptions = first(["NO_PROXY", "no_proxy"]).map(|variable| exceptions(&variable.value));
        match exceptions.unwrap_or(Some(Vec::new())) {
            Some(exceptions) => Self {
                http: proxy(["HTTP_PROXY", "http_proxy"]),
                https: proxy(["HTTPS_PROXY", "https_proxy"]),
                exceptions,
            },
            None => Self::default(),
        }
    }
}

#[cfg(feature = "isahc")]
impl ProxyVariables {
    /// Returns the variable for a server, which may be one of the exceptions.
    pub(crate) fn variable_for(&self, server: &http::Uri) -> Option<&Variable> {
        match server.scheme_str() {
            Some("http") => self.http.as_ref(),
            Some("https") => self.https.as_ref(),
            _ => None,
        }
    }

    /// Returns whether a server may be one of the exceptions. Networks are not compared.
    pub(crate) fn may_except(&self, server: &http::Uri) -> bool {
        let host = server.host().unwrap_or_default().to_ascii_lowercase();
        self.exceptions.iter().any(|exception| {
            let name = exception.trim_start_matches('.');
            let is_below = || host.strip_suffix(name).is_some_and(|start| start.ends_with('.'));
            exception.contains('/') || host == name || is_below()
        })
    }
}

/// Reads the servers of a list. Returns `None` for `*`, which is all servers.
pub(crate) fn exceptions(list: &str) -> Option<Vec<String>> {
    // A name can end with the dot of the root domain.
    let servers = list.split(',').map(|server| server.trim().trim_end_matches('.').to_ascii_lowercase());
    let servers: Vec<String> = servers.filter(|server| !server.is_empty()).collect();
    (!servers.iter().any(|server| server == "*")).then_some(servers)
}

/// Writes the name only.
impl fmt::Debug for Variable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(feature = "isahc")]
    #[test]
    fn an_exception_includes_subdomains() {
        let variables =
            |list: &'static str| ProxyVariables::read(move |name| (name == "NO_PROXY").then(|| list.to_owned()));
        let variables_of = variables("server.test,.other.test");
        for (server, may_except) in [
            ("https://server.test", true),
            ("https://a.SERVER.test:1", true),
            ("https://aserver.test", false),
            ("https://other.test", true),
            ("https://test", false),
        ] {
            assert_eq!(variables_of.may_except(&http::Uri::from_static(server)), may_except, "{server}");
        }
        let server = http::Uri::from_static("https://11.0.0.1");
        assert!(variables("10.0.0.0/8").may_except(&server));
        assert!(!variables("10.0.0.1").may_except(&server));
    }

    #[test]
    fn an_asterisk_in_a_list_excepts_every_server() {
        assert_eq!(exceptions("*"), None);
        assert_eq!(exceptions("other.test, *"), None);
        let some = exceptions(" SERVER.test. ,.other.test,,10.0.0.0/8").unwrap_or_default();
        assert_eq!(some, ["server.test", ".other.test", "10.0.0.0/8"]);
    }
}
