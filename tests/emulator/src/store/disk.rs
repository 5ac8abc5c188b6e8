//! Data on disk, in an embedded database.
//!
//! Every request of datasets is one transaction. The changes of workflows come in batches, which go to a journal until it is
//! full. Both are on disk before the responses of their requests are sent.

mod format;
mod journal;
mod load;
#[cfg(test)]
mod memory;
#[cfg(test)]
mod tests;
mod transaction;

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};

use redb::{Database, WriteTransaction};

use super::change::Change;
use super::{Dataset, DiskError, DiskErrorKind, RecordChange};
use format::{REVISION, position, prepare_tables, put_position};
use journal::{Journal, JournalFile};
use load::{load, load_records};
#[cfg(test)]
pub(crate) use memory::Memory;

/// The name of the database within its folder.
const FILE: &str = "tilebox.redb";
/// The name of the journal within its folder. The lock of the database protects it as well.
const JOURNAL_FILE: &str = "tilebox.journal";
/// The magic number of a database file.
const MAGIC: &[u8] = b"redb";
/// A function that opens the database, and then the journal.
type Open = Box<dyn Fn() -> Result<(Database, Box<dyn JournalFile>), DiskError> + Send + Sync>;

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

/// The open files.
struct Files {
    database: Database,
    journal: Journal,
}

/// The files after the last change with a known outcome.
struct State {
    /// `None` after an error of the disk. Files recover only by being opened again.
    files: Option<Files>,
    revision: u64,
    /// The half whose last change has an unknown outcome.
    unknown: Option<Half>,
    /// Whether memory lacks a transaction of datasets that failed but is on disk.
    datasets_differ: bool,
}

impl State {
    fn new(files: Files, revision: u64) -> Self {
        Self { files: Some(files), revision, unknown: None, datasets_differ: false }
    }

    /// Returns the open files.
    fn files(&self) -> Result<&Files, DiskError> {
        self.files.as_ref().ok_or_else(DiskError::closed)
    }

    /// Opens the files again if an error closed them.
    fn reopen(&mut self, open: &Open) -> Result<&mut Files, DiskError> {
        if self.files.is_none() {
            let (files, revision) = prepare(open)?;
            // Workflows always load their records after an error.
            self.datasets_differ |= self.unknown == Some(Half::Datasets) && revision != self.revision;
            (self.files, self.revision, self.unknown) = (Some(files), revision, None);
        }
        self.files.as_mut().ok_or_else(DiskError::closed)
    }

    /// Commits changes of one half in a transaction.
    fn commit(
        &mut self,
        open: &Open,
        half: Half,
        apply: impl FnOnce(&WriteTransaction, &Journal) -> Result<(), DiskError>,
    ) -> Result<(), DiskError> {
        let next = self.revision + 1;
        match write(self.files()?, apply, next) {
            Ok(()) => {
                self.revision = next;
                Ok(())
            }
            // The transaction can be on disk despite the error; the revision shows it.
            Err(error) => self.recover(open, half, error, |state| state.revision == next),
        }
    }

    /// Closes the files after an error and opens them again. Returns the error, unless the change is on disk.
    fn recover(
        &mut self,
        open: &Open,
        half: Half,
        error: DiskError,
        is_on_disk: impl FnOnce(&Self) -> bool,
    ) -> Result<(), DiskError> {
        self.files = None;
        self.unknown = Some(half);
        let Ok((files, revision)) = prepare(open) else { return Err(error) };
        (self.files, self.revision, self.unknown) = (Some(files), revision, None);
        if is_on_disk(self) { Ok(()) } else { Err(error) }
    }

    /// Returns the number of the last batch of the journal.
    fn last_batch(&self) -> u64 {
        self.files.as_ref().map_or(0, |files| files.journal.position().last)
    }
}

impl Disk {
    /// Opens a data folder, and creates it if it does not exist. Only one process can open it.
    pub(crate) fn open(folder: &Path) -> Result<Self, DiskError> {
        if folder.is_file() {
            return Err(DiskError::of(DiskErrorKind::NotAFolder));
        }
        fs::create_dir_all(folder)?;
        let folder = folder.to_owned();
        Self::with(Box::new(move || {
            let file = folder.join(FILE);
            check_magic(&file)?;
            // Without the check, reading a damaged file can panic.
            let database = redb::Builder::new().set_check_integrity_on_open(true).create(file)?;
            let mut options = OpenOptions::new();
            let journal =
                options.read(true).write(true).create(true).truncate(false).open(folder.join(JOURNAL_FILE))?;
            // Otherwise a crash of the system could remove a new journal with its batches.
            #[cfg(unix)]
            File::open(&folder)?.sync_all()?;
            Ok((database, Box::new(journal)))
        }))
    }

    fn with(open: Open) -> Result<Self, DiskError> {
        let (files, revision) = prepare(&open)?;
        Ok(Self { open, state: Mutex::new(State::new(files, revision)) })
    }

    /// Loads the identity of the store and all datasets with their contents. Stores the proposed identity if there is none.
    pub(super) fn load(&self, identity: u128) -> Result<(u128, Vec<Dataset>), DiskError> {
        load(&self.state().files()?.database, identity)
    }

    /// Opens the database again if an error closed it. Returns the datasets on disk if they differ from those of the last
    /// successful [`record`](Self::record), because a failed transaction was committed nevertheless.
    pub(super) fn recover(&self) -> Result<Option<Vec<Dataset>>, DiskError> {
        let mut state = self.state();
        state.reopen(&self.open)?;
        if !state.datasets_differ {
            return Ok(None);
        }
        let (_, datasets) = load(&state.files()?.database, 0)?;
        state.datasets_differ = false;
        Ok(Some(datasets))
    }

    /// Commits all changes of datasets or none. They are on disk when this returns.
    ///
    /// An error closes the files; [`recover`](Self::recover) opens them again.
    pub(super) fn record(&self, changes: &[Change<'_>]) -> Result<(), DiskError> {
        self.state().commit(&self.open, Half::Datasets, |transaction, _| {
            changes.iter().try_for_each(|change| change.apply(transaction))
        })
    }

    /// Stores all changes of workflows or none. They are on disk when this returns. Of several changes of a record, the last
    /// one counts.
    ///
    /// After an error, [`records`](Self::records) are the truth: the changes can be on disk or not.
    pub(crate) fn record_changes(&self, changes: Vec<RecordChange>) -> Result<(), DiskError> {
        let mut state = self.state();
        let journal = &mut state.reopen(&self.open)?.journal;
        let batch = journal.position().last + 1;
        match journal.append(changes) {
            Ok(true) => return Ok(()),
            Ok(false) => {}
            // The batch can be in the journal despite the error.
            Err(error) => {
                return state.recover(&self.open, Half::Workflows, error.into(), |state| state.last_batch() == batch);
            }
        }
        state.commit(&self.open, Half::Workflows, |transaction, journal| {
            transaction::apply(&journal.changes(), transaction)?;
            put_position(journal.position(), transaction)
        })?;
        state.reopen(&self.open)?.journal.restart();
        Ok(())
    }

    /// Returns all records of workflows. Opens the files again if an error closed them.
    pub(crate) fn records(&self) -> Result<Vec<RecordChange>, DiskError> {
        let mut state = self.state();
        let files = state.reopen(&self.open)?;
        let mut records = load_records(&files.database)?;
        records.extend(files.journal.changes());
        let records = records.into_iter();
        Ok(records.map(|((table, key), value)| RecordChange { table, key, value }).collect())
    }

    /// Turns the file into one of format 1, which has no tables of workflows.
    #[cfg(test)]
    pub(crate) fn make_older(&self) {
        let state = self.state();
        let transaction = state.files().ok().and_then(|files| files.database.begin_write().ok());
        let transaction = transaction.expect("a transaction");
        for table in super::Table::ALL {
            transaction.delete_table(format::definition(table)).expect("a table");
        }
        transaction.open_table(format::FORMAT).expect("a table").insert((), 1).expect("space");
        transaction.commit().expect("space");
    }

    /// Lets no change begin until the returned value is dropped.
    #[cfg(test)]
    pub(crate) fn pause(&self) -> Pause<'_> {
        Pause { _state: self.state() }
    }

    /// Returns the number of changes so far, also of earlier runs.
    pub(crate) fn changes(&self) -> u64 {
        let state = self.state();
        state.revision + state.last_batch()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A time in which no change begins.
#[cfg(test)]
pub(crate) struct Pause<'a> {
    _state: MutexGuard<'a, State>,
}

/// Opens the files, creates missing tables, and moves the changes of the journal to the database. Returns its revision.
fn prepare(open: &Open) -> Result<(Files, u64), DiskError> {
    // In debug builds, the database panics if its file is damaged.
    let prepared = catch_unwind(AssertUnwindSafe(|| {
        let (database, mut file) = open()?;
        let transaction = database.begin_write()?;
        let revision = prepare_tables(&transaction)?;
        let (changes, position) = journal::read(&mut *file, position(&transaction)?)?;
        transaction::apply(&changes, &transaction)?;
        put_position(position, &transaction)?;
        transaction.commit()?;
        Ok((Files { database, journal: Journal::new(file, position) }, revision))
    }));
    prepared.unwrap_or_else(|_| Err(DiskError::of(DiskErrorKind::Damaged)))
}

fn write(
    files: &Files,
    apply: impl FnOnce(&WriteTransaction, &Journal) -> Result<(), DiskError>,
    revision: u64,
) -> Result<(), DiskError> {
    let transaction = files.database.begin_write()?;
    apply(&transaction, &files.journal)?;
    transaction.open_table(REVISION)?.insert((), revision)?;
    Ok(transaction.commit()?)
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
