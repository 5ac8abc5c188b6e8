//! `StorageLocationService.DeleteStorageLocation`

use crate::protocol::retry::Idempotency;
use crate::protocol::rpc::Rpc;
use crate::protocol::wire::tilebox;

/// Deletes a storage location.
#[derive(Clone, Copy, Debug)]
pub struct DeleteStorageLocation;

impl Rpc for DeleteStorageLocation {
    type Request = tilebox::v1::Id;
    type Response = ();
    const PATH: &'static str = "/workflows.v1.StorageLocationService/DeleteStorageLocation";
    const IDEMPOTENCY: Idempotency = Idempotency::Idempotent;
    const WRITES: bool = true;
}
