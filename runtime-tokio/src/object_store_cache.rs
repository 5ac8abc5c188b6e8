//! A cache of jobs in an object store.

use std::io;
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt};
use tilebox_core::workflows::{Cache, CacheError, CacheKey};
use uuid::Uuid;

/// A [`Cache`] in an object store: Amazon S3, Google Cloud Storage, Azure Blob Storage, or any other [`ObjectStore`].
///
/// The value `months/2025-03` of a job is the object `<prefix>/<job id>/months/2025-03`. Runners in Python share it if they use the
/// same bucket and prefix: `ObstoreCache` has no prefix unless it is given one, and `AmazonS3Cache`, `GoogleStorageCache` and
/// `AzureBlobCache` have `jobs`.
///
/// [`object_store`](crate::object_store) is re-exported. An application that depends on the crate itself switches on the stores it
/// needs, such as its feature `aws`.
///
/// ```
/// # async fn example() -> tilebox_tokio::Result<()> {
/// use std::sync::Arc;
///
/// use tilebox_tokio::ObjectStoreCache;
/// use tilebox_tokio::object_store::memory::InMemory;
/// use tilebox_tokio::workflows::JobCache;
///
/// let store = Arc::new(InMemory::new()); // or `AmazonS3Builder::from_env().with_bucket_name("scenes").build()?`
/// let cache = ObjectStoreCache::new(store).prefix("jobs");
/// let job_id = "01941f29-c650-202f-6495-c71dd2118fb1".parse().expect("an id");
/// JobCache::new(cache, job_id).put("mean", "0.31").await?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct ObjectStoreCache {
    store: Arc<dyn ObjectStore>,
    prefix: Path,
}

impl ObjectStoreCache {
    /// Stores values in `store`, without a prefix.
    #[must_use]
    pub fn new(store: Arc<dyn ObjectStore>) -> Self {
        Self { store, prefix: Path::default() }
    }

    /// Sets the path of the folder of all jobs, such as `jobs`.
    #[must_use]
    pub fn prefix(self, prefix: impl Into<Path>) -> Self {
        Self { prefix: prefix.into(), ..self }
    }

    /// Returns the path of a value or group, or of the job itself.
    fn path(&self, job_id: Uuid, key: Option<&CacheKey>) -> Result<Path, CacheError> {
        let prefix = self.prefix.as_ref();
        let slash = if prefix.is_empty() { "" } else { "/" };
        let job = format!("{prefix}{slash}{}", job_id.hyphenated());
        // Parsed, not converted: `From<&str>` would replace characters by their percent codes, which Python does not.
        Ok(Path::parse(key.map_or(job.clone(), |key| format!("{job}/{key}")))?)
    }
}

#[async_trait]
impl Cache for ObjectStoreCache {
    async fn get(&self, job_id: Uuid, key: &CacheKey) -> Result<Option<Bytes>, CacheError> {
        let path = self.path(job_id, Some(key))?;
        let Some(found) = if_present(self.store.get(&path).await)? else { return Ok(None) };
        Ok(Some(found.bytes().await?))
    }

    async fn put(&self, job_id: Uuid, key: &CacheKey, value: Bytes) -> Result<(), CacheError> {
        self.store.put(&self.path(job_id, Some(key))?, value.into()).await?;
        Ok(())
    }

    async fn contains(&self, job_id: Uuid, key: &CacheKey) -> Result<bool, CacheError> {
        let path = self.path(job_id, Some(key))?;
        Ok(if_present(self.store.head(&path).await)?.is_some())
    }

    async fn list(&self, job_id: Uuid, group: Option<&CacheKey>) -> Result<Vec<String>, CacheError> {
        let path = self.path(job_id, group)?;
        let Some(listing) = if_present(self.store.list_with_delimiter(Some(&path)).await)? else {
            return Ok(Vec::new());
        };
        let names = listing.objects.iter().filter_map(|object| object.location.filename());
        let mut names: Vec<_> = names.filter(|name| CacheKey::parse(*name).is_ok()).map(ToOwned::to_owned).collect();
        names.sort_unstable();
        Ok(names)
    }

    async fn delete(&self, job_id: Uuid, key: &CacheKey) -> Result<bool, CacheError> {
        // Most stores do not tell whether there was an object.
        if !self.contains(job_id, key).await? {
            return Ok(false);
        }
        let path = self.path(job_id, Some(key))?;
        Ok(if_present(self.store.delete(&path).await)?.is_some())
    }
}

/// Turns the error of an absent object into `None`. A store of local files has another one for a key inside a value.
fn if_present<T>(result: object_store::Result<T>) -> object_store::Result<Option<T>> {
    match result {
        Ok(found) => Ok(Some(found)),
        Err(object_store::Error::NotFound { .. }) => Ok(None),
        Err(error) if is_inside_a_file(&error) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Whether a part of the path is a file.
fn is_inside_a_file(error: &object_store::Error) -> bool {
    let sources = std::iter::successors(std::error::Error::source(error), |error| error.source());
    sources
        .filter_map(|error| error.downcast_ref::<io::Error>())
        .any(|error| error.kind() == io::ErrorKind::NotADirectory)
}
