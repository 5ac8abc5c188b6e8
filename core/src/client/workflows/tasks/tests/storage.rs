//! Objects in storage locations.

use async_trait::async_trait;
use bytes::Bytes;
use uuid::Uuid;

use super::automations::NewScene;
use crate::blocking::block_on;
use crate::client::Client;
use crate::client::workflows::tasks::{StorageEventTask as _, StorageReader, StorageReaderError, TaskServices};
use crate::testing::{self, MockTransport, TaskRun, TaskTest, VirtualExecutor};
use crate::workflows::rpc::GetStorageLocation;
use crate::workflows::{LocalFolder, S3Bucket, StorageLocation, StorageType};

const ID: Uuid = Uuid::from_u128(7);

/// A folder below the folder for temporary files, which is removed at the end.
struct Folder(std::path::PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("tilebox-storage-{}-{name}", std::process::id()));
        std::fs::create_dir_all(path.join("2025")).expect("a folder");
        std::fs::write(path.join("2025/a.tif"), "pixels").expect("a file");
        Self(path)
    }

    fn location(&self) -> StorageLocation {
        StorageLocation::new(ID, "Scenes", LocalFolder::new(self.0.to_string_lossy()))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn run(path: &str, change: impl FnOnce(TaskTest) -> TaskTest) -> TaskRun {
    change(TaskTest::new(NewScene { factor: 2 }.once(ID, path))).run()
}

#[test]
fn a_file_of_a_folder_is_read() {
    let folder = Folder::new("read");
    let run = run("2025/a.tif", |test| test.storage_location(folder.location()));
    assert_eq!((run.error(), run.display()), (None, "Created Scenes/2025/a.tif: pixels x 2"));
}

#[test]
fn a_missing_file_and_a_path_outside_are_errors() {
    let folder = Folder::new("missing");
    let missing = run("2025/b.tif", |test| test.storage_location(folder.location()));
    let error = missing.error().expect("no file");
    assert!(error.starts_with("cannot read `2025/b.tif` of the storage location `Scenes`: "), "{error}");
    let outside = run("../a.tif", |test| test.storage_location(folder.location()));
    assert!(outside.error().expect("outside").contains("expects the path of a file in the folder"));
}

#[test]
fn an_unknown_storage_location_fails_the_task() {
    let error = run("a.tif", |test| test);
    let error = error.error().expect("unknown");
    assert!(error.starts_with("cannot find the storage location 00000000-0000-0000-0000-000000000007: "), "{error}");
}

#[test]
fn a_storage_location_is_requested_once() {
    let bucket = || StorageLocation::new(ID, "Bucket", S3Bucket::new("scenes"));
    let server = MockTransport::new().respond_with::<GetStorageLocation>(move |_| Ok(bucket().to_wire()));
    let client: Client = testing::client_builder(server.clone()).build().expect("a client");
    let services = TaskServices::new(std::sync::Arc::new(VirtualExecutor::new(1)));
    let services = services.storage_locations(client.storage_locations());
    for _ in 0..3 {
        assert_eq!(block_on(services.clone().locations.find(ID)).expect("a location").name, "Bucket");
    }
    assert_eq!(server.requests::<GetStorageLocation>().len(), 1);
}

/// Objects whose content is their path.
struct Echo;

#[async_trait]
impl StorageReader for Echo {
    fn reads(&self, location: &StorageLocation) -> bool {
        location.storage_type == StorageType::S3
    }

    async fn read(&self, _: &StorageLocation, path: &str) -> Result<Bytes, StorageReaderError> {
        match path {
            "gone" => Err(std::io::Error::from(std::io::ErrorKind::NotFound).into()),
            path => Ok(path.to_owned().into()),
        }
    }
}

#[test]
fn other_kinds_of_storage_need_a_reader() {
    let bucket = || StorageLocation::new(ID, "Bucket", S3Bucket::new("scenes"));
    let read = run("a.tif", |test| test.storage_location(bucket()).storage_reader(Echo));
    assert_eq!((read.error(), read.display()), (None, "Created Bucket/a.tif: a.tif x 2"));
    let gone = run("gone", |test| test.storage_location(bucket()).storage_reader(Echo));
    assert!(gone.error().expect("gone").starts_with("cannot read `gone` of the storage location `Bucket`: "));
    let without = run("a.tif", |test| test.storage_location(bucket()));
    assert_eq!(
        without.error().expect("no reader"),
        "cannot read `a.tif` of the storage location `Bucket`: the runner has no reader for this kind of storage, Amazon S3; \
         add one to the runner with `.storage_reader(..)`"
    );
}
