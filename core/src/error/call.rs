//! The error of a call, by what went wrong with its last attempt.

use std::borrow::Cow;

use super::{Error, ErrorKind};
use crate::connect::{self, Code};
use crate::endpoint::api_keys_page;
use crate::exchange::TransportErrorKind;
use crate::machine::Failure;

impl Error {
    /// The error of a call whose last attempt failed.
    pub(crate) fn from_failure(call: &CallContext, attempts: u32, failure: Failure) -> Self {
        let (kind, advice) = classify(call, &failure);
        let mut reason = match kind {
            ErrorKind::Network | ErrorKind::TimedOut if matches!(failure, Failure::NoAnswer(_)) => {
                format!("no answer from {}: {failure}", call.server)
            }
            ErrorKind::UnexpectedAnswer => format!("{} answered {failure}", call.server),
            _ => failure.to_string(),
        };
        if attempts > 1 {
            reason.push_str(&format!(" (after {attempts} attempts)"));
        }
        // A transport may know better what to do.
        let known = match &failure {
            Failure::NoAnswer(error) => error.advice().map(str::to_owned),
            Failure::BadAnswer(_) | Failure::Unreadable(_) => None,
        };
        let advice = known.map_or(Cow::Borrowed(advice), Cow::Owned);
        Self::new(kind, call.purpose.clone(), reason, advice).with_source(failure)
    }
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

const MORE_TIME: &str = "try again, or allow more time with `timeout` and `attempt_timeout`";

fn classify(call: &CallContext, failure: &Failure) -> (ErrorKind, &'static str) {
    match failure {
        Failure::NoAnswer(error) => match error.kind() {
            TransportErrorKind::TimedOut => (ErrorKind::TimedOut, MORE_TIME),
            TransportErrorKind::TooLarge => (ErrorKind::UnexpectedAnswer, "ask for smaller pages with `page_size`"),
            TransportErrorKind::Unsupported => (ErrorKind::InvalidArgument, CHECK_URL),
            TransportErrorKind::NoExecutor => {
                (ErrorKind::NoExecutor, "use the client on the executor that its crate is made for")
            }
            TransportErrorKind::ProxyDenied => (ErrorKind::Network, GIVE_PROXY_USER),
            TransportErrorKind::Connect | TransportErrorKind::NotProcessed | TransportErrorKind::Interrupted => {
                (ErrorKind::Network, CHECK_URL)
            }
        },
        Failure::BadAnswer(error) => classify_answer(call, error),
        Failure::Unreadable(_) => (
            ErrorKind::Undecodable,
            "update the client if the server is newer; otherwise the data or the connection is damaged",
        ),
    }
}

fn classify_answer(call: &CallContext, error: &connect::Error) -> (ErrorKind, &'static str) {
    if error.is_rate_limit() {
        return (ErrorKind::TooManyRequests, if call.public { LIMITED_WITHOUT_KEY } else { LIMITED });
    }
    match error.code {
        Code::Unauthenticated => (ErrorKind::Unauthenticated, call.advice_on_key()),
        Code::PermissionDenied => (ErrorKind::PermissionDenied, "ask the owner of the dataset for access"),
        Code::Unimplemented if call.public && error.is_connect => (ErrorKind::LoginRequired, call.advice_on_key()),
        Code::Unavailable => (ErrorKind::Network, "the server is not available now; try again later"),
        _ if !error.is_connect => (ErrorKind::UnexpectedAnswer, NOT_TILEBOX),
        Code::Unimplemented => (ErrorKind::Unimplemented, "check the URL, and update the client or the server"),
        Code::NotFound => (ErrorKind::NotFound, if call.public { FIND_WITHOUT_KEY } else { FIND }),
        Code::InvalidArgument | Code::OutOfRange => (ErrorKind::InvalidArgument, "correct what the server names"),
        Code::AlreadyExists => (ErrorKind::AlreadyExists, "take another name, or use the one that is there"),
        Code::FailedPrecondition => (ErrorKind::FailedPrecondition, "change first what the server names"),
        Code::Aborted => (ErrorKind::FailedPrecondition, "try again: something else got in the way"),
        Code::ResourceExhausted if error.status.is_success() => {
            (ErrorKind::UnexpectedAnswer, "ask for smaller pages with `page_size`")
        }
        Code::ResourceExhausted => {
            (ErrorKind::QuotaExceeded, "see the limits of your subscription, or delete what is not needed any more")
        }
        Code::DeadlineExceeded => (ErrorKind::TimedOut, MORE_TIME),
        Code::Canceled => (ErrorKind::Cancelled, "try again"),
        Code::Internal if error.status.is_success() => (ErrorKind::UnexpectedAnswer, NOT_TILEBOX),
        Code::Unknown | Code::Internal | Code::DataLoss => {
            (ErrorKind::Server, "try again later, and report it to the operator of the server if it persists")
        }
    }
}
