//! `StorageLocationService.ListStorageLocations`

use crate::protocol::retry::Idempotency;
use crate::protocol::rpc::Rpc;
use crate::protocol::wire::workflows::v1 as wire;

/// Lists the storage locations of the caller's organisation.
#[derive(Clone, Copy, Debug)]
pub struct ListStorageLocations;

impl Rpc for ListStorageLocations {
    type Request = ();
    type Response = wire::StorageLocations;
    const PATH: &'static str = "/workflows.v1.StorageLocationService/ListStorageLocations";
    const IDEMPOTENCY: Idempotency = Idempotency::Idempotent;
}
