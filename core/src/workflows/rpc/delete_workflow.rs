//! `WorkflowsService.DeleteWorkflow`

use crate::protocol::retry::Idempotency;
use crate::protocol::rpc::Rpc;
use crate::protocol::wire::workflows::v1 as wire;

/// Deletes a workflow.
#[derive(Clone, Copy, Debug)]
pub struct DeleteWorkflow;

impl Rpc for DeleteWorkflow {
    type Request = wire::DeleteWorkflowRequest;
    type Response = wire::DeleteWorkflowResponse;
    const PATH: &'static str = "/workflows.v1.WorkflowsService/DeleteWorkflow";
    const IDEMPOTENCY: Idempotency = Idempotency::Idempotent;
    const WRITES: bool = true;
}
