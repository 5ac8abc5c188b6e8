//! A runner, the submission of a job, and the recording for the test.

use std::error::Error;
use std::path::Path;

use futures::channel::oneshot;
use tilebox_tokio::progress::ProgressBars;
use tilebox_tokio::testing::{Recorder, Recording};
use tilebox_tokio::workflows::{FolderCache, RunSummary, Runner};
use tilebox_tokio::{Client, Hyper, Timestamp, otel};

use crate::tasks::{CloudReport, Folder, Part, Summary};

/// The folder of the files and the cache.
pub(crate) const FOLDER: &str = "clouds";

/// Returns the job: 36 hours in 24 parts.
pub(crate) fn report() -> Result<CloudReport, Box<dyn Error>> {
    let (start, end) = (Timestamp::parse("2025-01-01")?, Timestamp::parse("2025-01-02T12:00:00Z")?);
    Ok(CloudReport { start, end, parts: 24 })
}

/// Returns a runner that executes two tasks at the same time.
pub(crate) fn runner(client: &Client, folder: &Path) -> Runner {
    client
        .runner()
        .task::<CloudReport>()
        .task::<Part>()
        .task::<Summary>()
        .shared(client.clone())
        .shared(Folder(folder.to_owned()))
        .cache(FolderCache::new(folder.join("cache")))
        .concurrency(2)
}

/// Runs tasks until SIGINT or SIGTERM.
pub(crate) async fn run() -> Result<(), Box<dyn Error>> {
    let client = tilebox_tokio::client()?;
    // The events in tasks are the log of their job.
    let _telemetry = otel::install(&client)?;
    print(&runner(&client, FOLDER.as_ref()).run_forever().await?);
    Ok(())
}

/// Runs tasks until the process that started this one closes its standard input, also by ending.
pub(crate) async fn run_until_end_of_input() -> Result<(), Box<dyn Error>> {
    let (end, ended) = oneshot::channel::<()>();
    std::thread::spawn(move || {
        // An error ends the input as well.
        let _ = std::io::copy(&mut std::io::stdin(), &mut std::io::sink());
        drop(end);
    });
    let client = tilebox_tokio::client()?;
    print(&runner(&client, FOLDER.as_ref()).run_until(ended).await?);
    Ok(())
}

fn print(summary: &RunSummary) {
    println!("runner {}: {summary}", std::process::id());
}

/// Submits the job, waits for it, and prints what it did.
pub(crate) async fn submit() -> Result<(), Box<dyn Error>> {
    let client = tilebox_tokio::client_builder().progress(ProgressBars::new()).build()?;
    let job = client.jobs().submit("clouds", report()?).await?;
    let job = job.wait().await?;
    println!("{job}\n\n{}\n", job.tasks().await?);
    println!("{}", job.logs().await?);
    std::fs::write("clouds.svg", job.diagram().await?.svg())?;
    println!("The diagram is in clouds.svg.");
    job.success().await?;
    Ok(())
}

/// Writes the responses that the test replays.
pub(crate) async fn record() -> Result<(), Box<dyn Error>> {
    let recorder = Recorder::new(Hyper::new()?);
    let client = tilebox_tokio::client_builder().transport(recorder.clone()).build()?;
    let CloudReport { start, end, .. } = report()?;
    crate::tasks::load(&client, start, end).await?;
    let recording: Recording = recorder.recording();
    std::fs::write(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/scenes.jsonl"), recording.to_string())?;
    Ok(())
}
