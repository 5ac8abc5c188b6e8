//! The async-std executor as a runtime of core.

use std::time;

use async_std::task;
use futures::future::BoxFuture;
use tilebox_core::runtime::{Instant, Runtime};

/// async-std's global executor. It has its own threads, so any executor can poll the futures.
#[derive(Clone, Debug)]
pub struct AsyncStd {
    origin: time::Instant,
}

impl AsyncStd {
    /// Uses async-std's global executor.
    #[must_use]
    pub fn new() -> Self {
        Self { origin: time::Instant::now() }
    }
}

/// Runs a future to completion on this thread: [`async_std::task::block_on`].
pub fn block_on<F: Future>(future: F) -> F::Output {
    task::block_on(future)
}

impl Default for AsyncStd {
    fn default() -> Self {
        Self::new()
    }
}

impl Runtime for AsyncStd {
    fn now(&self) -> Instant {
        Instant::after_origin(self.origin.elapsed())
    }

    fn wall_time(&self) -> time::SystemTime {
        time::SystemTime::now()
    }

    fn sleep_until(&self, deadline: Instant) -> BoxFuture<'static, ()> {
        Box::pin(task::sleep(deadline - self.now()))
    }

    fn spawn(&self, task: BoxFuture<'static, ()>) {
        drop(task::spawn(task));
    }

    fn unblock(&self, work: Box<dyn FnOnce() + Send>) {
        drop(task::spawn_blocking(work));
    }

    fn random(&self) -> u64 {
        fastrand::u64(..)
    }
}
