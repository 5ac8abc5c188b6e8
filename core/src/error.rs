//! One error for the whole crate: what was attempted, why it failed, and what to do.

use std::borrow::Cow;
use std::error::Error as StdError;
use std::fmt;

use crate::connect::{self, Code};
use crate::datasets::Ingested;
use crate::exchange::TransportErrorKind;
use crate::machine::Failure;

/// The result of everything that can fail.
pub type Result<T, E = Error> = std::result::Result<T, E>;

type BoxError = Box<dyn StdError + Send + Sync>;

/// Why something could not be done.
///
/// Prints as one line, `cannot <what was attempted>: <why>; <what to do>`. Match on [`kind`](Self::kind) to react to
/// it. Never holds credentials.
///
/// ```
/// use tilebox_core::datasets::TimeInterval;
/// use tilebox_core::error::ErrorKind;
///
/// let error = TimeInterval::parse("2025-03-01", "2025-02-31").unwrap_err();
/// assert_eq!(error.kind(), ErrorKind::InvalidArgument);
/// assert_eq!(
///     error.to_string(),
///     "cannot read the time `2025-02-31`: there is no such date; \
///      write a date such as 2025-03-01 or a time such as 2025-03-01T12:30:00Z"
/// );
/// ```
pub struct Error(Box<Repr>);

struct Repr {
    kind: ErrorKind,
    purpose: Cow<'static, str>,
    reason: String,
    advice: Cow<'static, str>,
    source: Option<BoxError>,
    stored: Option<Ingested>,
}

/// What kind of failure it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// What was given is wrong: found here before anything was sent, or by the server.
    InvalidArgument,
    /// There is no such dataset, collection or datapoint.
    NotFound,
    /// It exists already.
    AlreadyExists,
    /// The server does not accept the API key, or wants one.
    Unauthenticated,
    /// The method is not offered to anonymous users.
    LoginRequired,
    /// The account may not do this.
    PermissionDenied,
    /// The state of what is acted on does not allow it, or something else got in the way.
    FailedPrecondition,
    /// The subscription does not cover more of this.
    QuotaExceeded,
    /// Too many requests in too short a time, also after waiting.
    TooManyRequests,
    /// The time for it ran out.
    TimedOut,
    /// The server cannot be reached, or is not available now.
    Network,
    /// The call was cancelled by the server's side.
    Cancelled,
    /// The server does not offer the method.
    Unimplemented,
    /// The answer does not come from a Tilebox server, or breaks its protocol.
    UnexpectedAnswer,
    /// The answer, or its part that is datapoints, cannot be decoded.
    Undecodable,
    /// Something went wrong inside the server.
    Server,
    /// There is no async executor to run on, or it was shut down.
    NoExecutor,
    /// What takes the output, such as a file, does not take it.
    Output,
}

impl ErrorKind {
    /// Its name, as telemetry and reports show it: `not_found`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::InvalidArgument => "invalid_argument",
            Self::NotFound => "not_found",
            Self::AlreadyExists => "already_exists",
            Self::Unauthenticated => "unauthenticated",
            Self::LoginRequired => "login_required",
            Self::PermissionDenied => "permission_denied",
            Self::FailedPrecondition => "failed_precondition",
            Self::QuotaExceeded => "quota_exceeded",
            Self::TooManyRequests => "too_many_requests",
            Self::TimedOut => "timed_out",
            Self::Network => "network",
            Self::Cancelled => "cancelled",
            Self::Unimplemented => "unimplemented",
            Self::UnexpectedAnswer => "unexpected_answer",
            Self::Undecodable => "undecodable",
            Self::Server => "server",
            Self::NoExecutor => "no_executor",
            Self::Output => "output",
        }
    }
}

impl Error {
    /// An error with its three parts. `purpose` completes "cannot …", `advice` may be empty.
    pub(crate) fn new(
        kind: ErrorKind,
        purpose: impl Into<Cow<'static, str>>,
        reason: impl Into<String>,
        advice: impl Into<Cow<'static, str>>,
    ) -> Self {
        let reason = reason.into();
        Self(Box::new(Repr {
            kind,
            purpose: purpose.into(),
            reason,
            advice: advice.into(),
            source: None,
            stored: None,
        }))
    }

    pub(crate) fn invalid(
        purpose: impl Into<Cow<'static, str>>,
        reason: impl Into<String>,
        advice: impl Into<Cow<'static, str>>,
    ) -> Self {
        Self::new(ErrorKind::InvalidArgument, purpose, reason, advice)
    }

    pub(crate) fn with_source(mut self, source: impl Into<BoxError>) -> Self {
        self.0.source = Some(source.into());
        self
    }

    /// The error of an ingestion that had stored this before it failed.
    pub(crate) fn with_stored(mut self, stored: Ingested) -> Self {
        if !stored.ids.is_empty() {
            self = self.with_note(&format!("{} datapoints were stored", stored.ids.len()));
        }
        self.0.stored = Some(stored);
        self
    }

    /// Adds to the reason what else there is to know.
    pub(crate) fn with_note(mut self, note: &str) -> Self {
        self.0.reason.push_str(&format!(" ({note})"));
        self
    }

    /// The same failure with other advice, where more is known of what to do.
    #[cfg(feature = "client")]
    pub(crate) fn with_advice(mut self, advice: impl Into<Cow<'static, str>>) -> Self {
        self.0.advice = advice.into();
        self
    }

    /// The same failure as another kind, where more is known of it than the server said.
    pub(crate) fn with_kind(mut self, kind: ErrorKind, advice: &'static str) -> Self {
        self.0.kind = kind;
        self.0.advice = advice.into();
        self
    }

    /// What an ingestion had stored before it failed; `None` for every other error.
    ///
    /// Where existing datapoints are allowed it is safe to ingest all of the input again: what is stored stays as it
    /// is. Of a chunk that got no answer it is not known whether it was stored.
    #[must_use]
    pub fn stored(&self) -> Option<&Ingested> {
        self.0.stored.as_ref()
    }

    /// What kind of failure it is.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// What the server, the transport or the check said, without what was attempted and what to do.
    #[must_use]
    pub fn reason(&self) -> &str {
        &self.0.reason
    }

    /// What to do about it; empty where there is nothing to say.
    #[must_use]
    pub fn advice(&self) -> &str {
        &self.0.advice
    }

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
}

const CHECK_URL: &str = "check the URL, and whether the server runs and a proxy is needed to reach it";
const CHECK_KEY: &str = "check the API key: pass `token`, or set TILEBOX_API_KEY; keys are made at \
                         https://console.tilebox.com/account/api-keys";
const LIMITED: &str = "wait a little, or use fewer requests at once with `concurrency`";
const LIMITED_WITHOUT_KEY: &str = "wait a little, or use an API key, with which more requests are allowed: keys are made \
                                   at https://console.tilebox.com/account/api-keys";
const NOT_TILEBOX: &str = "check that the URL is that of a Tilebox API, without a path of its web pages";

fn classify(call: &CallContext, failure: &Failure) -> (ErrorKind, &'static str) {
    match failure {
        Failure::NoAnswer(error) => match error.kind() {
            TransportErrorKind::TimedOut => (ErrorKind::TimedOut, "try again, or allow more time with `timeout`"),
            TransportErrorKind::TooLarge => (ErrorKind::UnexpectedAnswer, "ask for smaller pages with `page_size`"),
            TransportErrorKind::Unsupported => (ErrorKind::InvalidArgument, CHECK_URL),
            TransportErrorKind::NoExecutor => {
                (ErrorKind::NoExecutor, "use the client on the executor that its crate is made for")
            }
            TransportErrorKind::Connect | TransportErrorKind::Interrupted => (ErrorKind::Network, CHECK_URL),
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
        Code::Unauthenticated => (ErrorKind::Unauthenticated, CHECK_KEY),
        Code::PermissionDenied => (ErrorKind::PermissionDenied, "ask the owner of the dataset for access"),
        Code::Unimplemented if call.public && error.is_connect => (ErrorKind::LoginRequired, CHECK_KEY),
        Code::Unavailable => (ErrorKind::Network, "the server is not available now; try again later"),
        _ if !error.is_connect => (ErrorKind::UnexpectedAnswer, NOT_TILEBOX),
        Code::Unimplemented => (ErrorKind::Unimplemented, "check the URL, and update the client or the server"),
        Code::NotFound => (ErrorKind::NotFound, "check the name, and whether your account can see it"),
        Code::InvalidArgument | Code::OutOfRange => (ErrorKind::InvalidArgument, ""),
        Code::AlreadyExists => (ErrorKind::AlreadyExists, ""),
        Code::FailedPrecondition | Code::Aborted => (ErrorKind::FailedPrecondition, ""),
        Code::ResourceExhausted if error.status.is_success() => {
            (ErrorKind::UnexpectedAnswer, "ask for smaller pages with `page_size`")
        }
        Code::ResourceExhausted => (ErrorKind::QuotaExceeded, "see the limits of your subscription"),
        Code::DeadlineExceeded => (ErrorKind::TimedOut, "try again, or allow more time with `timeout`"),
        Code::Canceled => (ErrorKind::Cancelled, ""),
        Code::Internal if error.status.is_success() => (ErrorKind::UnexpectedAnswer, NOT_TILEBOX),
        Code::Unknown | Code::Internal | Code::DataLoss => {
            (ErrorKind::Server, "try again later, and report it to the operator of the server if it persists")
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "cannot {}: {}", self.0.purpose, self.0.reason)?;
        if !self.0.advice.is_empty() {
            write!(f, "; {}", self.0.advice)?;
        }
        Ok(())
    }
}

/// The line that [`Display`](fmt::Display) prints, because `main` and `unwrap` show this.
impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self} [{:?}]", self.0.kind)
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        match &self.0.source {
            Some(source) => Some(&**source),
            None => None,
        }
    }
}

/// A message of the server that cannot be read.
#[derive(Debug)]
pub struct UnreadableMessage(BoxError);

impl UnreadableMessage {
    /// Wraps what the decoder said, once.
    pub fn new(source: impl Into<BoxError>) -> Self {
        match source.into().downcast::<Self>() {
            Ok(wrapped) => *wrapped,
            Err(source) => Self(source),
        }
    }
}

impl fmt::Display for UnreadableMessage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the answer cannot be decoded: {}", self.0)
    }
}

impl StdError for UnreadableMessage {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        Some(&*self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exchange::TransportError;
    use http::StatusCode;

    fn context(public: bool) -> CallContext {
        CallContext { purpose: "find the dataset `x`".into(), server: "https://h:1".to_owned(), public }
    }

    fn kind_of(public: bool, error: connect::Error) -> ErrorKind {
        Error::from_failure(&context(public), 1, Failure::BadAnswer(error)).kind()
    }

    #[test]
    fn every_code_has_its_own_meaning() {
        let kinds = Code::ALL.map(|code| kind_of(false, connect::Error::new(code, "no")));
        assert_eq!(
            kinds,
            [
                ErrorKind::Cancelled,
                ErrorKind::Server,
                ErrorKind::InvalidArgument,
                ErrorKind::TimedOut,
                ErrorKind::NotFound,
                ErrorKind::AlreadyExists,
                ErrorKind::PermissionDenied,
                ErrorKind::QuotaExceeded,
                ErrorKind::FailedPrecondition,
                ErrorKind::FailedPrecondition,
                ErrorKind::InvalidArgument,
                ErrorKind::Unimplemented,
                ErrorKind::Server,
                ErrorKind::Network,
                ErrorKind::Server,
                ErrorKind::Unauthenticated,
            ]
        );
    }

    #[test]
    fn a_method_that_is_missing_for_anonymous_users_asks_for_a_login() {
        let error = connect::Error::new(Code::Unimplemented, "no");
        assert_eq!(kind_of(true, error), ErrorKind::LoginRequired);
    }

    #[test]
    fn a_rate_limit_of_anonymous_users_hints_at_a_key() {
        let limited = || Failure::BadAnswer(connect::Error::new(Code::Unavailable, "upstream status: 429"));
        for (public, expected) in [(true, "use an API key"), (false, "fewer requests at once")] {
            let error = Error::from_failure(&context(public), 1, limited());
            assert_eq!(error.kind(), ErrorKind::TooManyRequests);
            assert!(error.advice().contains(expected), "{error}");
        }
    }

    #[test]
    fn a_quota_is_told_from_a_rate_limit() {
        let kind = |message: &str| kind_of(false, connect::Error::new(Code::ResourceExhausted, message));
        assert_eq!(kind("your plan allows 10 datasets"), ErrorKind::QuotaExceeded);
        assert_eq!(kind("Too Many Requests"), ErrorKind::TooManyRequests);
        assert_eq!(kind("HTTP 429"), ErrorKind::TooManyRequests);
    }

    #[test]
    fn what_an_ingestion_had_stored_comes_with_its_error_alone() {
        let failed = || Error::invalid("ingest", "no", "");
        assert!(failed().stored().is_none());
        let nothing = failed().with_stored(Ingested::default());
        assert_eq!((nothing.stored(), nothing.reason()), (Some(&Ingested::default()), "no"));
    }

    #[test]
    fn an_answer_of_something_else_is_told_from_an_answer_of_the_server() {
        let page = |status| connect::Error::from_foreign_answer(status, Some("text/html"), b"<h1>Hello</h1>");
        assert_eq!(kind_of(true, page(StatusCode::OK)), ErrorKind::UnexpectedAnswer);
        assert_eq!(kind_of(true, page(StatusCode::NOT_FOUND)), ErrorKind::UnexpectedAnswer);
        assert_eq!(kind_of(true, page(StatusCode::BAD_GATEWAY)), ErrorKind::Network);
        assert_eq!(kind_of(true, page(StatusCode::TOO_MANY_REQUESTS)), ErrorKind::TooManyRequests);
    }

    #[test]
    fn an_error_is_one_line_that_says_what_why_and_what_to_do() {
        let refused = Failure::NoAnswer(TransportError::new(TransportErrorKind::Connect, "connection refused"));
        let error = Error::from_failure(&context(false), 5, refused);
        assert_eq!(
            error.to_string(),
            "cannot find the dataset `x`: no answer from https://h:1: connection refused (after 5 attempts); \
             check the URL, and whether the server runs and a proxy is needed to reach it"
        );
        assert!(StdError::source(&error).is_some());
    }
}
