//! `DatasetService.ListDatasets`

use crate::protocol::retry::Idempotency;
use crate::protocol::rpc::Rpc;
use crate::protocol::wire::datasets::v1 as wire;

/// Lists the datasets that the caller can see, and their groups.
#[derive(Clone, Copy, Debug)]
pub struct ListDatasets;

impl Rpc for ListDatasets {
    type Request = wire::ListDatasetsRequest;
    type Response = wire::ListDatasetsResponse;
    const PATH: &'static str = "/datasets.v1.DatasetService/ListDatasets";
    const IDEMPOTENCY: Idempotency = Idempotency::Idempotent;
}
