//! The control of an execution by its runner.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::task::{Context as PollContext, Poll, Waker};
use std::time::Duration;

use futures::future::{BoxFuture, FutureExt as _, pending};
use proptest::prelude::*;

use super::support::{Runner, SECOND, leased};
use crate::client::workflows::tasks::control::TaskControl;
use crate::runtime::{Instant, Runtime};
use crate::workflows::runner::{LeaseState, Outcome, StopReason};

#[test]
fn a_task_that_is_asked_to_stop_may_finish() {
    let runner = Runner::of(|context| async move {
        assert!(!context.stopping().is_stopping());
        context.stopping().wait().await;
        assert!(context.stopping().is_stopping());
        context.progress("").done(7);
        Ok(())
    });
    let outcome = runner.run_until(SECOND, |control| control.stop(StopReason::Stopping));
    assert!(matches!(outcome, Outcome::Computed { .. }), "{outcome:?}");
}

#[test]
fn an_interrupted_task_is_dropped_and_handed_back() {
    for reason in [StopReason::Interrupted, StopReason::LeaseLost] {
        let runner = Runner::of(|_| pending());
        assert_eq!(runner.run_until(SECOND, move |control| control.stop(reason)), Outcome::HandBack);
        assert_eq!(runner.executor.now().since_origin(), SECOND);
    }
}

#[test]
fn a_task_that_is_aborted_before_its_start_never_runs() {
    let has_run = Arc::new(AtomicBool::new(false));
    let ran = Arc::clone(&has_run);
    let runner = Runner::of(move |_| {
        ran.store(true, Ordering::SeqCst);
        async { Ok(()) }
    });
    let (control, future) = runner.start(leased(""));
    control.abort();
    assert_eq!(runner.executor.run(future).expect("an end"), Outcome::HandBack);
    assert!(!has_run.load(Ordering::SeqCst));
}

#[test]
fn a_task_sees_the_state_of_its_lease() {
    let lost_at = 20 * SECOND;
    let runner = Runner::of(|context| async move {
        assert_eq!(context.lease(), LeaseState::Held { until: Instant::ORIGIN + 15 * SECOND });
        context.sleep(30 * SECOND).await;
        assert_eq!(context.lease(), LeaseState::Lost);
        Ok(())
    });
    let outcome = runner.run_until(lost_at, |control| control.set_lease(LeaseState::Lost));
    assert!(matches!(outcome, Outcome::Computed { .. }), "{outcome:?}");
}

/// Runs works only when the test does.
struct Later {
    works: std::sync::Mutex<Vec<Box<dyn FnOnce() + Send>>>,
    now: std::sync::Mutex<Instant>,
}

impl Later {
    fn new() -> Arc<Self> {
        Arc::new(Self { works: std::sync::Mutex::default(), now: std::sync::Mutex::new(Instant::ORIGIN) })
    }

    fn run_works(&self) {
        let works = std::mem::take(&mut *self.works.lock().expect("no panic"));
        works.into_iter().for_each(|work| work());
    }
}

impl Runtime for Later {
    fn now(&self) -> Instant {
        *self.now.lock().expect("no panic")
    }

    fn wall_time(&self) -> std::time::SystemTime {
        std::time::SystemTime::UNIX_EPOCH
    }

    fn sleep_until(&self, _: Instant) -> BoxFuture<'static, ()> {
        Box::pin(pending())
    }

    fn spawn(&self, _: BoxFuture<'static, ()>) {}

    fn unblock(&self, work: Box<dyn FnOnce() + Send>) {
        self.works.lock().expect("no panic").push(work);
    }

    fn random(&self) -> u64 {
        0
    }
}

fn poll(future: &mut BoxFuture<'static, Outcome>) -> Poll<Outcome> {
    future.as_mut().poll(&mut PollContext::from_waker(Waker::noop()))
}

#[test]
fn a_task_whose_lease_is_lost_waits_for_its_closures() {
    let later = Later::new();
    let was_stopped = Arc::new(OnceLock::new());
    let seen = Arc::clone(&was_stopped);
    let runner = Runner::of(move |context| {
        let seen = Arc::clone(&seen);
        async move {
            context.unblock(move |stopping| seen.set(stopping.is_stopping())).await?.expect("the first value");
            Ok(())
        }
    })
    .on(&later);
    let (control, mut future) = runner.start(leased(""));
    assert!(poll(&mut future).is_pending());
    control.stop(StopReason::LeaseLost);
    assert!(poll(&mut future).is_pending(), "the closure has not ended");
    later.run_works();
    assert_eq!(poll(&mut future), Poll::Ready(Outcome::HandBack));
    assert_eq!(was_stopped.get(), Some(&true));
}

#[test]
fn an_interrupted_task_does_not_wait_for_its_closures() {
    let later = Later::new();
    let runner = Runner::of(|context| async move {
        context.unblock(|_| ()).await?;
        Ok(())
    })
    .on(&later);
    let (control, mut future) = runner.start(leased(""));
    assert!(poll(&mut future).is_pending());
    control.stop(StopReason::Interrupted);
    assert_eq!(poll(&mut future), Poll::Ready(Outcome::HandBack));
    later.run_works();
}

#[test]
fn a_slot_is_taken_until_a_forgotten_closure_ends() {
    let later = Later::new();
    let runner = Runner::of(|context| async move {
        let mut closure = Box::pin(context.unblock(|stopping| assert!(stopping.is_stopping())));
        assert!((&mut closure).now_or_never().is_none());
        drop(closure);
        assert!(!context.stopping().is_stopping(), "only the closure is asked to stop");
        Ok(())
    })
    .on(&later);
    let (_, mut future) = runner.start(leased(""));
    assert!(poll(&mut future).is_pending());
    later.run_works();
    assert!(matches!(poll(&mut future), Poll::Ready(Outcome::Computed { .. })));
}

#[test]
fn a_closure_that_is_dropped_unrun_is_an_error() {
    let later = Later::new();
    let runner = Runner::of(|context| async move { Ok(context.unblock(|_| ()).await?) }).on(&later);
    let (_, mut future) = runner.start(leased(""));
    assert!(poll(&mut future).is_pending());
    later.works.lock().expect("no panic").clear();
    let Poll::Ready(Outcome::Failed { display, .. }) = poll(&mut future) else { panic!("failed") };
    assert!(display.contains("cannot run a closure of the task `example.com/Task@v1.2`"), "{display}");
}

/// What a runner does to a task, after a wait in milliseconds.
#[derive(Clone, Copy, Debug)]
enum Act {
    Stop(StopReason),
    Abort,
    Lease,
}

proptest! {
    /// Whatever a runner does, an execution ends: with its result if nothing aborted it before its end.
    #[test]
    fn every_execution_ends_once(
        steps in 0_u64..5,
        acts in prop::collection::vec((0_u64..6, prop::sample::select(vec![
            Act::Stop(StopReason::Stopping), Act::Stop(StopReason::Interrupted), Act::Stop(StopReason::LeaseLost), Act::Abort,
            Act::Lease,
        ])), 0..4),
    ) {
        let runner = Runner::of(move |context| async move {
            for _ in 0..steps {
                context.sleep(SECOND).await;
                context.progress("").done(1);
            }
            Ok(())
        });
        let (control, future) = runner.start(leased(""));
        let aborts = |act: &Act| matches!(act, Act::Abort | Act::Stop(StopReason::Interrupted | StopReason::LeaseLost));
        // Half a second later, so that no act happens at the time of a step.
        let at = |second: u64| Duration::from_millis(500) + Duration::from_secs(second);
        let aborted_at = acts.iter().filter(|(_, act)| aborts(act)).map(|(second, _)| at(*second)).min();
        for (second, act) in acts {
            let control: TaskControl = control.clone();
            let timer = runner.executor.sleep_until(Instant::ORIGIN + at(second));
            runner.executor.spawn(Box::pin(async move {
                timer.await;
                match act {
                    Act::Stop(reason) => control.stop(reason),
                    Act::Abort => control.abort(),
                    Act::Lease => control.set_lease(LeaseState::Lost),
                }
            }));
        }
        let outcome = runner.executor.run(future).expect("an end");
        if aborted_at.is_some_and(|time| time < SECOND * steps as u32) {
            prop_assert_eq!(outcome, Outcome::HandBack);
        } else {
            let Outcome::Computed { progress, .. } = outcome else { panic!("computed") };
            prop_assert_eq!(progress.first().map_or(0, |progress| progress.done), steps);
        }
    }
}
