//! One half of the cross-check with the official Python client, see `python/cross.py`: reads what Python ingested into
//! `from_python`, and ingests the same values, written down here, into `from_rust`.
//!
//! The id of a datapoint is a digest of its contents, so datapoints with equal ids are equal in every value.

use std::env;
use std::process::ExitCode;
use std::time::Duration;

use arrow_array::Array as _;
use serde::Serialize;
use tilebox_tokio::{Client, Datapoints, Records, Result, block_on};

/// A datapoint as a struct. `python/cross.py` has the same values.
#[derive(Clone, Default, Serialize)]
struct Row {
    time: &'static str,
    text: Option<&'static str>,
    raw: Option<&'static [u8]>,
    flag: bool,
    number: i64,
    unsigned: u64,
    ratio: Option<f64>,
    wait: Option<Duration>,
    moment: Option<&'static str>,
    key: Option<&'static str>,
    outline: Option<&'static str>,
    texts: &'static [&'static str],
    numbers: &'static [i64],
    ratios: &'static [f64],
    flags: &'static [bool],
}

fn rows() -> [Row; 3] {
    [
        Row {
            time: "2025-03-01T12:00:00.000000123Z",
            text: Some(""),
            raw: Some(&[]),
            flag: true,
            ratio: Some(0.0),
            wait: Some(Duration::ZERO),
            moment: Some("1969-07-20"),
            key: Some("00000000-0000-0000-0000-000000000001"),
            outline: Some("POINT(1 2)"),
            texts: &["a", "", "ß"],
            numbers: &[-1, 0, 1 << 62],
            ratios: &[0.5, -0.0, 1e-300],
            flags: &[true, false, true],
            ..Row::default()
        },
        Row {
            time: "2025-03-01T13:00:00.000000123Z",
            text: Some("größer"),
            raw: Some(&[0, 255]),
            number: i64::MIN,
            unsigned: u64::MAX,
            ratio: Some(-1.5e300),
            wait: Some(Duration::new(3 * 86_400, 5_000)),
            moment: Some("2200-01-01"),
            key: Some("ffffffff-ffff-ffff-ffff-ffffffffffff"),
            outline: Some("POLYGON((1 0, 1 1, 0 1, 0 0, 1 0))"),
            ..Row::default()
        },
        Row {
            time: "2025-03-01T14:00:00.000000123Z",
            flag: true,
            number: i64::MAX,
            unsigned: 7,
            texts: &["b"],
            numbers: &[5],
            ratios: &[2.5],
            flags: &[false],
            ..Row::default()
        },
    ]
}

async fn check(url: String, token: String) -> Result<Vec<(&'static str, bool)>> {
    let everything = ("1900-01-01", "2100-01-01");
    let client = tilebox_tokio::client_builder().url(url).token(token).build()?;
    let dataset = client.dataset("cross").await?;
    let python = dataset.collection("from_python").await?;
    let read = python.query(everything).await?;

    let rust = dataset.create_collection("from_rust").await?;
    let written = rust.ingest(Records(rows())).await?;
    let same = rust.ingest(&read).await?;
    let again = python.ingest(&read).await?;
    let (stac, wide) = (copy(&client, "cross_stac").await?, copy(&client, "cross_wide").await?);
    Ok(vec![
        ("rust reads every datapoint that python ingested", read.len() == rows().len()),
        ("rust stores its own values", written.created == rows().len() as u64),
        ("what python ingested is equal to these values", same.created == 0 && same.ids == written.ids),
        (
            "what was read and ingested again keeps its ids",
            again.created == 0 && again.ids.iter().copied().eq(read.ids()),
        ),
        ("both collections have equal columns", equal_columns(&read, &rust.query(everything).await?)),
        ("assets and other messages are nested columns", nested(&stac.read)),
        ("messages that were read and ingested again keep their ids", stac.keeps_ids),
        ("five hundred fields are read", wide.read.schema().fields().len() == 503),
        ("five hundred fields that were read and ingested again keep their ids", wide.keeps_ids),
    ])
}

/// The datapoints of a collection that were read and ingested again.
struct Copied {
    read: Datapoints,
    keeps_ids: bool,
}

/// Copies the datapoints from Python to another collection, and back to their own.
async fn copy(client: &Client, dataset: &str) -> Result<Copied> {
    let dataset = client.dataset(dataset).await?;
    let from = dataset.collection("from_python").await?;
    let read = from.query(("1900-01-01", "2100-01-01")).await?;
    let copied = dataset.create_collection("from_rust").await?.ingest(&read).await?;
    let again = from.ingest(&read).await?;
    let keeps_ids = again.created == 0 && again.ids.iter().copied().eq(read.ids());
    Ok(Copied { keeps_ids: keeps_ids && copied.created == read.len() as u64, read })
}

/// Returns whether each message became a struct, without losses.
fn nested(datapoints: &Datapoints) -> bool {
    let values =
        |name| datapoints.column(name).map(|column| (column.len() - column.null_count(), column.data_type().clone()));
    let expected = [("assets", 1), ("links", 2), ("provider", 1), ("software", 2)];
    expected
        .iter()
        .all(|(name, count)| values(name).is_ok_and(|(found, data_type)| found == *count && data_type.is_nested()))
}

/// Returns whether all columns are equal, except those that the server sets.
fn equal_columns(left: &Datapoints, right: &Datapoints) -> bool {
    let schema = left.schema();
    let names = schema.fields().iter().map(|field| field.name().as_str());
    let mut names = names.filter(|name| !["id", "ingestion_time"].contains(name));
    names.all(|name| left.column(name).ok() == right.column(name).ok())
}

fn main() -> ExitCode {
    let mut arguments = env::args().skip(1);
    let (Some(url), Some(token)) = (arguments.next(), arguments.next()) else {
        eprintln!("usage: interop_cross URL TOKEN");
        return ExitCode::FAILURE;
    };
    let checks = match block_on(check(url, token)) {
        Ok(checks) => checks,
        Err(error) => {
            eprintln!("{error}");
            return ExitCode::FAILURE;
        }
    };
    for (name, passed) in &checks {
        println!("{}  {name}", if *passed { "ok    " } else { "FAILED" });
    }
    let failed = checks.iter().filter(|(_, passed)| !passed).count();
    println!("{} passed, {failed} failed", checks.len() - failed);
    if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
