//! The builder of several subtasks with the same options.

use std::borrow::Borrow;

use super::context::Context;
use crate::error::Result;
use crate::workflows::{Subtask, TaskSubmission};

/// The submission of several subtasks with the same dependencies and options. It ends with [`submit`](Self::submit).
///
/// ```
/// # use tilebox_core as tilebox_tokio;
/// # use tilebox_tokio::workflows::{Context, TaskResult, TaskSubmission};
/// # fn example(context: &Context) -> TaskResult {
/// let tile = |number: i32| TaskSubmission::new("example.com/Tile", &number);
/// let index = context.submit(TaskSubmission::new("example.com/Index", &7))?;
/// let tiles = context.subtasks((1..=64).map(tile)).after(&index).max_retries(2).submit()?;
/// # Ok(())
/// # }
/// ```
#[must_use = "subtasks are not submitted until `submit` is called"]
#[derive(Clone, Debug)]
pub struct SubtasksSubmission<'a> {
    context: &'a Context,
    tasks: Vec<TaskSubmission>,
    after: Vec<Subtask>,
}

impl<'a> SubtasksSubmission<'a> {
    pub(super) fn new(context: &'a Context, tasks: Vec<TaskSubmission>) -> Self {
        Self { context, tasks, after: Vec::new() }
    }

    /// Executes them after these subtasks and all tasks below those. Several calls add up.
    pub fn after(mut self, subtasks: impl IntoIterator<Item: Borrow<Subtask>>) -> Self {
        self.after.extend(subtasks.into_iter().map(|subtask| subtask.borrow().clone()));
        self
    }

    /// Sets the slug of the cluster whose runners execute them. The default is the cluster of this runner.
    pub fn cluster(self, slug: impl AsRef<str>) -> Self {
        self.each(|task| task.cluster(&slug))
    }

    /// Sets how often each is executed again after it failed. The default is 0.
    pub fn max_retries(self, retries: u32) -> Self {
        self.each(|task| task.max_retries(retries))
    }

    /// Lets the job continue if one of them, or a task below it, fails: the tasks that depend on it are executed anyway.
    pub fn optional(self) -> Self {
        self.each(TaskSubmission::optional)
    }

    fn each(self, change: impl FnMut(TaskSubmission) -> TaskSubmission) -> Self {
        Self { tasks: self.tasks.into_iter().map(change).collect(), ..self }
    }

    /// Submits them, and returns them in the same order. The server receives them with the report of the task, and not if the
    /// task fails.
    ///
    /// # Errors
    ///
    /// As [`SubtaskSubmission::submit`](super::SubtaskSubmission::submit). The subtasks before the refused one stay.
    pub fn submit(self) -> Result<Vec<Subtask>> {
        let Self { context, tasks, after } = self;
        context.with_subtasks(|subtasks| subtasks.submit_all_after(tasks, after))
    }
}
