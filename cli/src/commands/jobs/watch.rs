//! The wait for the end of a job.

use std::io::{IsTerminal as _, stderr};
use std::sync::{Arc, Mutex, PoisonError};

use tilebox_tokio::progress::{JobProgress, ProgressBars};
use tilebox_tokio::workflows::Job;

use super::json::JobJson;
use super::reference;
use crate::context::Context;
use crate::failure::Failure;
use crate::screen::printable;

/// Waits for the end of a job, with its progress.
///
/// In a terminal, bars show the progress; elsewhere, a line shows each change. The exit code is 0 if the job completed, and 3
/// if it failed or was canceled. Ctrl-C ends the wait, not the job.
#[derive(Debug, clap::Args)]
#[command(visible_alias = "wait")]
pub(super) struct Args {
    /// The job, by its id or the first digits of it.
    job: String,
}

impl Args {
    pub(super) async fn run(self, context: &Context) -> Result<(), Failure> {
        let client = context.client()?;
        let job = reference::find(&client, &self.job).await?;
        wait(context, job).await
    }
}

/// The wait after a command that starts a job.
#[derive(Debug, clap::Args)]
pub(super) struct Wait {
    /// Waits for the end of the job, as `jobs watch` does.
    #[arg(long)]
    wait: bool,
}

impl Wait {
    /// Returns whether the command waits.
    pub(super) fn is_given(&self) -> bool {
        self.wait
    }

    /// Waits for a new job, or prints it.
    pub(super) async fn finish_submission(&self, context: &Context, job: Job) -> Result<(), Failure> {
        if self.wait {
            context.say(&format!("submitted the job `{}` ({})", job.name(), job.id()));
            return wait(context, job).await;
        }
        if context.json() {
            return context.print_json(&JobJson::new(job.info()));
        }
        // The id alone, for scripts.
        context.print(&format!("{}\n", job.id()))
    }
}

/// Waits for the end of a job.
pub(super) async fn wait(context: &Context, job: Job) -> Result<(), Failure> {
    let interruption = Interruption { context, job: Some(job.clone()) };
    let wait = job.wait();
    let ended = match (context.quiet(), stderr().is_terminal()) {
        (true, _) => wait.await,
        (false, true) => wait.progress(ProgressBars::new()).await,
        (false, false) => wait.progress(lines(context)).await,
    };
    let ended = ended?;
    interruption.disarm();
    if context.json() {
        context.print_json(&JobJson::new(ended.info()))?;
    } else {
        context.print(&format!("{}\n", ended.info()))?;
    }
    ended.success().await?;
    Ok(())
}

/// Says that the job continues if the wait ends before the job does: when a signal drops the command, or after an error.
struct Interruption<'a> {
    context: &'a Context,
    job: Option<Job>,
}

impl Interruption<'_> {
    fn disarm(mut self) {
        self.job = None;
    }
}

impl Drop for Interruption<'_> {
    fn drop(&mut self) {
        if let Some(job) = &self.job {
            self.context.say(&format!("the job continues; `tbx jobs watch {}` waits for it again", job.id()));
        }
    }
}

/// Returns an observer that prints a line for each change of the progress.
fn lines(context: &Context) -> impl Fn(&JobProgress) + Clone + Send + Sync + 'static {
    let context = context.clone();
    let last = Arc::new(Mutex::new(String::new()));
    move |job| {
        let line = line(job);
        let mut last = last.lock().unwrap_or_else(PoisonError::into_inner);
        if *last != line {
            context.say(&line);
            *last = line;
        }
    }
}

/// Returns the progress in one line: `clouds: 34/120 tasks, 4 running; months 3/12`.
fn line(job: &JobProgress) -> String {
    let counts = &job.tasks;
    let mut line = format!("{}: {}/{} tasks", printable(&job.name), counts.ended(), counts.total());
    for (count, name) in
        [(counts.running, "running"), (counts.failed, "failed"), (counts.failed_optional, "failed optional")]
    {
        if count > 0 {
            line.push_str(&format!(", {count} {name}"));
        }
    }
    for indicator in &job.indicators {
        let label = if indicator.label.is_empty() { "progress" } else { &indicator.label };
        line.push_str(&format!("; {} {}/{}", printable(label), indicator.done, indicator.total));
    }
    line
}
