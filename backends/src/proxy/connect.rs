//! A proxy: its address, and connections through it.

use std::error::Error as StdError;
use std::future::{self, Future};
use std::task::{Context, Poll};
use std::{fmt, io, iter};

use ::hyper::rt::{Read, Write};
use http::{HeaderValue, Uri};
use hyper_util::client::legacy::connect::proxy::Tunnel;
use hyper_util::client::proxy::matcher::{Intercept, Matcher};
use tilebox_core::protocol::exchange::TransportErrorKind;
use tower_service::Service;

use super::error::ProxyError;

/// A proxy, and the environment variable that sets it.
#[derive(Clone, Debug)]
pub struct Proxy {
    intercept: Intercept,
    variable: Option<&'static str>,
}

impl Proxy {
    pub(super) fn parse(address: &str, variable: Option<&'static str>) -> Result<Self, ProxyError> {
        let any_server = Uri::from_static("http://server");
        let intercept = Matcher::builder().all(address).build().intercept(&any_server);
        // The matcher accepts invalid hosts after an `@` in a password, and ports that are not numbers.
        let is_valid = |proxy: &Intercept| {
            proxy.uri().authority().is_some_and(|all| {
                let has_port_or_none = all.port().is_some() || all.host() == all.as_str();
                has_port_or_none && !all.host().is_empty() && !all.as_str().contains('@')
            })
        };
        let unusable = |reason: String| {
            let advice = match variable {
                Some(name) => format!("correct {name}, or remove it where no proxy is needed"),
                None => "correct the address of the proxy".to_owned(),
            };
            ProxyError::new(TransportErrorKind::Unsupported, reason, advice)
        };
        let Some(intercept) = intercept.filter(is_valid) else {
            // Does not show the address, because any part of it may be a password.
            let subject = variable.unwrap_or("the address of the proxy");
            return Err(unusable(format!("{subject} is not of the form http://host:port")));
        };
        let proxy = Self { intercept, variable };
        match proxy.uri().scheme_str() {
            Some("http" | "https") => Ok(proxy),
            scheme => {
                let scheme = scheme.unwrap_or_default();
                Err(unusable(format!("{proxy} cannot be used: expects the scheme http or https, got {scheme}")))
            }
        }
    }

    /// Returns the address without credentials.
    #[must_use]
    pub fn uri(&self) -> &Uri {
        self.intercept.uri()
    }

    /// Returns the value of the header `Proxy-Authorization`.
    pub(crate) fn credentials(&self) -> Option<&HeaderValue> {
        self.intercept.basic_auth()
    }

    /// Connects to a server over a connection to the proxy, with a tunnel for `https`.
    ///
    /// # Errors
    ///
    /// [`ProxyError`] if the connection fails or the proxy opens no tunnel.
    pub async fn connect<S, E>(
        &self,
        server: &Uri,
        connecting: impl Future<Output = Result<S, E>>,
    ) -> Result<Proxied<S>, ProxyError>
    where
        S: Read + Write + Unpin + Send + 'static,
        E: Into<Box<dyn StdError + Send + Sync>>,
    {
        let stream = connecting.await.map_err(|cause| self.connect_error(cause.into()))?;
        if server.scheme_str() == Some("http") {
            return Ok(Proxied { stream, forwards_requests: true });
        }
        let mut tunnel = Tunnel::new(self.uri().clone(), Connected(Some(stream)));
        if let Some(credentials) = self.credentials() {
            tunnel = tunnel.with_auth(credentials.clone());
        }
        match tunnel.call(server.clone()).await {
            Ok(stream) => Ok(Proxied { stream, forwards_requests: false }),
            Err(cause) => Err(self.tunnel_error(server, cause.into())),
        }
    }

    fn connect_error(&self, cause: Box<dyn StdError + Send + Sync>) -> ProxyError {
        let reason = format!("{self} cannot be reached");
        self.failed(reason, cause)
    }

    fn tunnel_error(&self, server: &Uri, cause: Box<dyn StdError + Send + Sync>) -> ProxyError {
        if is_denied_tunnel(&*cause) {
            return self.credentials_error();
        }
        let (host, port) = (server.host().unwrap_or_default(), server.port_u16().unwrap_or(443));
        let reason = format!("{self} opened no tunnel to {host}:{port}");
        self.failed(reason, cause)
    }

    fn failed(&self, reason: String, cause: Box<dyn StdError + Send + Sync>) -> ProxyError {
        let advice = match self.variable {
            Some(name) => format!("check that the proxy runs, and that {name} is correct"),
            None => "check that the proxy runs, and that its address is correct".to_owned(),
        };
        ProxyError::new(TransportErrorKind::Connect, reason, advice).with_cause(cause)
    }

    pub(crate) fn credentials_error(&self) -> ProxyError {
        let what = if self.credentials().is_some() { "another name or password" } else { "a name and a password" };
        let place = self.variable.unwrap_or("its address");
        let reason = format!("{self} asks for {what} (status 407)");
        let advice = format!("write them into {place}, as in http://name:password@host:port");
        ProxyError::new(TransportErrorKind::ProxyDenied, reason, advice)
    }
}

/// Returns whether a proxy denied a tunnel for lack of credentials. Only the text of the error shows this.
#[must_use]
pub fn is_denied_tunnel(error: &(dyn StdError + 'static)) -> bool {
    iter::successors(Some(error), |&error| error.source())
        .any(|error| error.to_string().ends_with("proxy authorization required"))
}

/// A connection to a proxy.
#[derive(Debug)]
pub struct Proxied<S> {
    /// The connection, which serves as one to the server.
    pub stream: S,
    /// Whether the proxy forwards requests without a tunnel, so that they need absolute URIs.
    pub forwards_requests: bool,
}

/// A connector of an existing connection, for [`Tunnel`].
struct Connected<S>(Option<S>);

impl<S> Service<Uri> for Connected<S> {
    type Response = S;
    type Error = io::Error;
    type Future = future::Ready<io::Result<S>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Uri) -> Self::Future {
        future::ready(self.0.take().ok_or_else(|| io::ErrorKind::NotConnected.into()))
    }
}

/// Writes the address without credentials.
impl fmt::Display for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let uri = self.uri();
        let authority = uri.authority().map_or("", |authority| authority.as_str());
        write!(f, "the proxy {}://{authority}", uri.scheme_str().unwrap_or_default())
    }
}
