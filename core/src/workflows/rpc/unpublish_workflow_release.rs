//! `WorkflowsService.UnpublishWorkflowRelease`

use crate::protocol::retry::Idempotency;
use crate::protocol::rpc::Rpc;
use crate::protocol::wire::workflows::v1 as wire;

/// Removes a release of a workflow.
#[derive(Clone, Copy, Debug)]
pub struct UnpublishWorkflowRelease;

impl Rpc for UnpublishWorkflowRelease {
    type Request = wire::UnpublishWorkflowReleaseRequest;
    type Response = wire::UnpublishWorkflowReleaseResponse;
    const PATH: &'static str = "/workflows.v1.WorkflowsService/UnpublishWorkflowRelease";
    const IDEMPOTENCY: Idempotency = Idempotency::Idempotent;
    const WRITES: bool = true;
}
