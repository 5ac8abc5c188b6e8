//! Datapoints in DataFusion, queried with SQL: `cargo run --manifest-path examples/handover/Cargo.toml`.
//!
//! DataFusion 55 uses another major version of Arrow than this project, so the columns are passed as an Arrow C stream, which
//! every version reads, without a copy. With the same version, `context.register_batch("scenes", datapoints.into_batch())`
//! does it.

use std::error::Error;

use arrow_array::ffi_stream::{ArrowArrayStreamReader, FFI_ArrowArrayStream};
use datafusion::arrow::record_batch::RecordBatch;
use datafusion::prelude::{DataFrame, SessionContext};
use tilebox_emulator::{Catalogue, Emulator};
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

    query(datapoints, CLEAR_SCENES).await?.show().await?;
    Ok(())
}

/// Runs SQL over datapoints, which are the table `scenes`.
async fn query(datapoints: Datapoints, sql: &str) -> Result<DataFrame, Box<dyn Error>> {
    let mut stream = datapoints.into_c_stream();
    // SAFETY: both types are the struct of the Arrow C stream interface, and the stream is moved out of the first one.
    let reader = unsafe { ArrowArrayStreamReader::from_raw((&raw mut stream).cast::<FFI_ArrowArrayStream>()) }?;
    let batches: Vec<RecordBatch> = reader.collect::<Result<_, _>>()?;

    let context = SessionContext::new();
    let scenes = context.read_batches(batches)?;
    context.register_table("scenes", scenes.into_view())?;
    Ok(context.sql(sql).await?)
}
