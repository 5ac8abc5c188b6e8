//! One span.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use uuid::Uuid;

use super::attributes::Runners;
use super::id::hexadecimal;
use super::log_record::{task_id, time};
use super::{Attributes, SpanEvent, SpanLink};
use crate::error::plain;
use crate::protocol::wire::opentelemetry::proto::trace::v1 as wire;
use crate::protocol::wire::opentelemetry::proto::trace::v1::span::SpanKind as WireKind;
use crate::protocol::wire::opentelemetry::proto::trace::v1::status::StatusCode as WireStatus;
use crate::schema::Timestamp;

/// A span of a job: the execution of a task, or a part of it.
///
/// Prints one line: start, duration, name and status.
#[derive(Clone, Debug, PartialEq)]
pub struct Span {
    name: String,
    kind: SpanKind,
    start: Option<Timestamp>,
    end: Option<Timestamp>,
    duration: Option<Duration>,
    status: SpanStatus,
    status_message: String,
    trace_id: Option<String>,
    span_id: Option<String>,
    parent_span_id: Option<String>,
    events: Vec<SpanEvent>,
    links: Vec<SpanLink>,
    attributes: Attributes,
    runner_attributes: Arc<Attributes>,
}

impl Span {
    /// Returns all spans of all scopes of these messages, in order.
    pub(crate) fn from_wire(resources: Vec<wire::ResourceSpans>) -> Vec<Self> {
        let mut runners = Runners::default();
        let mut spans = Vec::with_capacity(resources.len());
        for resource in resources {
            let runner = runners.attributes(resource.resource);
            let scopes = resource.scope_spans.into_iter().flat_map(|scope| scope.spans);
            spans.extend(scopes.map(|span| Self::of(span, &runner)));
        }
        spans
    }

    fn of(span: wire::Span, runner: &Arc<Attributes>) -> Self {
        let (start, end) = (time(span.start_time_unix_nano), time(span.end_time_unix_nano));
        let nanoseconds = span.end_time_unix_nano.checked_sub(span.start_time_unix_nano);
        let status = span.status.unwrap_or_default();
        Self {
            name: span.name,
            kind: SpanKind::from_wire(span.kind),
            start,
            end,
            duration: start.and(end).and(nanoseconds).map(Duration::from_nanos),
            status: SpanStatus::from_wire(status.code),
            status_message: status.message,
            trace_id: hexadecimal(&span.trace_id),
            span_id: hexadecimal(&span.span_id),
            parent_span_id: hexadecimal(&span.parent_span_id),
            events: span.events.into_iter().map(SpanEvent::from_wire).collect(),
            links: span.links.into_iter().map(SpanLink::from_wire).collect(),
            attributes: Attributes::from_wire(span.attributes),
            runner_attributes: Arc::clone(runner),
        }
    }

    /// Returns the name. That of a task begins with `task/`.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns the kind.
    #[must_use]
    pub fn kind(&self) -> SpanKind {
        self.kind
    }

    /// Returns the start; `None` if it is unknown or after the year 2262.
    #[must_use]
    pub fn start(&self) -> Option<Timestamp> {
        self.start
    }

    /// Returns the end; `None` if it is unknown or after the year 2262.
    #[must_use]
    pub fn end(&self) -> Option<Timestamp> {
        self.end
    }

    /// Returns the time from start to end; `None` if one of them is unknown, or the end is before the start.
    #[must_use]
    pub fn duration(&self) -> Option<Duration> {
        self.duration
    }

    /// Returns whether the part succeeded.
    #[must_use]
    pub fn status(&self) -> SpanStatus {
        self.status
    }

    /// Returns the description of an error; empty without one.
    #[must_use]
    pub fn status_message(&self) -> &str {
        &self.status_message
    }

    /// Returns the id of the task: that of the attribute `task_id`.
    #[must_use]
    pub fn task_id(&self) -> Option<Uuid> {
        task_id(&self.attributes)
    }

    /// Returns the id of the trace: usually 32 hexadecimal digits.
    #[must_use]
    pub fn trace_id(&self) -> Option<&str> {
        self.trace_id.as_deref()
    }

    /// Returns the id of this span: usually 16 hexadecimal digits.
    #[must_use]
    pub fn span_id(&self) -> Option<&str> {
        self.span_id.as_deref()
    }

    /// Returns the id of the span that contains this one; `None` for a root.
    #[must_use]
    pub fn parent_span_id(&self) -> Option<&str> {
        self.parent_span_id.as_deref()
    }

    /// Returns the events, in the order in which they were sent.
    #[must_use]
    pub fn events(&self) -> &[SpanEvent] {
        &self.events
    }

    /// Returns the links to other spans.
    #[must_use]
    pub fn links(&self) -> &[SpanLink] {
        &self.links
    }

    /// Returns the attributes of the span.
    #[must_use]
    pub fn attributes(&self) -> &Attributes {
        &self.attributes
    }

    /// Returns the attributes of the runner that sent the span, such as `service.name` and `host.name`.
    #[must_use]
    pub fn runner_attributes(&self) -> &Attributes {
        &self.runner_attributes
    }
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(start) = self.start {
            write!(f, "{} ", start.to_milliseconds_string())?;
        }
        if let Some(duration) = self.duration {
            write!(f, "{duration:?} ")?;
        }
        f.write_str(&plain(&self.name))?;
        if self.status == SpanStatus::Error {
            write!(f, " failed: {}", plain(&self.status_message))?;
        }
        Ok(())
    }
}

/// The role of a span (OpenTelemetry, "Trace API", "SpanKind").
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SpanKind {
    /// Not given.
    Unspecified,
    /// A part of the program.
    Internal,
    /// The processing of a request.
    Server,
    /// A request to another service.
    Client,
    /// The sending of a message.
    Producer,
    /// The processing of a message.
    Consumer,
    /// A kind that this version does not know, with its number.
    Unknown(i32),
}

impl SpanKind {
    fn from_wire(kind: i32) -> Self {
        match WireKind::try_from(kind) {
            Ok(WireKind::Unspecified) => Self::Unspecified,
            Ok(WireKind::Internal) => Self::Internal,
            Ok(WireKind::Server) => Self::Server,
            Ok(WireKind::Client) => Self::Client,
            Ok(WireKind::Producer) => Self::Producer,
            Ok(WireKind::Consumer) => Self::Consumer,
            Err(_) => Self::Unknown(kind),
        }
    }

    /// Returns the name in lower case.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Unspecified => "unspecified",
            Self::Internal => "internal",
            Self::Server => "server",
            Self::Client => "client",
            Self::Producer => "producer",
            Self::Consumer => "consumer",
            Self::Unknown(_) => "unknown",
        }
    }
}

impl fmt::Display for SpanKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// The result of a span (OpenTelemetry, "Trace API", "Set Status").
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SpanStatus {
    /// Not set: the span ended without an error.
    Unset,
    /// The program set it as successful.
    Ok,
    /// An error.
    Error,
    /// A status that this version does not know, with its number.
    Unknown(i32),
}

impl SpanStatus {
    fn from_wire(status: i32) -> Self {
        match WireStatus::try_from(status) {
            Ok(WireStatus::Unset) => Self::Unset,
            Ok(WireStatus::Ok) => Self::Ok,
            Ok(WireStatus::Error) => Self::Error,
            Err(_) => Self::Unknown(status),
        }
    }

    /// Returns the name in lower case.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Unset => "unset",
            Self::Ok => "ok",
            Self::Error => "error",
            Self::Unknown(_) => "unknown",
        }
    }
}

impl fmt::Display for SpanStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}
