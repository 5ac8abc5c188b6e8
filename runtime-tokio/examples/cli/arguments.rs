//! What can be said on the command line.

use std::path::PathBuf;

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args, Parser, Subcommand, ValueEnum, ValueHint};
use clap_complete::Shell;
use tilebox_tokio::output::Format;
use tilebox_tokio::{API_KEYS_PAGE, CoordinateSystem, SpatialMode};

/// What the program is called in its help and in completions.
pub(crate) const NAME: &str = "tilebox";

fn examples() -> String {
    format!(
        "\
Start here:
  tilebox datasets                                          what there is
  tilebox collections open_data.copernicus.sentinel2_msi    its parts, with time and size
  tilebox schema open_data.copernicus.sentinel2_msi         its fields
  tilebox query open_data.copernicus.sentinel2_msi --time 2025-03-01/2025-03-02 --limit 100

Without a key, the open data of Tilebox can be read. Keys are made at
{API_KEYS_PAGE}; set TILEBOX_API_KEY to use one.

Exit codes: 0 done, 1 it failed, 2 what was asked for is wrong."
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

Files and pipes are written while datapoints arrive: any number of them needs the memory of
a page. Only a table is held as a whole.";

/// Finds satellite data in Tilebox datasets, and saves what is known of it.
#[derive(Debug, Parser)]
#[command(name = NAME, bin_name = NAME, version, after_help = examples(), max_term_width = 100)]
pub(crate) struct Arguments {
    /// The server to ask, instead of Tilebox itself.
    #[arg(long, global = true, env = "TILEBOX_API_URL", value_name = "URL", help_heading = "Server")]
    pub(crate) url: Option<String>,
    /// Without one, the help is shown.
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Lists the datasets that you can see, as a tree of groups.
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
    /// A collection to ask, again for more of them; all when none is named.
    #[arg(short, long = "collection", value_name = "NAME")]
    pub(crate) collections: Vec<String>,
    /// The time to ask for: START/END, where END does not belong to it and either may be missing or `..`, or one day,
    /// month or year (2025-03-01, 2025-03, 2025), or one instant. Everything when it is not given.
    #[arg(short, long, value_name = "START/END")]
    pub(crate) time: Option<String>,
    /// Only what lies there: WKT, GeoJSON, or a file of either or of WKB.
    #[arg(short, long, value_name = "AREA", value_hint = ValueHint::FilePath)]
    pub(crate) area: Option<String>,
    /// How datapoints lie to the area.
    #[arg(long, value_enum, requires = "area")]
    pub(crate) mode: Option<Mode>,
    /// What the edges of the area are: straight on a map, or the shortest way on the globe.
    #[arg(long, value_enum, requires = "area")]
    pub(crate) edges: Option<Edges>,
    /// Only datapoints for which this CQL2 text or JSON is true, such as "cloud_cover < 10 AND platform = 'S2A'".
    #[arg(short, long, value_name = "CQL2")]
    pub(crate) filter: Option<String>,
    /// The columns, in this order, with commas between them; all when it is not given.
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    pub(crate) columns: Vec<String>,
    /// The most datapoints: the earliest ones.
    #[arg(short, long, value_name = "NUMBER")]
    pub(crate) limit: Option<u64>,
    /// The file to write; its ending says the format.
    #[arg(short, long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) output: Option<PathBuf>,
    /// The format, where it is not the one of the file's ending.
    #[arg(long, value_name = "FORMAT", value_parser = Shape::parser())]
    pub(crate) format: Option<Shape>,
    /// No progress bars and no closing line. Bars are only drawn in a terminal.
    #[arg(short, long)]
    pub(crate) quiet: bool,
}

/// What datapoints look like in the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shape {
    /// For people.
    Table,
    /// For programs.
    File(Format),
}

impl Shape {
    /// Reads one of the names, which help and completions list.
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
    /// They touch it.
    Intersects,
    /// They lie inside of it.
    Within,
    /// They cover all of it.
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
