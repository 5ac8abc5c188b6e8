//! The collections of a dataset.

use clap::Subcommand;

use crate::context::Context;
use crate::failure::Failure;
use crate::screen::columns;

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
        name: String,
    },
    /// Deletes a collection with its datapoints.
    Delete {
        /// The dataset, by its slug.
        dataset: String,
        /// The name of the collection.
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

async fn list(context: &Context, slug: &str) -> Result<(), Failure> {
    let dataset = context.client()?.dataset(slug).await?;
    let mut text = format!("{dataset}\n\n");
    let rows = dataset.collections().await?.into_iter().map(|collection| {
        let info = collection.info();
        let (from, to) = match info.availability.filter(|interval| !interval.is_empty()) {
            Some(interval) => (interval.start().to_string(), interval.end().to_string()),
            None => ("-".to_owned(), "-".to_owned()),
        };
        let count = info.count.map_or("-".to_owned(), |count| count.to_string());
        [info.name, count, from, to]
    });
    columns(&mut text, ["collection", "datapoints", "from", "to"], rows);
    context.print(&text)
}

async fn create(context: &Context, slug: &str, name: &str) -> Result<(), Failure> {
    let dataset = context.client()?.dataset(slug).await?;
    let collection = dataset.create_collection(name).await?;
    context.say(&format!("created the collection `{}` of the dataset `{}`", collection.name(), dataset.slug()));
    Ok(())
}

async fn delete(context: &Context, slug: &str, name: &str, yes: bool) -> Result<(), Failure> {
    let dataset = context.client()?.dataset(slug).await?;
    let collection = dataset.collection(name).await?;
    let count = collection.info().count.map_or(String::new(), |count| format!(" with {count} datapoints"));
    context.confirm(&format!("delete the collection `{name}`{count} of the dataset `{}`", dataset.slug()), yes)?;
    dataset.delete_collection(&collection).await?;
    context.say(&format!("deleted the collection `{name}` of the dataset `{}`", dataset.slug()));
    Ok(())
}
