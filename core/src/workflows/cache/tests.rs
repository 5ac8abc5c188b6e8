//! The same operations on caches in memory and in a folder, and on files that other programs have left.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use bytes::Bytes;
use proptest::prelude::*;
use uuid::Uuid;

use super::*;
use crate::client::blocking::block_on;
use crate::error::ErrorKind;

const JOB: Uuid = Uuid::from_u128(0x01941f29_c650_202f_6495_c71dd2118fb1);
const OTHER_JOB: Uuid = Uuid::from_u128(0x01941f29_c650_202f_6495_c71dd2118fb2);

/// A folder that is removed at the end of the test.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        static NEXT: AtomicUsize = AtomicUsize::new(0);
        let name = format!("tilebox-cache-{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        let folder = std::env::temp_dir().join(name);
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir(&folder).expect("a folder");
        Self(folder)
    }

    fn job(&self) -> PathBuf {
        self.0.join("01941f29-c650-202f-6495-c71dd2118fb1")
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// Returns the paths of all files and empty folders below a folder, sorted.
fn leaves(folder: &Path) -> Vec<String> {
    fn visit(root: &Path, folder: &Path, found: &mut Vec<String>) {
        let entries: Vec<_> =
            fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path()).collect();
        if entries.is_empty() && folder != root {
            found.push(format!("{}/", folder.strip_prefix(root).expect("below").display()));
        }
        for path in entries {
            match path.is_dir() {
                true => visit(root, &path, found),
                false => found.push(path.strip_prefix(root).expect("below").display().to_string()),
            }
        }
    }
    let mut found = Vec::new();
    visit(folder, folder, &mut found);
    found.sort();
    found
}

#[derive(Clone, Debug)]
enum Operation {
    Get(String),
    Put(String, u8),
    Contains(String),
    List(String),
    Delete(String),
}

/// Keys from few parts, so that values and groups collide; one in ten is not valid.
fn key() -> impl Strategy<Value = String> {
    let part = prop_oneof![9 => "[abc]", 1 => Just("..".to_owned()), 1 => Just(String::new())];
    prop::collection::vec(part, 1..4).prop_map(|parts| parts.join("/"))
}

fn operation() -> impl Strategy<Value = (bool, Operation)> {
    let operation = prop_oneof![
        2 => key().prop_map(Operation::Get),
        5 => (key(), any::<u8>()).prop_map(|(key, value)| Operation::Put(key, value)),
        1 => key().prop_map(Operation::Contains),
        2 => key().prop_map(Operation::List),
        3 => key().prop_map(Operation::Delete),
    ];
    (prop::bool::weighted(0.2), operation)
}

/// Performs an operation and returns what the caller sees.
fn perform(cache: &JobCache, operation: &Operation) -> String {
    block_on(async {
        match operation {
            Operation::Get(key) => format!("{:?}", cache.get(key).await),
            Operation::Put(key, value) => format!("{:?}", cache.put(key, vec![*value]).await),
            Operation::Contains(key) => format!("{:?}", cache.contains(key).await),
            Operation::List(group) => format!("{:?}", cache.group(group).list().await),
            Operation::Delete(key) => format!("{:?}", cache.delete(key).await),
        }
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn memory_and_folder_give_the_same_results(operations in prop::collection::vec(operation(), 1..60)) {
        let folder = Folder::new();
        let (memory, files) = (MemoryCache::new(), FolderCache::new(&folder.0));
        for (is_other, operation) in &operations {
            let job = if *is_other { OTHER_JOB } else { JOB };
            let expected = perform(&JobCache::new(memory.clone(), job), operation);
            let found = perform(&JobCache::new(files.clone(), job), operation);
            prop_assert_eq!(found, expected, "{:?}", operation);
        }
        // Nothing but values is left: neither temporary files nor groups without values.
        let left = leaves(&folder.0);
        let values = left.iter().filter(|path| *path != ".partial/").count();
        prop_assert!(format!("{memory:?}").ends_with(&format!("values: {values} }}")), "{:?} {:?}", memory, left);
    }

    #[test]
    fn no_key_reaches_a_file_outside_of_its_job(key in r"(\.|\.\.|/|\\|a|:|~|%2e|\x00|\x{202e}){0,12}") {
        let folder = Folder::new();
        fs::write(folder.0.join("a"), "outside").expect("a file");
        let cache = JobCache::new(FolderCache::new(folder.0.join("root")), JOB);
        if block_on(cache.put(&key, "inside")).is_ok() {
            prop_assert_eq!(block_on(cache.get(&key)).unwrap(), Some(Bytes::from("inside")));
        } else {
            prop_assert!(block_on(cache.get(&key)).is_err());
        }
        let job = format!("root/{JOB}/");
        let outside = leaves(&folder.0).into_iter().filter(|path| !path.starts_with(&job)).collect::<Vec<_>>();
        let is_contained = outside == ["a"] || outside == ["a", "root/.partial/"];
        prop_assert!(is_contained, "{:?}", outside);
        prop_assert_eq!(fs::read(folder.0.join("a")).unwrap(), b"outside");
    }
}

#[test]
fn a_folder_has_the_layout_of_python() {
    let folder = Folder::new();
    let cache = JobCache::new(FolderCache::new(&folder.0), JOB);
    block_on(cache.group("months").put("2025-03", "0.31")).expect("stored");
    assert_eq!(fs::read(folder.job().join("months/2025-03")).expect("a file"), b"0.31");

    // As a runner in Python writes it.
    fs::create_dir_all(folder.job().join("empty")).expect("a folder");
    fs::write(folder.job().join("a b"), "1").expect("a file");
    assert_eq!(block_on(cache.list()).expect("names"), ["a b"]);
    assert_eq!(block_on(cache.get("a b")).expect("read"), Some(Bytes::from("1")));
    assert_eq!(block_on(cache.get("empty")).expect("read"), None);
    assert!(!block_on(cache.contains("empty")).expect("read"), "a group is not a value");
    block_on(cache.put("empty", "2")).expect("a group without values is not an obstacle");
    assert_eq!(block_on(cache.list()).expect("names"), ["a b", "empty"]);
}

#[test]
fn a_crash_before_the_rename_keeps_the_old_value() {
    let folder = Folder::new();
    let cache = JobCache::new(FolderCache::new(&folder.0), JOB);
    block_on(cache.put("scene", "old")).expect("stored");

    // The process ends after the value is written, or in the middle of it: nothing is dropped.
    let partial = folder::write_partial(&folder.0, b"new").expect("a temporary file");
    std::mem::forget(partial);
    assert_eq!(block_on(cache.get("scene")).expect("read"), Some(Bytes::from("old")));
    assert_eq!(block_on(cache.list()).expect("names"), ["scene"]);
    assert_eq!(leaves(&folder.0).len(), 2, "{:?}", leaves(&folder.0));

    // The file that is left is not an obstacle to later values, also if a process with the same number writes them.
    block_on(cache.put("scene", "newer")).expect("stored");
    assert_eq!(block_on(cache.get("scene")).expect("read"), Some(Bytes::from("newer")));
}

#[test]
fn concurrent_operations_see_only_whole_values() {
    const WRITERS: u8 = 4;
    const ROUNDS: usize = 300;
    let folder = Folder::new();
    std::thread::scope(|scope| {
        for writer in 0..WRITERS {
            let cache = JobCache::new(FolderCache::new(&folder.0), JOB);
            scope.spawn(move || {
                for round in 0..ROUNDS {
                    block_on(cache.put("a/b/c", vec![writer; 10_000])).expect("stored");
                    if let Some(value) = block_on(cache.get("a/b/c")).expect("read") {
                        assert_eq!(value.len(), 10_000);
                        assert!(value.iter().all(|byte| *byte == value[0]), "a mixed value");
                    }
                    if round % 3 == usize::from(writer) % 3 {
                        block_on(cache.delete("a/b/c")).expect("deleted");
                    }
                }
            });
        }
    });
}

#[test]
fn an_unusable_root_is_an_error() {
    let folder = Folder::new();
    fs::write(folder.0.join("file"), "").expect("a file");
    let cache = JobCache::new(FolderCache::new(folder.0.join("file")), JOB);
    let error = block_on(cache.put("scene", "value")).expect_err("the root is a file");
    assert_eq!(error.kind(), ErrorKind::Cache);
    assert!(error.to_string().starts_with(&format!("cannot write `scene` in the cache of job {JOB}: ")), "{error}");
    assert_eq!(block_on(cache.get("scene")).expect("nothing was stored"), None);
}

#[test]
fn file_access_runs_where_the_runner_says() {
    let folder = Folder::new();
    let runs = Arc::new(AtomicUsize::new(0));
    let count = runs.clone();
    let unblock = Unblock::new(move |work| {
        count.fetch_add(1, Ordering::Relaxed);
        work();
    });
    let cache = Arc::new(FolderCache::new(&folder.0)) as Arc<dyn Cache>;
    let cache = JobCache::new(cache.unblocked(&unblock).expect("it blocks"), JOB);
    block_on(async {
        cache.put("a/b", "value").await.expect("stored");
        assert_eq!(cache.get("a/b").await.expect("read"), Some(Bytes::from("value")));
        assert!(cache.contains("a/b").await.expect("read"));
        assert_eq!(cache.group("a").list().await.expect("names"), ["b"]);
        assert!(cache.delete("a/b").await.expect("deleted"));
    });
    assert_eq!(runs.load(Ordering::Relaxed), 5);
    assert!(MemoryCache::new().unblocked(&unblock).is_none());

    let gone = Unblock::new(drop);
    let cache = JobCache::new(FolderCache::new(&folder.0).with_unblock(gone), JOB);
    let error = block_on(cache.get("a")).expect_err("no executor");
    assert!(error.to_string().contains("the executor has shut down"), "{error}");
}

#[test]
fn json_values_keep_their_type() {
    let cache = JobCache::new(MemoryCache::new(), JOB).group("means");
    block_on(async {
        cache.put_json("cloud", &Some(vec![0.1, f64::MAX])).await.expect("stored");
        assert_eq!(cache.get_json("cloud").await.expect("read"), Some(vec![0.1, f64::MAX]));
        assert_eq!(cache.get_json::<u8>("none").await.expect("read"), None);
        let error = cache.get_json::<String>("cloud").await.expect_err("another type");
        assert_eq!(error.kind(), ErrorKind::Undecodable);
        let start =
            format!("cannot read `means/cloud` in the cache of job {JOB}: it is not a `alloc::string::String` as JSON");
        assert!(error.to_string().starts_with(&start), "{error}");
        let map = std::collections::BTreeMap::from([((1, 2), 3)]);
        assert_eq!(cache.put_json("map", &map).await.expect_err("no JSON").kind(), ErrorKind::InvalidArgument);
    });
}

#[test]
fn a_group_is_checked_when_it_is_used() {
    let cache = JobCache::new(MemoryCache::new(), JOB);
    for name in ["", "..", "/a", "a/", "a/.."] {
        let group = cache.group(name);
        assert_eq!(block_on(group.put("b", "1")).expect_err(name).kind(), ErrorKind::InvalidArgument);
        assert_eq!(block_on(group.list()).expect_err(name).kind(), ErrorKind::InvalidArgument);
    }
    block_on(cache.group("a").group("b/c").put("d", "1")).expect("stored");
    assert!(block_on(cache.contains("a/b/c/d")).expect("read"));
    assert!(block_on(cache.group("a/b").list()).expect("names").is_empty());
}

#[test]
fn a_runner_without_a_cache_says_so() {
    let cache = JobCache::new(NoCache, JOB);
    let error = block_on(cache.get("scene")).expect_err("no cache");
    assert_eq!((error.kind(), error.reason()), (ErrorKind::Cache, "the runner has no cache"));
    assert!(block_on(cache.put("scene", "1")).is_err() && block_on(cache.list()).is_err());
    assert!(block_on(cache.contains("scene")).is_err() && block_on(cache.delete("scene")).is_err());
}
