//! Deletes datapoints.

use std::cell::Cell;
use std::path::PathBuf;

use clap::ValueHint;
use futures::TryStreamExt as _;
use serde_json::json;
use tilebox_tokio::{Client, Collection};
use uuid::Uuid;

use super::ingest::{datapoints, read_text};
use crate::context::Context;
use crate::failure::Failure;
use crate::selection::{Conditions, Selection};

/// The datapoints of one call, which the library sends as four requests at once.
const CALL: usize = 4 * 8192;

const EXAMPLES: &str = "\
Examples:
  How many datapoints of January are there? Delete them:
    tbx delete my_org.scenes alps --time 2025-01 --dry-run
    tbx delete my_org.scenes alps --time 2025-01

  Datapoints by their ids, one on each line:
    tbx delete my_org.scenes alps --ids ids.txt --yes";

/// Deletes datapoints of a collection.
///
/// The datapoints are given by their ids, or by time, area and filter as in a query. Deletion cannot be undone, so it asks for a
/// confirmation.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    /// The dataset, by its slug.
    dataset: String,
    /// The name of the collection.
    collection: String,
    /// The ids of the datapoints.
    #[arg(value_name = "ID")]
    ids: Vec<String>,
    /// A file with ids, separated by white space or commas; `-` is standard input.
    #[arg(long = "ids", value_name = "FILE", value_hint = ValueHint::FilePath)]
    file: Option<PathBuf>,
    #[command(flatten)]
    conditions: Conditions,
    /// Does not ask for a confirmation.
    #[arg(short, long)]
    yes: bool,
    /// Only says how many datapoints it would delete. Of ids it does not check whether they exist.
    #[arg(long)]
    dry_run: bool,
}

impl Args {
    pub(crate) async fn run(self, context: &Context) -> Result<(), Failure> {
        let has_ids = !self.ids.is_empty() || self.file.is_some();
        if has_ids != self.conditions.is_empty() {
            let problem = if has_ids { "it has ids and conditions" } else { "no datapoints are chosen" };
            let advice = "pass ids, --ids FILE, or conditions such as --time, --area and --filter; collections delete deletes all";
            return Err(Failure::usage(&format!("cannot delete datapoints: {problem}"), advice));
        }
        // Mistakes are found before the first request.
        let written = self.written_ids().await?;
        let (dry_run, yes) = (self.dry_run, self.yes);
        self.conditions.read()?;

        let client = context.client()?;
        let collection = client.dataset(&self.dataset).await?.collection(&self.collection).await?;
        let ids = if has_ids { written } else { self.selected_ids(&client).await? };
        let count = datapoints(ids.len() as u64);
        let place = format!("the collection `{}` of the dataset `{}`", collection.name(), collection.dataset().slug());
        if dry_run || ids.is_empty() {
            let result = json!({"selected": ids.len(), "deleted": 0, "dry_run": dry_run});
            let line = if dry_run { "would be deleted" } else { "match" };
            return match context.json() {
                true => context.print_json(&result),
                false => context.print(&format!("{count} of {place} {line}\n")),
            };
        }
        context.confirm(&format!("delete {count} of {place}"), yes)?;
        let deleted = delete(context, &collection, &ids).await?;
        match context.json() {
            true => context.print_json(&json!({"selected": ids.len(), "deleted": deleted, "dry_run": false})),
            false => context.print(&format!("{} deleted\n", datapoints(deleted))),
        }
    }

    /// Returns the ids of the arguments and the file, each once.
    async fn written_ids(&self) -> Result<Vec<Uuid>, Failure> {
        let text = match &self.file {
            Some(path) => read_text(path.clone()).await?,
            None => String::new(),
        };
        let of_file = text.split(|character: char| character.is_whitespace() || character == ',');
        let of_file = of_file.map(|id| id.trim_matches('"')).filter(|id| !id.is_empty());
        let mut ids = Vec::new();
        for id in self.ids.iter().map(String::as_str).chain(of_file) {
            ids.push(parse_id(id)?);
        }
        let mut seen = std::collections::HashSet::new();
        ids.retain(|id| seen.insert(*id));
        Ok(ids)
    }

    /// Returns the ids of the datapoints that match the conditions.
    async fn selected_ids(self, client: &Client) -> Result<Vec<Uuid>, Failure> {
        let collections = vec![self.collection];
        let selection = Selection { dataset: self.dataset, collections, conditions: self.conditions };
        let mut pages = selection.query(client).await?.skip_data().pages();
        let mut ids = Vec::new();
        while let Some(page) = pages.try_next().await? {
            ids.extend(page.ids());
        }
        Ok(ids)
    }
}

/// Parses the id of a datapoint.
pub(super) fn parse_id(text: &str) -> Result<Uuid, Failure> {
    Uuid::try_parse(text).map_err(|error| {
        let shown: String = text.chars().filter(|character| !character.is_control()).take(60).collect();
        let advice = "write it as Tilebox does, such as 01941f29-c650-202f-6495-c71dd2118fb1";
        Failure::usage(&format!("cannot use the id `{shown}`: {error}"), advice)
    })
}

/// Deletes datapoints, and says how many are deleted if it is stopped.
async fn delete(context: &Context, collection: &Collection, ids: &[Uuid]) -> Result<u64, Failure> {
    let progress = Progress { context, deleted: Cell::new(0), of: ids.len(), is_over: Cell::new(false) };
    for part in ids.chunks(CALL) {
        let deleted = collection.delete(part).await?;
        progress.deleted.set(progress.deleted.get() + deleted);
    }
    progress.is_over.set(true);
    Ok(progress.deleted.get())
}

struct Progress<'a> {
    context: &'a Context,
    deleted: Cell<u64>,
    of: usize,
    is_over: Cell<bool>,
}

impl Drop for Progress<'_> {
    fn drop(&mut self) {
        if !self.is_over.get() {
            let deleted = datapoints(self.deleted.get());
            self.context.say(&format!("At least {deleted} of {} were deleted.", self.of));
        }
    }
}
