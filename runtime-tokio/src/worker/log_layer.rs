//! The events of tasks as records that the command line reads.

use std::fmt;
use std::sync::Arc;
use std::time::SystemTime;

use bytes::Bytes;
use tilebox_core::protocol::wire::opentelemetry::proto::common::v1::any_value::Value;
use tilebox_core::protocol::wire::opentelemetry::proto::common::v1::{AnyValue, KeyValue};
use tilebox_core::protocol::wire::opentelemetry::proto::logs::v1::LogRecord;
use tilebox_core::workflows::{TASK_SPAN, TASK_TARGET, TraceParent};
use tracing::field::{Field, Visit};
use tracing::level_filters::LevelFilter;
use tracing::span::{Attributes, Id};
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::Context;
use tracing_subscriber::registry::LookupSpan;

use super::log_queue::LogQueue;

/// The variable with the lowest level, as in the official Python client.
const LOG_LEVEL: &str = "TILEBOX_LOG_LEVEL";
/// The start of the targets of the SDK, whose events are records also outside of tasks.
const SDK: &str = "tilebox";

/// Returns the layer by which the command line shows the events of tasks, for a program with its own subscriber. Without a
/// reader the last 256 records are kept.
#[must_use]
pub fn log_layer<S>() -> impl Layer<S> + use<S>
where
    S: Subscriber + for<'span> LookupSpan<'span>,
{
    layer(LogQueue::of_process())
}

pub(super) fn layer<S>(queue: Arc<LogQueue>) -> impl Layer<S> + use<S>
where
    S: Subscriber + for<'span> LookupSpan<'span>,
{
    let level = std::env::var(LOG_LEVEL).ok().and_then(|name| level(&name)).unwrap_or(LevelFilter::INFO);
    LogLayer { queue }.with_filter(level.max(LevelFilter::ERROR))
}

/// Reads the name of a level: one of Rust, or one of Python.
fn level(name: &str) -> Option<LevelFilter> {
    match name.trim().to_ascii_lowercase().as_str() {
        "warning" => Some(LevelFilter::WARN),
        "critical" => Some(LevelFilter::ERROR),
        name => name.parse().ok().filter(|_| !name.is_empty()),
    }
}

/// Adds the events of tasks and of the SDK to a queue.
struct LogLayer {
    queue: Arc<LogQueue>,
}

/// The task of a span.
#[derive(Clone, Default)]
struct TaskOfSpan {
    task_id: String,
    trace_parent: String,
}

impl<S: Subscriber + for<'span> LookupSpan<'span>> Layer<S> for LogLayer {
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let metadata = attributes.metadata();
        if metadata.name() == TASK_SPAN
            && metadata.target() == TASK_TARGET
            && let Some(span) = context.span(id)
        {
            let mut task = TaskOfSpan::default();
            attributes.record(&mut task);
            span.extensions_mut().replace(task);
        }
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let task = context
            .event_scope(event)
            .and_then(|mut scope| scope.find_map(|span| span.extensions().get::<TaskOfSpan>().cloned()));
        let metadata = event.metadata();
        if task.is_none() && !metadata.target().starts_with(SDK) {
            return;
        }
        let mut fields = Fields::default();
        event.record(&mut fields);
        let mut record = record(*metadata.level(), fields.message);
        record.attributes = fields.attributes;
        if let Some(task) = task {
            record.attributes.push(attribute("task_id", Value::StringValue(task.task_id)));
            if let Ok(parent) = task.trace_parent.parse::<TraceParent>() {
                record.trace_id = Bytes::copy_from_slice(&parent.trace_id().to_be_bytes());
            }
        }
        self.queue.add(record);
    }
}

/// Returns a record of this moment.
pub(super) fn record(level: Level, body: String) -> LogRecord {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    let time = u64::try_from(since.as_nanos()).unwrap_or(u64::MAX);
    LogRecord {
        time_unix_nano: time,
        observed_time_unix_nano: time,
        // The numbers of OpenTelemetry's data model of logs.
        severity_number: match level {
            Level::TRACE => 1,
            Level::DEBUG => 5,
            Level::INFO => 9,
            Level::WARN => 13,
            Level::ERROR => 17,
        },
        severity_text: level.as_str().to_owned(),
        body: Some(AnyValue { value: Some(Value::StringValue(body)) }),
        ..LogRecord::default()
    }
}

fn attribute(key: &str, value: Value) -> KeyValue {
    KeyValue { key: key.to_owned(), value: Some(AnyValue { value: Some(value) }) }
}

/// The fields of an event.
#[derive(Default)]
struct Fields {
    message: String,
    attributes: Vec<KeyValue>,
}

impl Fields {
    fn add(&mut self, field: &Field, value: Value) {
        match (field.name(), value) {
            ("message", Value::StringValue(text)) => self.message = text,
            (name, value) => self.attributes.push(attribute(name, value)),
        }
    }
}

impl Visit for Fields {
    fn record_f64(&mut self, field: &Field, value: f64) {
        self.add(field, Value::DoubleValue(value));
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.add(field, Value::IntValue(value));
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        let text = || Value::StringValue(value.to_string());
        self.add(field, i64::try_from(value).map_or_else(|_| text(), Value::IntValue));
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.add(field, Value::BoolValue(value));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.add(field, Value::StringValue(value.to_owned()));
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.add(field, Value::StringValue(format!("{value:?}")));
    }
}

impl Visit for TaskOfSpan {
    fn record_str(&mut self, field: &Field, value: &str) {
        match field.name() {
            "task_id" => value.clone_into(&mut self.task_id),
            "trace_parent" => value.clone_into(&mut self.trace_parent),
            _ => {}
        }
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        if matches!(field.name(), "task_id" | "trace_parent") {
            self.record_str(field, &format!("{value:?}"));
        }
    }
}
