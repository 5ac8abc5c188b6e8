//! The task that contains a record, in the context of OpenTelemetry.

use std::fmt;
use std::sync::Arc;

use opentelemetry::Context;
use opentelemetry::trace::{SpanContext, SpanId, TraceContextExt as _, TraceFlags, TraceId, TraceState};
use tilebox_core::workflows::{TASK_SPAN, TASK_TARGET, TraceParent};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id};
use tracing::{Metadata, Span, Subscriber};
use tracing_opentelemetry::OpenTelemetrySpanExt as _;
use tracing_subscriber::Layer;
use tracing_subscriber::layer::Context as LayerContext;
use tracing_subscriber::registry::LookupSpan;

/// The field of the span of a task with the parent of the span.
pub(super) const TRACE_PARENT: &str = "trace_parent";

/// The task around the current code. Spans inherit it from their parent.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct CurrentTask {
    /// The id as hyphenated text.
    pub(super) id: Arc<str>,
}

impl CurrentTask {
    /// Calls `read` with the task around the current code, if any.
    pub(super) fn map<T>(read: impl FnOnce(&Self) -> T) -> Option<T> {
        Context::map_current(|context| context.get::<Self>().map(read))
    }
}

/// Returns whether the metadata is that of the span of a task.
pub(super) fn is_task(metadata: &Metadata<'_>) -> bool {
    metadata.name() == TASK_SPAN && metadata.target() == TASK_TARGET
}

/// Gives the span of a task its parent, which is in another process, and its task.
///
/// It stands before the layer of `tracing-opentelemetry`, which starts a span when it is first entered: until then the parent
/// can be set.
pub(super) struct TaskContext;

/// The context of a span that was not entered yet.
struct Pending(Context);

impl<S: Subscriber + for<'span> LookupSpan<'span>> Layer<S> for TaskContext {
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: LayerContext<'_, S>) {
        if !is_task(attributes.metadata()) {
            return;
        }
        let mut fields = TaskFields::default();
        attributes.record(&mut fields);
        if let Some(span) = context.span(id) {
            span.extensions_mut().replace(Pending(fields.context()));
        }
    }

    fn on_enter(&self, id: &Id, context: LayerContext<'_, S>) {
        let Some(span) = context.span(id).filter(|span| is_task(span.metadata())) else { return };
        let pending = span.extensions_mut().remove::<Pending>();
        drop(span);
        if let Some(Pending(parent)) = pending {
            // The span that is entered is the current one. It fails if the span was started before: it keeps its parent then.
            let _ = Span::current().set_parent(parent);
        }
    }
}

/// The fields of the span of a task that are needed here.
#[derive(Debug, Default)]
struct TaskFields {
    task_id: String,
    trace_parent: String,
}

impl TaskFields {
    fn record(&mut self, field: &Field, value: impl FnOnce() -> String) {
        match field.name() {
            super::TASK_ID => self.task_id = value(),
            TRACE_PARENT => self.trace_parent = value(),
            _ => {}
        }
    }

    /// Returns the context of the span. A trace parent that is not valid is left out: the task then starts a trace.
    fn context(self) -> Context {
        let context = Context::new().with_value(CurrentTask { id: self.task_id.into() });
        match self.trace_parent.parse::<TraceParent>() {
            Ok(parent) => context.with_remote_span_context(span_context(parent)),
            Err(_) => context,
        }
    }
}

impl Visit for TaskFields {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.record(field, || value.to_owned());
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.record(field, || format!("{value:?}"));
    }
}

fn span_context(parent: TraceParent) -> SpanContext {
    let flags = if parent.is_sampled() { TraceFlags::SAMPLED } else { TraceFlags::default() };
    let (trace, span) = (TraceId::from(parent.trace_id()), SpanId::from(parent.span_id()));
    SpanContext::new(trace, span, flags, true, TraceState::default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_task_continues_the_trace_of_its_job() {
        let fields = |trace_parent: &str| TaskFields { task_id: "1".to_owned(), trace_parent: trace_parent.to_owned() };
        let context = fields("00-8cbb60584f5a87aeb6e8db7902beed85-cdcea87443fc59ba-01").context();
        let parent = context.span().span_context().clone();
        assert_eq!(parent.trace_id().to_string(), "8cbb60584f5a87aeb6e8db7902beed85");
        assert_eq!(parent.span_id().to_string(), "cdcea87443fc59ba");
        assert!(parent.is_remote() && parent.is_sampled());
        assert_eq!(context.get::<CurrentTask>().map(|task| &*task.id), Some("1"));

        for broken in ["", "00-x", "00-00000000000000000000000000000000-cdcea87443fc59ba-01"] {
            let context = fields(broken).context();
            assert!(!context.has_active_span(), "{broken}");
            assert!(context.get::<CurrentTask>().is_some());
        }
    }
}
