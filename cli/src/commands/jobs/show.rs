//! One job.

use std::fmt::Write as _;

use futures::{StreamExt as _, TryStreamExt as _};
use tilebox_tokio::workflows::{Job, TaskState, TaskSummary};

use super::json::JobJson;
use super::reference;
use crate::context::Context;
use crate::failure::Failure;
use crate::screen::printable;

/// Maximum number of tasks among which failed ones are searched.
const MAX_SEARCHED: usize = 10_000;

/// Maximum number of failed tasks that are printed.
const MAX_FAILED: usize = 10;

/// Shows the state, progress, tasks and times of a job, and the tasks that failed.
#[derive(Debug, clap::Args)]
#[command(visible_alias = "get")]
pub(super) struct Args {
    /// The job, by its id or the first digits of it.
    job: String,
    /// Shows all tasks as a tree.
    #[arg(long)]
    tasks: bool,
}

impl Args {
    pub(super) async fn run(self, context: &Context) -> Result<(), Failure> {
        let client = context.client()?;
        let job = reference::find(&client, &self.job).await?;
        if self.tasks {
            let tree = job.tasks().await?;
            if context.json() {
                return context.print_json(&JobJson::new(job.info()).with_tasks(tree.iter()));
            }
            return context.print(&format!("{}\n{tree}\n", block(context, &job)));
        }
        let failed = failed_tasks(&job).await?;
        if context.json() {
            return context.print_json(&JobJson::new(job.info()).with_tasks(&failed));
        }
        context.print(&format!("{}\n{}", block(context, &job), text_of(&failed)))
    }
}

/// Returns the lines of a job, with its page in the console.
fn block(context: &Context, job: &Job) -> String {
    let mut text = job.info().to_string();
    if let Some(console) = context.console() {
        let _ = write!(text, "\n  {:<10} {console}/workflows/jobs/{}", "console", job.id());
    }
    text
}

/// Returns the first tasks that failed.
async fn failed_tasks(job: &Job) -> Result<Vec<TaskSummary>, Failure> {
    let failed = [TaskState::Failed, TaskState::FailedOptional];
    let count = failed.iter().map(|state| job.stats().count(*state)).fold(0, u64::saturating_add);
    if count == 0 {
        return Ok(Vec::new());
    }
    let expected = usize::try_from(count).unwrap_or(MAX_FAILED).min(MAX_FAILED);
    let tasks = job.tasks().stream().take(MAX_SEARCHED);
    let tasks = tasks.try_filter(|task| std::future::ready(failed.contains(&task.state)));
    Ok(tasks.take(expected).try_collect().await?)
}

fn text_of(failed: &[TaskSummary]) -> String {
    let mut text = String::new();
    for task in failed {
        let _ = write!(text, "\n{} {}", task.id, task.state);
        if task.retry_count > 0 {
            let _ = write!(text, " after {} retries", task.retry_count);
        }
        // The first line names the task, the others the error.
        for line in task.display.lines() {
            let _ = write!(text, "\n  {}", printable(line));
        }
        text.push('\n');
    }
    text
}
