//! A call through the driver of the client, and its result in the messages of the suite.

use std::collections::BTreeMap;
use std::error::Error as _;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures::future::{Either, select};
use http::{HeaderMap, HeaderName, HeaderValue, Uri};
use prost::{DecodeError, Message as _};
use tilebox_core::Client;
use tilebox_core::error::Error;
use tilebox_core::protocol::call::{CallPolicy, CallRequest};
use tilebox_core::protocol::connect::{self, Metadata};
use tilebox_core::protocol::exchange::ExchangeError;
use tilebox_core::protocol::exchange::TransportErrorKind;
use tilebox_core::protocol::retry::{Idempotency, RetryPolicy};
use tilebox_core::runtime::Runtime;
use tilebox_core::testing;

use crate::proto::client_compat_request::cancel::CancelTiming;
use crate::proto::{
    self, ClientCompatRequest, ClientResponseResult, Code, Codec, Compression, Header, Protocol, StreamType,
    UnaryResponse,
};

/// Makes the call that the runner describes. An error says why it cannot be made.
pub(crate) async fn make(
    client: &Client,
    runtime: Arc<dyn Runtime>,
    request: &ClientCompatRequest,
) -> Result<ClientResponseResult, String> {
    let call = pin!(testing::call(client, policy(request), call_request(request)?));
    let result = match cancel_after(request)? {
        None => call.await,
        Some(wait) => match select(call, runtime.sleep_until(runtime.now() + wait)).await {
            Either::Left((result, _)) => result,
            // Returning drops the call, which is how it is cancelled.
            Either::Right(_) => {
                let error = plain(Code::Canceled, "the call was dropped".to_owned());
                return Ok(ClientResponseResult { error: Some(error), ..ClientResponseResult::default() });
            }
        },
    };
    Ok(match result {
        Ok(reply) => ClientResponseResult {
            payloads: vec![reply.message.payload.unwrap_or_default()],
            ..with_metadata(&reply.metadata)
        },
        Err(error) => failed(&error),
    })
}

/// A response from the client.
struct Reply {
    message: UnaryResponse,
    metadata: Metadata,
}

fn call_request(request: &ClientCompatRequest) -> Result<CallRequest<Reply>, String> {
    if (request.protocol(), request.codec()) != (Protocol::Connect, Codec::Proto) {
        return Err("expects the Connect protocol and binary messages".to_owned());
    }
    if request.stream_type() != StreamType::Unary || request.use_get_http_method || request.raw_request.is_some() {
        return Err("expects a unary call with POST".to_owned());
    }
    let gzip_threshold = match request.compression() {
        Compression::Gzip => 0,
        Compression::Unspecified | Compression::Identity => usize::MAX,
        other => return Err(format!("expects gzip or no compression, got {}", other.as_str_name())),
    };
    let [message] = &*request.request_messages else {
        return Err(format!("expects one message, got {}", request.request_messages.len()));
    };
    let method = request.method();
    let message_type = message.type_url.rsplit('/').next().unwrap_or_default();
    if message_type != format!("connectrpc.conformance.v1.{method}Request") {
        return Err(format!("expects a message of the method {method}, got {message_type}"));
    }

    let scheme = if request.server_tls_cert.is_empty() { "http" } else { "https" };
    let uri = format!("{scheme}://{}:{}/{}/{method}", request.host, request.port, request.service());
    let uri: Uri = uri.parse().map_err(|error| format!("{uri}: {error}"))?;
    let mut headers = HeaderMap::new();
    for header in &request.request_headers {
        let name: HeaderName = header.name.parse().map_err(|error| format!("{}: {error}", header.name))?;
        for value in &header.value {
            headers.append(&name, HeaderValue::from_str(value).map_err(|error| format!("{value}: {error}"))?);
        }
    }
    let request = connect::Request::new(uri, headers, Bytes::from(message.value.clone()), gzip_threshold);
    // The responses of all methods have the same fields.
    let decode = |response: &connect::UnaryResponse| -> Result<Reply, DecodeError> {
        Ok(Reply { message: UnaryResponse::decode(&*response.message)?, metadata: response.metadata.clone() })
    };
    Ok(CallRequest::new(request, Idempotency::NotIdempotent, "call the server of the suite", decode))
}

/// Returns a policy with one attempt, without a timeout unless the runner sets one: servers of the suite report
/// unexpected timeouts.
fn policy(request: &ClientCompatRequest) -> CallPolicy {
    let mut policy = CallPolicy::default();
    policy.retry = RetryPolicy::never();
    policy.timeout = request.timeout_ms.map_or(Duration::MAX, |value| Duration::from_millis(value.into()));
    policy.attempt_timeout = policy.timeout;
    if request.message_receive_limit > 0 {
        policy.message_limit = request.message_receive_limit as usize;
    }
    policy
}

fn cancel_after(request: &ClientCompatRequest) -> Result<Option<Duration>, String> {
    let Some(cancel) = &request.cancel else { return Ok(None) };
    match &cancel.cancel_timing {
        None => Ok(Some(Duration::ZERO)),
        Some(CancelTiming::AfterCloseSendMs(value)) => Ok(Some(Duration::from_millis((*value).into()))),
        Some(_) => Err("expects a unary call to be cancelled after it was sent".to_owned()),
    }
}

fn with_metadata(metadata: &Metadata) -> ClientResponseResult {
    ClientResponseResult {
        response_headers: headers(&metadata.headers),
        response_trailers: headers(&metadata.trailers),
        ..ClientResponseResult::default()
    }
}

fn headers(headers: &HeaderMap) -> Vec<Header> {
    let mut values: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for (name, value) in headers {
        values.entry(name.as_str()).or_default().push(String::from_utf8_lossy(value.as_bytes()).into_owned());
    }
    values.into_iter().map(|(name, value)| Header { name: name.to_owned(), value }).collect()
}

fn failed(error: &Error) -> ClientResponseResult {
    let failure = error.source().and_then(|source| source.downcast_ref::<ExchangeError>());
    if let Some(ExchangeError::BadResponse(response)) = failure {
        let details = response.details.iter().map(|detail| prost_types::Any {
            type_url: format!("type.googleapis.com/{}", detail.type_name),
            value: detail.value.to_vec(),
        });
        let error = proto::Error { details: details.collect(), ..plain(code(response.code), response.message.clone()) };
        return ClientResponseResult { error: Some(error), ..with_metadata(&response.metadata) };
    }
    // Only responses have codes. These are the ones that other clients use.
    let code = match failure {
        Some(ExchangeError::NoResponse(transport)) => match transport.kind() {
            TransportErrorKind::TimedOut => Code::DeadlineExceeded,
            TransportErrorKind::Connect | TransportErrorKind::NotProcessed | TransportErrorKind::Interrupted => {
                Code::Unavailable
            }
            TransportErrorKind::TooLarge => Code::ResourceExhausted,
            _ => Code::Unknown,
        },
        Some(ExchangeError::Unreadable(_)) => Code::Internal,
        _ => Code::Unknown,
    };
    ClientResponseResult { error: Some(plain(code, error.to_string())), ..ClientResponseResult::default() }
}

fn plain(code: Code, message: String) -> proto::Error {
    proto::Error { code: code.into(), message: Some(message), details: Vec::new() }
}

/// Both enumerations have the order of the protocol; that of the suite begins with 1.
fn code(code: connect::Code) -> Code {
    let index = connect::Code::ALL.into_iter().position(|known| known == code);
    index.and_then(|index| Code::try_from(index as i32 + 1).ok()).unwrap_or(Code::Unknown)
}
