//! The destinations of datapoints.

use std::fs::{self, File};
use std::io::{self, ErrorKind, Write as _};
use std::path::{Path, PathBuf};
use std::process;

use tilebox_tokio::Datapoints;
use tilebox_tokio::output::{Format, TableWriter};

use crate::commands::query::{Args as Query, Shape};
use crate::failure::Failure;

/// The width of a table that is not printed to a terminal, in columns.
const WIDTH: usize = 120;

/// A destination, which takes one page after the other.
pub(crate) enum Destination {
    /// A table on standard output or in a file, which needs all datapoints.
    Table(Vec<Datapoints>, Option<(File, Partial)>),
    /// A format on standard output.
    Pipe(TableWriter<'static>),
    /// A format in a file.
    File(TableWriter<'static>, Partial),
}

impl Destination {
    pub(crate) fn open(query: &Query) -> Result<Self, Failure> {
        let shape = match (query.format, &query.output) {
            (Some(shape), _) => shape,
            (None, Some(path)) => Shape::File(Format::from_path(path)?),
            (None, None) => Shape::Table,
        };
        Ok(match (shape, &query.output) {
            (Shape::Table, path) => Self::Table(Vec::new(), path.as_deref().map(Partial::create).transpose()?),
            (Shape::File(format), None) => Self::Pipe(TableWriter::new(format, io::stdout())),
            (Shape::File(format), Some(path)) => {
                let (file, partial) = Partial::create(path)?;
                Self::File(TableWriter::new(format, file), partial)
            }
        })
    }

    pub(crate) fn write(&mut self, page: Datapoints) -> Result<(), Failure> {
        match self {
            Self::Table(pages, _) => pages.push(page),
            Self::Pipe(writer) | Self::File(writer, _) => writer.write(&page)?,
        }
        Ok(())
    }

    /// Completes the output. A file gets its name now. Returns a line with its contents.
    pub(crate) fn finish(self) -> Result<Option<String>, Failure> {
        match self {
            Self::Table(pages, file) => {
                let all = Datapoints::concat(&pages)?;
                let width = match (&file, terminal_size::terminal_size()) {
                    (None, Some((width, _))) => usize::from(width.0),
                    _ => WIDTH,
                };
                let text = format!("{all:width$}\n");
                match file {
                    None => io::stdout().write_all(text.as_bytes())?,
                    Some((mut file, partial)) => {
                        let written = file.write_all(text.as_bytes());
                        written.map_err(|error| Failure::of_file("write", &partial.path, &error))?;
                        partial.complete()?;
                    }
                }
                Ok(None)
            }
            Self::Pipe(writer) => {
                writer.finish()?;
                Ok(None)
            }
            Self::File(writer, partial) => {
                let rows = writer.rows();
                writer.finish()?;
                partial.complete().map(|path| Some(format!("{rows} datapoints in {}", path.display())))
            }
        }
    }
}

/// A file that gets its name when it is complete, and is removed otherwise.
///
/// A link is followed. A pipe or a device is written directly and never replaced.
pub(crate) struct Partial {
    path: PathBuf,
    partial: Option<PathBuf>,
}

impl Partial {
    fn create(path: &Path) -> Result<(File, Self), Failure> {
        Self::try_create(path).map_err(|error| Failure::of_file("write", path, &error))
    }

    fn try_create(path: &Path) -> io::Result<(File, Self)> {
        let existing = match fs::metadata(path) {
            Ok(metadata) => Some(metadata),
            Err(error) if error.kind() == ErrorKind::NotFound => None,
            Err(error) => return Err(error),
        };
        if existing.as_ref().is_some_and(|metadata| !metadata.is_file()) {
            // A folder is refused here.
            let file = File::options().write(true).open(path)?;
            return Ok((file, Self { path: path.to_owned(), partial: None }));
        }
        let path = if existing.is_some() { fs::canonicalize(path)? } else { path.to_owned() };
        let mut name = path.file_name().unwrap_or_default().to_owned();
        name.push(format!(".{}.partial", process::id()));
        let partial = path.with_file_name(name);
        let file = File::create(&partial)?;
        let created = Self { path, partial: Some(partial) };
        if let Some(existing) = existing {
            file.set_permissions(existing.permissions())?;
        }
        Ok((file, created))
    }

    fn complete(mut self) -> Result<PathBuf, Failure> {
        if let Some(partial) = self.partial.take() {
            fs::rename(partial, &self.path).map_err(|error| Failure::of_file("write", &self.path, &error))?;
        }
        Ok(self.path.clone())
    }
}

impl Drop for Partial {
    fn drop(&mut self) {
        if let Some(partial) = self.partial.take() {
            // The error that led here is more important than one of removing the file.
            let _ = fs::remove_file(partial);
        }
    }
}
