//! A query from its arguments.

use std::io::{IsTerminal as _, stderr};
use std::path::PathBuf;

use clap::ValueHint;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use futures::TryStreamExt as _;
use tilebox_tokio::output::Format;
use tilebox_tokio::progress::ProgressBars;

use crate::context::Context;
use crate::destination::Destination;
use crate::failure::Failure;
use crate::selection::Selection;

const QUERY_EXAMPLES: &str = "\
Examples:
  Clear scenes of March over the Alps, as a table:
    tbx query open_data.copernicus.sentinel2_msi --time 2025-03-01/2025-04-01 \\
      --area 'POLYGON((10 46, 12 46, 12 47, 10 47, 10 46))' --filter 'cloud_cover < 10'

  The same area from a file, two collections, some columns, as GeoParquet:
    tbx query open_data.copernicus.sentinel2_msi -c S2A_S2MSI1C,S2B_S2MSI1C \\
      --time 2025-03-01/2025-04-01 --area alps.geojson \\
      --columns time,granule_name,cloud_cover,geometry --output scenes.parquet

  Into another program:
    tbx query open_data.copernicus.sentinel2_msi --time 2025-03-01 --format csv | head

Files and pipes are written while datapoints arrive, with the memory of a page. Only a table
is held in memory as a whole.";

/// Loads datapoints, and prints or saves them.
#[derive(Debug, clap::Args)]
#[command(after_help = QUERY_EXAMPLES)]
pub(crate) struct Args {
    #[command(flatten)]
    pub(crate) selection: Selection,
    /// The columns in their order, separated by commas. By default all of them.
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    pub(crate) columns: Vec<String>,
    /// The maximum number of datapoints, the earliest ones.
    #[arg(short, long, value_name = "NUMBER")]
    pub(crate) limit: Option<u64>,
    /// The file to write; its extension selects the format.
    #[arg(short, long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) output: Option<PathBuf>,
    /// The format, if it differs from the extension of the file.
    #[arg(long, value_name = "FORMAT", value_parser = Shape::parser())]
    pub(crate) format: Option<Shape>,
}

impl Args {
    pub(crate) async fn run(self, context: &Context) -> Result<(), Failure> {
        run(context, &self).await
    }
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
}

/// Loads page by page into the destination.
async fn run(context: &Context, arguments: &Args) -> Result<(), Failure> {
    let builder = context.builder()?;
    let builder = if context.quiet() { builder } else { builder.progress(ProgressBars::new()) };
    let client = builder.build()?;
    // Errors of the destination and the area are found before the first request.
    let mut destination = Destination::open(arguments)?;
    let conditions = arguments.selection.conditions.read()?;

    let mut query = arguments.selection.find(conditions, &client).await?.query();
    if !arguments.columns.is_empty() {
        query = query.columns(arguments.columns.iter().map(|name| name.trim()).collect::<Vec<_>>());
    }
    if let Some(limit) = arguments.limit {
        query = query.limit(limit);
    }

    let mut pages = query.pages();
    while let Some(page) = pages.try_next().await? {
        destination.write(page)?;
    }
    if let Some(line) = destination.finish()?
        && stderr().is_terminal()
    {
        context.say(&format!("{line}\n{}", pages.metrics()));
    }
    Ok(())
}
