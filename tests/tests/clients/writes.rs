//! Creation and deletion of datasets and collections, and writes of datapoints.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use arrow_array::{ArrayRef, DurationNanosecondArray, Float64Array, Int64Array, RecordBatch, TimestampNanosecondArray};
use bytes::Bytes;
use futures::stream::{self, StreamExt as _};
use prost::Message as _;
use tilebox_core::datasets::ChunkLimits;
use tilebox_core::progress::{LoadProgress, LoadState};
use tilebox_core::protocol::wire::datasets::v1::TemporalDatapoint;
use tilebox_core::{
    Collection, Dataset, DatasetChanges, DatasetDefinition, ErrorKind, FieldDefinition, Messages, TimeInterval,
    Timestamp,
};
use tilebox_emulator::{Catalogue, Emulator, ErrorCode, Fault, Rpc};

use super::{COLLECTION, DATAPOINTS, DATASET, Setting};

fn measurements() -> DatasetDefinition {
    DatasetDefinition::temporal("measurements").name("Measurements").summary("What was measured").fields([
        FieldDefinition::float64("value").description("What was measured").queryable(),
        FieldDefinition::int64("count"),
        FieldDefinition::duration("length"),
        FieldDefinition::string("labels").repeated(),
    ])
}

async fn dataset(setting: &Setting) -> Dataset {
    setting.client.create_dataset(&measurements()).await.expect("a new dataset")
}

async fn collection(setting: &Setting) -> Collection {
    dataset(setting).await.create_collection("A").await.expect("a new collection")
}

fn all() -> TimeInterval {
    TimeInterval::new(Timestamp::UNIX_EPOCH, Timestamp::MAX)
}

/// Returns datapoints one second apart, the first at this second of 1970.
fn seconds(first: i64, count: i64) -> Vec<TemporalDatapoint> {
    let time = |seconds| Some(prost_types::Timestamp { seconds, nanos: 0 });
    (first..first + count).map(|second| TemporalDatapoint { time: time(second), ..Default::default() }).collect()
}

fn encoded(first: i64, count: i64) -> Vec<Bytes> {
    seconds(first, count).iter().map(|datapoint| datapoint.encode_to_vec().into()).collect()
}

pub(crate) async fn a_dataset_is_created_changed_and_deleted(setting: Setting) {
    let made = dataset(&setting).await;
    assert_eq!((made.name(), made.info().summary.as_str()), ("Measurements", "What was measured"));
    let names = |dataset: &Dataset| {
        let schema = dataset.schema().expect("a schema");
        schema.fields().iter().map(|field| field.name().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(names(&made), ["time", "id", "ingestion_time", "value", "count", "length", "labels"]);
    let annotation = made.schema().expect("a schema").field("value").and_then(|field| field.annotation());
    assert!(annotation.is_some_and(|annotation| annotation.queryable));
    let error = setting.client.create_dataset(&measurements()).await.expect_err("it is there");
    assert_eq!(error.kind(), ErrorKind::AlreadyExists, "{error}");

    let changes = DatasetChanges::new().summary("Changed").fields([FieldDefinition::bool("flag")]);
    let changed = setting.client.update_dataset(&made, &changes).await.expect("a changed dataset");
    assert_eq!((changed.id(), changed.name(), changed.info().summary.as_str()), (made.id(), "Measurements", "Changed"));
    assert_eq!(names(&changed), ["time", "id", "ingestion_time", "flag"]);

    setting.client.delete_dataset(&changed).await.expect("deleted");
    let error = setting.client.dataset("measurements").await.expect_err("it is gone");
    assert_eq!(error.kind(), ErrorKind::NotFound);
    let error = setting.client.delete_dataset(&changed).await.expect_err("it is gone");
    assert_eq!(error.kind(), ErrorKind::NotFound);
}

pub(crate) async fn a_subscription_limits_the_number_of_datasets(setting: Setting) {
    let listed = setting.client.datasets().await.expect("a listing");
    assert_eq!((listed.owned, listed.maximum_owned), (0, None));
    let emulator = Emulator::builder().maximum_datasets(1).start().expect("a local server");
    let client = setting.builder().url(emulator.url()).build().expect("a client");
    client.create_dataset(&measurements()).await.expect("the only one");
    let listed = client.datasets().await.expect("a listing");
    assert_eq!((listed.owned, listed.maximum_owned), (1, Some(1)));
    let error = client.create_dataset(&DatasetDefinition::temporal("more")).await.expect_err("one too many");
    assert_eq!(error.kind(), ErrorKind::QuotaExceeded, "{error}");
    assert!(error.to_string().starts_with("cannot create the dataset `more`: your subscription allows 1"), "{error}");
}

pub(crate) async fn an_existing_dataset_is_updated_instead_of_created(setting: Setting) {
    let first = setting.client.create_or_update_dataset(&measurements()).await.expect("a dataset");
    let more = measurements().summary("More").field(FieldDefinition::geometry("centre"));
    let second = setting.client.create_or_update_dataset(&more).await.expect("a dataset");
    assert_eq!((first.id(), second.info().summary.as_str()), (second.id(), "More"));
    assert!(second.schema().expect("a schema").field("centre").is_some());
    let before = setting.emulator.requests().total();
    let wrong = measurements().field(FieldDefinition::bool("value"));
    let error = setting.client.create_or_update_dataset(&wrong).await.expect_err("a field twice");
    assert!(error.to_string().contains("the field `value` is a duplicate"), "{error}");
    assert_eq!(setting.emulator.requests().total(), before, "no request reaches the server");
}

pub(crate) async fn a_concurrently_created_dataset_is_updated(setting: Setting) {
    dataset(&setting).await;
    setting.emulator.inject(Fault::rpc(ErrorCode::NotFound, "no such dataset").on(Rpc::GetDataset));
    let found = setting.client.create_or_update_dataset(&measurements().summary("Mine")).await.expect("a dataset");
    assert_eq!(found.info().summary, "Mine");
}

pub(crate) async fn a_collection_is_created_once_and_deleted(setting: Setting) {
    let dataset = dataset(&setting).await;
    let made = dataset.get_or_create_collection("A").await.expect("a collection");
    let found = dataset.get_or_create_collection("A").await.expect("a collection");
    assert_eq!(made.id(), found.id());
    assert_eq!(setting.emulator.requests().of(Rpc::CreateCollection), 1);
    let error = dataset.create_collection("A").await.expect_err("it is there");
    assert_eq!(error.kind(), ErrorKind::AlreadyExists, "{error}");

    setting.emulator.inject(Fault::rpc(ErrorCode::NotFound, "no such collection").on(Rpc::GetCollectionByName));
    let raced = dataset.get_or_create_collection("A").await.expect("the collection that another client created");
    assert_eq!(raced.id(), made.id());

    dataset.delete_collection(&made).await.expect("deleted");
    dataset.create_collection("B").await.expect("a collection");
    dataset.delete_collection("B").await.expect("deleted");
    let by_id = dataset.create_collection("C").await.expect("a collection").id();
    dataset.delete_collection(by_id).await.expect("deleted");
    assert!(dataset.collections().await.expect("a listing").is_empty());
    let error = dataset.delete_collection("B").await.expect_err("it is gone");
    assert_eq!(error.kind(), ErrorKind::NotFound);
}

pub(crate) async fn ids_are_returned_in_input_order(setting: Setting) {
    let collection = collection(&setting).await;
    let mut datapoints = seconds(1, 500);
    datapoints.reverse();
    let limits = ChunkLimits::default().with_datapoints(30);
    let ingested = collection.ingest(Messages(&datapoints)).chunks(limits).await.expect("ingested");
    assert_eq!((ingested.created, ingested.existing, ingested.ids.len()), (500, 0, 500));
    assert_eq!(setting.emulator.requests().of(Rpc::Ingest), 17);
    assert!(ingested.ids.is_sorted_by(|left, right| left > right), "later datapoints have larger ids");
    let loaded = collection.query(all()).await.expect("a load");
    assert!(loaded.ids().eq(ingested.ids.iter().rev().copied()));

    let again = collection.ingest(Messages(&datapoints)).await.expect("ingested again");
    assert_eq!((again.created, again.existing), (0, 500));
    assert_eq!(again.ids, ingested.ids);
    let error = collection.ingest(Messages(&datapoints)).reject_existing().await.expect_err("the datapoints exist");
    assert_eq!(error.kind(), ErrorKind::AlreadyExists, "{error}");
}

pub(crate) async fn writes_invalidate_cached_collection_info(setting: Setting) {
    let collection = collection(&setting).await;
    assert_eq!(collection.refresh().await.expect("its information").info().count, Some(0));
    let ingested = collection.ingest(encoded(1, 3)).await.expect("ingested");
    assert_eq!(collection.info().count, None);
    assert_eq!(collection.refresh().await.expect("its information").info().count, Some(3));
    assert_eq!(collection.delete(ingested.ids[0]).await.expect("deleted"), 1);
    assert_eq!(collection.info().availability, None);
    assert_eq!(collection.refresh().await.expect("its information").info().count, Some(2));
}

pub(crate) async fn re_ingested_results_keep_their_ids(setting: Setting) {
    let collection = collection(&setting).await;
    let columns: Vec<(&str, ArrayRef)> = vec![
        ("time", Arc::new(TimestampNanosecondArray::from(vec![1_000_000_000, 2_000_000_001, 3_000_000_000]))),
        ("value", Arc::new(Float64Array::from(vec![Some(f64::NAN), Some(0.0), None]))),
        ("count", Arc::new(Int64Array::from(vec![None, Some(0), Some(-1)]))),
        ("length", Arc::new(DurationNanosecondArray::from(vec![-1_500_000_000, 0, -1]))),
    ];
    let batch =
        RecordBatch::try_from_iter_with_nullable(columns.into_iter().map(|(name, column)| (name, column, true)));
    let ingested = collection.ingest(batch.expect("a batch")).await.expect("ingested");
    assert_eq!(ingested.created, 3);

    let loaded = collection.query(all()).await.expect("a load");
    let batch = loaded.batch();
    let column = |name: &str| loaded.column(name).expect("a column");
    assert_eq!(column("count").as_ref(), &Int64Array::from(vec![None, Some(0), Some(-1)]));
    assert_eq!(column("length").as_ref(), &DurationNanosecondArray::from(vec![-1_500_000_000, 0, -1]));
    assert_eq!((column("value").null_count(), batch.num_rows()), (1, 3));

    let again = collection.ingest(&loaded).await.expect("ingested again");
    assert_eq!((again.created, again.existing), (0, 3));
    assert!(again.ids.iter().copied().eq(loaded.ids()));
}

pub(crate) async fn a_collection_is_copied_as_a_stream(setting: Setting) {
    let emulator = Emulator::builder().catalogue(Catalogue::new(DATAPOINTS)).writable(true).start();
    let emulator = emulator.expect("a local server");
    let client = setting.builder().url(emulator.url()).build().expect("a client");
    let dataset = client.dataset(DATASET).await.expect("a dataset");
    let from = dataset.collection(COLLECTION).await.expect("a collection");
    let to = dataset.create_collection("copy").await.expect("a collection");
    let count = from.info().count.expect("a count");
    let reports: Arc<Mutex<Vec<LoadProgress>>> = Arc::default();
    let observer = Arc::clone(&reports);
    let copy = to.ingest_stream(from.query(all()).page_size(70).pages());
    let copy = copy.chunks(ChunkLimits::default().with_datapoints(100).with_in_flight(2));
    let copy =
        copy.progress(move |load: &LoadProgress| observer.lock().expect("an unpoisoned lock").push(load.clone()));
    let copied = copy.await.expect("copied");
    assert_eq!((copied.created, copied.ids.len() as u64), (count, count));
    let reports = reports.lock().expect("an unpoisoned lock").clone();
    let last = reports.last().expect("some progress");
    assert_eq!((last.state, last.datapoints, last.fraction), (LoadState::Complete, count, 1.0));
    assert_eq!(reports.len() as u64, count.div_ceil(100) + 1);

    let original = from.query(all()).await.expect("a load");
    assert_eq!(to.query(all()).await.expect("a load").times(), original.times());
    let again = from.ingest(&original).await.expect("ingested again");
    assert_eq!((again.created, again.existing), (0, count), "no datapoint is lost");
}

pub(crate) async fn input_is_checked_before_anything_is_sent(setting: Setting) {
    let collection = collection(&setting).await;
    let before = setting.emulator.requests().total();
    let mut datapoints = seconds(1, 5);
    datapoints[3].time = None;
    let error = collection.ingest(Messages(&datapoints)).await.expect_err("no time");
    assert_eq!(error.kind(), ErrorKind::InvalidArgument);
    assert!(error.to_string().starts_with("cannot ingest the datapoint 3: the field `time` is missing"), "{error}");
    assert!(error.stored().is_none());
    let ingested = collection.ingest(Vec::<Bytes>::new()).await.expect("nothing");
    assert!(ingested.ids.is_empty());
    assert_eq!(collection.delete(Vec::new()).await.expect("nothing"), 0);
    assert_eq!(setting.emulator.requests().total(), before, "no request reaches the server");
}

pub(crate) async fn a_failed_ingestion_reports_stored_ids_and_repeats_safely(setting: Setting) {
    let collection = collection(&setting).await;
    let refused = Fault::rpc(ErrorCode::FailedPrecondition, "unavailable").on(Rpc::Ingest).after(2);
    setting.emulator.inject(refused);
    let limits = ChunkLimits::default().with_datapoints(10).with_in_flight(1);
    let error = collection.ingest(encoded(1, 50)).chunks(limits).await.expect_err("the third chunk fails");
    assert_eq!(error.kind(), ErrorKind::FailedPrecondition);
    let stored = error.stored().expect("the stored part").clone();
    assert_eq!((stored.ids.len(), stored.positions.as_slice()), (20, std::slice::from_ref(&(0..20))));
    let all = collection.ingest(encoded(1, 50)).chunks(limits).await.expect("the rest");
    assert_eq!((all.created, all.existing), (30, 20));
    assert_eq!(all.ids[..20], stored.ids);

    setting.emulator.inject(Fault::http(503).on(Rpc::Ingest).times(3));
    let more = collection.ingest(encoded(100, 10)).await.expect("the fourth attempt succeeds");
    assert_eq!(more.created, 10);
}

pub(crate) async fn a_broken_stream_reports_stored_datapoints(setting: Setting) {
    let collection = collection(&setting).await;
    let good = encoded(1, 20).into_iter();
    let broken = good.chain([Bytes::from_static(b"\xff")]).chain(encoded(100, 5));
    let limits = ChunkLimits::default().with_datapoints(10);
    let error = collection.ingest_stream(stream::iter(broken)).chunks(limits).await.expect_err("a damaged datapoint");
    assert!(error.to_string().starts_with("cannot ingest the datapoint 20: not a valid protobuf message"), "{error}");
    assert_eq!(error.stored().map(|stored| stored.ids.len()), Some(20));
}

pub(crate) async fn datapoints_are_deleted_by_their_ids(setting: Setting) {
    let collection = collection(&setting).await;
    let ingested = collection.ingest(encoded(1, 10)).await.expect("ingested");
    let loaded = collection.query(all()).limit(4).skip_data().await.expect("a load");
    assert_eq!(collection.delete(&loaded).await.expect("deleted"), 4);
    let error = collection.delete(&ingested).await.expect_err("four datapoints are deleted");
    assert_eq!(error.kind(), ErrorKind::NotFound);
    assert!(error.to_string().contains("(0 datapoints were deleted)"), "{error}");
    assert_eq!(collection.delete(&ingested.ids[4..]).await.expect("deleted"), 6);
    assert!(collection.query(all()).await.expect("a load").is_empty());
}

pub(crate) async fn a_dropped_ingestion_stops(setting: Setting) {
    let collection = collection(&setting).await;
    let taken = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&taken);
    let endless = stream::iter(1..).map(move |second| {
        counter.fetch_add(1, Ordering::SeqCst);
        encoded(second, 1)
    });
    let limits = ChunkLimits::default().with_datapoints(10).with_in_flight(1);
    let (sender, receiver) = futures::channel::oneshot::channel();
    let sender = Mutex::new(Some(sender));
    let sender = Arc::new(sender);
    let ingestion = collection.ingest_stream(endless).chunks(limits).progress(move |_: &LoadProgress| {
        if let Some(sender) = sender.lock().expect("an unpoisoned lock").take() {
            sender.send(()).expect("an ingestion waits");
        }
    });
    futures::future::select(ingestion.into_future(), receiver).await;
    assert_eq!(Arc::strong_count(&taken), 1, "the stream is dropped");
    let taken = taken.load(Ordering::SeqCst);
    for _ in 0..20 {
        setting.client.dataset(DATASET).await.expect("a dataset");
    }
    // No request is repeated, and each has ten datapoints of the stream.
    let asked = setting.emulator.requests().of(Rpc::Ingest);
    assert!(asked * 10 <= taken, "{asked} requests of {taken} datapoints");
    assert_eq!(collection.info().count, None);
}

/// Each write arrives, and its first response is lost.
pub(crate) async fn a_lost_response_to_a_write_is_resolved(setting: Setting) {
    let lose = |rpc| setting.emulator.inject(Fault::truncated_body().on(rpc));
    let client = &setting.client;
    lose(Rpc::CreateDataset);
    let dataset = client.create_or_update_dataset(&measurements()).await.expect("the created dataset");
    lose(Rpc::UpdateDataset);
    let changed = client.create_or_update_dataset(&measurements().summary("Mine")).await.expect("a changed dataset");
    assert_eq!((changed.id(), changed.info().summary.as_str()), (dataset.id(), "Mine"));

    lose(Rpc::CreateCollection);
    let collection = dataset.get_or_create_collection("A").await.expect("the created collection");
    assert_eq!(dataset.collections().await.expect("a listing").len(), 1);
    lose(Rpc::Ingest);
    let ingested = collection.ingest(encoded(1, 300)).await.expect("ingested");
    assert_eq!(collection.query(all()).await.expect("a load").len(), 300);

    lose(Rpc::Delete);
    assert_eq!(collection.delete(ingested.ids[..5].to_vec()).await.expect("they are gone"), 5);
    assert_eq!(collection.query(all()).await.expect("a load").len(), 295);
    let error = collection.delete(ingested.ids[..6].to_vec()).await.expect_err("five datapoints are deleted");
    assert_eq!((error.kind(), error.may_have_happened()), (ErrorKind::NotFound, false), "{error}");

    lose(Rpc::DeleteCollection);
    dataset.delete_collection(&collection).await.expect("it is gone");
    lose(Rpc::DeleteDataset);
    client.delete_dataset(&dataset).await.expect("it is gone");
    let error = client.delete_dataset(&dataset).await.expect_err("it was not there");
    assert_eq!(error.kind(), ErrorKind::NotFound);

    // A write whose repetition could differ is not repeated; its error tells that the write may have happened.
    lose(Rpc::CreateDataset);
    let error = client.create_dataset(&measurements()).await.expect_err("an unknown result");
    assert!(error.may_have_happened() && error.advice().starts_with("check whether"), "{error}");
    assert!(client.dataset("measurements").await.is_ok(), "the write happened");
}
