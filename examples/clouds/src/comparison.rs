//! One runner process against three, on a local server.

use std::error::Error;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tilebox_emulator::{Catalogue, Emulator};

use crate::commands::report;

/// The latency of the local server.
const LATENCY: Duration = Duration::from_millis(100);

/// The number of scenes on the local server: a little more than those of the job's time.
const SCENES: usize = 20_000;

/// Runs the job with one runner process, then with three, and prints both times.
pub(crate) async fn compare() -> Result<(), Box<dyn Error>> {
    let server = Emulator::builder()
        .catalogue(Catalogue::new(SCENES))
        .latency(LATENCY)
        // Runners without work ask again after this time, and the job begins with one task.
        .idle(LATENCY)
        .start()?;
    let one = run(&server, 1).await?;
    let three = run(&server, 3).await?;
    println!("speed-up: {:.1}", one.as_secs_f64() / three.as_secs_f64());
    Ok(())
}

/// Runs the job with this number of runner processes. Returns the time from their start to the end of the job.
async fn run(server: &Emulator, processes: usize) -> Result<Duration, Box<dyn Error>> {
    let client = tilebox_tokio::client_builder().url(server.url()).anonymous().build()?;
    let job = client.jobs().submit("clouds", report()?).await?;
    let start = Instant::now();
    let runners = (0..processes).map(|_| Process::start(server)).collect::<Result<Vec<_>, _>>()?;
    let job = job.wait().interval(LATENCY).await?.success().await?;
    let time = start.elapsed();
    for runner in runners {
        runner.end()?;
    }
    let noun = if processes == 1 { "process" } else { "processes" };
    println!("{processes} runner {noun}: {} tasks in {:.2} s", job.stats().total_tasks, time.as_secs_f64());
    Ok(time)
}

/// A runner process. It ends when this value is dropped.
struct Process(Child);

impl Process {
    fn start(server: &Emulator) -> std::io::Result<Self> {
        Command::new(std::env::current_exe()?)
            .args(["run", "--until-end-of-input"])
            .env("TILEBOX_API_URL", server.url())
            .env_remove("TILEBOX_API_KEY")
            .stdin(Stdio::piped())
            .spawn()
            .map(Self)
    }

    /// Ends the process, and waits until it has ended.
    fn end(mut self) -> Result<(), Box<dyn Error>> {
        // The end of its input asks it to stop.
        drop(self.0.stdin.take());
        let status = self.0.wait()?;
        if !status.success() {
            return Err(format!("a runner process failed: {status}").into());
        }
        Ok(())
    }
}
