//! The layer of a subscriber, and the records that it takes.

use opentelemetry::Context;
use opentelemetry_appender_tracing::layer::OpenTelemetryTracingBridge;
use opentelemetry_sdk::logs::SdkLoggerProvider;
use opentelemetry_sdk::trace::SdkTracer;
use tracing::level_filters::LevelFilter;
use tracing::{Metadata, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::{Context as LayerContext, Filter};
use tracing_subscriber::registry::LookupSpan;

use super::health;
use super::task_context::{CurrentTask, TaskContext, is_task};

/// The start of the targets of the SDK.
const SDK: &str = "tilebox";
/// The span of a submission, which a job continues with `current_trace`.
const SUBMISSION: &str = "workflows/jobs/submit";

/// Returns the layer that exports spans and logs.
pub(super) fn layer<S>(tracer: SdkTracer, logs: &SdkLoggerProvider, level: LevelFilter) -> impl Layer<S> + use<S>
where
    S: Subscriber + for<'span> LookupSpan<'span>,
{
    // The official runners send none of these attributes.
    let spans = tracing_opentelemetry::layer().with_tracer(tracer).with_location(false).with_threads(false);
    let spans = spans.with_target(false).with_tracked_inactivity(false).with_error_events_to_status(false);
    TaskContext.and_then(spans).and_then(OpenTelemetryTracingBridge::new(logs)).with_filter(Exported { level })
}

/// Takes what happens in tasks, the events of the SDK, and submissions.
struct Exported {
    level: LevelFilter,
}

impl Exported {
    fn takes(&self, metadata: &Metadata<'_>) -> bool {
        // Also true on the threads of the exporters, whose own requests would never end otherwise.
        if Context::is_current_telemetry_suppressed() || metadata.target() == health::TARGET {
            return false;
        }
        let is_in_task = || CurrentTask::map(|_| ()).is_some();
        is_task(metadata) || *metadata.level() <= self.level && (is_always_taken(metadata) || is_in_task())
    }
}

/// Returns whether records with the metadata are taken outside of tasks.
fn is_always_taken(metadata: &Metadata<'_>) -> bool {
    metadata.target().starts_with(SDK) && (metadata.is_event() || metadata.name() == SUBMISSION)
}

impl<S> Filter<S> for Exported {
    fn enabled(&self, metadata: &Metadata<'_>, _: &LayerContext<'_, S>) -> bool {
        self.takes(metadata)
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        // The span of a task has the level ERROR.
        Some(self.level.max(LevelFilter::ERROR))
    }
}
