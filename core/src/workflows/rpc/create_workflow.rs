//! `WorkflowsService.CreateWorkflow`

use crate::protocol::retry::Idempotency;
use crate::protocol::rpc::Rpc;
use crate::protocol::wire::workflows::v1 as wire;

/// Creates a workflow. The server derives its slug from the name.
#[derive(Clone, Copy, Debug)]
pub struct CreateWorkflow;

impl Rpc for CreateWorkflow {
    type Request = wire::CreateWorkflowRequest;
    type Response = wire::Workflow;
    const PATH: &'static str = "/workflows.v1.WorkflowsService/CreateWorkflow";
    const IDEMPOTENCY: Idempotency = Idempotency::NotIdempotent;
    const WRITES: bool = true;

    fn lacks(workflow: &wire::Workflow) -> Option<String> {
        workflow.slug.is_empty().then(|| "a workflow has at least a slug".to_owned())
    }
}
