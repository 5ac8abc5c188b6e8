//! The subscriber of the process, by which events reach the command line and Tilebox.

use tilebox_core::Result;
use tracing_subscriber::layer::SubscriberExt as _;

use super::log_layer::log_layer;

/// Exports that last as long as the worker.
#[derive(Debug, Default)]
pub(super) struct Exports {
    #[cfg(feature = "otel")]
    telemetry: Option<crate::otel::Telemetry>,
}

impl Exports {
    /// Sets the subscriber of the process. A program with its own one keeps it.
    ///
    /// # Errors
    ///
    /// If the variables of the server are not valid.
    pub(super) fn start(has_reader: bool) -> Result<Self> {
        let layer = has_reader.then(log_layer);
        #[cfg(feature = "otel")]
        {
            let has_key = std::env::var("TILEBOX_API_KEY").is_ok_and(|key| !key.is_empty());
            let telemetry = if has_key { Some(crate::otel::Telemetry::new(&crate::client()?)?) } else { None };
            let exported = telemetry.as_ref().map(crate::otel::Telemetry::layer);
            let _ = tracing::subscriber::set_global_default(tracing_subscriber::registry().with(exported).with(layer));
            Ok(Self { telemetry })
        }
        #[cfg(not(feature = "otel"))]
        {
            let _ = tracing::subscriber::set_global_default(tracing_subscriber::registry().with(layer));
            Ok(Self::default())
        }
    }

    /// Sends the queued records.
    pub(super) async fn flush(&self) {
        #[cfg(feature = "otel")]
        if let Some(telemetry) = &self.telemetry {
            // As long as the official worker waits. Dropping the exports sends the rest.
            let _ = tokio::time::timeout(std::time::Duration::from_secs(1), telemetry.flush()).await;
        }
    }
}
