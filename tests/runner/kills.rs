//! Three runner processes that are killed again and again: the job completes, and each kill repeats at most the tasks that the
//! process executed.
//!
//! `runner_kills SECONDS TASKS [SEED]` kills for this time, and then waits for the job. It starts itself as the runners.

use std::collections::HashSet;
use std::error::Error;
use std::fs::{self, File, OpenOptions};
use std::io::Write as _;
use std::path::Path;
use std::process::{Child, Command, ExitCode, Stdio};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};
use tilebox_emulator::Emulator;
use tilebox_tokio::workflows::{Context, JobState, Task, TaskError, TaskResult};

const RUNNERS: usize = 3;
const SLOTS: usize = 4;
const LEASE: Duration = Duration::from_secs(3);
/// The time of a task: 12 slots execute about 100 tasks a second.
const TASK: Duration = Duration::from_millis(120);
/// The number of tasks that one task submits.
const BRANCHES: u64 = 50;
/// The longest time that the job takes after the last kill.
const PATIENCE: Duration = Duration::from_secs(300);
/// The variable with the file that the runners append to.
const LOG: &str = "TILEBOX_KILLS_LOG";

/// The executions of one process, each a line in a file that all processes append to.
struct Log(Mutex<File>);

impl Log {
    /// Notes the start of a task: a line is one write, which no kill cuts.
    fn note(context: &Context) -> TaskResult {
        let line = format!("{}\n", context.task_id());
        context
            .shared::<Self>()?
            .0
            .lock()
            .map_err(|_| TaskError::new("a thread panicked"))?
            .write_all(line.as_bytes())?;
        Ok(())
    }
}

/// The root task.
#[derive(Serialize, Deserialize)]
struct Tree {
    leaves: u64,
}

impl Task for Tree {
    async fn execute(self, context: &Context) -> TaskResult {
        Log::note(context)?;
        let leaves = |branch| self.leaves / BRANCHES + u64::from(branch < self.leaves % BRANCHES);
        context.submit_all((0..BRANCHES).map(|branch| Branch { leaves: leaves(branch) }))?;
        Ok(())
    }
}

#[derive(Serialize, Deserialize)]
struct Branch {
    leaves: u64,
}

impl Task for Branch {
    async fn execute(self, context: &Context) -> TaskResult {
        Log::note(context)?;
        context.submit_all((0..self.leaves).map(Leaf))?;
        Ok(())
    }
}

#[derive(Serialize, Deserialize)]
struct Leaf(u64);

impl Task for Leaf {
    async fn execute(self, context: &Context) -> TaskResult {
        Log::note(context)?;
        context.sleep(TASK).await;
        Ok(())
    }
}

/// Executes tasks until the process is killed.
async fn run() -> Result<(), Box<dyn Error>> {
    let file = OpenOptions::new().append(true).open(std::env::var(LOG)?)?;
    let client = tilebox_tokio::client()?;
    let runner = client.runner().task::<Tree>().task::<Branch>().task::<Leaf>().shared(Log(file.into()));
    runner.concurrency(SLOTS).run_until(std::future::pending::<()>()).await?;
    Ok(())
}

fn start(server: &Emulator, log: &Path) -> std::io::Result<Child> {
    Command::new(std::env::current_exe()?)
        .arg("run")
        .env("TILEBOX_API_URL", server.url())
        .env(LOG, log)
        .stdin(Stdio::null())
        .spawn()
}

/// The runner processes. They end when this value is dropped.
struct Runners(Vec<Child>);

impl Drop for Runners {
    fn drop(&mut self) {
        for runner in &mut self.0 {
            // It may have ended.
            let _ = runner.kill();
            let _ = runner.wait();
        }
    }
}

async fn kill(seconds: f64, tasks: u64, seed: u64) -> Result<(), Box<dyn Error>> {
    let log = std::env::temp_dir().join(format!("tilebox-kills-{}", std::process::id()));
    File::create(&log)?;
    let result = kill_with(seconds, tasks, seed, &log).await;
    fs::remove_file(&log)?;
    result
}

async fn kill_with(seconds: f64, tasks: u64, seed: u64, log: &Path) -> Result<(), Box<dyn Error>> {
    let mut random = fastrand::Rng::with_seed(seed);
    let server = Emulator::builder().lease(LEASE).idle(Duration::from_millis(100)).start()?;
    let client = tilebox_tokio::client_builder().url(server.url()).build()?;
    let leaves = tasks.checked_sub(1 + BRANCHES).ok_or("too few tasks")?;
    let job = client.jobs().submit("kills", Tree { leaves }).await?;
    let mut runners = Runners(Vec::new());
    for _ in 0..RUNNERS {
        runners.0.push(start(&server, log)?);
    }
    let begin = Instant::now();
    let end = begin + Duration::from_secs_f64(seconds);
    let mut kills = 0;
    while Instant::now() < end {
        tokio::time::sleep(Duration::from_millis(random.u64(200..800))).await;
        let runner = random.choice(&mut runners.0).ok_or("no runners")?;
        runner.kill()?;
        let status = runner.wait()?;
        if status.code().is_some() {
            return Err(format!("a runner ended by itself: {status}").into());
        }
        *runner = start(&server, log)?;
        kills += 1;
    }
    let state = job.refresh().await?.state();
    let job = job.wait().timeout(PATIENCE).await?;
    let time = begin.elapsed();
    drop(runners);

    let lines = fs::read_to_string(log)?;
    let executions = lines.lines().count();
    let distinct = lines.lines().collect::<HashSet<_>>().len();
    let (repetitions, bound) = (executions - distinct, kills * SLOTS);
    println!(
        "kills: {RUNNERS} runners with {SLOTS} slots, {kills} kills in {seconds} s, lease {} s: {} with {} tasks in {:.1} s, \
         {repetitions} repetitions (at most {bound}); it was {state} after the last kill, seed {seed}",
        LEASE.as_secs(),
        job.state(),
        job.stats().total_tasks,
        time.as_secs_f64(),
    );
    if job.state() != JobState::Completed || job.stats().total_tasks != tasks || distinct as u64 != tasks {
        return Err(format!("the job has not completed with {tasks} tasks: {distinct} were executed\n{job}").into());
    }
    if repetitions > bound {
        return Err("tasks were repeated that no kill interrupted".into());
    }
    Ok(())
}

#[tokio::main]
async fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let number = |index: usize| arguments.get(index).and_then(|text| text.parse::<f64>().ok());
    let result = if arguments.first().is_some_and(|command| command == "run") {
        run().await
    } else {
        let seed = number(2).map_or_else(|| fastrand::u64(..1_000_000), |seed| seed as u64);
        kill(number(0).unwrap_or(60.0), number(1).unwrap_or(5000.0) as u64, seed).await
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("kills: {error}");
            ExitCode::FAILURE
        }
    }
}
