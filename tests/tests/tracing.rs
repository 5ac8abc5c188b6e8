//! Whoever listens to `tracing` hears of each exchange.

#![expect(clippy::expect_used, reason = "a test fails by panicking")]

use std::collections::BTreeMap;
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tilebox_core::retry::RetryPolicy;
use tilebox_emulator::{Catalogue, Emulator, Fault};
use tilebox_tokio::{Client, block_on};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

/// The fields of the spans, in the order in which these began.
#[derive(Clone, Default)]
struct Heard {
    spans: Arc<Mutex<BTreeMap<u64, BTreeMap<&'static str, String>>>>,
    last: Arc<AtomicU64>,
}

struct Fields<'a>(&'a mut BTreeMap<&'static str, String>);

impl Visit for Fields<'_> {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.0.insert(field.name(), value.to_owned());
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.0.insert(field.name(), format!("{value:?}"));
    }
}

impl Subscriber for Heard {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target().starts_with("tilebox_core") && metadata.is_span()
    }

    fn new_span(&self, span: &Attributes<'_>) -> Id {
        let id = self.last.fetch_add(1, Ordering::SeqCst) + 1;
        let mut spans = self.spans.lock().expect("nobody panicked");
        let fields = spans.entry(id).or_default();
        fields.insert("name", span.metadata().name().to_owned());
        span.record(&mut Fields(fields));
        Id::from_u64(id)
    }

    fn record(&self, span: &Id, values: &Record<'_>) {
        let mut spans = self.spans.lock().expect("nobody panicked");
        values.record(&mut Fields(spans.entry(span.into_u64()).or_default()));
    }

    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn event(&self, _: &Event<'_>) {}
    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}
}

#[test]
fn each_exchange_is_a_span_with_its_method_and_its_end() {
    let emulator = Emulator::builder().catalogue(Catalogue::new(10)).start().expect("a local server");
    emulator.inject(Fault::http(503).on("GetDataset").times(1));
    emulator.inject(Fault::dropped_connection().on("ListCollections").times(1));
    let heard = Heard::default();
    tracing::subscriber::with_default(heard.clone(), || {
        let wait = Duration::from_millis(1);
        let retry = RetryPolicy::default().with_backoff(wait, 1.0, wait);
        let client = Client::builder().url(emulator.url()).token("secret").retry(retry).build().expect("a client");
        block_on(async {
            let dataset = client.dataset("open_data.copernicus.sentinel2_msi").await.expect("a dataset");
            dataset.collections().await.expect("a listing");
        });
    });
    let spans: Vec<_> = heard.spans.lock().expect("nobody panicked").values().cloned().collect();
    let get = |field| spans.iter().map(|span| span.get(field).map(String::as_str)).collect::<Vec<_>>();
    let (found, listed) = ("/datasets.v1.DatasetService/GetDataset", "/datasets.v1.CollectionService/ListCollections");
    assert_eq!(get("name"), [Some("tilebox_exchange"); 4]);
    assert_eq!(get("rpc"), [Some(found), Some(found), Some(listed), Some(listed)]);
    assert_eq!(get("status"), [Some("503"), Some("200"), None, Some("200")]);
    assert!(get("error")[2].is_some_and(|error| !error.is_empty()));
    assert!(!format!("{spans:?}").contains("secret"));
}
