//! The functions that are called at the end of each run of a runner.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use futures::future::{BoxFuture, join_all, select};

use crate::runtime::Runtime;

/// A function that is called at the end of each run, such as the flush of telemetry.
pub type RunEnd = dyn Fn() -> BoxFuture<'static, ()> + Send + Sync;

/// The longest time that the end of a run waits for them.
const TIMEOUT: Duration = Duration::from_secs(5);

/// The functions to call at the end of each run. Clones share them.
#[derive(Clone, Default)]
pub(crate) struct RunEnds(Arc<Mutex<Vec<Weak<RunEnd>>>>);

impl RunEnds {
    /// Adds a function, which is called as long as its handle lives.
    pub(crate) fn add(&self, function: Weak<RunEnd>) {
        let mut functions = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        functions.retain(|function| function.strong_count() > 0);
        functions.push(function);
    }

    /// Calls all functions, and waits for their futures for at most [`TIMEOUT`].
    pub(crate) async fn call(&self, runtime: &dyn Runtime) {
        let functions: Vec<_> = {
            let functions = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            functions.iter().filter_map(Weak::upgrade).collect()
        };
        if functions.is_empty() {
            return;
        }
        let all = join_all(functions.iter().map(|function| function()));
        select(all, runtime.sleep_until(runtime.now() + TIMEOUT)).await;
    }
}

impl fmt::Debug for RunEnds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RunEnds").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::blocking;
    use crate::time::Instant;
    use std::sync::atomic::{AtomicUsize, Ordering};

    /// A runtime whose timers end at once.
    struct Hasty;

    impl Runtime for Hasty {
        fn now(&self) -> Instant {
            Instant::ORIGIN
        }

        fn wall_time(&self) -> std::time::SystemTime {
            std::time::SystemTime::UNIX_EPOCH
        }

        fn sleep_until(&self, _: Instant) -> BoxFuture<'static, ()> {
            Box::pin(std::future::ready(()))
        }

        fn spawn(&self, _: BoxFuture<'static, ()>) {}

        fn random(&self) -> u64 {
            0
        }
    }

    #[test]
    fn a_function_is_called_until_its_handle_is_dropped() {
        let (ends, calls) = (RunEnds::default(), Arc::new(AtomicUsize::new(0)));
        let counted = Arc::clone(&calls);
        let function: Arc<RunEnd> = Arc::new(move || {
            counted.fetch_add(1, Ordering::SeqCst);
            Box::pin(std::future::ready(()))
        });
        ends.add(Arc::downgrade(&function));
        blocking::block_on(ends.call(&Hasty));
        blocking::block_on(ends.clone().call(&Hasty));
        drop(function);
        blocking::block_on(ends.call(&Hasty));
        assert_eq!(calls.load(Ordering::SeqCst), 2);
    }

    #[test]
    fn a_run_does_not_wait_for_a_stuck_function() {
        let ends = RunEnds::default();
        let function: Arc<RunEnd> = Arc::new(|| Box::pin(std::future::pending()));
        ends.add(Arc::downgrade(&function));
        blocking::block_on(ends.call(&Hasty));
    }
}
