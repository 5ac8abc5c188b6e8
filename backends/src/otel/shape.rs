//! Gives spans the form of the official runners.

use std::time::SystemTime;

use opentelemetry::KeyValue;
use opentelemetry::Value;
use opentelemetry::trace::{Event, Status};
use opentelemetry_sdk::trace::SpanData;
use tilebox_core::schema::IntoTimestamp as _;

use super::TASK_ID;
use super::task_context::TRACE_PARENT;

/// The name of the event of a log record (Workflows API, telemetry).
const LOG_EVENT: &str = "log.message";
const EXCEPTION_EVENT: &str = "exception";
const LEVEL: &str = "level";
const ERROR_TYPE: &str = "error.type";
const ERROR_MESSAGE: &str = "error.message";

/// Names the events of log records as the official runners do. Gives the span of a task the status of the task, and the
/// exception of a failed one.
pub(super) fn shape(span: &mut SpanData) {
    let mut has_task_id = false;
    // The span of a task has the attribute as a field, too.
    span.attributes.retain(|attribute| attribute.key.as_str() != TASK_ID || !std::mem::replace(&mut has_task_id, true));
    span.events.events.iter_mut().for_each(shape_event);
    if take(&mut span.attributes, TRACE_PARENT).is_some() {
        shape_task(span);
    }
}

/// Turns the event of a log record, whose name is its text, into one whose attribute is its text.
fn shape_event(event: &mut Event) {
    if !event.attributes.iter().any(|attribute| attribute.key.as_str() == LEVEL) {
        return;
    }
    let body = std::mem::replace(&mut event.name, LOG_EVENT.into());
    event.attributes.insert(0, KeyValue::new("time", text_of_time(event.timestamp)));
    event.attributes.insert(1, KeyValue::new("body", body));
}

fn shape_task(span: &mut SpanData) {
    let kind = take(&mut span.attributes, ERROR_TYPE);
    // Logging an error does not make a task fail.
    span.status = Status::Unset;
    if let Some(message) = take(&mut span.attributes, ERROR_MESSAGE) {
        span.status = Status::error("Task failed with exception");
        let attributes = [("exception.type", kind), ("exception.message", Some(message))];
        let attributes = attributes.into_iter().filter_map(|(key, value)| Some(KeyValue::new(key, value?)));
        span.events.events.push(Event::new(EXCEPTION_EVENT, span.end_time, attributes.collect(), 0));
    }
}

/// Removes an attribute and returns its value.
fn take(attributes: &mut Vec<KeyValue>, key: &str) -> Option<Value> {
    let position = attributes.iter().position(|attribute| attribute.key.as_str() == key)?;
    Some(attributes.remove(position).value)
}

fn text_of_time(time: SystemTime) -> String {
    time.into_timestamp().map(|time| time.to_string()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use opentelemetry::InstrumentationScope;
    use opentelemetry::trace::{SpanContext, SpanId, SpanKind};
    use opentelemetry_sdk::trace::{SpanEvents, SpanLinks};
    use std::time::Duration;

    fn span(attributes: &[(&'static str, &'static str)], events: Vec<Event>) -> SpanData {
        let mut all = SpanEvents::default();
        all.events = events;
        SpanData {
            span_context: SpanContext::empty_context(),
            parent_span_id: SpanId::INVALID,
            parent_span_is_remote: false,
            span_kind: SpanKind::Internal,
            name: "task/Month".into(),
            start_time: SystemTime::UNIX_EPOCH,
            end_time: SystemTime::UNIX_EPOCH + Duration::from_secs(2),
            attributes: attributes.iter().map(|(key, value)| KeyValue::new(*key, *value)).collect(),
            dropped_attributes_count: 0,
            events: all,
            links: SpanLinks::default(),
            status: Status::error(""),
            instrumentation_scope: InstrumentationScope::default(),
        }
    }

    fn pairs(attributes: &[KeyValue]) -> Vec<(&str, String)> {
        attributes.iter().map(|attribute| (attribute.key.as_str(), attribute.value.to_string())).collect()
    }

    #[test]
    fn the_span_of_a_computed_task_has_no_status() {
        let mut span = span(&[("task_id", "1"), ("trace_parent", "00-…"), ("task_id", "1")], vec![]);
        shape(&mut span);
        assert_eq!(pairs(&span.attributes), [("task_id", "1".to_owned())]);
        assert_eq!(span.status, Status::Unset);
    }

    #[test]
    fn the_span_of_a_failed_task_records_its_exception() {
        let fields =
            [("trace_parent", ""), ("error.type", "panic"), ("error.message", "no data"), ("retry_count", "0")];
        let mut span = span(&fields, vec![]);
        shape(&mut span);
        assert_eq!(pairs(&span.attributes), [("retry_count", "0".to_owned())]);
        assert_eq!(span.status, Status::error("Task failed with exception"));
        let event = &span.events.events[0];
        assert_eq!((&*event.name, event.timestamp), ("exception", span.end_time));
        let expected = [("exception.type", "panic".to_owned()), ("exception.message", "no data".to_owned())];
        assert_eq!(pairs(&event.attributes), expected);
    }

    #[test]
    fn an_event_of_a_log_record_has_its_text_as_body() {
        let time = SystemTime::UNIX_EPOCH + Duration::from_millis(1_500);
        let log = Event::new("loading", time, vec![KeyValue::new("level", "INFO"), KeyValue::new("month", 3)], 0);
        let mut span = span(&[("error.message", "kept")], vec![log, Event::with_name("own")]);
        shape(&mut span);
        assert_eq!(span.status, Status::error(""), "not a task");
        let events = &span.events.events;
        assert_eq!((&*events[0].name, &*events[1].name), ("log.message", "own"));
        let attributes = pairs(&events[0].attributes);
        assert_eq!(attributes[0], ("time", "1970-01-01T00:00:01.500Z".to_owned()));
        assert_eq!(attributes[1], ("body", "loading".to_owned()));
        assert_eq!(attributes[2..], [("level", "INFO".to_owned()), ("month", "3".to_owned())]);
    }
}
