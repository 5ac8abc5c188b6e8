//! `WorkflowsService.DeleteCluster`

use crate::protocol::retry::Idempotency;
use crate::protocol::rpc::Rpc;
use crate::protocol::wire::workflows::v1 as wire;

/// Deletes a cluster.
#[derive(Clone, Copy, Debug)]
pub struct DeleteCluster;

impl Rpc for DeleteCluster {
    type Request = wire::DeleteClusterRequest;
    type Response = wire::DeleteClusterResponse;
    const PATH: &'static str = "/workflows.v1.WorkflowsService/DeleteCluster";
    const IDEMPOTENCY: Idempotency = Idempotency::Idempotent;
    const WRITES: bool = true;
}
