//! The root tasks of a job.

use super::check::{self, Place};
use super::encode::Columns;
use super::task::TaskSubmission;
use crate::error::{Error, Result};
use crate::protocol::wire::workflows::v1 as wire;

/// The options of tasks that do not set their own.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[must_use = "setters return the changed defaults"]
pub struct TaskDefaults {
    pub(super) cluster: String,
    pub(super) max_retries: u32,
}

impl TaskDefaults {
    /// Returns the defaults of the API: the default cluster and no retries.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the slug of the cluster. The empty slug means the default cluster.
    pub fn cluster(mut self, slug: impl AsRef<str>) -> Self {
        self.cluster = slug.as_ref().to_owned();
        self
    }

    /// Sets how often a task is executed again after it failed.
    pub fn max_retries(mut self, retries: u32) -> Self {
        self.max_retries = retries;
        self
    }
}

/// Encodes the root tasks of a job. They have no dependencies, so they form one group.
///
/// # Errors
///
/// When there are no tasks, or a task is not valid or optional. The error names the task.
pub fn encode_root_tasks(tasks: Vec<TaskSubmission>, defaults: &TaskDefaults) -> Result<wire::TaskSubmissions> {
    if tasks.is_empty() {
        return Err(Error::invalid("submit a job", "it has no tasks", "submit at least one root task"));
    }
    let number = tasks.len();
    let mut columns = Columns::default();
    let mut group = wire::TaskSubmissionGroup::default();
    for (index, task) in tasks.into_iter().enumerate() {
        let task = check::checked_root(task, defaults, Place::root(index, number))?;
        columns.push(&mut group, task);
    }
    Ok(columns.finish(vec![group]))
}
