//! The exporters of OpenTelemetry, with the form and the counts of this SDK around them.

use std::sync::Arc;
use std::time::Duration;

use opentelemetry_otlp::{
    ExporterBuildError, LogExporter, Protocol, SpanExporter, WithExportConfig as _, WithHttpConfig as _,
};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::logs::{self, LogBatch};
use opentelemetry_sdk::trace::{self, SpanData};
use tilebox_core::RawClient;

use super::health::Health;
use super::http_client::Exports;
use super::shape::shape;

/// The time within which failed attempts of an export are repeated. Its records are lost after it.
const TIMEOUT: Duration = Duration::from_secs(10);
/// The paths below the URL of the server (Workflows API, telemetry).
pub(super) const TRACES: &str = "/v1/traces";
pub(super) const LOGS: &str = "/v1/logs";

/// Exports spans.
#[derive(Debug)]
pub(super) struct Spans {
    exporter: SpanExporter,
    health: Arc<Health>,
}

impl Spans {
    pub(super) fn new(client: &RawClient, health: &Arc<Health>) -> Result<Self, ExporterBuildError> {
        let exports = Exports { client: client.clone(), path: TRACES };
        // `Exports` decides the address. Set here, it does not come from the environment.
        let builder = SpanExporter::builder().with_http().with_http_client(exports).with_endpoint("http://localhost");
        let exporter = builder.with_protocol(Protocol::HttpBinary).with_timeout(TIMEOUT).build()?;
        Ok(Self { exporter, health: Arc::clone(health) })
    }
}

impl trace::SpanExporter for Spans {
    async fn export(&self, mut batch: Vec<SpanData>) -> OTelSdkResult {
        batch.iter_mut().for_each(shape);
        let count = batch.len();
        let result = self.exporter.export(batch).await;
        self.health.exported(count, &result);
        result
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        trace::SpanExporter::shutdown_with_timeout(&self.exporter, timeout)
    }

    fn set_resource(&mut self, resource: &Resource) {
        trace::SpanExporter::set_resource(&mut self.exporter, resource);
    }
}

/// Exports logs.
#[derive(Debug)]
pub(super) struct Logs {
    exporter: LogExporter,
    health: Arc<Health>,
}

impl Logs {
    pub(super) fn new(client: &RawClient, health: &Arc<Health>) -> Result<Self, ExporterBuildError> {
        let exports = Exports { client: client.clone(), path: LOGS };
        let builder = LogExporter::builder().with_http().with_http_client(exports).with_endpoint("http://localhost");
        let exporter = builder.with_protocol(Protocol::HttpBinary).with_timeout(TIMEOUT).build()?;
        Ok(Self { exporter, health: Arc::clone(health) })
    }
}

impl logs::LogExporter for Logs {
    async fn export(&self, batch: LogBatch<'_>) -> OTelSdkResult {
        let count = batch.iter().count();
        let result = self.exporter.export(batch).await;
        self.health.exported(count, &result);
        result
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        logs::LogExporter::shutdown_with_timeout(&self.exporter, timeout)
    }

    fn set_resource(&mut self, resource: &Resource) {
        logs::LogExporter::set_resource(&mut self.exporter, resource);
    }
}
