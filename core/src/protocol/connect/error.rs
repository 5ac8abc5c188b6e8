//! A response that is an error: the JSON body of Connect, or other content with an error status.

use std::borrow::Cow;
use std::fmt;
use std::time::Duration;

use base64::Engine as _;
use base64::alphabet::STANDARD as ALPHABET;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use serde::{Deserialize, Deserializer, Serialize};

use super::{Code, Gateway, Metadata};
use crate::error::{Secret, plain};

/// The longest excerpt, in characters, of a response that is not a Connect error.
const EXCERPT: usize = 160;

/// An error in a response of the server or of a proxy before it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Error {
    /// The code that the server sent, or the one of its HTTP status.
    pub code: Code,
    /// The message of the server; for a response that is not a Connect error, a description of it.
    pub message: String,
    /// Typed details, unchanged.
    pub details: Vec<Detail>,
    /// The HTTP status of the response.
    pub status: StatusCode,
    /// Whether the response was a Connect error with a code, not the page of a proxy or of another server.
    pub is_connect: bool,
    /// The time to wait before the next attempt, as the server requests.
    pub retry_after: Option<Duration>,
    /// Headers and trailers of the response, such as a request id for a support case.
    pub metadata: Box<Metadata>,
}

/// A detail of an error: a protobuf message.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Detail {
    /// The full name of the message type, without a prefix.
    pub type_name: String,
    /// The encoded message.
    pub value: Bytes,
}

/// The JSON body of an error (Connect protocol, "Error End-Stream" and "Unary-Response").
#[derive(Serialize, Deserialize)]
struct Body {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    code: Option<String>,
    #[serde(default, skip_serializing_if = "String::is_empty", deserialize_with = "null_as_absent")]
    message: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty", deserialize_with = "null_as_absent")]
    details: Vec<DetailBody>,
}

#[derive(Serialize, Deserialize)]
struct DetailBody {
    #[serde(rename = "type", default, deserialize_with = "null_as_absent")]
    type_name: String,
    #[serde(default, deserialize_with = "null_as_absent")]
    value: String,
}

/// Reads `null` as an absent field (ProtoJSON, "Null values").
fn null_as_absent<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de> + Default,
{
    Option::<T>::deserialize(deserializer).map(Option::unwrap_or_default)
}

/// Connect writes base64 without padding; readers accept it with and without.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &ALPHABET,
    GeneralPurposeConfig::new().with_encode_padding(false).with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

impl Error {
    /// Creates the error of a server that speaks Connect.
    #[must_use]
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
            details: Vec::new(),
            status: code.http_status(),
            is_connect: true,
            retry_after: None,
            metadata: Box::default(),
        }
    }

    /// Reads the JSON body of a response with an error status; returns `None` for other content.
    ///
    /// As the protocol requires, the status determines a missing or unknown code. Details that cannot be read are left
    /// out, so that the message is kept.
    #[must_use]
    pub fn from_json(status: StatusCode, body: &[u8]) -> Option<Self> {
        let body: Body = serde_json::from_slice(body).ok()?;
        let named = body.code.as_deref().and_then(Code::from_name);
        let code = named.unwrap_or_else(|| Code::from_http_status(status));
        let details = body.details.into_iter().filter_map(|detail| {
            let value = BASE64.decode(detail.value).ok()?.into();
            Some(Detail { type_name: detail.type_name, value })
        });
        Some(Self {
            code,
            message: body.message,
            details: details.collect(),
            status,
            is_connect: named.is_some(),
            retry_after: None,
            metadata: Box::default(),
        })
    }

    /// Adds the headers of the response.
    pub(super) fn with_headers(self, headers: HeaderMap) -> Self {
        Self { metadata: Box::new(Metadata::from_headers(headers)), ..self }
    }

    /// Describes a response that is not a Connect error.
    #[must_use]
    pub fn from_foreign_response(status: StatusCode, content_type: Option<&str>, body: &[u8]) -> Self {
        let kind = content_type.unwrap_or("content without a type");
        let mut message = format!("HTTP {status} ({kind})");
        let excerpt = excerpt(body);
        if !excerpt.is_empty() {
            message.push_str(&format!(": “{excerpt}”"));
        }
        Self {
            code: Code::from_http_status(status),
            message,
            details: Vec::new(),
            status,
            is_connect: false,
            retry_after: None,
            metadata: Box::default(),
        }
    }

    /// Returns the JSON body of this error. A server sends it with the status of the code.
    #[must_use]
    pub fn to_json(&self) -> Vec<u8> {
        let body = Body {
            code: Some(self.code.as_str().to_owned()),
            message: self.message.clone(),
            details: self
                .details
                .iter()
                .map(|detail| DetailBody { type_name: detail.type_name.clone(), value: BASE64.encode(&detail.value) })
                .collect(),
        };
        serde_json::to_vec(&body).unwrap_or_default()
    }

    /// Whether a rate limit made the server refuse the request before it acted on it.
    ///
    /// Connect has one code for a rate limit and for an exhausted quota. Only a rate limit passes with time, and only then
    /// the server sends `Retry-After`. A gateway sends status 429. The message is not considered.
    #[must_use]
    pub fn is_rate_limit(&self) -> bool {
        match self.code {
            Code::Unavailable => self.status == StatusCode::TOO_MANY_REQUESTS,
            Code::ResourceExhausted => self.retry_after.is_some(),
            _ => false,
        }
    }

    /// Returns the class of the status if the error comes from a gateway: neither a Connect error nor a success.
    #[must_use]
    pub fn gateway(&self) -> Option<Gateway> {
        (!self.is_connect && !self.status.is_success()).then(|| Gateway::of(self.status))
    }

    /// Removes the API key from the error.
    pub(crate) fn redacted(mut self, secret: &Secret) -> Self {
        if let Cow::Owned(message) = secret.redact(&self.message) {
            self.message = message;
        }
        for detail in &mut self.details {
            if secret.occurs_in(&detail.value) {
                detail.value = Bytes::new();
            }
        }
        self
    }
}

/// Prints one line without control characters.
impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let message = plain(&self.message);
        if message.is_empty() {
            return write!(f, "{} (HTTP {})", self.code, self.status.as_u16());
        }
        f.write_str(&message)
    }
}

impl std::error::Error for Error {}

/// Returns the first characters of a body in one line and without markup; empty for binary content.
fn excerpt(body: &[u8]) -> String {
    // Enough bytes to find text after the head of a page, and never a whole large body.
    let start = body.get(..body.len().min(4096)).unwrap_or_default();
    let text = match std::str::from_utf8(start) {
        Ok(text) => text,
        // Only the last character may be incomplete.
        Err(error) if error.error_len().is_none() => {
            std::str::from_utf8(&start[..error.valid_up_to()]).unwrap_or_default()
        }
        Err(_) => return String::new(),
    };
    let mut plain = String::new();
    let mut in_tag = false;
    for character in text.chars() {
        match character {
            '<' => in_tag = true,
            '>' if in_tag => {
                in_tag = false;
                plain.push(' ');
            }
            _ if in_tag => {}
            _ if character.is_control() => plain.push(' '),
            _ => plain.push(character),
        }
    }
    let words: Vec<&str> = plain.split_whitespace().collect();
    let line = words.join(" ");
    match line.char_indices().nth(EXCERPT) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_json_error_keeps_code_message_and_details() {
        let body = br#"{"code":"not_found","message":"no such dataset",
            "details":[{"type":"google.rpc.Help","value":"CgA"},{"type":"padded","value":"CgA="},{"type":"bad","value":"*"}]}"#;
        let error = Error::from_json(StatusCode::NOT_FOUND, body).expect("a Connect error");
        assert_eq!((error.code, error.message.as_str()), (Code::NotFound, "no such dataset"));
        assert_eq!(error.details.len(), 2);
        assert!(error.details.iter().all(|detail| detail.value == b"\x0a\x00".as_slice()));
    }

    #[test]
    fn a_json_error_without_a_known_code_takes_it_from_the_status() {
        for body in [&b"{}"[..], br#"{"code":"teapot","message":"x"}"#] {
            let error = Error::from_json(StatusCode::SERVICE_UNAVAILABLE, body).expect("a Connect error");
            assert_eq!(error.code, Code::Unavailable);
        }
        assert_eq!(Error::from_json(StatusCode::BAD_REQUEST, b"<html>"), None);
    }

    #[test]
    fn a_null_field_of_a_json_error_is_absent() {
        for (body, message) in [
            (&br#"{"code":"not_found","message":null}"#[..], ""),
            (br#"{"code":"not_found","message":"oops","details":null}"#, "oops"),
            (br#"{"code":"not_found","message":"oops","details":[{"type":null,"value":null}]}"#, "oops"),
        ] {
            let error = Error::from_json(StatusCode::NOT_IMPLEMENTED, body).expect("a Connect error");
            assert_eq!((error.code, error.message.as_str()), (Code::NotFound, message));
        }
        let error = Error::from_json(StatusCode::NOT_FOUND, br#"{"code":null}"#).expect("a Connect error");
        assert_eq!(error.code, Code::from_http_status(StatusCode::NOT_FOUND));
    }

    #[test]
    fn what_is_written_reads_back() {
        for code in Code::ALL {
            let mut error = Error::new(code, "because of \"this\"");
            error.details.push(Detail { type_name: "a.B".to_owned(), value: Bytes::from_static(b"\x01\x02") });
            assert_eq!(Error::from_json(code.http_status(), &error.to_json()), Some(error));
        }
    }

    #[test]
    fn the_page_of_a_proxy_is_one_short_line() {
        let page = "<html><head><title>502 Bad Gateway</title></head>\n<body>\t<h1>nginx</h1></body></html>";
        let error = Error::from_foreign_response(StatusCode::BAD_GATEWAY, Some("text/html"), page.as_bytes());
        assert_eq!(error.code, Code::Unavailable);
        assert_eq!(error.message, "HTTP 502 Bad Gateway (text/html): “502 Bad Gateway nginx”");

        let long = "é".repeat(10_000);
        let error = Error::from_foreign_response(StatusCode::OK, None, long.as_bytes());
        assert!(error.message.chars().count() < 230, "{}", error.message);
        let binary = Error::from_foreign_response(StatusCode::OK, Some("image/png"), b"\x89PNG\xff\xfe");
        assert_eq!(binary.message, "HTTP 200 OK (image/png)");
    }

    #[test]
    fn a_rate_limit_differs_from_a_quota() {
        let quota = Error::new(Code::ResourceExhausted, "your plan allows 10 datasets");
        assert!(!quota.is_rate_limit());
        assert!(Error { retry_after: Some(Duration::from_secs(1)), ..quota }.is_rate_limit());
        assert!(!Error::new(Code::ResourceExhausted, "HTTP 429, too many requests").is_rate_limit());
        assert!(!Error::new(Code::Unavailable, "shutting down").is_rate_limit());
        let json = Error::from_json(StatusCode::TOO_MANY_REQUESTS, br#"{"message":"slow down"}"#).expect("an error");
        assert!(json.is_rate_limit());
        assert!(Error::from_foreign_response(StatusCode::TOO_MANY_REQUESTS, None, b"").is_rate_limit());
    }

    #[test]
    fn json_without_a_code_comes_from_a_gateway() {
        let error = Error::from_json(StatusCode::PAYLOAD_TOO_LARGE, br#"{"message":"Request Too Long"}"#);
        let error = error.expect("an error");
        assert_eq!((error.gateway(), error.to_string().as_str()), (Some(Gateway::BodyTooLong), "Request Too Long"));
        let error = Error::from_json(StatusCode::INTERNAL_SERVER_ERROR, br#"{"code":"internal"}"#).expect("an error");
        assert_eq!(error.gateway(), None);
    }

    #[test]
    fn a_message_prints_in_one_line_and_without_the_key() {
        let said = "no\u{1b}[2J such\nthing\u{202e}";
        assert_eq!(Error::new(Code::NotFound, said).to_string(), "no[2J such thing");
        let key = http::HeaderValue::from_static("Bearer tbx-0123456789");
        let key = Secret::of_header(&key).expect("a key");
        let mut error = Error::new(Code::Internal, "you sent tbx-\u{200b}0123456789");
        error.details.push(Detail { type_name: "a.B".to_owned(), value: "tbx-0123456789".into() });
        let error = error.redacted(&key);
        assert!(!format!("{error} {error:?}").contains("0123456789"), "{error:?}");
        let page = "x".repeat(140) + " Bearer tbx-0123456789";
        let page = Error::from_foreign_response(StatusCode::BAD_GATEWAY, None, page.as_bytes()).redacted(&key);
        assert!(!page.to_string().contains("tbx-0"), "{page}");
    }
}
