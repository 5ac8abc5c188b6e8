//! `StorageLocationService.UpdateStorageLocation`

use crate::protocol::retry::Idempotency;
use crate::protocol::rpc::Rpc;
use crate::protocol::wire::workflows::v1 as wire;

/// Renames a storage location.
#[derive(Clone, Copy, Debug)]
pub struct UpdateStorageLocation;

impl Rpc for UpdateStorageLocation {
    type Request = wire::UpdateStorageLocationRequest;
    type Response = wire::StorageLocation;
    const PATH: &'static str = "/workflows.v1.StorageLocationService/UpdateStorageLocation";
    const IDEMPOTENCY: Idempotency = Idempotency::Idempotent;
    const WRITES: bool = true;

    fn lacks(location: &wire::StorageLocation) -> Option<String> {
        location.id.is_none().then(|| "a storage location has at least an id".to_owned())
    }
}
