//! Why data cannot be read from disk or written to it.

use std::error::Error;
use std::fmt;
#[cfg(feature = "disk")]
use std::io;

use uuid::Uuid;

/// What is wrong with a folder for data, with what to do about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum DataProblem {
    /// A file has the name of the folder.
    NotAFolder,
    /// Another emulator has it open.
    InUse,
    /// This process may not write there.
    NotPermitted,
    /// The disk is full, or a limit of the process or its user is reached.
    Full,
    /// The file in the folder was not written by an emulator.
    Foreign,
    /// The file in the folder is damaged or cut off.
    Damaged,
    /// The file in the folder was written by a newer emulator.
    Newer {
        /// The version of its format.
        format: u64,
        /// The newest version that this emulator reads.
        known: u64,
    },
    /// The system refuses to read or write it.
    Other,
}

impl fmt::Display for DataProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotAFolder => f.write_str("a file has this name; name a folder"),
            Self::InUse => f.write_str("another running emulator has it open; stop that one, or name another folder"),
            Self::NotPermitted => f.write_str("no permission to write there; change it, or name another folder"),
            Self::Full => f.write_str("the disk is full; free some space"),
            Self::Foreign => {
                f.write_str("its file tilebox.redb is not from an emulator; move it away, or name another folder")
            }
            Self::Damaged => {
                f.write_str("its file tilebox.redb is damaged; restore a copy of it, or move it away to begin anew")
            }
            Self::Newer { format, known } => write!(
                f,
                "its file tilebox.redb has format {format}, and this emulator reads formats up to {known}; update the \
                 emulator, or name another folder"
            ),
            Self::Other => f.write_str("its file tilebox.redb cannot be used"),
        }
    }
}

/// Why data cannot be read from disk or written to it.
#[derive(Debug)]
pub(crate) struct DiskError {
    problem: DataProblem,
    /// What says more than the problem.
    source: Option<Box<dyn Error + Send + Sync>>,
}

impl DiskError {
    #[cfg(feature = "disk")]
    pub(super) fn of(problem: DataProblem) -> Self {
        Self { problem, source: None }
    }

    /// A change of something that is not there.
    pub(super) fn lost(id: Uuid) -> Self {
        Self { problem: DataProblem::Other, source: Some(format!("dataset {id} is not there any more").into()) }
    }

    /// The use of a database before it is opened again.
    #[cfg(feature = "disk")]
    pub(super) fn closed() -> Self {
        Self { problem: DataProblem::Other, source: Some("it is closed after an earlier error".into()) }
    }

    #[cfg(feature = "disk")]
    pub(super) fn malformed(kind: &str, id: u128) -> Self {
        let reason = format!("{kind} {} cannot be read", Uuid::from_u128(id));
        Self { problem: DataProblem::Damaged, source: Some(reason.into()) }
    }

    pub(crate) fn problem(&self) -> DataProblem {
        self.problem
    }

    /// What says more than the problem.
    pub(crate) fn into_source(self) -> Option<Box<dyn Error + Send + Sync>> {
        self.source
    }
}

impl fmt::Display for DiskError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.source {
            Some(source) => write!(f, "{}: {source}", self.problem),
            None => self.problem.fmt(f),
        }
    }
}

#[cfg(feature = "disk")]
impl<E: Into<redb::Error>> From<E> for DiskError {
    fn from(error: E) -> Self {
        let error = error.into();
        let problem = match &error {
            redb::Error::DatabaseAlreadyOpen | redb::Error::LockProtocolMismatch => {
                return Self::of(DataProblem::InUse);
            }
            redb::Error::Io(error) => match error.kind() {
                io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge => {
                    DataProblem::Full
                }
                io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => DataProblem::NotPermitted,
                io::ErrorKind::NotADirectory => return Self::of(DataProblem::NotAFolder),
                // The file ends before its own length.
                io::ErrorKind::UnexpectedEof | io::ErrorKind::InvalidData => DataProblem::Damaged,
                _ => DataProblem::Other,
            },
            redb::Error::Corrupted(_) => DataProblem::Damaged,
            redb::Error::TableTypeMismatch { .. }
            | redb::Error::TableIsMultimap(_)
            | redb::Error::TypeDefinitionChanged { .. }
            | redb::Error::UpgradeRequired(_) => DataProblem::Foreign,
            _ => DataProblem::Other,
        };
        Self { problem, source: Some(Box::new(error)) }
    }
}
