//! The HTTP client of the exporters, over the transport of the SDK.

use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use http::{HeaderValue, Request, Response};
use opentelemetry_http::{HttpClient, HttpError};
use tilebox_core::RawClient;

/// The timeout of one attempt. The exporter repeats failed ones within its own timeout.
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(5);

/// Sends the bodies of exports to one path of the server.
#[derive(Debug)]
pub(super) struct Exports {
    pub(super) client: RawClient,
    pub(super) path: &'static str,
}

#[async_trait]
impl HttpClient for Exports {
    /// Sends the body. Address and headers are those of the client: headers of the request may come from the variable
    /// `OTEL_EXPORTER_OTLP_HEADERS`, and be secrets of another server.
    async fn send_bytes(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let content_type = HeaderValue::from_static("application/x-protobuf");
        Ok(self.client.post(self.path, content_type, request.into_body(), ATTEMPT_TIMEOUT).await?)
    }
}
