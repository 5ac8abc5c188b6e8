//! `WorkflowsService.DeployWorkflowRelease`

use crate::protocol::retry::Idempotency;
use crate::protocol::rpc::Rpc;
use crate::protocol::wire::workflows::v1 as wire;

/// Deploys a release to clusters; to the default cluster if the request names none.
#[derive(Clone, Copy, Debug)]
pub struct DeployWorkflowRelease;

impl Rpc for DeployWorkflowRelease {
    type Request = wire::DeployWorkflowReleaseRequest;
    type Response = wire::DeployWorkflowReleaseResponse;
    const PATH: &'static str = "/workflows.v1.WorkflowsService/DeployWorkflowRelease";
    const IDEMPOTENCY: Idempotency = Idempotency::Idempotent;
    const WRITES: bool = true;

    fn lacks(deployment: &wire::DeployWorkflowReleaseResponse) -> Option<String> {
        deployment.release.is_none().then(|| "a deployment has at least a release".to_owned())
    }
}
