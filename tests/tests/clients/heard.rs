//! A subscriber of `tracing` that keeps the spans and events of core, for tests to look at.

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock};
use std::thread::{self, ThreadId};

use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::subscriber::Interest;
use tracing::{Dispatch, Event, Level, Metadata, Subscriber};

pub(crate) type Fields = BTreeMap<&'static str, String>;

/// Clones share what they heard.
#[derive(Clone, Default)]
pub(crate) struct Heard(Arc<Mutex<Told>>);

#[derive(Default)]
pub(crate) struct Told {
    /// In the order in which they began; the id of the first is 1.
    pub(crate) spans: Vec<Span>,
    pub(crate) events: Vec<(Level, Fields, Option<usize>)>,
    /// What each thread is in.
    entered: HashMap<ThreadId, Vec<u64>>,
}

#[derive(Clone, Debug)]
pub(crate) struct Span {
    pub(crate) name: &'static str,
    pub(crate) fields: Fields,
    /// The position of the span that it lies in.
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

/// Lets `tracing` ask at every span and event whether somebody listens, from before the first one on.
///
/// It remembers where nobody does. Where that is found out in one thread while another one begins to listen, the memory
/// can be older than the listener, who then misses what is said there.
pub(crate) fn keep_tracing_interest_open() {
    static ASKED: OnceLock<Dispatch> = OnceLock::new();
    ASKED.get_or_init(|| Dispatch::new(Heard::default()));
}

impl Heard {
    pub(crate) fn told(&self) -> MutexGuard<'_, Told> {
        self.0.lock().expect("nobody panicked")
    }
}

impl Told {
    fn current(&self) -> Option<usize> {
        self.entered.get(&thread::current().id())?.last().map(position)
    }

    /// Those that are of core, not of an exchange.
    pub(crate) fn operations(&self) -> Vec<&Span> {
        self.spans.iter().filter(|span| span.name != "tilebox_exchange").collect()
    }

    /// The exchanges, each with the operation that it lies in.
    pub(crate) fn exchanges(&self) -> Vec<(&Span, &Span)> {
        let exchanges = self.spans.iter().filter(|span| span.name == "tilebox_exchange");
        exchanges.map(|span| (span, &self.spans[span.parent.expect("an exchange is part of something")])).collect()
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

impl Subscriber for Heard {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target().starts_with("tilebox_core")
    }

    fn register_callsite(&self, _: &'static Metadata<'static>) -> Interest {
        Interest::sometimes()
    }

    fn new_span(&self, span: &Attributes<'_>) -> Id {
        let mut told = self.told();
        let mut fields = Fields::new();
        span.record(&mut Values(&mut fields));
        let parent =
            if span.is_contextual() { told.current() } else { span.parent().map(|id| position(&id.into_u64())) };
        told.spans.push(Span { name: span.metadata().name(), fields, parent, handles: 1 });
        Id::from_u64(told.spans.len() as u64)
    }

    fn record(&self, span: &Id, values: &Record<'_>) {
        values.record(&mut Values(&mut self.told().spans[position(&span.into_u64())].fields));
    }

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        let mut fields = Fields::new();
        event.record(&mut Values(&mut fields));
        let mut told = self.told();
        let within = told.current();
        told.events.push((*event.metadata().level(), fields, within));
    }

    fn enter(&self, span: &Id) {
        self.told().entered.entry(thread::current().id()).or_default().push(span.into_u64());
    }

    fn exit(&self, span: &Id) {
        let left = self.told().entered.entry(thread::current().id()).or_default().pop();
        assert_eq!(left, Some(span.into_u64()), "spans are left in the order in which they were entered");
    }

    fn clone_span(&self, id: &Id) -> Id {
        self.told().spans[position(&id.into_u64())].handles += 1;
        id.clone()
    }

    fn try_close(&self, id: Id) -> bool {
        let mut told = self.told();
        let span = &mut told.spans[position(&id.into_u64())];
        span.handles -= 1;
        span.has_ended()
    }
}
