//! Retries, cancellations and copies of jobs.

use serde_json::json;

use super::json::JobJson;
use super::{reference, watch};
use crate::context::Context;
use crate::failure::Failure;

/// Queues the failed tasks of a job again. Computed tasks are not repeated. A canceled job continues.
#[derive(Debug, clap::Args)]
pub(super) struct Retry {
    /// The job, by its id or the first digits of it.
    job: String,
    #[command(flatten)]
    wait: watch::Wait,
}

impl Retry {
    pub(super) async fn run(self, context: &Context) -> Result<(), Failure> {
        let client = context.client()?;
        let job = reference::find(&client, &self.job).await?;
        let count = job.retry().await?;
        let tasks = if count == 1 { "task" } else { "tasks" };
        context.say(&format!("queued {count} {tasks} of the job `{}` again", job.name()));
        if self.wait.is_given() {
            return watch::wait(context, job).await;
        }
        if context.json() {
            return context.print_json(&json!({ "id": job.id().to_string(), "rescheduled_tasks": count }));
        }
        Ok(())
    }
}

/// Cancels a job: its queued tasks do not start. Running tasks are not interrupted.
#[derive(Debug, clap::Args)]
pub(super) struct Cancel {
    /// The job, by its id or the first digits of it.
    job: String,
}

impl Cancel {
    pub(super) async fn run(self, context: &Context) -> Result<(), Failure> {
        let client = context.client()?;
        let job = reference::find(&client, &self.job).await?;
        job.cancel().await?;
        context.say(&format!("canceled the job `{}`", job.name()));
        if context.json() {
            return context.print_json(&JobJson::new(job.refresh().await?.info()));
        }
        Ok(())
    }
}

/// Submits a job with the root tasks of another one.
#[derive(Debug, clap::Args)]
pub(super) struct Clone {
    /// The job to copy, by its id or the first digits of it.
    job: String,
    /// The name of the new job. By default that of the other one.
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    /// The slug of the cluster for all root tasks. By default each keeps its own.
    #[arg(long, value_name = "SLUG")]
    cluster: Option<String>,
    /// How often a root task is executed again after it failed. By default each keeps its own number.
    #[arg(long, value_name = "NUMBER")]
    max_retries: Option<u32>,
    #[command(flatten)]
    wait: watch::Wait,
}

impl Clone {
    pub(super) async fn run(self, context: &Context) -> Result<(), Failure> {
        let client = context.client()?;
        let job = reference::find(&client, &self.job).await?;
        let mut clone = job.clone_job(self.name.unwrap_or_else(|| job.name().to_owned()));
        if let Some(cluster) = self.cluster {
            clone = clone.edit(move |task| task.cluster(&cluster));
        }
        if let Some(retries) = self.max_retries {
            clone = clone.edit(move |task| task.max_retries(retries));
        }
        let new = clone.await?;
        self.wait.finish_submission(context, new).await
    }
}
