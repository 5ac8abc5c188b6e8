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

/// The narrowest table with the times of jobs, in columns: below, they would leave no room for names.
const ROOM_FOR_TIMES: usize = 100;

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
    #[arg(long = "sort", value_enum, default_value = "desc", value_name = "ORDER")]
    order: Order,
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
        if self.order == Order::Asc {
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
        let room = context.room();
        let rows = jobs.iter().map(|job| {
            let tasks = format!("{}/{}", job.stats().task_counts().ended(), job.stats().total_tasks);
            let submitted = job.submitted_at().to_milliseconds_string();
            [job.id().to_string(), job.state().to_string(), tasks, job.name().to_owned(), submitted]
        });
        let text = if room < ROOM_FOR_TIMES {
            let rows = rows.map(|[id, state, tasks, name, _]| [id, state, tasks, name]);
            table(["id", "state", "tasks", "name"], rows, room)
        } else {
            table(["id", "state", "tasks", "name", "submitted"], rows, room)
        };
        context.print(&text)?;
        if jobs.len() as u64 == self.limit {
            context.say(&format!("the list ends at --limit {}", self.limit));
        }
        Ok(())
    }
}
