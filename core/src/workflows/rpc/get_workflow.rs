//! `WorkflowsService.GetWorkflow`

use crate::protocol::retry::Idempotency;
use crate::protocol::rpc::Rpc;
use crate::protocol::wire::workflows::v1 as wire;

/// Returns the workflow with a slug, and its releases.
#[derive(Clone, Copy, Debug)]
pub struct GetWorkflow;

impl Rpc for GetWorkflow {
    type Request = wire::GetWorkflowRequest;
    type Response = wire::Workflow;
    const PATH: &'static str = "/workflows.v1.WorkflowsService/GetWorkflow";
    const IDEMPOTENCY: Idempotency = Idempotency::Idempotent;

    fn lacks(workflow: &wire::Workflow) -> Option<String> {
        workflow.slug.is_empty().then(|| "a workflow has at least a slug".to_owned())
    }
}
