//! `TaskService.NextTask`

use crate::protocol::retry::Idempotency;
use crate::protocol::rpc::Rpc;
use crate::protocol::wire::workflows::v1 as wire;

/// Reports a computed task, asks for a task to run, or both.
///
/// A task whose response is lost stays leased until its lease ends. A response without fields is valid: the server has no
/// task, or none was wanted.
#[derive(Clone, Copy, Debug)]
pub struct NextTask;

impl Rpc for NextTask {
    type Request = wire::NextTaskRequest;
    type Response = wire::NextTaskResponse;
    const PATH: &'static str = "/workflows.v1.TaskService/NextTask";
    const IDEMPOTENCY: Idempotency = Idempotency::NotIdempotent;
    const WRITES: bool = true;
}
