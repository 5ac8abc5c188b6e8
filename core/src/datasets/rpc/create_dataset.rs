//! `DatasetService.CreateDataset`

use crate::protocol::retry::Idempotency;
use crate::protocol::rpc::Rpc;
use crate::protocol::wire::datasets::v1 as wire;

/// Creates a dataset in the caller's organisation.
#[derive(Clone, Copy, Debug)]
pub struct CreateDataset;

impl Rpc for CreateDataset {
    type Request = wire::CreateDatasetRequest;
    type Response = wire::Dataset;
    const PATH: &'static str = "/datasets.v1.DatasetService/CreateDataset";
    const IDEMPOTENCY: Idempotency = Idempotency::NotIdempotent;
    const WRITES: bool = true;

    fn lacks(dataset: &wire::Dataset) -> Option<String> {
        (*dataset == wire::Dataset::default()).then(|| "a dataset has at least an id".to_owned())
    }
}
