//! The storage locations of a runner, each requested once.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use uuid::Uuid;

use crate::client::workflows::StorageLocations;
use crate::error::{Error, ErrorKind, Result};
use crate::workflows::StorageLocation;

/// The storage locations that tasks of a runner have used, and the client that requests others.
#[derive(Clone, Default)]
pub(super) struct StorageLookup {
    known: Arc<Mutex<HashMap<Uuid, StorageLocation>>>,
    pub(super) server: Option<StorageLocations>,
}

impl StorageLookup {
    pub(super) fn insert(&self, location: StorageLocation) {
        self.locked().insert(location.id, location);
    }

    fn locked(&self) -> MutexGuard<'_, HashMap<Uuid, StorageLocation>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) async fn find(&self, id: Uuid) -> Result<StorageLocation> {
        let known = self.locked().get(&id).cloned();
        if let Some(location) = known {
            return Ok(location);
        }
        let Some(server) = &self.server else {
            let reason = "the runner does not know it";
            let purpose = format!("find the storage location {id}");
            return Err(Error::new(
                ErrorKind::NotFound,
                purpose,
                reason,
                "add it to the test with `.storage_location(..)`",
            ));
        };
        let location = server.find(id).await?;
        self.insert(location.clone());
        Ok(location)
    }
}
