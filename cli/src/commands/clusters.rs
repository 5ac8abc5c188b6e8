//! Clusters: listed, created and deleted.

use clap::Subcommand;
use serde::Serialize;
use tilebox_tokio::workflows::Cluster;

use crate::context::Context;
use crate::failure::Failure;
use crate::screen::table;

/// Lists clusters, the groups of runners that execute tasks; creates and deletes them.
#[derive(Debug, clap::Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct Args {
    #[command(subcommand)]
    action: Option<Action>,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Creates a cluster, and prints its slug.
    Create {
        /// The display name.
        name: String,
        /// The slug: 1 to 100 letters, digits and hyphens. By default the server derives one from the name.
        #[arg(long, value_name = "SLUG")]
        slug: Option<String>,
        /// The description.
        #[arg(long, value_name = "TEXT")]
        description: Option<String>,
    },
    /// Deletes a cluster.
    Delete {
        /// The slug of the cluster.
        cluster: String,
        /// Does not ask for a confirmation.
        #[arg(short, long)]
        yes: bool,
    },
}

/// A cluster as JSON.
#[derive(Debug, Serialize)]
struct ClusterJson<'a> {
    slug: &'a str,
    name: &'a str,
    description: &'a str,
    deletable: bool,
    deployed_workflows: Vec<&'a str>,
}

impl<'a> ClusterJson<'a> {
    fn new(cluster: &'a Cluster) -> Self {
        Self {
            slug: &cluster.slug,
            name: &cluster.name,
            description: &cluster.description,
            deletable: cluster.is_deletable,
            deployed_workflows: cluster.deployed_releases.iter().map(|workflow| workflow.slug.as_str()).collect(),
        }
    }
}

impl Args {
    pub(crate) async fn run(self, context: &Context) -> Result<(), Failure> {
        match self.action {
            None => list(context).await,
            Some(Action::Create { name, slug, description }) => create(context, name, slug, description).await,
            Some(Action::Delete { cluster, yes }) => delete(context, &cluster, yes).await,
        }
    }
}

async fn list(context: &Context) -> Result<(), Failure> {
    let clusters = context.client()?.clusters().all().await?;
    if context.json() {
        return context.print_json(&clusters.iter().map(ClusterJson::new).collect::<Vec<_>>());
    }
    let rows = clusters.iter().map(|cluster| {
        let deployed: Vec<_> = cluster.deployed_releases.iter().map(|workflow| workflow.slug.as_str()).collect();
        [&cluster.slug, &cluster.name, &deployed.join(", "), &cluster.description].map(|text| text.to_owned())
    });
    context.print(&table(["slug", "name", "deployed", "description"], rows, context.room()))
}

async fn create(
    context: &Context,
    name: String,
    slug: Option<String>,
    description: Option<String>,
) -> Result<(), Failure> {
    let clusters = context.client()?.clusters();
    let mut creation = clusters.create(name);
    if let Some(slug) = slug {
        creation = creation.slug(slug);
    }
    if let Some(description) = description {
        creation = creation.description(description);
    }
    let cluster = creation.await?;
    if context.json() {
        return context.print_json(&ClusterJson::new(&cluster));
    }
    // The slug alone, for scripts.
    context.print(&format!("{}\n", cluster.slug))
}

async fn delete(context: &Context, slug: &str, yes: bool) -> Result<(), Failure> {
    let clusters = context.client()?.clusters();
    let cluster = clusters.find(slug).await?;
    context.confirm(&format!("delete the cluster `{}` ({})", cluster.slug, cluster.name), yes)?;
    clusters.delete(&cluster).await?;
    context.say(&format!("deleted the cluster `{}`", cluster.slug));
    if context.json() {
        return context.print_json(&ClusterJson::new(&cluster));
    }
    Ok(())
}
