//! `CollectionService.GetCollectionByName`

use crate::protocol::retry::Idempotency;
use crate::protocol::rpc::Rpc;
use crate::protocol::wire::datasets::v1 as wire;

/// Returns the collection of a dataset with a name.
#[derive(Clone, Copy, Debug)]
pub struct GetCollection;

impl Rpc for GetCollection {
    type Request = wire::GetCollectionByNameRequest;
    type Response = wire::CollectionInfo;
    const PATH: &'static str = "/datasets.v1.CollectionService/GetCollectionByName";
    const IDEMPOTENCY: Idempotency = Idempotency::Idempotent;

    fn lacks(info: &wire::CollectionInfo) -> Option<String> {
        (*info == wire::CollectionInfo::default()).then(|| "a collection has at least an id".to_owned())
    }
}
