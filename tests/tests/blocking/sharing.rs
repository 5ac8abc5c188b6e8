//! One client, used from several places at once.

use std::sync::{Arc, Mutex};
use std::thread;

use tilebox_core::ErrorKind;
use tilebox_core::blocking::{Client, load_all, load_each};
use tilebox_core::datasets::{DatasetDefinition, FieldDefinition};
use tilebox_core::progress::LoadProgress;
use tilebox_emulator::Emulator;
use tracing::subscriber::with_default;

use super::send::by_ureq;
use super::trace_recorder::TraceRecorder;
use super::{DATAPOINTS, DATASET, EVERYTHING, Make, PAGE, build, largest, server, within_patience};

/// A client, its server, and a function that creates another client.
pub(crate) struct Setting {
    client: Client,
    server: Emulator,
    make: Make,
}

pub(crate) fn with(test: fn(Setting), make: Make) {
    within_patience(move || {
        let server = server();
        test(Setting { client: make(server.url()), server, make });
    });
}

pub(crate) fn threads_share_a_client(setting: Setting) {
    let client = &setting.client;
    let load = || client.dataset(DATASET).expect("a dataset").query(EVERYTHING).page_size(PAGE).load();
    let alone = load().expect("a load");
    assert_eq!(alone.len(), DATAPOINTS);
    thread::scope(|scope| {
        let threads: Vec<_> = (0..8).map(|_| scope.spawn(load)).collect();
        for thread in threads {
            assert_eq!(thread.join().expect("it does not panic").expect("a load"), alone);
        }
    });
}

pub(crate) fn a_call_in_an_observer_of_another_call_works(setting: Setting) {
    let client = setting.client.clone();
    let reports = Arc::new(Mutex::new(0));
    let count = Arc::clone(&reports);
    let observer = move |_: &LoadProgress| {
        client.dataset(DATASET).expect("a dataset");
        *count.lock().expect("an unpoisoned lock") += 1;
    };
    let dataset = setting.client.dataset(DATASET).expect("a dataset");
    dataset.query(EVERYTHING).page_size(PAGE).progress(observer).load().expect("a load");
    assert!(*reports.lock().expect("an unpoisoned lock") > DATAPOINTS / PAGE as usize, "each page and the end");
}

pub(crate) fn a_call_in_an_iterator_of_another_call_works(setting: Setting) {
    let client = &setting.client;
    let definition = DatasetDefinition::temporal("granules").field(FieldDefinition::string("granule_name"));
    let granules = client.create_dataset(&definition).expect("a dataset");
    let collection = granules.create_collection("all").expect("a collection");
    let source = client.dataset(DATASET).expect("a dataset");
    let names = source.query(EVERYTHING).page_size(PAGE).columns(["time", "granule_name"]).pages().inspect(|_| {
        client.datasets().expect("a listing");
    });
    let ingested = collection.ingest_stream(names).store().expect("an ingestion");
    assert_eq!(ingested.ids.len(), DATAPOINTS);
    assert_eq!(collection.refresh().expect("a collection").info().count, Some(DATAPOINTS as u64));
    assert_eq!(collection.query(EVERYTHING).load().expect("a load").len(), DATAPOINTS);
    assert_eq!(collection.delete(&ingested).expect("a deletion"), DATAPOINTS as u64);
}

pub(crate) fn nested_page_iterators_work(setting: Setting) {
    read_nested_pages(&setting.client);
}

fn read_nested_pages(client: &Client) {
    let dataset = client.dataset(DATASET).expect("a dataset");
    let pages = || dataset.query(EVERYTHING).page_size(PAGE).pages().map(|page| page.expect("a page").len());
    let mut outer_count = 0;
    for outer in pages() {
        outer_count += outer;
        assert_eq!(pages().sum::<usize>(), DATAPOINTS);
    }
    assert_eq!(outer_count, DATAPOINTS);
}

/// The outer iterator has requests in flight while the inner one is read. With one permit, they must not keep it.
#[test]
fn unread_pages_block_no_other_load() {
    for concurrency in [1, 2] {
        within_patience(move || {
            let server = server();
            let tokio = build(tilebox_tokio::blocking::client_builder().concurrency(concurrency), server.url());
            read_nested_pages(&tokio);
            let smol = build(tilebox_smol::blocking::client_builder().concurrency(concurrency), server.url());
            read_nested_pages(&smol);
            let std = build(tilebox_async_std::blocking::client_builder().concurrency(concurrency), server.url());
            read_nested_pages(&std);
            let function = tilebox_backends::function::client_builder(by_ureq()).concurrency(concurrency);
            read_nested_pages(&build(function, server.url()));
        });
    }
}

pub(crate) fn concurrent_loads_equal_sequential_loads(setting: Setting) {
    let collections = setting.client.dataset(DATASET).expect("a dataset").collections().expect("a listing");
    let queries = || collections.iter().map(|collection| collection.query(EVERYTHING).page_size(PAGE));
    let in_turn: Vec<_> = queries().map(|query| query.load().expect("a load")).collect();
    assert_eq!(load_all(queries()).expect("loads"), in_turn);
    let named = setting.client.dataset(DATASET).expect("a dataset").query(EVERYTHING).load_by_collection();
    assert_eq!(named.expect("loads").len(), DATAPOINTS);
    let wrong = || queries().chain([collections[0].query(("yesterday", "today"))]);
    let each = load_each(wrong());
    assert_eq!(each.iter().filter(|load| load.is_ok()).count(), collections.len());
    let wrong = wrong();
    assert_eq!(load_all(wrong).expect_err("no such time").kind(), ErrorKind::InvalidArgument);
}

pub(crate) fn calls_are_spans_around_their_exchanges(setting: Setting) {
    let recorder = TraceRecorder::default();
    let url = setting.server.url().to_owned();
    // Another client, whose thread starts inside this subscriber.
    let client = (setting.make)(&url);
    with_default(recorder.clone(), || {
        let dataset = client.dataset(DATASET).expect("a dataset");
        dataset.query(EVERYTHING).page_size(PAGE).load().expect("a load");
        client.dataset("no.such").expect_err("no dataset");
    });
    let records = recorder.records();
    let (get, query) = ("datasets/get", "datasets/datapoints/query");
    let ends: Vec<_> = records.operations().iter().map(|span| (span.name, span.field("error.type"))).collect();
    assert_eq!(ends, [(get, None), (query, None), (get, Some("not_found"))]);
    assert!(records.operations().iter().all(|span| span.has_ended() && span.parent.is_none()));
    let loads = records.exchanges().into_iter().filter(|(_, operation)| operation.name == query);
    let methods: Vec<_> = loads.filter_map(|(exchange, _)| exchange.field("rpc.method")).collect();
    assert!(methods.iter().filter(|method| **method == "Query").count() > 1, "{methods:?}");
    assert!(records.events.is_empty(), "no request is repeated: {:?}", records.events);
}

pub(crate) fn invalid_input_is_an_error(setting: Setting) {
    let client = &setting.client;
    assert_eq!(client.dataset("no.such").expect_err("no dataset").kind(), ErrorKind::NotFound);
    let collection = largest(client);
    let mut pages = collection.query(EVERYTHING).filter("no_such < 1").pages();
    assert_eq!(pages.next().expect("an item").expect_err("no field").kind(), ErrorKind::InvalidArgument);
    assert!(pages.next().is_none());
    let Setting { server, make, .. } = setting;
    let url = server.url().to_owned();
    server.stop();
    let error = make(&url).dataset(DATASET).expect_err("no server");
    assert_eq!(error.kind(), ErrorKind::Network, "{error}");
}
