//! The thread of a blocking client, an executor that callers cannot block.

use std::cell::RefCell;
use std::fmt;
use std::future::poll_fn;
use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::task::Poll;
use std::{process, time};

use futures::FutureExt as _;
use futures::channel::{mpsc, oneshot};
use futures::future::{BoxFuture, select};
use futures::stream::{FuturesUnordered, StreamExt as _};
use tilebox_core::protocol::exchange::{TransportError, TransportErrorKind};
use tilebox_core::runtime::Runtime;
use tilebox_core::time::Instant;

type Task = BoxFuture<'static, ()>;

/// A thread that runs the tasks of a blocking client.
///
/// The first task starts the thread. Dropping the value ends the thread and its tasks, without waiting. The thread runs only
/// futures of the client and its transport, never code of a caller, so that a blocked call waits for the network only.
pub struct Thread {
    this: Weak<Self>,
    origin: time::Instant,
    run: fn(Task),
    sleep: fn(time::Instant) -> Task,
    tasks: Mutex<Option<mpsc::UnboundedSender<Task>>>,
    /// The process that created the value.
    process: u32,
}

impl Thread {
    /// Creates a thread. `run` runs a future to its end on the calling thread, and `sleep` creates a timer there.
    #[must_use]
    pub fn new(run: fn(BoxFuture<'static, ()>), sleep: fn(time::Instant) -> BoxFuture<'static, ()>) -> Arc<Self> {
        Arc::new_cyclic(|this| Self {
            this: this.clone(),
            origin: time::Instant::now(),
            run,
            sleep,
            tasks: Mutex::new(None),
            process: process::id(),
        })
    }

    /// Returns whether the process was forked: it then lacks the threads of its parent and shares its sockets.
    fn is_forked(&self) -> bool {
        self.process != process::id()
    }

    /// Returns whether the caller runs on this thread.
    fn is_current(&self) -> bool {
        Spawner::current().is_some_and(|current| current.0.ptr_eq(&self.this))
    }

    /// Returns a spawner, which does not keep the thread alive.
    #[must_use]
    pub fn spawner(&self) -> Spawner {
        Spawner(self.this.clone())
    }

    /// Returns the queue of tasks, and starts the thread if necessary. Returns `None` if the system refuses the thread, or
    /// the process was forked.
    fn tasks(&self) -> Option<mpsc::UnboundedSender<Task>> {
        if self.is_forked() {
            // Checked before the lock, which a thread of the parent may have held during the fork.
            return None;
        }
        let mut tasks = self.tasks.lock().unwrap_or_else(PoisonError::into_inner);
        if tasks.as_ref().is_none_or(mpsc::UnboundedSender::is_closed) {
            let (sender, receiver) = mpsc::unbounded();
            let (run, spawner) = (self.run, self.spawner());
            let thread = std::thread::Builder::new().name("tilebox".to_owned());
            let serve = move || {
                CURRENT.set(Some(spawner));
                run(serve(receiver).boxed());
            };
            *tasks = thread.spawn(serve).ok().map(|_| sender);
        }
        tasks.clone()
    }
}

/// Runs tasks until all senders are dropped, then drops the remaining tasks.
async fn serve(mut tasks: mpsc::UnboundedReceiver<Task>) {
    let mut running = FuturesUnordered::new();
    poll_fn(|context| {
        loop {
            match tasks.poll_next_unpin(context) {
                // A panic of a custom transport fails its exchange only.
                Poll::Ready(Some(task)) => running.push(AssertUnwindSafe(task).catch_unwind()),
                Poll::Ready(None) => return Poll::Ready(()),
                Poll::Pending => break,
            }
        }
        while let Poll::Ready(Some(_)) = running.poll_next_unpin(context) {}
        Poll::Pending
    })
    .await;
}

impl Runtime for Thread {
    fn now(&self) -> Instant {
        Instant::after_origin(self.origin.elapsed())
    }

    fn wall_time(&self) -> time::SystemTime {
        time::SystemTime::now()
    }

    /// Starts the timer on the thread, because the call may block the executor of the caller with its timers.
    fn sleep_until(&self, deadline: Instant) -> BoxFuture<'static, ()> {
        let Some(deadline) = self.origin.checked_add(deadline.since_origin()) else {
            return std::future::pending().boxed();
        };
        if self.is_current() {
            return (self.sleep)(deadline);
        }
        let (mut done, wait) = oneshot::channel::<()>();
        let sleep = self.sleep;
        self.spawn(Box::pin(async move {
            let timer = sleep(deadline);
            // Ends at the deadline, or when the receiver is dropped.
            select(timer, done.cancellation()).await;
        }));
        wait.map(drop).boxed()
    }

    fn spawn(&self, task: BoxFuture<'static, ()>) {
        if let Some(tasks) = self.tasks() {
            // If the thread has just ended, the task is dropped, as the contract of `spawn` allows.
            let _ = tasks.unbounded_send(task);
        }
    }

    fn random(&self) -> u64 {
        fastrand::u64(..)
    }

    fn check(&self) -> Result<(), TransportError> {
        if self.is_forked() {
            let reason = "this process was forked, and the thread of the client is in the parent";
            return Err(TransportError::new(TransportErrorKind::NoExecutor, reason)
                .with_advice("make a new client in the forked process"));
        }
        Ok(())
    }
}

impl fmt::Debug for Thread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Thread").finish_non_exhaustive()
    }
}

thread_local! {
    /// The spawner of the current [`Thread`].
    static CURRENT: RefCell<Option<Spawner>> = const { RefCell::new(None) };
}

/// Spawns tasks on a [`Thread`].
#[derive(Clone, Debug)]
pub struct Spawner(Weak<Thread>);

impl Spawner {
    /// Returns the spawner of the current thread, if it is a [`Thread`]. Backends with background tasks spawn them there
    /// instead of their usual executor.
    #[must_use]
    pub fn current() -> Option<Self> {
        CURRENT.try_with(|current| current.borrow().clone()).ok().flatten()
    }

    /// Runs the task on the thread, or drops it if the thread has ended.
    pub fn spawn(&self, task: BoxFuture<'static, ()>) {
        if let Some(thread) = self.0.upgrade() {
            thread.spawn(task);
        }
    }
}

#[cfg(test)]
#[expect(clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]
mod tests {
    use super::*;
    use std::time::Duration;
    use tilebox_core::blocking::block_on;

    fn thread() -> Arc<Thread> {
        Thread::new(block_on, |deadline| {
            Box::pin(async move {
                std::thread::sleep(deadline.saturating_duration_since(time::Instant::now()));
            })
        })
    }

    fn spawned<T: Send + 'static>(thread: &Thread, task: impl Future<Output = T> + Send + 'static) -> Option<T> {
        let (sender, receiver) = oneshot::channel();
        thread.spawn(Box::pin(async move {
            let _ = sender.send(task.await);
        }));
        block_on(receiver).ok()
    }

    #[test]
    fn tasks_share_one_thread() {
        let thread = thread();
        let id = || async { std::thread::current().id() };
        let first = spawned(&thread, id()).expect("a thread");
        assert_eq!(Some(first), spawned(&thread, id()));
        assert_ne!(first, std::thread::current().id());
    }

    #[test]
    fn a_task_can_spawn_a_task_and_wait_for_it() {
        let thread = thread();
        assert!(Spawner::current().is_none());
        let (sender, receiver) = oneshot::channel();
        let waits = async move {
            Spawner::current().expect("a spawner").spawn(Box::pin(async move {
                let _ = sender.send(7);
            }));
            receiver.await
        };
        assert_eq!(spawned(&thread, waits), Some(Ok(7)));
    }

    #[test]
    fn a_panicking_task_ends_alone() {
        let thread = thread();
        let id = || async { std::thread::current().id() };
        let before = spawned(&thread, id());
        assert_eq!(spawned(&thread, async { panic!("this panic is part of a test") }), None::<()>);
        assert_eq!(spawned(&thread, id()), before);
    }

    #[test]
    fn sleeping_ends_at_the_deadline() {
        let thread = thread();
        let deadline = thread.now() + Duration::from_millis(5);
        block_on(thread.sleep_until(deadline));
        assert!(thread.now() >= deadline);
        block_on(thread.sleep_until(Instant::ORIGIN));
    }

    #[test]
    fn a_timer_of_the_thread_itself_takes_no_task() {
        let thread = thread();
        let deadline = thread.now() + Duration::from_millis(5);
        let (inside, weak) = (Arc::clone(&thread), thread.spawner());
        let woken = spawned(&thread, async move {
            assert!(inside.is_current());
            inside.sleep_until(deadline).await;
            inside.now()
        });
        assert!(woken.is_some_and(|woken| woken >= deadline));
        assert!(!thread.is_current() && weak.0.upgrade().is_some());
    }

    #[test]
    fn remaining_tasks_are_dropped_when_the_thread_ends() {
        let thread = thread();
        let (held, dropped) = oneshot::channel::<()>();
        let spawner = thread.spawner();
        thread.spawn(Box::pin(async move {
            let _held = held;
            std::future::pending().await
        }));
        drop(thread);
        assert!(block_on(dropped).is_err());
        let (held, dropped) = oneshot::channel::<()>();
        spawner.spawn(Box::pin(async move { drop(held) }));
        assert!(block_on(dropped).is_err());
    }

    #[test]
    fn a_runtime_without_an_executor_drops_its_tasks() {
        let thread = Thread::new(drop, |_| Box::pin(std::future::ready(())));
        assert_eq!(spawned(&thread, async { 7 }), None);
        block_on(thread.sleep_until(thread.now() + Duration::from_secs(3600)));
    }
}
