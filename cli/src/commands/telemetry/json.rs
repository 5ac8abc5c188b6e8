//! Log records and spans as JSON, one per line.

use serde::Serialize;
use tilebox_tokio::workflows::{AttributeValue, Attributes, LogRecord, Span};

use crate::failure::Failure;

/// A log record. The time is RFC 3339 in UTC.
#[derive(Debug, Serialize)]
struct RecordJson<'a> {
    time: Option<String>,
    severity: Option<&'a str>,
    severity_number: Option<i32>,
    body: &'a AttributeValue,
    task_id: Option<String>,
    trace_id: Option<&'a str>,
    span_id: Option<&'a str>,
    attributes: &'a Attributes,
    #[serde(skip_serializing_if = "Option::is_none")]
    runner_attributes: Option<&'a Attributes>,
}

/// A span. Times are RFC 3339 in UTC, the duration is in seconds.
#[derive(Debug, Serialize)]
struct SpanJson<'a> {
    name: &'a str,
    kind: String,
    start: Option<String>,
    end: Option<String>,
    duration: Option<f64>,
    status: String,
    status_message: &'a str,
    task_id: Option<String>,
    trace_id: Option<&'a str>,
    span_id: Option<&'a str>,
    parent_span_id: Option<&'a str>,
    events: Vec<EventJson<'a>>,
    attributes: &'a Attributes,
    #[serde(skip_serializing_if = "Option::is_none")]
    runner_attributes: Option<&'a Attributes>,
}

#[derive(Debug, Serialize)]
struct EventJson<'a> {
    name: &'a str,
    time: Option<String>,
    attributes: &'a Attributes,
}

/// Returns a record as a line of JSON.
pub(super) fn record(record: &LogRecord, with_runner: bool) -> Result<String, Failure> {
    line(&RecordJson {
        time: record.time().map(|time| time.to_string()),
        severity: record.severity(),
        severity_number: record.severity_number(),
        body: record.body(),
        task_id: record.task_id().map(|id| id.to_string()),
        trace_id: record.trace_id(),
        span_id: record.span_id(),
        attributes: record.attributes(),
        runner_attributes: with_runner.then(|| record.runner_attributes()),
    })
}

/// Returns a span as a line of JSON.
pub(super) fn span(span: &Span, with_runner: bool) -> Result<String, Failure> {
    let events = span.events().iter().map(|event| EventJson {
        name: event.name(),
        time: event.time().map(|time| time.to_string()),
        attributes: event.attributes(),
    });
    line(&SpanJson {
        name: span.name(),
        kind: span.kind().to_string(),
        start: span.start().map(|time| time.to_string()),
        end: span.end().map(|time| time.to_string()),
        duration: span.duration().map(|duration| duration.as_secs_f64()),
        status: span.status().to_string(),
        status_message: span.status_message(),
        task_id: span.task_id().map(|id| id.to_string()),
        trace_id: span.trace_id(),
        span_id: span.span_id(),
        parent_span_id: span.parent_span_id(),
        events: events.collect(),
        attributes: span.attributes(),
        runner_attributes: with_runner.then(|| span.runner_attributes()),
    })
}

fn line(value: &impl Serialize) -> Result<String, Failure> {
    let line = serde_json::to_string(value).map_err(std::io::Error::from)?;
    Ok(line + "\n")
}
