//! The connections that a backend holds: which exchange may use which, and until when.

use std::fmt;
use std::future::Future;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tilebox_core::protocol::exchange::{Limits, TransportError, TransportErrorKind};

/// How long an unused connection is kept. Home routers and load balancers forget a silent connection after 30 s to 5 min.
pub const IDLE_TIMEOUT: Duration = Duration::from_secs(30);

/// The most places that have a pool at once.
const PLACES: usize = 64;

/// Clients of an HTTP library, each with a pool of connections of its own.
///
/// A pool belongs to a place, such as the runtime that drives its connections, and is never used in another one. It is
/// retired when an exchange over it runs out of time: exchanges in flight go on, and the next one makes a new client,
/// so it opens a new connection. Until then a network that forgot the connections of the pool would swallow the requests
/// of one attempt after the other.
///
/// ```
/// use std::time::Duration;
/// use tilebox_backends::pools::Pools;
/// use tilebox_core::protocol::exchange::{Limits, TransportError};
///
/// # futures::executor::block_on(async {
/// let pools = Pools::new(|| Ok("a client"));
/// let limits = Limits::new(Duration::from_secs(60), 1 << 20);
/// let response = pools.exchange((), limits, |client| async move { Ok::<_, TransportError>(client.len()) }).await;
/// assert_eq!(response.ok(), Some(8));
/// # });
/// ```
#[derive(Clone)]
pub struct Pools<C, P = ()> {
    make: Arc<dyn Fn() -> Result<C, TransportError> + Send + Sync>,
    open: Arc<Mutex<Open<C, P>>>,
}

struct Open<C, P> {
    pools: Vec<Pool<C, P>>,
    made: u64,
}

struct Pool<C, P> {
    place: P,
    client: C,
    number: u64,
}

impl<C: Clone, P: PartialEq> Pools<C, P> {
    /// Pools whose clients `make` makes: one at the first exchange of a place, and one after each that was retired.
    pub fn new(make: impl Fn() -> Result<C, TransportError> + Send + Sync + 'static) -> Self {
        Self { make: Arc::new(make), open: Arc::new(Mutex::new(Open { pools: Vec::new(), made: 0 })) }
    }

    /// The pool of one client, which cannot be replaced: each place has a clone, and nothing is ever retired.
    pub fn fixed(client: C) -> Self
    where
        C: Send + Sync + 'static,
    {
        Self::new(move || Ok(client.clone()))
    }

    /// Makes the client of this place, if it has none.
    ///
    /// # Errors
    ///
    /// When it cannot be made.
    pub fn open(&self, place: P) -> Result<(), TransportError> {
        self.lease(place).map(drop)
    }

    /// Makes an exchange with the client of this place.
    ///
    /// # Errors
    ///
    /// Those of `send`, and of making a client.
    pub async fn exchange<T, F>(&self, place: P, limits: Limits, send: impl FnOnce(C) -> F) -> Result<T, TransportError>
    where
        F: Future<Output = Result<T, TransportError>>,
    {
        let (client, number) = self.lease(place)?;
        // Measured from here because core starts its timer before it sends.
        let mut lease = Lease { pools: self, number, sent: Instant::now(), timeout: limits.timeout, is_over: false };
        let result = send(client).await;
        match &result {
            Err(error) if error.kind() == TransportErrorKind::TimedOut => self.retire(number),
            _ => {}
        }
        lease.is_over = true;
        result
    }

    fn lease(&self, place: P) -> Result<(C, u64), TransportError> {
        let mut open = self.lock();
        if let Some(pool) = open.pools.iter().find(|pool| pool.place == place) {
            return Ok((pool.client.clone(), pool.number));
        }
        let client = (self.make)()?;
        open.made += 1;
        let number = open.made;
        // Places end without a word, so the oldest makes room.
        let oldest = (open.pools.len() >= PLACES).then(|| open.pools.remove(0));
        open.pools.push(Pool { place, client: client.clone(), number });
        drop(open);
        drop(oldest);
        Ok((client, number))
    }

    fn retire(&self, number: u64) {
        let mut open = self.lock();
        let retired = open.pools.iter().position(|pool| pool.number == number).map(|at| open.pools.remove(at));
        drop(open);
        // Closing connections takes a moment, and others need the lock.
        drop(retired);
    }
}

impl<C, P> Pools<C, P> {
    fn lock(&self) -> MutexGuard<'_, Open<C, P>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<C, P> fmt::Debug for Pools<C, P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pools").field("open", &self.lock().pools.len()).finish_non_exhaustive()
    }
}

/// An exchange in flight. Dropped when its time is over, it retires its pool.
struct Lease<'a, C: Clone, P: PartialEq> {
    pools: &'a Pools<C, P>,
    number: u64,
    sent: Instant,
    timeout: Duration,
    is_over: bool,
}

impl<C: Clone, P: PartialEq> Drop for Lease<'_, C, P> {
    fn drop(&mut self) {
        // The timer of core and this clock are not the same, and neither starts exactly with the exchange.
        let nearly_all = self.timeout - self.timeout / 8;
        if !self.is_over && self.sent.elapsed() >= nearly_all {
            self.pools.retire(self.number);
        }
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::expect_used, reason = "a test fails by panicking")]

    use std::future::{pending, ready};
    use std::sync::atomic::{AtomicUsize, Ordering};

    use futures::FutureExt as _;

    use super::*;

    /// Pools of numbers, counted up.
    fn counting<P: PartialEq>() -> Pools<usize, P> {
        let made = AtomicUsize::new(0);
        Pools::new(move || Ok(made.fetch_add(1, Ordering::SeqCst)))
    }

    fn used<P: PartialEq>(pools: &Pools<usize, P>, place: P) -> usize {
        let exchange = pools.exchange(place, limits(Duration::from_secs(60)), |client| ready(Ok(client)));
        exchange.now_or_never().expect("it is ready").expect("it has a client")
    }

    fn limits(timeout: Duration) -> Limits {
        Limits::new(timeout, 0)
    }

    #[test]
    fn exchanges_of_a_place_share_a_pool_and_places_do_not() {
        let pools = counting();
        assert_eq!([used(&pools, 'a'), used(&pools, 'b'), used(&pools, 'a')], [0, 1, 0]);
        for place in '0'..='z' {
            used(&pools, place);
        }
        assert!(pools.lock().pools.len() <= PLACES);
    }

    #[test]
    fn an_exchange_that_times_out_retires_its_pool() {
        let pools = counting();
        for kind in [TransportErrorKind::Connect, TransportErrorKind::Interrupted, TransportErrorKind::TooLarge] {
            let failing = |_| ready(Err::<(), _>(TransportError::new(kind, "test")));
            let exchange = pools.exchange((), limits(Duration::from_secs(60)), failing);
            assert!(exchange.now_or_never().expect("it is ready").is_err());
            assert_eq!(used(&pools, ()), 0, "{kind:?}");
        }
        let late = limits(Duration::from_secs(60));
        let exchange = pools.exchange((), late, |_| ready(Err::<(), _>(TransportError::timed_out(late))));
        assert!(exchange.now_or_never().expect("it is ready").is_err());
        assert_eq!(used(&pools, ()), 1);
    }

    #[test]
    fn an_exchange_dropped_at_its_timeout_retires_its_pool() {
        let pools = counting();
        assert!(
            pools
                .exchange((), limits(Duration::from_secs(60)), |_| pending::<Result<(), _>>())
                .now_or_never()
                .is_none()
        );
        assert_eq!(used(&pools, ()), 0, "it was dropped early");
        assert!(pools.exchange((), limits(Duration::ZERO), |_| pending::<Result<(), _>>()).now_or_never().is_none());
        assert_eq!(used(&pools, ()), 1);
    }

    #[test]
    fn exchanges_in_flight_keep_a_pool_that_is_retired() {
        let pools = Pools::new(|| Ok(Arc::new(())));
        let weak = Mutex::new(None);
        let slow = pools.exchange((), limits(Duration::from_secs(60)), |client| {
            *weak.lock().expect("a lock") = Some(Arc::downgrade(&client));
            async move {
                pending::<()>().await;
                drop(client);
                Ok(())
            }
        });
        let mut slow = Box::pin(slow);
        assert!((&mut slow).now_or_never().is_none());
        let number = pools.lock().pools[0].number;
        pools.retire(number);
        // A second one of the same pool retires nothing that is newer.
        pools.exchange((), limits(Duration::from_secs(60)), |_| ready(Ok(()))).now_or_never();
        pools.retire(number);
        assert_eq!(pools.lock().pools.len(), 1);
        let is_alive = || weak.lock().expect("a lock").as_ref().is_some_and(|weak| weak.strong_count() > 0);
        assert!(is_alive());
        drop(slow);
        assert!(!is_alive());
    }
}
