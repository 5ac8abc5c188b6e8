//! Datapoints in DataFusion, queried with SQL: `cargo run --manifest-path examples/handover/Cargo.toml`.
//!
//! DataFusion 55 uses another major version of Arrow than this project, so the columns are passed as the bytes of an
//! Arrow IPC stream, which every version reads, and Polars too. With the same version, nothing is written or copied:
//! `context.register_batch("scenes", datapoints.into_batch())`.

use std::error::Error;

use datafusion::arrow::ipc::reader::StreamReader;
use datafusion::arrow::record_batch::RecordBatch;
use datafusion::prelude::{DataFrame, SessionContext};
use tilebox_emulator::{Catalogue, Emulator};
use tilebox_tokio::output::Format;
use tilebox_tokio::Datapoints;

const CLEAR_SCENES: &str = "
    select platform, processing_level, count(*) as scenes, round(avg(cloud_cover), 1) as clouds, min(time) as first
    from scenes
    where cloud_cover < 20 and time >= '2025-01-01'
    group by platform, processing_level
    order by platform, processing_level";

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let server = Emulator::builder().catalogue(Catalogue::new(20_000)).start()?;
    let client = tilebox_tokio::client_builder().url(server.url()).anonymous().build()?;
    let dataset = client.dataset("open_data.copernicus.sentinel2_msi").await?;
    let datapoints = dataset.query(("2015-01-01", "2030-01-01")).await?;
    println!("{} datapoints of {dataset}\n{CLEAR_SCENES}\n", datapoints.len());

    query(&datapoints, CLEAR_SCENES).await?.show().await?;
    Ok(())
}

/// Runs SQL over datapoints, which are the table `scenes`.
async fn query(datapoints: &Datapoints, sql: &str) -> Result<DataFrame, Box<dyn Error>> {
    let mut bytes = Vec::new();
    datapoints.write(Format::ArrowStream, &mut bytes)?;
    let batches: Vec<RecordBatch> = StreamReader::try_new(&bytes[..], None)?.collect::<Result<_, _>>()?;

    let context = SessionContext::new();
    let scenes = context.read_batches(batches)?;
    context.register_table("scenes", scenes.into_view())?;
    Ok(context.sql(sql).await?)
}
