//! `WorkflowsService.PublishWorkflowRelease`

use crate::protocol::retry::Idempotency;
use crate::protocol::rpc::Rpc;
use crate::protocol::wire::workflows::v1 as wire;

/// Publishes an uploaded artifact as a release of a workflow.
#[derive(Clone, Copy, Debug)]
pub struct PublishWorkflowRelease;

impl Rpc for PublishWorkflowRelease {
    type Request = wire::PublishWorkflowReleaseRequest;
    type Response = wire::WorkflowRelease;
    const PATH: &'static str = "/workflows.v1.WorkflowsService/PublishWorkflowRelease";
    const IDEMPOTENCY: Idempotency = Idempotency::NotIdempotent;
    const WRITES: bool = true;

    fn lacks(release: &wire::WorkflowRelease) -> Option<String> {
        release.id.is_none().then(|| "a release has at least an id".to_owned())
    }
}
