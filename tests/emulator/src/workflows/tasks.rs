//! `TaskService`, over the scheduler.

use tilebox_core::protocol::wire::workflows::v1::{
    NextTaskRequest, NextTaskResponse, TaskFailedRequest, TaskLease, TaskLeaseRequest, TaskStateResponse,
};

use super::state::State;
use crate::services::Refusal;

/// Accepts the report of a computed task, and hands out the next task, each if the request wants it.
pub(super) fn next(state: &mut State, request: &NextTaskRequest) -> Result<NextTaskResponse, Refusal> {
    let now = state.now();
    Ok(state.scheduler().next_task(now, request)?)
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
