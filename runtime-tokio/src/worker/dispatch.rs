//! The connection between the protocol, which `connectrpc` speaks, and the methods of a worker.

use std::sync::Arc;

use bytes::Bytes;
use connectrpc::dispatcher::{RequestStream, StreamingResult, UnaryResult};
use connectrpc::{
    CodecFormat, CompressionPolicy, ConnectError, ConnectRpcService, Dispatcher, EncodedBody, MethodDescriptor,
    Payload, RequestContext, Response,
};
use futures::StreamExt as _;
use http::header::AUTHORIZATION;
use prost::Message;
use tilebox_core::protocol::wire::workflows::v1::{InitializeRunnerRequest, Task};

use super::service::Service;

/// The service of a worker (Workflows API, worker).
const SERVICE: &str = "workflows.v1.WorkerService/";

/// Returns the service for HTTP requests.
pub(super) fn protocol_layer(service: Arc<Service>) -> ConnectRpcService<Dispatch> {
    // Messages stay on this machine.
    ConnectRpcService::new(Dispatch { service }).with_compression_policy(CompressionPolicy::disabled())
}

/// Calls the method of a path with the encoded request.
pub(super) struct Dispatch {
    service: Arc<Service>,
}

#[derive(Clone, Copy)]
enum Method {
    ListRegisteredTasks,
    InitializeWorker,
    ExecuteTask,
    WatchLogs,
    ShutdownWorker,
}

impl Method {
    fn of_path(path: &str) -> Option<Self> {
        match path.trim_start_matches('/').strip_prefix(SERVICE)? {
            "ListRegisteredTasks" => Some(Self::ListRegisteredTasks),
            "InitializeWorker" => Some(Self::InitializeWorker),
            "ExecuteTask" => Some(Self::ExecuteTask),
            "WatchLogs" => Some(Self::WatchLogs),
            "ShutdownWorker" => Some(Self::ShutdownWorker),
            _ => None,
        }
    }
}

impl Dispatch {
    /// Checks a call, and returns its method.
    fn begin(&self, path: &str, context: &RequestContext, format: CodecFormat) -> Result<Method, ConnectError> {
        self.service.authorize(context.header(AUTHORIZATION).map(http::HeaderValue::as_bytes))?;
        Method::of_path(path).filter(|_| format == CodecFormat::Proto).ok_or_else(unimplemented)
    }
}

impl Dispatcher for Dispatch {
    fn lookup(&self, path: &str) -> Option<MethodDescriptor> {
        Some(match Method::of_path(path)? {
            Method::WatchLogs => MethodDescriptor::server_streaming(),
            _ => MethodDescriptor::unary(false),
        })
    }

    fn call_unary(&self, path: &str, context: RequestContext, request: Payload, format: CodecFormat) -> UnaryResult {
        let (method, service) = (self.begin(path, &context, format), Arc::clone(&self.service));
        Box::pin(async move {
            let (method, request) = (method?, request.encoded()?);
            match method {
                Method::ListRegisteredTasks => encoded(&service.registered_tasks()),
                Method::InitializeWorker => encoded(&service.initialize(decode::<InitializeRunnerRequest>(&request)?)?),
                Method::ExecuteTask => encoded(&service.execute(decode::<Task>(&request)?).await?),
                Method::ShutdownWorker => {
                    service.shut_down().await;
                    encoded(&())
                }
                Method::WatchLogs => Err(unimplemented()),
            }
        })
    }

    fn call_server_streaming(
        &self,
        path: &str,
        context: RequestContext,
        _: Bytes,
        format: CodecFormat,
    ) -> StreamingResult {
        let logs = self.begin(path, &context, format).and_then(|_| self.service.logs());
        Box::pin(async move {
            let records = logs?.map(|record| Ok(EncodedBody::Contiguous(record.encode_to_vec().into())));
            Ok(Response::stream(records))
        })
    }

    fn call_client_streaming(&self, _: &str, _: RequestContext, _: RequestStream, _: CodecFormat) -> UnaryResult {
        Box::pin(async { Err(unimplemented()) })
    }

    fn call_bidi_streaming(&self, _: &str, _: RequestContext, _: RequestStream, _: CodecFormat) -> StreamingResult {
        Box::pin(async { Err(unimplemented()) })
    }
}

fn encoded(message: &impl Message) -> Result<Response<EncodedBody>, ConnectError> {
    Ok(Response::new(EncodedBody::Contiguous(message.encode_to_vec().into())))
}

fn decode<M: Message + Default>(bytes: &Bytes) -> Result<M, ConnectError> {
    M::decode(bytes.clone())
        .map_err(|error| ConnectError::invalid_argument(format!("the request is not valid: {error}")))
}

fn unimplemented() -> ConnectError {
    ConnectError::unimplemented("a worker serves the methods of workflows.v1.WorkerService with binary messages")
}
