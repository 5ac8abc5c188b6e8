//! The trait of storage for the values of all jobs.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use uuid::Uuid;

use super::{CacheKey, Unblock};

/// The failure of a [`Cache`]: any error, so that `?` works in implementations.
pub type CacheError = Box<dyn std::error::Error + Send + Sync>;

/// Storage for the values that the tasks of a job share.
///
/// A runner has one cache, and each task sees the values of its own job through a [`JobCache`](super::JobCache). A value
/// belongs to a job and a key, such as `months/2025-03`. Parts of a key separated by `/` are groups.
///
/// # Contract
///
/// - Methods may be called concurrently, also from several processes if they share the storage. The last `put` of a key
///   wins.
/// - `put` is atomic: a reader gets the old or the new value, never a part of one. A crash keeps the old value.
/// - A key that is also a group, as `a` beside `a/b`, may be refused by `put`. Files cannot store both.
/// - A dropped future may still complete its operation.
///
/// A cache whose methods block a thread also implements [`unblocked`](Self::unblocked).
#[async_trait]
pub trait Cache: Send + Sync + 'static {
    /// Returns a value, or `None` if there is none with this key.
    ///
    /// # Errors
    ///
    /// When the storage cannot be read.
    async fn get(&self, job_id: Uuid, key: &CacheKey) -> Result<Option<Bytes>, CacheError>;

    /// Stores a value, replacing an older one with the same key.
    ///
    /// # Errors
    ///
    /// When the storage cannot be written, or cannot store a value beside a group with the same name.
    async fn put(&self, job_id: Uuid, key: &CacheKey, value: Bytes) -> Result<(), CacheError>;

    /// Whether there is a value with this key. A group is not a value.
    ///
    /// # Errors
    ///
    /// When the storage cannot be read.
    async fn contains(&self, job_id: Uuid, key: &CacheKey) -> Result<bool, CacheError>;

    /// Returns the names of the values directly in a group, sorted, without those in groups below it. `None` stands for the
    /// job itself.
    ///
    /// A name is the last part of a key. A group without values is empty, not an error.
    ///
    /// # Errors
    ///
    /// When the storage cannot be read.
    async fn list(&self, job_id: Uuid, group: Option<&CacheKey>) -> Result<Vec<String>, CacheError>;

    /// Deletes a value. Returns whether there was one.
    ///
    /// # Errors
    ///
    /// When the storage cannot be written.
    async fn delete(&self, job_id: Uuid, key: &CacheKey) -> Result<bool, CacheError>;

    /// Returns this cache with its blocking work moved to `unblock`, or `None` if it never blocks a thread.
    ///
    /// A runner calls this once and uses the returned cache.
    fn unblocked(&self, unblock: &Unblock) -> Option<Arc<dyn Cache>> {
        let _ = unblock;
        None
    }
}

#[async_trait]
impl<C: Cache + ?Sized> Cache for Arc<C> {
    async fn get(&self, job_id: Uuid, key: &CacheKey) -> Result<Option<Bytes>, CacheError> {
        (**self).get(job_id, key).await
    }

    async fn put(&self, job_id: Uuid, key: &CacheKey, value: Bytes) -> Result<(), CacheError> {
        (**self).put(job_id, key, value).await
    }

    async fn contains(&self, job_id: Uuid, key: &CacheKey) -> Result<bool, CacheError> {
        (**self).contains(job_id, key).await
    }

    async fn list(&self, job_id: Uuid, group: Option<&CacheKey>) -> Result<Vec<String>, CacheError> {
        (**self).list(job_id, group).await
    }

    async fn delete(&self, job_id: Uuid, key: &CacheKey) -> Result<bool, CacheError> {
        (**self).delete(job_id, key).await
    }

    fn unblocked(&self, unblock: &Unblock) -> Option<Arc<dyn Cache>> {
        (**self).unblocked(unblock)
    }
}

/// An operation that the cache refuses, with advice of its own.
#[derive(Debug)]
pub(super) struct Refusal {
    pub(super) reason: String,
    pub(super) advice: &'static str,
}

impl Refusal {
    pub(super) fn error(reason: impl Into<String>, advice: &'static str) -> CacheError {
        Box::new(Self { reason: reason.into(), advice })
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.reason)
    }
}

impl std::error::Error for Refusal {}
