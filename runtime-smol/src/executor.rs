//! The smol executor as a runtime of core.

use std::sync::Arc;
use std::time;

use futures::future::BoxFuture;
use smol::{Executor, Timer};
use tilebox_core::runtime::{Instant, Runtime};

/// smol's global executor, or your own.
///
/// The global executor has its own threads (`SMOL_THREADS` sets their number), so any executor can poll the futures.
#[derive(Clone, Debug)]
pub struct Smol {
    origin: time::Instant,
    executor: Option<Arc<Executor<'static>>>,
}

impl Smol {
    /// Uses smol's global executor.
    #[must_use]
    pub fn new() -> Self {
        Self { origin: time::Instant::now(), executor: None }
    }

    /// Uses your own executor. Its tasks make progress while it runs.
    #[must_use]
    pub fn on(executor: Arc<Executor<'static>>) -> Self {
        Self { executor: Some(executor), ..Self::new() }
    }
}

/// Runs a future to completion on this thread: [`smol::block_on`].
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

    fn wall_time(&self) -> time::SystemTime {
        time::SystemTime::now()
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

    fn unblock(&self, work: Box<dyn FnOnce() + Send>) {
        smol::unblock(work).detach();
    }

    fn random(&self) -> u64 {
        fastrand::u64(..)
    }
}
