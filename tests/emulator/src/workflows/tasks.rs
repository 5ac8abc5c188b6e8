//! `TaskService`, over the scheduler.

use prost_types::Duration;
use tilebox_core::protocol::wire::workflows::v1::{
    IdlingResponse, NextTaskRequest, NextTaskResponse, TaskFailedRequest, TaskLease, TaskLeaseRequest,
    TaskStateResponse,
};

use super::state::State;
use crate::services::Refusal;

/// Accepts the report of a computed task, and hands out the next task, each if the request wants it.
pub(super) fn next(state: &mut State, mut request: NextTaskRequest) -> Result<NextTaskResponse, Refusal> {
    let now = state.now();
    // A request of a deleted cluster is refused, which ends its runner. But a report must not get lost: it is accepted,
    // and the next request is refused.
    let is_of_deleted_cluster = match &request.next_task_to_run {
        Some(wanted) => request.computed_task.is_some() && state.is_deleted(&wanted.cluster_slug),
        None => false,
    };
    if !is_of_deleted_cluster {
        return Ok(state.scheduler().next_task(now, &request)?);
    }
    request.next_task_to_run = None;
    state.scheduler().next_task(now, &request)?;
    let idle = *state.scheduler().policy().idle.start();
    let suggested_idling_duration = Duration::try_from(idle).ok();
    Ok(NextTaskResponse { next_task: None, idling: Some(IdlingResponse { suggested_idling_duration }) })
}

/// Accepts the report of a failed task.
pub(super) fn failed(state: &mut State, request: TaskFailedRequest) -> Result<TaskStateResponse, Refusal> {
    let now = state.now();
    Ok(state.scheduler().task_failed(now, &request)?)
}

/// Extends the lease of a running task.
pub(super) fn extend_lease(state: &mut State, request: TaskLeaseRequest) -> Result<TaskLease, Refusal> {
    let now = state.now();
    Ok(state.scheduler().extend_lease(now, &request)?)
}

impl State {
    /// Returns whether a slug, which is not empty, names no cluster.
    fn is_deleted(&self, slug: &str) -> bool {
        !slug.is_empty() && slug != self.default_slug && !self.clusters.contains_key(slug)
    }
}
