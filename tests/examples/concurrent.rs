// The main job, one source for six clients: each runtime crate includes it below its own import line, once as it stands
// and once without `async` and `.await`, for its blocking client.
//
// Loads collections of a dataset first one after the other, then all at once, and says how many seconds that saved.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use clap::Parser;
use miette::IntoDiagnostic as _;
use tilebox::progress::ProgressBars;
use tilebox::{Client, Collection, Datapoints, Query, Result, load_all};
use tilebox_emulator::{Catalogue, Emulator};

/// Loads collections of a Tilebox dataset one after the other, then concurrently, and compares the time.
///
/// Without arguments, a local server with a generated catalogue answers each request after 100 ms. With --url, or the
/// variables TILEBOX_API_URL and TILEBOX_API_KEY, a real deployment is asked.
#[derive(Parser)]
struct Arguments {
    /// The server to ask, instead of a local one.
    #[arg(long, env = "TILEBOX_API_URL")]
    url: Option<String>,
    /// The API key for it.
    #[arg(long, env = "TILEBOX_API_KEY", hide_env_values = true)]
    token: Option<String>,
    /// Recorded responses that the local server answers with.
    #[arg(long, value_name = "FILE", conflicts_with = "url")]
    recording: Option<PathBuf>,
    /// How long the local server takes for each answer, in milliseconds.
    #[arg(long, default_value_t = 100)]
    latency: u64,
    /// The dataset.
    #[arg(long, default_value = "open_data.copernicus.sentinel2_msi")]
    dataset: String,
    /// The collections to load; the two largest when none is named.
    #[arg(long = "collection", value_name = "NAME")]
    collections: Vec<String>,
    /// The start of the time to load, which belongs to it; what is available when it is not given.
    #[arg(long, requires = "end")]
    start: Option<String>,
    /// The end of the time to load, which does not belong to it.
    #[arg(long, requires = "start")]
    end: Option<String>,
    /// The most datapoints of a page.
    #[arg(long, default_value_t = 500)]
    page_size: u64,
}

async fn start() -> miette::Result<()> {
    let arguments = Arguments::parse();
    // Kept until the end: the local server stops when it is dropped.
    let server = local_server(&arguments)?;
    run(&arguments, server.as_ref()).await?;
    Ok(())
}

/// The server to talk to, unless another one is named.
fn local_server(arguments: &Arguments) -> miette::Result<Option<Emulator>> {
    if arguments.url.as_ref().is_some_and(|url| !url.is_empty()) {
        return Ok(None);
    }
    let builder = Emulator::builder().latency(Duration::from_millis(arguments.latency));
    let builder = match &arguments.recording {
        Some(file) => builder.recording(file),
        None => builder.catalogue(Catalogue::new(20_000)),
    };
    builder.start().map(Some).into_diagnostic()
}

async fn run(arguments: &Arguments, server: Option<&Emulator>) -> Result<Vec<Datapoints>> {
    let client = client(arguments, server)?;
    let dataset = client.dataset(&arguments.dataset).await?;
    println!("{dataset}");
    let mut collections = Vec::new();
    for name in &arguments.collections {
        collections.push(dataset.collection(name).await?);
    }
    if collections.is_empty() {
        collections = largest(dataset.collections().await?);
    }
    for collection in &collections {
        println!("  {collection}");
    }

    println!("\nOne after the other:");
    let start = Instant::now();
    let mut sequential = Vec::new();
    for collection in &collections {
        sequential.push(query(arguments, collection).load().await?);
    }
    let seconds = start.elapsed().as_secs_f64();
    println!("{} datapoints in {seconds:.2} s", count(&sequential));

    println!("\nConcurrently:");
    let start = Instant::now();
    let concurrent = load_all(collections.iter().map(|collection| query(arguments, collection))).await?;
    let concurrent_seconds = start.elapsed().as_secs_f64();
    println!("{} datapoints in {concurrent_seconds:.2} s", count(&concurrent));

    println!("\nLoading concurrently saved {:.2} s.\n", seconds - concurrent_seconds);
    for (collection, datapoints) in collections.iter().zip(&concurrent) {
        let cost = datapoints.metrics().map(ToString::to_string).unwrap_or_default();
        println!("{}: {cost}\n{datapoints}\n", collection.name());
    }
    Ok(concurrent)
}

fn client(arguments: &Arguments, server: Option<&Emulator>) -> Result<Client> {
    let mut builder = tilebox::client_builder().progress(ProgressBars::new());
    if let Some(server) = server {
        return builder.url(server.url()).anonymous().build();
    }
    if let Some(url) = &arguments.url {
        builder = builder.url(url);
    }
    if let Some(token) = &arguments.token {
        builder = builder.token(token);
    }
    builder.build()
}

/// The two collections with the most datapoints.
fn largest(mut collections: Vec<Collection>) -> Vec<Collection> {
    collections.sort_by_key(|collection| std::cmp::Reverse(collection.info().count));
    collections.truncate(2);
    collections
}

fn query(arguments: &Arguments, collection: &Collection) -> Query {
    let query = match (&arguments.start, &arguments.end) {
        (Some(start), Some(end)) => collection.query((start, end)),
        _ => match collection.info().availability {
            Some(available) => collection.query(available),
            None => collection.query(("1970-01-01", "2100-01-01")),
        },
    };
    query.page_size(arguments.page_size)
}

fn count(loads: &[Datapoints]) -> usize {
    loads.iter().map(Datapoints::len).sum()
}
