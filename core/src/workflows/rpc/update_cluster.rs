//! `WorkflowsService.UpdateCluster`

use crate::protocol::retry::Idempotency;
use crate::protocol::rpc::Rpc;
use crate::protocol::wire::workflows::v1 as wire;

/// Changes the name or the description of a cluster. A given value replaces the stored one, so repeating the request
/// changes nothing.
#[derive(Clone, Copy, Debug)]
pub struct UpdateCluster;

impl Rpc for UpdateCluster {
    type Request = wire::UpdateClusterRequest;
    type Response = wire::Cluster;
    const PATH: &'static str = "/workflows.v1.WorkflowsService/UpdateCluster";
    const IDEMPOTENCY: Idempotency = Idempotency::Idempotent;
    const WRITES: bool = true;

    fn lacks(cluster: &wire::Cluster) -> Option<String> {
        cluster.slug.is_empty().then(|| "a cluster has at least a slug".to_owned())
    }
}
