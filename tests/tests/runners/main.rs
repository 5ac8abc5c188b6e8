//! Runners on threads of their own, as applications have them: executors that tasks block, calls from inside of executors, and
//! the signals of a process.

#![expect(clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod executors;
#[cfg(unix)]
mod signals;

use std::sync::{Arc, mpsc};
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};
use tilebox_core::blocking::workflows::{self as blocking, BlockingTask};
use tilebox_core::workflows::runner::RunnerPolicy;
use tilebox_core::workflows::{Context, Task, TaskResult};
use tilebox_core::{BuiltClient, ClientBuilder};
use tilebox_emulator::{Builder, Emulator, Rpc};

/// A duration far longer than any test.
const PATIENCE: Duration = Duration::from_secs(120);
/// A lease that a runner extends several times during a test.
const SHORT_LEASE: Duration = Duration::from_millis(600);
/// The number of extensions after which a task ends.
const EXTENSIONS: usize = 3;

/// Returns a server without datasets.
fn server() -> Builder {
    Emulator::builder().idle(Duration::from_millis(5))
}

fn client<C: BuiltClient>(builder: ClientBuilder<C>, url: &str) -> C {
    builder.url(url).anonymous().build().expect("a client")
}

/// Returns a policy with short waits.
fn policy() -> RunnerPolicy {
    let mut policy = RunnerPolicy::default();
    policy.first_backoff = Duration::from_millis(1);
    policy.longest_idle = Duration::from_millis(5);
    policy
}

/// Runs a test on its own thread, and fails if it does not end.
fn within_patience(test: impl FnOnce() + Send + 'static) {
    let (done, wait) = mpsc::channel();
    let thread = std::thread::spawn(move || {
        test();
        let _ = done.send(());
    });
    match wait.recv_timeout(PATIENCE) {
        Ok(()) => {}
        Err(mpsc::RecvTimeoutError::Timeout) => panic!("deadlock: the test has not ended after {PATIENCE:?}"),
        Err(mpsc::RecvTimeoutError::Disconnected) => panic!("the test panicked: {:?}", thread.join().err()),
    }
}

/// Uses the processor without an await until the server has extended leases [`EXTENSIONS`] times.
fn spin(server: &Emulator) {
    let began = Instant::now();
    while server.requests().of(Rpc::ExtendTaskLease) < EXTENSIONS {
        assert!(began.elapsed() < PATIENCE / 2, "no lease is extended");
        std::hint::spin_loop();
    }
}

/// A task that blocks its executor for longer than its lease.
#[derive(Serialize, Deserialize)]
struct Spin {}

impl Task for Spin {
    async fn execute(self, context: &Context) -> TaskResult {
        spin(context.shared::<Arc<Emulator>>()?);
        Ok(())
    }
}

/// The same as blocking code.
#[derive(Serialize, Deserialize)]
struct BlockingSpin {}

impl BlockingTask for BlockingSpin {
    fn execute(self, context: &blocking::Context) -> TaskResult {
        spin(context.shared::<Arc<Emulator>>()?);
        Ok(())
    }
}

/// A task that computes beside its executor.
#[derive(Serialize, Deserialize)]
struct Unblocked {}

impl Task for Unblocked {
    async fn execute(self, context: &Context) -> TaskResult {
        let server = Arc::clone(context.shared::<Arc<Emulator>>()?);
        context.unblock(move |_| spin(&server)).await?;
        Ok(())
    }
}
