//! Jobs and tasks as JSON.

use std::collections::BTreeMap;

use serde::Serialize;
use tilebox_tokio::workflows::{JobInfo, TaskSummary};

/// A job. Times are RFC 3339 in UTC, durations seconds.
#[derive(Debug, Serialize)]
pub(super) struct JobJson<'a> {
    id: String,
    name: &'a str,
    state: String,
    submitted_at: String,
    automation_id: Option<String>,
    trace_parent: &'a str,
    progress: Vec<ProgressJson<'a>>,
    execution_stats: StatsJson,
    #[serde(skip_serializing_if = "Option::is_none")]
    task_summaries: Option<Vec<TaskJson<'a>>>,
}

#[derive(Debug, Serialize)]
struct ProgressJson<'a> {
    label: &'a str,
    total: u64,
    done: u64,
}

#[derive(Debug, Serialize)]
struct StatsJson {
    first_task_started_at: Option<String>,
    last_task_stopped_at: Option<String>,
    compute_time: f64,
    elapsed_time: f64,
    parallelism: f64,
    total_tasks: u64,
    tasks_by_state: BTreeMap<String, u64>,
}

#[derive(Debug, Serialize)]
struct TaskJson<'a> {
    id: String,
    parent_id: Option<String>,
    display: &'a str,
    state: String,
    cluster: &'a str,
    submitted_at: Option<String>,
    started_at: Option<String>,
    stopped_at: Option<String>,
    retry_count: u64,
    max_retries: u64,
    optional: bool,
}

impl<'a> JobJson<'a> {
    pub(super) fn new(job: &'a JobInfo) -> Self {
        let stats = &job.stats;
        let progress =
            job.progress.iter().map(|one| ProgressJson { label: &one.label, total: one.total, done: one.done });
        Self {
            id: job.id.to_string(),
            name: &job.name,
            state: job.state.to_string(),
            submitted_at: job.submitted_at.to_string(),
            automation_id: job.automation_id.map(|id| id.to_string()),
            trace_parent: &job.trace_parent,
            progress: progress.collect(),
            execution_stats: StatsJson {
                first_task_started_at: stats.first_task_started_at.map(|time| time.to_string()),
                last_task_stopped_at: stats.last_task_stopped_at.map(|time| time.to_string()),
                compute_time: stats.compute_time.as_secs_f64(),
                elapsed_time: stats.elapsed_time.as_secs_f64(),
                parallelism: stats.parallelism,
                total_tasks: stats.total_tasks,
                tasks_by_state: stats.tasks_by_state.iter().map(|(state, count)| (state.to_string(), *count)).collect(),
            },
            task_summaries: None,
        }
    }

    /// Adds tasks of the job.
    pub(super) fn with_tasks(mut self, tasks: impl IntoIterator<Item = &'a TaskSummary>) -> Self {
        self.task_summaries = Some(tasks.into_iter().map(TaskJson::new).collect());
        self
    }
}

impl<'a> TaskJson<'a> {
    fn new(task: &'a TaskSummary) -> Self {
        Self {
            id: task.id.to_string(),
            parent_id: task.parent_id.map(|id| id.to_string()),
            display: &task.display,
            state: task.state.to_string(),
            cluster: &task.cluster,
            submitted_at: task.submitted_at.map(|time| time.to_string()),
            started_at: task.started_at.map(|time| time.to_string()),
            stopped_at: task.stopped_at.map(|time| time.to_string()),
            retry_count: task.retry_count,
            max_retries: task.max_retries,
            optional: task.is_optional,
        }
    }
}
