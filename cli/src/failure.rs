//! The report of a failure.

use std::error::Error as _;
use std::io::{self, ErrorKind as IoErrorKind, IsTerminal as _, Write as _};
use std::path::Path;
use std::process::ExitCode;

use miette::{MietteDiagnostic, Report};
use tilebox_tokio::ErrorKind;

use crate::interruption::Signal;

/// A failure, which sets the printed report and the exit code.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The reader of the output closed it, which is not an error.
    OutputClosed,
    /// The arguments are wrong.
    Usage(Report),
    /// A job that the command waited for failed or was canceled.
    JobFailed(Report),
    /// Any other failure.
    Other(Report),
    /// A signal ended the command.
    Stopped(Signal),
}

impl Failure {
    /// A failure with its message ("cannot …: reason") and its advice.
    pub(crate) fn new(message: &str, advice: &str) -> Self {
        Self::Other(report(message, advice))
    }

    /// Wrong arguments.
    pub(crate) fn usage(message: &str, advice: &str) -> Self {
        Self::Usage(report(message, advice))
    }

    /// A file that cannot be used: `purpose` completes "cannot …".
    pub(crate) fn of_file(purpose: &str, path: &Path, error: &io::Error) -> Self {
        Self::new(&format!("cannot {purpose} `{}`: {error}", path.display()), "check its path and who may use it")
    }

    /// An error of writing the output, which does not name it.
    pub(crate) fn of_writing(error: &io::Error) -> Self {
        match error.kind() {
            IoErrorKind::BrokenPipe => Self::OutputClosed,
            _ => Self::new(&format!("cannot write the output: {error}"), "check the free space and the permissions"),
        }
    }

    /// An error of writing to a pipe or a device.
    pub(crate) fn of_stream(path: &Path, error: &io::Error) -> Self {
        match error.kind() {
            IoErrorKind::BrokenPipe => Self::OutputClosed,
            _ => Self::of_file("write", path, error),
        }
    }

    /// Prints the report and returns the exit code. `kept` is what the user has after the failure.
    ///
    /// In a terminal the parts stand one below the other; elsewhere it is one line, which a log takes and `grep` finds.
    pub(crate) fn report(self, kept: Option<&str>) -> ExitCode {
        let (report, code) = match self {
            Self::OutputClosed => return ExitCode::SUCCESS,
            Self::Usage(report) => (report, 2),
            Self::JobFailed(report) => (report, 3),
            Self::Other(report) => (report, 1),
            Self::Stopped(signal) => {
                let kept = kept.map_or_else(String::new, |kept| format!("; {kept}"));
                let _ = writeln!(io::stderr().lock(), "stopped by {}{kept}", signal.name());
                return ExitCode::from(signal.exit_code());
            }
        };
        let mut stderr = io::stderr().lock();
        // Wrong arguments are found before anything is written.
        let kept = kept.filter(|_| code != 2);
        let text = match (stderr.is_terminal(), kept) {
            (true, None) => format!("{report:?}"),
            (true, Some(kept)) => format!("{report:?}\n{kept}"),
            (false, None) => line(&report),
            (false, Some(kept)) => format!("{}; {kept}", line(&report)),
        };
        // The exit code still tells of the failure if the stream is closed.
        let _ = writeln!(stderr, "error: {text}");
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
            ErrorKind::JobFailed => Self::JobFailed(error.into()),
            _ => Self::Other(error.into()),
        }
    }
}

/// Of standard output.
impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            IoErrorKind::BrokenPipe => Self::OutputClosed,
            _ => Self::new(&format!("cannot write to standard output: {error}"), "check where it leads"),
        }
    }
}
