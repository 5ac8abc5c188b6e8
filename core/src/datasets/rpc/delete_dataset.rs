//! `DatasetService.DeleteDataset`

use crate::protocol::retry::Idempotency;
use crate::protocol::rpc::Rpc;
use crate::protocol::wire::datasets::v1 as wire;

/// Deletes a dataset: an empty one at once, any other after some days in the trash.
#[derive(Clone, Copy, Debug)]
pub struct DeleteDataset;

impl Rpc for DeleteDataset {
    type Request = wire::DeleteDatasetRequest;
    type Response = wire::DeleteDatasetResponse;
    const PATH: &'static str = "/datasets.v1.DatasetService/DeleteDataset";
    const IDEMPOTENCY: Idempotency = Idempotency::Idempotent;
    const WRITES: bool = true;
}
