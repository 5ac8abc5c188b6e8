//! `CollectionService.DeleteCollection`

use crate::protocol::retry::Idempotency;
use crate::protocol::rpc::Rpc;
use crate::protocol::wire::datasets::v1 as wire;

/// Deletes a collection and its datapoints.
#[derive(Clone, Copy, Debug)]
pub struct DeleteCollection;

impl Rpc for DeleteCollection {
    type Request = wire::DeleteCollectionRequest;
    type Response = wire::DeleteCollectionResponse;
    const PATH: &'static str = "/datasets.v1.CollectionService/DeleteCollection";
    const IDEMPOTENCY: Idempotency = Idempotency::Idempotent;
    const WRITES: bool = true;
}
