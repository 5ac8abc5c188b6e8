//! The blocking handle of a job.

use std::fmt;

use uuid::Uuid;

use super::{DiagramQuery, JobClone, JobTasks, JobWait};
use crate::client::blocking::block_on;
use crate::client::workflows;
use crate::error::Result;
use crate::schema::Timestamp;
use crate::workflows::{ExecutionStats, JobInfo, JobPrototype, JobState, ProgressIndicator, TableRow};

/// A job: a tree of tasks that runners execute. Cheap to clone.
///
/// A handle shows the job as it was when the server returned it; [`refresh`](Self::refresh) and [`wait`](Self::wait) return
/// new handles. It prints as a block of lines.
#[derive(Clone, Debug)]
pub struct Job {
    pub(super) inner: workflows::Job,
}

impl Job {
    pub(super) fn new(inner: workflows::Job) -> Self {
        Self { inner }
    }

    /// Returns the job as it was when the server returned this handle.
    #[must_use]
    pub fn info(&self) -> &JobInfo {
        self.inner.info()
    }

    /// Returns its id.
    #[must_use]
    pub fn id(&self) -> Uuid {
        self.inner.id()
    }

    /// Returns its name, which other jobs may have too.
    #[must_use]
    pub fn name(&self) -> &str {
        self.inner.name()
    }

    /// Returns its state, as it was when the server returned this handle.
    #[must_use]
    pub fn state(&self) -> JobState {
        self.inner.state()
    }

    /// Returns the progress that its tasks had reported when the server returned this handle, one indicator for each label.
    #[must_use]
    pub fn progress(&self) -> &[ProgressIndicator] {
        self.inner.progress()
    }

    /// Returns times and numbers of its tasks, as they were when the server returned this handle.
    #[must_use]
    pub fn stats(&self) -> &ExecutionStats {
        self.inner.stats()
    }

    /// Returns the time of its submission, by the clock of the server.
    #[must_use]
    pub fn submitted_at(&self) -> Timestamp {
        self.inner.submitted_at()
    }

    /// Returns the automation that submitted it; `None` for a submission by a client.
    #[must_use]
    pub fn automation_id(&self) -> Option<Uuid> {
        self.inner.automation_id()
    }

    /// Returns the trace that its spans belong to, in the form of a W3C `traceparent` header.
    #[must_use]
    pub fn trace_parent(&self) -> &str {
        self.inner.trace_parent()
    }

    /// Returns a new handle of the job as the server describes it now. This handle stays as it is.
    ///
    /// # Errors
    ///
    /// As every call.
    pub fn refresh(&self) -> Result<Self> {
        block_on(self.inner.refresh()).map(Self::new)
    }

    /// Queues its failed tasks again, and returns their number. Computed tasks are not repeated. A canceled job continues.
    ///
    /// # Errors
    ///
    /// As [`crate::workflows::Job::retry`].
    pub fn retry(&self) -> Result<u64> {
        block_on(self.inner.retry())
    }

    /// Cancels it: its queued tasks do not start. Running tasks are not interrupted, and their subtasks do not start.
    ///
    /// # Errors
    ///
    /// As every call.
    pub fn cancel(&self) -> Result<()> {
        block_on(self.inner.cancel())
    }

    /// Returns a wait for the end of the job. [`JobWait`] has the options.
    pub fn wait(&self) -> JobWait {
        JobWait::new(self.inner.wait())
    }

    /// Returns this job if it has completed, and otherwise an error that names the failed task.
    ///
    /// # Errors
    ///
    /// As [`crate::workflows::Job::success`].
    pub fn success(self) -> Result<Self> {
        block_on(self.inner.success()).map(Self::new)
    }

    /// Returns a list of its tasks. [`JobTasks`] has the options.
    pub fn tasks(&self) -> JobTasks {
        JobTasks::new(self.inner.tasks())
    }

    /// Returns a drawing of its tasks. [`DiagramQuery`] has the options.
    #[doc(alias("visualize", "display"))]
    pub fn diagram(&self) -> DiagramQuery {
        DiagramQuery::new(self.inner.diagram())
    }

    /// Returns its name and its root tasks, as they were submitted.
    ///
    /// # Errors
    ///
    /// As every call.
    pub fn prototype(&self) -> Result<JobPrototype> {
        block_on(self.inner.prototype())
    }

    /// Returns the submission of a new job with this name and the root tasks of this job. [`JobClone`] edits them.
    #[doc(alias("resubmit", "copy"))]
    pub fn clone_job(&self, name: impl Into<String>) -> JobClone {
        JobClone::new(self.inner.clone_job(name))
    }
}

/// Prints a block of lines: name and state, then id, times, tasks and progress as far as they are known.
impl fmt::Display for Job {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.fmt(f)
    }
}

/// The id.
impl From<&Job> for Uuid {
    fn from(job: &Job) -> Self {
        job.id()
    }
}

impl TableRow for Job {
    const NAMES: [&'static str; 2] = JobInfo::NAMES;
    const COLUMNS: &'static [&'static str] = JobInfo::COLUMNS;

    fn cells(&self) -> Vec<String> {
        self.inner.cells()
    }
}
