//! An executor on one thread whose time jumps to the next event.

use std::collections::{BTreeMap, VecDeque};
use std::fmt;
use std::future::Future;
use std::panic::{self, AssertUnwindSafe};
use std::pin::{Pin, pin};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Wake, Waker};

use futures::future::BoxFuture;

use crate::runtime::Runtime;
use crate::time::Instant;

/// The maximum number of polls of [`run`](VirtualExecutor::run); more mean that a task wakes itself for ever.
const MAX_POLLS: u64 = 10_000_000;

/// An executor on one thread in virtual time: when every task waits, its clock jumps to the next timer. Clones are the same
/// executor.
///
/// Tests use it as the [`Runtime`] of what they test. Equal seeds give equal runs, and waits take no time.
///
/// ```
/// # use tilebox_core as tilebox_tokio;
/// use std::time::Duration;
/// use tilebox_tokio::runtime::{Instant, Runtime};
/// use tilebox_tokio::testing::VirtualExecutor;
///
/// let executor = VirtualExecutor::new(7);
/// let day = Duration::from_secs(86_400);
/// executor.run(executor.sleep_until(Instant::ORIGIN + day))?;
/// assert_eq!(executor.now() - Instant::ORIGIN, day);
/// # Ok::<(), tilebox_core::testing::Stalled>(())
/// ```
#[derive(Clone)]
pub struct VirtualExecutor {
    shared: Arc<Mutex<Shared>>,
}

struct Shared {
    now: Instant,
    random: fastrand::Rng,
    ready: VecDeque<Arc<Task>>,
    /// The timers, sorted by time and then by creation.
    timers: BTreeMap<(Instant, u64), Waker>,
    next_timer: u64,
    /// The tasks that have not ended, by number.
    live: BTreeMap<u64, Arc<Task>>,
    next_task: u64,
    /// The works of `unblock` that run now, each inside of the one before.
    works: usize,
}

struct Task {
    number: u64,
    group: TaskGroup,
    /// Whether the task is in the queue of ready tasks.
    is_ready: AtomicBool,
    future: Mutex<Option<BoxFuture<'static, ()>>>,
    executor: VirtualExecutor,
}

/// Tasks that are dropped together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct TaskGroup(pub(crate) u64);

impl Wake for Task {
    fn wake(self: Arc<Self>) {
        if !self.is_ready.swap(true, Ordering::SeqCst) {
            let executor = self.executor.clone();
            executor.lock().ready.push_back(self);
        }
    }
}

/// The program waits for an event that never comes, or for ever produces events.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Stalled {
    /// Every task waits, and no timer is set: what they wait for is outside of the executor.
    Deadlock,
    /// Tasks wake each other or themselves without an end.
    Livelock,
}

impl fmt::Display for Stalled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Deadlock => f.write_str(
                "deadlock: the program waits for an event outside of the virtual executor; use its timers and tasks only",
            ),
            Self::Livelock => write!(f, "livelock: the program has not ended after {MAX_POLLS} polls"),
        }
    }
}

impl std::error::Error for Stalled {}

impl VirtualExecutor {
    /// Returns an executor at the origin of time. Its random numbers follow from `seed`.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        let shared = Shared {
            now: Instant::ORIGIN,
            random: fastrand::Rng::with_seed(seed),
            ready: VecDeque::new(),
            timers: BTreeMap::new(),
            next_timer: 0,
            live: BTreeMap::new(),
            next_task: 0,
            works: 0,
        };
        Self { shared: Arc::new(Mutex::new(shared)) }
    }

    /// Runs a future to its end, and spawned tasks until then.
    ///
    /// # Errors
    ///
    /// When no event is left, or events never end.
    pub fn run<F: Future>(&self, future: F) -> Result<F::Output, Stalled> {
        let mut future = pin!(future);
        let woken = Arc::new(Flag(AtomicBool::new(true)));
        let waker = Waker::from(Arc::clone(&woken));
        for _ in 0..MAX_POLLS {
            if woken.0.swap(false, Ordering::SeqCst)
                && let Poll::Ready(output) = future.as_mut().poll(&mut Context::from_waker(&waker))
            {
                return Ok(output);
            }
            while self.poll_ready().is_some() {}
            if !woken.0.load(Ordering::SeqCst) && !self.jump() {
                return Err(Stalled::Deadlock);
            }
        }
        Err(Stalled::Livelock)
    }

    /// Returns the number of spawned tasks that have not ended.
    #[must_use]
    pub fn live_tasks(&self) -> usize {
        self.lock().live.len()
    }

    /// Returns a random number between 0 and 1.
    #[must_use]
    pub fn chance(&self) -> f64 {
        self.lock().random.f64()
    }

    /// Spawns a task that [`drop_group`](Self::drop_group) can drop.
    pub(crate) fn spawn_in(&self, group: TaskGroup, future: BoxFuture<'static, ()>) {
        let executor = self.clone();
        let mut shared = self.lock();
        shared.next_task += 1;
        let number = shared.next_task;
        let future = Mutex::new(Some(future));
        let task = Arc::new(Task { number, group, is_ready: AtomicBool::new(true), future, executor });
        shared.live.insert(number, Arc::clone(&task));
        shared.ready.push_back(task);
    }

    /// Drops the tasks of a group wherever they wait.
    pub(crate) fn drop_group(&self, group: TaskGroup) {
        let mut dropped = Vec::new();
        self.lock().live.retain(|_, task| {
            let stays = task.group != group;
            if !stays {
                dropped.push(Arc::clone(task));
            }
            stays
        });
        for task in dropped {
            // Dropping a future can lock the executor.
            drop(task.take());
        }
    }

    /// Polls the next task that is ready. Returns its group; `None` if no task is ready.
    pub(crate) fn poll_ready(&self) -> Option<TaskGroup> {
        loop {
            let task = self.lock().ready.pop_front()?;
            task.is_ready.store(false, Ordering::SeqCst);
            let Some(mut future) = task.take() else { continue };
            let waker = Waker::from(Arc::clone(&task));
            if future.as_mut().poll(&mut Context::from_waker(&waker)).is_pending() {
                task.put(future);
            } else {
                drop(future);
                self.lock().live.remove(&task.number);
            }
            return Some(task.group);
        }
    }

    /// Moves time to the earliest timer and wakes its task alone: timers of the same time wake one after the other, with the
    /// work of each in between. Returns false without timers.
    fn jump(&self) -> bool {
        let mut shared = self.lock();
        let Some(((time, _), waker)) = shared.timers.pop_first() else { return false };
        shared.now = shared.now.max(time);
        drop(shared);
        waker.wake();
        true
    }

    /// Returns the time of the earliest timer.
    pub(crate) fn next_timer(&self) -> Option<Instant> {
        self.lock().timers.first_key_value().map(|((time, _), _)| *time)
    }

    /// Moves time forward, and wakes the tasks whose timers have passed then.
    pub(crate) fn advance(&self, now: Instant) {
        let mut shared = self.lock();
        shared.now = shared.now.max(now);
        let mut wakers = Vec::new();
        while let Some(timer) = shared.timers.first_entry().filter(|timer| timer.key().0 <= now) {
            wakers.push(timer.remove());
        }
        drop(shared);
        wakers.into_iter().for_each(Waker::wake);
    }

    fn lock(&self) -> MutexGuard<'_, Shared> {
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Task {
    fn take(&self) -> Option<BoxFuture<'static, ()>> {
        self.future.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    fn put(&self, future: BoxFuture<'static, ()>) {
        *self.future.lock().unwrap_or_else(PoisonError::into_inner) = Some(future);
    }
}

impl Runtime for VirtualExecutor {
    fn now(&self) -> Instant {
        self.lock().now
    }

    /// Returns the virtual time of a run that starts on 2025-01-01.
    fn wall_time(&self) -> std::time::SystemTime {
        std::time::SystemTime::UNIX_EPOCH + super::START_OF_RUN + self.now().since_origin()
    }

    fn sleep_until(&self, deadline: Instant) -> BoxFuture<'static, ()> {
        Box::pin(Sleep { executor: self.clone(), deadline, timer: None })
    }

    fn spawn(&self, task: BoxFuture<'static, ()>) {
        self.spawn_in(TaskGroup::default(), task);
    }

    /// Runs the work at once, so that it takes no virtual time unless it sleeps: then every task waits for it.
    fn unblock(&self, work: Box<dyn FnOnce() + Send>) {
        self.lock().works += 1;
        // As on a thread of its own, a panic of the work ends nothing else.
        drop(panic::catch_unwind(AssertUnwindSafe(work)));
        self.lock().works -= 1;
    }

    fn random(&self) -> u64 {
        self.lock().random.u64(..)
    }
}

impl fmt::Debug for VirtualExecutor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shared = self.lock();
        f.debug_struct("VirtualExecutor")
            .field("now", &shared.now)
            .field("live_tasks", &shared.live.len())
            .finish_non_exhaustive()
    }
}

struct Sleep {
    executor: VirtualExecutor,
    deadline: Instant,
    timer: Option<u64>,
}

impl Future for Sleep {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let deadline = self.deadline;
        let mut shared = self.executor.lock();
        if shared.now >= deadline {
            return Poll::Ready(());
        }
        if shared.works > 0 {
            // The work blocks the only thread, so time passes for all.
            drop(shared);
            self.executor.advance(deadline);
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
            // Dropping a waker can drop a task, and with it another timer.
            let waker = self.executor.lock().timers.remove(&(self.deadline, timer));
            drop(waker);
        }
    }
}

struct Flag(AtomicBool);

impl Wake for Flag {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::SeqCst);
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use futures::channel::oneshot;
    use futures::future::{join, pending};

    use super::*;

    const HOUR: Duration = Duration::from_secs(3600);

    #[test]
    fn time_jumps_from_event_to_event() {
        let executor = VirtualExecutor::new(1);
        let sleep = |hours| executor.sleep_until(Instant::ORIGIN + HOUR * hours);
        executor.run(join(sleep(1), sleep(2))).expect("an end");
        assert_eq!(executor.now(), Instant::ORIGIN + HOUR * 2);
    }

    #[test]
    fn tasks_run_beside_the_main_future_and_end() {
        let executor = VirtualExecutor::new(1);
        let (sender, receiver) = oneshot::channel();
        let timer = executor.sleep_until(Instant::ORIGIN + HOUR);
        executor.spawn(Box::pin(async move {
            timer.await;
            let _ = sender.send(7);
        }));
        assert_eq!(executor.run(receiver), Ok(Ok(7)));
        assert_eq!(executor.live_tasks(), 0);
    }

    #[test]
    fn time_passes_while_a_work_sleeps() {
        let executor = VirtualExecutor::new(1);
        let clock = executor.clone();
        executor.unblock(Box::new(move || {
            crate::blocking::block_on(clock.sleep_until(Instant::ORIGIN + HOUR));
        }));
        assert_eq!(executor.now(), Instant::ORIGIN + HOUR);
        executor.run(executor.sleep_until(Instant::ORIGIN + HOUR * 2)).expect("an end");
    }

    #[test]
    fn a_program_without_events_is_a_deadlock() {
        let stalled = VirtualExecutor::new(1).run(pending::<()>()).expect_err("no end");
        assert_eq!(stalled, Stalled::Deadlock);
        assert!(stalled.to_string().contains("outside of the virtual executor"), "{stalled}");
    }

    #[test]
    fn a_dropped_group_releases_its_timers() {
        let executor = VirtualExecutor::new(1);
        let (sender, receiver) = oneshot::channel::<()>();
        let timer = executor.sleep_until(Instant::ORIGIN + HOUR);
        executor.spawn_in(
            TaskGroup(3),
            Box::pin(async move {
                timer.await;
                drop(sender);
            }),
        );
        assert_eq!(executor.poll_ready(), Some(TaskGroup(3)));
        assert!(executor.next_timer().is_some());
        executor.drop_group(TaskGroup(3));
        assert_eq!((executor.next_timer(), executor.live_tasks()), (None, 0));
        assert!(executor.run(receiver).expect("an end").is_err(), "the sender is dropped");
    }
}
