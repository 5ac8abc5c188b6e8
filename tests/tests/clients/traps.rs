//! Behaviour that avoids the faults of the official clients. `tests/tests/traps.rs` lists all of these faults.

use std::sync::{Arc, Mutex};

use arrow_array::builder::{BooleanBuilder, Int64Builder, ListBuilder, StringBuilder};
use arrow_array::{Array as _, ArrayRef, Float64Array, RecordBatch, TimestampNanosecondArray};
use bytes::Bytes;
use futures::stream::StreamExt as _;
use prost::Message as _;
use prost_types::Timestamp;
use tilebox_core::progress::LoadProgress;
use tilebox_core::{Collection, Datapoints, DatasetChanges, DatasetDefinition, ErrorKind, FieldDefinition, Records};
use tilebox_emulator::{Fault, Rpc};
use tracing::instrument::WithSubscriber as _;

use super::Setting;
use super::trace_recorder::{TraceRecorder, keep_tracing_interest_open};

const EVERYTHING: (&str, &str) = ("1970-01-01", "2100-01-01");

async fn collection(setting: &Setting, fields: impl IntoIterator<Item = FieldDefinition>) -> Collection {
    let definition = DatasetDefinition::temporal("trapped").fields(fields);
    let dataset = setting.client.create_dataset(&definition).await.expect("a dataset");
    dataset.create_collection("A").await.expect("a collection")
}

fn batch(columns: Vec<(&str, ArrayRef)>) -> RecordBatch {
    RecordBatch::try_from_iter_with_nullable(columns.into_iter().map(|(name, column)| (name, column, true)))
        .expect("a batch")
}

fn times(count: i64) -> ArrayRef {
    Arc::new(TimestampNanosecondArray::from_iter_values((0..count).map(|second| second * 1_000_000_000)))
}

/// Encodes a field with a length.
fn field(number: u8, content: &[u8]) -> Vec<u8> {
    // Lengths of up to two bytes.
    let length = content.len() as u8;
    let length = if content.len() < 128 { vec![length] } else { vec![length | 0x80, (content.len() >> 7) as u8] };
    [&[number << 3 | 2], length.as_slice(), content].concat()
}

pub(crate) async fn a_time_out_of_range_is_null(setting: Setting) {
    let collection = collection(&setting, [FieldDefinition::timestamp("end")]).await;
    // The value that catalogues write for an open end.
    const OPEN_END: i64 = 253_402_300_799;
    let datapoint = |second| {
        let end = Timestamp { seconds: if second % 25 == 0 { OPEN_END } else { second }, nanos: 0 }.encode_to_vec();
        let time = Timestamp { seconds: second, nanos: 0 }.encode_to_vec();
        Bytes::from([field(1, &time), field(4, &end)].concat())
    };
    let ingested = collection.ingest((1..=50).map(datapoint).collect::<Vec<_>>()).await.expect("ingested");
    keep_tracing_interest_open();
    let recorder = TraceRecorder::default();
    let load = async { collection.query(EVERYTHING).page_size(10).await };
    let loaded = load.with_subscriber(recorder.clone()).await.expect("every page is readable");
    let ends = loaded.column("end").expect("a column");
    assert_eq!((loaded.len(), ends.null_count(), ends.is_null(24)), (50, 2, true));
    assert_eq!(loaded.metrics().map(|metrics| metrics.nulled_values), Some(2));
    let events = recorder.records().events.clone();
    let warned: Vec<_> = events
        .iter()
        .filter(|(level, fields, _)| *level == tracing::Level::WARN && fields.contains_key("field"))
        .collect();
    assert_eq!(warned.len(), 2, "{events:?}");
    let found = collection.find(ingested.ids[24]).await.expect("a datapoint");
    assert!(found.column("end").expect("a column").is_null(0));
    assert_eq!(found.metrics().map(|metrics| metrics.nulled_values), Some(1));

    // Columns and records with this time are refused before anything is sent.
    #[derive(serde::Serialize)]
    struct Row {
        time: &'static str,
        end: &'static str,
    }
    let rows = [Row { time: "2025-01-01", end: "9999-12-31T23:59:59Z" }];
    let error = collection.ingest(Records(&rows)).await.expect_err("out of range").to_string();
    assert!(error.contains("expects a time between 1677-09-21 and 2262-04-11, got 9999-12-31T23:59:59Z"), "{error}");
}

pub(crate) async fn an_open_ring_is_refused(setting: Setting) {
    let definition = DatasetDefinition::spatiotemporal("rings").name("rings");
    let dataset = setting.client.create_dataset(&definition).await.expect("a dataset");
    let collection = dataset.create_collection("A").await.expect("a collection");
    #[derive(serde::Serialize)]
    struct Row {
        time: &'static str,
        geometry: &'static str,
    }
    let open = [Row { time: "2025-01-01", geometry: "POLYGON((10 45, 11 45, 11 46, 10 46))" }];
    let error = collection.ingest(Records(&open)).await.expect_err("a ring is open").to_string();
    assert!(
        error.contains("the datapoint 0: the field `geometry` is not a valid geometry: a ring begins at (10 45)"),
        "{error}"
    );
    assert!(collection.query(EVERYTHING).await.expect("a load").is_empty());
}

pub(crate) async fn tables_join_by_the_names_of_their_columns(setting: Setting) {
    let dataset = setting.client.dataset("open_data.copernicus.sentinel2_msi").await.expect("a dataset");
    let query = |columns: [&'static str; 2]| dataset.query(EVERYTHING).limit(2).columns(columns);
    let left = query(["time", "granule_name"]).await.expect("a load");
    let right = query(["granule_name", "time"]).await.expect("a load");
    let joined = Datapoints::concat(&[left.clone(), right]).expect("one table");
    assert_eq!(joined.slice(0, 2), joined.slice(2, 2));
    let other = query(["time", "cloud_cover"]).await.expect("a load");
    let error = Datapoints::concat(&[left, other]).expect_err("other columns").to_string();
    assert!(error.contains("table 1 does not have the column `granule_name` of table 0"), "{error}");
}

pub(crate) async fn an_undecodable_page_ends_the_load_with_an_error(setting: Setting) {
    let definition = DatasetDefinition::temporal("trapped").fields([FieldDefinition::string("name")]);
    let dataset = setting.client.create_dataset(&definition).await.expect("a dataset");
    let collection = dataset.create_collection("A").await.expect("a collection");
    let datapoint = |second| {
        let time = Timestamp { seconds: second, nanos: 0 }.encode_to_vec();
        Bytes::from([field(1, &time), field(4, b"a name")].concat())
    };
    collection.ingest((1..=200).map(datapoint).collect::<Vec<_>>()).await.expect("ingested");
    // A page with one datapoint whose text is not UTF-8.
    let type_name = dataset.schema().expect("a schema").type_name().to_owned();
    let page = field(1, &[field(1, type_name.as_bytes()), field(2, &field(4, &[0xff]))].concat());
    setting.emulator.inject(Fault::message(page.clone()).on(Rpc::Query).after(2));
    let mut pages = collection.query(EVERYTHING).page_size(10).pages();
    let mut read = 0;
    let error = loop {
        match pages.next().await.expect("an error precedes the end") {
            Ok(page) => read += page.len(),
            Err(error) => break error,
        }
    };
    assert_eq!(error.kind(), ErrorKind::Undecodable);
    assert!((10..200).contains(&read), "{read} datapoints precede the undecodable one");
    assert!(pages.next().await.is_none(), "an error ends the stream");
    let others = collection.query(EVERYTHING).columns(["time", "id"]).await.expect("decodable pages");
    assert_eq!(others.len(), 200);

    setting.emulator.inject(Fault::message(page).on(Rpc::Query).times(1000));
    let error = collection.query(EVERYTHING).page_size(10).await.expect_err("no page can be decoded");
    assert_eq!(error.kind(), ErrorKind::Undecodable);
    let line = error.to_string();
    assert!(line.contains(" cannot be decoded: datapoint ") && line.contains("field \"name\""), "{line}");
    assert_eq!(line.matches("cannot be decoded").count(), 1, "{line}");
}

pub(crate) async fn lists_keep_zeros_and_their_own_names(setting: Setting) {
    // Names that make the Python client mix up the dimensions of arrays.
    let fields = [
        FieldDefinition::int64("ri").repeated(),
        FieldDefinition::string("rs").repeated(),
        FieldDefinition::bool("r").repeated(),
    ];
    let collection = collection(&setting, fields).await;
    let (mut numbers, mut texts) = (ListBuilder::new(Int64Builder::new()), ListBuilder::new(StringBuilder::new()));
    let mut flags = ListBuilder::new(BooleanBuilder::new());
    numbers.append_value([Some(1), Some(0), Some(0)]);
    numbers.append_value([Some(0)]);
    numbers.append_null();
    texts.append_value([Some("a"), Some("")]);
    texts.append_value([Some(""), Some(""), Some("")]);
    texts.append_value([Some("b")]);
    flags.append_null();
    flags.append_value([Some(true), Some(false)]);
    flags.append_value([Some(false)]);
    let columns: Vec<(&str, ArrayRef)> = vec![
        ("time", times(3)),
        ("ri", Arc::new(numbers.finish())),
        ("rs", Arc::new(texts.finish())),
        ("r", Arc::new(flags.finish())),
    ];
    let ingested = collection.ingest(batch(columns)).await.expect("ingested");
    let loaded = collection.query(EVERYTHING).await.expect("a load");
    let lengths = |name: &str| {
        let lists = loaded.column(name).expect("a column");
        let lists = arrow_array::cast::AsArray::as_list::<i32>(lists.as_ref()).clone();
        lists.iter().map(|list| list.map(|list| list.len())).collect::<Vec<_>>()
    };
    assert_eq!(lengths("ri"), [Some(3), Some(1), None]);
    assert_eq!(lengths("rs"), [Some(2), Some(3), Some(1)]);
    assert_eq!(lengths("r"), [None, Some(2), Some(1)]);
    let again = collection.ingest(&loaded).await.expect("ingested again");
    assert_eq!((again.created, again.ids), (0, ingested.ids));
}

pub(crate) async fn progress_of_an_instant_stays_between_0_and_1(setting: Setting) {
    let collection = collection(&setting, [FieldDefinition::float64("value")]).await;
    let value: ArrayRef = Arc::new(Float64Array::from_iter_values((0..50).map(f64::from)));
    let time: ArrayRef = Arc::new(TimestampNanosecondArray::from(vec![5_000_000_000; 50]));
    collection.ingest(batch(vec![("time", time), ("value", value)])).await.expect("ingested");
    let reports: Arc<Mutex<Vec<f64>>> = Arc::default();
    let observer = Arc::clone(&reports);
    let query = collection.query("1970-01-01T00:00:05Z").page_size(10);
    let query =
        query.progress(move |load: &LoadProgress| observer.lock().expect("an unpoisoned lock").push(load.fraction));
    assert_eq!(query.await.expect("a load").len(), 50);
    let reports = reports.lock().expect("an unpoisoned lock").clone();
    assert!(reports.len() >= 5 && reports.iter().all(|fraction| (0.0..=1.0).contains(fraction)), "{reports:?}");
    assert_eq!(reports.last(), Some(&1.0));
}

pub(crate) async fn an_incompatible_schema_change_gets_a_reason(setting: Setting) {
    let collection = collection(&setting, [FieldDefinition::float64("value")]).await;
    let values: ArrayRef = Arc::new(Float64Array::from(vec![1.0]));
    collection.ingest(batch(vec![("time", times(1)), ("value", values)])).await.expect("ingested");
    let changes = DatasetChanges::new().fields([FieldDefinition::string("value")]);
    let error =
        setting.client.update_dataset(collection.dataset(), &changes).await.expect_err("the field holds numbers");
    assert!(matches!(error.kind(), ErrorKind::InvalidArgument | ErrorKind::FailedPrecondition), "{error:?}");
    assert!(error.to_string().starts_with("cannot update the dataset `"), "{error}");
    assert!(!error.reason().is_empty());
    assert_eq!(collection.query(EVERYTHING).await.expect("a load").len(), 1);
}
