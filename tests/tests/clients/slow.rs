//! A reader that takes its time, and responses that wait for it on connections that others use.

use std::thread;
use std::time::Duration;

use bytes::Bytes;
use futures::stream::StreamExt as _;
use prost::Message as _;
use prost_types::Timestamp;
use tilebox_core::{Client, Collection, DatasetDefinition, Field};
use tilebox_emulator::{Emulator, Fault};

use super::Setting;

const EVERYTHING: (&str, &str) = ("1970-01-01", "2100-01-01");
/// An attempt and a call: the reader takes longer than either.
const ATTEMPT: Duration = Duration::from_millis(600);
const CALL: Duration = Duration::from_millis(1200);
const PAUSE: Duration = Duration::from_millis(1500);
/// Four datapoints of 700 kB are a page that is larger than the window of a stream of HTTP/2.
const DATAPOINTS: i64 = 16;
const PAGE: u64 = 4;
const TEXT: usize = 700_000;

/// A server that sends pages as large as they are.
fn server() -> Emulator {
    Emulator::builder().no_gzip().start().expect("a local server")
}

fn definition() -> DatasetDefinition {
    DatasetDefinition::temporal("large").fields([Field::string("text")])
}

/// A collection of large datapoints.
async fn large(client: &Client) -> Collection {
    let dataset = client.create_dataset(&definition()).await.expect("a dataset");
    let collection = dataset.create_collection("A").await.expect("a collection");
    let datapoint = |second| {
        let time = Timestamp { seconds: second, nanos: 0 }.encode_to_vec();
        let mut message = [&[10, time.len() as u8][..], &time, &[4 << 3 | 2]].concat();
        prost::encode_length_delimiter(TEXT, &mut message).expect("memory takes it");
        message.resize(message.len() + TEXT, b'x');
        Bytes::from(message)
    };
    collection.ingest((0..DATAPOINTS).map(datapoint).collect::<Vec<_>>()).await.expect("ingested");
    collection
}

/// Longer than a call may take, and the next response is an error that passes.
pub(crate) async fn a_slow_reader_misses_nothing(setting: Setting) {
    let emulator = server();
    let collection = large(&setting.builder().url(emulator.url()).build().expect("a client")).await;
    let hasty = setting.builder().url(emulator.url()).attempt_timeout(ATTEMPT).timeout(CALL).build().expect("a client");
    let dataset = hasty.dataset_by_id(collection.dataset().id()).await.expect("a dataset");
    emulator.inject(Fault::http(503).on("Query").after(1));
    let mut pages = dataset.collection("A").await.expect("a collection").query(EVERYTHING).page_size(PAGE).pages();
    let mut ids = Vec::new();
    while let Some(page) = pages.next().await {
        ids.extend(page.expect("a page").ids());
        if ids.len() as u64 == PAGE {
            // What it does with the page.
            thread::sleep(PAUSE);
            // Unread pages leave room for other calls.
            hasty.datasets().await.expect("a listing");
        }
    }
    assert_eq!(ids.len() as i64, DATAPOINTS);
    assert!(ids.is_sorted_by(|left, right| left < right), "in order, and none twice");
}

/// Pages come from the server while they go back to it.
pub(crate) async fn large_pages_are_copied_as_a_stream(setting: Setting) {
    let emulator = server();
    let client = setting.builder().url(emulator.url()).build().expect("a client");
    let from = large(&client).await;
    let to = from.dataset().create_collection("B").await.expect("a collection");
    let copied = to.ingest_stream(from.query(EVERYTHING).page_size(PAGE).pages()).await.expect("a copy");
    assert_eq!(copied.ids.len() as i64, DATAPOINTS);
    let content = |collection: Collection| async move {
        collection.query(EVERYTHING).columns(["time", "text"]).await.expect("a load")
    };
    assert!(content(from).await == content(to).await);
}
