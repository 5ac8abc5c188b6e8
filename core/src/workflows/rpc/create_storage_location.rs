//! `StorageLocationService.CreateStorageLocation`

use crate::protocol::retry::Idempotency;
use crate::protocol::rpc::Rpc;
use crate::protocol::wire::workflows::v1 as wire;

/// Creates a storage location.
#[derive(Clone, Copy, Debug)]
pub struct CreateStorageLocation;

impl Rpc for CreateStorageLocation {
    type Request = wire::CreateStorageLocationRequest;
    type Response = wire::StorageLocation;
    const PATH: &'static str = "/workflows.v1.StorageLocationService/CreateStorageLocation";
    const IDEMPOTENCY: Idempotency = Idempotency::NotIdempotent;
    const WRITES: bool = true;

    fn lacks(location: &wire::StorageLocation) -> Option<String> {
        location.id.is_none().then(|| "a storage location has at least an id".to_owned())
    }
}
