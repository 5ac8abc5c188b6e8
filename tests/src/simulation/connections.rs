//! The connections that a transport keeps between two exchanges, and how they are lost.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tilebox_core::time::Instant;

/// Connections that wait to be used again. Clones are the same pool.
#[derive(Clone, Default)]
pub(super) struct Pool(Arc<Mutex<Vec<Connection>>>);

/// A connection: its exchanges take it one after the other.
pub(super) struct Connection {
    /// What goes over it is dropped without a word, since nobody knows it any more between the two ends.
    is_forgotten: bool,
    used_at: Instant,
    is_new: bool,
}

/// How a connection is when it is to be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    Alive,
    /// Nothing comes back.
    Forgotten,
    /// The other end has closed it because it was idle for too long, and the request meets that.
    Closed,
}

impl Pool {
    /// Takes the connection that was used last, or makes one.
    pub(super) fn take(&self, now: Instant) -> Connection {
        let kept = self.lock().pop();
        kept.unwrap_or(Connection { is_forgotten: false, used_at: now, is_new: true })
    }

    /// Keeps a connection whose exchange has ended well.
    pub(super) fn keep(&self, connection: Connection, now: Instant) {
        self.lock().push(Connection { used_at: now, is_new: false, ..connection });
    }

    /// All connections are forgotten by something between the two ends.
    pub(super) fn forget(&self) {
        self.lock().iter_mut().for_each(|connection| connection.is_forgotten = true);
    }

    /// Closes all: an exchange got no response, so what was made before may be as dead.
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
        assert_eq!(connection.state(start + 90 * second, Some(second)), State::Alive, "it is new");
        pool.keep(connection, start);
        let connection = pool.take(start);
        assert_eq!(connection.state(start + second, Some(second)), State::Alive);
        assert_eq!(connection.state(start + 2 * second, Some(second)), State::Closed);
        pool.keep(connection, start);
        pool.forget();
        assert_eq!(pool.take(start).state(start, None), State::Forgotten);
        assert_eq!(pool.take(start).state(start, None), State::Alive, "the next one is new");
    }
}
