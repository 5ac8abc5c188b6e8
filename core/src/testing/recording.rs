//! Recorded exchanges and their file format.

use std::fmt;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode};
use serde::{Deserialize, Serialize};

use super::request::method;
use crate::error::{self, Error};

/// Response headers that affect the client. No other header is recorded.
const RECORDED_HEADERS: [&str; 4] = ["content-encoding", "content-type", "date", "retry-after"];

/// Exchanges in the order of their responses.
///
/// Its text has one line of JSON per exchange, so that two recordings can be compared:
///
/// ```json
/// {"method":"datasets.v1.DatasetService/GetDataset","request":"CghzZW50aW5lbA==","status":200,"headers":[["content-type","application/proto"]],"response":"GgA="}
/// ```
///
/// | member | holds |
/// |---|---|
/// | `method` | service and method |
/// | `request` | request message, uncompressed, base64 |
/// | `status` | HTTP status of the response |
/// | `headers` | response headers: `content-encoding`, `content-type`, `date`, `retry-after` |
/// | `response` | response body as transferred, base64 |
///
/// The address and the headers of the request are not recorded, so a recording contains neither the API key nor the
/// client's metadata. It does contain complete bodies: check them before you publish a recording of private data.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Recording {
    exchanges: Vec<RecordedExchange>,
}

/// One exchange of a [`Recording`].
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct RecordedExchange {
    /// Service and method, such as `datasets.v1.DatasetService/GetDataset`.
    pub method: String,
    /// Request message, uncompressed.
    pub request: Bytes,
    /// Status of the response.
    pub status: StatusCode,
    /// Recorded headers of the response.
    pub headers: HeaderMap,
    /// Response body as transferred.
    pub response: Bytes,
}

/// One line of the file.
#[derive(Serialize, Deserialize)]
struct Line {
    method: String,
    request: String,
    status: u16,
    headers: Vec<(String, String)>,
    response: String,
}

impl Recording {
    /// Returns the exchanges in the order of their responses.
    #[must_use]
    pub fn exchanges(&self) -> &[RecordedExchange] {
        &self.exchanges
    }

    pub(super) fn push(&mut self, exchange: RecordedExchange) {
        self.exchanges.push(exchange);
    }
}

impl RecordedExchange {
    pub(super) fn new(path: &str, request: Bytes, response: &Response<Bytes>) -> Self {
        let headers = RECORDED_HEADERS.iter().filter_map(|name| {
            let value = response.headers().get(*name)?;
            Some((HeaderName::from_static(name), value.clone()))
        });
        Self {
            method: method(path).to_owned(),
            request,
            status: response.status(),
            headers: headers.collect(),
            response: response.body().clone(),
        }
    }

    pub(super) fn to_response(&self) -> Response<Bytes> {
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
            STANDARD.decode(text).map(Bytes::from).map_err(|error| format!("`{name}` is not valid base64: {error}"))
        };
        let header = |(name, value): (String, String)| {
            let pair = HeaderName::from_str(&name).ok().zip(HeaderValue::from_str(&value).ok());
            pair.ok_or_else(|| format!("`{name}: {value}` is not a valid header"))
        };
        Ok(Self {
            request: base64("request", &line.request)?,
            status: StatusCode::from_u16(line.status).map_err(|_| format!("{} is not an HTTP status", line.status))?,
            headers: line.headers.into_iter().map(header).collect::<Result<_, _>>()?,
            response: base64("response", &line.response)?,
            method: line.method,
        })
    }
}

/// Writes the text of the file.
impl fmt::Display for Recording {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for exchange in &self.exchanges {
            let line = serde_json::to_string(&exchange.to_line()).map_err(|_| fmt::Error)?;
            writeln!(f, "{line}")?;
        }
        Ok(())
    }
}

/// Parses the text of a file. Empty lines are skipped.
impl FromStr for Recording {
    type Err = Error;

    fn from_str(text: &str) -> error::Result<Self> {
        let lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
        let exchanges = lines.map(|(index, line)| {
            let line = serde_json::from_str::<Line>(line).map_err(|error| error.to_string());
            line.and_then(RecordedExchange::from_line).map_err(|reason| {
                let purpose = format!("read line {} of the recording", index + 1);
                Error::invalid(purpose, reason, "record it again")
            })
        });
        Ok(Self { exchanges: exchanges.collect::<Result<_, _>>()? })
    }
}
