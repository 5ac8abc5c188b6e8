//! Counts of jobs by state, and of the tasks that wait.

use super::Scheduler;
use super::interval::Times;
use super::job::Job;
use super::rejection::Rejection;
use super::times::{self, Now};
use crate::protocol::wire::workflows::v1::{self as wire, JobState, TaskState};

impl Scheduler {
    /// Returns how many jobs of an interval are in each state, leaving out states without jobs.
    ///
    /// # Errors
    ///
    /// When the interval is not valid.
    pub fn job_state_counts(
        &self,
        request: &wire::GetJobStateCountsRequest,
    ) -> Result<wire::GetJobStateCountsResponse, Rejection> {
        let times = Times::read("time_interval", request.time_interval.as_ref())?;
        let mut counts = [0_u64; 7];
        for job in self.jobs_with(times.ids()).filter(|job| times.contains(job.submitted_at())) {
            counts[job.state() as usize] += 1;
        }
        let state_counts = (0_i32..).zip(counts).filter(|(_, count)| *count > 0);
        Ok(wire::GetJobStateCountsResponse {
            state_counts: state_counts.map(|(state, count)| wire::JobStateCount { state, count }).collect(),
            total_jobs: counts.iter().sum::<u64>().cast_signed(),
        })
    }

    /// Returns how many jobs wait or run, how many of their tasks are queued, and the oldest of the waiting jobs.
    ///
    /// A job waits if tasks of it are queued and none is running; canceled and failed jobs do neither. Tilebox's
    /// definitions are not known. The interval and the maximum age both apply.
    ///
    /// # Errors
    ///
    /// When the interval or the age is not valid.
    pub fn task_queue_stats(
        &self,
        now: Now,
        request: &wire::GetTaskQueueStatsRequest,
    ) -> Result<wire::GetTaskQueueStatsResponse, Rejection> {
        let interval = Times::read("job_time_interval", request.job_time_interval.as_ref())?;
        let maximum_age = match &request.job_max_age {
            None => None,
            Some(age) => match times::from_wire(age) {
                None => return Err(Rejection::invalid("job_max_age: expects a duration of 0 or more")),
                age => age,
            },
        };
        let is_young =
            |job: &Job| maximum_age.is_none_or(|maximum| times::between(job.submitted_at(), now.time) <= maximum);
        let mut stats = wire::GetTaskQueueStatsResponse::default();
        let mut oldest: Option<&Job> = None;
        let counts = |job: &&Job| interval.contains(job.submitted_at()) && is_young(job);
        for job in self.jobs_with(interval.ids()).filter(counts) {
            match job.state() {
                JobState::Submitted | JobState::Started => {
                    stats.waiting_jobs += 1;
                    oldest = oldest.or(Some(job));
                }
                JobState::Running => stats.running_jobs += 1,
                JobState::Unspecified | JobState::Completed | JobState::Failed | JobState::Canceled => continue,
            }
            stats.queued_tasks += job.counts.of(TaskState::Queued);
        }
        stats.oldest_waiting_job = oldest.map(Job::to_wire);
        Ok(stats)
    }
}
