//! Data on disk after kills, full disks and damage.

#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

mod support;

use std::process::Command;
use std::sync::mpsc;
use std::time::Duration;

use bytes::Bytes;
use prost::Message;
use prost_types::Timestamp;
use support::process::{Folder, Process};
use support::{datapoint, post_to};
use tilebox_core::protocol::wire::datasets::v1::*;
use tilebox_core::protocol::wire::tilebox::v1::{Id, TimeInterval};
use tilebox_emulator::{Catalogue, DiskErrorKind, Emulator, StartError};

fn everything(dataset: &Dataset) -> QueryRequest {
    let end_time = Some(Timestamp { seconds: 4_000_000_000, nanos: 0 });
    let interval = TimeInterval { start_time: Some(Timestamp::default()), end_time, ..TimeInterval::default() };
    let filters = QueryFilters { time_interval: Some(interval), ..QueryFilters::default() };
    QueryRequest { dataset_id: dataset.id.clone(), filters: Some(filters), ..QueryRequest::default() }
}

/// Creates a dataset with a collection.
fn make_collection(process: &Process) -> (Dataset, CollectionInfo) {
    let request = CreateDatasetRequest {
        name: "Mine".to_owned(),
        code_name: "mine".to_owned(),
        r#type: Some(DatasetType { kind: DatasetKind::Temporal.into(), fields: vec![] }),
        ..CreateDatasetRequest::default()
    };
    let dataset: Dataset = process.call("DatasetService/CreateDataset", &request).unwrap();
    let request = CreateCollectionRequest { dataset_id: dataset.id.clone(), name: "c".to_owned() };
    (dataset, process.call("CollectionService/CreateCollection", &request).unwrap())
}

#[test]
fn a_killed_process_loses_no_acknowledged_data() {
    let folder = Folder::new("killed");
    let process = Process::start(&folder);
    let (dataset, collection) = make_collection(&process);
    let collection_id = collection.collection.clone().unwrap().id;

    // A thread ingests in a loop. Once the server has acknowledged some requests, the process is killed.
    let (sender, acknowledged) = mpsc::channel::<Vec<Id>>();
    let address = process.address.clone();
    let to = collection_id.clone();
    let ingesting = std::thread::spawn(move || {
        for first in (0..).step_by(5) {
            let values = (first..first + 5).map(|second| datapoint(second, &[])).collect();
            let request = IngestRequest { collection_id: to.clone(), values, allow_existing: false };
            let Ok(reply) = post_to(&address, "/datasets.v1.DataIngestionService/Ingest", &request, "") else { return };
            assert_eq!(reply.status, 200, "{}", reply.text());
            if sender.send(IngestResponse::decode(reply.body).unwrap().datapoint_ids).is_err() {
                return;
            }
        }
    });
    let wait = Duration::from_secs(60);
    let mut stored: Vec<Bytes> = Vec::new();
    for _ in 0..20 {
        stored.extend(acknowledged.recv_timeout(wait).expect("a response").into_iter().map(|id| id.uuid));
    }
    drop(process);
    ingesting.join().unwrap();
    stored.extend(acknowledged.iter().flatten().map(|id| id.uuid));

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
    // The last request can be stored without a response, but not in part.
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
fn changes_of_a_catalogue_on_disk_persist() {
    let folder = Folder::new("catalogue");
    let start = || Emulator::builder().catalogue(Catalogue::new(100)).writable(true).data(&folder.0).start();
    let emulator = start().unwrap();
    let error = start().expect_err("the folder is in use");
    assert!(matches!(error, StartError::Data { kind: DiskErrorKind::InUse, .. }), "{error:?}");
    assert!(
        error.to_string().ends_with("another running emulator uses it; stop that emulator, or choose another folder")
    );
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

/// Starts a process with this maximum file size in KiB. Needs a shell and `prlimit`.
#[cfg(target_os = "linux")]
fn start_limited(folder: &Folder, kilobytes: usize) -> Process {
    // Without the trap, a signal would end the process before it gets the error.
    let script = format!("trap '' XFSZ; prlimit --pid $$ --fsize={}:unlimited; exec \"$0\" \"$@\"", kilobytes << 10);
    let program = env!("CARGO_BIN_EXE_tilebox-emulator");
    Process::run(Command::new("sh").args(["-c", &script, program, "--data"]).arg(&folder.0))
}

/// A maximum file size stands in for a full disk.
#[test]
#[cfg(target_os = "linux")]
fn a_full_disk_is_reported_and_recovers() {
    if Command::new("prlimit").arg("--version").output().is_err() {
        println!("skipped: `prlimit` of util-linux is not installed");
        return;
    }
    let folder = Folder::new("full");
    drop(Process::start(&folder));
    let length = std::fs::metadata(folder.0.join("tilebox.redb")).unwrap().len() as usize;
    let process = start_limited(&folder, (length >> 10) + 512);
    let (dataset, collection) = make_collection(&process);
    let collection_id = collection.collection.unwrap().id;
    let ingest = |first: i64| {
        let values = (first..first + 2000).map(|second| datapoint(second, &[])).collect();
        let request = IngestRequest { collection_id: collection_id.clone(), values, allow_existing: false };
        post_to(&process.address, "/datasets.v1.DataIngestionService/Ingest", &request, "").unwrap()
    };
    let mut stored = 0;
    let mut refused = Vec::new();
    // The first refusal can free space, because the file is opened again.
    while refused.len() < 2 {
        let reply = ingest(stored + 1);
        if reply.status == 200 {
            stored += 2000;
            refused.clear();
        } else {
            refused.push(reply);
        }
        assert!(stored < 200_000, "the file has a maximum size");
    }
    for reply in refused {
        assert!(reply.text().contains("\"code\":\"resource_exhausted\""), "{}", reply.text());
        assert!(
            reply.text().contains("the disk of the emulator is full; free some space and try again"),
            "{}",
            reply.text()
        );
    }
    let count = || {
        let request =
            ListCollectionsRequest { dataset_id: dataset.id.clone(), with_availability: false, with_count: true };
        process.call::<ListCollectionsResponse>("CollectionService/ListCollections", &request).unwrap().data[0].count
    };
    assert_eq!(count(), Some(stored as u64), "stored datapoints can be read");
    let raised = Command::new("prlimit").args(["--pid", &process.child.id().to_string(), "--fsize=unlimited"]).status();
    assert!(raised.unwrap().success());
    let reply = ingest(stored + 1);
    assert_eq!(reply.status, 200, "{}", reply.text());
    assert_eq!(count(), Some(stored as u64 + 2000));
}

#[test]
fn each_unusable_folder_has_its_own_error() {
    let folder = Folder::new("unusable");
    let start = || Emulator::builder().data(&folder.0).start();
    let error_kind = || match start() {
        Ok(emulator) => {
            emulator.stop();
            None
        }
        Err(error @ StartError::Data { kind, .. }) => {
            assert!(!error.to_string().contains('\n') && error.to_string().contains(&kind.to_string()), "{error}");
            Some(kind)
        }
        Err(error) => panic!("{error}"),
    };
    std::fs::write(&folder.0, "a file").unwrap();
    assert_eq!(error_kind(), Some(DiskErrorKind::NotAFolder));
    std::fs::remove_file(&folder.0).unwrap();
    Emulator::builder().catalogue(Catalogue::new(300)).data(&folder.0).start().unwrap().stop();

    let file = folder.0.join("tilebox.redb");
    let whole = std::fs::read(&file).unwrap();
    for foreign in ["re", "something else entirely, which is longer than a page of a database"] {
        std::fs::write(&file, foreign).unwrap();
        assert_eq!(error_kind(), Some(DiskErrorKind::Foreign), "{foreign}");
    }
    for kept in [5, 100, 4096, whole.len() / 2, whole.len() - 4096] {
        std::fs::write(&file, &whole[..kept]).unwrap();
        assert_eq!(error_kind(), Some(DiskErrorKind::Damaged), "{kept} of {} bytes", whole.len());
    }
    // Changed bytes are either detected or unused.
    let mut damaged = 0;
    for start in (0..whole.len()).step_by(whole.len() / 40) {
        let mut changed = whole.clone();
        changed[start..].iter_mut().take(64).for_each(|byte| *byte ^= 0xa5);
        std::fs::write(&file, &changed).unwrap();
        match error_kind() {
            None => {}
            Some(DiskErrorKind::Damaged | DiskErrorKind::Foreign) => damaged += 1,
            Some(other) => panic!("at {start}: {other}"),
        }
    }
    assert!(damaged > 5, "{damaged} of 40");
    std::fs::write(&file, &whole).unwrap();
    assert_eq!(error_kind(), None, "a restored file is valid");
}
