//! The cache in object stores gives the results of the cache in memory.

#![expect(clippy::expect_used, clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use bytes::Bytes;
use tilebox_tokio::ObjectStoreCache;
use tilebox_tokio::error::ErrorKind;
use tilebox_tokio::object_store::local::LocalFileSystem;
use tilebox_tokio::object_store::memory::InMemory;
use tilebox_tokio::object_store::path::Path;
use tilebox_tokio::object_store::{ObjectStore, ObjectStoreExt};
use tilebox_tokio::workflows::{FolderCache, JobCache, MemoryCache};
use uuid::Uuid;

const JOB: Uuid = Uuid::from_u128(0x01941f29_c650_202f_6495_c71dd2118fb1);

/// A folder that is removed at the end of the test.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        static NEXT: AtomicUsize = AtomicUsize::new(0);
        let name = format!("tilebox-objects-{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        let folder = std::env::temp_dir().join(name);
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir(&folder).expect("a folder");
        Self(folder)
    }

    fn store(&self) -> Arc<dyn ObjectStore> {
        Arc::new(LocalFileSystem::new_with_prefix(&self.0).expect("a store"))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// Performs a random operation and returns what the caller sees. No key is also a group, which object stores would allow.
async fn perform(cache: &JobCache, random: &mut fastrand::Rng) -> String {
    let groups = (0..random.usize(..3)).map(|_| random.choice(["a", "b c"]).unwrap()).collect::<Vec<_>>().join("/");
    let group = if groups.is_empty() { cache.clone() } else { cache.group(&groups) };
    let key = *random.choice(&["x", "y%2f", "z#?~ü*", "..", "x/inside"]).unwrap();
    match random.u8(..10) {
        0..4 if !key.contains('/') => format!("put {key} {:?}", group.put(key, vec![random.u8(..)]).await),
        4..6 => format!("get {key} {:?}", group.get(key).await),
        6 => format!("contains {key} {:?}", group.contains(key).await),
        7 => format!("list {groups} {:?}", group.list().await),
        8 => format!("list {key} {:?}", group.group(key).list().await),
        _ => format!("delete {key} {:?}", group.delete(key).await),
    }
}

async fn compare(store: impl Fn() -> Arc<dyn ObjectStore>, seeds: u64) {
    for seed in 0..seeds {
        let expected = JobCache::new(MemoryCache::new(), JOB);
        let cache = JobCache::new(ObjectStoreCache::new(store()).prefix(format!("jobs/{seed}")), JOB);
        let (mut left, mut right) = (fastrand::Rng::with_seed(seed), fastrand::Rng::with_seed(seed));
        for step in 0..60 {
            let expected = perform(&expected, &mut left).await;
            assert_eq!(perform(&cache, &mut right).await, expected, "step {step} of seed {seed}");
        }
    }
}

#[tokio::test]
async fn a_store_in_memory_gives_the_results_of_memory() {
    compare(|| Arc::new(InMemory::new()), 100).await;
}

#[tokio::test]
async fn a_store_of_files_gives_the_results_of_memory() {
    let folder = Folder::new();
    compare(|| folder.store(), 40).await;
}

#[tokio::test]
async fn objects_and_files_have_the_same_layout() {
    let folder = Folder::new();
    let objects = JobCache::new(ObjectStoreCache::new(folder.store()), JOB).group("months");
    let files = JobCache::new(FolderCache::new(&folder.0), JOB).group("months");
    objects.put("2025-03", "0.31").await.expect("stored");
    files.put("2025-04", "0.42").await.expect("stored");
    assert_eq!(files.get("2025-03").await.expect("read"), Some(Bytes::from("0.31")));
    assert_eq!(objects.get("2025-04").await.expect("read"), Some(Bytes::from("0.42")));
    assert_eq!(objects.list().await.expect("names"), ["2025-03", "2025-04"]);
    assert_eq!(files.list().await.expect("names"), ["2025-03", "2025-04"]);
    assert!(files.delete("2025-03").await.expect("deleted"));
    assert!(!objects.contains("2025-03").await.expect("read"));
}

#[tokio::test]
async fn an_object_has_the_path_of_python() {
    let store = Arc::new(InMemory::new());
    let cache = JobCache::new(ObjectStoreCache::new(store.clone()).prefix("jobs"), JOB);
    cache.group("a b").put("ü:1", "value").await.expect("stored");
    let path = Path::parse(format!("jobs/{JOB}/a b/ü:1")).expect("a path");
    assert_eq!(store.get(&path).await.expect("an object").bytes().await.expect("bytes"), "value");
}

#[tokio::test]
async fn a_failing_store_is_an_error_of_the_cache() {
    let folder = Folder::new();
    let cache = JobCache::new(ObjectStoreCache::new(folder.store()), JOB);
    cache.put("a/b", "value").await.expect("stored");
    let error = cache.put("a/b/c", "value").await.expect_err("files cannot store both");
    assert_eq!(error.kind(), ErrorKind::Cache);
    assert!(error.to_string().starts_with("cannot write `a/b/c` in the cache of job 01941f29"), "{error}");
}
