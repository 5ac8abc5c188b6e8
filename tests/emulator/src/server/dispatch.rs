//! The connection between the protocol layer, which speaks Connect and gRPC, and the services, which take messages.

use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;
use connectrpc::dispatcher::{RequestStream, StreamingResult, UnaryResult};
use connectrpc::{
    CodecFormat, CompressionPolicy, CompressionRegistry, ConnectError, ConnectRpcService, Dispatcher, EncodedBody,
    Limits, MethodDescriptor, Payload, RequestContext, Response,
};
use http::StatusCode;

use super::gzip::CachingGzip;
use crate::permissions::Caller;
use crate::rpc::Rpc;
use crate::services::{ErrorCode, Refusal, Service};
use crate::workflows::Moment;

/// The largest request, in bytes: 8 KiB for each of 8192 ingested datapoints.
const MAXIMUM_REQUEST_BYTES: usize = 64 << 20;
/// The smallest compressed response, in bytes. The real server compresses responses of little more than 100 bytes; an
/// empty body must stay empty.
const MINIMUM_COMPRESSED_BYTES: usize = 1;
/// The longest message of an error, in bytes. Some repeat a value of the request, of any length, but gRPC sends messages in
/// headers, which clients limit to 8 KiB.
const MAXIMUM_ERROR_BYTES: usize = 2048;
/// The size of the cache of compressed segments, in bytes: enough for about a million datapoints.
const GZIP_CACHE_BYTES: usize = 512 << 20;

/// The compression of responses to clients that accept gzip.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Compression {
    /// No compression.
    Off,
    /// Gzip at this level, 0 to 9.
    Gzip(u32),
}

/// Wraps the services into a service for HTTP requests. The monotonic clock counts from `started`.
pub(crate) fn protocol_layer(
    service: Service,
    compression: Compression,
    started: Instant,
) -> ConnectRpcService<Dispatch> {
    let limits = Limits::default()
        .with_max_request_body_size(MAXIMUM_REQUEST_BYTES)
        .with_max_message_size(MAXIMUM_REQUEST_BYTES);
    let (provider, policy) = match compression {
        // Compressed requests are still accepted.
        Compression::Off => (CachingGzip::new(1, GZIP_CACHE_BYTES), CompressionPolicy::disabled()),
        Compression::Gzip(level) => {
            let policy = CompressionPolicy::default().with_min_size(MINIMUM_COMPRESSED_BYTES);
            (CachingGzip::new(level.min(9), GZIP_CACHE_BYTES), policy)
        }
    };
    ConnectRpcService::new(Dispatch { service: Arc::new(service), started })
        .with_limits(limits)
        .with_compression(CompressionRegistry::new().register(provider))
        .with_compression_policy(policy)
}

/// Calls the method of a path with the encoded request.
pub(crate) struct Dispatch {
    service: Arc<Service>,
    /// The origin of the monotonic clock.
    started: Instant,
}

impl Dispatcher for Dispatch {
    fn lookup(&self, path: &str) -> Option<MethodDescriptor> {
        Rpc::of_path(path).map(|_| MethodDescriptor::unary(false))
    }

    fn call_unary(&self, path: &str, context: RequestContext, request: Payload, format: CodecFormat) -> UnaryResult {
        let (service, started) = (Arc::clone(&self.service), self.started);
        let rpc = Rpc::of_path(path);
        Box::pin(async move {
            let (Some((rpc, _)), CodecFormat::Proto) = (rpc, format) else { return Err(unimplemented()) };
            let request = request.encoded()?;
            let caller = context.extensions().get::<Caller>().copied().ok_or_else(unimplemented)?;
            let call = move || service.call_as(caller, rpc, &request, Moment::now(started));
            if rpc.is_short() {
                let response = call()?.wait().await?;
                return Ok(Response::new(EncodedBody::Contiguous(response)).compress(false));
            }
            // Scans are slow and changes of datasets wait for the disk, so calls do not run on the server threads.
            let reply = tokio::task::spawn_blocking(call)
                .await
                .map_err(|_| ConnectError::internal("the emulator failed to respond; this is a bug in it"))??;
            Ok(Response::new(EncodedBody::Contiguous(reply.wait().await?)))
        })
    }

    fn call_server_streaming(&self, _: &str, _: RequestContext, _: Bytes, _: CodecFormat) -> StreamingResult {
        Box::pin(async { Err(unimplemented()) })
    }

    fn call_client_streaming(&self, _: &str, _: RequestContext, _: RequestStream, _: CodecFormat) -> UnaryResult {
        Box::pin(async { Err(unimplemented()) })
    }

    fn call_bidi_streaming(&self, _: &str, _: RequestContext, _: RequestStream, _: CodecFormat) -> StreamingResult {
        Box::pin(async { Err(unimplemented()) })
    }
}

fn unimplemented() -> ConnectError {
    rpc_error(ErrorCode::Unimplemented, "the emulator supports only unary methods with binary messages")
}

impl From<Refusal> for ConnectError {
    fn from(refusal: Refusal) -> Self {
        rpc_error(refusal.code, cut(refusal.message))
    }
}

/// Cuts off the message of an error beyond its longest size.
fn cut(mut message: String) -> String {
    let end = (0..=MAXIMUM_ERROR_BYTES.min(message.len())).rev().find(|end| message.is_char_boundary(*end));
    message.truncate(end.unwrap_or_default());
    message
}

/// Returns an error of the API. Over Connect, an unimplemented method is HTTP 404 rather than 501, as an unknown path is:
/// the official Go client repeats every status from 500 on.
pub(super) fn rpc_error(code: ErrorCode, message: impl Into<String>) -> ConnectError {
    let error = ConnectError::new(code, message);
    match code {
        ErrorCode::Unimplemented => error.with_http_status(StatusCode::NOT_FOUND),
        _ => error,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_error_message_is_cut_off() {
        for (message, length) in
            [("short".to_owned(), 5), ("x".repeat(5000), 2048), (format!("x{}", "ä".repeat(5000)), 2047)]
        {
            let error = ConnectError::from(Refusal::new(ErrorCode::NotFound, message));
            assert_eq!(error.message.as_deref().map(str::len), Some(length));
        }
    }
}
