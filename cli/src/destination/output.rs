//! The arguments that choose a destination.

use std::path::{Path, PathBuf};

use clap::ValueHint;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use tilebox_tokio::output::Format;

use super::encoder::Encoder;
use super::new_file::NewFile;
use super::place::Place;
use super::spool::Spool;
use super::unblocked::unblocked;
use super::{Destination, stdout};
use crate::context::Context;
use crate::failure::Failure;

/// Where output goes.
#[derive(Clone, Debug, Default, clap::Args)]
pub(crate) struct Target {
    /// The file to write, or - for standard output. Links are followed; pipes and devices are written to.
    #[arg(short, long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) output: Option<PathBuf>,
    /// Replaces the file if it exists.
    #[arg(long, requires = "output")]
    pub(crate) force: bool,
}

impl Target {
    /// Returns the target of a file that is replaced if it exists.
    pub(crate) fn replacing(path: PathBuf) -> Self {
        Self { output: Some(path), force: true }
    }

    /// Returns whether the output goes to standard output because no file was named.
    pub(crate) fn is_stdout(&self) -> bool {
        self.output.as_deref().is_none_or(|path| path == Path::new("-"))
    }

    /// Checks that the output can be written, before work whose result would be lost.
    pub(crate) fn check(&self) -> Result<(), Failure> {
        match self.place()? {
            Place::File(target) => target.check(self.force),
            _ => Ok(()),
        }
    }

    /// Writes text as the whole output, and says in which file it is.
    pub(crate) async fn save(&self, context: &Context, text: String) -> Result<(), Failure> {
        if let Some(line) = self.write(context, text).await? {
            context.say(&line);
        }
        Ok(())
    }

    /// Writes text as the whole output. Returns a line that names the file, unless it is a stream.
    pub(crate) async fn write(&self, context: &Context, text: String) -> Result<Option<String>, Failure> {
        match self.place()? {
            Place::Stdout => context.print(&text).map(|()| None),
            Place::Stream(stream) => {
                let path = stream.path().to_owned();
                let write = move || std::io::Write::write_all(&mut stream.open()?, text.as_bytes());
                unblocked(write).await?.map_err(|error| Failure::of_stream(&path, &error))?;
                Ok(None)
            }
            Place::File(target) => {
                target.check(self.force)?;
                NewFile::save(&target, text.as_bytes())?;
                let path = self.output.as_deref().unwrap_or(Path::new("-")).display();
                let replaced = if target.exists() { ", which replaced the previous content" } else { "" };
                Ok(Some(format!("saved in {path}{replaced}")))
            }
        }
    }

    fn place(&self) -> Result<Place, Failure> {
        Place::of(self.output.as_deref().unwrap_or(Path::new("-")))
    }
}

/// The destination and the format of datapoints.
#[derive(Clone, Debug, Default, clap::Args)]
pub(crate) struct Output {
    #[command(flatten)]
    pub(crate) target: Target,
    /// The format. By default the extension of the file selects it.
    #[arg(long, value_name = "FORMAT", value_parser = Shape::parser())]
    pub(crate) format: Option<Shape>,
}

/// The form of the output.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shape {
    /// A printed table.
    Table,
    /// A file format for programs.
    File(Format),
}

impl Shape {
    /// Parses one of the names, which help and completions list.
    fn parser() -> impl TypedValueParser<Value = Self> {
        let names = PossibleValuesParser::new(["table"].into_iter().chain(Format::names()));
        names.try_map(|name| match name.as_str() {
            "table" => Ok(Self::Table),
            name => name.parse().map(Self::File),
        })
    }

    /// Returns whether a terminal can show it. A format that this list does not have counts as binary.
    fn is_text(self) -> bool {
        match self {
            Self::Table => true,
            Self::File(format) => {
                matches!(format, Format::Csv | Format::JsonLines | Format::GeoJson | Format::Stac)
            }
        }
    }
}

impl Output {
    /// Returns the form of the output: the named format, or that of the extension of the file, or else a table, with
    /// `--json` JSON lines.
    pub(crate) fn shape(&self, context: &Context) -> Result<Shape, Failure> {
        match (&self.format, &self.target.output) {
            (Some(shape), _) => Ok(*shape),
            (None, Some(path)) if !self.target.is_stdout() => {
                if path.extension().is_none() {
                    let message = format!("cannot choose the format of `{}`: it has no extension", path.display());
                    let names: Vec<_> = Format::names().collect();
                    return Err(Failure::usage(&message, &format!("pass --format, one of {}", names.join(", "))));
                }
                Ok(Shape::File(Format::from_path(path)?))
            }
            _ if context.json() => Ok(Shape::File(Format::JsonLines)),
            _ => Ok(Shape::Table),
        }
    }

    /// Opens the destination, without a request, so that a load does not begin whose result cannot be written.
    ///
    /// A pipe waits for its reader.
    pub(crate) async fn open(&self, context: &Context) -> Result<Destination, Failure> {
        self.open_as(context, false).await
    }

    /// Opens the destination of a load that a later run can continue: its datapoints are kept beside the file until that is
    /// complete.
    pub(crate) async fn open_resumable(&self, context: &Context) -> Result<Destination, Failure> {
        self.open_as(context, true).await
    }

    async fn open_as(&self, context: &Context, is_resumable: bool) -> Result<Destination, Failure> {
        let shape = self.shape(context)?;
        let place = self.target.place()?;
        if !shape.is_text() && place.is_terminal() {
            let name = self.target.output.as_deref().unwrap_or(Path::new("-"));
            let message = format!("cannot write binary data to the terminal `{}`", name.display());
            let message = if self.target.is_stdout() { "cannot write binary data to a terminal" } else { &message };
            let advice = "name a file by -o FILE, pipe the output into a program, or use --format csv or geojson";
            return Err(Failure::usage(message, advice));
        }
        let path = self.target.output.clone();
        match place {
            Place::File(target) => {
                target.check(self.target.force)?;
                let path = path.unwrap_or_default();
                if is_resumable {
                    let spool = Spool::open(&target.spool())?;
                    return Ok(Destination::spooled(context, spool, target, shape, path));
                }
                if target.spool().exists() {
                    let spool = target.spool();
                    context.say(&format!(
                        "starts from the beginning: --resume would continue the load in {}",
                        spool.display()
                    ));
                }
                let (new, file) = target.create()?;
                Ok(Destination::direct(context, Encoder::new(shape, file), Some(path), Some(new)))
            }
            Place::Stdout | Place::Stream(_) if is_resumable => {
                let message = "cannot resume a load into a stream: it cannot be continued where it ended";
                Err(Failure::usage(message, "name a regular file by -o FILE"))
            }
            Place::Stdout => {
                let out = stdout().map_err(Failure::from)?;
                Ok(Destination::direct(context, Encoder::new(shape, out), None, None))
            }
            Place::Stream(stream) => {
                let path = stream.path().to_owned();
                let file = unblocked(move || stream.open()).await?;
                let file = file.map_err(|error| Failure::of_stream(&path, &error))?;
                Ok(Destination::direct(context, Encoder::new(shape, file), Some(path), None))
            }
        }
    }
}
