//! A disk that fails at any operation, and what is on it afterwards.

use std::collections::BTreeMap;
use std::sync::Arc;

use redb::StorageBackend;

use super::*;
use crate::generate::Catalogue;
use crate::ids::DatapointId;
use crate::store::Store;

/// A file in memory, of which several databases are opened one after the other.
#[derive(Clone, Debug, Default)]
struct Memory(Arc<Mutex<Contents>>);

#[derive(Debug, Default)]
struct Contents {
    bytes: Vec<u8>,
    /// How many changes succeed before the disk is full; any number without it.
    left: Option<usize>,
    /// The longest that the file may become; any length without it.
    longest: Option<usize>,
}

impl Memory {
    fn contents(&self) -> MutexGuard<'_, Contents> {
        self.0.lock().expect("nobody panicked")
    }

    fn disk(&self) -> Result<Disk, DiskError> {
        let memory = self.clone();
        Disk::with(Box::new(move || Ok(redb::Builder::new().create_with_backend(memory.clone())?)))
    }

    /// Lets the disk be full after `changes` more of them.
    fn fill_after(&self, changes: usize) {
        self.contents().left = Some(changes);
    }

    /// Makes room. Returns whether the disk was ever full.
    fn free(&self) -> bool {
        let mut contents = self.contents();
        contents.longest = None;
        contents.left.take() == Some(0)
    }
}

impl Contents {
    fn change(&mut self, end: usize) -> io::Result<()> {
        if self.longest.is_some_and(|longest| end > longest) {
            return Err(io::ErrorKind::StorageFull.into());
        }
        match &mut self.left {
            Some(0) => Err(io::ErrorKind::StorageFull.into()),
            Some(left) => {
                *left -= 1;
                Ok(())
            }
            None => Ok(()),
        }
    }
}

impl StorageBackend for Memory {
    fn len(&self) -> io::Result<u64> {
        Ok(self.contents().bytes.len() as u64)
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        let start = offset as usize;
        let contents = self.contents();
        let bytes = contents.bytes.get(start..start + out.len()).ok_or(io::ErrorKind::UnexpectedEof)?;
        out.copy_from_slice(bytes);
        Ok(())
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        let mut contents = self.contents();
        contents.change(len as usize)?;
        contents.bytes.resize(len as usize, 0);
        Ok(())
    }

    fn sync_data(&self) -> io::Result<()> {
        self.contents().change(0)
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        let (start, end) = (offset as usize, offset as usize + data.len());
        let mut contents = self.contents();
        contents.change(end)?;
        contents.bytes.get_mut(start..end).ok_or(io::ErrorKind::UnexpectedEof)?.copy_from_slice(data);
        Ok(())
    }
}

fn open(memory: &Memory) -> Store {
    let disk = memory.disk().expect("a disk");
    Store::open(disk, 1).expect("a store")
}

/// The ids of each collection.
fn held(store: &Store) -> BTreeMap<Uuid, Vec<DatapointId>> {
    let collections = store.datasets().iter().flat_map(Dataset::collections);
    collections.map(|collection| (collection.id(), collection.iter().map(|(id, _)| *id).collect())).collect()
}

/// Datapoints that no other seed has.
fn datapoints(seed: u64) -> Vec<(DatapointId, Datapoint)> {
    let dataset = Catalogue::new(20).seed(seed).generate();
    let collection = dataset.collections().next().expect("a collection");
    collection.iter().map(|(id, datapoint)| (*id, datapoint.clone())).collect()
}

/// A store with a dataset, and the id of its first collection.
fn store() -> (Memory, Store, Uuid) {
    let memory = Memory::default();
    let mut store = open(&memory);
    let dataset = store.add_dataset(Catalogue::new(20).generate()).expect("room");
    let collection = dataset.collections().next().expect("a collection").id();
    (memory, store, collection)
}

#[test]
fn a_full_disk_loses_nothing_and_is_used_again() {
    let mut full = 0;
    for changes in 0.. {
        let (memory, mut store, collection) = store();
        let before = held(&store);
        memory.fill_after(changes);
        let first = store.insert_datapoints(collection, datapoints(1));
        let after = held(&store);
        match &first {
            Ok(()) => assert_ne!(before, after, "change {changes}"),
            Err(error) => {
                assert_eq!(error.problem(), DataProblem::Full, "change {changes}: {error}");
                assert_eq!(before, after, "change {changes}");
                // It goes on failing as long as there is no room.
                let again = store.insert_datapoints(collection, datapoints(2)).expect_err("no room");
                assert_eq!(again.problem(), DataProblem::Full, "change {changes}: {again}");
            }
        }
        let was_full = memory.free();
        store.insert_datapoints(collection, datapoints(3)).expect("there is room again");
        store.remove_datapoints(collection, &[datapoints(3)[0].0]).expect("there is room again");
        let expected = held(&store);
        drop(store);
        assert_eq!(held(&open(&memory)), expected, "change {changes}: memory and disk hold the same");
        if !was_full {
            break;
        }
        full += 1;
    }
    assert!(full > 3, "the disk was full at {full} changes");
}

#[test]
fn a_file_that_may_not_grow_holds_what_it_held() {
    let (memory, mut store, collection) = store();
    let length = memory.contents().bytes.len();
    memory.contents().longest = Some(length);
    let mut stored = 0;
    let error = loop {
        match store.insert_datapoints(collection, datapoints(1 + stored)) {
            Ok(()) => stored += 1,
            Err(error) => break error,
        }
    };
    assert_eq!(error.problem(), DataProblem::Full);
    let kept = held(&store);
    memory.free();
    assert_eq!(held(&store), kept);
    store.insert_datapoints(collection, datapoints(1 + stored)).expect("there is room again");
    let expected = held(&store);
    drop(store);
    assert_eq!(held(&open(&memory)), expected);
}

#[test]
fn a_store_of_another_format_or_program_is_told_from_a_damaged_one() {
    let problem = |memory: &Memory| memory.disk().err().map(|error| error.problem());
    let database = |memory: &Memory| redb::Builder::new().create_with_backend(memory.clone()).expect("a database");
    let (memory, store, _) = store();
    drop(store);
    assert_eq!(problem(&memory), None);

    let transaction = database(&memory).begin_write().expect("a transaction");
    transaction.open_table(FORMAT).expect("a table").insert((), FORMAT_VERSION + 1).expect("room");
    transaction.commit().expect("room");
    assert_eq!(problem(&memory), Some(DataProblem::Newer { format: 2, known: 1 }));

    let foreign = Memory::default();
    let transaction = database(&foreign).begin_write().expect("a transaction");
    transaction.open_table(TableDefinition::<u64, u64>::new("other")).expect("a table").insert(1, 1).expect("room");
    transaction.commit().expect("room");
    assert_eq!(problem(&foreign), Some(DataProblem::Foreign));

    // From before there were formats.
    let old = Memory::default();
    let transaction = database(&old).begin_write().expect("a transaction");
    transaction.open_table(IDENTITY).expect("a table").insert((), 7).expect("room");
    transaction.commit().expect("room");
    assert_eq!(old.disk().expect("a disk").load(1).expect("contents").0, 7);
}
