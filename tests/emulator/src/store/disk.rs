//! Data on disk, in an embedded database.
//!
//! Every request of datasets is one transaction. The changes of workflows come in batches, each of which is one
//! transaction. A transaction is committed before the responses of its requests are sent.

#[cfg(test)]
mod memory;
#[cfg(test)]
mod tests;
mod transaction;

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Read};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use prost::Message;
use redb::{Database, ReadableDatabase, ReadableTable, TableDefinition, TableHandle, WriteTransaction};
use tilebox_core::protocol::wire::datasets::v1::CollectionInfo;
use uuid::Uuid;

use super::change::Change;
use super::{Collection, Datapoint, Dataset, DiskError, DiskErrorKind, RecordChange, Table};
#[cfg(test)]
pub(crate) use memory::Memory;

/// The name of the file within its folder.
const FILE: &str = "tilebox.redb";
/// The magic number of a database file.
const MAGIC: &[u8] = b"redb";
/// The version of the tables below. Newer versions are refused. Version 2 added the tables of workflows, which a file of
/// an older version gets when it is opened.
const FORMAT_VERSION: u64 = 2;
/// The version of the tables. A file without a version has the tables of version 1.
const FORMAT: TableDefinition<'_, (), u64> = TableDefinition::new("format");
/// The number of transactions. It shows whether a transaction with an unknown outcome is on disk.
const REVISION: TableDefinition<'_, (), u64> = TableDefinition::new("revision");
/// The identity of the store.
const IDENTITY: TableDefinition<'_, (), u128> = TableDefinition::new("identity");
/// The encoded dataset by its id.
const DATASETS: TableDefinition<'_, u128, &[u8]> = TableDefinition::new("datasets");
/// The dataset and the name of a collection by its id.
const COLLECTIONS: TableDefinition<'_, u128, (u128, &str)> = TableDefinition::new("collections");
/// The recorded info of a collection by its id, encoded.
const RECORDED: TableDefinition<'_, u128, &[u8]> = TableDefinition::new("recorded");
/// The encoded datapoint by the id of its collection and its own id.
const DATAPOINTS: TableDefinition<'_, (u128, u128), &[u8]> = TableDefinition::new("datapoints");

/// Returns the table of a set of records.
fn definition(table: Table) -> TableDefinition<'static, &'static [u8], &'static [u8]> {
    TableDefinition::new(match table {
        Table::Scheduler => "scheduler",
        Table::Clusters => "clusters",
        Table::Workflows => "workflows",
        Table::Automations => "automations",
        Table::StorageLocations => "storage_locations",
    })
}

/// A function that opens the database.
type Open = Box<dyn Fn() -> Result<Database, DiskError> + Send + Sync>;

/// A data folder.
pub(crate) struct Disk {
    open: Open,
    state: Mutex<State>,
}

/// The two halves of the data, whose memory recovers separately from an error of the disk.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Half {
    Datasets,
    Workflows,
}

/// The database after the last transaction with a known outcome.
struct State {
    /// `None` after an error of the disk. The database recovers only by being opened again.
    database: Option<Database>,
    revision: u64,
    /// The half whose last transaction has an unknown outcome.
    unknown: Option<Half>,
    /// Whether memory lacks a transaction of datasets that failed but is on disk.
    datasets_differ: bool,
}

impl State {
    fn new(database: Database, revision: u64) -> Self {
        Self { database: Some(database), revision, unknown: None, datasets_differ: false }
    }

    /// Opens the database again if an error closed it.
    fn reopen(&mut self, open: &Open) -> Result<&Database, DiskError> {
        if self.database.is_none() {
            let (database, revision) = prepare(open)?;
            // Workflows always load their records after an error.
            self.datasets_differ |= self.unknown == Some(Half::Datasets) && revision != self.revision;
            (self.database, self.revision, self.unknown) = (Some(database), revision, None);
        }
        self.database.as_ref().ok_or_else(DiskError::closed)
    }
}

impl Disk {
    /// Opens a data folder, and creates it if it does not exist. Only one process can open it.
    pub(crate) fn open(folder: &Path) -> Result<Self, DiskError> {
        if folder.is_file() {
            return Err(DiskError::of(DiskErrorKind::NotAFolder));
        }
        fs::create_dir_all(folder)?;
        let file = folder.join(FILE);
        Self::with(Box::new(move || {
            check_magic(&file)?;
            // Without the check, reading a damaged file can panic.
            Ok(redb::Builder::new().set_check_integrity_on_open(true).create(&file)?)
        }))
    }

    fn with(open: Open) -> Result<Self, DiskError> {
        let (database, revision) = prepare(&open)?;
        Ok(Self { open, state: Mutex::new(State::new(database, revision)) })
    }

    /// Loads the identity of the store and all datasets with their contents. Stores the proposed identity if there is none.
    pub(super) fn load(&self, identity: u128) -> Result<(u128, Vec<Dataset>), DiskError> {
        let state = self.state();
        load(state.database.as_ref().ok_or_else(DiskError::closed)?, identity)
    }

    /// Opens the database again if an error closed it. Returns the datasets on disk if they differ from those of the last
    /// successful [`record`](Self::record), because a failed transaction was committed nevertheless.
    pub(super) fn recover(&self) -> Result<Option<Vec<Dataset>>, DiskError> {
        let mut state = self.state();
        state.reopen(&self.open)?;
        if !state.datasets_differ {
            return Ok(None);
        }
        let (_, datasets) = load(state.reopen(&self.open)?, 0)?;
        state.datasets_differ = false;
        Ok(Some(datasets))
    }

    /// Commits all changes of datasets or none. They are on disk when this returns.
    ///
    /// An error closes the database; [`recover`](Self::recover) opens it again.
    pub(super) fn record(&self, changes: &[Change<'_>]) -> Result<(), DiskError> {
        self.commit(Half::Datasets, |transaction| changes.iter().try_for_each(|change| change.apply(transaction)))
    }

    /// Commits all changes of workflows or none. They are on disk when this returns. Of several changes of a record, the
    /// last one counts.
    ///
    /// After an error, [`records`](Self::records) are the truth: the changes can be on disk or not.
    pub(crate) fn record_changes(&self, changes: &[RecordChange]) -> Result<(), DiskError> {
        self.state().reopen(&self.open)?;
        self.commit(Half::Workflows, |transaction| transaction::apply(changes, transaction))
    }

    /// Returns all records of workflows. Opens the database again if an error closed it.
    pub(crate) fn records(&self) -> Result<Vec<RecordChange>, DiskError> {
        let mut state = self.state();
        load_records(state.reopen(&self.open)?)
    }

    /// Turns the file into one of format 1, which has no tables of workflows.
    #[cfg(test)]
    pub(crate) fn make_older(&self) {
        let state = self.state();
        let transaction = state.database.as_ref().and_then(|database| database.begin_write().ok());
        let transaction = transaction.expect("a transaction");
        for table in Table::ALL {
            transaction.delete_table(definition(table)).expect("a table");
        }
        transaction.open_table(FORMAT).expect("a table").insert((), 1).expect("space");
        transaction.commit().expect("space");
    }

    /// Lets no transaction begin until the returned value is dropped.
    #[cfg(test)]
    pub(crate) fn pause(&self) -> Pause<'_> {
        Pause { _state: self.state() }
    }

    /// Returns the number of transactions so far, also of earlier runs.
    pub(crate) fn transactions(&self) -> u64 {
        self.state().revision
    }

    fn commit(
        &self,
        half: Half,
        apply: impl FnOnce(&WriteTransaction) -> Result<(), DiskError>,
    ) -> Result<(), DiskError> {
        let mut state = self.state();
        let next = state.revision + 1;
        let database = state.database.as_ref().ok_or_else(DiskError::closed)?;
        let Err(error) = write(database, apply, next) else {
            state.revision = next;
            return Ok(());
        };
        state.database = None;
        state.unknown = Some(half);
        // The transaction can be on disk despite the error; the revision shows it.
        let Ok((database, revision)) = prepare(&self.open) else { return Err(error) };
        (state.database, state.revision, state.unknown) = (Some(database), revision, None);
        if revision == next { Ok(()) } else { Err(error) }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A time in which no transaction begins.
#[cfg(test)]
pub(crate) struct Pause<'a> {
    _state: MutexGuard<'a, State>,
}

/// Opens a database, and creates missing tables. Returns its revision.
fn prepare(open: &Open) -> Result<(Database, u64), DiskError> {
    // In debug builds, the database panics if its file is damaged.
    let prepared = catch_unwind(AssertUnwindSafe(|| {
        let database = open()?;
        let transaction = database.begin_write()?;
        let revision = prepare_tables(&transaction)?;
        transaction.commit()?;
        Ok((database, revision))
    }));
    prepared.unwrap_or_else(|_| Err(DiskError::of(DiskErrorKind::Damaged)))
}

fn prepare_tables(transaction: &WriteTransaction) -> Result<u64, DiskError> {
    let tables: Vec<String> = transaction.list_tables()?.map(|table| table.name().to_owned()).collect();
    if !tables.is_empty() && !tables.iter().any(|table| table == IDENTITY.name()) {
        return Err(DiskError::of(DiskErrorKind::Foreign));
    }
    let found = transaction.open_table(FORMAT)?.get(())?.map(|format| format.value());
    if let Some(format) = found.filter(|format| *format > FORMAT_VERSION) {
        return Err(DiskError::of(DiskErrorKind::Newer { format, known: FORMAT_VERSION }));
    }
    if found != Some(FORMAT_VERSION) {
        transaction.open_table(FORMAT)?.insert((), FORMAT_VERSION)?;
    }
    transaction.open_table(IDENTITY)?;
    transaction.open_table(DATASETS)?;
    transaction.open_table(COLLECTIONS)?;
    transaction.open_table(RECORDED)?;
    transaction.open_table(DATAPOINTS)?;
    for table in Table::ALL {
        transaction.open_table(definition(table))?;
    }
    let revision = transaction.open_table(REVISION)?.get(())?.map(|revision| revision.value());
    Ok(revision.unwrap_or_default())
}

fn write(
    database: &Database,
    apply: impl FnOnce(&WriteTransaction) -> Result<(), DiskError>,
    revision: u64,
) -> Result<(), DiskError> {
    let transaction = database.begin_write()?;
    apply(&transaction)?;
    transaction.open_table(REVISION)?.insert((), revision)?;
    Ok(transaction.commit()?)
}

fn load(database: &Database, identity: u128) -> Result<(u128, Vec<Dataset>), DiskError> {
    let loaded = catch_unwind(AssertUnwindSafe(|| Ok((take_identity(database, identity)?, load_datasets(database)?))));
    loaded.unwrap_or_else(|_| Err(DiskError::of(DiskErrorKind::Damaged)))
}

fn take_identity(database: &Database, proposed: u128) -> Result<u128, DiskError> {
    let transaction = database.begin_write()?;
    let known = transaction.open_table(IDENTITY)?.get(())?.map(|known| known.value());
    match known {
        Some(identity) => Ok(identity),
        None => {
            transaction.open_table(IDENTITY)?.insert((), proposed)?;
            transaction.commit()?;
            Ok(proposed)
        }
    }
}

fn load_datasets(database: &Database) -> Result<Vec<Dataset>, DiskError> {
    let transaction = database.begin_read()?;
    let mut datasets = BTreeMap::new();
    for entry in transaction.open_table(DATASETS)?.iter()? {
        let (id, encoded) = entry?;
        let dataset = Dataset::decode(&Bytes::copy_from_slice(encoded.value()))
            .ok_or(DiskError::malformed("dataset", id.value()))?;
        datasets.insert(id.value(), dataset);
    }
    let (points, recorded) = (transaction.open_table(DATAPOINTS)?, transaction.open_table(RECORDED)?);
    for entry in transaction.open_table(COLLECTIONS)?.iter()? {
        let (id, value) = entry?;
        let (id, (dataset, name)) = (id.value(), value.value());
        let mut datapoints = Vec::new();
        for entry in points.range((id, 0)..=(id, u128::MAX))? {
            let (key, encoded) = entry?;
            let datapoint = Datapoint::parse(Bytes::copy_from_slice(encoded.value()))
                .map_err(|_| DiskError::malformed("datapoint", key.value().1))?;
            datapoints.push(datapoint);
        }
        let mut collection = Collection::new(Uuid::from_u128(id), name.to_owned(), datapoints);
        if let Some(info) = recorded.get(id)? {
            let info = CollectionInfo::decode(info.value()).map_err(|_| DiskError::malformed("collection", id))?;
            collection = collection.with_recorded_info(info.count, info.availability);
        }
        let dataset = datasets.get_mut(&dataset).ok_or(DiskError::malformed("collection", id))?;
        dataset.put_collection(collection);
    }
    Ok(datasets.into_values().collect())
}

fn load_records(database: &Database) -> Result<Vec<RecordChange>, DiskError> {
    // In debug builds, the database panics if its file is damaged.
    let loaded = catch_unwind(AssertUnwindSafe(|| {
        let transaction = database.begin_read()?;
        let mut records = Vec::new();
        for table in Table::ALL {
            for entry in transaction.open_table(definition(table))?.iter()? {
                let (key, value) = entry?;
                let (key, value) = (Bytes::copy_from_slice(key.value()), Bytes::copy_from_slice(value.value()));
                records.push(RecordChange { table, key, value: Some(value) });
            }
        }
        Ok(records)
    }));
    loaded.unwrap_or_else(|_| Err(DiskError::of(DiskErrorKind::Damaged)))
}

/// Refuses a file that is not a database, which redb would report as damaged.
fn check_magic(file: &Path) -> Result<(), DiskError> {
    let mut file = match File::open(file) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error.into()),
    };
    let mut start = Vec::with_capacity(MAGIC.len());
    file.by_ref().take(MAGIC.len() as u64).read_to_end(&mut start)?;
    // An empty file becomes a new database.
    if start.is_empty() || start == MAGIC { Ok(()) } else { Err(DiskError::of(DiskErrorKind::Foreign)) }
}
