//! The handle of a job.

use std::fmt;
use std::sync::Arc;

use futures::stream::StreamExt as _;
use uuid::Uuid;

use super::{DiagramQuery, JobClone, JobTasks, JobWait};
use crate::client::driver::session::Session;
use crate::client::driver::spans::operation;
use crate::client::unreadable;
use crate::error::{Error, ErrorKind, Result};
use crate::protocol::id;
use crate::protocol::wire::workflows::v1 as wire;
use crate::schema::Timestamp;
use crate::schema::excerpt::excerpt;
use crate::workflows::{ExecutionStats, JobInfo, JobPrototype, JobState, ProgressIndicator, TableRow, TaskState, rpc};

/// Maximum number of characters of a name or display that an error repeats.
const MAX_EXCERPT: usize = 120;

/// Maximum number of tasks among which an error searches the failed one.
const MAX_SEARCHED: usize = 10_000;

/// A job: a tree of tasks that runners execute. Cheap to clone.
///
/// A handle shows the job as it was when the server returned it; [`refresh`](Self::refresh) and [`wait`](Self::wait) return
/// new handles. It prints as a block of lines.
#[derive(Clone, Debug)]
pub struct Job {
    session: Arc<Session>,
    info: Arc<JobInfo>,
}

impl Job {
    pub(super) fn new(session: &Arc<Session>, info: JobInfo) -> Self {
        Self { session: Arc::clone(session), info: Arc::new(info) }
    }

    pub(super) fn session(&self) -> &Arc<Session> {
        &self.session
    }

    /// Returns the job as it was when the server returned this handle.
    #[must_use]
    pub fn info(&self) -> &JobInfo {
        &self.info
    }

    /// Returns its id.
    #[must_use]
    pub fn id(&self) -> Uuid {
        self.info.id
    }

    /// Returns its name, which other jobs may have too.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.info.name
    }

    /// Returns its state, as it was when the server returned this handle.
    #[must_use]
    pub fn state(&self) -> JobState {
        self.info.state
    }

    /// Returns the progress that its tasks had reported when the server returned this handle, one indicator for each label.
    #[must_use]
    pub fn progress(&self) -> &[ProgressIndicator] {
        &self.info.progress
    }

    /// Returns times and numbers of its tasks, as they were when the server returned this handle.
    #[must_use]
    pub fn stats(&self) -> &ExecutionStats {
        &self.info.stats
    }

    /// Returns the time of its submission, by the clock of the server.
    #[must_use]
    pub fn submitted_at(&self) -> Timestamp {
        self.info.submitted_at
    }

    /// Returns the automation that submitted it; `None` for a submission by a client.
    #[must_use]
    pub fn automation_id(&self) -> Option<Uuid> {
        self.info.automation_id
    }

    /// Returns the trace that its spans belong to, in the form of a W3C `traceparent` header.
    #[must_use]
    pub fn trace_parent(&self) -> &str {
        &self.info.trace_parent
    }

    /// Returns a new handle of the job as the server describes it now. This handle stays as it is.
    ///
    /// # Errors
    ///
    /// As every call.
    pub async fn refresh(&self) -> Result<Self> {
        let operation = operation!("workflows/jobs/get", "tilebox.job_id" = tracing::field::display(self.id()));
        let info = operation.run(get(&self.session, self.id(), self.purpose("read"))).await?;
        Ok(Self::new(&self.session, info))
    }

    /// Queues its failed tasks again, and returns their number. Computed tasks are not repeated. A canceled job continues.
    ///
    /// # Errors
    ///
    /// As every call. A lost response is not repeated, because a task may have failed again since then.
    pub async fn retry(&self) -> Result<u64> {
        let request = wire::RetryJobRequest { job_id: Some(id::to_wire(self.id())) };
        let call = self.session.endpoint.call::<rpc::RetryJob>(&request, self.purpose("retry"))?;
        let operation = operation!("workflows/jobs/retry", "tilebox.job_id" = tracing::field::display(self.id()));
        let retried = operation.run(self.session.call(call)).await?;
        Ok(u64::try_from(retried.num_tasks_rescheduled).unwrap_or(0))
    }

    /// Cancels it: its queued tasks do not start. Running tasks are not interrupted, and their subtasks do not start.
    ///
    /// # Errors
    ///
    /// As every call.
    pub async fn cancel(&self) -> Result<()> {
        let request = wire::CancelJobRequest { job_id: Some(id::to_wire(self.id())) };
        let call = self.session.endpoint.call::<rpc::CancelJob>(&request, self.purpose("cancel"))?;
        let operation = operation!("workflows/jobs/cancel", "tilebox.job_id" = tracing::field::display(self.id()));
        operation.run(self.session.call(call)).await?;
        Ok(())
    }

    /// Returns a wait for the end of the job. [`JobWait`] has the options.
    pub fn wait(&self) -> JobWait {
        JobWait::new(self.clone())
    }

    /// Returns this job if it has completed, and otherwise an error that names the failed task.
    ///
    /// ```no_run
    /// # async fn example(job: tilebox_core::workflows::Job) -> tilebox_core::Result<()> {
    /// let completed = job.wait().await?.success().await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`ErrorKind::JobFailed`] when the job failed or was canceled. For a failed job, requests for its tasks precede the
    /// error; if they fail, it names no task. [`ErrorKind::FailedPrecondition`] when the job has not ended.
    pub async fn success(self) -> Result<Self> {
        let purpose = self.purpose("complete");
        match self.state() {
            JobState::Completed => Ok(self),
            JobState::Failed => {
                let reason = self.failed_task().await.unwrap_or_else(|| "a task failed".to_owned());
                Err(Error::new(ErrorKind::JobFailed, purpose, reason, "`retry` queues failed tasks again"))
            }
            JobState::Canceled => {
                Err(Error::new(ErrorKind::JobFailed, purpose, "it was canceled", "`retry` continues it"))
            }
            state => {
                let reason = format!("it has not ended, its state is {state}");
                Err(Error::new(ErrorKind::FailedPrecondition, purpose, reason, "`wait` for its end first"))
            }
        }
    }

    /// Returns a text that names the first failed task, best effort.
    async fn failed_task(&self) -> Option<String> {
        let counted = self.stats().count(TaskState::Failed);
        let job = Self { session: self.session.best_effort(), ..self.clone() };
        let mut tasks = JobTasks::new(job).stream().take(MAX_SEARCHED);
        let (mut first, mut found) = (None, 0_u64);
        while let Some(Ok(task)) = tasks.next().await {
            if task.state == TaskState::Failed {
                first.get_or_insert(task);
                found += 1;
                if counted > 0 {
                    break;
                }
            }
        }
        let failed = first?;
        let others = match counted.max(found) {
            1 => String::new(),
            count => format!(" and {} more", count - 1),
        };
        let retries = match failed.retry_count {
            0 => String::new(),
            count => format!(" after {count} retries"),
        };
        Some(format!("the task `{}` ({}) failed{retries}{others}", excerpt(&failed.display, MAX_EXCERPT), failed.id))
    }

    /// Returns a list of its tasks. [`JobTasks`] has the options.
    pub fn tasks(&self) -> JobTasks {
        JobTasks::new(self.clone())
    }

    /// Returns a drawing of its tasks. [`DiagramQuery`] has the options.
    #[doc(alias("visualize", "display"))]
    pub fn diagram(&self) -> DiagramQuery {
        DiagramQuery::new(self.clone())
    }

    /// Returns its name and its root tasks, as they were submitted.
    ///
    /// # Errors
    ///
    /// As every call.
    pub async fn prototype(&self) -> Result<JobPrototype> {
        let operation =
            operation!("workflows/jobs/prototype/get", "tilebox.job_id" = tracing::field::display(self.id()));
        operation.run(self.read_prototype()).await
    }

    pub(super) async fn read_prototype(&self) -> Result<JobPrototype> {
        let purpose = self.purpose("read the root tasks of");
        let request = wire::GetJobPrototypeRequest { job_id: Some(id::to_wire(self.id())) };
        let call = self.session.endpoint.call::<rpc::GetJobPrototype>(&request, purpose.clone())?;
        let prototype = self.session.call(call).await?;
        JobPrototype::from_wire(prototype).map_err(|error| unreadable(purpose, error))
    }

    /// Returns the submission of a new job with this name and the root tasks of this job. [`JobClone`] edits them.
    #[doc(alias("resubmit", "copy"))]
    pub fn clone_job(&self, name: impl Into<String>) -> JobClone {
        JobClone::new(self.clone(), name.into())
    }

    /// Returns the purpose of a call, which completes "cannot …".
    pub(super) fn purpose(&self, verb: &str) -> String {
        format!("{verb} the job `{}` ({})", excerpt(self.name(), MAX_EXCERPT), self.id())
    }
}

/// Reads a job. `purpose` completes "cannot …" in an error.
pub(super) async fn get(session: &Arc<Session>, job_id: Uuid, purpose: String) -> Result<JobInfo> {
    let request = wire::GetJobRequest { job_id: Some(id::to_wire(job_id)) };
    let call = session.endpoint.call::<rpc::GetJob>(&request, purpose.clone())?;
    JobInfo::from_wire(session.call(call).await?).map_err(|error| unreadable(purpose, error))
}

/// Prints a block of lines: name and state, then id, times, tasks and progress as far as they are known.
impl fmt::Display for Job {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.info.fmt(f)
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
        self.info.cells()
    }
}
