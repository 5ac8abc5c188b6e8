//! `JobService`, over the scheduler.

use tilebox_core::protocol::wire::workflows::v1::{
    CancelJobRequest, CancelJobResponse, CloneJobRequest, GetJobPrototypeRequest, GetJobPrototypeResponse,
    GetJobRequest, GetJobStateCountsRequest, GetJobStateCountsResponse, GetTaskQueueStatsRequest,
    GetTaskQueueStatsResponse, Job, ListJobTasksRequest, ListJobTasksResponse, QueryJobsRequest, QueryJobsResponse,
    RetryJobRequest, RetryJobResponse, SingleTaskSubmission, SubmitJobRequest,
};

use super::state::State;
use crate::services::{ErrorCode, Refusal, required_id};

/// Stores a job. Its tasks are handed out once the response is sent.
pub(super) fn submit(state: &mut State, request: SubmitJobRequest) -> Result<Job, Refusal> {
    state.submit_job(&request)
}

/// Returns a job.
pub(super) fn get(state: &mut State, request: GetJobRequest) -> Result<Job, Refusal> {
    let id = required_id("job_id", request.job_id.as_ref())?;
    let unknown = || Refusal::new(ErrorCode::NotFound, format!("job {id} does not exist"));
    state.scheduler().job(id).ok_or_else(unknown)
}

/// Returns a page of the tasks of a job.
pub(super) fn list_tasks(state: &mut State, request: ListJobTasksRequest) -> Result<ListJobTasksResponse, Refusal> {
    Ok(state.scheduler().list_job_tasks(&request)?)
}

/// Queues the failed tasks of a job again, and undoes its cancellation.
pub(super) fn retry(state: &mut State, request: RetryJobRequest) -> Result<RetryJobResponse, Refusal> {
    Ok(state.scheduler().retry_job(&request)?)
}

/// Cancels a job. Its running tasks continue.
pub(super) fn cancel(state: &mut State, request: CancelJobRequest) -> Result<CancelJobResponse, Refusal> {
    Ok(state.scheduler().cancel_job(&request)?)
}

/// Returns a page of jobs that match the filters.
pub(super) fn query(state: &mut State, request: QueryJobsRequest) -> Result<QueryJobsResponse, Refusal> {
    Ok(state.scheduler().query_jobs(&request)?)
}

/// Returns the name and the root tasks of a job, to clone it.
pub(super) fn prototype(
    state: &mut State,
    request: GetJobPrototypeRequest,
) -> Result<GetJobPrototypeResponse, Refusal> {
    Ok(state.scheduler().job_prototype(&request)?)
}

/// Stores a job like another one, with other root tasks.
pub(super) fn clone(state: &mut State, request: CloneJobRequest) -> Result<Job, Refusal> {
    let now = state.now();
    let job = state.scheduler().clone_job(now, &request)?;
    if names_default_cluster(&request.root_tasks_overrides) {
        state.use_default_cluster();
    }
    Ok(job)
}

/// Counts the jobs of an interval by state.
pub(super) fn state_counts(
    state: &mut State,
    request: GetJobStateCountsRequest,
) -> Result<GetJobStateCountsResponse, Refusal> {
    Ok(state.scheduler().job_state_counts(&request)?)
}

/// Counts waiting jobs and tasks.
pub(super) fn queue_stats(
    state: &mut State,
    request: GetTaskQueueStatsRequest,
) -> Result<GetTaskQueueStatsResponse, Refusal> {
    let now = state.now();
    Ok(state.scheduler().task_queue_stats(now, &request)?)
}

impl State {
    /// Submits a job. An unknown cluster is refused with `not_found`, which is documented for clusters; that it holds for
    /// submissions as well is not known.
    pub(super) fn submit_job(&mut self, request: &SubmitJobRequest) -> Result<Job, Refusal> {
        let now = self.now();
        let job = self.scheduler().submit_job(now, request)?;
        let slugs = request.tasks.iter().flat_map(|tasks| &tasks.cluster_slug_lookup);
        if slugs.into_iter().any(String::is_empty) || names_default_cluster(&request.legacy_tasks) {
            self.use_default_cluster();
        }
        Ok(job)
    }
}

fn names_default_cluster(tasks: &[SingleTaskSubmission]) -> bool {
    tasks.iter().any(|task| task.cluster_slug.is_empty())
}
