//! What happens to a request before the protocol layer sees it: counting, latency, the rate limit, injected faults,
//! the token.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use connectrpc::{ConnectError, ConnectRpcService};
use http::{HeaderMap, HeaderValue, Request, Response, StatusCode, header};
use hyper::body::Incoming;
use tower_service::Service;

use super::body::AnswerBody;
use super::dispatch::Dispatch;
use super::rate::RateLimit;
use crate::faults::{Faults, Outcome, whole_seconds};
use crate::permissions::{Caller, Permissions};
use crate::requests::Requests;
use crate::rpc::Rpc;

/// Where requests enter.
pub(crate) struct Gate {
    pub(crate) service: ConnectRpcService<Dispatch>,
    pub(crate) requests: Arc<Requests>,
    pub(crate) faults: Arc<Faults>,
    /// How long each request waits.
    pub(crate) latency: Duration,
    /// The tokens of which callers need one, if any, with what each permits.
    pub(crate) tokens: Vec<(String, Permissions)>,
    pub(crate) rate_limit: Option<RateLimit>,
}

/// A request is not answered: the connection ends.
#[derive(Debug)]
pub(crate) struct Dropped;

impl fmt::Display for Dropped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the connection is dropped on demand")
    }
}

impl std::error::Error for Dropped {}

impl Gate {
    /// Answers one HTTP request.
    ///
    /// # Errors
    ///
    /// [`Dropped`] when there shall be no answer.
    pub(crate) async fn handle(&self, mut request: Request<Incoming>) -> Result<Response<AnswerBody>, Dropped> {
        let rpc = Rpc::of_path(request.uri().path());
        let _counted = self.requests.count(rpc.map(|(rpc, _)| rpc));
        if !self.latency.is_zero() {
            tokio::time::sleep(self.latency).await;
        }
        let mut truncate = false;
        if let Some((rpc, public)) = rpc {
            if let Some(wait) = self.rate_limit.as_ref().and_then(|limit| limit.check(Instant::now()).err()) {
                return Ok(with_retry_after(plain(StatusCode::TOO_MANY_REQUESTS), Some(whole_seconds(wait))));
            }
            if let Some((outcome, retry_after)) = self.faults.next(rpc) {
                let response = match outcome {
                    Outcome::Rpc(code, message) => Some(refuse(ConnectError::new(code, message), request.headers())),
                    Outcome::Http(status) => Some(plain(status)),
                    Outcome::Html(status) => Some(html(status)),
                    Outcome::Drop => return Err(Dropped),
                    Outcome::Truncate => None,
                };
                match response {
                    Some(response) => return Ok(with_retry_after(response, retry_after)),
                    None => truncate = true,
                }
            }
            let caller = if public { Some(Caller::ANYBODY) } else { self.caller(request.headers()) };
            let Some(caller) = caller else {
                return Ok(refuse(ConnectError::unauthenticated("a valid token is required"), request.headers()));
            };
            request.extensions_mut().insert(caller);
        }
        // The protocol layer is cheap to clone and always ready.
        match self.service.clone().call(request).await {
            Ok(response) if truncate => Ok(response.map(|body| AnswerBody::of(body).cut())),
            Ok(response) => Ok(response.map(AnswerBody::of)),
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

fn refuse(error: ConnectError, headers: &HeaderMap) -> Response<AnswerBody> {
    error.into_http_response(headers).map(AnswerBody::of)
}

/// An answer that is no RPC's, as a proxy on the way gives it.
fn plain(status: StatusCode) -> Response<AnswerBody> {
    text(status, "text/plain", status.canonical_reason().unwrap_or("injected fault").to_owned())
}

fn html(status: StatusCode) -> Response<AnswerBody> {
    let reason = status.canonical_reason().unwrap_or("injected fault");
    let page =
        format!("<!DOCTYPE html>\n<html><head><title>{reason}</title></head><body><h1>{reason}</h1></body></html>\n");
    text(status, "text/html; charset=utf-8", page)
}

fn text(status: StatusCode, content_type: &'static str, text: String) -> Response<AnswerBody> {
    let mut response = Response::new(AnswerBody::whole(text.into()));
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    response
}

fn with_retry_after(mut response: Response<AnswerBody>, seconds: Option<u64>) -> Response<AnswerBody> {
    if let Some(seconds) = seconds {
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    response
}
