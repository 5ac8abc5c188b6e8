//! Why an emulator cannot start.

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;

use crate::store::DataProblem;

/// Why an emulator cannot start.
#[derive(Debug)]
#[non_exhaustive]
pub enum StartError {
    /// The port cannot be listened on.
    Listen {
        /// The address that was asked for.
        address: SocketAddr,
        /// What the system said.
        source: io::Error,
    },
    /// The unix socket cannot be listened on.
    Socket {
        /// The path that was asked for.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The threads that serve cannot be started.
    Threads(io::Error),
    /// A file of recorded answers cannot be read.
    RecordingUnreadable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A file is not what a file of recorded answers is.
    RecordingMalformed {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// Two sources hold datasets of the same slug or id.
    DatasetTwice {
        /// The slug of the dataset that came second.
        slug: String,
    },
    /// The folder for data cannot be used.
    Data {
        /// The folder.
        folder: PathBuf,
        /// What is wrong with it.
        problem: DataProblem,
        /// What the system or the database said.
        source: Option<Box<dyn std::error::Error + Send + Sync>>,
    },
    /// An option has a value that makes no sense.
    Option {
        /// The name of the option.
        name: &'static str,
        /// What is wrong with its value.
        reason: String,
    },
}

impl fmt::Display for StartError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Listen { address, .. } if address.ip().is_loopback() => {
                write!(f, "cannot listen on {address}; port 0 lets the system choose a free one")
            }
            Self::Listen { address, .. } => {
                write!(f, "cannot listen on {address}; it must be an address of this machine, with a free port")
            }
            Self::Socket { path, .. } => write!(f, "cannot listen on the unix socket {}", path.display()),
            Self::Threads(_) => f.write_str("cannot start the threads that serve"),
            Self::RecordingUnreadable { path, .. } => {
                write!(f, "cannot read the recorded responses in {}", path.display())
            }
            Self::RecordingMalformed { path, reason } => {
                write!(f, "{} is not a file of recorded responses: {reason}", path.display())
            }
            Self::DatasetTwice { slug } => {
                write!(f, "dataset {slug} is there twice; load it from one source only")
            }
            Self::Data { folder, problem, .. } => write!(f, "cannot keep data in {}: {problem}", folder.display()),
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
