//! The runtime.

use std::collections::HashSet;
use std::sync::{Arc, Barrier};
use std::time::Duration;

use futures::FutureExt;
use futures::channel::oneshot;
use futures::future::join_all;
use tilebox_core::time::Instant;

use super::backend::{Backend, within};

/// In ten thousand readings of the clock.
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

/// The deadline of a retry can pass while the previous page is decoded.
pub fn a_sleep_past_its_deadline_ends_at_once<B: Backend>() {
    B::block_on(async {
        let runtime = B::runtime();
        within::<B, _>(runtime.sleep_until(Instant::ORIGIN)).await;
        within::<B, _>(runtime.sleep_until(runtime.now())).await;
    });
}

/// Never earlier.
pub fn a_sleep_ends_at_its_deadline_or_later<B: Backend>() {
    B::block_on(async {
        let runtime = B::runtime();
        let deadline = runtime.now() + Duration::from_millis(20);
        within::<B, _>(runtime.sleep_until(deadline)).await;
        assert!(runtime.now() >= deadline);
    });
}

/// A computed deadline can be the end of time.
pub fn a_sleep_beyond_all_time_can_be_started_and_dropped<B: Backend>() {
    B::block_on(async {
        let mut sleep = B::runtime().sleep_until(Instant::after_origin(Duration::MAX));
        assert!((&mut sleep).now_or_never().is_none());
    });
}

/// Without awaiting it.
pub fn a_spawned_task_runs<B: Backend>() {
    B::block_on(async {
        let (done, wait) = oneshot::channel();
        B::runtime().spawn(Box::pin(async move {
            // Dropping the receiver fails the test.
            let _ = done.send(7);
        }));
        assert_eq!(within::<B, _>(wait).await, Ok(7));
    });
}

/// With the timers of its runtime.
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

/// The task that the work waits for runs meanwhile.
pub fn blocking_work_delays_no_task<B: Backend>() {
    B::block_on(async {
        let runtime = B::runtime();
        let (permit, waits) = std::sync::mpsc::channel();
        let (done, ended) = oneshot::channel();
        runtime.unblock(Box::new(move || {
            // Both fail only when the test has failed.
            let _ = done.send(waits.recv());
        }));
        runtime.spawn(Box::pin(async move {
            let _ = permit.send(7);
        }));
        assert_eq!(within::<B, _>(ended).await, Ok(Ok(7)));
    });
}

/// Each waits for all others.
pub fn works_block_at_the_same_time<B: Backend>() {
    const WORKS: usize = 16;
    B::block_on(async {
        let runtime = B::runtime();
        let barrier = Arc::new(Barrier::new(WORKS));
        let ended = (0..WORKS).map(|_| {
            let (barrier, (done, ended)) = (Arc::clone(&barrier), oneshot::channel());
            runtime.unblock(Box::new(move || {
                barrier.wait();
                let _ = done.send(());
            }));
            ended
        });
        let ended = join_all(ended.collect::<Vec<_>>());
        assert!(within::<B, _>(ended).await.iter().all(Result::is_ok));
    });
}

/// Its channel closes, and other work runs.
pub fn panicking_work_ends_alone<B: Backend>() {
    B::block_on(async {
        let runtime = B::runtime();
        let (held, dropped) = oneshot::channel::<()>();
        runtime.unblock(Box::new(move || {
            let _held = held;
            panic!("this panic is part of a test");
        }));
        assert!(within::<B, _>(dropped).await.is_err());
        let (done, ended) = oneshot::channel();
        runtime.unblock(Box::new(move || {
            let _ = done.send(7);
        }));
        assert_eq!(within::<B, _>(ended).await, Ok(7));
    });
}

/// In a hundred samples.
pub fn random_numbers_differ<B: Backend>() {
    let runtime = B::block_on(async { B::runtime() });
    let numbers: HashSet<u64> = (0..100).map(|_| runtime.random()).collect();
    assert_eq!(numbers.len(), 100);
}
