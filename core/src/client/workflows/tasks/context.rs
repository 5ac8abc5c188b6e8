//! What a task can do while it is executed.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use uuid::Uuid;

use super::control::ControlState;
use super::progress::{Progress, TaskProgress};
use super::services::TaskServices;
use super::stopping::Stopping;
use super::subtask_submission::SubtaskSubmission;
use super::subtasks_submission::SubtasksSubmission;
use crate::error::{Error, ErrorKind, Result};
use crate::time::Instant;
use crate::workflows::cache::JobCache;
use crate::workflows::runner::{LeaseState, LeasedTask, first_characters};
use crate::workflows::{Subtask, Subtasks, TaskDefaults, TaskIdentifier, TaskSubmission};

/// The longest display of a task in characters: the server cuts it there.
const MAX_DISPLAY: usize = 1024;

/// The context of one execution of a task: its job, its subtasks and progress, and the services of its runner.
///
/// Cheap to clone, and usable from several futures and threads at the same time.
#[derive(Clone)]
pub struct Context {
    pub(super) execution: Arc<Execution>,
}

/// One execution of a task.
pub(super) struct Execution {
    pub(super) task: LeasedTask,
    pub(super) services: Arc<TaskServices>,
    pub(super) control: Arc<ControlState>,
    recorded: Mutex<Recorded>,
}

/// What the task has to report.
pub(super) struct Recorded {
    pub(super) display: String,
    pub(super) subtasks: Subtasks,
    pub(super) progress: Progress,
    has_ended: bool,
}

impl Recorded {
    /// Returns the display for the report; `None` if it is that of the submission.
    pub(super) fn display_of_report(&self, submitted: &str) -> Option<String> {
        (self.display != submitted).then(|| first_characters(&self.display, MAX_DISPLAY).to_owned())
    }
}

impl Execution {
    pub(super) fn new(task: LeasedTask, services: Arc<TaskServices>, control: Arc<ControlState>) -> Self {
        let recorded = Recorded {
            display: task.display.clone(),
            subtasks: Subtasks::new(TaskDefaults::new().cluster(&services.cluster)),
            progress: Progress::default(),
            has_ended: false,
        };
        Self { task, services, control, recorded: Mutex::new(recorded) }
    }

    pub(super) fn recorded(&self) -> MutexGuard<'_, Recorded> {
        self.recorded.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Refuses what a task submits from now on: it would not reach the server.
    pub(super) fn end(&self) -> MutexGuard<'_, Recorded> {
        let mut recorded = self.recorded();
        recorded.has_ended = true;
        recorded
    }
}

impl Context {
    /// Submits a subtask without dependencies. [`subtask`](Self::subtask) has the options.
    ///
    /// # Errors
    ///
    /// As [`SubtaskSubmission::submit`].
    pub fn submit(&self, task: impl Into<TaskSubmission>) -> Result<Subtask> {
        self.subtask(task).submit()
    }

    /// Submits subtasks without dependencies, and returns them in the same order. [`subtasks`](Self::subtasks) has the options.
    ///
    /// # Errors
    ///
    /// As [`SubtaskSubmission::submit`]. The subtasks before the refused one stay.
    pub fn submit_all(&self, tasks: impl IntoIterator<Item: Into<TaskSubmission>>) -> Result<Vec<Subtask>> {
        self.subtasks(tasks).submit()
    }

    /// Returns the submission of a subtask, for its dependencies and options.
    pub fn subtask(&self, task: impl Into<TaskSubmission>) -> SubtaskSubmission<'_> {
        SubtaskSubmission::new(self, task.into())
    }

    /// Returns the submission of several subtasks with the same dependencies and options.
    pub fn subtasks(&self, tasks: impl IntoIterator<Item: Into<TaskSubmission>>) -> SubtasksSubmission<'_> {
        SubtasksSubmission::new(self, tasks.into_iter().map(Into::into).collect())
    }

    pub(super) fn with_subtasks<T>(&self, submit: impl FnOnce(&mut Subtasks) -> Result<T>) -> Result<T> {
        let mut recorded = self.execution.recorded();
        if recorded.has_ended {
            let purpose = format!("submit a subtask of the task `{}`", self.identifier());
            let reason = "the task has ended";
            let advice = "wait for spawned futures before the task returns";
            return Err(Error::new(ErrorKind::FailedPrecondition, purpose, reason, advice));
        }
        submit(&mut recorded.subtasks)
    }

    /// Returns the progress with this label, of at most 100 characters; `""` is the progress without a label.
    ///
    /// A longer label is cut, and a task counts at most 1000 labels: progress never fails a task, it warns in the log of the job.
    #[must_use = "`add` and `done` count progress"]
    pub fn progress<'a>(&'a self, label: &'a str) -> TaskProgress<'a> {
        TaskProgress { context: self, label }
    }

    pub(super) fn count(&self, label: &str, total: u64, done: u64) {
        let limited = self.execution.recorded().progress.count(label, total, done);
        if let Some(limited) = limited {
            limited.warn(label);
        }
    }

    /// Returns the values that the tasks of this job share, in the cache of the runner.
    ///
    /// Without a cache, every use is an error that says how to set one.
    #[must_use]
    pub fn cache(&self) -> JobCache {
        JobCache::new(Arc::clone(&self.execution.services.cache), self.job_id())
    }

    /// Returns the value of this type that all tasks of the runner share.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::FailedPrecondition`] if the runner has none. The error names the type.
    pub fn shared<T: Send + Sync + 'static>(&self) -> Result<&T> {
        self.execution.services.shared.get()
    }

    /// Sets the text by which diagrams and lists show this task. The server keeps 1024 characters; an empty text changes nothing.
    pub fn set_display(&self, text: impl Into<String>) {
        let text = text.into();
        if !text.is_empty() {
            self.execution.recorded().display = text;
        }
    }

    /// Returns the text by which diagrams and lists show this task.
    #[must_use]
    pub fn display(&self) -> String {
        self.execution.recorded().display.clone()
    }

    /// Returns the request to stop, which a long task can observe.
    #[must_use]
    pub fn stopping(&self) -> &Stopping {
        &self.execution.control.stopping
    }

    /// Returns the state of the lease of this task. A task whose lease was lost may be executed by another runner as well.
    #[must_use]
    pub fn lease(&self) -> LeaseState {
        self.execution.control.lease()
    }

    /// Returns the id of the job.
    #[must_use]
    pub fn job_id(&self) -> Uuid {
        self.execution.task.job_id
    }

    /// Returns the name of the job.
    #[must_use]
    pub fn job_name(&self) -> &str {
        &self.execution.task.job_name
    }

    /// Returns the id of this task.
    #[must_use]
    pub fn task_id(&self) -> Uuid {
        self.execution.task.id
    }

    /// Returns the identifier with which this task was submitted. Its minor version may be earlier than that of this code.
    #[must_use]
    pub fn identifier(&self) -> &TaskIdentifier {
        &self.execution.task.identifier
    }

    /// Returns how often this task failed before and was executed again. Executions that a runner did not end do not count.
    #[must_use]
    pub fn retry_count(&self) -> u64 {
        self.execution.task.retry_count
    }

    /// Returns the slug of the cluster of the runner; empty for the default cluster.
    #[must_use]
    pub fn cluster(&self) -> &str {
        &self.execution.services.cluster
    }

    /// Returns the monotonic time of the runtime, which is virtual in tests. [`lease`](Self::lease) counts in it.
    #[must_use]
    pub fn now(&self) -> Instant {
        self.runtime().now()
    }

    /// Waits for a duration of the time of the runtime, which is virtual in tests.
    pub async fn sleep(&self, duration: Duration) {
        self.runtime().sleep_until(self.now() + duration).await;
    }
}

impl fmt::Debug for Context {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let task = &self.execution.task;
        let shown = &mut f.debug_struct("Context");
        shown
            .field("task", &format_args!("{}", task.identifier))
            .field("task_id", &task.id)
            .field("job_id", &task.job_id);
        shown.finish_non_exhaustive()
    }
}
