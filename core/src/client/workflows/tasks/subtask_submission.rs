//! The builder of a subtask.

use std::borrow::Borrow;

use super::context::Context;
use crate::error::Result;
use crate::workflows::{Subtask, TaskSubmission};

/// The submission of one subtask, with its options. It ends with [`submit`](Self::submit).
///
/// ```
/// # use tilebox_core as tilebox_tokio;
/// # use tilebox_tokio::workflows::{Context, TaskResult, TaskSubmission};
/// # fn example(context: &Context) -> TaskResult {
/// let scene = |id: &str| TaskSubmission::new("example.com/Scene", id);
/// let scenes = context.submit_all(["a", "b"].map(scene))?;
/// let mosaic = context.subtask(TaskSubmission::new("example.com/Mosaic", &7)).after(&scenes).max_retries(2).submit()?;
/// context.subtask(TaskSubmission::new("example.com/Mail", &7)).after(&mosaic).optional().submit()?;
/// # Ok(())
/// # }
/// ```
#[must_use = "a subtask is not submitted until `submit` is called"]
#[derive(Clone, Debug)]
pub struct SubtaskSubmission<'a> {
    context: &'a Context,
    task: TaskSubmission,
    after: Vec<Subtask>,
}

impl<'a> SubtaskSubmission<'a> {
    pub(super) fn new(context: &'a Context, task: TaskSubmission) -> Self {
        Self { context, task, after: Vec::new() }
    }

    /// Executes it after these subtasks and all tasks below them. Several calls add up.
    pub fn after(mut self, subtasks: impl IntoIterator<Item: Borrow<Subtask>>) -> Self {
        self.after.extend(subtasks.into_iter().map(|subtask| subtask.borrow().clone()));
        self
    }

    /// Sets the slug of the cluster whose runners execute it. The default is the cluster of this runner.
    pub fn cluster(mut self, slug: impl AsRef<str>) -> Self {
        self.task = self.task.cluster(slug);
        self
    }

    /// Sets how often it is executed again after it failed. The default is 0.
    pub fn max_retries(mut self, retries: u32) -> Self {
        self.task = self.task.max_retries(retries);
        self
    }

    /// Lets the job continue if it, or a task below it, fails: the tasks that depend on it are executed anyway.
    pub fn optional(mut self) -> Self {
        self.task = self.task.optional();
        self
    }

    /// Sets the text by which diagrams and lists show it, at least 1 character. The default is the last part of its name.
    pub fn display(mut self, text: impl Into<String>) -> Self {
        self.task = self.task.display(text);
        self
    }

    /// Submits it. The server receives it with the report of the task, and not if the task fails.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidArgument`](crate::ErrorKind::InvalidArgument) when it violates a limit of the API: an input of more
    /// than 2048 bytes, a name of more than 256 bytes, a text that is empty, subtasks that form more than 64 groups, or a
    /// dependency on a subtask of another task. [`ErrorKind::FailedPrecondition`](crate::ErrorKind::FailedPrecondition) when
    /// the task has ended.
    pub fn submit(self) -> Result<Subtask> {
        let Self { context, task, after } = self;
        context.with_subtasks(|subtasks| subtasks.submit_after(task, after))
    }
}
