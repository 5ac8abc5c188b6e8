//! Shows datapoints by their ids.

use futures::{StreamExt as _, stream};
use serde_json::{Map, Value};
use tilebox_tokio::datasets::Position;
use tilebox_tokio::output::Format;
use tilebox_tokio::{Datapoints, ErrorKind};
use uuid::Uuid;

use super::delete::parse_id;
use crate::context::Context;
use crate::destination::{Output, Shape};
use crate::failure::Failure;
use crate::screen::printable;

/// The datapoints that are looked up at once.
const AT_ONCE: usize = 16;

const EXAMPLES: &str = "\
Examples:
  tbx find open_data.copernicus.sentinel2_msi 01941f29-c650-202f-6495-c71dd2118fb1
  tbx find my_org.scenes ID ID --json | jq .cloud_cover";

/// Shows datapoints by their ids: one line for each field, or with --json one line of JSON for each datapoint. Or saves them
/// in a file.
///
/// Missing values are left out. An id without a datapoint is an error that names it.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    /// The dataset, by its slug.
    dataset: String,
    /// The ids of the datapoints.
    #[arg(required = true, value_name = "ID")]
    ids: Vec<String>,
    /// The collections to search, separated by commas; may be repeated. By default all of them.
    #[arg(short, long, value_name = "NAMES", value_delimiter = ',')]
    collections: Vec<String>,
    /// The fields to show, separated by commas. By default all of them.
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    columns: Vec<String>,
    #[command(flatten)]
    output: Output,
}

impl Args {
    pub(crate) async fn run(self, context: &Context) -> Result<(), Failure> {
        let ids: Vec<Uuid> = self.ids.iter().map(|id| parse_id(id)).collect::<Result<_, _>>()?;
        let destination = match (self.output.shape(context)?, self.output.target.is_stdout()) {
            (Shape::Table, true) => None,
            _ => Some(self.output.open(context).await?),
        };
        let dataset = context.client()?.dataset(&self.dataset).await?;
        let finds = ids.into_iter().map(|id| {
            let find = dataset.find(id);
            let find = match self.collections.is_empty() {
                true => find,
                false => find.collections(&self.collections),
            };
            async move { (id, find.await) }
        });
        let mut found = stream::iter(finds).buffered(AT_ONCE);
        let (mut datapoints, mut unknown) = (Vec::new(), Vec::new());
        while let Some((id, result)) = found.next().await {
            match result {
                Ok(datapoint) => datapoints.push(datapoint),
                Err(error) if error.kind() == ErrorKind::NotFound => unknown.push((id, error)),
                Err(error) => return Err(error.into()),
            }
        }
        if self.ids.len() == 1
            && let Some((_, error)) = unknown.pop()
        {
            return Err(error.into());
        }
        let mut datapoints = Datapoints::concat(&datapoints)?;
        if !self.columns.is_empty() && !datapoints.is_empty() {
            datapoints = datapoints.select(&self.columns)?;
        }
        // Nothing found replaces no file.
        match destination.filter(|_| !datapoints.is_empty()) {
            Some(mut destination) => {
                destination.write(datapoints, Position::start()).await?;
                if let Some(line) = destination.finish("datapoints").await? {
                    context.close(&line);
                }
            }
            None => context.print(&listing(&datapoints)?)?,
        }
        if unknown.is_empty() {
            return Ok(());
        }
        let ids: Vec<_> = unknown.iter().map(|(id, _)| id.to_string()).collect();
        let message = format!(
            "cannot find {} of the dataset `{}`: {}",
            super::ingest::datapoints(ids.len() as u64),
            self.dataset,
            ids.join(", ")
        );
        Err(Failure::usage(&message, "check the ids, and the collections if you name them"))
    }
}

/// Returns the fields of each datapoint below each other, with an empty line between two datapoints.
fn listing(datapoints: &Datapoints) -> Result<String, Failure> {
    // Lines of JSON keep the order of the columns.
    let mut lines = Vec::new();
    datapoints.write(Format::JsonLines, &mut lines)?;
    let lines = String::from_utf8_lossy(&lines);
    let schema = datapoints.schema();
    let names: Vec<&str> = schema.fields().iter().map(|field| field.name().as_str()).collect();
    let width = names.iter().map(|name| name.chars().count()).max().unwrap_or_default();
    let records = lines.lines().filter_map(|line| serde_json::from_str::<Map<String, Value>>(line).ok());
    let blocks: Vec<String> = records
        .map(|record| {
            let fields =
                names.iter().filter_map(|name| Some((name, record.get(*name).filter(|value| !value.is_null())?)));
            let lines = fields.map(|(name, value)| {
                let text = match value {
                    Value::String(text) => text.clone(),
                    value => value.to_string(),
                };
                let name = format!("{name}:");
                format!("{name:<width$}  {}\n", printable(&text), width = width + 1)
            });
            lines.collect()
        })
        .collect();
    Ok(blocks.join("\n"))
}
