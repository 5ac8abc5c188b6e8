//! `WorkflowsService.ListClusters`

use crate::protocol::retry::Idempotency;
use crate::protocol::rpc::Rpc;
use crate::protocol::wire::workflows::v1 as wire;

/// Lists the clusters of the caller's organisation.
#[derive(Clone, Copy, Debug)]
pub struct ListClusters;

impl Rpc for ListClusters {
    type Request = wire::ListClustersRequest;
    type Response = wire::ListClustersResponse;
    const PATH: &'static str = "/workflows.v1.WorkflowsService/ListClusters";
    const IDEMPOTENCY: Idempotency = Idempotency::Idempotent;
}
