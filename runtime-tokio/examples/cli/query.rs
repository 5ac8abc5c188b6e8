//! A query from its arguments.

use std::io::{IsTerminal as _, stderr};

use futures::TryStreamExt as _;
use tilebox_tokio::ClientBuilder;
use tilebox_tokio::progress::ProgressBars;

use super::area::area;
use super::arguments::Query;
use super::destination::Destination;
use super::extent::extent;
use super::failure::Failure;

/// Loads page by page into the destination.
pub(crate) async fn run(builder: ClientBuilder, arguments: &Query) -> Result<(), Failure> {
    let builder = if arguments.quiet { builder } else { builder.progress(ProgressBars::new()) };
    let client = builder.build()?;
    // Errors of the destination and the area are found before the first request.
    let mut destination = Destination::open(arguments)?;
    let area = arguments.area.as_deref().map(area).transpose()?;

    let dataset = client.dataset(&arguments.dataset).await?;
    let extent = extent(&dataset, &arguments.collections, arguments.time.as_deref()).await?;
    let mut query = dataset.query(extent);
    if !arguments.collections.is_empty() {
        query = query.collections(&arguments.collections);
    }
    if let Some(area) = area {
        query = query.spatial_extent(area);
    }
    if let Some(mode) = arguments.mode {
        query = query.spatial_mode(mode.into());
    }
    if let Some(edges) = arguments.edges {
        query = query.coordinate_system(edges.into());
    }
    if let Some(filter) = &arguments.filter {
        query = query.filter(filter.as_str());
    }
    if !arguments.columns.is_empty() {
        query = query.columns(arguments.columns.iter().map(|name| name.trim()).collect::<Vec<_>>());
    }
    if let Some(limit) = arguments.limit {
        query = query.limit(limit);
    }

    let mut pages = query.pages();
    while let Some(page) = pages.try_next().await? {
        destination.write(page)?;
    }
    if let Some(line) = destination.finish()?
        && !arguments.quiet
        && stderr().is_terminal()
    {
        eprintln!("{line}\n{}", pages.metrics());
    }
    Ok(())
}
