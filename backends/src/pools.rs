//! The connection pools of a backend.

use std::fmt;
use std::future::Future;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tilebox_core::protocol::exchange::{Limits, TransportError, TransportErrorKind};

/// The time after which an idle connection closes. Home routers and load balancers drop the state of a silent connection
/// after 30 s to 5 min.
pub const IDLE_TIMEOUT: Duration = Duration::from_secs(30);

/// The largest number of pools.
const MAXIMUM_POOLS: usize = 64;

/// Clients of an HTTP library, each with its own pool of connections.
///
/// A pool belongs to an owner, such as the runtime that drives its connections, and no other owner uses it. An exchange that
/// times out retires its pool: exchanges in flight continue, and the next one creates a new client and so a new connection.
/// Otherwise, a network that dropped the connections of the pool would swallow attempt after attempt.
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
    /// The number of pools that were created.
    created: u64,
}

struct Pool<C, P> {
    owner: P,
    client: C,
    number: u64,
}

impl<C: Clone, P: PartialEq> Pools<C, P> {
    /// Creates pools. `make` creates a client at the first exchange of an owner, and after a pool was retired.
    pub fn new(make: impl Fn() -> Result<C, TransportError> + Send + Sync + 'static) -> Self {
        Self { make: Arc::new(make), open: Arc::new(Mutex::new(Open { pools: Vec::new(), created: 0 })) }
    }

    /// Creates pools of one client. Each owner gets a clone, so retiring a pool does not replace its connections.
    pub fn fixed(client: C) -> Self
    where
        C: Send + Sync + 'static,
    {
        Self::new(move || Ok(client.clone()))
    }

    /// Creates the client of an owner, if it has none.
    ///
    /// # Errors
    ///
    /// The error of creating the client.
    pub fn open(&self, owner: P) -> Result<(), TransportError> {
        self.pool_of(owner).map(drop)
    }

    /// Runs an exchange with the client of an owner.
    ///
    /// # Errors
    ///
    /// The error of `send`, or of creating the client.
    pub async fn exchange<T, F>(&self, owner: P, limits: Limits, send: impl FnOnce(C) -> F) -> Result<T, TransportError>
    where
        F: Future<Output = Result<T, TransportError>>,
    {
        let (client, number) = self.pool_of(owner)?;
        // The clock starts here, because core starts its timer before it sends.
        let mut guard =
            RetireOnTimeout { pools: self, number, sent: Instant::now(), timeout: limits.timeout, is_over: false };
        let result = send(client).await;
        match &result {
            Err(error) if error.kind() == TransportErrorKind::TimedOut => self.retire(number),
            _ => {}
        }
        guard.is_over = true;
        result
    }

    /// Returns the client and the number of the owner's pool.
    fn pool_of(&self, owner: P) -> Result<(C, u64), TransportError> {
        let mut open = self.lock();
        if let Some(pool) = open.pools.iter().find(|pool| pool.owner == owner) {
            return Ok((pool.client.clone(), pool.number));
        }
        let client = (self.make)()?;
        open.created += 1;
        let number = open.created;
        // Nothing reports the end of an owner, so the oldest pool makes room.
        let oldest = (open.pools.len() >= MAXIMUM_POOLS).then(|| open.pools.remove(0));
        open.pools.push(Pool { owner, client: client.clone(), number });
        drop(open);
        drop(oldest);
        Ok((client, number))
    }

    fn retire(&self, number: u64) {
        let mut open = self.lock();
        let retired = open.pools.iter().position(|pool| pool.number == number).map(|at| open.pools.remove(at));
        drop(open);
        // Closing connections is slow, so the lock is released first.
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

/// An exchange in flight. It retires its pool if it is dropped after its timeout.
struct RetireOnTimeout<'a, C: Clone, P: PartialEq> {
    pools: &'a Pools<C, P>,
    number: u64,
    sent: Instant,
    timeout: Duration,
    is_over: bool,
}

impl<C: Clone, P: PartialEq> Drop for RetireOnTimeout<'_, C, P> {
    fn drop(&mut self) {
        // Core's timer and this clock differ slightly, and neither starts exactly with the exchange.
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

    /// Returns pools whose clients are consecutive numbers.
    fn counting<P: PartialEq>() -> Pools<usize, P> {
        let made = AtomicUsize::new(0);
        Pools::new(move || Ok(made.fetch_add(1, Ordering::SeqCst)))
    }

    fn used<P: PartialEq>(pools: &Pools<usize, P>, owner: P) -> usize {
        let exchange = pools.exchange(owner, limits(Duration::from_secs(60)), |client| ready(Ok(client)));
        exchange.now_or_never().expect("a finished exchange").expect("a client")
    }

    fn limits(timeout: Duration) -> Limits {
        Limits::new(timeout, 0)
    }

    #[test]
    fn exchanges_of_an_owner_share_a_pool() {
        let pools = counting();
        assert_eq!([used(&pools, 'a'), used(&pools, 'b'), used(&pools, 'a')], [0, 1, 0]);
        for owner in '0'..='z' {
            used(&pools, owner);
        }
        assert!(pools.lock().pools.len() <= MAXIMUM_POOLS);
    }

    #[test]
    fn an_exchange_that_times_out_retires_its_pool() {
        let pools = counting();
        for kind in [TransportErrorKind::Connect, TransportErrorKind::Interrupted, TransportErrorKind::TooLarge] {
            let failing = |_| ready(Err::<(), _>(TransportError::new(kind, "test")));
            let exchange = pools.exchange((), limits(Duration::from_secs(60)), failing);
            assert!(exchange.now_or_never().expect("a finished exchange").is_err());
            assert_eq!(used(&pools, ()), 0, "{kind:?}");
        }
        let late = limits(Duration::from_secs(60));
        let exchange = pools.exchange((), late, |_| ready(Err::<(), _>(TransportError::timed_out(late))));
        assert!(exchange.now_or_never().expect("a finished exchange").is_err());
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
        assert_eq!(used(&pools, ()), 0, "dropped before the timeout");
        assert!(pools.exchange((), limits(Duration::ZERO), |_| pending::<Result<(), _>>()).now_or_never().is_none());
        assert_eq!(used(&pools, ()), 1);
    }

    #[test]
    fn exchanges_in_flight_keep_a_retired_pool_open() {
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
        // Retiring the same pool again does not retire its successor.
        pools.exchange((), limits(Duration::from_secs(60)), |_| ready(Ok(()))).now_or_never();
        pools.retire(number);
        assert_eq!(pools.lock().pools.len(), 1);
        let is_alive = || weak.lock().expect("a lock").as_ref().is_some_and(|weak| weak.strong_count() > 0);
        assert!(is_alive());
        drop(slow);
        assert!(!is_alive());
    }
}
