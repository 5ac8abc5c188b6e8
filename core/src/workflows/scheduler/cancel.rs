//! Cancellation and retry of jobs.

use uuid::Uuid;

use super::Scheduler;
use super::keys::JobKey;
use super::limits;
use super::rejection::Rejection;
use crate::protocol::wire::tilebox::v1::Id;
use crate::protocol::wire::workflows::v1::{self as wire, JobState, TaskState};

impl Scheduler {
    /// Cancels a job: its queued tasks are no longer handed out. Running tasks continue, and their reports are accepted; the
    /// subtasks that they submit are stored but not handed out.
    ///
    /// A completed job stays completed. What Tilebox does with it is not known.
    ///
    /// # Errors
    ///
    /// When the job does not exist.
    pub fn cancel_job(&mut self, request: &wire::CancelJobRequest) -> Result<wire::CancelJobResponse, Rejection> {
        let job = self.require_job(request.job_id.as_ref())?;
        if self.jobs[job].state() != JobState::Completed && !self.jobs[job].canceled {
            self.jobs[job].canceled = true;
            self.touch_job(job);
            self.update_queues(job);
        }
        Ok(wire::CancelJobResponse {})
    }

    /// Queues the failed tasks of a job again, and hands out its queued tasks again if it was canceled. Computed tasks stay
    /// computed. The response is the number of failed tasks.
    ///
    /// Not known, and decided here: a failed task gets all its executions and crashes again; optional failures and skipped
    /// tasks are results, which stay.
    ///
    /// # Errors
    ///
    /// When the job does not exist.
    pub fn retry_job(&mut self, request: &wire::RetryJobRequest) -> Result<wire::RetryJobResponse, Rejection> {
        let key = self.require_job(request.job_id.as_ref())?;
        let job = &mut self.jobs[key];
        let failed = std::mem::take(&mut job.failed);
        if std::mem::take(&mut job.canceled) {
            self.touch_job(key);
        }
        for task in &failed {
            self.graph.tasks[*task].run.retries = 0;
            self.graph.tasks[*task].run.crashes = 0;
            self.set_state(*task, TaskState::Queued);
            self.enqueue(*task);
        }
        self.update_queues(key);
        Ok(wire::RetryJobResponse { num_tasks_rescheduled: failed.len() as i64 })
    }

    /// Returns the job that a request names.
    pub(super) fn require_job(&self, id: Option<&Id>) -> Result<JobKey, Rejection> {
        let id = limits::required_id("job_id", id)?;
        self.jobs_by_id.get(&id).copied().ok_or_else(|| unknown_job(id))
    }
}

fn unknown_job(id: Uuid) -> Rejection {
    Rejection::not_found(format!("job {id} does not exist"))
}
