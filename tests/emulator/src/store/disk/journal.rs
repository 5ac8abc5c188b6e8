//! The journal: changes of workflows in a file beside the database, which takes less CPU time than a transaction.
//!
//! Each batch of changes is appended and synced. Once the file is full, the changes of all its batches become one transaction
//! of the database, and the next batch starts at the beginning of the file. A batch in the file:
//!
//! | bytes | content, numbers in little-endian order |
//! |---|---|
//! | 8 | checksum of everything after it (XXH3 with the seed of the journal) |
//! | 8 | number of the batch |
//! | 4 | length of the changes |
//! | any | the changes: the message [`Batch`] |
//!
//! Batches have consecutive numbers, and the database has the number of the last one that it contains. So the batches to be
//! read are those that follow it, from the beginning of the file: neither the remains of earlier batches nor a batch that was
//! written in part has the expected number and its checksum. The seed is that of the database, so that a journal beside
//! another database is ignored.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};

use bytes::Bytes;
use prost::Message;
use xxhash_rust::xxh3::xxh3_64_with_seed;

use crate::store::{DiskError, RecordChange, Table};

/// The size of the file, in bytes, unless a single batch is larger: changes of some thousand tasks, which the database stores
/// in milliseconds.
const CAPACITY: usize = 1 << 20;
/// The length of the checksum.
const CHECKSUM: usize = 8;
/// The length of the checksum, the number and the length.
const HEAD: usize = CHECKSUM + 8 + 4;

/// The place of a journal up to which the database contains its batches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Position {
    /// The seed of the checksums.
    pub(super) seed: u64,
    /// The number of the last batch.
    pub(super) last: u64,
}

/// Changes of records, of each the last one.
pub(super) type LastChanges = BTreeMap<(Table, Bytes), Option<Bytes>>;

/// The file of a journal.
pub(super) trait JournalFile: Send {
    /// Reads the whole file.
    fn read_all(&mut self) -> io::Result<Vec<u8>>;
    /// Writes bytes, which are on disk when this returns.
    fn write(&mut self, offset: u64, bytes: &[u8]) -> io::Result<()>;
}

impl JournalFile for File {
    fn read_all(&mut self) -> io::Result<Vec<u8>> {
        let mut contents = Vec::new();
        self.seek(SeekFrom::Start(0))?;
        self.read_to_end(&mut contents)?;
        Ok(contents)
    }

    fn write(&mut self, offset: u64, bytes: &[u8]) -> io::Result<()> {
        self.seek(SeekFrom::Start(offset))?;
        self.write_all(bytes)?;
        self.sync_data()
    }
}

/// A journal that is written. After an error it must be read again: the batch can be in the file or not.
pub(super) struct Journal {
    file: Box<dyn JournalFile>,
    /// The end of the last batch in the file.
    end: usize,
    /// The last batch.
    position: Position,
    /// The changes that the database does not contain, in their order.
    changes: Vec<RecordChange>,
    /// The encoded batch, kept for its memory.
    buffer: Vec<u8>,
}

impl Journal {
    /// Starts at the beginning of the file. The database contains the batches up to this position.
    pub(super) fn new(file: Box<dyn JournalFile>, position: Position) -> Self {
        Self { file, end: 0, position, changes: Vec::new(), buffer: Vec::new() }
    }

    /// Appends a batch. Returns whether there was room for it, so that it is on disk; otherwise its changes become a part of
    /// the next transaction.
    pub(super) fn append(&mut self, changes: Vec<RecordChange>) -> io::Result<bool> {
        let next = Position { last: self.position.last + 1, ..self.position };
        encode(next, &changes, &mut self.buffer);
        let has_room = self.end + self.buffer.len() <= CAPACITY;
        if has_room {
            self.file.write(self.end as u64, &self.buffer)?;
            self.end += self.buffer.len();
            self.position = next;
        }
        self.changes.extend(changes);
        Ok(has_room)
    }

    /// Returns the changes that the database does not contain. Sorting them here takes less time than a map to which each
    /// batch is added.
    pub(super) fn changes(&self) -> LastChanges {
        let changes = self.changes.iter();
        changes.map(|RecordChange { table, key, value }| ((*table, key.clone()), value.clone())).collect()
    }

    /// Returns the position after the last batch.
    pub(super) fn position(&self) -> Position {
        self.position
    }

    /// Starts again at the beginning of the file, because the database contains all changes.
    pub(super) fn restart(&mut self) {
        self.end = 0;
        self.changes.clear();
    }
}

/// Changes in the file.
#[derive(Clone, PartialEq, Message)]
struct Batch {
    #[prost(message, repeated, tag = "1")]
    changes: Vec<Entry>,
}

/// A change in the file.
#[derive(Clone, PartialEq, Message)]
struct Entry {
    /// The position of the table in [`Table::ALL`].
    #[prost(uint32, tag = "1")]
    table: u32,
    #[prost(bytes = "bytes", tag = "2")]
    key: Bytes,
    /// Absent if the record is removed.
    #[prost(bytes = "bytes", optional, tag = "3")]
    value: Option<Bytes>,
}

/// Encodes the batch of this position, replacing the contents of `buffer`.
fn encode(position: Position, changes: &[RecordChange], buffer: &mut Vec<u8>) {
    let entry = |change: &RecordChange| Entry {
        table: change.table as u32,
        key: change.key.clone(),
        value: change.value.clone(),
    };
    let batch = Batch { changes: changes.iter().map(entry).collect() };
    buffer.clear();
    buffer.extend([0; CHECKSUM]);
    buffer.extend(position.last.to_le_bytes());
    buffer.extend((batch.encoded_len() as u32).to_le_bytes());
    // Cannot fail: the buffer grows.
    let _ = batch.encode(buffer);
    let checksum = xxh3_64_with_seed(&buffer[CHECKSUM..], position.seed);
    buffer[..CHECKSUM].copy_from_slice(&checksum.to_le_bytes());
}

/// Reads the batches that follow a position. Returns their changes and the position after them.
///
/// # Errors
///
/// [`DiskError`] if the file cannot be read, or a newer emulator wrote it.
pub(super) fn read(file: &mut dyn JournalFile, after: Position) -> Result<(LastChanges, Position), DiskError> {
    let mut rest = Bytes::from(file.read_all()?);
    let (mut changes, mut position) = (LastChanges::new(), after);
    loop {
        let next = Position { last: position.last + 1, ..position };
        let Some(message) = take_batch(&mut rest, next) else { return Ok((changes, position)) };
        let malformed = || DiskError::malformed_records(format!("malformed batch {} of the journal", next.last));
        for Entry { table, key, value } in Batch::decode(message).map_err(|_| malformed())?.changes {
            let table = Table::ALL.get(table as usize).ok_or_else(malformed)?;
            changes.insert((*table, key), value);
        }
        position = next;
    }
}

/// Takes the message of the batch at the beginning, if that is the one of this position.
fn take_batch(rest: &mut Bytes, position: Position) -> Option<Bytes> {
    let (checksum, checked) = rest.split_first_chunk::<CHECKSUM>()?;
    let (number, after) = checked.split_first_chunk()?;
    let (length, _) = after.split_first_chunk()?;
    let end = HEAD.checked_add(u32::from_le_bytes(*length) as usize)?;
    let is_whole = u64::from_le_bytes(*number) == position.last
        && xxh3_64_with_seed(checked.get(..end - CHECKSUM)?, position.seed) == u64::from_le_bytes(*checksum);
    is_whole.then(|| rest.split_to(end).slice(HEAD..))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// A file in memory.
    #[derive(Clone, Default)]
    struct Buffer(std::sync::Arc<std::sync::Mutex<Vec<u8>>>);

    impl Buffer {
        fn change<T>(&self, change: impl FnOnce(&mut Vec<u8>) -> T) -> T {
            change(&mut self.0.lock().expect("a buffer"))
        }
    }

    impl JournalFile for Buffer {
        fn read_all(&mut self) -> io::Result<Vec<u8>> {
            Ok(self.change(|bytes| bytes.clone()))
        }

        fn write(&mut self, offset: u64, written: &[u8]) -> io::Result<()> {
            self.change(|bytes| {
                let (offset, end) = (offset as usize, offset as usize + written.len());
                bytes.resize(bytes.len().max(end), 0);
                bytes[offset..end].copy_from_slice(written);
            });
            Ok(())
        }
    }

    const START: Position = Position { seed: 7, last: 3 };

    fn changes() -> impl Strategy<Value = Vec<RecordChange>> {
        let bytes = || proptest::collection::vec(any::<u8>(), 0..40).prop_map(Bytes::from);
        let change = (0..Table::ALL.len(), any::<u8>(), proptest::option::of(bytes()));
        let change = change.prop_map(|(table, key, value)| RecordChange {
            table: Table::ALL[table],
            key: vec![key % 4].into(),
            value,
        });
        proptest::collection::vec(change, 1..4)
    }

    fn last_changes(batches: &[Vec<RecordChange>]) -> LastChanges {
        let mut last = LastChanges::new();
        for RecordChange { table, key, value } in batches.iter().flatten().cloned() {
            last.insert((table, key), value);
        }
        last
    }

    /// Reads the journal as it is after a crash.
    fn read_again(file: &Buffer, after: Position) -> (LastChanges, u64) {
        let (changes, position) = read(&mut file.clone(), after).expect("batches");
        (changes, position.last)
    }

    proptest! {
        #[test]
        fn a_journal_holds_the_batches_of_its_present_lap(
            laps in proptest::collection::vec(proptest::collection::vec(changes(), 0..5), 1..4),
        ) {
            let file = Buffer::default();
            let mut journal = Journal::new(Box::new(file.clone()), START);
            for lap in laps {
                journal.restart();
                let start = journal.position();
                prop_assert_eq!(read_again(&file, start), (LastChanges::new(), start.last));
                for (index, batch) in lap.iter().enumerate() {
                    prop_assert!(journal.append(batch.clone()).expect("memory"));
                    let expected = last_changes(&lap[..=index]);
                    prop_assert_eq!(&journal.changes(), &expected);
                    prop_assert_eq!(read_again(&file, start), (expected, journal.position().last));
                }
                let other = Position { seed: start.seed + 1, ..start };
                prop_assert_eq!(read_again(&file, other), (LastChanges::new(), start.last));
            }
        }

        #[test]
        fn a_damaged_batch_ends_the_journal(
            batches in proptest::collection::vec(changes(), 1..5),
            (place, flip, truncates) in (any::<prop::sample::Index>(), 1..=255_u8, any::<bool>()),
        ) {
            let file = Buffer::default();
            let mut journal = Journal::new(Box::new(file.clone()), START);
            let mut ends = Vec::new();
            for batch in &batches {
                journal.append(batch.clone()).expect("memory");
                ends.push(journal.end);
            }
            let place = place.index(journal.end);
            file.change(|bytes| if truncates { bytes.truncate(place) } else { bytes[place] ^= flip });
            let whole = ends.iter().filter(|end| **end <= place).count();
            prop_assert_eq!(read_again(&file, START), (last_changes(&batches[..whole]), START.last + whole as u64));
        }
    }

    #[test]
    fn a_full_journal_takes_no_batch() {
        let file = Buffer::default();
        let mut journal = Journal::new(Box::new(file.clone()), START);
        let batch =
            [RecordChange { table: Table::Scheduler, key: vec![1].into(), value: Some(vec![0; 300_000].into()) }];
        let appended: Vec<bool> = (0..4).map(|_| journal.append(batch.to_vec()).expect("memory")).collect();
        assert_eq!(appended, [true, true, true, false]);
        assert_eq!(read_again(&file, START), (last_changes(&[batch.to_vec()]), START.last + 3));
    }
}
