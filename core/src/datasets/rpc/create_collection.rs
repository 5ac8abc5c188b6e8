//! `CollectionService.CreateCollection`

use crate::protocol::retry::Idempotency;
use crate::protocol::rpc::Rpc;
use crate::protocol::wire::datasets::v1 as wire;

/// Creates a collection in a dataset.
#[derive(Clone, Copy, Debug)]
pub struct CreateCollection;

impl Rpc for CreateCollection {
    type Request = wire::CreateCollectionRequest;
    type Response = wire::CollectionInfo;
    const PATH: &'static str = "/datasets.v1.CollectionService/CreateCollection";
    const IDEMPOTENCY: Idempotency = Idempotency::NotIdempotent;
    const WRITES: bool = true;

    fn lacks(info: &wire::CollectionInfo) -> Option<String> {
        (*info == wire::CollectionInfo::default()).then(|| "a collection has at least an id".to_owned())
    }
}
