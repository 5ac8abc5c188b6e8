//! What the tasks of one runner use.

use std::fmt;
use std::sync::Arc;

use super::shared::Shared;
use super::storage_lookup::StorageLookup;
use super::storage_reader::StorageReader;
use crate::client::workflows::StorageLocations;
use crate::runtime::Runtime;
use crate::workflows::StorageLocation;
use crate::workflows::cache::{Cache, NoCache, Unblock};

/// What all tasks of one runner use: the runtime, the cluster, the cache, storage locations, and the shared values.
#[derive(Clone)]
#[must_use = "setters return the changed services"]
pub struct TaskServices {
    pub(super) runtime: Arc<dyn Runtime>,
    pub(super) cluster: String,
    pub(super) cache: Arc<dyn Cache>,
    pub(super) shared: Shared,
    pub(super) readers: Vec<Arc<dyn StorageReader>>,
    pub(super) locations: StorageLookup,
}

impl TaskServices {
    /// Returns the services of a runner on this runtime, of the default cluster, and without a cache and shared values.
    pub fn new(runtime: Arc<dyn Runtime>) -> Self {
        Self {
            runtime,
            cluster: String::new(),
            cache: Arc::new(NoCache),
            shared: Shared::new(),
            readers: Vec::new(),
            locations: StorageLookup::default(),
        }
    }

    /// Sets the slug of the cluster of the runner: that of subtasks which do not set their own.
    pub fn cluster(mut self, slug: impl Into<String>) -> Self {
        self.cluster = slug.into();
        self
    }

    /// Sets the cache. Work that would block its thread runs with [`Runtime::unblock`].
    pub fn cache(mut self, cache: impl Cache) -> Self {
        let runtime = Arc::clone(&self.runtime);
        let unblock = Unblock::new(move |work| runtime.unblock(work));
        self.cache = cache.unblocked(&unblock).unwrap_or_else(|| Arc::new(cache));
        self
    }

    /// Sets the shared values.
    pub fn shared(mut self, shared: Shared) -> Self {
        self.shared = shared;
        self
    }

    /// Adds a reader of objects in storage locations.
    pub fn storage_reader(mut self, reader: impl StorageReader) -> Self {
        self.readers.push(Arc::new(reader));
        self
    }

    /// Sets the client that requests the storage locations of tasks.
    pub fn storage_locations(mut self, locations: StorageLocations) -> Self {
        self.locations.server = Some(locations);
        self
    }

    /// Adds a storage location, which is not requested then.
    pub fn storage_location(self, location: StorageLocation) -> Self {
        self.locations.insert(location);
        self
    }
}

impl fmt::Debug for TaskServices {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("TaskServices");
        shown.field("cluster", &self.cluster).field("shared", &self.shared).finish_non_exhaustive()
    }
}
