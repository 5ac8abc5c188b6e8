//! `WorkflowsService.GetCluster`

use crate::protocol::retry::Idempotency;
use crate::protocol::rpc::Rpc;
use crate::protocol::wire::workflows::v1 as wire;

/// Returns the cluster with a slug; the default cluster for an empty slug.
#[derive(Clone, Copy, Debug)]
pub struct GetCluster;

impl Rpc for GetCluster {
    type Request = wire::GetClusterRequest;
    type Response = wire::Cluster;
    const PATH: &'static str = "/workflows.v1.WorkflowsService/GetCluster";
    const IDEMPOTENCY: Idempotency = Idempotency::Idempotent;

    fn lacks(cluster: &wire::Cluster) -> Option<String> {
        cluster.slug.is_empty().then(|| "a cluster has at least a slug".to_owned())
    }
}
