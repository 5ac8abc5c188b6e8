//! A log or span with its origin.

use std::sync::Arc;

use prost::Message;
use tilebox_core::protocol::wire::opentelemetry::proto::common::v1::any_value::Value;
use tilebox_core::protocol::wire::opentelemetry::proto::common::v1::{InstrumentationScope, KeyValue};
use tilebox_core::protocol::wire::opentelemetry::proto::logs::v1::{LogRecord, ResourceLogs, ScopeLogs};
use tilebox_core::protocol::wire::opentelemetry::proto::resource::v1::Resource;
use tilebox_core::protocol::wire::opentelemetry::proto::trace::v1::{ResourceSpans, ScopeSpans, Span};
use uuid::Uuid;

/// The attribute that names the task of a record (Workflows API, telemetry).
const TASK_ATTRIBUTE: &str = "task_id";
/// The memory that a record takes beside its encoded size, roughly, in bytes.
const OVERHEAD: usize = 512;

/// The id of a trace.
pub(super) type TraceId = [u8; 16];
/// The id of a span.
pub(super) type SpanId = [u8; 8];

/// The process and the library that emitted records.
#[derive(Clone, PartialEq, Debug, Default)]
pub(super) struct Origin {
    pub(super) resource: Option<Resource>,
    pub(super) resource_schema: String,
    pub(super) scope: Option<InstrumentationScope>,
    pub(super) scope_schema: String,
}

/// A stored record.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Stored<R> {
    pub(super) record: R,
    pub(super) origin: Arc<Origin>,
    /// The time by which records are ordered, in nanoseconds since 1970.
    pub(super) time: u64,
    /// The task that the record names.
    pub(super) task: Option<Uuid>,
    /// The job of that task, if it exists.
    pub(super) job: Option<Uuid>,
    /// The memory that it takes, roughly, in bytes.
    pub(super) bytes: usize,
}

/// A kind of record.
pub(super) trait Record: Message {
    /// The message of one record with its origin.
    type Wrapped;

    /// Returns the time by which records are ordered, in nanoseconds since 1970; 0 for a record without one.
    fn time(&self) -> u64;
    fn attributes(&self) -> &[KeyValue];
    fn trace(&self) -> Option<TraceId>;
    /// Returns the id of the span, or of the span in which the log was emitted.
    fn span(&self) -> Option<SpanId>;
    fn wrap(self, origin: Origin) -> Self::Wrapped;
}

impl<R: Record> Stored<R> {
    /// Returns the records of one origin. Those without a time get `now`.
    pub(super) fn all(origin: &Arc<Origin>, records: Vec<R>, now: u64) -> impl Iterator<Item = Self> {
        // The origin is shared, so it is part of the size of its first record only.
        let mut shared = origin.size();
        records.into_iter().map(move |record| Self {
            time: if record.time() == 0 { now } else { record.time() },
            task: task_id(record.attributes()),
            job: None,
            bytes: OVERHEAD + record.encoded_len() + std::mem::take(&mut shared),
            origin: Arc::clone(origin),
            record,
        })
    }

    /// Returns the message of the record, with a copy of its origin.
    pub(super) fn to_wire(&self) -> R::Wrapped
    where
        R: Clone,
    {
        self.record.clone().wrap((*self.origin).clone())
    }
}

impl Origin {
    /// Returns the encoded size, in bytes.
    pub(super) fn size(&self) -> usize {
        let resource = self.resource.as_ref().map_or(0, Message::encoded_len);
        let scope = self.scope.as_ref().map_or(0, Message::encoded_len);
        resource + scope + self.resource_schema.len() + self.scope_schema.len()
    }
}

impl Record for LogRecord {
    type Wrapped = ResourceLogs;

    fn time(&self) -> u64 {
        if self.time_unix_nano == 0 { self.observed_time_unix_nano } else { self.time_unix_nano }
    }

    fn attributes(&self) -> &[KeyValue] {
        &self.attributes
    }

    fn trace(&self) -> Option<TraceId> {
        valid_id(&self.trace_id)
    }

    fn span(&self) -> Option<SpanId> {
        valid_id(&self.span_id)
    }

    fn wrap(self, origin: Origin) -> ResourceLogs {
        ResourceLogs {
            resource: origin.resource,
            scope_logs: vec![ScopeLogs {
                scope: origin.scope,
                log_records: vec![self],
                schema_url: origin.scope_schema,
            }],
            schema_url: origin.resource_schema,
        }
    }
}

impl Record for Span {
    type Wrapped = ResourceSpans;

    fn time(&self) -> u64 {
        self.start_time_unix_nano
    }

    fn attributes(&self) -> &[KeyValue] {
        &self.attributes
    }

    fn trace(&self) -> Option<TraceId> {
        valid_id(&self.trace_id)
    }

    fn span(&self) -> Option<SpanId> {
        valid_id(&self.span_id)
    }

    fn wrap(self, origin: Origin) -> ResourceSpans {
        ResourceSpans {
            resource: origin.resource,
            scope_spans: vec![ScopeSpans { scope: origin.scope, spans: vec![self], schema_url: origin.scope_schema }],
            schema_url: origin.resource_schema,
        }
    }
}

/// Returns an id; `None` unless it has the right length and is not all zero (W3C Trace Context).
pub(super) fn valid_id<const N: usize>(bytes: &[u8]) -> Option<[u8; N]> {
    bytes.try_into().ok().filter(|id: &[u8; N]| id.iter().any(|byte| *byte != 0))
}

/// Returns the task that attributes name.
fn task_id(attributes: &[KeyValue]) -> Option<Uuid> {
    let attribute = attributes.iter().find(|attribute| attribute.key == TASK_ATTRIBUTE)?;
    match attribute.value.as_ref()?.value.as_ref()? {
        Value::StringValue(text) => text.parse().ok(),
        _ => None,
    }
}
