//! The errors of reading and writing data on disk.

use std::error::Error;
use std::fmt;
use std::io;

use uuid::Uuid;

/// The kind of error of a data folder. Its text gives advice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum DiskErrorKind {
    /// The path of the folder is a file.
    NotAFolder,
    /// Another emulator uses the folder.
    InUse,
    /// The process lacks the permission to write.
    NotPermitted,
    /// The disk is full, or a limit of the process or its user is exceeded.
    Full,
    /// The file in the folder was not written by an emulator.
    Foreign,
    /// The file in the folder is damaged or truncated.
    Damaged,
    /// The file in the folder was written by a newer emulator.
    Newer {
        /// The version of its format.
        format: u64,
        /// The newest version that this emulator reads.
        known: u64,
    },
    /// The file in the folder cannot be read or written for another reason.
    Other,
}

impl fmt::Display for DiskErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotAFolder => f.write_str("expects a folder, got a file; choose another path"),
            Self::InUse => {
                f.write_str("another running emulator uses it; stop that emulator, or choose another folder")
            }
            Self::NotPermitted => f.write_str("permission denied; allow writing, or choose another folder"),
            Self::Full => f.write_str("the disk is full; free some space"),
            Self::Foreign => {
                f.write_str("its file tilebox.redb is not from an emulator; move it away, or choose another folder")
            }
            Self::Damaged => f.write_str(
                "its file tilebox.redb is damaged; restore a copy, or move it away to start with an empty folder",
            ),
            Self::Newer { format, known } => write!(
                f,
                "its file tilebox.redb has format {format}, but this emulator reads formats up to {known}; update the \
                 emulator, or choose another folder"
            ),
            Self::Other => f.write_str("its file tilebox.redb cannot be used"),
        }
    }
}

/// The error of reading or writing data on disk.
#[derive(Debug)]
pub(crate) struct DiskError {
    kind: DiskErrorKind,
    /// The underlying error or a detailed reason.
    source: Option<Box<dyn Error + Send + Sync>>,
}

impl DiskError {
    #[cfg(feature = "disk")]
    pub(super) fn of(kind: DiskErrorKind) -> Self {
        Self { kind, source: None }
    }

    /// Returns the error of a change of a missing dataset.
    pub(super) fn missing_dataset(id: Uuid) -> Self {
        Self { kind: DiskErrorKind::Other, source: Some(format!("dataset {id} does not exist").into()) }
    }

    /// Returns the error of using a closed database.
    #[cfg(feature = "disk")]
    pub(super) fn closed() -> Self {
        Self { kind: DiskErrorKind::Other, source: Some("the database is closed after an earlier error".into()) }
    }

    #[cfg(feature = "disk")]
    pub(super) fn malformed(kind: &str, id: u128) -> Self {
        let reason = format!("malformed {kind} {}", Uuid::from_u128(id));
        Self { kind: DiskErrorKind::Damaged, source: Some(reason.into()) }
    }

    /// Returns the error of records of workflows that cannot be read.
    pub(crate) fn malformed_records(reason: String) -> Self {
        Self { kind: DiskErrorKind::Damaged, source: Some(reason.into()) }
    }

    /// Returns the error of a system that refuses the thread that writes.
    pub(crate) fn thread(error: io::Error) -> Self {
        Self { kind: DiskErrorKind::Other, source: Some(Box::new(error)) }
    }

    pub(crate) fn kind(&self) -> DiskErrorKind {
        self.kind
    }

    /// Returns the underlying error or a detailed reason.
    pub(crate) fn into_source(self) -> Option<Box<dyn Error + Send + Sync>> {
        self.source
    }
}

impl fmt::Display for DiskError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.source {
            Some(source) => write!(f, "{}: {source}", self.kind),
            None => self.kind.fmt(f),
        }
    }
}

#[cfg(feature = "disk")]
impl<E: Into<redb::Error>> From<E> for DiskError {
    fn from(error: E) -> Self {
        let error = error.into();
        let kind = match &error {
            redb::Error::DatabaseAlreadyOpen | redb::Error::LockProtocolMismatch => {
                return Self::of(DiskErrorKind::InUse);
            }
            redb::Error::Io(error) => match error.kind() {
                io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge => {
                    DiskErrorKind::Full
                }
                io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => DiskErrorKind::NotPermitted,
                io::ErrorKind::NotADirectory => return Self::of(DiskErrorKind::NotAFolder),
                // The file is shorter than its header says.
                io::ErrorKind::UnexpectedEof | io::ErrorKind::InvalidData => DiskErrorKind::Damaged,
                _ => DiskErrorKind::Other,
            },
            redb::Error::Corrupted(_) => DiskErrorKind::Damaged,
            redb::Error::TableTypeMismatch { .. }
            | redb::Error::TableIsMultimap(_)
            | redb::Error::TypeDefinitionChanged { .. }
            | redb::Error::UpgradeRequired(_) => DiskErrorKind::Foreign,
            _ => DiskErrorKind::Other,
        };
        Self { kind, source: Some(Box::new(error)) }
    }
}
