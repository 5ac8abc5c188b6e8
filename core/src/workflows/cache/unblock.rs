//! Blocking work away from the executor.

use std::fmt;
use std::sync::Arc;

use futures::channel::oneshot;

use super::CacheError;

/// A piece of blocking work.
type Work = Box<dyn FnOnce() + Send>;

/// Runs blocking work on a thread where it holds up no other task.
///
/// A runner passes the threads of its executor to [`Cache::unblocked`](super::Cache::unblocked).
#[derive(Clone)]
pub struct Unblock(Arc<dyn Fn(Work) + Send + Sync>);

impl Unblock {
    /// Wraps a function that runs each piece of work to its end on another thread, and returns at once.
    pub fn new(start: impl Fn(Work) + Send + Sync + 'static) -> Self {
        Self(Arc::new(start))
    }

    /// Runs `work` and waits for its result. Dropping the future does not stop the work.
    ///
    /// # Errors
    ///
    /// When the executor has shut down, or the work panicked.
    pub async fn run<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T, CacheError> {
        let (finished, result) = oneshot::channel();
        (self.0)(Box::new(move || {
            // Fails if the caller does not wait any more.
            let _ = finished.send(work());
        }));
        result.await.map_err(|_| "its thread ended: the executor has shut down, or the operation panicked".into())
    }
}

impl fmt::Debug for Unblock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Unblock").finish_non_exhaustive()
    }
}
