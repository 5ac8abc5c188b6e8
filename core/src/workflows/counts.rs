//! Numbers of jobs and of waiting tasks.

use std::fmt;

use super::{JobInfo, JobState};
use crate::error::UnreadableMessage;
use crate::protocol::wire::workflows::v1 as wire;

/// The number of jobs in each state.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct JobStateCounts {
    /// The number of jobs in all states.
    pub total: u64,
    /// The number of jobs in each state, in the order of the server.
    pub by_state: Vec<(JobState, u64)>,
}

impl JobStateCounts {
    /// Converts a message.
    #[must_use]
    pub fn from_wire(counts: &wire::GetJobStateCountsResponse) -> Self {
        let by_state = counts.state_counts.iter().map(|count| (JobState::from_number(count.state), count.count));
        Self { total: u64::try_from(counts.total_jobs).unwrap_or(0), by_state: by_state.collect() }
    }

    /// Returns the number of jobs in this state.
    #[must_use]
    pub fn count(&self, state: JobState) -> u64 {
        let counts = self.by_state.iter().filter(|(counted, _)| *counted == state);
        counts.fold(0, |sum, (_, count)| sum.saturating_add(*count))
    }
}

/// Prints `12 jobs: 11 completed, 1 failed`.
impl fmt::Display for JobStateCounts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.total, if self.total == 1 { "job" } else { "jobs" })?;
        for (index, (state, count)) in self.by_state.iter().filter(|(_, count)| *count > 0).enumerate() {
            write!(f, "{} {count} {state}", if index == 0 { ":" } else { "," })?;
        }
        Ok(())
    }
}

/// The jobs and tasks that wait for runners.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct QueueStats {
    /// The number of jobs of which no task has started.
    pub waiting_jobs: u64,
    /// The number of jobs that are running.
    pub running_jobs: u64,
    /// The number of queued tasks.
    pub queued_tasks: u64,
    /// The job that waits longest; `None` if none waits.
    pub oldest_waiting_job: Option<JobInfo>,
}

impl QueueStats {
    /// Converts a message.
    ///
    /// # Errors
    ///
    /// If the waiting job has no id.
    pub fn from_wire(stats: wire::GetTaskQueueStatsResponse) -> Result<Self, UnreadableMessage> {
        Ok(Self {
            waiting_jobs: stats.waiting_jobs,
            running_jobs: stats.running_jobs,
            queued_tasks: stats.queued_tasks,
            oldest_waiting_job: stats.oldest_waiting_job.map(JobInfo::from_wire).transpose()?,
        })
    }
}

/// Prints `3 waiting jobs, 1 running job, 86 queued tasks`, and the oldest waiting job.
impl fmt::Display for QueueStats {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let plural = |count: u64| if count == 1 { "" } else { "s" };
        let Self { waiting_jobs, running_jobs, queued_tasks, oldest_waiting_job } = self;
        write!(
            f,
            "{waiting_jobs} waiting job{}, {running_jobs} running job{}",
            plural(*waiting_jobs),
            plural(*running_jobs)
        )?;
        write!(f, ", {queued_tasks} queued task{}", plural(*queued_tasks))?;
        match oldest_waiting_job {
            Some(job) => write!(f, "\noldest waiting job: {job}"),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workflows::job::tests::progress_example;

    #[test]
    fn counts_print_in_one_line() {
        let count = |state, count| wire::JobStateCount { state, count };
        let counts = wire::GetJobStateCountsResponse {
            state_counts: vec![count(4, 11), count(2, 0), count(99, 1)],
            total_jobs: 12,
        };
        let counts = JobStateCounts::from_wire(&counts);
        assert_eq!(counts.to_string(), "12 jobs: 11 completed, 1 unknown (99)");
        assert_eq!((counts.count(JobState::Completed), counts.count(JobState::Failed)), (11, 0));
        assert_eq!(JobStateCounts::default().to_string(), "0 jobs");
    }

    #[test]
    fn queue_stats_print_the_oldest_waiting_job() {
        let stats = wire::GetTaskQueueStatsResponse {
            waiting_jobs: 3,
            running_jobs: 1,
            queued_tasks: 86,
            oldest_waiting_job: Some(progress_example()),
        };
        let printed = QueueStats::from_wire(stats).expect("statistics").to_string();
        assert!(
            printed.starts_with(
                "3 waiting jobs, 1 running job, 86 queued tasks\noldest waiting job: progress-example [completed]\n"
            ),
            "{printed}"
        );
        assert_eq!(QueueStats::default().to_string(), "0 waiting jobs, 0 running jobs, 0 queued tasks");
    }
}
