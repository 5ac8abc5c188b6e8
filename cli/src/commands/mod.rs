//! The commands: each has a file with its arguments and what it does.

mod collections;
mod completions;
mod datasets;
pub(crate) mod query;
mod schema;

use clap::Subcommand;

use crate::context::Context;
use crate::failure::Failure;

/// A command and its arguments.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Datasets(datasets::Args),
    Schema(schema::Args),
    Collections(collections::Args),
    Query(Box<query::Args>),
    Completions(completions::Args),
}

impl Command {
    pub(crate) async fn run(self, context: &Context) -> Result<(), Failure> {
        match self {
            Self::Datasets(arguments) => arguments.run(context).await,
            Self::Schema(arguments) => arguments.run(context).await,
            Self::Collections(arguments) => arguments.run(context).await,
            Self::Query(arguments) => arguments.run(context).await,
            Self::Completions(arguments) => arguments.run(context),
        }
    }
}
