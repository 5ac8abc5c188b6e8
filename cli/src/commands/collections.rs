//! The collections of a dataset.

use clap::Subcommand;
use serde::Serialize;
use tilebox_tokio::CollectionInfo;

use crate::context::Context;
use crate::failure::Failure;
use crate::screen::table;

/// Lists the collections of a dataset, with their time and size; creates and deletes them.
#[derive(Debug, clap::Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub(crate) struct Args {
    /// The dataset, by its slug.
    #[arg(required = true)]
    dataset: Option<String>,
    #[command(subcommand)]
    action: Option<Action>,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Creates a collection.
    Create {
        /// The dataset, by its slug.
        dataset: String,
        /// The name of the collection.
        #[arg(value_name = "COLLECTION")]
        name: String,
    },
    /// Deletes a collection with its datapoints.
    Delete {
        /// The dataset, by its slug.
        dataset: String,
        /// The name of the collection.
        #[arg(value_name = "COLLECTION")]
        name: String,
        /// Does not ask for a confirmation.
        #[arg(short, long)]
        yes: bool,
    },
}

impl Args {
    pub(crate) async fn run(self, context: &Context) -> Result<(), Failure> {
        match self.action {
            None => list(context, &self.dataset.unwrap_or_default()).await,
            Some(Action::Create { dataset, name }) => create(context, &dataset, &name).await,
            Some(Action::Delete { dataset, name, yes }) => delete(context, &dataset, &name, yes).await,
        }
    }
}

/// A collection in a list as JSON.
#[derive(Serialize)]
struct Listed {
    name: String,
    id: String,
    datapoints: Option<u64>,
    from: Option<String>,
    to: Option<String>,
}

impl Listed {
    fn of(info: CollectionInfo) -> Self {
        let interval = info.availability.filter(|interval| !interval.is_empty());
        Self {
            name: info.name,
            id: info.id.to_string(),
            datapoints: info.count,
            from: interval.map(|interval| interval.start().to_string()),
            to: interval.map(|interval| interval.end().to_string()),
        }
    }
}

async fn list(context: &Context, slug: &str) -> Result<(), Failure> {
    let dataset = context.client()?.dataset(slug).await?;
    let listed = dataset.collections().await?.into_iter().map(|collection| Listed::of(collection.info()));
    if context.json() {
        return context.print_json(&listed.collect::<Vec<_>>());
    }
    let unknown = || "-".to_owned();
    let rows = listed.map(|one| {
        let count = one.datapoints.map_or_else(unknown, |count| count.to_string());
        [one.name, count, one.from.unwrap_or_else(unknown), one.to.unwrap_or_else(unknown)]
    });
    context.print(&table(["collection", "datapoints", "from", "to"], rows, context.room()))
}

async fn create(context: &Context, slug: &str, name: &str) -> Result<(), Failure> {
    let dataset = context.client()?.dataset(slug).await?;
    let collection = dataset.create_collection(name).await?;
    if context.json() {
        return context.print_json(&Listed::of(collection.info()));
    }
    context.say(&format!("created the collection `{}` of the dataset `{}`", collection.name(), dataset.slug()));
    Ok(())
}

async fn delete(context: &Context, slug: &str, name: &str, yes: bool) -> Result<(), Failure> {
    let dataset = context.client()?.dataset(slug).await?;
    let collection = dataset.collection(name).await?;
    let count = collection.info().count.map_or(String::new(), |count| format!(" with {count} datapoints"));
    context.confirm(&format!("delete the collection `{name}`{count} of the dataset `{}`", dataset.slug()), yes)?;
    dataset.delete_collection(&collection).await?;
    if context.json() {
        return context.print_json(&Listed::of(collection.info()));
    }
    context.say(&format!("deleted the collection `{name}` of the dataset `{}`", dataset.slug()));
    Ok(())
}
