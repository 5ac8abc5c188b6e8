//! The thread of a blocking client: an executor that nobody else can block.

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

/// A thread that runs what a blocking client has under way.
///
/// It is started by the first task and ends when this is dropped, with the task it is in; nobody waits for that. Only
/// futures of the client and of its transport run on it, never code of a caller, so that whoever waits for it waits for
/// the network alone.
pub struct Thread {
    this: Weak<Self>,
    origin: time::Instant,
    run: fn(Task),
    sleep: fn(time::Instant) -> Task,
    tasks: Mutex<Option<mpsc::UnboundedSender<Task>>>,
    /// The process that made it.
    process: u32,
}

impl Thread {
    /// A thread for a runtime: `run` runs a future to its end on the thread it is called on, `sleep` makes a timer there.
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

    /// A forked process has none of the threads of its parent, and its sockets are those of the parent too.
    fn is_forked(&self) -> bool {
        self.process != process::id()
    }

    /// Spawns tasks on the thread as long as it is there, and does not keep it there.
    #[must_use]
    pub fn spawner(&self) -> Spawner {
        Spawner(self.this.clone())
    }

    /// Where tasks go; the thread is started if it is not there. `None` when the system refuses it, or the process was
    /// forked.
    fn tasks(&self) -> Option<mpsc::UnboundedSender<Task>> {
        if self.is_forked() {
            // Before the lock, which a thread of the parent may have held.
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

/// Runs tasks until no more can come. What is left then is dropped: nobody can wait for it.
async fn serve(mut tasks: mpsc::UnboundedReceiver<Task>) {
    let mut running = FuturesUnordered::new();
    poll_fn(|context| {
        loop {
            match tasks.poll_next_unpin(context) {
                // A transport of someone's own may panic; that fails its exchange and nothing else.
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

    /// The timer stands on the thread: the executor of the caller, with its timers, may be what is blocked.
    fn sleep_until(&self, deadline: Instant) -> BoxFuture<'static, ()> {
        let Some(deadline) = self.origin.checked_add(deadline.since_origin()) else {
            return std::future::pending().boxed();
        };
        let (mut done, wait) = oneshot::channel::<()>();
        let sleep = self.sleep;
        self.spawn(Box::pin(async move {
            let timer = sleep(deadline);
            // Ends when the time has come, or nobody waits for it any more.
            select(timer, done.cancellation()).await;
        }));
        wait.map(drop).boxed()
    }

    fn spawn(&self, task: BoxFuture<'static, ()>) {
        if let Some(tasks) = self.tasks() {
            // When the thread has died just now the task is dropped with the error, as the seam wants it.
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
    /// On a [`Thread`], its spawner.
    static CURRENT: RefCell<Option<Spawner>> = const { RefCell::new(None) };
}

/// Spawns tasks on a [`Thread`].
#[derive(Clone, Debug)]
pub struct Spawner(Weak<Thread>);

impl Spawner {
    /// That of the thread around the caller, if it is a [`Thread`]: a backend that has tasks of its own spawns them there,
    /// whichever executor it would use elsewhere.
    #[must_use]
    pub fn current() -> Option<Self> {
        CURRENT.try_with(|current| current.borrow().clone()).ok().flatten()
    }

    /// Runs the task on the thread; drops it when the thread is gone.
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
    fn tasks_share_one_thread_that_is_not_that_of_the_caller() {
        let thread = thread();
        let id = || async { std::thread::current().id() };
        let first = spawned(&thread, id()).expect("it ran");
        assert_eq!(Some(first), spawned(&thread, id()));
        assert_ne!(first, std::thread::current().id());
    }

    #[test]
    fn a_task_may_wait_for_another_one_and_spawn_more() {
        let thread = thread();
        assert!(Spawner::current().is_none());
        let (sender, receiver) = oneshot::channel();
        let waits = async move {
            Spawner::current().expect("it is on the thread").spawn(Box::pin(async move {
                let _ = sender.send(7);
            }));
            receiver.await
        };
        assert_eq!(spawned(&thread, waits), Some(Ok(7)));
    }

    #[test]
    fn a_task_that_panics_ends_alone() {
        let thread = thread();
        let id = || async { std::thread::current().id() };
        let before = spawned(&thread, id());
        assert_eq!(spawned(&thread, async { panic!("this panic is part of a test") }), None::<()>);
        assert_eq!(spawned(&thread, id()), before);
    }

    #[test]
    fn time_passes() {
        let thread = thread();
        let deadline = thread.now() + Duration::from_millis(5);
        block_on(thread.sleep_until(deadline));
        assert!(thread.now() >= deadline);
        block_on(thread.sleep_until(Instant::ORIGIN));
    }

    #[test]
    fn what_is_left_is_dropped_when_the_thread_ends() {
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
    fn a_runtime_that_cannot_run_drops_its_tasks() {
        let thread = Thread::new(drop, |_| Box::pin(std::future::ready(())));
        assert_eq!(spawned(&thread, async { 7 }), None);
        block_on(thread.sleep_until(thread.now() + Duration::from_secs(3600)));
    }
}
