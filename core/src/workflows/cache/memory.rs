//! A cache in memory.

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use bytes::Bytes;
use uuid::Uuid;

use super::cache::Refusal;
use super::{Cache, CacheError, CacheKey};

/// The advice for a key that cannot be stored beside others.
const OTHER_KEY: &str = "use another key, or delete the values that are in the way";

/// A [`Cache`] in the memory of one process. Clones share their values.
///
/// For tests, and for jobs that one process executes. It keeps the values of all jobs until its last clone is dropped. It
/// accepts and refuses the same operations as a [`FolderCache`](super::FolderCache).
#[derive(Clone, Default)]
pub struct MemoryCache {
    jobs: Arc<Mutex<HashMap<Uuid, Values>>>,
}

/// The values of a job by key. Keys are sorted, so the keys of a group stand together.
type Values = BTreeMap<String, Bytes>;

impl MemoryCache {
    /// Creates an empty cache.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Uuid, Values>> {
        // Each operation changes one entry, so a panic leaves nothing half done.
        self.jobs.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Shows the numbers of jobs and values, not the values, which may be large.
impl fmt::Debug for MemoryCache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let jobs = self.lock();
        let values: usize = jobs.values().map(Values::len).sum();
        f.debug_struct("MemoryCache").field("jobs", &jobs.len()).field("values", &values).finish()
    }
}

#[async_trait]
impl Cache for MemoryCache {
    async fn get(&self, job_id: Uuid, key: &CacheKey) -> Result<Option<Bytes>, CacheError> {
        Ok(self.lock().get(&job_id).and_then(|values| values.get(key.as_str())).cloned())
    }

    async fn put(&self, job_id: Uuid, key: &CacheKey, value: Bytes) -> Result<(), CacheError> {
        let mut jobs = self.lock();
        let values = jobs.entry(job_id).or_default();
        if let Some(value) = groups(key).find(|group| values.contains_key(*group)) {
            return Err(not_a_group(value));
        }
        if in_group(values, key.as_str()).next().is_some() {
            return Err(not_a_value());
        }
        values.insert(key.as_str().to_owned(), value);
        Ok(())
    }

    async fn contains(&self, job_id: Uuid, key: &CacheKey) -> Result<bool, CacheError> {
        Ok(self.lock().get(&job_id).is_some_and(|values| values.contains_key(key.as_str())))
    }

    async fn list(&self, job_id: Uuid, group: Option<&CacheKey>) -> Result<Vec<String>, CacheError> {
        let jobs = self.lock();
        let Some(values) = jobs.get(&job_id) else { return Ok(Vec::new()) };
        let names: Box<dyn Iterator<Item = &str>> = match group {
            Some(group) => Box::new(in_group(values, group.as_str())),
            None => Box::new(values.keys().map(String::as_str)),
        };
        Ok(names.filter(|name| !name.contains('/')).map(ToOwned::to_owned).collect())
    }

    async fn delete(&self, job_id: Uuid, key: &CacheKey) -> Result<bool, CacheError> {
        Ok(self.lock().get_mut(&job_id).is_some_and(|values| values.remove(key.as_str()).is_some()))
    }
}

/// Returns the keys of a group, without the group's name.
fn in_group<'a>(values: &'a Values, group: &str) -> impl Iterator<Item = &'a str> {
    let prefix = format!("{group}/");
    values.range(prefix.clone()..).map_while(move |(key, _)| key.strip_prefix(&prefix))
}

/// Returns the groups around a value, the outermost first.
fn groups(key: &CacheKey) -> impl Iterator<Item = &str> {
    key.as_str().match_indices('/').map(|(at, _)| &key.as_str()[..at])
}

/// Returns the error of a key inside a value.
pub(super) fn not_a_group(value: &str) -> CacheError {
    Refusal::error(format!("`{value}` is a value, so it cannot be a group"), OTHER_KEY)
}

/// Returns the error of a key that is a group.
pub(super) fn not_a_value() -> CacheError {
    Refusal::error("it is a group with values", OTHER_KEY)
}
