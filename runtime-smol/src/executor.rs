//! Who runs futures: smol.

use std::sync::Arc;
use std::time;

use futures::future::BoxFuture;
use smol::{Executor, Timer};
use tilebox_core::runtime::Runtime;
use tilebox_core::time::Instant;

/// smol's global executor, or one of your own.
///
/// The global one runs in threads of its own (`SMOL_THREADS` says how many), so futures may be polled by any executor.
#[derive(Clone, Debug)]
pub struct Smol {
    origin: time::Instant,
    executor: Option<Arc<Executor<'static>>>,
}

impl Smol {
    /// On smol's global executor.
    #[must_use]
    pub fn new() -> Self {
        Self { origin: time::Instant::now(), executor: None }
    }

    /// On an executor of your own. A task makes progress while somebody runs it.
    #[must_use]
    pub fn on(executor: Arc<Executor<'static>>) -> Self {
        Self { executor: Some(executor), ..Self::new() }
    }
}

/// Runs a future on this thread to its end: [`smol::block_on`].
pub fn block_on<F: Future>(future: F) -> F::Output {
    smol::block_on(future)
}

impl Default for Smol {
    fn default() -> Self {
        Self::new()
    }
}

impl Runtime for Smol {
    fn now(&self) -> Instant {
        Instant::after_origin(self.origin.elapsed())
    }

    fn sleep_until(&self, deadline: Instant) -> BoxFuture<'static, ()> {
        let timer = self.origin.checked_add(deadline.since_origin()).map_or_else(Timer::never, Timer::at);
        Box::pin(async move {
            timer.await;
        })
    }

    fn spawn(&self, task: BoxFuture<'static, ()>) {
        match &self.executor {
            Some(executor) => executor.spawn(task),
            None => smol::spawn(task),
        }
        .detach();
    }

    fn random(&self) -> u64 {
        fastrand::u64(..)
    }
}
