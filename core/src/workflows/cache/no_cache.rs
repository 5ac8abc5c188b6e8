//! The cache of a runner without one.

use async_trait::async_trait;
use bytes::Bytes;
use uuid::Uuid;

use super::cache::Refusal;
use super::{Cache, CacheError, CacheKey};

/// The default of a runner: every use is an error that tells how to set a cache.
///
/// A task that finds no value would compute it again or continue without it, so an absent cache is not an empty one.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoCache;

/// Returns the error of every use.
fn absent<T>() -> Result<T, CacheError> {
    Err(Refusal::error("the runner has no cache", "set one, such as `runner.cache(FolderCache::new(\"cache\"))`"))
}

#[async_trait]
impl Cache for NoCache {
    async fn get(&self, _: Uuid, _: &CacheKey) -> Result<Option<Bytes>, CacheError> {
        absent()
    }

    async fn put(&self, _: Uuid, _: &CacheKey, _: Bytes) -> Result<(), CacheError> {
        absent()
    }

    async fn contains(&self, _: Uuid, _: &CacheKey) -> Result<bool, CacheError> {
        absent()
    }

    async fn list(&self, _: Uuid, _: Option<&CacheKey>) -> Result<Vec<String>, CacheError> {
        absent()
    }

    async fn delete(&self, _: Uuid, _: &CacheKey) -> Result<bool, CacheError> {
        absent()
    }
}
