//! One error for the whole crate: what was attempted, why it failed, and what to do.
//!
//! | file | holds |
//! |---|---|
//! | `plain` | text of others in one line, without control characters |
//! | `report` | errors as reports of miette |
//! | `secret` | the API key, which no error shows |

mod plain;
#[cfg(feature = "miette")]
mod report;
mod secret;
#[cfg(all(test, feature = "client"))]
mod tests;

use std::borrow::Cow;
use std::error::Error as StdError;
use std::fmt;

pub(crate) use plain::plain;
#[cfg(feature = "miette")]
pub use report::ErrorReport;
pub(crate) use secret::Secret;

/// What to do about something that this version cannot read.
pub(crate) const UPDATE: &str = "update the client; if that does not help, report it";

/// The result of everything that can fail.
pub type Result<T, E = Error> = std::result::Result<T, E>;

pub(crate) type BoxError = Box<dyn StdError + Send + Sync>;

/// Why something could not be done.
///
/// Prints as one line, `cannot <what was attempted>: <why>; <what to do>`. Match on [`kind`](Self::kind) to react to
/// it. Never holds credentials, nor control characters that a server may have sent.
///
/// ```
/// use tilebox_core::schema::TimeInterval;
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
    may_have_happened: bool,
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
    UnexpectedResponse,
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
            Self::UnexpectedResponse => "unexpected_response",
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

    /// Replaces the source by one that may hold it.
    pub(crate) fn map_source<S: Into<BoxError>>(mut self, map: impl FnOnce(Option<BoxError>) -> S) -> Self {
        self.0.source = Some(map(self.0.source.take()).into());
        self
    }

    /// Adds to the reason what else there is to know.
    pub(crate) fn with_note(mut self, note: &str) -> Self {
        self.0.reason.push_str(&format!(" ({})", plain(note)));
        self
    }

    /// The same failure with other advice, where more is known of what to do.
    #[cfg(feature = "client")]
    pub(crate) fn with_advice(mut self, advice: impl Into<Cow<'static, str>>) -> Self {
        self.0.advice = line(advice.into());
        self
    }

    /// The same failure as another kind, where more is known of it than the server said.
    pub(crate) fn with_kind(mut self, kind: ErrorKind, advice: &'static str) -> Self {
        self.0.kind = kind;
        self.0.advice = advice.into();
        self
    }

    /// Whether what was attempted may have happened all the same: a request that changes something was sent, and no response
    /// says what became of it. Never true of a call that only reads.
    ///
    /// Look whether it happened before you repeat what must not happen twice.
    #[must_use]
    pub fn may_have_happened(&self) -> bool {
        self.0.may_have_happened
    }

    /// Sets what [`may_have_happened`](Self::may_have_happened) returns.
    pub(crate) fn with_may_have_happened(mut self, may_have_happened: bool) -> Self {
        self.0.may_have_happened = may_have_happened;
        self
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
}

/// Makes one line of a text; see [`plain`].
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
pub struct UnreadableMessage {
    source: BoxError,
    may_be_cut: bool,
}

impl UnreadableMessage {
    /// Wraps what the decoder said, once.
    pub fn new(source: impl Into<BoxError>) -> Self {
        match source.into().downcast::<Self>() {
            Ok(wrapped) => *wrapped,
            Err(source) => Self { source, may_be_cut: false },
        }
    }

    /// The same, of a response that may have lost its end.
    pub(crate) fn cut(self) -> Self {
        Self { may_be_cut: true, ..self }
    }

    /// Whether the response may have lost its end: it came without its length, or lacks what every whole one has.
    #[must_use]
    pub fn may_be_cut(&self) -> bool {
        self.may_be_cut
    }

    /// The same without the key, where it shows it: with its text instead of its sources then.
    pub(crate) fn redacted(self, secret: &Secret) -> Self {
        let said = self.source.to_string();
        match secret.redact(&said) {
            Cow::Owned(clean) if clean != said => Self { source: clean.into(), ..self },
            _ => self,
        }
    }
}

/// In one line, without control characters.
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
