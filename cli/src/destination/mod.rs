//! The destinations of output: standard output, a pipe, a device, or a file that is replaced as a whole.
//!
//! | file | contents |
//! |---|---|
//! | `mod` | [`Destination`]: pages in, a complete output at the end |
//! | `output` | the arguments: [`Target`] of text, [`Output`] of datapoints |
//! | `place` | the thing that a path names: a file, a device, standard output |
//! | `new_file` | a file that gets its name when it is complete |
//! | `encoder` | pages as bytes of a format |
//! | `spool` | the pages of a load with `--resume` |
//! | `unblocked` | writing in a thread, because a pipe may block forever |

mod encoder;
mod new_file;
mod output;
mod place;
mod spool;
mod unblocked;

use std::io;
use std::path::{Path, PathBuf};

use tilebox_tokio::datasets::Position;
use tilebox_tokio::{Datapoints, TimeInterval};

use crate::context::Context;
use crate::failure::Failure;
use encoder::Encoder;
use new_file::{FileTarget, NewFile};
pub(crate) use output::{Output, Shape, Target};
use spool::Spool;
use unblocked::{drop_unblocked, unblocked};

/// The destination of datapoints, which takes one page after the other.
///
/// Dropping it before [`finish`](Self::finish) removes what is incomplete, and tells the [`Context`] what was kept.
pub(crate) struct Destination {
    context: Context,
    state: State,
    /// The path as the user wrote it; `None` for standard output.
    path: Option<PathBuf>,
}

enum State {
    /// Pages are encoded as they arrive, into a stream or, with the file, into a new file.
    Direct(Option<Encoder>, Option<NewFile>),
    /// Pages are spooled, and encoded at the end.
    Spooled(Option<Spool>, FileTarget, Shape),
    Finished,
}

/// The beginning of a load.
pub(crate) struct Beginning {
    /// The time of the query: that of the interrupted load, if there is one.
    pub(crate) interval: TimeInterval,
    /// The position from which the query resumes.
    pub(crate) position: Position,
}

impl Destination {
    fn direct(context: &Context, encoder: Encoder, path: Option<PathBuf>, file: Option<NewFile>) -> Self {
        Self { context: context.clone(), state: State::Direct(Some(encoder), file), path }
    }

    fn spooled(context: &Context, spool: Spool, target: FileTarget, shape: Shape, path: PathBuf) -> Self {
        Self { context: context.clone(), state: State::Spooled(Some(spool), target, shape), path: Some(path) }
    }

    /// Begins a load, or continues an interrupted one with `--resume`. `query` has the names and texts of everything that
    /// selects datapoints; `interval` is its time, which may be relative to now.
    ///
    /// # Errors
    ///
    /// When the interrupted load was that of another query.
    pub(crate) fn begin(&mut self, query: &[(&str, String)], interval: TimeInterval) -> Result<Beginning, Failure> {
        match &mut self.state {
            State::Spooled(Some(spool), ..) => {
                let beginning = spool.begin(query, interval)?;
                if spool.rows() > 0 {
                    let (rows, path) = (spool.rows(), spool.path().display());
                    self.context.say(&format!("continues after the {rows} datapoints in {path}"));
                }
                Ok(beginning)
            }
            _ => Ok(Beginning { interval, position: Position::start() }),
        }
    }

    /// Writes a page. `position` is the position of the load after it.
    pub(crate) async fn write(&mut self, page: Datapoints, position: Position) -> Result<(), Failure> {
        match &mut self.state {
            State::Direct(encoder, _) => {
                let Some(mut taken) = encoder.take() else { return Err(failed_before()) };
                let (taken, written) = unblocked(move || {
                    let written = taken.write(&page);
                    (taken, written)
                })
                .await?;
                *encoder = Some(taken);
                written.map_err(|error| self.named(error))
            }
            State::Spooled(spool, ..) => {
                let Some(mut taken) = spool.take() else { return Err(failed_before()) };
                let (taken, written) = unblocked(move || {
                    let written = taken.write(&page, &position);
                    (taken, written)
                })
                .await?;
                *spool = Some(taken);
                written
            }
            State::Finished => Err(failed_before()),
        }
    }

    /// Completes the output. A file gets its name now. Returns a line with its contents, unless it is a stream; `noun` names the
    /// rows.
    pub(crate) async fn finish(mut self, noun: &str) -> Result<Option<String>, Failure> {
        let (rows, file) = match &mut self.state {
            State::Direct(encoder, file) => {
                let Some(taken) = encoder.take() else { return Err(failed_before()) };
                let sync = file.as_ref().map(NewFile::handle).transpose()?;
                let rows = unblocked(move || taken.finish(sync)).await?;
                (rows.map_err(|error| self.named(error))?, self.take_file())
            }
            State::Spooled(spool, target, shape) => {
                let Some(mut taken) = spool.take() else { return Err(failed_before()) };
                let (file, handle) = target.create_beside(taken.path())?;
                let mut encoder = Encoder::new(*shape, handle);
                let sync = Some(file.handle()?);
                let (taken, result) = unblocked(move || {
                    let result = taken.each_page(|page| encoder.write(&page)).and_then(|()| encoder.finish(sync));
                    (taken, result)
                })
                .await?;
                *spool = Some(taken);
                (result.map_err(|error| self.named(error))?, Some(file))
            }
            State::Finished => return Err(failed_before()),
        };
        let Some(file) = file else {
            self.state = State::Finished;
            return Ok(None);
        };
        let replaced = if file.is_replacement() { ", which replaced the previous content" } else { "" };
        let path = file.complete()?;
        if let State::Spooled(spool, ..) = &mut self.state
            && let Some(spool) = spool.take()
        {
            spool.remove();
        }
        self.state = State::Finished;
        Ok(Some(format!("{rows} {noun} in {}{replaced}", path.display())))
    }

    fn take_file(&mut self) -> Option<NewFile> {
        match &mut self.state {
            State::Direct(_, file) => file.take(),
            _ => None,
        }
    }

    /// Names the file in an error of writing to it.
    fn named(&self, failure: Failure) -> Failure {
        match (&self.path, failure) {
            (Some(path), Failure::Other(report)) => {
                Failure::Other(report.wrap_err(format!("cannot write `{}`", path.display())))
            }
            (_, failure) => failure,
        }
    }

    /// Returns what the user has after a failure.
    fn kept(&self) -> Option<String> {
        let path = self.path.as_deref()?;
        match &self.state {
            State::Direct(_, Some(file)) => Some(kept(path, file.is_replacement())),
            State::Spooled(Some(spool), target, _) if spool.rows() == 0 => Some(kept(path, target.exists())),
            State::Spooled(Some(spool), target, _) => {
                let (rows, spooled) = (spool.rows(), spool.path().display());
                let before = if target.exists() { format!("{}, ", kept(path, true)) } else { String::new() };
                Some(format!("{before}{spooled} keeps {rows} datapoints, and the same command with --resume continues"))
            }
            // The thread of an interrupted write has the spool.
            State::Spooled(None, target, _) => {
                let spooled = target.spool();
                let before = if target.exists() { format!("{}, ", kept(path, true)) } else { String::new() };
                Some(format!(
                    "{before}{} keeps the loaded datapoints, and the same command with --resume continues",
                    spooled.display()
                ))
            }
            State::Direct(_, None) | State::Finished => None,
        }
    }
}

fn kept(path: &Path, existed: bool) -> String {
    match existed {
        true => format!("{} keeps its previous content", path.display()),
        false => format!("nothing was written to {}", path.display()),
    }
}

/// A second error of a destination, after the one that was reported.
fn failed_before() -> Failure {
    Failure::new("cannot write the output: an earlier write failed", "repeat the command")
}

impl Drop for Destination {
    fn drop(&mut self) {
        if let Some(kept) = self.kept() {
            self.context.keep(kept);
        }
        match std::mem::replace(&mut self.state, State::Finished) {
            // What is buffered goes to the reader of a stream, who may not read.
            State::Direct(Some(encoder), None) => drop_unblocked(encoder),
            State::Spooled(Some(spool), ..) if spool.rows() == 0 => spool.remove(),
            _ => {}
        }
    }
}

/// Opens standard output without a buffer.
fn stdout() -> io::Result<Box<dyn io::Write + Send>> {
    #[cfg(unix)]
    {
        use std::os::fd::AsFd as _;
        Ok(Box::new(std::fs::File::from(io::stdout().as_fd().try_clone_to_owned()?)))
    }
    // The console of Windows takes UTF-16, into which only this handle converts.
    #[cfg(not(unix))]
    Ok(Box::new(io::stdout()))
}
