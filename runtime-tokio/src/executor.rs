//! The tokio executor as a runtime of core.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Poll, ready};
use std::thread;
use std::time::Duration;

use futures::future::BoxFuture;
use tilebox_core::runtime::{Instant, Runtime, TransportError};
use tokio::runtime::Handle;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio::time;

use crate::context::Context;

/// Limits deadlines to a century, because tokio's clock cannot represent every duration.
const FURTHEST: Duration = Duration::from_secs(100 * 365 * 24 * 60 * 60);

/// The tokio runtime around the caller, or else the one in which this was created.
///
/// Its time pauses with tokio's. Without any tokio runtime it still returns the time and sleeps, it drops a spawned task, and
/// exchanges fail with [`NoExecutor`](tilebox_core::runtime::TransportErrorKind::NoExecutor).
#[derive(Clone, Debug)]
pub struct Tokio {
    origin: time::Instant,
    context: Context,
}

impl Tokio {
    /// Uses the runtime around the caller, now or later.
    #[must_use]
    pub fn new() -> Self {
        Self::in_context(Context::capture())
    }

    /// Uses this runtime for callers outside of one.
    #[must_use]
    pub fn on(handle: Handle) -> Self {
        Self::in_context(Context::on(handle))
    }

    fn in_context(context: Context) -> Self {
        Self { origin: clock(&context), context }
    }
}

/// Runs a future to completion on a new runtime, as `#[tokio::main]` does.
///
/// # Panics
///
/// When the system cannot start a thread, or the caller is inside a tokio runtime: `.await` the future there.
#[expect(clippy::expect_used, reason = "as `#[tokio::main]`: a program that cannot start has no caller")]
pub fn block_on<F: Future>(future: F) -> F::Output {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    runtime.expect("a tokio runtime can be started").block_on(future)
}

impl Default for Tokio {
    fn default() -> Self {
        Self::new()
    }
}

impl Runtime for Tokio {
    fn now(&self) -> Instant {
        Instant::after_origin(clock(&self.context).saturating_duration_since(self.origin))
    }

    fn wall_time(&self) -> std::time::SystemTime {
        std::time::SystemTime::now()
    }

    fn sleep_until(&self, deadline: Instant) -> BoxFuture<'static, ()> {
        let deadline = self.origin + deadline.since_origin().min(FURTHEST);
        if Handle::try_current().is_ok() {
            // Panics in a runtime without timers, in which a client from elsewhere may be used.
            let sleep = std::panic::catch_unwind(|| Box::pin(time::sleep_until(deadline)));
            return sleep.map_or_else(|_| Box::pin(sleep_in_a_thread(deadline)) as _, |sleep| sleep as _);
        }
        let on_runtime =
            self.context.handle().map(|handle| handle.spawn(async move { time::sleep_until(deadline).await }));
        Box::pin(async move {
            // If the runtime was shut down meanwhile, or has no timers, the task ends early.
            if let Some(task) = on_runtime
                && Abort(task).await
            {
                return;
            }
            sleep_in_a_thread(deadline).await;
        })
    }

    fn spawn(&self, task: BoxFuture<'static, ()>) {
        if let Some(handle) = self.context.handle() {
            handle.spawn(task);
        }
    }

    fn anchored(&self) -> Option<Arc<dyn Runtime>> {
        let context = Context::only(self.context.handle()?);
        Some(Arc::new(Self { origin: self.origin, context }))
    }

    fn unblock(&self, work: Box<dyn FnOnce() + Send>) {
        if let Some(handle) = self.context.handle() {
            handle.spawn_blocking(work);
        }
    }

    fn random(&self) -> u64 {
        fastrand::u64(..)
    }

    fn check(&self) -> Result<(), TransportError> {
        self.context.check()
    }
}

/// Returns the time of tokio, whose clock stops with paused time only inside the runtime.
fn clock(context: &Context) -> time::Instant {
    let handle = context.handle();
    let _inside = handle.as_ref().map(Handle::enter);
    time::Instant::now()
}

/// Waits for a task and returns whether it completed. Dropping it aborts the task.
struct Abort(JoinHandle<()>);

impl Future for Abort {
    type Output = bool;

    fn poll(mut self: Pin<&mut Self>, context: &mut std::task::Context<'_>) -> Poll<bool> {
        Poll::Ready(ready!(Pin::new(&mut self.0).poll(context)).is_ok())
    }
}

impl Drop for Abort {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// Sleeps without a tokio runtime, on a new thread: slow, but it neither returns early nor hangs.
async fn sleep_in_a_thread(deadline: time::Instant) {
    let (done, wait) = oneshot::channel();
    let sleep = move || {
        thread::sleep(deadline.into_std().saturating_duration_since(std::time::Instant::now()));
        // Fails if the sleep was dropped.
        let _ = done.send(());
    };
    // If the system cannot start a thread, the sleep ends early, which the caller's clock shows.
    let _ = thread::Builder::new().name("tilebox-sleep".to_owned()).spawn(sleep);
    let _ = wait.await;
}
