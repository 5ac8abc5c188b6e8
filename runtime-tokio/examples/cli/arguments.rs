//! The arguments of the command line.

use std::path::PathBuf;

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args, Parser, Subcommand, ValueEnum, ValueHint};
use clap_complete::Shell;
use tilebox_tokio::output::Format;
use tilebox_tokio::{API_KEYS_PAGE, CoordinateSystem, SpatialMode};

/// The name of the program in its help and in completions.
pub(crate) const NAME: &str = "tilebox";

fn examples() -> String {
    format!(
        "\
Start here:
  tilebox datasets                                          list the datasets
  tilebox collections open_data.copernicus.sentinel2_msi    list its collections with time and size
  tilebox schema open_data.copernicus.sentinel2_msi         list its fields
  tilebox query open_data.copernicus.sentinel2_msi --time 2025-03-01/2025-03-02 --limit 100

Open data needs no key. Create keys at
{API_KEYS_PAGE} and set TILEBOX_API_KEY to use one.

Exit codes: 0 success, 1 failure, 2 wrong arguments."
    )
}

const QUERY_EXAMPLES: &str = "\
Examples:
  Clear scenes of March over the Alps, as a table:
    tilebox query open_data.copernicus.sentinel2_msi --time 2025-03-01/2025-04-01 \\
      --area 'POLYGON((10 46, 12 46, 12 47, 10 47, 10 46))' --filter 'cloud_cover < 10'

  The same area from a file, two collections, some columns, as GeoParquet:
    tilebox query open_data.copernicus.sentinel2_msi -c S2A_S2MSI1C -c S2B_S2MSI1C \\
      --time 2025-03-01/2025-04-01 --area alps.geojson \\
      --columns time,granule_name,cloud_cover,geometry --output scenes.parquet

  Into another program:
    tilebox query open_data.copernicus.sentinel2_msi --time 2025-03-01 --format csv | head

Files and pipes are written while datapoints arrive, with the memory of a page. Only a table
is held in memory as a whole.";

/// Finds satellite data in Tilebox datasets, and saves its metadata.
#[derive(Debug, Parser)]
#[command(name = NAME, bin_name = NAME, version, after_help = examples(), max_term_width = 100)]
pub(crate) struct Arguments {
    /// The URL of a server, instead of Tilebox.
    #[arg(long, global = true, env = "TILEBOX_API_URL", value_name = "URL", help_heading = "Server")]
    pub(crate) url: Option<String>,
    /// The command. Without one, the help is shown.
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Lists the datasets of your account as a tree of groups.
    Datasets,
    /// Shows the fields of a dataset.
    Schema {
        /// The dataset, by its slug.
        dataset: String,
    },
    /// Lists the collections of a dataset, with their time and size.
    Collections {
        /// The dataset, by its slug.
        dataset: String,
    },
    /// Loads datapoints, and prints or saves them.
    Query(Box<Query>),
    /// Prints completions for a shell.
    ///
    /// For bash: tilebox completions bash > ~/.local/share/bash-completion/completions/tilebox
    Completions {
        /// The shell.
        shell: Shell,
    },
}

#[derive(Debug, Args)]
#[command(after_help = QUERY_EXAMPLES)]
pub(crate) struct Query {
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
    /// No progress bars and no closing line. Bars are only drawn in a terminal.
    #[arg(short, long)]
    pub(crate) quiet: bool,
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
