//! The progress of a job that a client waits for, and its observers.

use std::sync::Arc;
use std::time::Duration;

use super::{LoadState, ProgressIndicator};
use crate::time::Instant;

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
    /// The estimated time until all tasks have ended, by the speed since the wait began. `None` before a task has ended
    /// meanwhile, and after the job has ended. Tasks that submit subtasks make it longer.
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

/// A callback for one job. The task that waits for the job calls it after every look at the job, so it must be fast.
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

/// Computes the progress of one wait.
#[derive(Debug)]
pub(crate) struct JobTracker {
    started: Instant,
    /// The number of tasks that had ended at the first look.
    ended_before: Option<u64>,
    progress: JobProgress,
}

impl JobTracker {
    /// Creates the tracker of a wait that begins now.
    pub(crate) fn new(name: &str, now: Instant) -> Self {
        let progress = JobProgress {
            name: Arc::from(name),
            state: LoadState::Running,
            tasks: TaskCounts::default(),
            indicators: Vec::new(),
            elapsed: Duration::ZERO,
            remaining: None,
        };
        Self { started: now, ended_before: None, progress }
    }

    /// Takes the job as the server describes it now.
    pub(crate) fn update(
        &mut self,
        now: Instant,
        state: LoadState,
        tasks: TaskCounts,
        indicators: &[ProgressIndicator],
    ) -> &JobProgress {
        let elapsed = now - self.started;
        let ended = tasks.ended();
        let meanwhile = ended.saturating_sub(*self.ended_before.get_or_insert(ended));
        let left = tasks.total() - ended;
        let remaining = (state == LoadState::Running && meanwhile > 0)
            .then(|| elapsed.as_secs_f64() / meanwhile as f64 * left as f64)
            .and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
        let name = Arc::clone(&self.progress.name);
        self.progress = JobProgress { name, state, tasks, indicators: indicators.to_vec(), elapsed, remaining };
        &self.progress
    }

    /// Ends the wait before the job has ended.
    pub(crate) fn stop(&mut self, now: Instant) -> &JobProgress {
        self.progress.state = LoadState::Stopped;
        self.progress.elapsed = now - self.started;
        self.progress.remaining = None;
        &self.progress
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const START: Instant = Instant::ORIGIN;

    fn counts(queued: u64, computed: u64) -> TaskCounts {
        TaskCounts { queued, computed, ..TaskCounts::default() }
    }

    #[test]
    fn the_rest_is_estimated_by_the_speed_of_the_wait() {
        let mut tracker = JobTracker::new("clouds", START);
        let at = |seconds| START + Duration::from_secs(seconds);
        // 10 tasks had ended before the wait.
        let first = tracker.update(at(0), LoadState::Running, counts(30, 10), &[]);
        assert_eq!((first.remaining, first.fraction()), (None, 0.25));
        let second = tracker.update(at(10), LoadState::Running, counts(20, 20), &[]);
        assert_eq!((second.remaining, second.elapsed), (Some(Duration::from_secs(20)), Duration::from_secs(10)));
        let ended = tracker.update(at(30), LoadState::Complete, counts(0, 40), &[]);
        assert_eq!((ended.remaining, ended.fraction()), (None, 1.0));
    }

    #[test]
    fn a_stopped_wait_keeps_the_last_counts() {
        let mut tracker = JobTracker::new("clouds", START);
        tracker.update(START, LoadState::Running, counts(3, 1), &[]);
        let stopped = tracker.stop(START + Duration::from_secs(1));
        assert_eq!((stopped.state, stopped.tasks, stopped.fraction()), (LoadState::Stopped, counts(3, 1), 0.25));
    }

    proptest! {
        #[test]
        fn any_counts_give_a_fraction_and_no_overflow(counts: [u64; 7], seconds: u64) {
            let [queued, running, computed, failed, skipped, failed_optional, other] = counts;
            let tasks = TaskCounts { queued, running, computed, failed, skipped, failed_optional, other };
            let mut tracker = JobTracker::new("", START);
            tracker.update(START, LoadState::Running, TaskCounts { queued, ..TaskCounts::default() }, &[]);
            let progress = tracker.update(START + Duration::from_secs(seconds), LoadState::Running, tasks, &[]);
            prop_assert!((0.0..=1.0).contains(&progress.fraction()));
        }
    }
}
