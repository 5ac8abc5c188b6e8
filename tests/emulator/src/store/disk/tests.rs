//! Disks that fail at each operation, and their contents afterwards.

use std::collections::BTreeMap;
use std::sync::Arc;

use redb::TableDefinition;
use uuid::Uuid;

use super::format::{FORMAT, FORMAT_VERSION, IDENTITY};
use super::journal::LastChanges;
use super::*;
use crate::generate::Catalogue;
use crate::ids::DatapointId;
use crate::store::{Datapoint, Store, Table};

fn open(memory: &Memory) -> Store {
    let disk = memory.disk().expect("a disk");
    Store::open(Arc::new(disk), 1).expect("a store")
}

/// Returns the ids of each collection.
fn ids_by_collection(store: &Store) -> BTreeMap<Uuid, Vec<DatapointId>> {
    let collections = store.datasets().iter().flat_map(Dataset::collections);
    collections.map(|collection| (collection.id(), collection.iter().map(|(id, _)| *id).collect())).collect()
}

/// Returns datapoints that are unique to the seed.
fn datapoints(seed: u64) -> Vec<(DatapointId, Datapoint)> {
    let dataset = Catalogue::new(20).seed(seed).generate();
    let collection = dataset.collections().next().expect("a collection");
    collection.iter().map(|(id, datapoint)| (*id, datapoint.clone())).collect()
}

/// Returns a store with a dataset, and the id of its first collection.
fn store() -> (Memory, Store, Uuid) {
    let memory = Memory::default();
    let mut store = open(&memory);
    let dataset = store.add_dataset(Catalogue::new(20).generate()).expect("space");
    let collection = dataset.collections().next().expect("a collection").id();
    (memory, store, collection)
}

#[test]
fn a_full_disk_loses_no_data_and_recovers() {
    let mut full = 0;
    for changes in 0.. {
        let (memory, mut store, collection) = store();
        let before = ids_by_collection(&store);
        memory.fill_after(changes);
        let first = store.insert_datapoints(collection, datapoints(1));
        let after = ids_by_collection(&store);
        match &first {
            Ok(()) => assert_ne!(before, after, "change {changes}"),
            Err(error) => {
                assert_eq!(error.kind(), DiskErrorKind::Full, "change {changes}: {error}");
                assert_eq!(before, after, "change {changes}");
                // Changes fail until there is space.
                let again = store.insert_datapoints(collection, datapoints(2)).expect_err("no space");
                assert_eq!(again.kind(), DiskErrorKind::Full, "change {changes}: {again}");
            }
        }
        let was_full = memory.free();
        store.insert_datapoints(collection, datapoints(3)).expect("space");
        store.remove_datapoints(collection, &[datapoints(3)[0].0]).expect("space");
        let expected = ids_by_collection(&store);
        drop(store);
        assert_eq!(ids_by_collection(&open(&memory)), expected, "change {changes}: memory and disk are equal");
        if !was_full {
            break;
        }
        full += 1;
    }
    assert!(full > 3, "the disk was full after {full} changes");
}

#[test]
fn a_file_with_a_maximum_size_keeps_its_data() {
    let (memory, mut store, collection) = store();
    let length = memory.contents().bytes.len();
    memory.contents().maximum_size = Some(length);
    let mut stored = 0;
    let error = loop {
        match store.insert_datapoints(collection, datapoints(1 + stored)) {
            Ok(()) => stored += 1,
            Err(error) => break error,
        }
    };
    assert_eq!(error.kind(), DiskErrorKind::Full);
    let kept = ids_by_collection(&store);
    memory.free();
    assert_eq!(ids_by_collection(&store), kept);
    store.insert_datapoints(collection, datapoints(1 + stored)).expect("space");
    let expected = ids_by_collection(&store);
    drop(store);
    assert_eq!(ids_by_collection(&open(&memory)), expected);
}

/// Returns all records, as after a crash.
fn records(memory: &Memory) -> Vec<RecordChange> {
    memory.disk().expect("a disk").records().expect("records")
}

#[test]
fn changes_survive_a_crash_before_and_after_a_full_journal() {
    let memory = Memory::default();
    let mut disk = memory.disk().expect("a disk");
    let mut expected = LastChanges::new();
    for number in 0..30_u8 {
        // Some large batches fill the journal; one is larger than it.
        let length = if number == 20 { 3 << 20 } else { usize::from(number) * 10_000 };
        let change = |key: u8, value| RecordChange { table: Table::Scheduler, key: vec![key].into(), value };
        let batch = [
            change(number, Some(vec![number; length].into())),
            change(number / 2, Some(vec![number].into())),
            change(number.saturating_sub(7), None),
        ];
        disk.record_changes(batch.to_vec()).expect("space");
        for RecordChange { table, key, value } in batch {
            match value {
                Some(value) => expected.insert((table, key), Some(value)),
                None => expected.remove(&(table, key)),
            };
        }
        let known = |records: Vec<RecordChange>| -> LastChanges {
            let present = records.into_iter().filter(|record| record.value.is_some());
            present.map(|RecordChange { table, key, value }| ((table, key), value)).collect()
        };
        assert_eq!(known(disk.records().expect("records")), expected, "batch {number}");
        if number % 3 == 0 {
            drop(disk);
            disk = memory.disk().expect("a disk");
            assert_eq!(known(disk.records().expect("records")), expected, "batch {number}, after a crash");
        }
    }
}

#[test]
fn a_journal_beside_another_database_is_ignored() {
    let memory = Memory::default();
    let change = RecordChange { table: Table::Clusters, key: vec![1].into(), value: Some(vec![2].into()) };
    memory.disk().expect("a disk").record_changes(vec![change.clone()]).expect("space");
    let other = Memory::default();
    other.contents().journal = memory.contents().journal.clone();
    assert_eq!(records(&other), []);
    assert_eq!(records(&memory), [change]);
}

#[test]
fn foreign_and_newer_files_have_their_own_errors() {
    let kind = |memory: &Memory| memory.disk().err().map(|error| error.kind());
    let database = |memory: &Memory| redb::Builder::new().create_with_backend(memory.clone()).expect("a database");
    let (memory, store, _) = store();
    drop(store);
    assert_eq!(kind(&memory), None);

    let transaction = database(&memory).begin_write().expect("a transaction");
    transaction.open_table(FORMAT).expect("a table").insert((), FORMAT_VERSION + 1).expect("space");
    transaction.commit().expect("space");
    assert_eq!(kind(&memory), Some(DiskErrorKind::Newer { format: FORMAT_VERSION + 1, known: FORMAT_VERSION }));

    let foreign = Memory::default();
    let transaction = database(&foreign).begin_write().expect("a transaction");
    transaction.open_table(TableDefinition::<u64, u64>::new("other")).expect("a table").insert(1, 1).expect("space");
    transaction.commit().expect("space");
    assert_eq!(kind(&foreign), Some(DiskErrorKind::Foreign));

    // A file without a version.
    let old = Memory::default();
    let transaction = database(&old).begin_write().expect("a transaction");
    transaction.open_table(IDENTITY).expect("a table").insert((), 7).expect("space");
    transaction.commit().expect("space");
    assert_eq!(old.disk().expect("a disk").load(1).expect("contents").0, 7);
}
