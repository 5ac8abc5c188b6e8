//! Refused requests.

use std::fmt;

use crate::protocol::connect::Code;

/// A request that the scheduler refuses. It changed nothing.
///
/// ```
/// use tilebox_core::protocol::connect::Code;
/// use tilebox_core::protocol::wire::workflows::v1::SubmitJobRequest;
/// use tilebox_core::workflows::scheduler::{Now, Policy, Scheduler};
///
/// let mut scheduler = Scheduler::new(Policy::default(), 7);
/// let rejection = scheduler.submit_job(Now::ORIGIN, &SubmitJobRequest::default()).expect_err("a job without a name");
/// assert_eq!(rejection.code(), Code::InvalidArgument);
/// assert_eq!(rejection.message(), "job_name: expects at least 1 character");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rejection {
    code: Code,
    message: String,
}

impl Rejection {
    pub(super) fn invalid(message: impl Into<String>) -> Self {
        Self { code: Code::InvalidArgument, message: message.into() }
    }

    pub(super) fn not_found(message: impl Into<String>) -> Self {
        Self { code: Code::NotFound, message: message.into() }
    }

    pub(super) fn exhausted(message: impl Into<String>) -> Self {
        Self { code: Code::ResourceExhausted, message: message.into() }
    }

    /// Returns the code that a server responds with: `invalid_argument`, `not_found` or `resource_exhausted`.
    #[must_use]
    pub const fn code(&self) -> Code {
        self.code
    }

    /// Returns the message: the field, what it expects, and what it got.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }
}

/// `invalid_argument: job_name: expects at least 1 character`
impl fmt::Display for Rejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code, self.message)
    }
}

impl std::error::Error for Rejection {}
