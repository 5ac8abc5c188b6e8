//! The options of telemetry.

use std::env;
use std::sync::Arc;
use std::time::Duration;

use opentelemetry::trace::TracerProvider as _;
use opentelemetry_otlp::ExporterBuildError;
use opentelemetry_sdk::logs::{self, BatchLogProcessor, SdkLoggerProvider};
use opentelemetry_sdk::trace::{self, BatchSpanProcessor, Sampler, SdkTracerProvider};
use tilebox_core::{Error, ErrorKind, RawClient, Result};
use tracing::level_filters::LevelFilter;

use super::SCOPE;
use super::exporters::{LOGS, Logs, Spans, TRACES};
use super::health::Health;
use super::processors::{LogQueue, SpanQueue};
use super::resource::resource;
use super::telemetry::{Telemetry, TelemetrySource};

/// The variable with the level of exported logs, as in the official Python client.
const LOG_LEVEL: &str = "TILEBOX_LOG_LEVEL";
/// The time between two exports of spans, as in the official clients.
const SPAN_INTERVAL: Duration = Duration::from_secs(5);
/// The time between two exports of logs, as in the official Go client.
const LOG_INTERVAL: Duration = Duration::from_secs(1);
/// The number of records that wait for an export, of each kind.
const QUEUE: usize = 2048;
/// The number of records of one request.
const BATCH: usize = 512;
/// The shortest time between two exports, which keeps their threads from spinning.
const SHORTEST_INTERVAL: Duration = Duration::from_millis(10);

/// Builds a [`Telemetry`].
#[must_use = "a builder does nothing until `build`"]
#[derive(Debug)]
pub struct TelemetryBuilder {
    client: Result<RawClient>,
    service: Option<String>,
    level: LevelFilter,
    span_interval: Duration,
    log_interval: Duration,
}

impl TelemetryBuilder {
    pub(super) fn new(client: &impl TelemetrySource) -> Self {
        Self {
            client: client.raw(),
            service: None,
            level: env::var(LOG_LEVEL).ok().and_then(|name| level(&name)).unwrap_or(LevelFilter::INFO),
            span_interval: SPAN_INTERVAL,
            log_interval: LOG_INTERVAL,
        }
    }

    /// Sets the name of the service, which tells runners of several programs apart. Default: `tilebox-rust`.
    pub fn service(mut self, name: impl Into<String>) -> Self {
        self.service = Some(name.into());
        self
    }

    /// Sets the lowest exported level of events and of spans in tasks. The spans of the tasks themselves are always exported.
    /// Default: that of the variable `TILEBOX_LOG_LEVEL`, else INFO.
    pub fn level(mut self, level: impl Into<LevelFilter>) -> Self {
        self.level = level.into();
        self
    }

    /// Sets the time between two exports of spans and of logs. Default: 5 s for spans, 1 s for logs.
    pub fn interval(mut self, interval: Duration) -> Self {
        (self.span_interval, self.log_interval) = (interval, interval);
        self
    }

    /// Starts the threads of the exporters.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Network`] when the HTTP client cannot be created.
    pub fn build(self) -> Result<Telemetry> {
        let client = self.client?;
        let health = |records, path| Arc::new(Health::new(records, client.url(path)));
        let (spans, logs) = (health("spans", TRACES), health("logs", LOGS));
        let resource = resource(self.service);

        let config = trace::BatchConfigBuilder::default().with_max_queue_size(QUEUE).with_max_export_batch_size(BATCH);
        let config = config.with_scheduled_delay(self.span_interval.max(SHORTEST_INTERVAL)).build();
        let exporter = Spans::new(&client, &spans).map_err(not_built)?;
        let queue = BatchSpanProcessor::builder(exporter).with_batch_config(config).build();
        let tracers = SdkTracerProvider::builder()
            // Set here, it does not come from the environment.
            .with_sampler(Sampler::ParentBased(Box::new(Sampler::AlwaysOn)))
            .with_resource(resource.clone())
            .with_span_processor(SpanQueue { queue, health: Arc::clone(&spans) })
            .build();

        let config = logs::BatchConfigBuilder::default().with_max_queue_size(QUEUE).with_max_export_batch_size(BATCH);
        let config = config.with_scheduled_delay(self.log_interval.max(SHORTEST_INTERVAL)).build();
        let exporter = Logs::new(&client, &logs).map_err(not_built)?;
        let queue = BatchLogProcessor::builder(exporter).with_batch_config(config).build();
        let loggers = SdkLoggerProvider::builder()
            .with_resource(resource)
            .with_log_processor(LogQueue { queue, health: Arc::clone(&logs) })
            .build();

        let tracer = tracers.tracer(SCOPE);
        Ok(Telemetry::start(&client, tracers, tracer, loggers, self.level, [spans, logs]))
    }
}

fn not_built(error: ExporterBuildError) -> Error {
    let advice = "check the variables that begin with OTEL_";
    Error::of_runtime_crate(ErrorKind::InvalidArgument, "export telemetry", error.to_string(), advice)
}

/// Reads the name of a level: one of Rust, or one of Python.
fn level(name: &str) -> Option<LevelFilter> {
    match name.trim().to_ascii_lowercase().as_str() {
        "warning" => Some(LevelFilter::WARN),
        "critical" => Some(LevelFilter::ERROR),
        name => name.parse().ok().filter(|_| !name.is_empty()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_level_has_the_name_of_rust_or_python() {
        for (name, expected) in [
            ("INFO", Some(LevelFilter::INFO)),
            (" debug ", Some(LevelFilter::DEBUG)),
            ("WARNING", Some(LevelFilter::WARN)),
            ("critical", Some(LevelFilter::ERROR)),
            ("", None),
            ("loud", None),
        ] {
            assert_eq!(level(name), expected, "{name}");
        }
    }
}
