//! A runner beside 64 slow page loads of its task, and a runner whose report is refused for long.
//!
//! `runner_traffic ROUNDS SECONDS` loads in this many rounds of 2 s, and refuses the report for this time.

use std::error::Error;
use std::process::ExitCode;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use futures::channel::oneshot;
use futures::future::try_join_all;
use serde::{Deserialize, Serialize};
use tilebox_emulator::{Catalogue, Emulator, ErrorCode, Fault, Rpc};
use tilebox_tokio::workflows::{Context, JobState, Task, TaskError, TaskResult};
use tilebox_tokio::{Client, Timestamp};

const LEASE: Duration = Duration::from_secs(3);
const LOADS: usize = 64;
const DELAY: Duration = Duration::from_secs(2);
/// The start of the catalogue: 2025-01-01.
const START: i64 = 1_735_689_600;

static EXECUTIONS: AtomicU64 = AtomicU64::new(0);

/// Loads 64 pages at once, several times.
#[derive(Serialize, Deserialize)]
struct Load {
    rounds: u64,
}

impl Task for Load {
    async fn execute(self, context: &Context) -> TaskResult {
        EXECUTIONS.fetch_add(1, Ordering::SeqCst);
        let dataset = context.shared::<Client>()?.dataset("open_data.copernicus.sentinel2_msi").await?;
        let collection = dataset.collection("S2A_S2MSI1C").await?;
        for _ in 0..self.rounds {
            // One request each: an hour has about 120 scenes.
            let loads = (0..LOADS).map(|hour| {
                let start = START + 3600 * (hour as i64 % 24);
                let hour = [start, start + 3600].map(|seconds| Timestamp::from_unix(seconds, 0));
                let [start, end] = hour;
                let collection = collection.clone();
                async move { collection.query((start?, end?)).await }
            });
            let loaded = try_join_all(loads).await?;
            context.progress("pages").add(loaded.len() as u64).done(loaded.len() as u64);
        }
        Ok(())
    }
}

/// Submits three subtasks, and tells that it ran.
#[derive(Serialize, Deserialize)]
struct Parent;

struct Started(std::sync::Mutex<Option<oneshot::Sender<()>>>);

impl Task for Parent {
    async fn execute(self, context: &Context) -> TaskResult {
        EXECUTIONS.fetch_add(1, Ordering::SeqCst);
        context.submit_all([1, 2, 3].map(Child))?;
        context.progress("parents").add(1).done(1);
        let started = context.shared::<Started>()?.0.lock().map_err(|_| TaskError::new("a thread panicked"))?.take();
        if let Some(started) = started {
            // The main function waits for it.
            let _ = started.send(());
        }
        // The refusal begins meanwhile.
        context.sleep(Duration::from_millis(500)).await;
        Ok(())
    }
}

#[derive(Serialize, Deserialize)]
struct Child(u64);

impl Task for Child {
    async fn execute(self, _context: &Context) -> TaskResult {
        EXECUTIONS.fetch_add(1, Ordering::SeqCst);
        Ok(())
    }
}

fn executions() -> u64 {
    EXECUTIONS.swap(0, Ordering::SeqCst)
}

/// Loads pages while `Query` is slow and other methods are not.
async fn loads(rounds: u64) -> Result<(), Box<dyn Error>> {
    let server = Emulator::builder().catalogue(Catalogue::new(20_000)).lease(LEASE).start()?;
    server.inject(Fault::delay(DELAY).on(Rpc::Query).times(usize::MAX));
    let client = tilebox_tokio::client_builder().url(server.url()).concurrency(LOADS).build()?;
    let start = Instant::now();
    let job = client.jobs().submit("loads", Load { rounds }).await?;
    let summary = client.runner().task::<Load>().shared(client.clone()).run_all().await?;
    let (job, executions) = (job.refresh().await?, executions());
    println!(
        "traffic: {rounds} x {LOADS} page loads, each delayed by {} s, lease {} s: {} in {:.1} s, up to {} requests in flight, \
         {executions} execution, {} extensions, {} lost leases",
        DELAY.as_secs(),
        LEASE.as_secs(),
        job.state(),
        start.elapsed().as_secs_f64(),
        server.requests().max_in_flight(),
        summary.extended_leases,
        summary.lost_leases,
    );
    if job.state() != JobState::Completed || executions != 1 || summary.lost_leases > 0 {
        return Err(format!("a lease was lost: {summary:?}").into());
    }
    if server.requests().max_in_flight() < LOADS {
        return Err("the loads were not in flight at the same time".into());
    }
    Ok(())
}

/// Refuses the report of a task for this time.
async fn refused(time: Duration) -> Result<(), Box<dyn Error>> {
    let server = Emulator::builder().lease(LEASE).idle(Duration::from_millis(100)).start()?;
    let client = tilebox_tokio::client_builder().url(server.url()).build()?;
    let (started, has_started) = oneshot::channel();
    let job = client.jobs().submit("refused", Parent).await?;
    let runner = client.runner().task::<Parent>().task::<Child>().shared(Started(Some(started).into())).concurrency(2);
    let start = Instant::now();
    let observer = async {
        has_started.await?;
        server.inject(Fault::rpc(ErrorCode::Unavailable, "refused").on(Rpc::NextTask).times(usize::MAX));
        tokio::time::sleep(time).await;
        let refused = server.requests().of(Rpc::NextTask);
        server.clear_faults();
        let waited = job.wait().timeout(Duration::from_secs(60)).await?;
        Ok::<_, Box<dyn Error>>((refused, waited))
    };
    let (end, ended) = oneshot::channel::<()>();
    let run = runner.run_until(ended);
    let (result, summary) = futures::join!(
        async {
            let result = observer.await;
            drop(end);
            result
        },
        run
    );
    let ((requests, job), summary, executions) = (result?, summary?, executions());
    let reported: u64 = job.progress().iter().map(|indicator| indicator.done).sum();
    println!(
        "traffic: a report refused for {} s, lease {} s: {} in {:.1} s, {requests} requests so far, {executions} executions of {} \
         tasks, {} repetitions of reports, {reported} report accepted, {} extensions, {} lost leases",
        time.as_secs_f64(),
        LEASE.as_secs(),
        job.state(),
        start.elapsed().as_secs_f64(),
        job.stats().total_tasks,
        summary.repeated_reports,
        summary.extended_leases,
        summary.lost_leases,
    );
    let is_once = executions == 4 && job.stats().total_tasks == 4 && reported == 1 && summary.computed == 4;
    if job.state() != JobState::Completed || !is_once || summary.repeated_reports == 0 || summary.lost_leases > 0 {
        return Err(format!("the report was not delivered once: {summary:?}").into());
    }
    Ok(())
}

#[tokio::main]
async fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let rounds = arguments.next().and_then(|text| text.parse().ok()).unwrap_or(6);
    let seconds = arguments.next().and_then(|text| text.parse().ok()).unwrap_or(60.0);
    let all = async {
        loads(rounds).await?;
        refused(Duration::from_secs_f64(seconds)).await
    };
    match all.await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("traffic: {error}");
            ExitCode::FAILURE
        }
    }
}
