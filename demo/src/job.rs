// The demonstration, one source for six clients: each binary includes it below its own import line, unchanged for the async
// client of its runtime, or without `async` and `.await` for the blocking one.

use std::time::Instant;

use tilebox::progress::ProgressBars;
use tilebox::{Client, Collection, Datapoints, Query, Result, load_all};
use tilebox_demo::{Arguments, Emulator};

/// Loads collections of a dataset one after the other, then concurrently, and prints the saved seconds.
async fn load(arguments: &Arguments, server: Option<&Emulator>) -> Result<Vec<Datapoints>> {
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

/// Returns the two collections with the most datapoints.
fn largest(mut collections: Vec<Collection>) -> Vec<Collection> {
    collections.sort_by_key(|collection| std::cmp::Reverse(collection.info().count));
    collections.truncate(2);
    collections
}

fn query(arguments: &Arguments, collection: &Collection) -> Query {
    let query = match &arguments.time {
        Some((start, end)) => collection.query((start, end)),
        None => match collection.info().availability {
            Some(available) => collection.query(available),
            None => collection.query(("1970-01-01", "2100-01-01")),
        },
    };
    query.page_size(arguments.page_size)
}

fn count(loads: &[Datapoints]) -> usize {
    loads.iter().map(Datapoints::len).sum()
}
