//! The commands: each has a file with its arguments and what it does.

mod clusters;
mod collections;
pub(crate) mod completions;
mod datasets;
mod delete;
mod diagram;
mod find;
mod generate;
mod ingest;
mod jobs;
mod manual;
pub(crate) mod query;
mod schema;
mod telemetry;

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
    Find(find::Args),
    Ingest(Box<ingest::Args>),
    Delete(Box<delete::Args>),
    Jobs(Box<jobs::Args>),
    Clusters(clusters::Args),
    Logs(telemetry::logs::Args),
    Spans(telemetry::spans::Args),
    Diagram(diagram::Args),
    Generate(generate::Args),
    Completions(completions::Args),
    Manual(manual::Args),
}

impl Command {
    pub(crate) async fn run(self, context: &Context) -> Result<(), Failure> {
        match self {
            Self::Datasets(arguments) => arguments.run(context).await,
            Self::Schema(arguments) => arguments.run(context).await,
            Self::Collections(arguments) => arguments.run(context).await,
            Self::Query(arguments) => arguments.run(context).await,
            Self::Find(arguments) => arguments.run(context).await,
            Self::Ingest(arguments) => arguments.run(context).await,
            Self::Delete(arguments) => arguments.run(context).await,
            Self::Jobs(arguments) => arguments.run(context).await,
            Self::Clusters(arguments) => arguments.run(context).await,
            Self::Logs(arguments) => arguments.run(context).await,
            Self::Spans(arguments) => arguments.run(context).await,
            Self::Diagram(arguments) => arguments.run(context).await,
            Self::Generate(arguments) => arguments.run(context).await,
            Self::Completions(arguments) => arguments.run(context),
            Self::Manual(arguments) => arguments.run(context).await,
        }
    }
}
