//! What kinds there are, and what each says.

#[cfg(feature = "client")]
mod advice;
#[cfg(feature = "client")]
mod messages;

use std::error::Error as StdError;

use super::*;
use crate::connect::{self, Code};
use crate::exchange::{TransportError, TransportErrorKind};
use crate::machine::Failure;
use http::StatusCode;

fn context(public: bool) -> CallContext {
    CallContext { purpose: "find the dataset `x`".into(), server: "https://h:1".to_owned(), public, has_key: !public }
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
