//! `DatasetService.GetDataset`

use crate::protocol::retry::Idempotency;
use crate::protocol::rpc::Rpc;
use crate::protocol::wire::datasets::v1 as wire;

/// Returns the dataset with a slug or an id.
#[derive(Clone, Copy, Debug)]
pub struct GetDataset;

impl Rpc for GetDataset {
    type Request = wire::GetDatasetRequest;
    type Response = wire::Dataset;
    const PATH: &'static str = "/datasets.v1.DatasetService/GetDataset";
    const IDEMPOTENCY: Idempotency = Idempotency::Idempotent;

    fn lacks(dataset: &wire::Dataset) -> Option<String> {
        (*dataset == wire::Dataset::default()).then(|| "a dataset has at least an id".to_owned())
    }
}
