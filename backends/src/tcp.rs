//! TCP connections: addresses of hosts, and socket options.

use std::collections::HashMap;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use http::Uri;
use socket2::{SockRef, TcpKeepalive};

/// The idle time before the first keepalive probe.
pub const KEEPALIVE_TIME: Duration = Duration::from_secs(15);

/// The time between two keepalive probes.
pub const KEEPALIVE_INTERVAL: Duration = Duration::from_secs(5);

/// The number of unanswered keepalive probes after which the connection closes.
pub const KEEPALIVE_RETRIES: u32 = 2;

/// The time without an acknowledgement of sent bytes after which the connection closes, if the system supports it.
pub const USER_TIMEOUT: Duration = Duration::from_secs(20);

/// Sets the options of every connection of this SDK: no delay of small writes, and probes that detect dead connections.
///
/// # Errors
///
/// The error of the system if it refuses `TCP_NODELAY`. Other unsupported options are ignored.
pub fn prepare<'a>(socket: impl Into<SockRef<'a>>) -> io::Result<()> {
    let socket = socket.into();
    socket.set_tcp_nodelay(true)?;
    let keepalive = TcpKeepalive::new().with_time(KEEPALIVE_TIME);
    #[cfg(not(any(target_os = "openbsd", target_os = "haiku", target_os = "vita")))]
    let keepalive = keepalive.with_interval(KEEPALIVE_INTERVAL);
    #[cfg(any(
        target_os = "linux",
        target_os = "android",
        target_os = "macos",
        target_os = "ios",
        target_os = "freebsd"
    ))]
    let keepalive = keepalive.with_retries(KEEPALIVE_RETRIES);
    // Some sandboxes lack these options, and connections work without them.
    let _ = socket.set_tcp_keepalive(&keepalive);
    #[cfg(any(target_os = "linux", target_os = "android"))]
    let _ = socket.set_tcp_user_timeout(Some(USER_TIMEOUT));
    Ok(())
}

/// Static addresses of hosts, as in a hosts file.
#[derive(Clone, Debug, Default)]
pub struct Hosts(Arc<HashMap<String, Vec<IpAddr>>>);

impl Hosts {
    /// Has no static addresses: the system resolves all hosts.
    #[must_use]
    pub fn none() -> Self {
        Self::default()
    }

    /// Sets the addresses of a host, in the order of attempts.
    #[must_use]
    pub fn with(self, host: &str, addresses: impl IntoIterator<Item = IpAddr>) -> Self {
        let mut hosts = (*self.0).clone();
        hosts.insert(host.to_ascii_lowercase(), addresses.into_iter().collect());
        Self(Arc::new(hosts))
    }

    /// Returns the static addresses of a host.
    #[must_use]
    pub fn get(&self, host: &str, port: u16) -> Option<Vec<SocketAddr>> {
        let addresses = self.0.get(&host.to_ascii_lowercase())?;
        Some(addresses.iter().map(|address| SocketAddr::new(*address, port)).collect())
    }
}

/// Returns the host and the port of a URI, IPv6 addresses without brackets.
#[must_use]
pub fn host_and_port(uri: &Uri) -> (&str, u16) {
    let port = uri.port_u16().unwrap_or(if uri.scheme_str() == Some("https") { 443 } else { 80 });
    (uri.host().unwrap_or_default().trim_start_matches('[').trim_end_matches(']'), port)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_uri_has_a_host_and_a_port() {
        let cases = [
            ("http://a.example/b", ("a.example", 80)),
            ("https://a.example", ("a.example", 443)),
            ("https://[2001:db8::1]:8443/", ("2001:db8::1", 8443)),
        ];
        for (uri, expected) in cases {
            assert_eq!(host_and_port(&Uri::from_static(uri)), expected);
        }
    }

    #[test]
    fn static_addresses_ignore_case() {
        let address = IpAddr::from([192, 0, 2, 1]);
        let hosts = Hosts::none().with("A.Example", [address]);
        assert_eq!(hosts.get("a.example", 7), Some(vec![SocketAddr::new(address, 7)]));
        assert_eq!(hosts.get("b.example", 7), None);
    }
}
