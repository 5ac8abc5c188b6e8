//! What was recorded, and the file it is kept in.

use std::fmt;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode};
use serde::{Deserialize, Serialize};

use super::message::method;

/// The headers of an answer that change what the client makes of it. No others are kept.
const KEPT: [&str; 4] = ["content-encoding", "content-type", "date", "retry-after"];

/// Exchanges in the order in which their answers came.
///
/// As text it has one line of JSON for each exchange, so that a difference between two recordings can be read:
///
/// ```json
/// {"method":"datasets.v1.DatasetService/GetDataset","request":"CghzZW50aW5lbA==","status":200,"headers":[["content-type","application/proto"]],"response":"GgA="}
/// ```
///
/// | member | holds |
/// |---|---|
/// | `method` | service and method |
/// | `request` | the message that was sent, uncompressed, in base64 |
/// | `status` | the HTTP status of the answer |
/// | `headers` | those of the answer that matter: `content-encoding`, `content-type`, `date`, `retry-after` |
/// | `response` | the body of the answer as it was transferred, in base64 |
///
/// Of the request no header is kept, so neither the API key nor what the client says of itself, nor its address. The bodies
/// are kept as they are: look at them before you publish a recording of data that is not public.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Recording {
    exchanges: Vec<Recorded>,
}

/// One exchange of a [`Recording`].
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Recorded {
    /// Service and method, such as `datasets.v1.DatasetService/GetDataset`.
    pub method: String,
    /// The message that was sent, uncompressed.
    pub request: Bytes,
    /// The status of the answer.
    pub status: StatusCode,
    /// The headers of the answer that matter.
    pub headers: HeaderMap,
    /// The body of the answer as it was transferred.
    pub response: Bytes,
}

/// A line of the file.
#[derive(Serialize, Deserialize)]
struct Line {
    method: String,
    request: String,
    status: u16,
    headers: Vec<(String, String)>,
    response: String,
}

impl Recording {
    /// The exchanges.
    #[must_use]
    pub fn exchanges(&self) -> &[Recorded] {
        &self.exchanges
    }

    pub(super) fn push(&mut self, exchange: Recorded) {
        self.exchanges.push(exchange);
    }
}

impl Recorded {
    /// What is kept of an exchange.
    pub(super) fn new(path: &str, request: Bytes, response: &Response<Bytes>) -> Self {
        let kept = KEPT.iter().filter_map(|name| {
            let value = response.headers().get(*name)?;
            Some((HeaderName::from_static(name), value.clone()))
        });
        Self {
            method: method(path).to_owned(),
            request,
            status: response.status(),
            headers: kept.collect(),
            response: response.body().clone(),
        }
    }

    pub(super) fn response(&self) -> Response<Bytes> {
        let mut response = Response::new(self.response.clone());
        *response.status_mut() = self.status;
        *response.headers_mut() = self.headers.clone();
        response
    }

    fn to_line(&self) -> Line {
        let headers = self.headers.iter().filter_map(|(name, value)| {
            let value = value.to_str().ok()?;
            Some((name.as_str().to_owned(), value.to_owned()))
        });
        Line {
            method: self.method.clone(),
            request: STANDARD.encode(&self.request),
            status: self.status.as_u16(),
            headers: headers.collect(),
            response: STANDARD.encode(&self.response),
        }
    }

    fn from_line(line: Line) -> Result<Self, String> {
        let base64 = |name: &str, text: &str| {
            STANDARD.decode(text).map(Bytes::from).map_err(|error| format!("its `{name}` is no base64: {error}"))
        };
        let header = |(name, value): (String, String)| {
            let pair = HeaderName::from_str(&name).ok().zip(HeaderValue::from_str(&value).ok());
            pair.ok_or_else(|| format!("`{name}: {value}` is no header"))
        };
        Ok(Self {
            request: base64("request", &line.request)?,
            status: StatusCode::from_u16(line.status).map_err(|_| format!("{} is no HTTP status", line.status))?,
            headers: line.headers.into_iter().map(header).collect::<Result<_, _>>()?,
            response: base64("response", &line.response)?,
            method: line.method,
        })
    }
}

/// The text of the file.
impl fmt::Display for Recording {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for exchange in &self.exchanges {
            let line = serde_json::to_string(&exchange.to_line()).map_err(|_| fmt::Error)?;
            writeln!(f, "{line}")?;
        }
        Ok(())
    }
}

/// Reads the text of a file. Empty lines count for nothing.
impl FromStr for Recording {
    type Err = RecordingError;

    fn from_str(text: &str) -> Result<Self, RecordingError> {
        let lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
        let exchanges = lines.map(|(index, line)| {
            let line = serde_json::from_str::<Line>(line).map_err(|error| error.to_string());
            line.and_then(Recorded::from_line).map_err(|reason| RecordingError { line: index + 1, reason })
        });
        Ok(Self { exchanges: exchanges.collect::<Result<_, _>>()? })
    }
}

/// Why a text is no recording.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordingError {
    line: usize,
    reason: String,
}

impl fmt::Display for RecordingError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "cannot read line {} of the recording: {}; record it anew", self.line, self.reason)
    }
}

impl std::error::Error for RecordingError {}
