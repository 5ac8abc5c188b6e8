//! The speed and memory of ingesting and loading a million datapoints as streams.
//!
//! `cargo bench -p tilebox-tests --bench volume [-- DATAPOINTS]`. The local server runs in its own process, so that the
//! peak memory is that of the client. Only Linux reports it.

#![expect(clippy::expect_used, reason = "a benchmark fails by panicking")]

use std::io::{BufRead as _, BufReader, Read as _};
use std::process::{Command, Stdio};
use std::time::Instant;

use futures::stream::{self, TryStreamExt as _};
use prost::Message;
use tilebox_emulator::Emulator;
use tilebox_tokio::datasets::{DatasetDefinition, FieldDefinition, Messages};
use tilebox_tokio::protocol::wire::datasets::v1::{Geometry, Uuid};
use tilebox_tokio::{Collection, block_on};

/// The default number of datapoints.
const DATAPOINTS: u64 = 1_000_000;
/// The number of datapoints that are generated and passed to the client together.
const BATCH: u64 = 1000;
/// The maximum memory of the client, in MB.
const MEMORY: f64 = 300.0;

/// A datapoint of about 840 bytes, like the recorded ones of Sentinel-2.
#[derive(Clone, PartialEq, Message)]
struct Granule {
    #[prost(message, optional, tag = "1")]
    time: Option<prost_types::Timestamp>,
    #[prost(message, optional, tag = "2")]
    id: Option<Uuid>,
    #[prost(message, optional, tag = "3")]
    ingestion_time: Option<prost_types::Timestamp>,
    #[prost(message, optional, tag = "4")]
    geometry: Option<Geometry>,
    #[prost(string, optional, tag = "5")]
    granule_name: Option<String>,
    #[prost(string, optional, tag = "6")]
    location: Option<String>,
    #[prost(string, optional, tag = "7")]
    thumbnail: Option<String>,
    #[prost(int64, optional, tag = "8")]
    orbit_number: Option<i64>,
    #[prost(double, optional, tag = "9")]
    cloud_cover: Option<f64>,
}

fn definition() -> DatasetDefinition {
    DatasetDefinition::spatiotemporal("volume").name("Volume").fields([
        FieldDefinition::string("granule_name"),
        FieldDefinition::string("location"),
        FieldDefinition::string("thumbnail"),
        FieldDefinition::int64("orbit_number"),
        FieldDefinition::float64("cloud_cover"),
    ])
}

fn granule(number: u64) -> Granule {
    let name = format!("S2B_MSIL1C_20250101T000019_N0511_R073_T57QWV_{number:012}.SAFE");
    let folder = "/eodata/Sentinel-2/MSI/L1C/2025/01/01";
    let (longitude, latitude) = ((number % 3400) as f64 / 10.0 - 170.0, (number % 1500) as f64 / 10.0 - 75.0);
    let seconds = 1_735_689_600 + (number / 10) as i64;
    Granule {
        time: Some(prost_types::Timestamp { seconds, nanos: (number % 10) as i32 * 100_000_000 }),
        geometry: Some(Geometry { wkb: square(longitude, latitude).into() }),
        location: Some(format!("{folder}/{name}")),
        thumbnail: Some(format!("https://catalogue.example.org/get-object?path={folder}/{name}/{name}-preview.jpg")),
        granule_name: Some(name),
        orbit_number: Some(40_000 + (number / 1000) as i64),
        cloud_cover: Some((number % 1009) as f64 / 10.09),
        ..Default::default()
    }
}

/// Returns a square of one degree, counter-clockwise, as little-endian well-known binary.
fn square(longitude: f64, latitude: f64) -> Vec<u8> {
    let mut wkb = vec![1, 3, 0, 0, 0, 1, 0, 0, 0, 5, 0, 0, 0];
    for (x, y) in [(0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0), (0.0, 0.0)] {
        wkb.extend_from_slice(&f64::to_le_bytes(longitude + x));
        wkb.extend_from_slice(&f64::to_le_bytes(latitude + y));
    }
    wkb
}

/// Serves, prints the address, and ends with standard input.
fn serve() {
    let emulator = Emulator::builder().writable(true).start().expect("a local server");
    println!("{}", emulator.url());
    let _ = std::io::stdin().read(&mut [0]);
}

fn main() {
    let argument = std::env::args().skip(1).find(|argument| !argument.starts_with("--"));
    if argument.as_deref() == Some("serve") {
        return serve();
    }
    let datapoints = argument.map_or(DATAPOINTS, |number| number.parse().expect("a number of datapoints"));
    let mut server = Command::new(std::env::current_exe().expect("this program"))
        .arg("serve")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("a process for the server");
    let mut url = String::new();
    BufReader::new(server.stdout.take().expect("its output")).read_line(&mut url).expect("its address");
    block_on(measure(url.trim(), datapoints));
    drop(server.stdin.take());
    server.wait().expect("the server ends");
}

async fn measure(url: &str, datapoints: u64) {
    let client = tilebox_tokio::client_builder().url(url).anonymous().build().expect("a client");
    let dataset = client.create_dataset(&definition()).await.expect("a dataset");
    let collection = dataset.create_collection("everything").await.expect("a collection");
    let bytes = ingest(&collection, datapoints).await;
    let loaded = load(&collection, bytes).await;
    assert_eq!(loaded, datapoints, "every datapoint comes back");
    match peak_memory() {
        None => println!("peak memory of the client: not reported by this system"),
        Some(peak) => {
            let total = bytes as f64 / 1e6;
            println!(
                "peak memory of the client: {peak:.0} MB for {total:.0} MB of datapoints (goal: below {MEMORY} MB)"
            );
            assert!(peak < MEMORY, "the client takes too much memory");
        }
    }
}

async fn ingest(collection: &Collection, datapoints: u64) -> u64 {
    let start = Instant::now();
    let mut bytes = 0;
    let batches = (0..datapoints.div_ceil(BATCH)).map(|batch| {
        let granules = (batch * BATCH..datapoints.min((batch + 1) * BATCH)).map(granule);
        let granules: Vec<Granule> = granules.collect();
        bytes += granules.iter().map(|granule| granule.encoded_len() as u64).sum::<u64>();
        Messages(granules.into_iter().map(Box::new))
    });
    let ingested = collection.ingest_stream(stream::iter(batches)).await.expect("an ingestion");
    assert_eq!(ingested.created, datapoints, "every datapoint is new");
    report("ingested", datapoints, bytes, start);
    bytes
}

async fn load(collection: &Collection, bytes: u64) -> u64 {
    let start = Instant::now();
    let pages = collection.query(("2025-01-01", "2100-01-01")).pages();
    let count = pages.try_fold(0, async |count, page| Ok(count + page.len() as u64)).await.expect("a load");
    report("loaded", count, bytes, start);
    count
}

fn report(what: &str, datapoints: u64, bytes: u64, start: Instant) {
    let seconds = start.elapsed().as_secs_f64();
    let (rate, megabytes) = (datapoints as f64 / seconds, bytes as f64 / 1e6);
    println!("{what} {datapoints} datapoints, {megabytes:.0} MB in {seconds:.2} s: {rate:.0} datapoints/s");
}

/// Returns the peak memory of this process, in MB.
fn peak_memory() -> Option<f64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kilobytes: f64 = line.trim().trim_end_matches("kB").trim().parse().ok()?;
    Some(kilobytes * 1024.0 / 1e6)
}
