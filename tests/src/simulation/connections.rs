//! The connections that a transport keeps between exchanges, and their losses.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tilebox_core::time::Instant;

/// A pool of idle connections. Clones share it.
#[derive(Clone, Default)]
pub(super) struct Pool(Arc<Mutex<Vec<Connection>>>);

/// A connection, which serves one exchange at a time.
pub(super) struct Connection {
    /// The network forgot the connection and drops its packets silently.
    is_forgotten: bool,
    used_at: Instant,
    is_new: bool,
}

/// The state of a connection at its next use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    Alive,
    /// No response arrives.
    Forgotten,
    /// The server closes the idle connection while the request is sent.
    Closed,
}

impl Pool {
    /// Takes the most recently used connection, or opens one.
    pub(super) fn take(&self, now: Instant) -> Connection {
        let kept = self.lock().pop();
        kept.unwrap_or(Connection { is_forgotten: false, used_at: now, is_new: true })
    }

    /// Keeps a connection after a successful exchange.
    pub(super) fn keep(&self, connection: Connection, now: Instant) {
        self.lock().push(Connection { used_at: now, is_new: false, ..connection });
    }

    /// Makes the network forget all connections.
    pub(super) fn forget(&self) {
        self.lock().iter_mut().for_each(|connection| connection.is_forgotten = true);
    }

    /// Closes all connections: an exchange got no response, so the older ones may be dead too.
    pub(super) fn close(&self) {
        self.lock().clear();
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Connection>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Connection {
    pub(super) fn state(&self, now: Instant, longest_idle: Option<Duration>) -> State {
        if self.is_forgotten {
            State::Forgotten
        } else if !self.is_new && longest_idle.is_some_and(|longest| now - self.used_at > longest) {
            State::Closed
        } else {
            State::Alive
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kept_connection_may_be_forgotten_or_idle_for_too_long() {
        let (start, second) = (Instant::ORIGIN, Duration::from_secs(1));
        let pool = Pool::default();
        let connection = pool.take(start);
        assert_eq!(connection.state(start + 90 * second, Some(second)), State::Alive, "a new connection");
        pool.keep(connection, start);
        let connection = pool.take(start);
        assert_eq!(connection.state(start + second, Some(second)), State::Alive);
        assert_eq!(connection.state(start + 2 * second, Some(second)), State::Closed);
        pool.keep(connection, start);
        pool.forget();
        assert_eq!(pool.take(start).state(start, None), State::Forgotten);
        assert_eq!(pool.take(start).state(start, None), State::Alive, "another new connection");
    }
}
