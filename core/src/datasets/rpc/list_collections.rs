//! `CollectionService.ListCollections`

use crate::protocol::retry::Idempotency;
use crate::protocol::rpc::Rpc;
use crate::protocol::wire::datasets::v1 as wire;

/// Lists the collections of a dataset.
#[derive(Clone, Copy, Debug)]
pub struct ListCollections;

impl Rpc for ListCollections {
    type Request = wire::ListCollectionsRequest;
    type Response = wire::ListCollectionsResponse;
    const PATH: &'static str = "/datasets.v1.CollectionService/ListCollections";
    const IDEMPOTENCY: Idempotency = Idempotency::Idempotent;
}
