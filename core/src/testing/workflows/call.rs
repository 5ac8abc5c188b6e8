//! Requests of runners, decoded as a server does, and their responses.

use bytes::Bytes;
use http::StatusCode;
use http::header::{CONTENT_ENCODING, CONTENT_TYPE, HeaderValue};
use prost::Message;
use uuid::Uuid;

use super::trace::Request;
use crate::protocol::connect::{self, Code, gzip};
use crate::protocol::id;
use crate::protocol::rpc::Rpc;
use crate::protocol::wire::tilebox::v1::Id;
use crate::protocol::wire::workflows::v1 as wire;
use crate::workflows::rpc::{ExtendTaskLease, NextTask, TaskFailed};

/// The longest decompressed request.
const MAX_REQUEST: usize = 1 << 26;

/// A decoded request.
#[derive(Clone, Debug)]
pub(super) enum Call {
    NextTask(wire::NextTaskRequest),
    TaskFailed(wire::TaskFailedRequest),
    ExtendLease(wire::TaskLeaseRequest),
}

impl Call {
    /// Decodes a request.
    ///
    /// # Errors
    ///
    /// The reason, when it is none of a runner or its message is not valid.
    pub(super) fn decode(request: &http::Request<Bytes>) -> Result<Self, String> {
        let body = if request.headers().contains_key(CONTENT_ENCODING) {
            gzip::decompress(request.body(), MAX_REQUEST).map_err(|error| error.to_string())?
        } else {
            request.body().clone()
        };
        let decoded = match request.uri().path() {
            NextTask::PATH => wire::NextTaskRequest::decode(body).map(Self::NextTask),
            TaskFailed::PATH => wire::TaskFailedRequest::decode(body).map(Self::TaskFailed),
            ExtendTaskLease::PATH => wire::TaskLeaseRequest::decode(body).map(Self::ExtendLease),
            path => return Err(format!("runners do not call {path}")),
        };
        decoded.map_err(|error| error.to_string())
    }

    /// Returns what the trace says about it.
    pub(super) fn request(&self) -> Request {
        match self {
            Self::NextTask(message) => Request::NextTask {
                computed: message.computed_task.as_ref().map(|task| uuid(task.id.as_ref())),
                asks: message.next_task_to_run.is_some(),
            },
            Self::TaskFailed(message) => {
                Request::TaskFailed { task: uuid(message.task_id.as_ref()), by_task: message.was_workflow_error }
            }
            Self::ExtendLease(message) => Request::ExtendLease { task: uuid(message.task_id.as_ref()) },
        }
    }
}

/// Returns the id of a message; the nil id if there is none.
pub(super) fn uuid(id: Option<&Id>) -> Uuid {
    id.and_then(id::from_wire).unwrap_or_default()
}

/// Returns the response with this message.
pub(super) fn response(message: &impl Message) -> http::Response<Bytes> {
    let mut response = http::Response::new(message.encode_to_vec().into());
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(connect::CONTENT_TYPE));
    response
}

/// Returns the response of a Connect server for an error.
pub(super) fn error_response(code: Code, message: &str) -> http::Response<Bytes> {
    let mut response = http::Response::new(connect::Error::new(code, message).to_json().into());
    *response.status_mut() = code.http_status();
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

/// Returns the page of a gateway whose server does not respond.
pub(super) fn gateway_response() -> http::Response<Bytes> {
    let mut response = http::Response::new(Bytes::from_static(b"<html><h1>502 Bad Gateway</h1></html>"));
    *response.status_mut() = StatusCode::BAD_GATEWAY;
    response
}
