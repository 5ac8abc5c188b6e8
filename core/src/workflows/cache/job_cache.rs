//! The part of a cache that belongs to one job.

use std::fmt;
use std::sync::Arc;

use bytes::Bytes;
use serde::Serialize;
use serde::de::DeserializeOwned;
use uuid::Uuid;

use super::cache::Refusal;
use super::{Cache, CacheError, CacheKey};
use crate::error::{Error, ErrorKind, Result};
use crate::schema::excerpt::excerpt;

/// Maximum number of characters of a key in an error.
const MAX_PRINTED: usize = 100;

/// The values that the tasks of one job share.
///
/// A task gets it from its context. Other code creates it from the cache of the runner and the id of a job, to read the values
/// that the tasks have left:
///
/// ```
/// # use tilebox_core as tilebox_tokio;
/// use tilebox_tokio::workflows::{JobCache, MemoryCache};
///
/// # let job_id = "01941f29-c650-202f-6495-c71dd2118fb1".parse().unwrap();
/// # tilebox_tokio::blocking::block_on(async {
/// let cache = JobCache::new(MemoryCache::new(), job_id);
/// let months = cache.group("months");
/// months.put_json("2025-03", &0.31).await?;
/// assert_eq!(months.list().await?, ["2025-03"]);
/// assert_eq!(cache.get_json("months/2025-03").await?, Some(0.31));
/// assert_eq!(cache.get("years").await?, None);
/// # Ok::<(), tilebox_tokio::Error>(())
/// # })?;
/// # Ok::<(), tilebox_tokio::Error>(())
/// ```
///
/// A task may run more than once, so write values whose content depends only on the input of the task. Reading and then writing
/// a key is not atomic.
///
/// Every method returns an error of the kind [`InvalidArgument`](ErrorKind::InvalidArgument) for a key that [`CacheKey`] refuses,
/// and of the kind [`Cache`](ErrorKind::Cache) if the storage fails or the runner has no cache.
#[derive(Clone)]
pub struct JobCache {
    cache: Arc<dyn Cache>,
    job_id: Uuid,
    /// The names of the groups, each followed by a slash. Keys are checked with it in front.
    prefix: String,
}

impl JobCache {
    /// Returns the values of a job in `cache`.
    ///
    /// A [`FolderCache`](super::FolderCache) blocks the caller's thread while it reads and writes files, unless it has an
    /// [`Unblock`](super::Unblock). The cache of a context never blocks.
    #[must_use]
    pub fn new(cache: impl Cache, job_id: Uuid) -> Self {
        Self { cache: Arc::new(cache), job_id, prefix: String::new() }
    }

    /// Returns the id of the job.
    #[must_use]
    pub fn job_id(&self) -> Uuid {
        self.job_id
    }

    /// Returns a group of values, such as `months`, or `months/2025` for a group in a group.
    ///
    /// `cache.group("a").get("b")` and `cache.get("a/b")` read the same value. The first use of a name that is not valid
    /// returns the error.
    #[must_use]
    pub fn group(&self, name: &str) -> Self {
        Self { prefix: format!("{}{name}/", self.prefix), ..self.clone() }
    }

    /// Returns a value, or `None` if there is none with this key.
    ///
    /// # Errors
    ///
    /// When the key is not valid, or the storage fails.
    pub async fn get(&self, key: &str) -> Result<Option<Bytes>> {
        let key = self.key(key)?;
        self.cache.get(self.job_id, &key).await.map_err(|error| self.error("read", Some(&key), error))
    }

    /// Stores a value, replacing an older one with the same key.
    ///
    /// # Errors
    ///
    /// When the key is not valid, or the storage fails. Caches that store files refuse a key that is also the name of a group with
    /// values, and a group that is also the key of a value.
    pub async fn put(&self, key: &str, value: impl Into<Bytes>) -> Result<()> {
        let key = self.key(key)?;
        let put = self.cache.put(self.job_id, &key, value.into());
        put.await.map_err(|error| self.error("write", Some(&key), error))
    }

    /// Whether there is a value with this key. A group is not a value.
    ///
    /// # Errors
    ///
    /// When the key is not valid, or the storage fails.
    pub async fn contains(&self, key: &str) -> Result<bool> {
        let key = self.key(key)?;
        self.cache.contains(self.job_id, &key).await.map_err(|error| self.error("look up", Some(&key), error))
    }

    /// Returns the names of the values directly in this group, sorted, without those in groups below it.
    ///
    /// # Errors
    ///
    /// When the name of the group is not valid, or the storage fails.
    pub async fn list(&self) -> Result<Vec<String>> {
        let group = match self.prefix.strip_suffix('/') {
            Some(group) => Some(CacheKey::parse(group)?),
            None => None,
        };
        let list = self.cache.list(self.job_id, group.as_ref());
        list.await.map_err(|error| self.error("list", group.as_ref(), error))
    }

    /// Deletes a value. Returns whether there was one.
    ///
    /// # Errors
    ///
    /// When the key is not valid, or the storage fails.
    pub async fn delete(&self, key: &str) -> Result<bool> {
        let key = self.key(key)?;
        self.cache.delete(self.job_id, &key).await.map_err(|error| self.error("delete", Some(&key), error))
    }

    /// Returns a value that [`put_json`](Self::put_json), or another program, has stored as JSON.
    ///
    /// # Errors
    ///
    /// As [`get`](Self::get), and of the kind [`Undecodable`](ErrorKind::Undecodable) if the value is not JSON of a `T`.
    pub async fn get_json<T: DeserializeOwned>(&self, key: &str) -> Result<Option<T>> {
        let Some(value) = self.get(key).await? else { return Ok(None) };
        let decoded = serde_json::from_slice(&value).map_err(|error| {
            let key = self.key(key).ok();
            let purpose = self.purpose("read", key.as_ref());
            let reason = format!("it is not a `{}` as JSON: {error}", std::any::type_name::<T>());
            let advice = "read it with the type it was written with, or its bytes with `get`";
            Error::new(ErrorKind::Undecodable, purpose, reason, advice).with_source(error)
        })?;
        Ok(Some(decoded))
    }

    /// Stores a value as JSON.
    ///
    /// # Errors
    ///
    /// As [`put`](Self::put), and of the kind [`InvalidArgument`](ErrorKind::InvalidArgument) if the value has no JSON form, as a map
    /// whose keys are not texts.
    pub async fn put_json<T: Serialize + ?Sized>(&self, key: &str, value: &T) -> Result<()> {
        // Encoded before the first await: a future that is `Send` needs no `T: Sync`.
        let json = serde_json::to_vec(value).map_err(|error| {
            let key = self.key(key).ok();
            let reason = format!("a `{}` has no JSON form: {error}", std::any::type_name::<T>());
            Error::invalid(self.purpose("write", key.as_ref()), reason, "write bytes with `put`").with_source(error)
        });
        self.put(key, json?).await
    }

    fn key(&self, key: &str) -> Result<CacheKey> {
        CacheKey::parse(format!("{}{key}", self.prefix))
    }

    /// Returns the text that completes "cannot …".
    fn purpose(&self, verb: &str, key: Option<&CacheKey>) -> String {
        match key {
            Some(key) => {
                let key = excerpt(key.as_str(), MAX_PRINTED);
                format!("{verb} `{key}` in the cache of job {}", self.job_id)
            }
            None => format!("{verb} the cache of job {}", self.job_id),
        }
    }

    fn error(&self, verb: &str, key: Option<&CacheKey>, error: CacheError) -> Error {
        let advice = match error.downcast_ref::<Refusal>() {
            Some(refusal) => refusal.advice,
            None => "check that the storage of the cache is there, has space, and may be read and written",
        };
        Error::new(ErrorKind::Cache, self.purpose(verb, key), error.to_string(), advice).with_source(error)
    }
}

impl fmt::Debug for JobCache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { job_id, prefix, .. } = self;
        f.debug_struct("JobCache").field("job_id", job_id).field("prefix", prefix).finish_non_exhaustive()
    }
}
