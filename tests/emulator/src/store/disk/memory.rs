//! Files in memory, for tests of disks that fail.

use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use redb::StorageBackend;

use super::journal::JournalFile;
use super::{Disk, DiskError};

/// A database and a journal in memory, which one disk after another opens.
#[derive(Clone, Debug, Default)]
pub(crate) struct Memory(Arc<Mutex<Contents>>);

#[derive(Debug, Default)]
pub(crate) struct Contents {
    pub(super) bytes: Vec<u8>,
    pub(super) journal: Vec<u8>,
    /// The number of changes until the disk is full; `None` for no limit.
    left: Option<usize>,
    /// The largest size of each file in bytes; `None` for no limit.
    pub(super) maximum_size: Option<usize>,
}

impl Memory {
    pub(super) fn contents(&self) -> MutexGuard<'_, Contents> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn disk(&self) -> Result<Disk, DiskError> {
        let memory = self.clone();
        Disk::with(Box::new(move || {
            Ok((redb::Builder::new().create_with_backend(memory.clone())?, Box::new(memory.clone())))
        }))
    }

    /// Fills the disk after this number of changes.
    pub(crate) fn fill_after(&self, changes: usize) {
        self.contents().left = Some(changes);
    }

    /// Frees space. Returns whether the disk was full.
    pub(crate) fn free(&self) -> bool {
        let mut contents = self.contents();
        contents.maximum_size = None;
        contents.left.take() == Some(0)
    }
}

impl Contents {
    fn change(&mut self, end: usize) -> io::Result<()> {
        if self.maximum_size.is_some_and(|maximum| end > maximum) {
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

impl JournalFile for Memory {
    fn read_all(&mut self) -> io::Result<Vec<u8>> {
        Ok(self.contents().journal.clone())
    }

    /// Writes the first half of the bytes as one change, and the rest as another one.
    fn write(&mut self, offset: u64, bytes: &[u8]) -> io::Result<()> {
        let mut contents = self.contents();
        let offset = offset as usize;
        let end = offset + bytes.len();
        let length = contents.journal.len().max(end);
        contents.change(length)?;
        contents.journal.resize(length, 0);
        let half = bytes.len() / 2;
        contents.journal[offset..offset + half].copy_from_slice(&bytes[..half]);
        contents.change(length)?;
        contents.journal[offset + half..end].copy_from_slice(&bytes[half..]);
        // The bytes are written, but the outcome is an error.
        contents.change(length)
    }
}
