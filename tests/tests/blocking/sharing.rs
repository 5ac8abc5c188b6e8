//! One client, used from several places at once.

use std::sync::{Arc, Mutex};
use std::thread;

use tilebox_core::ErrorKind;
use tilebox_core::client::blocking::{Client, load_all};
use tilebox_core::datasets::{DatasetDefinition, Field};
use tilebox_core::progress::LoadProgress;
use tilebox_emulator::Emulator;

use super::{DATAPOINTS, DATASET, EVERYTHING, Make, PAGE, largest, server, within_patience};

/// A client, its server, and how to make another.
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

pub(crate) fn a_call_is_made_in_the_progress_of_another(setting: Setting) {
    let client = setting.client.clone();
    let heard = Arc::new(Mutex::new(0));
    let count = Arc::clone(&heard);
    let observer = move |_: &LoadProgress| {
        client.dataset(DATASET).expect("a dataset");
        *count.lock().expect("nobody panicked") += 1;
    };
    let dataset = setting.client.dataset(DATASET).expect("a dataset");
    dataset.query(EVERYTHING).page_size(PAGE).progress(observer).load().expect("a load");
    assert_eq!(*heard.lock().expect("nobody panicked"), DATAPOINTS / PAGE as usize + 1);
}

pub(crate) fn a_call_is_made_in_the_iterator_that_another_reads(setting: Setting) {
    let client = &setting.client;
    let definition = DatasetDefinition::temporal("granules").field(Field::string("granule_name"));
    let granules = client.create_dataset(&definition).expect("a dataset");
    let collection = granules.create_collection("all").expect("a collection");
    let source = client.dataset(DATASET).expect("a dataset");
    let names = source.query(EVERYTHING).page_size(PAGE).columns(["time", "granule_name"]).pages().inspect(|_| {
        client.datasets().expect("a listing");
    });
    let ingested = collection.ingest_stream(names).store().expect("an ingestion");
    assert_eq!(ingested.ids.len(), DATAPOINTS);
    assert_eq!(collection.info().expect("an answer").count, Some(DATAPOINTS as u64));
    assert_eq!(collection.query(EVERYTHING).load().expect("a load").len(), DATAPOINTS);
    assert_eq!(collection.delete(&ingested).expect("a deletion"), DATAPOINTS as u64);
}

/// Each iterator has its next page under way while the other is read: with one request at a time they share it.
pub(crate) fn pages_are_read_inside_of_pages(setting: Setting) {
    let dataset = setting.client.dataset(DATASET).expect("a dataset");
    let pages = || dataset.query(EVERYTHING).page_size(PAGE).pages();
    let mut pairs = 0;
    for outer in pages() {
        outer.expect("a page");
        for inner in pages() {
            inner.expect("a page");
            pairs += 1;
        }
    }
    assert_eq!(pairs, (DATAPOINTS / PAGE as usize).pow(2));
}

pub(crate) fn loads_at_once_give_what_loads_in_turn_give(setting: Setting) {
    let collections = setting.client.dataset(DATASET).expect("a dataset").collections().expect("a listing");
    let queries = || collections.iter().map(|collection| collection.query(EVERYTHING).page_size(PAGE));
    let in_turn: Vec<_> = queries().map(|query| query.load().expect("a load")).collect();
    assert_eq!(load_all(queries()).expect("loads"), in_turn);
    let wrong = queries().chain([collections[0].query(("yesterday", "today"))]);
    assert_eq!(load_all(wrong).expect_err("no such time").kind(), ErrorKind::InvalidArgument);
}

pub(crate) fn what_is_wrong_is_an_error(setting: Setting) {
    let client = &setting.client;
    assert_eq!(client.dataset("no.such").expect_err("no dataset").kind(), ErrorKind::NotFound);
    let collection = largest(client);
    let mut pages = collection.query(EVERYTHING).filter("no_such < 1").pages();
    assert_eq!(pages.next().expect("an item").expect_err("no field").kind(), ErrorKind::InvalidArgument);
    assert!(pages.next().is_none());
    let Setting { server, make, .. } = setting;
    let url = server.url().to_owned();
    server.stop();
    let error = make(&url).dataset(DATASET).expect_err("nobody is there");
    assert_eq!(error.kind(), ErrorKind::Network, "{error}");
}
