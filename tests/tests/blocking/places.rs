//! Places of blocking calls. Each place runs its job inside something that a blocking call could block or break.

use std::cell::RefCell;
use std::num::NonZero;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex};
use std::thread;

use tokio::runtime::{Builder, Runtime};
use tokio::task::{self, LocalSet};

use super::Job;

/// Runs its job on drop.
struct OnDrop(Option<Job>);

impl OnDrop {
    fn new(job: Job) -> Self {
        Self(Some(job))
    }
}

impl Drop for OnDrop {
    fn drop(&mut self) {
        if let Some(job) = self.0.take() {
            job();
        }
    }
}

pub(crate) fn on_a_plain_thread(job: Job) {
    job();
}

pub(crate) fn on_threads_of_a_scope(job: Job) {
    thread::scope(|scope| {
        scope.spawn(job);
    });
}

fn workers(threads: usize) -> Runtime {
    Builder::new_multi_thread().worker_threads(threads).enable_all().build().expect("a runtime")
}

fn current_thread() -> Runtime {
    Builder::new_current_thread().enable_all().build().expect("a runtime")
}

pub(crate) fn on_a_worker_of_tokio(job: Job) {
    workers(2).block_on(async { tokio::spawn(async { job() }).await }).expect("it does not panic");
}

pub(crate) fn on_the_only_worker_of_tokio(job: Job) {
    workers(1).block_on(async { tokio::spawn(async { job() }).await }).expect("it does not panic");
}

pub(crate) fn on_a_current_thread_runtime(job: Job) {
    current_thread().block_on(async { job() });
}

pub(crate) fn in_a_task_of_a_current_thread_runtime(job: Job) {
    current_thread().block_on(async { tokio::spawn(async { job() }).await }).expect("it does not panic");
}

pub(crate) fn in_a_local_set(job: Job) {
    LocalSet::new()
        .block_on(&current_thread(), async { task::spawn_local(async { job() }).await })
        .expect("it does not panic");
}

pub(crate) fn in_spawn_blocking(job: Job) {
    current_thread().block_on(async { task::spawn_blocking(job).await }).expect("it does not panic");
}

pub(crate) fn in_block_in_place(job: Job) {
    let inside = async { task::block_in_place(job) };
    workers(1).block_on(async { tokio::spawn(inside).await }).expect("it does not panic");
}

pub(crate) fn while_the_time_of_tokio_is_paused(job: Job) {
    Builder::new_current_thread().enable_all().start_paused(true).build().expect("a runtime").block_on(async { job() });
}

pub(crate) fn in_a_task_dropped_by_the_shutdown_of_tokio(job: Job) {
    let runtime = workers(1);
    // Made here: a task that the runtime drops before its first poll runs the job as well.
    let job = OnDrop::new(job);
    runtime.spawn(async move {
        let _job = job;
        std::future::pending::<()>().await;
    });
    drop(runtime);
}

pub(crate) fn in_block_on_of_smol(job: Job) {
    smol::block_on(async { job() });
}

/// `SMOL_THREADS` is 1 by default.
pub(crate) fn in_a_task_of_the_only_thread_of_smol(job: Job) {
    smol::block_on(smol::spawn(async { job() }));
}

pub(crate) fn in_a_local_executor(job: Job) {
    let executor = smol::LocalExecutor::new();
    smol::block_on(executor.run(executor.spawn(async { job() })));
}

pub(crate) fn in_unblock_of_smol(job: Job) {
    smol::block_on(smol::unblock(job));
}

pub(crate) fn in_a_task_dropped_with_its_executor(job: Job) {
    let executor = smol::Executor::new();
    let job = OnDrop::new(job);
    executor
        .spawn(async move {
            let _job = job;
            std::future::pending::<()>().await;
        })
        .detach();
    assert!(executor.try_tick());
    drop(executor);
}

pub(crate) fn in_block_on_of_async_std(job: Job) {
    async_std::task::block_on(async { job() });
}

/// One task runs the job, and the others wait for it, so that all threads of the executor are blocked.
pub(crate) fn in_tasks_on_every_thread_of_async_std(job: Job) {
    let threads = thread::available_parallelism().map_or(1, NonZero::get);
    let job = Arc::new(Mutex::new(Some(job)));
    let tasks = (0..threads).map(|_| {
        let job = Arc::clone(&job);
        async_std::task::spawn(async move {
            let mut job = job.lock().expect("it does not panic");
            if let Some(job) = job.take() {
                job();
            }
        })
    });
    let tasks: Vec<_> = tasks.collect();
    async_std::task::block_on(futures::future::join_all(tasks));
}

pub(crate) fn in_spawn_blocking_of_async_std(job: Job) {
    async_std::task::block_on(async_std::task::spawn_blocking(job));
}

pub(crate) fn in_block_on_of_futures(job: Job) {
    futures::executor::block_on(async { job() });
}

pub(crate) fn while_a_panic_unwinds(job: Job) {
    let result = catch_unwind(AssertUnwindSafe(|| {
        let _job = OnDrop::new(job);
        panic!("this panic is part of a test");
    }));
    assert!(result.is_err());
}

pub(crate) fn in_the_destructor_of_a_thread_local(job: Job) {
    thread_local! {
        static LAST: RefCell<Option<OnDrop>> = const { RefCell::new(None) };
    }
    thread::spawn(|| LAST.set(Some(OnDrop::new(job)))).join().expect("it does not panic");
}
