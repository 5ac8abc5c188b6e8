//! Tasks that compute without an await, in two slots of a runner whose executor has one thread: no lease may be lost, and no task
//! may run twice.
//!
//! `runner_busy SECONDS` runs three tasks of this length on tokio, smol and async-std. The variables `SMOL_THREADS` and
//! `ASYNC_STD_THREAD_COUNT` have to be 1; `busy.sh` sets them.

use std::error::Error;
use std::hint::black_box;
use std::process::ExitCode;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};
use tilebox_core::Client;
use tilebox_core::workflows::{Context, JobState, Task, TaskResult};
use tilebox_emulator::Emulator;

const LEASE: Duration = Duration::from_secs(3);
const TASKS: u64 = 3;

static EXECUTIONS: AtomicU64 = AtomicU64::new(0);

/// Computes for this time without returning to its executor.
#[derive(Serialize, Deserialize)]
struct Spin {
    number: u64,
    milliseconds: u64,
}

impl Task for Spin {
    async fn execute(self, _context: &Context) -> TaskResult {
        EXECUTIONS.fetch_add(1, Ordering::SeqCst);
        let end = Instant::now() + Duration::from_millis(self.milliseconds);
        let mut number = self.number;
        while Instant::now() < end {
            number = black_box(number.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1));
        }
        Ok(())
    }
}

async fn run(executor: &str, client: Client, seconds: f64) -> Result<(), Box<dyn Error>> {
    let start = Instant::now();
    let milliseconds = (seconds * 1000.0) as u64;
    EXECUTIONS.store(0, Ordering::SeqCst);
    let tasks = (0..TASKS).map(|number| Spin { number, milliseconds });
    let job = client.jobs().submit_all("busy", tasks).await?;
    let summary = client.runner().task::<Spin>().concurrency(2).run_all().await?;
    let job = job.refresh().await?;
    let executions = EXECUTIONS.load(Ordering::SeqCst);
    println!(
        "busy: {executor}: {TASKS} tasks of {seconds} s, lease {} s: {} in {:.1} s, {executions} executions, {} extensions, {} lost \
         leases",
        LEASE.as_secs(),
        job.state(),
        start.elapsed().as_secs_f64(),
        summary.extended_leases,
        summary.lost_leases,
    );
    if job.state() == JobState::Completed && executions == TASKS && summary.lost_leases == 0 {
        Ok(())
    } else {
        Err(format!("a lease was lost, or a task ran twice: {summary:?}").into())
    }
}

fn main() -> ExitCode {
    let seconds = std::env::args().nth(1).and_then(|text| text.parse().ok()).unwrap_or(20.0);
    let result = || -> Result<(), Box<dyn Error>> {
        // One server for each, so that none waits for a task of another.
        let server = || Emulator::builder().lease(LEASE).start();

        let tokio = server()?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        runtime.block_on(async {
            run("tokio, current_thread", tilebox_tokio::client_builder().url(tokio.url()).build()?, seconds).await
        })?;

        let smol = server()?;
        let client = tilebox_smol::client_builder().url(smol.url()).build()?;
        smol::block_on(run("smol, block_on", client, seconds))?;

        let async_std = server()?;
        let client = tilebox_async_std::client_builder().url(async_std.url()).build()?;
        async_std::task::block_on(run("async-std, 1 thread", client, seconds))
    };
    match result() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("busy: {error}");
            ExitCode::FAILURE
        }
    }
}
