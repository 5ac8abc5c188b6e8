//! What a blocking task can do while it is executed.

use std::time::Duration;

use bytes::Bytes;
use uuid::Uuid;

use super::JobCache;
use crate::client::blocking::block_on;
use crate::error::Result;
use crate::time::Instant;
use crate::workflows::{
    self, LeaseState, Stopping, StorageLocation, Subtask, SubtaskSubmission, SubtasksSubmission, TaskIdentifier,
    TaskProgress, TaskSubmission,
};

/// The context of one execution of a blocking task: its job, its subtasks and progress, and the services of its runner.
///
/// Cheap to clone, and usable from several threads at the same time.
#[derive(Clone, Debug)]
pub struct Context {
    inner: workflows::Context,
}

impl Context {
    pub(super) fn new(inner: workflows::Context) -> Self {
        Self { inner }
    }

    /// Returns the context of an async task, for functions that both kinds of task call.
    #[must_use]
    pub fn as_async(&self) -> &workflows::Context {
        &self.inner
    }

    /// Submits a subtask without dependencies. [`subtask`](Self::subtask) has the options.
    ///
    /// # Errors
    ///
    /// As [`SubtaskSubmission::submit`].
    pub fn submit(&self, task: impl Into<TaskSubmission>) -> Result<Subtask> {
        self.inner.submit(task)
    }

    /// Submits subtasks without dependencies, and returns them in the same order.
    ///
    /// # Errors
    ///
    /// As [`SubtaskSubmission::submit`]. The subtasks before the refused one stay.
    pub fn submit_all(&self, tasks: impl IntoIterator<Item: Into<TaskSubmission>>) -> Result<Vec<Subtask>> {
        self.inner.submit_all(tasks)
    }

    /// Returns the submission of a subtask, for its dependencies and options.
    pub fn subtask(&self, task: impl Into<TaskSubmission>) -> SubtaskSubmission<'_> {
        self.inner.subtask(task)
    }

    /// Returns the submission of several subtasks with the same dependencies and options.
    pub fn subtasks(&self, tasks: impl IntoIterator<Item: Into<TaskSubmission>>) -> SubtasksSubmission<'_> {
        self.inner.subtasks(tasks)
    }

    /// Returns the progress with this label, as [`Context::progress`](workflows::Context::progress).
    #[must_use = "`add` and `done` count progress"]
    pub fn progress<'a>(&'a self, label: &'a str) -> TaskProgress<'a> {
        self.inner.progress(label)
    }

    /// Returns the values that the tasks of this job share, in the cache of the runner.
    #[must_use]
    pub fn cache(&self) -> JobCache {
        JobCache::of(self.inner.cache())
    }

    /// Returns the storage location with this id. The runner requests each location once.
    ///
    /// # Errors
    ///
    /// As [`Context::storage_location`](workflows::Context::storage_location).
    pub fn storage_location(&self, id: Uuid) -> Result<StorageLocation> {
        block_on(self.inner.storage_location(id))
    }

    /// Reads a whole object of a storage location.
    ///
    /// # Errors
    ///
    /// As [`Context::read_object`](workflows::Context::read_object).
    pub fn read_object(&self, location: &StorageLocation, path: &str) -> Result<Bytes> {
        block_on(self.inner.read_object(location, path))
    }

    /// Returns the value of this type that all tasks of the runner share.
    ///
    /// # Errors
    ///
    /// As [`Context::shared`](workflows::Context::shared).
    pub fn shared<T: Send + Sync + 'static>(&self) -> Result<&T> {
        self.inner.shared()
    }

    /// Sets the text by which diagrams and lists show this task. The server keeps 1024 characters; an empty text changes nothing.
    pub fn set_display(&self, text: impl Into<String>) {
        self.inner.set_display(text);
    }

    /// Returns the text by which diagrams and lists show this task.
    #[must_use]
    pub fn display(&self) -> String {
        self.inner.display()
    }

    /// Returns the request to stop, which a long task can observe.
    #[must_use]
    pub fn stopping(&self) -> &Stopping {
        self.inner.stopping()
    }

    /// Returns the state of the lease of this task, as [`Context::lease`](workflows::Context::lease).
    #[must_use]
    pub fn lease(&self) -> LeaseState {
        self.inner.lease()
    }

    /// Returns the id of the job.
    #[must_use]
    pub fn job_id(&self) -> Uuid {
        self.inner.job_id()
    }

    /// Returns the name of the job.
    #[must_use]
    pub fn job_name(&self) -> &str {
        self.inner.job_name()
    }

    /// Returns the id of this task.
    #[must_use]
    pub fn task_id(&self) -> Uuid {
        self.inner.task_id()
    }

    /// Returns the identifier with which this task was submitted. Its minor version may be earlier than that of this code.
    #[must_use]
    pub fn identifier(&self) -> &TaskIdentifier {
        self.inner.identifier()
    }

    /// Returns how often this task failed before, as [`Context::retry_count`](workflows::Context::retry_count).
    #[must_use]
    pub fn retry_count(&self) -> u64 {
        self.inner.retry_count()
    }

    /// Returns the slug of the cluster of the runner.
    #[must_use]
    pub fn cluster(&self) -> &str {
        self.inner.cluster()
    }

    /// Returns the monotonic time of the runtime. [`lease`](Self::lease) counts in it.
    #[must_use]
    pub fn now(&self) -> Instant {
        self.inner.now()
    }

    /// Waits for a duration of the time of the runtime.
    pub fn sleep(&self, duration: Duration) {
        block_on(self.inner.sleep(duration));
    }
}
