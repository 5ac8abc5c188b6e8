//! Between the protocol layer, which speaks Connect and gRPC, and the services, which know messages.

use std::sync::Arc;
use std::time::SystemTime;

use bytes::Bytes;
use connectrpc::dispatcher::{RequestStream, StreamingResult, UnaryResult};
use connectrpc::{
    CodecFormat, CompressionPolicy, CompressionRegistry, ConnectError, ConnectRpcService, Dispatcher, EncodedBody,
    Limits, MethodDescriptor, Payload, RequestContext, Response,
};

use super::gzip::RememberingGzip;
use crate::permissions::Caller;
use crate::rpc::Rpc;
use crate::services::{Refusal, Service};

/// The largest request: 8192 datapoints of an ingestion may have 8 KiB each.
const MAXIMUM_REQUEST: usize = 64 << 20;
/// The real server compresses answers of hardly more than 100 bytes, so size is no reason not to. An empty body stays
/// empty.
const SMALLEST_COMPRESSED: usize = 1;
/// How many bytes of compressed answers are remembered: about what a million datapoints need.
const REMEMBERED: usize = 512 << 20;

/// How answers are compressed, for clients that accept gzip.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Compression {
    /// Not at all.
    Off,
    /// With gzip at this level, 0 to 9.
    Gzip(u32),
}

/// The services as something that takes HTTP requests.
pub(crate) fn protocol_layer(service: Service, compression: Compression) -> ConnectRpcService<Dispatch> {
    let limits = Limits::default().with_max_request_body_size(MAXIMUM_REQUEST).with_max_message_size(MAXIMUM_REQUEST);
    let (provider, policy) = match compression {
        // Compressed requests are still taken.
        Compression::Off => (RememberingGzip::new(1, REMEMBERED), CompressionPolicy::disabled()),
        Compression::Gzip(level) => {
            let policy = CompressionPolicy::default().with_min_size(SMALLEST_COMPRESSED);
            (RememberingGzip::new(level.min(9), REMEMBERED), policy)
        }
    };
    ConnectRpcService::new(Dispatch { service: Arc::new(service) })
        .with_limits(limits)
        .with_compression(CompressionRegistry::new().register(provider))
        .with_compression_policy(policy)
}

/// Finds the method of a path and hands it the encoded request.
pub(crate) struct Dispatch {
    service: Arc<Service>,
}

impl Dispatcher for Dispatch {
    fn lookup(&self, path: &str) -> Option<MethodDescriptor> {
        Rpc::of_path(path).map(|_| MethodDescriptor::unary(false))
    }

    fn call_unary(&self, path: &str, context: RequestContext, request: Payload, format: CodecFormat) -> UnaryResult {
        let service = Arc::clone(&self.service);
        let rpc = Rpc::of_path(path);
        Box::pin(async move {
            let (Some((rpc, _)), CodecFormat::Proto) = (rpc, format) else { return Err(unimplemented()) };
            let request = request.encoded()?;
            let caller = context.extensions().get::<Caller>().copied().ok_or_else(unimplemented)?;
            let call = move || service.call_as(caller, rpc, &request, SystemTime::now());
            // A scan may take long and a change waits for the disk, so none of it happens on the threads of the server.
            let response = tokio::task::spawn_blocking(call)
                .await
                .map_err(|_| ConnectError::internal("the emulator failed to respond; this is a bug in it"))??;
            Ok(Response::new(EncodedBody::Contiguous(response)))
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
    ConnectError::unimplemented("the emulator knows unary methods with binary messages only")
}

impl From<Refusal> for ConnectError {
    fn from(refusal: Refusal) -> Self {
        Self::new(refusal.code, refusal.message)
    }
}
