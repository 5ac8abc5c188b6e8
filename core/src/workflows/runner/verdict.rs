//! What a failed request means for the runner. Codes and statuses decide, never the text of an error.

use std::time::Duration;

use super::RunnerPolicy;
use crate::protocol::connect::{Code, Gateway};
use crate::protocol::exchange::{ExchangeError, TransportErrorKind};
use crate::protocol::retry::may_have_arrived;

/// The decision after a failed report.
#[derive(Debug, PartialEq)]
pub(super) enum ReportVerdict {
    /// Repeat it.
    Repeat {
        /// Whether the server may have accepted it.
        may_have_arrived: bool,
        /// The wait that the server asks for.
        retry_after: Option<Duration>,
    },
    /// The server refuses the content, with this text.
    Refused(String),
    /// The server does not know the task, or not in a state in which it can be reported.
    Unknown,
    /// The server rejects the runner.
    Rejected,
}

/// Returns the decision after a failed report of this number of bytes.
pub(super) fn of_report(failure: &ExchangeError, bytes: usize, policy: &RunnerPolicy) -> ReportVerdict {
    if is_rejection(failure) {
        return ReportVerdict::Rejected;
    }
    if let ExchangeError::BadResponse(error) = failure {
        let is_too_large = error.code == Code::ResourceExhausted
            && error.is_connect
            && !error.status.is_success()
            && !error.is_rate_limit()
            && bytes >= policy.large_report;
        match error.code {
            _ if is_too_large || error.gateway() == Some(Gateway::BodyTooLong) => {
                return ReportVerdict::Refused(error.message.clone());
            }
            Code::InvalidArgument | Code::OutOfRange if error.is_connect => {
                return ReportVerdict::Refused(error.message.clone());
            }
            Code::NotFound | Code::AlreadyExists | Code::FailedPrecondition | Code::Unimplemented
                if error.is_connect =>
            {
                return ReportVerdict::Unknown;
            }
            _ => {}
        }
    }
    ReportVerdict::Repeat { may_have_arrived: may_have_arrived(failure), retry_after: retry_after(failure) }
}

/// Returns whether a request for a task failed in a way that repetitions cannot change: the key, the cluster or the
/// registered identifiers are not valid.
pub(super) fn ends_the_runner(failure: &ExchangeError) -> bool {
    let is_final =
        |code| matches!(code, Code::NotFound | Code::InvalidArgument | Code::OutOfRange | Code::Unimplemented);
    is_rejection(failure)
        || matches!(failure, ExchangeError::BadResponse(error) if error.is_connect && is_final(error.code))
}

/// Returns whether the server does not extend the lease of a task, now and later.
pub(super) fn ends_the_lease(failure: &ExchangeError) -> bool {
    let is_final = |code| {
        matches!(
            code,
            Code::NotFound
                | Code::InvalidArgument
                | Code::OutOfRange
                | Code::AlreadyExists
                | Code::FailedPrecondition
                | Code::Unimplemented
        )
    };
    matches!(failure, ExchangeError::BadResponse(error) if error.is_connect && is_final(error.code))
}

/// Returns the wait that the server asks for.
pub(super) fn retry_after(failure: &ExchangeError) -> Option<Duration> {
    match failure {
        ExchangeError::BadResponse(error) => error.retry_after,
        ExchangeError::NoResponse(_) | ExchangeError::Unreadable(_) => None,
    }
}

/// Returns whether every request of this runner fails in this way.
fn is_rejection(failure: &ExchangeError) -> bool {
    match failure {
        ExchangeError::BadResponse(error) => matches!(error.code, Code::Unauthenticated | Code::PermissionDenied),
        ExchangeError::NoResponse(error) => {
            matches!(error.kind(), TransportErrorKind::Unsupported | TransportErrorKind::NoExecutor)
        }
        ExchangeError::Unreadable(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use http::StatusCode;

    use super::*;
    use crate::error::UnreadableMessage;
    use crate::protocol::connect;
    use crate::protocol::exchange::TransportError;

    fn refused(code: Code) -> ExchangeError {
        ExchangeError::BadResponse(connect::Error::new(code, "no"))
    }

    fn lost(kind: TransportErrorKind) -> ExchangeError {
        ExchangeError::NoResponse(TransportError::new(kind, "test"))
    }

    fn page(status: u16) -> ExchangeError {
        let status = StatusCode::from_u16(status).expect("a status");
        ExchangeError::BadResponse(connect::Error::from_foreign_response(status, None, b""))
    }

    fn of_small(failure: &ExchangeError) -> ReportVerdict {
        of_report(failure, 100, &RunnerPolicy::default())
    }

    #[test]
    fn every_code_has_a_verdict() {
        let repeat = |may_have_arrived| ReportVerdict::Repeat { may_have_arrived, retry_after: None };
        for code in Code::ALL {
            let expected = match code {
                Code::InvalidArgument | Code::OutOfRange => ReportVerdict::Refused("no".to_owned()),
                Code::NotFound | Code::AlreadyExists | Code::FailedPrecondition | Code::Unimplemented => {
                    ReportVerdict::Unknown
                }
                Code::Unauthenticated | Code::PermissionDenied => ReportVerdict::Rejected,
                Code::ResourceExhausted | Code::Aborted => repeat(false),
                Code::Canceled
                | Code::Unknown
                | Code::DeadlineExceeded
                | Code::Internal
                | Code::Unavailable
                | Code::DataLoss => repeat(true),
            };
            assert_eq!(of_small(&refused(code)), expected, "{code}");
        }
    }

    #[test]
    fn a_lost_response_repeats_a_report() {
        for (kind, may_have_arrived) in [
            (TransportErrorKind::Connect, false),
            (TransportErrorKind::NotProcessed, false),
            (TransportErrorKind::ProxyDenied, false),
            (TransportErrorKind::TimedOut, true),
            (TransportErrorKind::Interrupted, true),
            (TransportErrorKind::TooLarge, true),
        ] {
            let expected = ReportVerdict::Repeat { may_have_arrived, retry_after: None };
            assert_eq!(of_small(&lost(kind)), expected, "{kind:?}");
        }
        let unreadable = ExchangeError::Unreadable(UnreadableMessage::new("cut"));
        assert_eq!(of_small(&unreadable), ReportVerdict::Repeat { may_have_arrived: true, retry_after: None });
        assert_eq!(of_small(&lost(TransportErrorKind::NoExecutor)), ReportVerdict::Rejected);
    }

    #[test]
    fn the_page_of_a_gateway_repeats_a_report() {
        for status in [400, 404, 409, 429, 500, 502, 503, 504] {
            assert!(matches!(of_small(&page(status)), ReportVerdict::Repeat { .. }), "{status}");
            assert!(!ends_the_runner(&page(status)), "{status}");
        }
        assert!(matches!(of_small(&page(413)), ReportVerdict::Refused(_)));
    }

    #[test]
    fn a_large_report_beyond_a_limit_is_refused() {
        let policy = RunnerPolicy::default();
        let failure = refused(Code::ResourceExhausted);
        assert!(matches!(of_report(&failure, policy.large_report, &policy), ReportVerdict::Refused(_)));
        let mut limited = connect::Error::new(Code::ResourceExhausted, "slow down");
        limited.retry_after = Some(Duration::from_secs(3));
        let limited = of_report(&ExchangeError::BadResponse(limited), policy.large_report, &policy);
        assert!(matches!(limited, ReportVerdict::Repeat { retry_after: Some(_), .. }), "{limited:?}");
    }

    #[test]
    fn an_invalid_key_or_cluster_ends_the_runner() {
        for code in Code::ALL {
            let expected = matches!(
                code,
                Code::Unauthenticated
                    | Code::PermissionDenied
                    | Code::NotFound
                    | Code::InvalidArgument
                    | Code::OutOfRange
                    | Code::Unimplemented
            );
            assert_eq!(ends_the_runner(&refused(code)), expected, "{code}");
        }
        assert!(ends_the_runner(&page(401)) && ends_the_runner(&lost(TransportErrorKind::Unsupported)));
        assert!(!ends_the_runner(&lost(TransportErrorKind::TimedOut)));
    }
}
