//! Converts the failure of a call into an [`Error`]: the kind, the reason and the advice of its last attempt.

use std::borrow::Cow;
use std::time::Duration;

use http::header::LOCATION;

use crate::error::{Error, ErrorKind};
use crate::protocol::connect::{self, Code, Gateway};
use crate::protocol::endpoint::api_keys_page;
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
                format!("no response from {}: {failure}", call.server)
            }
            (ExchangeError::BadResponse(error), ErrorKind::UnexpectedResponse) => match target(error) {
                Some(target) => format!("{} redirects to `{target}` (HTTP {})", call.server, error.status.as_u16()),
                None => format!("unexpected response from {}: {failure}", call.server),
            },
            (_, ErrorKind::UnexpectedResponse) => format!("unexpected response from {}: {failure}", call.server),
            _ => failure.to_string(),
        };
        let may_have_happened = call.writes && attempts.may_have_happened;
        reason.push_str(&attempts.note(retry_after(&failure), may_have_happened));
        // A transport may know better what to do.
        let known = match &failure {
            ExchangeError::NoResponse(error) => error.advice().map(str::to_owned),
            ExchangeError::BadResponse(_) | ExchangeError::Unreadable(_) => None,
        };
        let advice = match known {
            Some(known) => Cow::Owned(known),
            // Where it is safe to repeat it, what is wrong is worth more.
            None if may_have_happened && !call.idempotent => Cow::Borrowed(LOOK),
            None => Cow::Borrowed(advice),
        };
        let error = Error::new(kind, call.purpose.clone(), reason, advice).with_source(failure);
        error.with_may_have_happened(may_have_happened)
    }
}

impl Attempts {
    /// Returns the note in brackets after the reason; empty where there is nothing to add.
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
            notes.push("it may have happened all the same".to_owned());
        }
        if notes.is_empty() { String::new() } else { format!(" ({})", notes.join("; ")) }
    }
}

/// A duration for people: tenths below ten seconds.
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

/// Where a redirect leads to, without what may be a secret.
fn target(error: &connect::Error) -> Option<String> {
    error.gateway().filter(|gateway| *gateway == Gateway::Redirect)?;
    let location = error.metadata.headers.get(LOCATION)?;
    Some(without_secrets(&String::from_utf8_lossy(location.as_bytes())))
}

/// What an error of a call has to know of it.
#[derive(Clone, Debug)]
pub(crate) struct CallContext {
    /// Completes "cannot …".
    pub(crate) purpose: Cow<'static, str>,
    /// Scheme, host and port, for the person to check.
    pub(crate) server: String,
    /// Whether the call goes to the part of Tilebox that anonymous users see.
    pub(crate) public: bool,
    /// Whether it carries a key.
    pub(crate) has_key: bool,
    /// Whether it changes something on the server.
    pub(crate) writes: bool,
    /// Whether doing it twice is the same as doing it once.
    pub(crate) idempotent: bool,
}

impl CallContext {
    fn advice_on_key(&self) -> &'static str {
        if self.has_key { CHECK_KEY } else { MAKE_KEY }
    }
}

const CHECK_URL: &str = "check the URL, and whether the server runs and a proxy is needed to reach it";
const GIVE_PROXY_USER: &str = "set HTTPS_PROXY (HTTP_PROXY for an http URL) to a proxy that passes requests on, with its \
                               user name and password: http://name:password@host:port";
const CHECK_KEY: &str =
    concat!("check the API key: pass `token`, or set TILEBOX_API_KEY; keys are made at ", api_keys_page!());
const MAKE_KEY: &str =
    concat!("make an API key at ", api_keys_page!(), ", and pass it as `token` or set TILEBOX_API_KEY");
const FIND: &str = "check the name, and whether your account can see it";
const FIND_WITHOUT_KEY: &str =
    concat!("check the name; without an API key only open data can be seen: keys are made at ", api_keys_page!());
const LIMITED: &str = "wait a little, or use fewer requests at once with `concurrency`";
const LIMITED_WITHOUT_KEY: &str = concat!(
    "wait a little, or use an API key, with which more requests are allowed: keys are made at ",
    api_keys_page!()
);
const NOT_TILEBOX: &str = "check that the URL is that of a Tilebox API, without a path of its web pages";

const LOOK: &str = "look whether it happened before you try again";
const LATER: &str = "the server is not available now; try again later";
const REPORT: &str = "try again later, and report it to the operator of the server if it persists";

const MORE_TIME: &str = "try again, or allow more time with `timeout` and `attempt_timeout`";

fn classify(call: &CallContext, failure: &ExchangeError) -> (ErrorKind, &'static str) {
    match failure {
        ExchangeError::NoResponse(error) => match error.kind() {
            TransportErrorKind::TimedOut => (ErrorKind::TimedOut, MORE_TIME),
            TransportErrorKind::TooLarge => (ErrorKind::UnexpectedResponse, "ask for smaller pages with `page_size`"),
            TransportErrorKind::Unsupported => (ErrorKind::InvalidArgument, CHECK_URL),
            TransportErrorKind::NoExecutor => {
                (ErrorKind::NoExecutor, "use the client on the executor that its crate is made for")
            }
            TransportErrorKind::ProxyDenied => (ErrorKind::Network, GIVE_PROXY_USER),
            TransportErrorKind::NotProcessed => (ErrorKind::Network, LATER),
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
        Code::Unauthenticated => (ErrorKind::Unauthenticated, call.advice_on_key()),
        Code::PermissionDenied => (ErrorKind::PermissionDenied, "ask the owner of the dataset for access"),
        Code::Unimplemented if call.public && error.is_connect => (ErrorKind::LoginRequired, call.advice_on_key()),
        Code::Unavailable => (ErrorKind::Network, LATER),
        _ if !error.is_connect => (ErrorKind::UnexpectedResponse, NOT_TILEBOX),
        Code::Unimplemented => (ErrorKind::Unimplemented, "check the URL, and update the client or the server"),
        Code::NotFound => (ErrorKind::NotFound, if call.public { FIND_WITHOUT_KEY } else { FIND }),
        Code::InvalidArgument | Code::OutOfRange => (ErrorKind::InvalidArgument, "correct what the server names"),
        Code::AlreadyExists => (ErrorKind::AlreadyExists, "take another name, or use the one that is there"),
        Code::FailedPrecondition => (ErrorKind::FailedPrecondition, "change first what the server names"),
        Code::Aborted => (ErrorKind::FailedPrecondition, "try again: something else got in the way"),
        Code::ResourceExhausted if error.status.is_success() => {
            (ErrorKind::UnexpectedResponse, "ask for smaller pages with `page_size`")
        }
        Code::ResourceExhausted => {
            (ErrorKind::QuotaExceeded, "see the limits of your subscription, or delete what is not needed any more")
        }
        Code::DeadlineExceeded => (ErrorKind::TimedOut, MORE_TIME),
        Code::Canceled => (ErrorKind::Cancelled, "try again"),
        Code::Internal if error.status.is_success() => (ErrorKind::UnexpectedResponse, NOT_TILEBOX),
        Code::Unknown | Code::Internal | Code::DataLoss => (ErrorKind::Server, REPORT),
    }
}

/// What a status of a gateway means; `None` where its code says more.
fn classify_gateway(gateway: Gateway) -> Option<(ErrorKind, &'static str)> {
    Some(match gateway {
        Gateway::NotProcessed => (ErrorKind::Network, "the request did not reach the server; try again later"),
        Gateway::Unavailable => (ErrorKind::Network, LATER),
        Gateway::Failed => (ErrorKind::Server, REPORT),
        Gateway::BodyTooLong => (
            ErrorKind::InvalidArgument,
            "send less at once: smaller chunks with `chunks`, fewer ids, a filter or an area that is shorter",
        ),
        Gateway::HeadTooLong => {
            (ErrorKind::InvalidArgument, "shorten the URL or the API key, or what a proxy adds to the request")
        }
        Gateway::ProxyLogin => (ErrorKind::Network, GIVE_PROXY_USER),
        Gateway::NetworkLogin => (ErrorKind::Network, "log in to the network with a browser, then try again"),
        Gateway::Redirect => (
            ErrorKind::UnexpectedResponse,
            "use the URL that it redirects to, if a Tilebox API is there: redirects are not followed",
        ),
        Gateway::RateLimit | Gateway::Other => return None,
    })
}

#[cfg(test)]
mod tests;
