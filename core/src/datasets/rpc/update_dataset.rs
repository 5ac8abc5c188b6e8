//! `DatasetService.UpdateDataset`

use crate::protocol::retry::Idempotency;
use crate::protocol::rpc::Rpc;
use crate::protocol::wire::datasets::v1 as wire;

/// Changes the names, the texts or the type of a dataset. A given value replaces the stored one, so repeating the request
/// changes nothing.
#[derive(Clone, Copy, Debug)]
pub struct UpdateDataset;

impl Rpc for UpdateDataset {
    type Request = wire::UpdateDatasetRequest;
    type Response = wire::Dataset;
    const PATH: &'static str = "/datasets.v1.DatasetService/UpdateDataset";
    const IDEMPOTENCY: Idempotency = Idempotency::Idempotent;
    const WRITES: bool = true;

    fn lacks(dataset: &wire::Dataset) -> Option<String> {
        (*dataset == wire::Dataset::default()).then(|| "a dataset has at least an id".to_owned())
    }
}
