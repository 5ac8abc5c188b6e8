//! A subscriber of `tracing` that records the spans and events of core for tests.

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock};
use std::thread::{self, ThreadId};

use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::subscriber::Interest;
use tracing::{Dispatch, Event, Level, Metadata, Subscriber};

pub(crate) type Fields = BTreeMap<&'static str, String>;

/// A recording subscriber. Clones share their records.
#[derive(Clone, Default)]
pub(crate) struct TraceRecorder(Arc<Mutex<Records>>);

#[derive(Default)]
pub(crate) struct Records {
    /// The spans in the order of their starts; the id of the first is 1.
    pub(crate) spans: Vec<Span>,
    pub(crate) events: Vec<(Level, Fields, Option<usize>)>,
    /// The entered spans of each thread.
    entered: HashMap<ThreadId, Vec<u64>>,
}

#[derive(Clone, Debug)]
pub(crate) struct Span {
    pub(crate) name: &'static str,
    pub(crate) fields: Fields,
    /// The index of the parent span.
    pub(crate) parent: Option<usize>,
    handles: usize,
}

impl Span {
    pub(crate) fn field(&self, name: &str) -> Option<&str> {
        self.fields.get(name).map(String::as_str)
    }

    pub(crate) fn has_ended(&self) -> bool {
        self.handles == 0
    }
}

/// Keeps `tracing` from caching that a span or event has no subscriber.
///
/// The cache is shared by all threads: a thread without a subscriber could fill it while another one subscribes, and that
/// subscriber would miss spans and events.
pub(crate) fn keep_tracing_interest_open() {
    static KEPT: OnceLock<Dispatch> = OnceLock::new();
    KEPT.get_or_init(|| Dispatch::new(TraceRecorder::default()));
}

impl TraceRecorder {
    pub(crate) fn records(&self) -> MutexGuard<'_, Records> {
        self.0.lock().expect("an unpoisoned lock")
    }
}

impl Records {
    fn current(&self) -> Option<usize> {
        self.entered.get(&thread::current().id())?.last().map(position)
    }

    /// Returns the spans of operations, without those of exchanges.
    pub(crate) fn operations(&self) -> Vec<&Span> {
        self.spans.iter().filter(|span| span.name != "tilebox_exchange").collect()
    }

    /// Returns the spans of exchanges, each with its operation.
    pub(crate) fn exchanges(&self) -> Vec<(&Span, &Span)> {
        let exchanges = self.spans.iter().filter(|span| span.name == "tilebox_exchange");
        exchanges.map(|span| (span, &self.spans[span.parent.expect("an exchange belongs to an operation")])).collect()
    }
}

fn position(id: &u64) -> usize {
    *id as usize - 1
}

struct Values<'a>(&'a mut Fields);

impl Visit for Values<'_> {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.0.insert(field.name(), value.to_owned());
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.0.insert(field.name(), format!("{value:?}"));
    }
}

impl Subscriber for TraceRecorder {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target().starts_with("tilebox_core")
    }

    fn register_callsite(&self, _: &'static Metadata<'static>) -> Interest {
        Interest::sometimes()
    }

    fn new_span(&self, span: &Attributes<'_>) -> Id {
        let mut records = self.records();
        let mut fields = Fields::new();
        span.record(&mut Values(&mut fields));
        let parent =
            if span.is_contextual() { records.current() } else { span.parent().map(|id| position(&id.into_u64())) };
        records.spans.push(Span { name: span.metadata().name(), fields, parent, handles: 1 });
        Id::from_u64(records.spans.len() as u64)
    }

    fn record(&self, span: &Id, values: &Record<'_>) {
        values.record(&mut Values(&mut self.records().spans[position(&span.into_u64())].fields));
    }

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        let mut fields = Fields::new();
        event.record(&mut Values(&mut fields));
        let mut records = self.records();
        let within = records.current();
        records.events.push((*event.metadata().level(), fields, within));
    }

    fn enter(&self, span: &Id) {
        self.records().entered.entry(thread::current().id()).or_default().push(span.into_u64());
    }

    fn exit(&self, span: &Id) {
        let left = self.records().entered.entry(thread::current().id()).or_default().pop();
        assert_eq!(left, Some(span.into_u64()), "the innermost span is left first");
    }

    fn clone_span(&self, id: &Id) -> Id {
        self.records().spans[position(&id.into_u64())].handles += 1;
        id.clone()
    }

    fn try_close(&self, id: Id) -> bool {
        let mut records = self.records();
        let span = &mut records.spans[position(&id.into_u64())];
        span.handles -= 1;
        span.has_ended()
    }
}
