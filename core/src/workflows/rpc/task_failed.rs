//! `TaskService.TaskFailed`

use crate::protocol::retry::Idempotency;
use crate::protocol::rpc::Rpc;
use crate::protocol::wire::workflows::v1 as wire;

/// Reports a failed task, or hands a task back to the queue.
///
/// A repetition may end a later execution of the same task, because the request does not name the runner.
#[derive(Clone, Copy, Debug)]
pub struct TaskFailed;

impl Rpc for TaskFailed {
    type Request = wire::TaskFailedRequest;
    type Response = wire::TaskStateResponse;
    const PATH: &'static str = "/workflows.v1.TaskService/TaskFailed";
    const IDEMPOTENCY: Idempotency = Idempotency::NotIdempotent;
    const WRITES: bool = true;
}
