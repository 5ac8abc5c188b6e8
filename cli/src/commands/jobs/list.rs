//! The list of jobs.

use clap::builder::{PossibleValuesParser, TypedValueParser};
use futures::TryStreamExt as _;
use tilebox_tokio::workflows::{Job, JobState, TaskState};
use uuid::Uuid;

use super::json::JobJson;
use crate::context::Context;
use crate::failure::Failure;
use crate::order::Order;
use crate::screen::table;
use crate::selection::{Times, now};

/// The filters of a list of jobs.
#[derive(Debug, clap::Args)]
pub(super) struct List {
    /// Lists only jobs in these states, separated by commas.
    #[arg(long, value_name = "STATES", value_delimiter = ',', value_parser = job_states())]
    state: Vec<JobState>,
    /// Lists only jobs with a task in one of these states, separated by commas.
    #[arg(long, value_name = "STATES", value_delimiter = ',', value_parser = task_states())]
    task_state: Vec<TaskState>,
    /// Lists only jobs with a similar name.
    #[arg(long, value_name = "TEXT")]
    name: Option<String>,
    /// Lists only jobs with a task on one of these clusters, given by slug, separated by commas.
    #[arg(long, value_name = "SLUGS", value_delimiter = ',')]
    cluster: Vec<String>,
    /// Lists only jobs of these automations, given by id, separated by commas.
    #[arg(long, value_name = "IDS", value_delimiter = ',')]
    automation: Vec<Uuid>,
    /// The order by the time of submission.
    #[arg(long, value_enum, default_value = "desc", value_name = "ORDER")]
    sort: Order,
    /// The maximum number of jobs, at least 1.
    #[arg(short, long, value_name = "NUMBER", default_value_t = 20)]
    limit: u64,
    #[command(flatten)]
    times: Times,
}

fn job_states() -> impl TypedValueParser<Value = JobState> {
    let names = PossibleValuesParser::new(JobState::ALL.iter().map(|state| state.as_str()));
    names.try_map(|name| name.parse())
}

fn task_states() -> impl TypedValueParser<Value = TaskState> {
    let names = PossibleValuesParser::new(TaskState::ALL.iter().map(|state| state.as_str()));
    names.try_map(|name| name.parse())
}

impl List {
    pub(super) async fn run(self, context: &Context) -> Result<(), Failure> {
        let client = context.client()?;
        let jobs = client.jobs();
        let query = self.times.interval(now())?.map_or_else(|| jobs.query(..), |interval| jobs.query(interval));
        let mut query = query
            .states(self.state)
            .task_states(self.task_state)
            .clusters(self.cluster)
            .automations(self.automation)
            .limit(self.limit);
        if let Some(name) = self.name {
            query = query.name(name);
        }
        if self.sort == Order::Asc {
            query = query.oldest_first();
        }
        let jobs: Vec<Job> = query.stream().try_collect().await?;
        if context.json() {
            return context.print_json(&jobs.iter().map(|job| JobJson::new(job.info())).collect::<Vec<_>>());
        }
        if jobs.is_empty() {
            context.say("no jobs match");
            return Ok(());
        }
        let rows = jobs.iter().map(|job| {
            let counts = job.stats().task_counts();
            [
                job.id().to_string(),
                job.state().to_string(),
                format!("{}/{}", counts.ended(), job.stats().total_tasks),
                job.submitted_at().to_string(),
                job.name().to_owned(),
            ]
        });
        context.print(&table(["id", "state", "tasks", "submitted", "name"], rows, context.room()))?;
        if jobs.len() as u64 == self.limit {
            context.say(&format!("the list ends at --limit {}", self.limit));
        }
        Ok(())
    }
}
