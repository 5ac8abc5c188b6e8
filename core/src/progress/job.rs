//! The progress of a job that a client waits for, and its observers.

use std::sync::Arc;
use std::time::Duration;

use super::{LoadState, ProgressIndicator};

/// The progress of a job that a client waits for.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct JobProgress {
    /// The name of the job.
    pub name: Arc<str>,
    /// Whether the job runs, or has ended. Stopped if it failed or was canceled, or if the wait ended before the job.
    pub state: LoadState,
    /// The number of tasks in each state.
    pub tasks: TaskCounts,
    /// The progress that its tasks reported, one indicator for each label.
    pub indicators: Vec<ProgressIndicator>,
    /// The time since the wait began.
    pub elapsed: Duration,
    /// The estimated time until all tasks have ended, by the speed since the wait began. `None` until a task has ended
    /// since then, and after the job has ended. Tasks that submit subtasks make it longer.
    pub remaining: Option<Duration>,
}

impl JobProgress {
    /// Returns the fraction of tasks that have ended, from 0 to 1. It decreases when tasks submit subtasks.
    #[must_use]
    pub fn fraction(&self) -> f64 {
        match (self.state, self.tasks.total()) {
            (LoadState::Complete, _) => 1.0,
            (_, 0) => 0.0,
            (_, total) => self.tasks.ended() as f64 / total as f64,
        }
    }
}

/// The number of tasks of a job in each state.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct TaskCounts {
    /// Waiting for a runner, or for other tasks.
    pub queued: u64,
    /// Executed by a runner.
    pub running: u64,
    /// Succeeded.
    pub computed: u64,
    /// Failed for good, which fails the job.
    pub failed: u64,
    /// Not executed, because a task of the same optional subtree failed.
    pub skipped: u64,
    /// Failed for good, in an optional subtree.
    pub failed_optional: u64,
    /// In a state that this version does not know.
    pub other: u64,
}

impl TaskCounts {
    /// Returns the number of tasks that have ended.
    #[must_use]
    pub fn ended(&self) -> u64 {
        [self.computed, self.failed, self.skipped, self.failed_optional].into_iter().fold(0, u64::saturating_add)
    }

    /// Returns the number of all tasks so far.
    #[must_use]
    pub fn total(&self) -> u64 {
        [self.queued, self.running, self.other].into_iter().fold(self.ended(), u64::saturating_add)
    }
}

/// A callback for one job. The task that waits for the job calls it after each response, so it must be fast.
pub type JobListener = Box<dyn FnMut(&JobProgress) + Send>;

/// An observer of jobs that a client waits for.
///
/// A closure is an observer that receives the progress of all jobs:
///
/// ```
/// # use tilebox_core as tilebox_tokio;
/// use tilebox_tokio::progress::{JobObserver, JobProgress};
///
/// let observer = |job: &JobProgress| eprintln!("{}: {:.0} %", job.name, job.fraction() * 100.0);
/// let mut listener = observer.start_job("clouds");
/// # let _: tilebox_core::progress::JobListener = listener;
/// ```
pub trait JobObserver: Send + Sync + 'static {
    /// Returns the listener of a job for which a client begins to wait.
    fn start_job(&self, name: &str) -> JobListener;
}

impl<F: Fn(&JobProgress) + Clone + Send + Sync + 'static> JobObserver for F {
    fn start_job(&self, _name: &str) -> JobListener {
        let listen = self.clone();
        Box::new(move |job| listen(job))
    }
}
