//! The queues of spans and logs, which add the attributes of the official runners.

use std::sync::Arc;
use std::time::Duration;

use opentelemetry::logs::{AnyValue, LogRecord as _, Severity};
use opentelemetry::trace::Span as _;
use opentelemetry::{Context, InstrumentationScope, Key, KeyValue, StringValue};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::logs::{BatchLogProcessor, LogProcessor, SdkLogRecord};
use opentelemetry_sdk::trace::{BatchSpanProcessor, Span, SpanData, SpanProcessor};

use super::health::Health;
use super::task_context::CurrentTask;
use super::{SCOPE, TASK_ID};

/// The queue of spans. Each span in a task gets its id.
#[derive(Debug)]
pub(super) struct SpanQueue {
    pub(super) queue: BatchSpanProcessor,
    pub(super) health: Arc<Health>,
}

impl SpanProcessor for SpanQueue {
    fn on_start(&self, span: &mut Span, context: &Context) {
        if let Some(task) = context.get::<CurrentTask>() {
            span.set_attribute(KeyValue::new(TASK_ID, StringValue::from(Arc::clone(&task.id))));
        }
        self.queue.on_start(span, context);
    }

    fn on_end(&self, span: SpanData) {
        self.health.accept();
        self.queue.on_end(span);
    }

    fn force_flush(&self) -> OTelSdkResult {
        self.queue.force_flush()
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.queue.shutdown_with_timeout(timeout)
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.queue.set_resource(resource);
    }
}

/// The queue of logs. Each record gets the ids of its task, trace and span, the last two as hexadecimal text.
#[derive(Debug)]
pub(super) struct LogQueue {
    pub(super) queue: BatchLogProcessor,
    pub(super) health: Arc<Health>,
}

impl LogProcessor for LogQueue {
    fn emit(&self, record: &mut SdkLogRecord, scope: &InstrumentationScope) {
        add_attributes(record);
        self.health.accept();
        self.queue.emit(record, scope);
    }

    fn force_flush(&self) -> OTelSdkResult {
        self.queue.force_flush()
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.queue.shutdown_with_timeout(timeout)
    }

    fn event_enabled(&self, level: Severity, target: &str, name: Option<&str>) -> bool {
        self.queue.event_enabled(level, target, name)
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.queue.set_resource(resource);
    }
}

fn add_attributes(record: &mut SdkLogRecord) {
    if let Some(id) = CurrentTask::map(|task| Arc::clone(&task.id)) {
        record.add_attribute(TASK_ID, AnyValue::String(id.into()));
    }
    if let Some(trace) = record.trace_context() {
        let (trace, span) = (trace.trace_id.to_string(), trace.span_id.to_string());
        record.add_attribute("trace_id", AnyValue::from(trace));
        record.add_attribute("span_id", AnyValue::from(span));
    }
    // The exporter takes the target for the scope.
    if let Some(target) = record.target().cloned() {
        record.add_attribute(Key::from_static_str("target"), AnyValue::String(target.into()));
        record.set_target(SCOPE);
    }
    if let Some(time) = record.observed_timestamp() {
        record.set_timestamp(time);
    }
}
