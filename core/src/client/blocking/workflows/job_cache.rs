//! The cache of a job, as blocking code uses it.

use bytes::Bytes;
use serde::Serialize;
use serde::de::DeserializeOwned;
use uuid::Uuid;

use crate::client::blocking::block_on;
use crate::error::Result;
use crate::workflows::{self, Cache};

/// The values that the tasks of one job share, as [`workflows::JobCache`](crate::workflows::JobCache).
#[derive(Clone, Debug)]
pub struct JobCache {
    inner: workflows::JobCache,
}

impl JobCache {
    /// Returns the values of a job in `cache`.
    #[must_use]
    pub fn new(cache: impl Cache, job_id: Uuid) -> Self {
        Self::of(workflows::JobCache::new(cache, job_id))
    }

    pub(super) fn of(inner: workflows::JobCache) -> Self {
        Self { inner }
    }

    /// Returns the id of the job.
    #[must_use]
    pub fn job_id(&self) -> Uuid {
        self.inner.job_id()
    }

    /// Returns a group of values, such as `months`, or `months/2025` for a group in a group.
    #[must_use]
    pub fn group(&self, name: &str) -> Self {
        Self { inner: self.inner.group(name) }
    }

    /// Returns a value, or `None` if there is none with this key.
    ///
    /// # Errors
    ///
    /// As [`JobCache`](crate::workflows::JobCache).
    pub fn get(&self, key: &str) -> Result<Option<Bytes>> {
        block_on(self.inner.get(key))
    }

    /// Stores a value, replacing an older one with the same key.
    ///
    /// # Errors
    ///
    /// As [`JobCache`](crate::workflows::JobCache).
    pub fn put(&self, key: &str, value: impl Into<Bytes>) -> Result<()> {
        block_on(self.inner.put(key, value))
    }

    /// Whether there is a value with this key. A group is not a value.
    ///
    /// # Errors
    ///
    /// As [`JobCache`](crate::workflows::JobCache).
    pub fn contains(&self, key: &str) -> Result<bool> {
        block_on(self.inner.contains(key))
    }

    /// Returns the names of the values directly in this group, sorted, without those in groups below it.
    ///
    /// # Errors
    ///
    /// As [`JobCache`](crate::workflows::JobCache).
    pub fn list(&self) -> Result<Vec<String>> {
        block_on(self.inner.list())
    }

    /// Deletes a value. Returns whether there was one.
    ///
    /// # Errors
    ///
    /// As [`JobCache`](crate::workflows::JobCache).
    pub fn delete(&self, key: &str) -> Result<bool> {
        block_on(self.inner.delete(key))
    }

    /// Returns a value that is stored as JSON.
    ///
    /// # Errors
    ///
    /// As [`JobCache::get_json`](crate::workflows::JobCache::get_json).
    pub fn get_json<T: DeserializeOwned>(&self, key: &str) -> Result<Option<T>> {
        block_on(self.inner.get_json(key))
    }

    /// Stores a value as JSON.
    ///
    /// # Errors
    ///
    /// As [`JobCache::put_json`](crate::workflows::JobCache::put_json).
    pub fn put_json<T: Serialize + ?Sized>(&self, key: &str, value: &T) -> Result<()> {
        block_on(self.inner.put_json(key, value))
    }
}
