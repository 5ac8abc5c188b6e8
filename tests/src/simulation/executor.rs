//! The virtual executor of the core, whose stalls fail the test.

use std::future::Future;
use std::time::Duration;

use futures::future::BoxFuture;
use tilebox_core::runtime::Runtime;
use tilebox_core::testing::VirtualExecutor;
use tilebox_core::time::Instant;

/// A simulated executor. Clones are the same executor.
#[derive(Clone, Debug)]
pub struct Simulation(VirtualExecutor);

impl Simulation {
    /// Returns an executor at the origin of time.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self(VirtualExecutor::new(seed))
    }

    /// Runs a future to its end, and spawned tasks until then.
    ///
    /// # Panics
    ///
    /// Panics when no event is left, or when events never end. Both are defects of the simulated program.
    pub fn run<F: Future>(&self, future: F) -> F::Output {
        self.0.run(future).unwrap_or_else(|stalled| panic!("{stalled}"))
    }

    /// Runs the remaining tasks after [`run`](Self::run), for at most `duration` of virtual time.
    pub fn settle(&self, duration: Duration) {
        let end = self.now() + duration;
        self.run(self.sleep_until(end));
    }

    /// Returns the number of spawned tasks that have not ended.
    #[must_use]
    pub fn live_tasks(&self) -> usize {
        self.0.live_tasks()
    }

    /// Returns a random number between 0 and 1.
    #[must_use]
    pub fn chance(&self) -> f64 {
        self.0.chance()
    }
}

impl Runtime for Simulation {
    fn now(&self) -> Instant {
        self.0.now()
    }

    fn wall_time(&self) -> std::time::SystemTime {
        self.0.wall_time()
    }

    fn sleep_until(&self, deadline: Instant) -> BoxFuture<'static, ()> {
        self.0.sleep_until(deadline)
    }

    fn spawn(&self, task: BoxFuture<'static, ()>) {
        self.0.spawn(task);
    }

    fn unblock(&self, work: Box<dyn FnOnce() + Send>) {
        self.0.unblock(work);
    }

    fn random(&self) -> u64 {
        self.0.random()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[should_panic(expected = "deadlock")]
    fn a_program_that_waits_for_nothing_is_found() {
        Simulation::new(1).run(std::future::pending::<()>());
    }
}
