//! Pages as bytes of a format.

use std::fs::File;
use std::io::Write;

use tilebox_tokio::Datapoints;
use tilebox_tokio::output::TableWriter;

use super::Shape;
use crate::failure::Failure;

/// The width of a table in a file, in columns.
const WIDTH: usize = 120;

/// Encodes pages into a file or a stream.
pub(super) enum Encoder {
    /// A format, page by page.
    Format(TableWriter<'static>),
    /// A table, which needs all datapoints.
    Table(Vec<Datapoints>, Box<dyn Write + Send>),
}

impl Encoder {
    pub(super) fn new(shape: Shape, out: impl Write + Send + 'static) -> Self {
        match shape {
            Shape::File(format) => Self::Format(TableWriter::new(format, out)),
            Shape::Table => Self::Table(Vec::new(), Box::new(out)),
        }
    }

    pub(super) fn write(&mut self, page: &Datapoints) -> Result<(), Failure> {
        match self {
            Self::Format(writer) => writer.write(page)?,
            Self::Table(pages, _) => pages.push(page.clone()),
        }
        Ok(())
    }

    /// Writes the end, and waits until the bytes of `file` are on its disk. Returns the number of datapoints.
    pub(super) fn finish(self, file: Option<File>) -> Result<u64, Failure> {
        let rows = match self {
            Self::Format(writer) => {
                let rows = writer.rows();
                writer.finish()?;
                rows
            }
            Self::Table(pages, mut out) => {
                let all = Datapoints::concat(&pages)?;
                let text = format!("{all:WIDTH$}\n");
                out.write_all(text.as_bytes())
                    .and_then(|()| out.flush())
                    .map_err(|error| Failure::of_writing(&error))?;
                all.len() as u64
            }
        };
        // Before it gets its name, so that a crash of the machine leaves the old content or the new one.
        file.map_or(Ok(()), |file| file.sync_all()).map_err(|error| Failure::of_writing(&error))?;
        Ok(rows)
    }
}
