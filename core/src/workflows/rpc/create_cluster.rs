//! `WorkflowsService.CreateCluster`

use crate::protocol::retry::Idempotency;
use crate::protocol::rpc::Rpc;
use crate::protocol::wire::workflows::v1 as wire;

/// Creates a cluster.
#[derive(Clone, Copy, Debug)]
pub struct CreateCluster;

impl Rpc for CreateCluster {
    type Request = wire::CreateClusterRequest;
    type Response = wire::Cluster;
    const PATH: &'static str = "/workflows.v1.WorkflowsService/CreateCluster";
    const IDEMPOTENCY: Idempotency = Idempotency::NotIdempotent;
    const WRITES: bool = true;

    fn lacks(cluster: &wire::Cluster) -> Option<String> {
        cluster.slug.is_empty().then(|| "a cluster has at least a slug".to_owned())
    }
}
