//! Events and links of spans.

use super::Attributes;
use super::id::hexadecimal;
use super::log_record::time;
use crate::protocol::wire::opentelemetry::proto::trace::v1::span as wire;
use crate::schema::Timestamp;

/// An event within a span, such as an exception or a log record.
#[derive(Clone, Debug, PartialEq)]
pub struct SpanEvent {
    time: Option<Timestamp>,
    name: String,
    attributes: Attributes,
}

impl SpanEvent {
    pub(super) fn from_wire(event: wire::Event) -> Self {
        Self { time: time(event.time_unix_nano), name: event.name, attributes: Attributes::from_wire(event.attributes) }
    }

    /// Returns the time; `None` if it is unknown.
    #[must_use]
    pub fn time(&self) -> Option<Timestamp> {
        self.time
    }

    /// Returns the name, such as `exception` or `log.message`.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns the attributes.
    #[must_use]
    pub fn attributes(&self) -> &Attributes {
        &self.attributes
    }
}

/// A link from a span to another one, which may belong to another trace.
#[derive(Clone, Debug, PartialEq)]
pub struct SpanLink {
    trace_id: Option<String>,
    span_id: Option<String>,
    attributes: Attributes,
}

impl SpanLink {
    pub(super) fn from_wire(link: wire::Link) -> Self {
        Self {
            trace_id: hexadecimal(&link.trace_id),
            span_id: hexadecimal(&link.span_id),
            attributes: Attributes::from_wire(link.attributes),
        }
    }

    /// Returns the id of the other trace: usually 32 hexadecimal digits.
    #[must_use]
    pub fn trace_id(&self) -> Option<&str> {
        self.trace_id.as_deref()
    }

    /// Returns the id of the other span: usually 16 hexadecimal digits.
    #[must_use]
    pub fn span_id(&self) -> Option<&str> {
        self.span_id.as_deref()
    }

    /// Returns the attributes.
    #[must_use]
    pub fn attributes(&self) -> &Attributes {
        &self.attributes
    }
}
