//! The time in which the network owes a response: the time that counts for a timeout.
//!
//! A future that waits for the network is woken when it can continue. The time from a poll to the first wake after it belongs
//! to the network; the time from that wake to the next poll belongs to the caller: a busy reader or a blocked executor. So a
//! reader may pause for any time, and a silent response still times out, because the timer wakes the future, too.

use std::pin::pin;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::task::{Poll, Wake, Waker};
use std::time::Duration;

use futures::FutureExt as _;
use futures::future::poll_fn;
use futures::task::AtomicWaker;

use crate::runtime::Runtime;
use crate::time::Instant;

/// Delay of a timer beyond which it did not run: the executor was blocked, or the computer slept. The state of the network
/// in that time is not known, so the time does not count.
const LATE: Duration = Duration::from_secs(1);

/// Runs a future for at most `timeout` of network time. Returns its output, `None` at the timeout, and the network time.
pub(in crate::client) async fn within<F: Future>(
    runtime: &Arc<dyn Runtime>,
    timeout: Duration,
    future: F,
) -> (Option<F::Output>, Duration) {
    let mut future = pin!(future);
    let stamp =
        Arc::new(Stamp { runtime: Arc::downgrade(runtime), first: Mutex::default(), waker: AtomicWaker::new() });
    let waker = Waker::from(Arc::clone(&stamp));
    let mut owed = Owed::begin(runtime.now(), timeout);
    let mut timer = None;
    poll_fn(move |context| {
        stamp.waker.register(context.waker());
        owed.polled(runtime.now(), stamp.take());
        let context = &mut std::task::Context::from_waker(&waker);
        if let Poll::Ready(output) = future.as_mut().poll(context) {
            owed.pending_until(runtime.now());
            return Poll::Ready((Some(output), owed.spent));
        }
        loop {
            // A long poll is not the time of the reader: its future was at work.
            owed.pending_until(runtime.now());
            if owed.left().is_zero() {
                return Poll::Ready((None, owed.spent));
            }
            let due = owed.due();
            if timer.as_ref().is_none_or(|(set, _)| *set > due) {
                timer = Some((due, runtime.sleep_until(due)));
            }
            if timer.as_mut().is_some_and(|(_, sleep)| sleep.poll_unpin(context).is_pending()) {
                return Poll::Pending;
            }
            timer = None;
            if runtime.now() < due {
                // The clock decides, not an early timer. Other tasks have a turn before the next one is set.
                context.waker().wake_by_ref();
                return Poll::Pending;
            }
        }
    })
    .await
}

/// The network time of one exchange.
#[derive(Debug)]
struct Owed {
    timeout: Duration,
    spent: Duration,
    /// The time up to which it is settled.
    settled: Instant,
}

impl Owed {
    fn begin(now: Instant, timeout: Duration) -> Self {
        Self { timeout, spent: Duration::ZERO, settled: now }
    }

    /// Settles the time up to a poll, whose first wake was at `woken`.
    fn polled(&mut self, now: Instant, woken: Option<Instant>) {
        let until = woken.map_or(now, |woken| woken.min(now));
        if until <= self.due() + LATE {
            self.pending_until(until);
        }
        self.settled = now;
    }

    /// Counts the time until now as network time.
    fn pending_until(&mut self, now: Instant) {
        self.spent += now - self.settled;
        self.settled = self.settled.max(now);
    }

    fn left(&self) -> Duration {
        self.timeout.saturating_sub(self.spent)
    }

    /// Returns the time of its timeout if nothing arrives.
    fn due(&self) -> Instant {
        self.settled + self.left()
    }
}

/// Notes the first wake of a future, and passes wakes on.
struct Stamp {
    /// Not owned: a reactor may keep the waker of a dropped timer until its next event, and a thread ends with its runtime.
    runtime: Weak<dyn Runtime>,
    first: Mutex<Option<Instant>>,
    waker: AtomicWaker,
}

impl Stamp {
    fn take(&self) -> Option<Instant> {
        self.first.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

impl Wake for Stamp {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        if let Some(runtime) = self.runtime.upgrade() {
            let now = runtime.now();
            self.first.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(now);
        }
        self.waker.wake();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::future::{BoxFuture, pending};

    const START: Instant = Instant::ORIGIN;
    const SECOND: Duration = Duration::from_secs(1);

    fn owed() -> Owed {
        Owed::begin(START, 60 * SECOND)
    }

    #[test]
    fn time_between_a_wake_and_a_poll_is_not_owed() {
        let mut owed = owed();
        owed.polled(START + 400 * SECOND, Some(START + SECOND));
        assert_eq!((owed.spent, owed.due()), (SECOND, START + 459 * SECOND));
        owed.polled(START + 500 * SECOND, Some(START + 402 * SECOND));
        assert_eq!(owed.left(), 57 * SECOND);
    }

    #[test]
    fn silence_counts_even_without_polls() {
        let mut owed = owed();
        // The timer wakes, and the reader comes back much later.
        owed.polled(START + 400 * SECOND, Some(START + 60 * SECOND));
        assert!(owed.left().is_zero());
    }

    #[test]
    fn a_poll_without_a_wake_counts_all_time() {
        let mut owed = owed();
        owed.polled(START + 10 * SECOND, None);
        assert_eq!(owed.spent, 10 * SECOND);
    }

    #[test]
    fn a_late_timer_means_a_blocked_executor() {
        let mut owed = owed();
        owed.polled(START + 400 * SECOND, Some(START + 400 * SECOND));
        assert_eq!((owed.spent, owed.due()), (Duration::ZERO, START + 460 * SECOND));
        owed.polled(START + 460 * SECOND, Some(START + 460 * SECOND));
        assert!(owed.left().is_zero());
    }

    /// A runtime whose timers never end.
    struct Patient;

    impl Runtime for Patient {
        fn now(&self) -> Instant {
            START
        }

        fn wall_time(&self) -> std::time::SystemTime {
            std::time::SystemTime::UNIX_EPOCH
        }

        fn sleep_until(&self, _: Instant) -> BoxFuture<'static, ()> {
            pending().boxed()
        }

        fn spawn(&self, _: BoxFuture<'static, ()>) {}

        fn random(&self) -> u64 {
            0
        }
    }

    #[test]
    fn a_waker_in_a_reactor_does_not_keep_the_runtime() {
        let runtime: Arc<dyn Runtime> = Arc::new(Patient);
        let mut reactor = None;
        let waits = poll_fn(|context: &mut std::task::Context<'_>| {
            reactor = Some(context.waker().clone());
            Poll::<()>::Pending
        });
        assert!(within(&runtime, SECOND, waits).now_or_never().is_none());
        assert_eq!(Arc::strong_count(&runtime), 1);
        let waker = reactor.expect("a waker");
        drop(runtime);
        waker.wake();
    }
}
