//! What is said when something fails.

use std::error::Error;
use std::io::{self, ErrorKind as IoErrorKind};
use std::path::Path;
use std::process::ExitCode;

use tilebox_tokio::ErrorKind;

/// One line for the person, and what the shell hears.
#[derive(Debug)]
pub(crate) enum Failure {
    /// Whoever read the output has seen enough: nothing went wrong.
    NobodyReads,
    /// What was asked for is wrong.
    Usage(String),
    /// Anything else.
    Other(String),
}

impl Failure {
    /// A file that cannot be used: `purpose` completes "cannot …".
    pub(crate) fn of_file(purpose: &str, path: &Path, error: &io::Error) -> Self {
        Self::Other(format!("cannot {purpose} `{}`: {error}; check its path and who may use it", path.display()))
    }

    pub(crate) fn report(self) -> ExitCode {
        let (line, code) = match self {
            Self::NobodyReads => return ExitCode::SUCCESS,
            Self::Usage(line) => (line, 2),
            Self::Other(line) => (line, 1),
        };
        eprintln!("error: {line}");
        ExitCode::from(code)
    }
}

impl From<tilebox_tokio::Error> for Failure {
    fn from(error: tilebox_tokio::Error) -> Self {
        let source = error.source().and_then(|source| source.downcast_ref::<io::Error>());
        match error.kind() {
            ErrorKind::Output if source.is_some_and(|source| source.kind() == IoErrorKind::BrokenPipe) => {
                Self::NobodyReads
            }
            ErrorKind::InvalidArgument | ErrorKind::NotFound => Self::Usage(error.to_string()),
            _ => Self::Other(error.to_string()),
        }
    }
}

/// Of standard output.
impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            IoErrorKind::BrokenPipe => Self::NobodyReads,
            _ => Self::Other(format!("cannot write to standard output: {error}")),
        }
    }
}
