//! `WorkflowsService.UndeployWorkflowRelease`

use crate::protocol::retry::Idempotency;
use crate::protocol::rpc::Rpc;
use crate::protocol::wire::workflows::v1 as wire;

/// Removes a release from clusters; from the default cluster if the request names none.
#[derive(Clone, Copy, Debug)]
pub struct UndeployWorkflowRelease;

impl Rpc for UndeployWorkflowRelease {
    type Request = wire::UndeployWorkflowReleaseRequest;
    type Response = wire::UndeployWorkflowReleaseResponse;
    const PATH: &'static str = "/workflows.v1.WorkflowsService/UndeployWorkflowRelease";
    const IDEMPOTENCY: Idempotency = Idempotency::Idempotent;
    const WRITES: bool = true;

    fn lacks(deployment: &wire::UndeployWorkflowReleaseResponse) -> Option<String> {
        deployment.release.is_none().then(|| "a deployment has at least a release".to_owned())
    }
}
