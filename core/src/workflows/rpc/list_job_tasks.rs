//! `JobService.ListJobTasks`

use crate::protocol::retry::Idempotency;
use crate::protocol::rpc::Rpc;
use crate::protocol::wire::workflows::v1 as wire;

/// Returns one page of the root tasks of a job, or of the subtasks of a task, with the first pages of their subtasks.
#[derive(Clone, Copy, Debug)]
pub struct ListJobTasks;

impl Rpc for ListJobTasks {
    type Request = wire::ListJobTasksRequest;
    type Response = wire::ListJobTasksResponse;
    const PATH: &'static str = "/workflows.v1.JobService/ListJobTasks";
    const IDEMPOTENCY: Idempotency = Idempotency::Idempotent;
}
