//! Writes datapoints in every format for `check.py`, which reads them with other programs: `outputs_write FOLDER`.
//!
//! | files | contents |
//! |---|---|
//! | `scenes.*` | the generated catalogue, page by page; `scenes.expected` has a part of it as records |
//! | `values.*` | every type of field; `written.py` has the same values |
//! | `items.*` | scenes with STAC assets and links |
//! | `track.parquet` | 100 000 points whose longitude grows with time, so that row groups are apart |
//! | `recorded.*` | recorded datapoints, if recordings exist |

use std::collections::HashMap;
use std::env;
use std::error::Error;
use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use arrow_array::{Array as _, ArrayRef, BinaryArray, Int64Array, RecordBatch, TimestampNanosecondArray};
use arrow_schema::{DataType, Field, Schema};
use futures::TryStreamExt as _;
use serde::{Deserialize, Serialize};
use tilebox_emulator::{Catalogue, Emulator};
use tilebox_tests::recordings;
use tilebox_tokio::output::{Format, TableWriter};
use tilebox_tokio::{
    Client, Datapoints, Dataset, DatasetDefinition, FieldDefinition, Footprint, Records, Timestamp, block_on,
};
use uuid::Uuid;

type Result<T, E = Box<dyn Error>> = std::result::Result<T, E>;

const ALWAYS: (&str, &str) = ("1900-01-01", "2100-01-01");
const SENTINEL: &str = "open_data.copernicus.sentinel2_msi";
const ENDINGS: [&str; 8] = ["geojson", "jsonl", "csv", "arrow", "arrows", "parquet", "stac.json", "stac.parquet"];

fn main() -> ExitCode {
    let Some(folder) = env::args().nth(1) else {
        eprintln!("usage: outputs_write FOLDER");
        return ExitCode::FAILURE;
    };
    match block_on(write(folder.as_ref())) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

async fn write(folder: &Path) -> Result<()> {
    let emulator = Emulator::builder().catalogue(Catalogue::new(3000)).start()?;
    let client = tilebox_tokio::client_builder().url(emulator.url()).anonymous().build()?;
    let scenes = client.dataset(SENTINEL).await?;
    files(&scenes, folder, "scenes").await?;
    records(&scenes, folder).await?;
    files(&values(&client).await?, folder, "values").await?;
    files(&items(&client).await?, folder, "items").await?;
    track()?.write(Format::Parquet, File::create(folder.join("track.parquet"))?)?;

    if let Some(recorded) = recordings::folder() {
        let emulator = Emulator::builder().recording(recorded.join("query.rpcs.bin")).start()?;
        let client = tilebox_tokio::client_builder().url(emulator.url()).anonymous().build()?;
        files(&client.dataset(SENTINEL).await?, folder, "recorded").await?;
    }
    Ok(())
}

/// Writes all datapoints of a dataset in every format, page by page.
async fn files(dataset: &Dataset, folder: &Path, name: &str) -> Result<()> {
    let mut writers = Vec::new();
    for ending in ENDINGS {
        let path = folder.join(name).with_extension(ending);
        writers.push(TableWriter::new(Format::from_path(&path)?, File::create(&path)?));
    }
    let mut pages = dataset.query(ALWAYS).page_size(500).pages();
    while let Some(page) = pages.try_next().await? {
        for writer in &mut writers {
            writer.write(&page)?;
        }
    }
    writers.into_iter().try_for_each(|writer| Ok(writer.finish()?))
}

/// A scene as a struct.
#[derive(Deserialize)]
struct Scene {
    id: Uuid,
    time: Timestamp,
    granule_name: String,
    platform: Option<String>,
    cloud_cover: Option<f64>,
    file_size: Option<i64>,
    geometry: Footprint,
}

/// Writes one scene per line, as `serde` reads them from columns.
async fn records(dataset: &Dataset, folder: &Path) -> Result<()> {
    let mut out = BufWriter::new(File::create(folder.join("scenes.expected"))?);
    for scene in dataset.query(ALWAYS).await?.rows::<Scene>()? {
        let Scene { id, time, granule_name, platform, cloud_cover, file_size, geometry } = scene;
        // JSON has no NaN.
        let (geometry, cloud_cover) = (geometry.to_string(), cloud_cover.map(|cover| cover.to_string()));
        let record = serde_json::json!({
            "id": id, "time": time, "granule_name": granule_name, "platform": platform, "cloud_cover": cloud_cover,
            "file_size": file_size, "geometry": geometry,
        });
        writeln!(out, "{record}")?;
    }
    Ok(out.flush()?)
}

/// Every type of field, first with values, then without.
#[derive(Default, Serialize)]
struct Value {
    time: &'static str,
    text: Option<&'static str>,
    raw: Option<&'static [u8]>,
    flag: Option<bool>,
    number: Option<i64>,
    unsigned: Option<u64>,
    ratio: Option<f64>,
    wait: Option<Duration>,
    moment: Option<&'static str>,
    key: Option<Uuid>,
    outline: Option<&'static str>,
    texts: &'static [&'static str],
    keys: &'static [Uuid],
}

const KEY: Uuid = Uuid::from_u128(0x0011_2233_4455_6677_8899_aabb_ccdd_eeff);

async fn values(client: &Client) -> Result<Dataset> {
    let definition = DatasetDefinition::temporal("values").name("Values").summary("Every type of field").fields([
        FieldDefinition::string("text"),
        FieldDefinition::bytes("raw"),
        FieldDefinition::bool("flag"),
        FieldDefinition::int64("number"),
        FieldDefinition::uint64("unsigned"),
        FieldDefinition::float64("ratio"),
        FieldDefinition::duration("wait"),
        FieldDefinition::timestamp("moment"),
        FieldDefinition::uuid("key"),
        FieldDefinition::geometry("outline"),
        FieldDefinition::string("texts").repeated(),
        FieldDefinition::uuid("keys").repeated(),
    ]);
    let dataset = client.create_dataset(&definition).await?;
    let full = Value {
        time: "2025-03-01T12:00:00.000000123Z",
        text: Some("größer, \"als\"\nalles"),
        raw: Some(&[0, 255]),
        flag: Some(true),
        number: Some(i64::MIN),
        unsigned: Some(u64::MAX),
        ratio: Some(-0.1),
        wait: Some(Duration::new(90, 5)),
        moment: Some("1969-07-20T20:17:40Z"),
        key: Some(KEY),
        outline: Some("MULTIPOLYGON(((0 0, 2 0, 2 2, 0 2, 0 0), (0.5 0.5, 1 0.5, 1 1, 0.5 1, 0.5 0.5)))"),
        texts: &["a", "", "ß"],
        keys: &[KEY, KEY],
    };
    let empty = Value { time: "2025-03-01T13:00:00Z", ..Value::default() };
    dataset.create_collection("all").await?.ingest(Records([full, empty])).await?;
    Ok(dataset)
}

/// A scene with STAC messages.
#[derive(Default, Serialize)]
struct Scenery {
    time: &'static str,
    geometry: Option<&'static str>,
    cloud_cover: Option<f64>,
    files: Option<Assets>,
    more: Option<Links>,
}

#[derive(Serialize)]
struct Assets {
    access_profiles: Vec<AccessProfile>,
    assets: Vec<Asset>,
}

#[derive(Serialize)]
struct AccessProfile {
    base_href: &'static str,
}

#[derive(Serialize)]
struct Asset {
    key: &'static str,
    primary: Location,
    media_type: MediaType,
    title: Option<&'static str>,
    roles: Vec<&'static str>,
}

#[derive(Serialize)]
struct Location {
    access_profile_index: u32,
    href: &'static str,
}

#[derive(Serialize)]
struct MediaType {
    known: &'static str,
}

#[derive(Serialize)]
struct Links {
    links: Vec<Link>,
}

#[derive(Serialize)]
struct Link {
    href: &'static str,
    rel: &'static str,
}

async fn items(client: &Client) -> Result<Dataset> {
    let definition = DatasetDefinition::spatiotemporal("items").name("Items").summary("Scenes with assets").fields([
        FieldDefinition::float64("cloud_cover"),
        FieldDefinition::assets("files"),
        FieldDefinition::links("more"),
    ]);
    let dataset = client.create_dataset(&definition).await?;
    let asset = |key, href, known, title, role| Asset {
        key,
        primary: Location { access_profile_index: 0, href },
        media_type: MediaType { known },
        title,
        roles: vec![role],
    };
    let files = Assets {
        access_profiles: vec![AccessProfile { base_href: "https://a.example/S2A/" }],
        assets: vec![
            asset("data", "data.tif", "CLOUD_OPTIMIZED_GEOTIFF", Some("All bands"), "DATA"),
            asset("small", "small.png", "PNG", None, "THUMBNAIL"),
        ],
    };
    let more = Links { links: vec![Link { href: "https://a.example/", rel: "via" }] };
    let scenes = [
        Scenery {
            time: "2025-03-01T12:00:00.5Z",
            geometry: Some("POLYGON((10 46, 11 46, 11 47, 10 47, 10 46))"),
            cloud_cover: Some(12.5),
            files: Some(files),
            more: Some(more),
        },
        Scenery {
            time: "2025-03-01T13:00:00Z",
            geometry: Some("POLYGON((179 0, -179 0, -179 1, 179 1, 179 0))"),
            ..Scenery::default()
        },
    ];
    dataset.create_collection("all").await?.ingest(Records(scenes)).await?;
    Ok(dataset)
}

/// Returns a row every second, from the west to the east along the equator. The last thousand rows have no place.
fn track() -> Result<Datapoints> {
    const ROWS: i64 = 100_000;
    let times =
        TimestampNanosecondArray::from_iter_values((0..ROWS).map(|row| row * 1_000_000_000)).with_timezone("UTC");
    let places = (0..ROWS).map(|row| {
        let x = -180.0 + 360.0 * row as f64 / ROWS as f64;
        // A little-endian point of WKB.
        (row < ROWS - 1000).then(|| [&[1, 1, 0, 0, 0][..], &x.to_le_bytes(), &0.0_f64.to_le_bytes()].concat())
    });
    let places = BinaryArray::from_iter(places);
    let extension = HashMap::from([("ARROW:extension:name".to_owned(), "geoarrow.wkb".to_owned())]);
    let fields = vec![
        Field::new("time", times.data_type().clone(), false),
        Field::new("geometry", DataType::Binary, true).with_metadata(extension),
        Field::new("row", DataType::Int64, false),
    ];
    let rows = Int64Array::from_iter_values(0..ROWS);
    let columns: Vec<ArrayRef> = vec![Arc::new(times), Arc::new(places), Arc::new(rows)];
    Ok(RecordBatch::try_new(Arc::new(Schema::new(fields)), columns)?.into())
}
