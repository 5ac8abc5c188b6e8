//! A query from its arguments.
//!
//! | file | contents |
//! |---|---|
//! | `area` | the area of a query |
//! | `extent` | the time of a query |

mod area;
mod extent;

use std::io::{IsTerminal as _, stderr};
use std::path::PathBuf;

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{ValueEnum, ValueHint};
use futures::TryStreamExt as _;
use tilebox_tokio::output::Format;
use tilebox_tokio::progress::ProgressBars;
use tilebox_tokio::{CoordinateSystem, SpatialMode};

use self::area::area;
use self::extent::extent;
use crate::context::Context;
use crate::destination::Destination;
use crate::failure::Failure;

const QUERY_EXAMPLES: &str = "\
Examples:
  Clear scenes of March over the Alps, as a table:
    tbx query open_data.copernicus.sentinel2_msi --time 2025-03-01/2025-04-01 \\
      --area 'POLYGON((10 46, 12 46, 12 47, 10 47, 10 46))' --filter 'cloud_cover < 10'

  The same area from a file, two collections, some columns, as GeoParquet:
    tbx query open_data.copernicus.sentinel2_msi -c S2A_S2MSI1C -c S2B_S2MSI1C \\
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
    /// The dataset, by its slug, such as open_data.copernicus.sentinel2_msi.
    pub(crate) dataset: String,
    /// A collection to query; may be repeated. By default all of them.
    #[arg(short, long = "collection", value_name = "NAME")]
    pub(crate) collections: Vec<String>,
    /// The time: START/END, where END is excluded and either can be missing or `..`; or one day, month or year
    /// (2025-03-01, 2025-03, 2025); or one instant. By default all of it.
    #[arg(short, long, value_name = "START/END")]
    pub(crate) time: Option<String>,
    /// The area: WKT, GeoJSON, or a file with either or with WKB.
    #[arg(short, long, value_name = "AREA", value_hint = ValueHint::FilePath)]
    pub(crate) area: Option<String>,
    /// The relation of datapoints to the area.
    #[arg(long, value_enum, requires = "area")]
    pub(crate) mode: Option<Mode>,
    /// The edges of the area: straight on a map, or the shortest way on the globe.
    #[arg(long, value_enum, requires = "area")]
    pub(crate) edges: Option<Edges>,
    /// A filter as CQL2 text or JSON, such as "cloud_cover < 10 AND platform = 'S2A'".
    #[arg(short, long, value_name = "CQL2")]
    pub(crate) filter: Option<String>,
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

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum Mode {
    /// They intersect the area.
    Intersects,
    /// They are inside the area.
    Within,
    /// They contain the area.
    Covers,
}

impl From<Mode> for SpatialMode {
    fn from(mode: Mode) -> Self {
        match mode {
            Mode::Intersects => Self::Intersects,
            Mode::Within => Self::FilterContainsGeometry,
            Mode::Covers => Self::GeometryContainsFilter,
        }
    }
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum Edges {
    /// Straight on a map of longitude and latitude.
    Cartesian,
    /// The shortest way on the globe.
    Spherical,
}

impl From<Edges> for CoordinateSystem {
    fn from(edges: Edges) -> Self {
        match edges {
            Edges::Cartesian => Self::Cartesian,
            Edges::Spherical => Self::Spherical,
        }
    }
}

/// Loads page by page into the destination.
async fn run(context: &Context, arguments: &Args) -> Result<(), Failure> {
    let builder = context.builder()?;
    let builder = if context.quiet() { builder } else { builder.progress(ProgressBars::new()) };
    let client = builder.build()?;
    // Errors of the destination and the area are found before the first request.
    let mut destination = Destination::open(arguments)?;
    let area = arguments.area.as_deref().map(area).transpose()?;

    let dataset = client.dataset(&arguments.dataset).await?;
    let extent = extent(&dataset, &arguments.collections, arguments.time.as_deref()).await?;
    let mut query = dataset.query(extent);
    if !arguments.collections.is_empty() {
        query = query.collections(&arguments.collections);
    }
    if let Some(area) = area {
        query = query.spatial_extent(area);
    }
    if let Some(mode) = arguments.mode {
        query = query.spatial_mode(mode.into());
    }
    if let Some(edges) = arguments.edges {
        query = query.coordinate_system(edges.into());
    }
    if let Some(filter) = &arguments.filter {
        query = query.filter(filter.as_str());
    }
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
