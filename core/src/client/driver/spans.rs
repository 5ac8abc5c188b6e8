//! The spans of [`tracing`]: one for each operation, which contains one for each exchange.
//!
//! Names and fields follow version 1.37 of OpenTelemetry's conventions for RPC, which the instrumentation of Connect in
//! other languages uses (<https://opentelemetry.io/docs/specs/semconv/rpc/>). Operations have the names of the Go
//! client. No field contains a header, so none contains the API key.

use std::borrow::Cow;
use std::fmt;

use bytes::Bytes;
use http::Uri;
use tracing::field::{Empty, display};
use tracing::{Instrument as _, Span};

use crate::error::{Error, Result};
use crate::protocol::endpoint::UnixSocket;
use crate::protocol::exchange::ExchangeError;
use crate::protocol::machine::Exchange;

/// Creates the span of an operation with its own fields, as a child of the caller's span.
macro_rules! operation {
    ($name:literal $(, $field:literal = $value:expr)* $(,)?) => {
        $crate::client::driver::spans::Operation::of(tracing::info_span!(
            $name,
            "otel.kind" = "internal",
            "otel.status_code" = tracing::field::Empty,
            "error.type" = tracing::field::Empty,
            "error.message" = tracing::field::Empty,
            $($field = $value),*
        ))
    };
}
pub(in crate::client) use operation;

/// Creates the span of an operation on a collection of a dataset.
macro_rules! collection_operation {
    ($name:literal, $dataset:expr, $collection:expr) => {
        $crate::client::driver::spans::operation!(
            $name,
            "tilebox.dataset" = $dataset.slug(),
            "tilebox.collection" = $collection,
        )
    };
}
pub(in crate::client) use collection_operation;

/// The span of an operation that the user called.
#[derive(Clone)]
pub(in crate::client) struct Operation(Span);

impl Operation {
    /// Wraps the span of an operation; called by [`operation!`].
    pub(in crate::client) fn of(span: Span) -> Self {
        Self(span)
    }

    /// Runs a future within this operation.
    pub(in crate::client) async fn run<T>(self, future: impl Future<Output = Result<T>>) -> Result<T> {
        let result = future.instrument(self.0.clone()).await;
        if let Err(error) = &result {
            self.failed(error);
        }
        result
    }

    /// Runs a function within this operation.
    pub(in crate::client) fn within<T>(&self, action: impl FnOnce() -> T) -> T {
        self.0.in_scope(action)
    }

    /// Records the error of the operation.
    pub(in crate::client) fn failed(&self, error: &Error) {
        self.0.record("otel.status_code", "ERROR");
        self.0.record("error.type", error.kind().as_str());
        self.0.record("error.message", display(error));
    }

    /// Records the value of an empty field.
    pub(in crate::client) fn record(&self, field: &'static str, value: impl tracing::Value) {
        self.0.record(field, value);
    }

    /// Releases the span, which ends once no clone holds it.
    pub(in crate::client) fn end(&mut self) {
        self.0 = Span::none();
    }
}

/// Creates the span of an exchange, one attempt, within the span of its operation.
pub(in crate::client) fn exchange<Reply>(exchange: &Exchange<Reply>) -> Span {
    let uri = exchange.request.uri();
    let (service, method) = service_and_method(&exchange.request);
    tracing::debug_span!(
        "tilebox_exchange",
        "otel.name" = format_args!("{service}/{method}"),
        "otel.kind" = "client",
        "otel.status_code" = Empty,
        "rpc.system" = "connect_rpc",
        "rpc.service" = service,
        "rpc.method" = method,
        "rpc.connect_rpc.error_code" = Empty,
        "server.address" = &*address(uri),
        "server.port" = port(uri),
        "http.request.method" = "POST",
        "http.request.resend_count" = (exchange.attempt > 1).then(|| exchange.attempt - 1),
        "http.request.body.size" = exchange.request.body().len(),
        "http.response.status_code" = Empty,
        "http.response.body.size" = Empty,
        "error.type" = Empty,
        "error.message" = Empty,
    )
}

/// Returns the address of the server: a host, or the path of a socket.
fn address(uri: &Uri) -> Cow<'_, str> {
    match UnixSocket::of(uri) {
        Some(socket) => socket.path().to_string_lossy().into_owned().into(),
        None => uri.host().unwrap_or_default().trim_start_matches('[').trim_end_matches(']').into(),
    }
}

/// Returns the port of a host, or the default port of its scheme.
fn port(uri: &Uri) -> Option<u16> {
    uri.port_u16().or_else(|| match uri.scheme_str() {
        Some("http") => Some(80),
        Some("https") => Some(443),
        _ => None,
    })
}

/// Returns the last two parts of the path, after any prefix.
fn service_and_method(request: &http::Request<Bytes>) -> (&str, &str) {
    let path = request.uri().path();
    let (before, method) = path.rsplit_once('/').unwrap_or(("", path));
    (before.rsplit('/').next().unwrap_or_default(), method)
}

/// Records the status and the size of a response.
pub(in crate::client) fn record_response(span: &Span, response: &http::Response<Bytes>) {
    span.record("http.response.status_code", response.status().as_u16());
    span.record("http.response.body.size", response.body().len());
}

/// Records the failure of an exchange.
pub(in crate::client) fn record_failure(span: &Span, failure: &ExchangeError) {
    span.record("otel.status_code", "ERROR");
    span.record("error.type", failure.as_str());
    span.record("error.message", display(failure));
    if let ExchangeError::BadResponse(error) = failure {
        span.record("rpc.connect_rpc.error_code", error.code.as_str());
    }
}

impl fmt::Debug for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_is_a_host_with_a_port_or_a_socket() {
        for (uri, expected) in [
            ("https://api.tilebox.com/public/S/M", ("api.tilebox.com", Some(443))),
            ("http://localhost/S/M", ("localhost", Some(80))),
            ("http://[::1]:8080/S/M", ("::1", Some(8080))),
            ("unix://2f746d702f61/S/M", ("/tmp/a", None)),
        ] {
            let uri: Uri = uri.parse().expect("a URI");
            assert_eq!((&*address(&uri), port(&uri)), expected, "{uri}");
        }
    }

    #[test]
    fn service_and_method_are_found_after_any_path() {
        let request = |uri: &str| http::Request::post(uri).body(Bytes::new()).expect("a request");
        for uri in ["http://h/a.v1.S/M", "http://h/public/a.v1.S/M", "http://h/x/y/a.v1.S/M"] {
            assert_eq!(service_and_method(&request(uri)), ("a.v1.S", "M"), "{uri}");
        }
    }
}
