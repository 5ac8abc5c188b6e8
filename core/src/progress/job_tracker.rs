//! The progress of a job, computed from responses.

use std::sync::Arc;
use std::time::Duration;

use super::{JobProgress, LoadState, ProgressIndicator, TaskCounts};
use crate::time::Instant;

/// Computes the progress of one wait.
#[derive(Debug)]
pub(crate) struct JobTracker {
    started: Instant,
    /// The number of tasks that had ended at the first response.
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
        let ended_since = ended.saturating_sub(*self.ended_before.get_or_insert(ended));
        let left = tasks.total() - ended;
        let remaining = (state == LoadState::Running && ended_since > 0)
            .then(|| elapsed.as_secs_f64() / ended_since as f64 * left as f64)
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
