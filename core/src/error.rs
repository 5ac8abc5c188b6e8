//! The error of the crate: what was attempted, why it failed, and what to do.
//!
//! | file | holds |
//! |---|---|
//! | `plain` | foreign text in one line, without control characters |
//! | `miette` | errors as miette reports |
//! | `secret` | the API key and its removal from texts |

#[cfg(feature = "miette")]
mod miette;
mod plain;
mod secret;
#[cfg(feature = "client")]
#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::error::Error as StdError;
use std::fmt;

#[cfg(feature = "miette")]
pub use self::miette::ErrorReport;
pub(crate) use plain::plain;
pub(crate) use secret::Secret;

/// The advice for data that this version cannot read.
pub(crate) const UPDATE: &str = "update the client; if that does not help, report it";

/// The result of a fallible operation.
pub type Result<T, E = Error> = std::result::Result<T, E>;

pub(crate) type BoxError = Box<dyn StdError + Send + Sync>;

/// The failure of an operation.
///
/// Prints one line: `cannot <what was attempted>: <why>; <what to do>`. Match on [`kind`](Self::kind) to handle it.
/// It contains neither credentials nor control characters, whatever a server sends.
///
/// ```
/// # use tilebox_core as tilebox_tokio;
/// use tilebox_tokio::schema::TimeInterval;
/// use tilebox_tokio::error::ErrorKind;
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
    may_have_happened: bool,
}

/// The kind of a failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// An argument is invalid. The client finds it before it sends a request, or the server refuses it.
    InvalidArgument,
    /// The dataset, collection, datapoint, job or other resource does not exist, or the account cannot see it.
    NotFound,
    /// It already exists.
    AlreadyExists,
    /// The server rejects the API key, or requires one.
    Unauthenticated,
    /// The method is not available to anonymous users.
    LoginRequired,
    /// The account lacks the permission.
    PermissionDenied,
    /// The state of the resource does not allow the operation, or a concurrent operation interfered.
    FailedPrecondition,
    /// A quota of the subscription is exhausted.
    QuotaExceeded,
    /// The rate limit is exceeded, also after retries.
    TooManyRequests,
    /// The deadline passed.
    TimedOut,
    /// The server is unreachable or unavailable.
    Network,
    /// The server cancelled the call.
    Cancelled,
    /// The server does not implement the method.
    Unimplemented,
    /// The response does not come from a Tilebox server, or violates its protocol.
    UnexpectedResponse,
    /// The response, a datapoint in it, or a cached value cannot be decoded.
    Undecodable,
    /// The server failed internally.
    Server,
    /// No async executor is running, or it was shut down.
    NoExecutor,
    /// The output, such as a file, cannot be written.
    Output,
    /// The job failed, or was canceled.
    JobFailed,
    /// The cache of a job cannot be read or written, or the runner has none.
    Cache,
    /// An object of a storage location cannot be read.
    Storage,
}

impl ErrorKind {
    /// Returns the name for telemetry and reports, such as `not_found`.
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
            Self::UnexpectedResponse => "unexpected_response",
            Self::Undecodable => "undecodable",
            Self::Server => "server",
            Self::NoExecutor => "no_executor",
            Self::Output => "output",
            Self::JobFailed => "job_failed",
            Self::Cache => "cache",
            Self::Storage => "storage",
        }
    }
}

impl Error {
    /// Creates an error of a runtime crate.
    #[doc(hidden)]
    #[must_use]
    pub fn of_runtime_crate(
        kind: ErrorKind,
        purpose: impl Into<Cow<'static, str>>,
        reason: impl Into<String>,
        advice: impl Into<Cow<'static, str>>,
    ) -> Self {
        Self::new(kind, purpose, reason, advice)
    }

    /// Creates an error from its three parts. `purpose` completes "cannot …"; `advice` may be empty.
    pub(crate) fn new(
        kind: ErrorKind,
        purpose: impl Into<Cow<'static, str>>,
        reason: impl Into<String>,
        advice: impl Into<Cow<'static, str>>,
    ) -> Self {
        Self(Box::new(Repr {
            kind,
            purpose: line(purpose.into()),
            reason: line(Cow::Owned(reason.into())).into_owned(),
            advice: line(advice.into()),
            source: None,
            may_have_happened: false,
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

    /// Replaces the source; the new one may wrap the old one.
    pub(crate) fn map_source<S: Into<BoxError>>(mut self, map: impl FnOnce(Option<BoxError>) -> S) -> Self {
        self.0.source = Some(map(self.0.source.take()).into());
        self
    }

    /// Appends a note in brackets to the reason.
    pub(crate) fn with_note(mut self, note: &str) -> Self {
        self.0.reason.push_str(&format!(" ({})", plain(note)));
        self
    }

    /// Replaces the advice by a more specific one.
    pub(crate) fn with_advice(mut self, advice: impl Into<Cow<'static, str>>) -> Self {
        self.0.advice = line(advice.into());
        self
    }

    /// Replaces kind and advice, where the caller knows more than the server reported.
    pub(crate) fn with_kind(mut self, kind: ErrorKind, advice: &'static str) -> Self {
        self.0.kind = kind;
        self.0.advice = advice.into();
        self
    }

    /// Whether the operation may have happened despite the error: a request that changes something was sent, and no
    /// response reported its result. Always false for a call that only reads.
    ///
    /// Check whether it happened before repeating an operation that must not happen twice.
    #[must_use]
    pub fn may_have_happened(&self) -> bool {
        self.0.may_have_happened
    }

    /// Sets what [`may_have_happened`](Self::may_have_happened) returns.
    pub(crate) fn with_may_have_happened(mut self, may_have_happened: bool) -> Self {
        self.0.may_have_happened = may_have_happened;
        self
    }

    /// Returns the kind of the failure.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// Returns why it failed: the message of the server, of the transport or of a check.
    #[must_use]
    pub fn reason(&self) -> &str {
        &self.0.reason
    }

    /// Returns what to do about it; empty where there is no advice.
    #[must_use]
    pub fn advice(&self) -> &str {
        &self.0.advice
    }
}

/// Converts a text into one line; see [`plain`].
fn line(text: Cow<'static, str>) -> Cow<'static, str> {
    match plain(&text) {
        Cow::Owned(line) => Cow::Owned(line),
        Cow::Borrowed(_) => text,
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

/// Prints the line of [`Display`](fmt::Display) and the kind, because `main` and `unwrap` print `Debug`.
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

/// A message of the server that cannot be decoded.
#[derive(Debug)]
pub struct UnreadableMessage {
    source: BoxError,
    may_be_cut: bool,
}

impl UnreadableMessage {
    /// Wraps the error of a decoder. An `UnreadableMessage` is returned unchanged.
    pub fn new(source: impl Into<BoxError>) -> Self {
        match source.into().downcast::<Self>() {
            Ok(wrapped) => *wrapped,
            Err(source) => Self { source, may_be_cut: false },
        }
    }

    /// Marks the response as possibly truncated.
    pub(crate) fn cut(self) -> Self {
        Self { may_be_cut: true, ..self }
    }

    /// Whether the response may be truncated: it has no content length, or lacks a part that every whole response has.
    #[must_use]
    pub fn may_be_cut(&self) -> bool {
        self.may_be_cut
    }

    /// Removes the API key. If the text contains it, the redacted text replaces the source.
    pub(crate) fn redacted(self, secret: &Secret) -> Self {
        let said = self.source.to_string();
        match secret.redact(&said) {
            Cow::Owned(clean) if clean != said => Self { source: clean.into(), ..self },
            _ => self,
        }
    }
}

/// Prints one line without control characters.
impl fmt::Display for UnreadableMessage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the response cannot be decoded: {}", plain(&self.source.to_string()))
    }
}

impl StdError for UnreadableMessage {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        Some(&*self.source)
    }
}
