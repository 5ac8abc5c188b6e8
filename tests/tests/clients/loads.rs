//! Queries, whole and page by page, one and several.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use arrow_array::cast::AsArray as _;
use futures::future::try_join_all;
use futures::stream::{StreamExt as _, TryStreamExt as _};
use tilebox_core::datasets::ReadAhead;
use tilebox_core::output::{Format, TableWriter};
use tilebox_core::progress::{LoadProgress, LoadState};
use tilebox_core::{Collection, Datapoints, ErrorKind, Footprint, IdInterval, TimeInterval, Timestamp, load_each};
use tilebox_emulator::{ErrorCode, Fault, Rpc};

use super::{COLLECTION, DATAPOINTS, DATASET, Setting};

async fn collection(setting: &Setting) -> Collection {
    let dataset = setting.client.dataset(DATASET).await.expect("a dataset");
    dataset.collection(COLLECTION).await.expect("a collection")
}

fn everything(collection: &Collection) -> TimeInterval {
    collection.info().availability.expect("an availability")
}

fn assert_complete_and_in_order(datapoints: &Datapoints, count: u64) {
    let ids: Vec<_> = datapoints.ids().collect();
    assert_eq!(ids.len() as u64, count);
    assert!(ids.is_sorted_by(|left, right| left < right), "ids are in order, without duplicates");
}

pub(crate) async fn a_query_returns_every_datapoint_once_in_order(setting: Setting) {
    let collection = collection(&setting).await;
    let count = collection.info().count.expect("a count");
    for page_size in [100, 5000] {
        let all = collection.query(everything(&collection)).page_size(page_size).await.expect("a load");
        assert_complete_and_in_order(&all, count);
    }
}

pub(crate) async fn sequential_exchanges_return_full_pages(setting: Setting) {
    let client = setting.builder().concurrency(1).build().expect("a client");
    let dataset = client.dataset(DATASET).await.expect("a dataset");
    let collection = dataset.collection(COLLECTION).await.expect("a collection");
    let count = collection.info().count.expect("a count");
    let pages = collection.query(everything(&collection)).page_size(100).pages();
    let pages: Vec<Datapoints> = pages.try_collect().await.expect("pages");
    assert_eq!(pages.len() as u64, count.div_ceil(100));
    assert!(pages.iter().rev().skip(1).all(|page| page.len() == 100));
    assert_eq!(setting.emulator.requests().of(Rpc::Query), pages.len());
    assert_complete_and_in_order(&Datapoints::concat(&pages).expect("one table"), count);
}

pub(crate) async fn pages_load_concurrently_in_order(setting: Setting) {
    let collection = collection(&setting).await;
    let count = collection.info().count.expect("a count");
    let query = || collection.query(everything(&collection)).page_size(20);
    // Two requests wait for each other. With one exchange for a query, the other one requests the definition.
    let barrier = Fault::barrier(2);
    setting.emulator.inject(if setting.spawns() { barrier.on(Rpc::Query) } else { barrier });
    let pages: Vec<Datapoints> = query().pages().try_collect().await.expect("pages");
    assert!(pages.iter().all(|page| (1..=20).contains(&page.len())), "no page is empty or too long");
    assert!(setting.emulator.requests().max_in_flight() > 1);
    let all = Datapoints::concat(&pages).expect("one table");
    assert_complete_and_in_order(&all, count);

    let pages: Vec<Datapoints> = query().unordered().pages().try_collect().await.expect("pages");
    let unordered = Datapoints::concat(&pages).expect("one table");
    let mut ids: Vec<_> = unordered.ids().collect();
    ids.sort_unstable();
    assert!(ids.iter().copied().eq(all.ids()), "each once");
}

/// With 16 MiB of read-ahead, a page of more than 64 KiB is evicted until the reader is near it.
pub(crate) async fn large_pages_stay_encoded_and_in_order(setting: Setting) {
    let collection = collection(&setting).await;
    let count = collection.info().count.expect("a count");
    let read_ahead = ReadAhead::new(96, 16 << 20).with_decoded(1);
    let query = || collection.query(everything(&collection)).page_size(1500).read_ahead(read_ahead);
    let mut stream = query().pages();
    let mut pages = Vec::new();
    while let Some(page) = stream.next().await {
        pages.push(page.expect("a page"));
    }
    let cost = stream.metrics();
    assert!(cost.bytes_received / cost.requests > 64 << 10, "{cost}");
    assert!(cost.message_bytes > cost.bytes_received && !cost.decoding.is_zero(), "{cost}");
    assert_complete_and_in_order(&Datapoints::concat(&pages).expect("one table"), count);

    let unordered: Vec<Datapoints> = query().unordered().pages().try_collect().await.expect("pages");
    assert_eq!(unordered.iter().map(Datapoints::len).sum::<usize>() as u64, count);
}

pub(crate) async fn a_query_of_a_dataset_merges_its_collections(setting: Setting) {
    let dataset = setting.client.dataset(DATASET).await.expect("a dataset");
    let all = dataset.query(("2000-01-01", "2100-01-01")).page_size(500).await.expect("a load");
    assert_complete_and_in_order(&all, DATAPOINTS as u64);
    let ids: Vec<_> = all.ids().collect();
    let some = dataset.query(IdInterval::new(ids[10], ids[20])).await.expect("a load");
    assert_eq!(some, all.slice(10, 11));
}

pub(crate) async fn a_query_without_data_has_three_columns(setting: Setting) {
    let collection = collection(&setting).await;
    let full = collection.query(everything(&collection)).limit(20).await.expect("a load");
    let bare = collection.query(everything(&collection)).limit(20).skip_data().await.expect("a load");
    let names: Vec<_> = bare.schema().fields().iter().map(|field| field.name().clone()).collect();
    assert_eq!(names, ["time", "id", "ingestion_time"]);
    assert!(bare.ids().eq(full.ids()));
}

pub(crate) async fn selected_columns_keep_the_requested_order(setting: Setting) {
    let collection = collection(&setting).await;
    let query = || collection.query(everything(&collection)).limit(20);
    let all = query().await.expect("a load");
    let chosen = query().columns(["cloud_cover", "id"]).await.expect("a load");
    assert_eq!(chosen, all.select(&["cloud_cover", "id"]).expect("columns"));
    let before = setting.emulator.requests().of(Rpc::Query);
    let error = query().columns(["clouds"]).await.expect_err("no such field");
    assert!(error.to_string().contains("clouds"), "{error}");
    query().columns(["cloud_cover"]).skip_data().await.expect_err("a column of the data");
    assert_eq!(setting.emulator.requests().of(Rpc::Query), before, "no query reaches the server");
}

pub(crate) async fn a_limit_returns_the_first_datapoints(setting: Setting) {
    let collection = collection(&setting).await;
    let all = collection.query(everything(&collection)).await.expect("a load");
    let before = setting.emulator.requests().of(Rpc::Query);
    let some = collection.query(everything(&collection)).page_size(100).limit(150).await.expect("a load");
    assert_eq!(some.batch(), all.slice(0, 150).batch());
    assert_eq!(setting.emulator.requests().of(Rpc::Query) - before, 2);
}

pub(crate) async fn an_instant_is_its_millisecond(setting: Setting) {
    let collection = collection(&setting).await;
    let start = everything(&collection).start();
    let at = collection.query(start).await.expect("a load");
    assert!(!at.is_empty());
    let times = at.times().expect("times").values().iter();
    assert!(times.clone().all(|time| time / 1_000_000_000 == start.unix_seconds()));
    let after = TimeInterval::new(start, Timestamp::MAX).with_start_exclusive(true);
    let rest = collection.query(after).await.expect("a load");
    assert_eq!((at.len() + rest.len()) as u64, collection.info().count.expect("a count"));
}

pub(crate) async fn concurrent_loads_equal_sequential_loads(setting: Setting) {
    let dataset = setting.client.dataset(DATASET).await.expect("a dataset");
    let collections = dataset.collections().await.expect("a listing");
    let queries = || collections.iter().map(|collection| collection.query(everything(collection)).page_size(200));
    let mut in_turn = Vec::new();
    for query in queries() {
        in_turn.push(query.await.expect("a load"));
    }
    let at_once = try_join_all(queries().map(IntoFuture::into_future)).await.expect("loads");
    assert_eq!(in_turn, at_once);
    assert_eq!(at_once.iter().map(Datapoints::len).sum::<usize>(), DATAPOINTS);
}

pub(crate) async fn collections_load_concurrently_into_one_table(setting: Setting) {
    let dataset = setting.client.dataset(DATASET).await.expect("a dataset");
    let collections = dataset.collections().await.expect("a listing");
    let query = || dataset.query(("2000-01-01", "2100-01-01")).columns(["time", "id"]);
    let reports: Arc<Mutex<BTreeSet<String>>> = Arc::default();
    let observer = Arc::clone(&reports);
    let all = query().progress(move |load: &LoadProgress| {
        observer.lock().expect("an unpoisoned lock").insert(load.name.to_string());
    });
    let all = all.load_by_collection().await.expect("a load");
    assert_eq!(all.len(), DATAPOINTS);
    let mut offset = 0;
    for collection in &collections {
        let alone = query().collections([collection]).await.expect("a load");
        let part = all.slice(offset, alone.len());
        let names = part.column("collection").expect("a column").as_string_view().clone();
        assert!(names.iter().all(|name| name == Some(collection.name())));
        assert_eq!(part.select(&["time", "id"]).expect("columns"), alone);
        assert!(reports.lock().expect("an unpoisoned lock").iter().any(|name| name.ends_with(collection.name())));
        offset += alone.len();
    }
    assert_eq!(offset, DATAPOINTS);

    let mut others = collections.iter().filter(|collection| collection.name() != COLLECTION);
    let other = others.find(|collection| collection.info().count > Some(3)).expect("another collection").name();
    let some = query().collections([COLLECTION, other]).limit(3).load_by_collection().await.expect("a load");
    let names: Vec<_> = some.column("collection").expect("a column").as_string_view().iter().flatten().collect();
    assert_eq!(names, [COLLECTION, COLLECTION, COLLECTION, other, other, other], "the order of the names");

    // One failed load fails all.
    setting.emulator.inject(Fault::rpc(ErrorCode::PermissionDenied, "not allowed").on(Rpc::Query).after(1));
    let error = query().load_by_collection().await.expect_err("one load is refused");
    assert_eq!(error.kind(), ErrorKind::PermissionDenied, "{error}");
    assert!(error.to_string().starts_with("cannot load the collection `"), "{error}");
    let asked = setting.emulator.requests().of(Rpc::ListCollections);
    let error = dataset.query(("yesterday", "today")).load_by_collection().await.expect_err("no times");
    assert_eq!(error.kind(), ErrorKind::InvalidArgument);
    assert_eq!(setting.emulator.requests().of(Rpc::ListCollections), asked, "an invalid query sends no request");
}

pub(crate) async fn each_load_returns_its_own_result(setting: Setting) {
    let collection = collection(&setting).await;
    let query = || collection.query(("2000-01-01", "2100-01-01"));
    let wrong = collection.query("yesterday");
    let loads = load_each([query().limit(2), wrong, query().limit(3)]).await;
    let lengths: Vec<_> = loads.into_iter().map(|load| load.map(|load| load.len()).map_err(|e| e.kind())).collect();
    assert_eq!(lengths, [Ok(2), Err(ErrorKind::InvalidArgument), Ok(3)]);
}

pub(crate) async fn concurrency_limits_requests_in_flight(setting: Setting) {
    let client = setting.builder().concurrency(3).build().expect("a client");
    let dataset = client.dataset(DATASET).await.expect("a dataset");
    // Without a limit no request is dropped: the server can notice a dropped request after the next one.
    let query = || dataset.query(("2000-01-01", "2100-01-01")).page_size(600).skip_data().into_future();
    // Without spawning, each load has one request and one for the definition, regardless of the limit.
    let allowed = |loads: usize| if setting.spawns() { 3 } else { 3 + 2 * loads };
    for loads in [1, 20] {
        let loaded = try_join_all((0..loads).map(|_| query())).await.expect("loads");
        assert!(loaded.iter().all(|load| load.len() == DATAPOINTS));
        let most = setting.emulator.requests().max_in_flight();
        assert!((1..=allowed(loads)).contains(&most), "{most} requests at once");
    }
}

pub(crate) async fn a_result_converts_to_records_and_files(setting: Setting) {
    #[derive(serde::Deserialize)]
    struct Scene {
        id: uuid::Uuid,
        time: Timestamp,
        granule_name: String,
        cloud_cover: Option<f64>,
        geometry: Footprint,
    }

    let collection = collection(&setting).await;
    let all = collection.query(everything(&collection)).await.expect("a load");
    let scenes: Vec<Scene> = all.rows().expect("records");
    assert!(scenes.iter().map(|scene| scene.id).eq(all.ids()));
    let interval = everything(&collection);
    assert!(scenes.iter().all(|scene| interval.start() <= scene.time && scene.time <= interval.end()));
    assert!(
        scenes.iter().all(|scene| scene.granule_name.contains("MSIL1C") && scene.geometry.to_string().contains("("))
    );
    assert!(scenes.iter().any(|scene| scene.cloud_cover.is_some_and(|cover| cover < 50.0)));

    // A file written page by page equals one written at once.
    let (mut whole, mut parts) = (Vec::new(), Vec::new());
    all.write(Format::GeoJson, &mut whole).expect("a file");
    let mut writer = TableWriter::new(Format::GeoJson, &mut parts);
    let mut pages = collection.query(everything(&collection)).page_size(100).pages();
    while let Some(page) = pages.try_next().await.expect("a page") {
        writer.write(&page).expect("it is written");
    }
    writer.finish().expect("the file is complete");
    assert!(whole == parts && !whole.is_empty());
}

pub(crate) async fn progress_reaches_its_end(setting: Setting) {
    let collection = collection(&setting).await;
    let count = collection.info().count.expect("a count");
    let reports: Arc<Mutex<Vec<LoadProgress>>> = Arc::default();
    let observer = Arc::clone(&reports);
    let query = collection.query(everything(&collection)).page_size(100);
    let query = query.progress(move |load: &LoadProgress| {
        observer.lock().expect("an unpoisoned lock").push(load.clone());
    });
    query.await.expect("a load");
    let reports = reports.lock().expect("an unpoisoned lock");
    assert!(reports.len() as u64 > count.div_ceil(100), "each page and the end");
    assert!(reports.is_sorted_by(|left, right| left.fraction <= right.fraction && left.bytes <= right.bytes));
    let (last, before) = reports.split_last().expect("some progress");
    assert!(before.iter().all(|load| load.state == LoadState::Running && load.fraction < 1.0));
    assert_eq!((last.state, last.fraction, last.datapoints), (LoadState::Complete, 1.0, count));
    assert!(last.bytes > count * 500, "{} bytes", last.bytes);
}

pub(crate) async fn a_dropped_stream_sends_no_more_requests(setting: Setting) {
    let client = setting.builder().build().expect("a client");
    let collection = client.dataset(DATASET).await.expect("a dataset").collection(COLLECTION).await;
    let collection = collection.expect("a collection");
    // After the first page the server is silent, so no response causes a request.
    setting.emulator.inject(Fault::silence().on(Rpc::Query).after(1).times(1000));
    // The size of a collection by name is unknown, so the first page is requested alone.
    let query = collection.dataset().query(everything(&collection)).collections([collection.name()]);
    let mut pages = query.page_size(10).pages();
    assert_eq!(pages.next().await.expect("a page").expect("a page").len(), 10);
    drop(pages);
    // Requests that still wait get their responses now; a running load would request the next of over a hundred pages.
    setting.emulator.release();
    for _ in 0..20 {
        client.dataset(DATASET).await.expect("a dataset");
    }
    let asked = setting.emulator.requests().of(Rpc::Query);
    assert!(asked <= 1 + 10, "expects at most the first page and the first window of a client, got {asked} requests");
}
