//! An executor on one thread whose time jumps to the next event.

use std::collections::{BTreeMap, VecDeque};
use std::future::Future;
use std::pin::{Pin, pin};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Wake, Waker};
use std::time::Duration;

use futures::future::BoxFuture;
use tilebox_core::runtime::Runtime;
use tilebox_core::time::Instant;

/// The maximum number of polls; more mean that a task wakes itself for ever.
const MAX_POLLS: u64 = 10_000_000;

/// A simulated executor. Clones are the same executor.
///
/// Nothing happens between events, so time jumps from one to the next. Equal seeds give equal runs.
#[derive(Clone)]
pub struct Simulation {
    shared: Arc<Mutex<Shared>>,
}

struct Shared {
    now: Instant,
    random: fastrand::Rng,
    ready: VecDeque<Arc<Task>>,
    /// The timers, sorted by time and then by creation.
    timers: BTreeMap<(Instant, u64), Waker>,
    next_timer: u64,
    live_tasks: usize,
}

struct Task {
    future: Mutex<Option<BoxFuture<'static, ()>>>,
    simulation: Simulation,
}

impl Wake for Task {
    fn wake(self: Arc<Self>) {
        let simulation = self.simulation.clone();
        simulation.lock().ready.push_back(self);
    }
}

impl Simulation {
    /// Returns an executor at the origin of time.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        let shared = Shared {
            now: Instant::ORIGIN,
            random: fastrand::Rng::with_seed(seed),
            ready: VecDeque::new(),
            timers: BTreeMap::new(),
            next_timer: 0,
            live_tasks: 0,
        };
        Self { shared: Arc::new(Mutex::new(shared)) }
    }

    /// Runs a future to its end, and spawned tasks until then.
    ///
    /// # Panics
    ///
    /// Panics when no event is left, or when events never end. Both are defects of the simulated program.
    pub fn run<F: Future>(&self, future: F) -> F::Output {
        let mut future = pin!(future);
        let woken = Arc::new(Flag::default());
        let waker = Waker::from(Arc::clone(&woken));
        woken.set();
        for _ in 0..MAX_POLLS {
            if woken.take()
                && let Poll::Ready(output) = future.as_mut().poll(&mut Context::from_waker(&waker))
            {
                return output;
            }
            self.run_ready_tasks();
            if !woken.is_set() && !self.jump() {
                panic!("deadlock: the simulated program waits, and no event will wake it");
            }
        }
        panic!("livelock: {MAX_POLLS} polls without an end");
    }

    /// Runs the remaining tasks after [`run`](Self::run), for at most `duration` of virtual time.
    pub fn settle(&self, duration: Duration) {
        let end = self.now() + duration;
        self.run(self.sleep_until(end));
    }

    /// Returns the number of spawned tasks that have not ended.
    #[must_use]
    pub fn live_tasks(&self) -> usize {
        self.lock().live_tasks
    }

    /// Returns a random number between 0 and 1.
    #[must_use]
    pub fn chance(&self) -> f64 {
        self.lock().random.f64()
    }

    fn lock(&self) -> MutexGuard<'_, Shared> {
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn run_ready_tasks(&self) {
        loop {
            let Some(task) = self.lock().ready.pop_front() else { return };
            let taken = task.future.lock().unwrap_or_else(PoisonError::into_inner).take();
            let Some(mut future) = taken else { continue };
            let waker = Waker::from(Arc::clone(&task));
            if future.as_mut().poll(&mut Context::from_waker(&waker)).is_pending() {
                *task.future.lock().unwrap_or_else(PoisonError::into_inner) = Some(future);
            } else {
                // Dropping a future can lock the executor.
                drop(future);
                self.lock().live_tasks -= 1;
            }
        }
    }

    /// Moves time to the earliest timer. Returns false without timers.
    fn jump(&self) -> bool {
        let mut shared = self.lock();
        let Some(((time, _), waker)) = shared.timers.pop_first() else { return false };
        shared.now = shared.now.max(time);
        drop(shared);
        waker.wake();
        true
    }
}

impl Runtime for Simulation {
    fn now(&self) -> Instant {
        self.lock().now
    }

    fn sleep_until(&self, deadline: Instant) -> BoxFuture<'static, ()> {
        Box::pin(Sleep { simulation: self.clone(), deadline, timer: None })
    }

    fn spawn(&self, task: BoxFuture<'static, ()>) {
        let task = Arc::new(Task { future: Mutex::new(Some(task)), simulation: self.clone() });
        let mut shared = self.lock();
        shared.live_tasks += 1;
        shared.ready.push_back(task);
    }

    /// Runs the work at once: it takes no virtual time.
    fn unblock(&self, work: Box<dyn FnOnce() + Send>) {
        work();
    }

    fn random(&self) -> u64 {
        self.lock().random.u64(..)
    }
}

struct Sleep {
    simulation: Simulation,
    deadline: Instant,
    timer: Option<u64>,
}

impl Future for Sleep {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let deadline = self.deadline;
        let mut shared = self.simulation.lock();
        if shared.now >= deadline {
            return Poll::Ready(());
        }
        let timer = self.timer.unwrap_or_else(|| {
            shared.next_timer += 1;
            shared.next_timer
        });
        shared.timers.insert((deadline, timer), cx.waker().clone());
        drop(shared);
        self.timer = Some(timer);
        Poll::Pending
    }
}

impl Drop for Sleep {
    fn drop(&mut self) {
        if let Some(timer) = self.timer {
            self.simulation.lock().timers.remove(&(self.deadline, timer));
        }
    }
}

#[derive(Default)]
struct Flag(std::sync::atomic::AtomicBool);

impl Flag {
    fn set(&self) {
        self.0.store(true, std::sync::atomic::Ordering::SeqCst);
    }

    fn take(&self) -> bool {
        self.0.swap(false, std::sync::atomic::Ordering::SeqCst)
    }

    fn is_set(&self) -> bool {
        self.0.load(std::sync::atomic::Ordering::SeqCst)
    }
}

impl Wake for Flag {
    fn wake(self: Arc<Self>) {
        self.set();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::future::join;

    #[test]
    fn time_jumps_from_event_to_event() {
        let simulation = Simulation::new(1);
        let hour = Duration::from_secs(3600);
        simulation.run(join(
            simulation.sleep_until(Instant::ORIGIN + hour),
            simulation.sleep_until(Instant::ORIGIN + hour * 2),
        ));
        assert_eq!(simulation.now(), Instant::ORIGIN + hour * 2);
    }

    #[test]
    fn tasks_run_beside_the_main_future_and_end() {
        let simulation = Simulation::new(1);
        let (sender, receiver) = futures::channel::oneshot::channel();
        let timer = simulation.sleep_until(Instant::ORIGIN + Duration::from_secs(1));
        simulation.spawn(Box::pin(async move {
            timer.await;
            let _ = sender.send(7);
        }));
        assert_eq!(simulation.run(receiver), Ok(7));
        assert_eq!(simulation.live_tasks(), 0);
    }

    #[test]
    #[should_panic(expected = "deadlock")]
    fn a_program_that_waits_for_nothing_is_found() {
        Simulation::new(1).run(std::future::pending::<()>());
    }
}
