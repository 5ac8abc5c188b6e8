//! `StorageLocationService.GetStorageLocation`

use crate::protocol::retry::Idempotency;
use crate::protocol::rpc::Rpc;
use crate::protocol::wire::tilebox;
use crate::protocol::wire::workflows::v1 as wire;

/// Returns the storage location with an id.
#[derive(Clone, Copy, Debug)]
pub struct GetStorageLocation;

impl Rpc for GetStorageLocation {
    type Request = tilebox::v1::Id;
    type Response = wire::StorageLocation;
    const PATH: &'static str = "/workflows.v1.StorageLocationService/GetStorageLocation";
    const IDEMPOTENCY: Idempotency = Idempotency::Idempotent;

    fn lacks(location: &wire::StorageLocation) -> Option<String> {
        location.id.is_none().then(|| "a storage location has at least an id".to_owned())
    }
}
