//! A query from its arguments.
//!
//! | file | contents |
//! |---|---|
//! | `preview` | the table on standard output |
//! | `sort` | the order of datapoints |
//! | `count`, `dry_run` | the number of datapoints, and the size and time of their load |
//! | `nothing` | the reason why there are none |

mod count;
mod dry_run;
mod nothing;
mod preview;
mod sort;

use futures::TryStreamExt as _;
use tilebox_tokio::datasets::Position;
use tilebox_tokio::progress::ProgressBars;
use tilebox_tokio::{Datapoints, Query};

use crate::context::Context;
use crate::destination::{Output, Shape};
use crate::failure::Failure;
use crate::selection::{Selected, Selection};
use sort::{Ordering, Sort};

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

Files and pipes are written while datapoints arrive, with the memory of a page, and a table
shows the first rows. Only --all and --sort hold all datapoints in memory.";

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
    /// Loads only the latest datapoints, the latest first.
    #[arg(long, value_name = "NUMBER", conflicts_with_all = ["limit", "resume"])]
    latest: Option<u64>,
    /// Sorts by a field, the smallest first, or FIELD:desc for the largest first; missing values come last. All datapoints are
    /// loaded and held in memory, except for `time` and `time:desc`; --limit then selects the first ones of this order.
    #[arg(long, value_name = "FIELD[:desc]", conflicts_with = "resume")]
    sort: Option<Sort>,
    /// Prints how much the query would load and how long it would take, from a measurement of at most 16 pages.
    #[arg(long, conflicts_with_all = ["count", "output", "format", "all", "wide"])]
    dry_run: bool,
    /// Prints the number of datapoints. Filters and areas make it load their ids.
    #[arg(long, conflicts_with_all = ["columns", "sort", "output", "format", "all", "wide"])]
    count: bool,
    /// Prints all rows of a table, instead of the first ones. All datapoints are held in memory.
    #[arg(long, conflicts_with = "output")]
    all: bool,
    /// Prints all columns of a table, each as wide as its values, for a pager such as `less -S`.
    #[arg(long, conflicts_with = "output")]
    wide: bool,
    #[command(flatten)]
    output: Output,
    /// Continues an interrupted load: datapoints are kept in FILE.resume until the file is complete.
    #[arg(long, requires = "output")]
    resume: bool,
}

impl Args {
    pub(crate) async fn run(self, context: &Context) -> Result<(), Failure> {
        run(context, self).await
    }

    /// Returns everything that selects datapoints, by the names of the options, to compare an interrupted load with.
    fn identity(&self, context: &Context, selected: &Selected) -> Vec<(&'static str, String)> {
        let conditions = &self.selection.conditions;
        vec![
            ("server", context.url().unwrap_or("Tilebox").to_owned()),
            ("dataset", format!("{} ({})", selected.dataset.slug(), selected.dataset.id())),
            ("--collections", self.selection.collections.join(",")),
            ("--filter", conditions.filters.join(" AND ")),
            ("time", conditions.times.written()),
            ("area", selected.conditions.area.as_ref().map_or_else(String::new, |area| format!("{area:?}"))),
            ("--columns", self.columns.join(",")),
            ("--limit", self.limit.map_or_else(String::new, |limit| limit.to_string())),
        ]
    }

    /// Returns the query with the columns and the limit.
    fn narrowed(&self, query: Query) -> Query {
        let query = match self.columns.as_slice() {
            [] => query,
            columns => query.columns(columns.iter().map(|name| name.trim()).collect::<Vec<_>>()),
        };
        let query = if self.ordering() == Ordering::Latest { query.newest_first() } else { query };
        self.most().into_iter().fold(query, Query::limit)
    }

    /// Returns the maximum number of datapoints.
    fn most(&self) -> Option<u64> {
        self.limit.or(self.latest)
    }

    fn ordering(&self) -> Ordering {
        Ordering::of(self.sort.as_ref(), self.latest)
    }

    /// Loads and sorts the datapoints.
    async fn sorted(&self, selected: &Selected) -> Result<Datapoints, Failure> {
        let mut names: Vec<String> = self.columns.iter().map(|name| name.trim().to_owned()).collect();
        let chosen = names.clone();
        let mut query = selected.query();
        if let Some(Sort { field, .. }) = &self.sort {
            // Before everything is loaded.
            if selected.dataset.schema()?.field(field).is_none() {
                let message = format!("cannot sort by `{field}`: the dataset has no such field");
                return Err(Failure::usage(
                    &message,
                    &format!("list its fields: tbx schema {}", selected.dataset.slug()),
                ));
            }
            if !names.is_empty() && !names.contains(field) {
                names.push(field.clone());
            }
        }
        if !names.is_empty() {
            query = query.columns(&names);
        }
        let mut all = self.latest.into_iter().fold(query, Query::latest).await?;
        if let Some(Sort { field, order }) = &self.sort {
            all = all.sort_by(field, *order)?;
        }
        if let Some(limit) = self.limit {
            all = all.slice(0, usize::try_from(limit).unwrap_or(usize::MAX));
        }
        Ok(if chosen == names { all } else { all.select(&chosen)? })
    }
}

/// Loads page by page into the destination.
async fn run(context: &Context, arguments: Args) -> Result<(), Failure> {
    let builder = context.builder()?;
    let builder = if context.quiet() { builder } else { builder.progress(ProgressBars::new()) };
    let client = builder.build()?;
    // Errors of the destination and the area are found before the first request.
    let conditions = arguments.selection.conditions.read()?;
    if arguments.count {
        let selected = arguments.selection.find(conditions, &client).await?;
        return count::print(context, &arguments, &selected).await;
    }
    if arguments.dry_run {
        let selected = arguments.selection.find(conditions, &client).await?;
        return dry_run::print(context, &arguments, &selected).await;
    }
    if arguments.output.target.is_stdout() && arguments.output.shape(context)? == Shape::Table && !arguments.resume {
        let selected = arguments.selection.find(conditions, &client).await?;
        if !preview::print(context, &arguments, &selected).await? {
            context.say(&nothing::explain(&selected).await?);
        }
        return Ok(());
    }
    let mut destination = match arguments.resume {
        true => arguments.output.open_resumable(context).await?,
        false => arguments.output.open(context).await?,
    };
    let mut selected = arguments.selection.find(conditions, &client).await?;
    if arguments.ordering() == Ordering::Sorted {
        let sorted = arguments.sorted(&selected).await?;
        let is_empty = sorted.is_empty();
        destination.write(sorted, Position::start()).await?;
        if let Some(line) = destination.finish("datapoints").await? {
            context.close(&line);
        }
        if is_empty {
            context.say(&nothing::explain(&selected).await?);
        }
        return Ok(());
    }
    let beginning = destination.begin(&arguments.identity(context, &selected), selected.interval())?;
    selected.conditions.set_interval(beginning.interval);
    let mut pages = arguments.narrowed(selected.query()).resume(beginning.position).pages();
    let mut is_empty = pages.position().delivered() == 0;
    while let Some(page) = pages.try_next().await? {
        is_empty &= page.is_empty();
        destination.write(page, pages.position()).await?;
    }
    if let Some(line) = destination.finish("datapoints").await? {
        context.close(&format!("{line}\n{}", pages.metrics()));
    }
    if is_empty {
        context.say(&nothing::explain(&selected).await?);
    }
    Ok(())
}
