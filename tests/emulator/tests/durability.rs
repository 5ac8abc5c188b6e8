//! Data in a folder survives the process, however it ends.

#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on may panic")]

mod support;

use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use bytes::Bytes;
use prost::Message;
use prost_types::Timestamp;
use support::{datapoint, post_to};
use tilebox_core::wire::datasets::v1::*;
use tilebox_core::wire::tilebox::v1::{Id, TimeInterval};
use tilebox_emulator::{Catalogue, Emulator, StartError};

/// A folder that is removed at the end.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("tilebox-emulator-{name}-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&path);
        Self(path)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// The emulator as a process of its own.
struct Process {
    child: Child,
    address: String,
}

impl Process {
    fn start(folder: &Folder) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_tilebox-emulator"))
            .arg("--data")
            .arg(&folder.0)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let address = line.trim().strip_prefix("listening on http://").expect("an address").to_owned();
        Self { child, address }
    }

    fn call<M: Message + Default>(&self, method: &str, request: &impl Message) -> Option<M> {
        let reply = post_to(&self.address, &format!("/datasets.v1.{method}"), request, "").ok()?;
        assert_eq!(reply.status, 200, "{method}: {}", reply.text());
        Some(M::decode(reply.body).expect("the response message"))
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // SIGKILL.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn everything(dataset: &Dataset) -> QueryRequest {
    let end_time = Some(Timestamp { seconds: 4_000_000_000, nanos: 0 });
    let interval = TimeInterval { start_time: Some(Timestamp::default()), end_time, ..TimeInterval::default() };
    let filters = QueryFilters { time_interval: Some(interval), ..QueryFilters::default() };
    QueryRequest { dataset_id: dataset.id.clone(), filters: Some(filters), ..QueryRequest::default() }
}

#[test]
fn nothing_that_was_acknowledged_is_lost_when_the_process_is_killed() {
    let folder = Folder::new("killed");
    let process = Process::start(&folder);
    let request = CreateDatasetRequest {
        name: "Mine".to_owned(),
        code_name: "mine".to_owned(),
        r#type: Some(DatasetType { kind: DatasetKind::Temporal.into(), fields: vec![] }),
        ..CreateDatasetRequest::default()
    };
    let dataset: Dataset = process.call("DatasetService/CreateDataset", &request).unwrap();
    let request = CreateCollectionRequest { dataset_id: dataset.id.clone(), name: "c".to_owned() };
    let collection: CollectionInfo = process.call("CollectionService/CreateCollection", &request).unwrap();
    let collection_id = collection.collection.clone().unwrap().id;

    // One thread ingests as fast as it can; once some requests are through, the process is killed under it.
    let (acknowledged, through) = mpsc::channel::<Vec<Id>>();
    let address = process.address.clone();
    let to = collection_id.clone();
    let ingesting = std::thread::spawn(move || {
        for first in (0..).step_by(5) {
            let values = (first..first + 5).map(|second| datapoint(second, &[])).collect();
            let request = IngestRequest { collection_id: to.clone(), values, allow_existing: false };
            let Ok(reply) = post_to(&address, "/datasets.v1.DataIngestionService/Ingest", &request, "") else { return };
            assert_eq!(reply.status, 200, "{}", reply.text());
            if acknowledged.send(IngestResponse::decode(reply.body).unwrap().datapoint_ids).is_err() {
                return;
            }
        }
    });
    let wait = Duration::from_secs(60);
    let mut stored: Vec<Bytes> = Vec::new();
    for _ in 0..20 {
        stored.extend(through.recv_timeout(wait).expect("requests go through").into_iter().map(|id| id.uuid));
    }
    drop(process);
    ingesting.join().unwrap();
    stored.extend(through.iter().flatten().map(|id| id.uuid));

    let process = Process::start(&folder);
    let again: Dataset = process
        .call("DatasetService/GetDataset", &GetDatasetRequest { slug: "mine".to_owned(), id: None })
        .expect("the dataset");
    assert_eq!(again.r#type, dataset.r#type);
    let page: QueryResultPage = process.call("DataAccessService/Query", &everything(&dataset)).unwrap();
    let found: Vec<_> = page
        .data
        .unwrap()
        .value
        .into_iter()
        .map(|value| TemporalDatapoint::decode(value).unwrap().id.unwrap().uuid)
        .collect();
    assert!(stored.iter().all(|id| found.contains(id)), "{} acknowledged, {} found", stored.len(), found.len());
    // The last request may have been stored without its answer coming through, but not in part.
    assert!([0, 5].contains(&(found.len() - stored.len())) && found.len() % 5 == 0);

    let listed: ListCollectionsResponse = process
        .call(
            "CollectionService/ListCollections",
            &ListCollectionsRequest { dataset_id: dataset.id, with_availability: true, with_count: true },
        )
        .unwrap();
    assert_eq!(listed.data[0].collection, collection.collection);
    assert_eq!(listed.data[0].count, Some(found.len() as u64));
}

#[test]
fn a_catalogue_is_copied_into_the_folder_once_and_changes_of_it_stay() {
    let folder = Folder::new("catalogue");
    let start = || Emulator::builder().catalogue(Catalogue::new(100)).writable(true).data(&folder.0).start();
    let emulator = start().unwrap();
    assert!(matches!(start(), Err(StartError::Data { .. })), "a folder belongs to one emulator");
    let summary = &emulator.datasets()[0];
    let address = emulator.address().to_string();
    let dataset_id = {
        let get = GetDatasetRequest { slug: summary.slug.clone(), id: None };
        let reply = post_to(&address, "/datasets.v1.DatasetService/GetDataset", &get, "").unwrap();
        Dataset::decode(reply.body).unwrap().id
    };
    let collection_id = Some(Id { uuid: Bytes::copy_from_slice(summary.collections[0].id.as_bytes()) });
    let delete = DeleteCollectionRequest { collection_id, dataset_id };
    assert_eq!(post_to(&address, "/datasets.v1.CollectionService/DeleteCollection", &delete, "").unwrap().status, 200);
    let left = emulator.datasets();
    emulator.stop();

    let again = start().unwrap().datasets();
    assert_eq!(again[0].collections.len(), 5);
    for (before, after) in left[0].collections.iter().zip(&again[0].collections) {
        assert_eq!((before.id, before.count, before.availability), (after.id, after.count, after.availability));
    }
}
