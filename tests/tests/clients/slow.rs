//! A slow reader, whose unread responses wait on connections that other calls use.

use std::thread;
use std::time::Duration;

use bytes::Bytes;
use futures::stream::StreamExt as _;
use prost::Message as _;
use prost_types::Timestamp;
use tilebox_core::{Client, Collection, DatasetDefinition, FieldDefinition};
use tilebox_emulator::{Emulator, Fault, Rpc};

use super::Setting;

const EVERYTHING: (&str, &str) = ("1970-01-01", "2100-01-01");
/// The timeout of an attempt and the deadline of a call, both shorter than the reader's pause.
const ATTEMPT: Duration = Duration::from_millis(600);
const CALL: Duration = Duration::from_millis(1200);
const PAUSE: Duration = Duration::from_millis(1500);
/// Four datapoints of 700 kB make a page larger than the window of an HTTP/2 stream.
const DATAPOINTS: i64 = 16;
const PAGE: u64 = 4;
const TEXT: usize = 700_000;

/// Starts a server that does not compress pages.
fn server() -> Emulator {
    Emulator::builder().no_gzip().start().expect("a local server")
}

fn definition() -> DatasetDefinition {
    DatasetDefinition::temporal("large").fields([FieldDefinition::string("text")])
}

/// Creates a collection of large datapoints.
async fn large(client: &Client) -> Collection {
    let dataset = client.create_dataset(&definition()).await.expect("a dataset");
    let collection = dataset.create_collection("A").await.expect("a collection");
    let datapoint = |second| {
        let time = Timestamp { seconds: second, nanos: 0 }.encode_to_vec();
        let mut message = [&[10, time.len() as u8][..], &time, &[4 << 3 | 2]].concat();
        prost::encode_length_delimiter(TEXT, &mut message).expect("memory");
        message.resize(message.len() + TEXT, b'x');
        Bytes::from(message)
    };
    collection.ingest((0..DATAPOINTS).map(datapoint).collect::<Vec<_>>()).await.expect("ingested");
    collection
}

/// The reader pauses for longer than the deadline of a call, and the next response is a transient error.
pub(crate) async fn a_slow_reader_misses_nothing(setting: Setting) {
    let emulator = server();
    let collection = large(&setting.builder().url(emulator.url()).build().expect("a client")).await;
    let client =
        setting.builder().url(emulator.url()).attempt_timeout(ATTEMPT).timeout(CALL).build().expect("a client");
    let dataset = client.dataset_by_id(collection.dataset().id()).await.expect("a dataset");
    emulator.inject(Fault::http(503).on(Rpc::Query).after(1));
    let mut pages = dataset.collection("A").await.expect("a collection").query(EVERYTHING).page_size(PAGE).pages();
    let mut ids = Vec::new();
    while let Some(page) = pages.next().await {
        ids.extend(page.expect("a page").ids());
        if ids.len() as u64 == PAGE {
            // The time of the reader.
            thread::sleep(PAUSE);
            // Unread pages do not block other calls.
            client.datasets().await.expect("a listing");
        }
    }
    assert_eq!(ids.len() as i64, DATAPOINTS);
    assert!(ids.is_sorted_by(|left, right| left < right), "in order, without duplicates");
}

/// The load receives pages while the ingestion sends them back.
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
