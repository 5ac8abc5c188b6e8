//! Converts the failure of a call into an [`Error`]: the kind, the reason and the advice of its last attempt.

use std::borrow::Cow;
use std::time::Duration;

use http::Uri;
use http::header::LOCATION;

use crate::error::{Error, ErrorKind};
use crate::protocol::connect::{self, Code, Gateway};
use crate::protocol::endpoint::socket::UnixSocket;
use crate::protocol::endpoint::token::api_keys_page;
use crate::protocol::endpoint::url::without_secrets;
use crate::protocol::exchange::{ExchangeError, TransportErrorKind};

/// The attempts of a call that failed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Attempts {
    pub(crate) count: u32,
    /// Network time of the attempts and of the waits between them.
    pub(crate) elapsed: Duration,
    /// Whether the server may have acted on an attempt.
    pub(crate) may_have_happened: bool,
}

impl CallContext {
    /// Returns the error of the call, whose last attempt failed with `failure`.
    pub(crate) fn error(&self, attempts: Attempts, failure: ExchangeError) -> Error {
        let call = self;
        let (kind, advice) = classify(call, &failure);
        let mut reason = match (&failure, kind) {
            (ExchangeError::NoResponse(_), ErrorKind::Network | ErrorKind::TimedOut) => {
                format!("no response from {}: {failure}", call.server())
            }
            (ExchangeError::BadResponse(error), ErrorKind::UnexpectedResponse) => match target(error) {
                Some(target) => format!("{} redirects to `{target}` (HTTP {})", call.server(), error.status.as_u16()),
                None => format!("unexpected response from {}: {failure}", call.server()),
            },
            (_, ErrorKind::UnexpectedResponse) => format!("unexpected response from {}: {failure}", call.server()),
            _ => failure.to_string(),
        };
        let may_have_happened = call.writes && attempts.may_have_happened;
        reason.push_str(&attempts.note(retry_after(&failure), may_have_happened));
        // The advice of a transport is more specific.
        let known = match &failure {
            ExchangeError::NoResponse(error) => error.advice().map(str::to_owned),
            ExchangeError::BadResponse(_) | ExchangeError::Unreadable(_) => None,
        };
        let advice = match known {
            Some(known) => Cow::Owned(known),
            // An idempotent call is safe to repeat, so the advice on its failure is more useful.
            None if may_have_happened && !call.idempotent => Cow::Borrowed(CHECK_RESULT),
            None => Cow::Borrowed(advice),
        };
        let error = Error::new(kind, call.purpose.clone(), reason, advice).with_source(failure);
        error.with_may_have_happened(may_have_happened)
    }
}

impl Attempts {
    /// Returns the note in brackets after the reason; empty if there is nothing to add.
    fn note(&self, retry_after: Option<Duration>, may_have_happened: bool) -> String {
        let mut notes = Vec::new();
        if self.count > 1 {
            let elapsed = match self.elapsed.as_millis() {
                0 => String::new(),
                _ => format!(" in {}", seconds(self.elapsed)),
            };
            notes.push(format!("after {} attempts{elapsed}", self.count));
        }
        if let Some(wait) = retry_after {
            notes.push(format!("the server asks to wait {}", seconds(wait)));
        }
        if may_have_happened {
            notes.push("it may have happened nevertheless".to_owned());
        }
        if notes.is_empty() { String::new() } else { format!(" ({})", notes.join("; ")) }
    }
}

/// Formats a duration in seconds, with tenths below ten seconds.
fn seconds(duration: Duration) -> String {
    let seconds = duration.as_secs_f64();
    if seconds < 10.0 && duration.subsec_nanos() > 0 { format!("{seconds:.1} s") } else { format!("{seconds:.0} s") }
}

fn retry_after(failure: &ExchangeError) -> Option<Duration> {
    match failure {
        ExchangeError::BadResponse(error) => error.retry_after.filter(|wait| !wait.is_zero()),
        ExchangeError::NoResponse(_) | ExchangeError::Unreadable(_) => None,
    }
}

/// Returns the target of a redirect without possible secrets.
fn target(error: &connect::Error) -> Option<String> {
    error.gateway().filter(|gateway| *gateway == Gateway::Redirect)?;
    let location = error.metadata.headers.get(LOCATION)?;
    Some(without_secrets(&String::from_utf8_lossy(location.as_bytes())))
}

/// The properties of a call that its error depends on.
#[derive(Clone, Debug)]
pub(crate) struct CallContext {
    /// Completes "cannot …".
    pub(crate) purpose: Cow<'static, str>,
    /// The URI of the method.
    pub(crate) uri: Uri,
    /// Whether the call uses the path for anonymous access.
    pub(crate) public: bool,
    /// Whether it carries an API key.
    pub(crate) has_key: bool,
    /// Whether it changes something on the server.
    pub(crate) writes: bool,
    /// Whether repeating it has no further effect.
    pub(crate) idempotent: bool,
}

impl CallContext {
    /// Returns the scheme, host and port of the server, or its socket.
    pub(crate) fn server(&self) -> String {
        let authority = self.uri.authority().map_or("", http::uri::Authority::as_str);
        match UnixSocket::of(&self.uri) {
            Some(socket) => socket.to_string(),
            None => without_secrets(&format!("{}://{authority}", self.uri.scheme_str().unwrap_or("http"))),
        }
    }

    fn key_advice(&self) -> &'static str {
        if self.has_key { CHECK_KEY } else { CREATE_KEY }
    }
}

const CHECK_URL: &str = "check the URL, and whether the server runs and a proxy is needed to reach it";
const GIVE_PROXY_USER: &str = "set HTTPS_PROXY (HTTP_PROXY for an http URL) to a proxy that forwards requests, with its \
                               user name and password: http://name:password@host:port";
const CHECK_KEY: &str =
    concat!("check the API key: pass `token`, or set TILEBOX_API_KEY; create keys at ", api_keys_page!());
const CREATE_KEY: &str =
    concat!("create an API key at ", api_keys_page!(), ", and pass it as `token` or set TILEBOX_API_KEY");
const CHECK_NAME: &str = "check the name, and whether your account can see it";
const CHECK_NAME_OR_ADD_KEY: &str =
    concat!("check the name; without an API key only open data is visible: create keys at ", api_keys_page!());
const LIMITED: &str = "wait, or lower `concurrency`";
const LIMITED_WITHOUT_KEY: &str =
    concat!("wait, or use an API key, which allows more requests: create keys at ", api_keys_page!());
const NOT_TILEBOX: &str = "check that the URL is that of a Tilebox API, not of its web pages";

const CHECK_RESULT: &str = "check whether it happened before trying again";
const TRY_LATER: &str = "the server is unavailable; try again later";
const REPORT_IT: &str = "try again later, and report it to the operator of the server if it persists";

const MORE_TIME: &str = "try again, or allow more time with `timeout` and `attempt_timeout`";

fn classify(call: &CallContext, failure: &ExchangeError) -> (ErrorKind, &'static str) {
    match failure {
        ExchangeError::NoResponse(error) => match error.kind() {
            TransportErrorKind::TimedOut => (ErrorKind::TimedOut, MORE_TIME),
            TransportErrorKind::TooLarge => (ErrorKind::UnexpectedResponse, "ask for smaller pages with `page_size`"),
            TransportErrorKind::Unsupported => (ErrorKind::InvalidArgument, CHECK_URL),
            TransportErrorKind::NoExecutor => {
                (ErrorKind::NoExecutor, "use the client on the executor of its runtime crate")
            }
            TransportErrorKind::ProxyDenied => (ErrorKind::Network, GIVE_PROXY_USER),
            TransportErrorKind::NotProcessed => (ErrorKind::Network, TRY_LATER),
            TransportErrorKind::Connect | TransportErrorKind::Interrupted => (ErrorKind::Network, CHECK_URL),
        },
        ExchangeError::BadResponse(error) => classify_response(call, error),
        ExchangeError::Unreadable(_) => (
            ErrorKind::Undecodable,
            "update the client if the server is newer; otherwise the data or the connection is damaged",
        ),
    }
}

fn classify_response(call: &CallContext, error: &connect::Error) -> (ErrorKind, &'static str) {
    if error.is_rate_limit() {
        return (ErrorKind::TooManyRequests, if call.public { LIMITED_WITHOUT_KEY } else { LIMITED });
    }
    if let Some(class) = error.gateway().and_then(classify_gateway) {
        return class;
    }
    match error.code {
        Code::Unauthenticated => (ErrorKind::Unauthenticated, call.key_advice()),
        Code::PermissionDenied => (ErrorKind::PermissionDenied, "ask the owner for access"),
        Code::Unimplemented if call.public && error.is_connect => (ErrorKind::LoginRequired, call.key_advice()),
        Code::Unavailable => (ErrorKind::Network, TRY_LATER),
        _ if !error.is_connect => (ErrorKind::UnexpectedResponse, NOT_TILEBOX),
        Code::Unimplemented => (ErrorKind::Unimplemented, "check the URL, and update the client or the server"),
        Code::NotFound => (ErrorKind::NotFound, if call.public { CHECK_NAME_OR_ADD_KEY } else { CHECK_NAME }),
        Code::InvalidArgument | Code::OutOfRange => (ErrorKind::InvalidArgument, "correct what the server names"),
        Code::AlreadyExists => (ErrorKind::AlreadyExists, "choose another name, or use the existing one"),
        Code::FailedPrecondition => (ErrorKind::FailedPrecondition, "change the state that the server names first"),
        Code::Aborted => (ErrorKind::FailedPrecondition, "try again: a concurrent operation interfered"),
        Code::ResourceExhausted if error.status.is_success() => {
            (ErrorKind::UnexpectedResponse, "ask for smaller pages with `page_size`")
        }
        Code::ResourceExhausted => {
            (ErrorKind::QuotaExceeded, "check the limits of your subscription, or delete data that is no longer needed")
        }
        Code::DeadlineExceeded => (ErrorKind::TimedOut, MORE_TIME),
        Code::Canceled => (ErrorKind::Cancelled, "try again"),
        Code::Internal if error.status.is_success() => (ErrorKind::UnexpectedResponse, NOT_TILEBOX),
        Code::Unknown | Code::Internal | Code::DataLoss => (ErrorKind::Server, REPORT_IT),
    }
}

/// Returns the kind and the advice for a status of a gateway; `None` where the code is more specific.
fn classify_gateway(gateway: Gateway) -> Option<(ErrorKind, &'static str)> {
    Some(match gateway {
        Gateway::NotProcessed => (ErrorKind::Network, "the request did not reach the server; try again later"),
        Gateway::Unavailable => (ErrorKind::Network, TRY_LATER),
        Gateway::Failed => (ErrorKind::Server, REPORT_IT),
        Gateway::BodyTooLong => {
            (ErrorKind::InvalidArgument, "send less per request: smaller `chunks`, fewer ids, a shorter filter or area")
        }
        Gateway::HeadTooLong => {
            (ErrorKind::InvalidArgument, "shorten the URL, the API key or the headers that a proxy adds")
        }
        Gateway::ProxyLogin => (ErrorKind::Network, GIVE_PROXY_USER),
        Gateway::NetworkLogin => (ErrorKind::Network, "log in to the network with a browser, then try again"),
        Gateway::Redirect => (
            ErrorKind::UnexpectedResponse,
            "use the target as the URL if it is a Tilebox API: redirects are not followed",
        ),
        Gateway::RateLimit | Gateway::Other => return None,
    })
}

#[cfg(test)]
mod tests;
