//! The report of a failure.

use std::error::Error as _;
use std::io::{self, ErrorKind as IoErrorKind, IsTerminal as _};
use std::path::Path;
use std::process::ExitCode;

use miette::{MietteDiagnostic, Report};
use tilebox_tokio::ErrorKind;

/// A failure, which sets the printed report and the exit code.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The reader of the output closed it, which is not an error.
    OutputClosed,
    /// The arguments are wrong.
    Usage(Report),
    /// Any other failure.
    Other(Report),
}

impl Failure {
    /// A file that cannot be used: `purpose` completes "cannot …".
    pub(crate) fn of_file(purpose: &str, path: &Path, error: &io::Error) -> Self {
        let advice = "check its path and who may use it";
        Self::Other(report(&format!("cannot {purpose} `{}`: {error}", path.display()), advice))
    }

    /// In a terminal the parts stand one below the other; elsewhere it is one line, which a log takes and `grep` finds.
    pub(crate) fn report(self) -> ExitCode {
        let (report, code) = match self {
            Self::OutputClosed => return ExitCode::SUCCESS,
            Self::Usage(report) => (report, 2),
            Self::Other(report) => (report, 1),
        };
        if io::stderr().is_terminal() {
            eprintln!("error: {report:?}");
        } else {
            eprintln!("error: {}", line(&report));
        }
        ExitCode::from(code)
    }
}

fn report(message: &str, advice: &str) -> Report {
    MietteDiagnostic::new(message).with_help(advice).into()
}

fn line(report: &Report) -> String {
    let mut line = report.chain().map(ToString::to_string).collect::<Vec<_>>().join(": ");
    if let Some(help) = report.help() {
        line.push_str(&format!("; {help}"));
    }
    line
}

impl From<tilebox_tokio::Error> for Failure {
    fn from(error: tilebox_tokio::Error) -> Self {
        let source = error.source().and_then(|source| source.downcast_ref::<io::Error>());
        match error.kind() {
            ErrorKind::Output if source.is_some_and(|source| source.kind() == IoErrorKind::BrokenPipe) => {
                Self::OutputClosed
            }
            ErrorKind::InvalidArgument | ErrorKind::NotFound => Self::Usage(error.into()),
            _ => Self::Other(error.into()),
        }
    }
}

/// Of standard output.
impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            IoErrorKind::BrokenPipe => Self::OutputClosed,
            _ => Self::Other(report(&format!("cannot write to standard output: {error}"), "check where it leads")),
        }
    }
}
