//! The `tracing` spans and the metrics of requests.

use futures::stream::StreamExt as _;
use tilebox_core::Datapoints;
use tilebox_core::datasets::{DatasetChanges, DatasetDefinition};
use tilebox_emulator::{Fault, Rpc};
use tracing::Level;
use tracing::instrument::WithSubscriber as _;

use super::trace_recorder::TraceRecorder;
use super::{COLLECTION, DATASET, Setting};

const EVERYTHING: (&str, &str) = ("2000-01-01", "2100-01-01");
/// The name of the server in its URL.
const HOST: &str = "127.0.0.1";

/// Runs every operation that sends requests once.
async fn use_everything(setting: &Setting) {
    let client = setting.builder().token("secret").build().expect("a client");
    client.datasets().await.expect("a listing");
    let dataset = client.dataset(DATASET).await.expect("a dataset");
    client.dataset_by_id(dataset.id()).await.expect("a dataset");
    dataset.refresh().await.expect("a dataset");
    dataset.collections().await.expect("a listing");
    let collection = dataset.collection(COLLECTION).await.expect("a collection");
    collection.refresh().await.expect("a collection");
    let loaded = collection.query(EVERYTHING).page_size(100).await.expect("a load");
    collection.find(loaded.ids().next().expect("an id")).await.expect("a datapoint");
    dataset.query(EVERYTHING).collections([COLLECTION]).load_by_collection().await.expect("a load");
    let copy = DatasetDefinition::temporal("copy");
    let mine = client.create_dataset(&copy).await.expect("a dataset");
    client.update_dataset(&mine, &DatasetChanges::new().name("Copy")).await.expect("a dataset");
    let target = mine.get_or_create_collection("x").await.expect("a collection");
    let records = [std::collections::BTreeMap::from([("time", "2025-03-01T00:00:00Z")])];
    let stored = target.ingest(tilebox_core::Records(records.to_vec())).await.expect("stored");
    target.delete(&stored).await.expect("deleted");
    mine.delete_collection("x").await.expect("deleted");
    client.delete_dataset(&mine).await.expect("deleted");
}

pub(crate) async fn every_operation_is_a_span_around_its_exchanges(setting: Setting) {
    let recorder = TraceRecorder::default();
    use_everything(&setting).with_subscriber(recorder.clone()).await;
    let records = recorder.records();
    let names: Vec<_> = records.operations().iter().map(|span| span.name).collect();
    assert_eq!(
        names,
        [
            "datasets/list",
            "datasets/get",
            "datasets/get",
            "datasets/get",
            "datasets/collections/list",
            "datasets/collections/get",
            "datasets/collections/get",
            "datasets/datapoints/query",
            "datasets/datapoints/get",
            "datasets/datapoints/query_by_collection",
            "datasets/datapoints/query",
            "datasets/create",
            "datasets/update",
            "datasets/collections/get",
            "datasets/collections/create",
            "datasets/datapoints/ingest",
            "datasets/datapoints/delete",
            "datasets/collections/delete",
            "datasets/delete",
        ]
    );
    assert!(records.operations().iter().all(|span| span.has_ended()));
    // The span of all collections contains the span of each collection.
    let parents: Vec<_> =
        records.operations().iter().filter_map(|span| span.parent).map(|at| records.spans[at].name).collect();
    assert_eq!(parents, ["datasets/datapoints/query_by_collection"]);

    for (exchange, operation) in records.exchanges() {
        let method = exchange.field("rpc.method").expect("a method");
        let expected = match operation.name {
            "datasets/list" => ["ListDatasets"].as_slice(),
            "datasets/get" => &["GetDataset"],
            "datasets/create" => &["CreateDataset"],
            "datasets/update" => &["UpdateDataset"],
            "datasets/delete" => &["DeleteDataset"],
            "datasets/collections/list" => &["ListCollections"],
            "datasets/collections/get" => &["GetCollectionByName"],
            "datasets/collections/create" => &["CreateCollection"],
            "datasets/collections/delete" => &["GetCollectionByName", "DeleteCollection"],
            // Each query also requests the definition.
            "datasets/datapoints/query" => &["Query", "GetDataset"],
            "datasets/datapoints/get" => &["QueryByID", "GetDataset"],
            "datasets/datapoints/query_by_collection" => &["ListCollections"],
            "datasets/datapoints/ingest" => &["Ingest"],
            "datasets/datapoints/delete" => &["Delete"],
            _ => &[],
        };
        assert!(expected.contains(&method), "{method} in {}", operation.name);
        let service = exchange.field("rpc.service").expect("a service");
        assert!(service.starts_with("datasets.v1."), "{service}");
        assert_eq!(exchange.field("otel.name"), Some(format!("{service}/{method}").as_str()));
        assert_eq!(exchange.field("otel.kind"), Some("client"));
        assert_eq!(exchange.field("rpc.system"), Some("connect_rpc"));
        assert_eq!(exchange.field("server.address"), Some(HOST));
        let port = setting.emulator.url().rsplit(':').next().expect("a port").trim_end_matches('/');
        assert_eq!(exchange.field("server.port"), Some(port));
        if operation.name != "datasets/collections/get" {
            assert_eq!(exchange.field("http.response.status_code"), Some("200"), "{exchange:?}");
            assert_eq!(exchange.field("error.type"), None, "{exchange:?}");
        }
    }
    let loads =
        || records.exchanges().into_iter().filter(|(_, operation)| operation.name == "datasets/datapoints/query");
    assert!(loads().count() > 3, "a load contains its pages");
    let load = loads().next().expect("a load").1;
    assert_eq!(load.field("tilebox.dataset"), Some(DATASET));
    assert_eq!(load.field("tilebox.collection"), Some(COLLECTION));
    assert!(load.field("tilebox.requests").is_some_and(|requests| requests.parse::<u64>().is_ok_and(|n| n > 3)));
    assert!(!format!("{:?} {:?}", records.spans, records.events).contains("secret"), "no field contains the key");
}

pub(crate) async fn a_failed_attempt_logs_its_cause_and_wait(setting: Setting) {
    setting.emulator.inject(Fault::http(503).on(Rpc::GetDataset).times(1));
    setting.emulator.inject(Fault::dropped_connection().on(Rpc::ListCollections).times(1));
    let recorder = TraceRecorder::default();
    let work = async {
        let dataset = setting.client.dataset(DATASET).await.expect("a dataset");
        dataset.collections().await.expect("a listing");
        setting.client.dataset("nothing").await.expect_err("no such dataset");
    };
    work.with_subscriber(recorder.clone()).await;
    let records = recorder.records();
    let exchanges = records.exchanges();
    let field = |field| exchanges.iter().map(|(span, _)| span.field(field)).collect::<Vec<_>>();
    assert_eq!(field("rpc.method")[..4], ["GetDataset", "GetDataset", "ListCollections", "ListCollections"].map(Some));
    assert_eq!(field("http.response.status_code")[..4], [Some("503"), Some("200"), None, Some("200")]);
    assert_eq!(field("http.request.resend_count")[..4], [None, Some("1"), None, Some("1")]);
    assert_eq!(field("otel.status_code")[..4], [Some("ERROR"), None, Some("ERROR"), None]);
    assert_eq!(field("error.type")[0], Some("unavailable"));
    assert_eq!(field("rpc.connect_rpc.error_code")[..2], [Some("unavailable"), None]);
    assert!(field("error.message")[2].is_some_and(|message| !message.is_empty()));

    assert_eq!(records.events.len(), 2, "{:?}", records.events);
    let ((level, first, within), (_, second, _)) = (&records.events[0], &records.events[1]);
    assert_eq!(*level, Level::WARN);
    assert_eq!(first["error.type"], "unavailable");
    assert!(first["error.message"].contains("503"), "{first:?}");
    assert!(first["message"].contains(&format!("cannot find the dataset `{DATASET}` yet")), "{first:?}");
    assert!(first["wait_ms"].parse::<u64>().is_ok_and(|wait| wait <= 1), "{first:?}");
    assert_eq!(within.map(|span| records.spans[span].name), Some("datasets/get"));
    assert!(second["message"].contains("cannot list the collections"), "{second:?}");

    let operations = records.operations();
    let ends: Vec<_> = operations.iter().map(|span| (span.name, span.field("error.type"))).collect();
    let (get, list) = ("datasets/get", "datasets/collections/list");
    assert_eq!(ends, [(get, None), (list, None), (get, Some("not_found"))]);
    assert_eq!(operations[2].field("otel.status_code"), Some("ERROR"));
    assert!(operations[2].field("error.message").is_some_and(|message| message.contains("`nothing`")));
}

pub(crate) async fn a_load_reports_its_cost(setting: Setting) {
    let dataset = setting.client.dataset(DATASET).await.expect("a dataset");
    let collection = dataset.collection(COLLECTION).await.expect("a collection");
    setting.emulator.inject(Fault::http(503).on(Rpc::Query).after(1).times(2));
    let before = setting.emulator.requests().total();
    let loaded = collection.query(EVERYTHING).page_size(100).await.expect("a load");
    let cost = *loaded.metrics().expect("it was loaded");
    assert_eq!(cost.requests as usize, setting.emulator.requests().total() - before, "{cost}");
    assert_eq!(cost.retries, 2, "{cost}");
    assert!(cost.message_bytes > 500 * loaded.len() as u64, "{cost}");
    assert!((1..cost.message_bytes).contains(&cost.bytes_received), "responses are compressed: {cost}");
    assert!(cost.duration >= cost.waiting && !cost.waiting.is_zero() && !cost.decoding.is_zero(), "{cost:?}");

    let mut pages = collection.query(EVERYTHING).page_size(100).pages();
    let mut parts = Vec::new();
    while let Some(page) = pages.next().await {
        parts.push(page.expect("a page"));
    }
    assert!(pages.metrics().requests > 3, "{}", pages.metrics());
    let joined = Datapoints::concat(&parts).expect("one table");
    assert_eq!(joined, loaded, "metrics do not affect equality");
    assert!(joined.metrics().is_none() && loaded.slice(0, 1).metrics().is_none());
    assert!(loaded.clone().metrics().is_some());
}
