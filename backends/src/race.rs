//! Connecting to a host with several addresses (RFC 8305, "Happy Eyeballs").

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::time::Duration;

use futures::future::{Either, select};
use futures::stream::{FuturesUnordered, StreamExt as _};

/// The delay between two attempts to connect, as RFC 8305, section 8 recommends.
pub const ATTEMPT_DELAY: Duration = Duration::from_millis(250);

/// Connects to one of several addresses. An attempt begins when the previous one fails, or after [`ATTEMPT_DELAY`]. The
/// first connection wins, and the other attempts are dropped.
///
/// Address families alternate (RFC 8305, section 4), so that a network without IPv6 costs one delay.
///
/// # Errors
///
/// The error of the last attempt if all fail, or [`io::ErrorKind::NotFound`] without an address.
pub async fn connect<T, C, P>(
    addresses: impl IntoIterator<Item = SocketAddr>,
    connect: impl Fn(SocketAddr) -> C,
    pause: impl Fn(Duration) -> P,
) -> io::Result<T>
where
    C: Future<Output = io::Result<T>>,
    P: Future,
{
    let mut attempts = FuturesUnordered::new();
    let mut failure = None;
    for address in alternating(addresses) {
        attempts.push(connect(address));
        match select(attempts.next(), pin!(pause(ATTEMPT_DELAY))).await {
            Either::Left((Some(Ok(connection)), _)) => return Ok(connection),
            Either::Left((Some(Err(error)), _)) => failure = Some(error),
            Either::Left((None, _)) | Either::Right(_) => {}
        }
    }
    while let Some(outcome) = attempts.next().await {
        match outcome {
            Ok(connection) => return Ok(connection),
            Err(error) => failure = Some(error),
        }
    }
    Err(failure.unwrap_or_else(|| io::Error::new(io::ErrorKind::NotFound, "the host has no address")))
}

/// Reorders addresses so that families alternate, beginning with the family of the first address.
fn alternating(addresses: impl IntoIterator<Item = SocketAddr>) -> Vec<SocketAddr> {
    let addresses: Vec<_> = addresses.into_iter().collect();
    let first_is_v6 = addresses.first().is_some_and(SocketAddr::is_ipv6);
    let (mut one, mut other): (Vec<_>, Vec<_>) =
        addresses.into_iter().partition(|address| address.is_ipv6() == first_is_v6);
    let shorter = one.len().min(other.len());
    let rest = one.split_off(shorter).into_iter().chain(other.split_off(shorter));
    let pairs: Vec<_> = one.into_iter().zip(other).flat_map(|(one, other)| [one, other]).collect();
    pairs.into_iter().chain(rest).collect()
}

#[cfg(test)]
mod tests {
    #![expect(clippy::expect_used, reason = "a test fails by panicking")]

    use std::cell::RefCell;
    use std::future::{pending, poll_fn, ready};
    use std::task::Poll;

    use futures::FutureExt as _;
    use futures::future::LocalBoxFuture;

    use super::*;

    fn address(text: &str) -> SocketAddr {
        text.parse().expect("an address")
    }

    /// Port 1 is silent, port 2 refuses, other ports connect.
    fn accept(address: SocketAddr) -> LocalBoxFuture<'static, io::Result<u16>> {
        match address.port() {
            1 => pending().boxed_local(),
            2 => ready(Err(io::ErrorKind::ConnectionRefused.into())).boxed_local(),
            port => ready(Ok(port)).boxed_local(),
        }
    }

    fn ports(ports: &[u16]) -> Vec<SocketAddr> {
        ports.iter().map(|port| address(&format!("192.0.2.1:{port}"))).collect()
    }

    #[test]
    fn silent_addresses_cost_a_delay_each() {
        let pauses = RefCell::new(Vec::new());
        let pause = |pause| {
            pauses.borrow_mut().push(pause);
            ready(())
        };
        let won = connect(ports(&[1, 1, 7, 8]), accept, pause).now_or_never().expect("a result");
        assert_eq!(won.expect("a connection"), 7);
        // The last pause is dropped.
        assert_eq!(*pauses.borrow(), [ATTEMPT_DELAY; 3]);
    }

    #[test]
    fn refused_connections_cost_no_delay() {
        let never = |_| pending::<()>();
        assert_eq!(
            connect(ports(&[2, 2, 7]), accept, never).now_or_never().expect("a result").expect("a connection"),
            7
        );
        let refused = connect(ports(&[2, 2]), accept, never).now_or_never().expect("a result");
        assert_eq!(refused.expect_err("a refusal").kind(), io::ErrorKind::ConnectionRefused);
        let nowhere = connect(ports(&[]), accept, never).now_or_never().expect("a result");
        assert_eq!(nowhere.expect_err("no address").kind(), io::ErrorKind::NotFound);
    }

    #[test]
    fn a_slow_first_address_can_win() {
        let slow = |address: SocketAddr| async move {
            if address.port() == 3 {
                // Stays pending for one poll, longer than the pause.
                let mut is_polled = false;
                poll_fn(|context| {
                    context.waker().wake_by_ref();
                    if std::mem::replace(&mut is_polled, true) { Poll::Ready(()) } else { Poll::Pending }
                })
                .await;
            } else {
                pending::<()>().await;
            }
            Ok::<_, io::Error>(address.port())
        };
        let mut race = Box::pin(connect(ports(&[3, 1]), slow, |_| ready(())));
        let won = (0..3).find_map(|_| (&mut race).now_or_never());
        assert_eq!(won.expect("a result").expect("a connection"), 3);
    }

    #[test]
    fn families_alternate() {
        let given = ["[2001:db8::1]:1", "[2001:db8::2]:1", "[2001:db8::3]:1", "192.0.2.1:1", "192.0.2.2:1"];
        let order = ["[2001:db8::1]:1", "192.0.2.1:1", "[2001:db8::2]:1", "192.0.2.2:1", "[2001:db8::3]:1"];
        assert_eq!(alternating(given.map(address)), order.map(address));
        assert_eq!(alternating(ports(&[3, 1, 2])), ports(&[3, 1, 2]));
    }
}
