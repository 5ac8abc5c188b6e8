//! The blocking builders of requests about one job.

use std::fmt;
use std::iter::FusedIterator;
use std::time::Duration;

use futures::StreamExt as _;
use uuid::Uuid;

use super::Job;
use crate::client::blocking::block_on;
use crate::client::workflows;
use crate::error::Result;
use crate::progress::JobObserver;
use crate::workflows::{Diagram, DiagramDirection, DiagramLayout, DiagramTheme, TaskSubmission, TaskSummary, TaskTree};

/// A wait for the end of a job. [`join`](Self::join) returns the job in its final state: completed, failed or canceled.
///
/// As [`crate::workflows::JobWait`].
#[must_use = "a wait does nothing until it is joined"]
#[derive(Debug)]
pub struct JobWait {
    inner: workflows::JobWait,
}

impl JobWait {
    pub(super) fn new(inner: workflows::JobWait) -> Self {
        Self { inner }
    }

    /// Sets the pause between two requests, instead of pauses that grow with the time.
    pub fn interval(self, interval: Duration) -> Self {
        Self::new(self.inner.interval(interval))
    }

    /// Sets the maximum time to wait (default: unlimited).
    pub fn timeout(self, timeout: Duration) -> Self {
        Self::new(self.inner.timeout(timeout))
    }

    /// Sets the observer of the progress, instead of that of the client: a closure that takes a
    /// [`JobProgress`](crate::progress::JobProgress), or bars. The calling thread calls it.
    #[doc(alias = "show_progress")]
    pub fn progress(self, observer: impl JobObserver) -> Self {
        Self::new(self.inner.progress(observer))
    }

    /// Waits for the end of the job.
    ///
    /// # Errors
    ///
    /// As [`crate::workflows::JobWait::join`].
    pub fn join(self) -> Result<Job> {
        block_on(self.inner.join()).map(Job::new)
    }
}

/// A list of the tasks of a job. [`load`](Self::load) returns all of them as a [`TaskTree`], [`stream`](Self::stream) an
/// iterator.
#[must_use = "a list does nothing until it is loaded or read"]
#[derive(Debug)]
pub struct JobTasks {
    inner: workflows::JobTasks,
}

impl JobTasks {
    pub(super) fn new(inner: workflows::JobTasks) -> Self {
        Self { inner }
    }

    /// Lists only the root tasks.
    pub fn roots(self) -> Self {
        Self::new(self.inner.roots())
    }

    /// Lists only the direct subtasks of the task with this id: a [`Uuid`], or anything that converts into one, such as text.
    pub fn children_of(self, task: impl TryInto<Uuid, Error: fmt::Display>) -> Self {
        Self::new(self.inner.children_of(task))
    }

    /// Sets the maximum number of tasks, at least 1.
    pub fn limit(self, tasks: u64) -> Self {
        Self::new(self.inner.limit(tasks))
    }

    /// Sets the maximum number of tasks of a page, at least 1. By default the server decides.
    pub fn page_size(self, tasks: u64) -> Self {
        Self::new(self.inner.page_size(tasks))
    }

    /// Lists only tasks after the [`cursor`](TaskStream::cursor) of an earlier, equal list: a [`Uuid`] or anything that converts
    /// into one, such as text.
    ///
    /// Only a list of [`roots`](Self::roots) or of [`children_of`](Self::children_of) a task has cursors: with all tasks it is an
    /// error.
    #[doc(alias("cursor", "after"))]
    pub fn starting_after(self, cursor: impl TryInto<Uuid, Error: fmt::Display>) -> Self {
        Self::new(self.inner.starting_after(cursor))
    }

    /// Loads all tasks as a tree.
    ///
    /// # Errors
    ///
    /// As [`crate::workflows::JobTasks::load`].
    #[doc(alias("collect", "all"))]
    pub fn load(self) -> Result<TaskTree> {
        block_on(self.inner.load())
    }

    /// Returns the tasks as an iterator, page by page, several requests at once. Each task comes after its parent.
    ///
    /// Dropping the iterator aborts the requests in flight.
    #[doc(alias("iter", "pages"))]
    pub fn stream(self) -> TaskStream {
        TaskStream { inner: self.inner.stream() }
    }
}

/// The tasks of a job as an iterator. Ends after the last one, or after an error.
#[must_use = "an iterator does nothing until it is read"]
#[derive(Debug)]
pub struct TaskStream {
    inner: workflows::TaskStream,
}

impl TaskStream {
    /// Returns the cursor after the pages of [`roots`](JobTasks::roots) or [`children_of`](JobTasks::children_of) that were read
    /// to their end; `None` before the end of the first one, and in a list of all tasks. After an error, an equal list
    /// [starting after](JobTasks::starting_after) it returns the rest.
    #[must_use]
    pub fn cursor(&self) -> Option<Uuid> {
        self.inner.cursor()
    }
}

impl Iterator for TaskStream {
    type Item = Result<TaskSummary>;

    fn next(&mut self) -> Option<Self::Item> {
        block_on(self.inner.next())
    }
}

impl FusedIterator for TaskStream {}

/// The submission of a job with the root tasks of another job. [`send`](Self::send) returns the new job.
///
/// As [`crate::workflows::JobClone`].
#[must_use = "a submission does nothing until it is sent"]
#[derive(Debug)]
pub struct JobClone {
    inner: workflows::JobClone,
}

impl JobClone {
    pub(super) fn new(inner: workflows::JobClone) -> Self {
        Self { inner }
    }

    /// Changes each root task by this function.
    pub fn edit(self, edit: impl FnMut(TaskSubmission) -> TaskSubmission + Send + 'static) -> Self {
        Self::new(self.inner.edit(edit))
    }

    /// Replaces the root tasks by these, from 1 to 64. The root tasks of the other job are not read then; see
    /// [`Job::prototype`].
    pub fn tasks(self, tasks: impl IntoIterator<Item: Into<TaskSubmission>>) -> Self {
        Self::new(self.inner.tasks(tasks))
    }

    /// Submits the job.
    ///
    /// # Errors
    ///
    /// As [`crate::workflows::JobClone::send`].
    pub fn send(self) -> Result<Job> {
        block_on(self.inner.send()).map(Job::new)
    }
}

/// The request for a drawing of the tasks of a job. [`load`](Self::load) returns the [`Diagram`].
///
/// The service draws jobs of at most 200 tasks.
#[must_use = "a request does nothing until it is loaded"]
#[derive(Clone, Debug)]
pub struct DiagramQuery {
    inner: workflows::DiagramQuery,
}

impl DiagramQuery {
    pub(super) fn new(inner: workflows::DiagramQuery) -> Self {
        Self { inner }
    }

    /// Sets the colours. By default the server decides.
    pub fn theme(self, theme: DiagramTheme) -> Self {
        Self::new(self.inner.theme(theme))
    }

    /// Sets the layout. The default is dagre.
    pub fn layout(self, layout: DiagramLayout) -> Self {
        Self::new(self.inner.layout(layout))
    }

    /// Sets the direction from a task to its subtasks. The default is down.
    pub fn direction(self, direction: DiagramDirection) -> Self {
        Self::new(self.inner.direction(direction))
    }

    /// Draws straight lines. By default lines look drawn by hand.
    pub fn straight_lines(self) -> Self {
        Self::new(self.inner.straight_lines())
    }

    /// Adds the name of the job to the drawing.
    pub fn title(self) -> Self {
        Self::new(self.inner.title())
    }

    /// Loads the drawing.
    ///
    /// # Errors
    ///
    /// As [`crate::workflows::DiagramQuery::load`].
    pub fn load(self) -> Result<Diagram> {
        block_on(self.inner.load())
    }
}
