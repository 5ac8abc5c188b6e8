//! What happens to a request before the protocol layer sees it: counting, latency, injected faults, the token.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use connectrpc::{ConnectError, ConnectRpcBody, ConnectRpcService};
use http::{HeaderMap, HeaderValue, Request, Response, StatusCode, header};
use http_body_util::{Either, Full};
use hyper::body::Incoming;
use tower_service::Service;

use super::dispatch::Dispatch;
use crate::faults::{Faults, Outcome};
use crate::permissions::{Caller, Permissions};
use crate::requests::Requests;
use crate::rpc::Rpc;

/// An answer of the protocol layer, or a plain one.
type Body = Either<ConnectRpcBody, Full<Bytes>>;

/// Where requests enter.
pub(crate) struct Gate {
    pub(crate) service: ConnectRpcService<Dispatch>,
    pub(crate) requests: Arc<Requests>,
    pub(crate) faults: Arc<Faults>,
    /// How long each request waits.
    pub(crate) latency: Duration,
    /// The tokens of which callers need one, if any, with what each permits.
    pub(crate) tokens: Vec<(String, Permissions)>,
}

impl Gate {
    /// Answers one HTTP request.
    pub(crate) async fn handle(&self, mut request: Request<Incoming>) -> Response<Body> {
        let rpc = Rpc::of_path(request.uri().path());
        let _counted = self.requests.count(rpc.map(|(rpc, _)| rpc));
        if !self.latency.is_zero() {
            tokio::time::sleep(self.latency).await;
        }
        if let Some((rpc, public)) = rpc {
            if let Some((outcome, retry_after)) = self.faults.next(rpc) {
                let mut response = fail(outcome, request.headers());
                if let Some(seconds) = retry_after {
                    response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
                }
                return response;
            }
            let caller = if public { Some(Caller::ANYBODY) } else { self.caller(request.headers()) };
            let Some(caller) = caller else {
                return refuse(ConnectError::unauthenticated("a valid token is required"), request.headers());
            };
            request.extensions_mut().insert(caller);
        }
        // The protocol layer is cheap to clone and always ready.
        match self.service.clone().call(request).await {
            Ok(response) => response.map(known_length),
            Err(never) => match never {},
        }
    }

    /// Who sent a request; nobody without a valid token.
    fn caller(&self, headers: &HeaderMap) -> Option<Caller> {
        if self.tokens.is_empty() {
            return Some(Caller::TRUSTED);
        }
        let given = headers.get(header::AUTHORIZATION)?.as_bytes().strip_prefix(b"Bearer ")?;
        let (_, permissions) = self.tokens.iter().find(|(token, _)| token.as_bytes() == given)?;
        Some(Caller { permissions: *permissions, public: false })
    }
}

fn fail(outcome: Outcome, headers: &HeaderMap) -> Response<Body> {
    match outcome {
        Outcome::Rpc(code, message) => refuse(ConnectError::new(code, message), headers),
        Outcome::Http(status) => {
            let reason = status.canonical_reason().unwrap_or("injected fault");
            plain(status, reason)
        }
    }
}

fn refuse(error: ConnectError, headers: &HeaderMap) -> Response<Body> {
    error.into_http_response(headers).map(known_length)
}

/// The bodies of the protocol layer hide their length, and an answer without `Content-Length` comes in chunks.
fn known_length(body: ConnectRpcBody) -> Body {
    match body {
        ConnectRpcBody::Full(full) => Either::Right(full),
        other => Either::Left(other),
    }
}

/// An answer that is no RPC's, as a proxy on the way gives it.
fn plain(status: StatusCode, text: &'static str) -> Response<Body> {
    let mut response = Response::new(Either::Right(Full::new(Bytes::from_static(text.as_bytes()))));
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("text/plain"));
    response
}
