//! The error of an emulator that cannot start.

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;

use crate::store::DiskErrorKind;

/// The reason for which an emulator cannot start.
#[derive(Debug)]
#[non_exhaustive]
pub enum StartError {
    /// The system refuses the address or the port.
    Listen {
        /// The requested address.
        address: SocketAddr,
        /// The error of the system.
        source: io::Error,
    },
    /// The system refuses the unix socket.
    Socket {
        /// The requested path.
        path: PathBuf,
        /// The error of the system.
        source: io::Error,
    },
    /// The system refuses the server threads.
    Threads(io::Error),
    /// A file of recorded responses cannot be read.
    RecordingUnreadable {
        /// The file.
        path: PathBuf,
        /// The error of the system.
        source: io::Error,
    },
    /// A file is not a valid file of recorded responses.
    RecordingMalformed {
        /// The file.
        path: PathBuf,
        /// The reason.
        reason: String,
    },
    /// Two sources have datasets with the same slug or id.
    DuplicateDataset {
        /// The slug of the second dataset.
        slug: String,
    },
    /// The data folder cannot be used.
    Data {
        /// The folder.
        folder: PathBuf,
        /// The kind of error.
        kind: DiskErrorKind,
        /// The error of the system or the database.
        source: Option<Box<dyn std::error::Error + Send + Sync>>,
    },
    /// An option has an invalid value.
    Option {
        /// The name of the option.
        name: &'static str,
        /// The reason.
        reason: &'static str,
    },
}

impl fmt::Display for StartError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Listen { address, .. } if address.ip().is_loopback() => {
                write!(f, "cannot listen on {address}; port 0 lets the system choose a free one")
            }
            Self::Listen { address, .. } => {
                write!(f, "cannot listen on {address}; choose an address of this machine and a free port")
            }
            Self::Socket { path, .. } => write!(f, "cannot listen on the unix socket {}", path.display()),
            Self::Threads(_) => f.write_str("cannot start the server threads"),
            Self::RecordingUnreadable { path, .. } => {
                write!(f, "cannot read the recorded responses in {}", path.display())
            }
            Self::RecordingMalformed { path, reason } => {
                write!(f, "{} is not a file of recorded responses: {reason}", path.display())
            }
            Self::DuplicateDataset { slug } => write!(f, "duplicate dataset {slug}; load it from one source only"),
            Self::Data { folder, kind, .. } => write!(f, "cannot store data in {}: {kind}", folder.display()),
            Self::Option { name, reason } => write!(f, "option {name}: {reason}"),
        }
    }
}

impl std::error::Error for StartError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Listen { source, .. }
            | Self::Socket { source, .. }
            | Self::RecordingUnreadable { source, .. }
            | Self::Threads(source) => Some(source),
            Self::Data { source, .. } => source.as_ref().map(|source| &**source as &(dyn std::error::Error + 'static)),
            _ => None,
        }
    }
}
