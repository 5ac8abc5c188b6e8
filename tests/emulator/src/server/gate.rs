//! The steps of a request before the protocol layer: counting, latency, rate limit, injected faults, token.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use bytes::{Bytes, BytesMut};
use connectrpc::{ConnectError, ConnectRpcBody, ConnectRpcService};
use http::{HeaderMap, HeaderValue, Request, Response, StatusCode, Version, header};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use tower_service::Service;

use super::body::ResponseBody;
use super::dispatch::{Dispatch, rpc_error};
use super::log::{LogWriter, LoggedRequest};
use super::rate::RateLimit;
use super::request_body::RequestBody;
use crate::faults::{Faults, Outcome, whole_seconds};
use crate::permissions::{Caller, Permissions};
use crate::request_counts::RequestCounts;
use crate::rpc::Rpc;
use crate::workflows::{MAXIMUM_MESSAGE_BYTES, Signal, Workflows};

/// The entry of all requests.
pub(crate) struct Gate {
    pub(crate) service: ConnectRpcService<Dispatch>,
    /// The store of telemetry.
    pub(crate) workflows: Arc<Workflows>,
    pub(crate) requests: Arc<RequestCounts>,
    pub(crate) faults: Arc<Faults>,
    /// The delay of each request.
    pub(crate) latency: Duration,
    /// The accepted tokens with their permissions. Without any, requests need no token.
    pub(crate) tokens: Vec<(String, Permissions)>,
    pub(crate) rate_limit: Option<RateLimit>,
    /// The writer of a line for each request.
    pub(crate) log: Option<LogWriter>,
}

/// The header of a gRPC error.
const GRPC_STATUS: &str = "grpc-status";
/// The path of the health check, which needs no token.
const HEALTH_PATH: &str = "/healthz";
/// The paths to which the official clients send telemetry (OTLP over HTTP), with the kind that is stored. They always get
/// status 200: clients log a failure every second, and export that as well.
const TELEMETRY_PATHS: [(&str, Option<Signal>); 3] =
    [("/v1/traces", Some(Signal::Spans)), ("/v1/logs", Some(Signal::Logs)), ("/v1/metrics", None)];

/// The request gets no response; its connection ends.
#[derive(Debug)]
pub(crate) struct Dropped;

impl fmt::Display for Dropped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("injected connection drop")
    }
}

impl std::error::Error for Dropped {}

impl Gate {
    /// Serves an HTTP request.
    ///
    /// # Errors
    ///
    /// [`Dropped`] if the request gets no response.
    pub(crate) async fn handle(&self, request: Request<Incoming>) -> Result<Response<ResponseBody>, Dropped> {
        let Some(log) = &self.log else { return self.respond(request).await };
        let (logged, began) = (LoggedRequest::of(&request), Instant::now());
        let response = self.respond(request).await;
        let outcome = match &response {
            Ok(response) => response.status().as_u16().to_string(),
            Err(Dropped) => "dropped".to_owned(),
        };
        log.write(&logged.line(&outcome, began.elapsed()));
        response
    }

    /// Returns the response. It closes an HTTP/1.1 connection whose request was not read to its end.
    async fn respond(&self, request: Request<Incoming>) -> Result<Response<ResponseBody>, Dropped> {
        let is_http1 = request.version() < Version::HTTP_2;
        let rpc = Rpc::of_path(request.uri().path());
        let telemetry = TELEMETRY_PATHS.into_iter().find(|(path, _)| *path == request.uri().path());
        let is_probe = request.uri().path() == HEALTH_PATH || telemetry.is_some();
        let _counted = (!is_probe).then(|| self.requests.count(rpc.map(|(rpc, _)| rpc)));
        // Fails only if the client disconnects, and then needs no response.
        let (request, read_to_end) = RequestBody::take(request).await.map_err(|_| Dropped)?;
        let mut response = match telemetry {
            Some((_, signal)) => self.accept_telemetry(signal, request).await,
            None if request.uri().path() == HEALTH_PATH => text(StatusCode::OK, "text/plain", "ok\n".to_owned()),
            None => self.call(request, rpc).await?,
        };
        if is_http1 && !read_to_end.get() {
            response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
        }
        Ok(response)
    }

    async fn call(
        &self,
        mut request: Request<RequestBody>,
        rpc: Option<(Rpc, bool)>,
    ) -> Result<Response<ResponseBody>, Dropped> {
        if !self.latency.is_zero() {
            tokio::time::sleep(self.latency).await;
        }
        let Some((rpc, is_public)) = rpc else {
            // The error of an unknown method does not depend on the body.
            return Ok(self.serve(request.map(|_| RequestBody::empty())).await);
        };
        if let Some(wait) = self.rate_limit.as_ref().and_then(|limit| limit.check(Instant::now()).err()) {
            return Ok(with_retry_after(plain(StatusCode::TOO_MANY_REQUESTS), Some(whole_seconds(wait))));
        }
        let truncate = match self.meet_fault(rpc, request.headers()).await? {
            AfterFault::Respond(response) => return Ok(*response),
            AfterFault::Truncate => true,
            AfterFault::Serve => false,
        };
        let caller = if is_public { Some(Caller::PUBLIC) } else { self.caller(request.headers()) };
        let Some(caller) = caller else {
            return Ok(error_response(ConnectError::unauthenticated("a valid token is required"), request.headers()));
        };
        request.extensions_mut().insert(caller);
        let response = self.serve(request).await;
        Ok(if truncate { response.map(ResponseBody::truncated) } else { response })
    }

    /// Stores exported telemetry, and returns an empty OTLP response in the encoding of the request. Metrics and bodies in
    /// JSON are discarded.
    async fn accept_telemetry(&self, signal: Option<Signal>, request: Request<RequestBody>) -> Response<ResponseBody> {
        let header = |name| request.headers().get(name).cloned();
        let (content_type, encoding) = (header(header::CONTENT_TYPE), header(header::CONTENT_ENCODING));
        let is_json = content_type.as_ref().is_some_and(|value| value.as_bytes().starts_with(b"application/json"));
        let body = read_within(request.into_body(), MAXIMUM_MESSAGE_BYTES).await;
        if let (Some(signal), Some(body), false) = (signal, body, is_json) {
            let workflows = Arc::clone(&self.workflows);
            let store = move || {
                let encoding = encoding.as_ref().map(HeaderValue::as_bytes);
                workflows.store_telemetry(signal, encoding, body, SystemTime::now());
            };
            // Decoding takes longer than a call of a runner. Its response waits, so that a later query finds the records.
            let _ = tokio::task::spawn_blocking(store).await;
        }
        let mut response = Response::new(ResponseBody::whole(Bytes::from_static(if is_json { b"{}" } else { b"" })));
        let content_type = content_type.unwrap_or(HeaderValue::from_static("application/x-protobuf"));
        response.headers_mut().insert(header::CONTENT_TYPE, content_type);
        response
    }

    /// Applies the injected fault of a request, if there is one.
    async fn meet_fault(&self, rpc: Rpc, headers: &HeaderMap) -> Result<AfterFault, Dropped> {
        let Some((outcome, retry_after)) = self.faults.take(rpc) else { return Ok(AfterFault::Serve) };
        let response = match outcome {
            Outcome::Rpc(code, message) => error_response(rpc_error(code, message), headers),
            Outcome::Http(status) => plain(status),
            Outcome::Html(status) => html(status),
            Outcome::Message(message) => body(StatusCode::OK, "application/proto", message),
            Outcome::Drop => return Err(Dropped),
            Outcome::Truncate => return Ok(AfterFault::Truncate),
            Outcome::Delay(duration) => {
                tokio::time::sleep(duration).await;
                return Ok(AfterFault::Serve);
            }
            Outcome::Silent => {
                self.faults.released().await;
                return Ok(AfterFault::Serve);
            }
            Outcome::Barrier(barrier) => {
                barrier.wait().await;
                return Ok(AfterFault::Serve);
            }
        };
        Ok(AfterFault::Respond(Box::new(with_retry_after(response, retry_after))))
    }

    async fn serve(&self, request: Request<RequestBody>) -> Response<ResponseBody> {
        // The protocol layer is cheap to clone and always ready.
        match self.service.clone().call(request).await {
            Ok(response) => without_trailers_of_errors(response),
            Err(never) => match never {},
        }
    }

    /// Returns the sender of a request, or `None` without a valid token.
    fn caller(&self, headers: &HeaderMap) -> Option<Caller> {
        if self.tokens.is_empty() {
            return Some(Caller::TRUSTED);
        }
        let given = headers.get(header::AUTHORIZATION)?.as_bytes().strip_prefix(b"Bearer ")?;
        let (_, permissions) = self.tokens.iter().find(|(token, _)| token.as_bytes() == given)?;
        Some(Caller { permissions: *permissions, is_public: false })
    }
}

/// The next step of a request after its injected fault.
enum AfterFault {
    Serve,
    /// Serve it, but truncate the body of the response.
    Truncate,
    Respond(Box<Response<ResponseBody>>),
}

/// Reads a body of at most `limit` bytes. Returns `None` if it is larger or the client disconnects.
async fn read_within(mut body: RequestBody, limit: usize) -> Option<Bytes> {
    let mut bytes = BytesMut::new();
    let mut is_too_large = false;
    while let Some(frame) = body.frame().await {
        let data = frame.ok()?.into_data().unwrap_or_default();
        is_too_large |= bytes.len() + data.len() > limit;
        // The rest is read as well, because the response has to reach the client.
        if !is_too_large {
            bytes.extend_from_slice(&data);
        }
    }
    (!is_too_large).then(|| bytes.freeze())
}

fn error_response(error: ConnectError, headers: &HeaderMap) -> Response<ResponseBody> {
    without_trailers_of_errors(error.into_http_response(headers))
}

/// Converts a response of the protocol layer. A gRPC error has its status in the headers and once more in trailers, after
/// which clients do not retry, so its body with the trailers is left out ("Trailers-Only").
fn without_trailers_of_errors(response: Response<ConnectRpcBody>) -> Response<ResponseBody> {
    match response.headers().contains_key(GRPC_STATUS) {
        true => response.map(|_| ResponseBody::whole(Bytes::new())),
        false => response.map(ResponseBody::of),
    }
}

/// Returns a plain-text response, as a proxy sends it.
fn plain(status: StatusCode) -> Response<ResponseBody> {
    text(status, "text/plain", status.canonical_reason().unwrap_or("injected fault").to_owned())
}

fn html(status: StatusCode) -> Response<ResponseBody> {
    let reason = status.canonical_reason().unwrap_or("injected fault");
    let page =
        format!("<!DOCTYPE html>\n<html><head><title>{reason}</title></head><body><h1>{reason}</h1></body></html>\n");
    text(status, "text/html; charset=utf-8", page)
}

fn text(status: StatusCode, content_type: &'static str, text: String) -> Response<ResponseBody> {
    body(status, content_type, text.into())
}

fn body(status: StatusCode, content_type: &'static str, body: Bytes) -> Response<ResponseBody> {
    let mut response = Response::new(ResponseBody::whole(body));
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    response
}

fn with_retry_after(mut response: Response<ResponseBody>, seconds: Option<u64>) -> Response<ResponseBody> {
    if let Some(seconds) = seconds {
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    response
}
