//! TCP connections of a backend: the addresses of a host, and the settings of a socket.

use std::collections::HashMap;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use http::Uri;
use socket2::{SockRef, TcpKeepalive};

/// How long a connection may be silent before the system asks the other end whether it is still there.
pub const KEEPALIVE_TIME: Duration = Duration::from_secs(15);

/// The time between two such questions,
pub const KEEPALIVE_INTERVAL: Duration = Duration::from_secs(5);

/// and how many of them may stay without a response before the connection is closed.
pub const KEEPALIVE_RETRIES: u32 = 2;

/// How long sent bytes may stay without an acknowledgement before the connection is closed, where the system can do that.
pub const USER_TIMEOUT: Duration = Duration::from_secs(20);

/// Sets what every connection of this SDK has: no delay of small writes, and an end when the network has forgotten it.
///
/// # Errors
///
/// When the system refuses to send small writes at once. What else a system does not have, it goes without.
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
    // Sandboxes lack some of these, and connections work without them.
    let _ = socket.set_tcp_keepalive(&keepalive);
    #[cfg(any(target_os = "linux", target_os = "android"))]
    let _ = socket.set_tcp_user_timeout(Some(USER_TIMEOUT));
    Ok(())
}

/// Addresses of hosts that are given rather than looked up, as in a file of hosts.
#[derive(Clone, Debug, Default)]
pub struct Hosts(Arc<HashMap<String, Vec<IpAddr>>>);

impl Hosts {
    /// No host is given: the system looks all of them up.
    #[must_use]
    pub fn none() -> Self {
        Self::default()
    }

    /// Gives a host these addresses, in the order in which they are tried.
    #[must_use]
    pub fn with(self, host: &str, addresses: impl IntoIterator<Item = IpAddr>) -> Self {
        let mut hosts = (*self.0).clone();
        hosts.insert(host.to_ascii_lowercase(), addresses.into_iter().collect());
        Self(Arc::new(hosts))
    }

    /// The addresses of a host that is given.
    #[must_use]
    pub fn get(&self, host: &str, port: u16) -> Option<Vec<SocketAddr>> {
        let addresses = self.0.get(&host.to_ascii_lowercase())?;
        Some(addresses.iter().map(|address| SocketAddr::new(*address, port)).collect())
    }
}

/// The host and the port that an address of the web names. An IPv6 address stands in brackets there only.
#[must_use]
pub fn host_and_port(uri: &Uri) -> (&str, u16) {
    let port = uri.port_u16().unwrap_or(if uri.scheme_str() == Some("https") { 443 } else { 80 });
    (uri.host().unwrap_or_default().trim_start_matches('[').trim_end_matches(']'), port)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_and_its_port_are_read_from_an_address() {
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
    fn a_given_host_has_its_addresses_in_any_case() {
        let address = IpAddr::from([192, 0, 2, 1]);
        let hosts = Hosts::none().with("A.Example", [address]);
        assert_eq!(hosts.get("a.example", 7), Some(vec![SocketAddr::new(address, 7)]));
        assert_eq!(hosts.get("b.example", 7), None);
    }
}
