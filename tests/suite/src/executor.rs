//! What a runtime does.

use std::collections::HashSet;
use std::time::Duration;

use futures::FutureExt;
use futures::channel::oneshot;
use tilebox_core::time::Instant;

use super::backend::{Backend, within};

/// Ten thousand looks at the clock.
pub fn time_never_goes_back<B: Backend>() {
    B::block_on(async {
        let runtime = B::runtime();
        let mut before = runtime.now();
        for _ in 0..10_000 {
            let now = runtime.now();
            assert!(now >= before);
            before = now;
        }
    });
}

/// The deadline of a retry may have passed while the page before was decoded.
pub fn a_sleep_past_its_deadline_ends_at_once<B: Backend>() {
    B::block_on(async {
        let runtime = B::runtime();
        within::<B, _>(runtime.sleep_until(Instant::ORIGIN)).await;
        within::<B, _>(runtime.sleep_until(runtime.now())).await;
    });
}

/// Never before.
pub fn a_sleep_ends_at_its_deadline_or_later<B: Backend>() {
    B::block_on(async {
        let runtime = B::runtime();
        let deadline = runtime.now() + Duration::from_millis(20);
        within::<B, _>(runtime.sleep_until(deadline)).await;
        assert!(runtime.now() >= deadline);
    });
}

/// A deadline that was added up may be the end of time.
pub fn a_sleep_beyond_all_time_can_be_started_and_dropped<B: Backend>() {
    B::block_on(async {
        let mut sleep = B::runtime().sleep_until(Instant::after_origin(Duration::MAX));
        assert!((&mut sleep).now_or_never().is_none());
    });
}

/// Without being waited for.
pub fn a_spawned_task_runs<B: Backend>() {
    B::block_on(async {
        let (done, wait) = oneshot::channel();
        B::runtime().spawn(Box::pin(async move {
            // The test fails by itself when nobody waits.
            let _ = done.send(7);
        }));
        assert_eq!(within::<B, _>(wait).await, Ok(7));
    });
}

/// On the timers of its own runtime.
pub fn a_spawned_task_can_wait<B: Backend>() {
    B::block_on(async {
        let runtime = B::runtime();
        let (done, wait) = oneshot::channel();
        let sleep = runtime.sleep_until(runtime.now() + Duration::from_millis(1));
        runtime.spawn(Box::pin(async move {
            sleep.await;
            let _ = done.send(());
        }));
        assert_eq!(within::<B, _>(wait).await, Ok(()));
    });
}

/// A hundred of them.
pub fn random_numbers_differ<B: Backend>() {
    let runtime = B::block_on(async { B::runtime() });
    let numbers: HashSet<u64> = (0..100).map(|_| runtime.random()).collect();
    assert_eq!(numbers.len(), 100);
}
