//! `WorkflowsService.UpdateWorkflow`

use crate::protocol::retry::Idempotency;
use crate::protocol::rpc::Rpc;
use crate::protocol::wire::workflows::v1 as wire;

/// Changes the name or the texts of a workflow. A given value replaces the stored one, so repeating the request changes
/// nothing.
#[derive(Clone, Copy, Debug)]
pub struct UpdateWorkflow;

impl Rpc for UpdateWorkflow {
    type Request = wire::UpdateWorkflowRequest;
    type Response = wire::Workflow;
    const PATH: &'static str = "/workflows.v1.WorkflowsService/UpdateWorkflow";
    const IDEMPOTENCY: Idempotency = Idempotency::Idempotent;
    const WRITES: bool = true;

    fn lacks(workflow: &wire::Workflow) -> Option<String> {
        workflow.slug.is_empty().then(|| "a workflow has at least a slug".to_owned())
    }
}
