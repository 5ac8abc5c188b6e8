//! Tests of the kind, the reason and the advice of each failure.

use std::error::Error as _;

use http::StatusCode;

use super::*;
use crate::error::{UnreadableMessage, plain};
use crate::protocol::exchange::TransportError;

fn context(public: bool) -> CallContext {
    CallContext {
        purpose: "find the dataset `x`".into(),
        uri: Uri::from_static("https://h:1/S/M"),
        public,
        has_key: !public,
        writes: false,
        idempotent: true,
    }
}

fn attempts(count: u32) -> Attempts {
    Attempts { count, elapsed: Duration::from_millis(1900), may_have_happened: false }
}

fn kind_of(public: bool, error: connect::Error) -> ErrorKind {
    context(public).error(attempts(1), ExchangeError::BadResponse(error)).kind()
}

#[test]
fn every_code_has_a_kind() {
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
fn a_method_missing_for_anonymous_users_requires_a_login() {
    let error = connect::Error::new(Code::Unimplemented, "no");
    assert_eq!(kind_of(true, error), ErrorKind::LoginRequired);
}

#[test]
fn a_rate_limit_of_anonymous_users_hints_at_a_key() {
    let page = || connect::Error::from_foreign_response(StatusCode::TOO_MANY_REQUESTS, None, b"");
    let limited = || ExchangeError::BadResponse(page());
    for (public, expected) in [(true, "use an API key"), (false, "lower `concurrency`")] {
        let error = context(public).error(attempts(1), limited());
        assert_eq!(error.kind(), ErrorKind::TooManyRequests);
        assert!(error.advice().contains(expected), "{error}");
    }
}

#[test]
fn a_quota_differs_from_a_rate_limit() {
    let quota = || connect::Error::new(Code::ResourceExhausted, "Too Many Requests: HTTP 429");
    assert_eq!(kind_of(false, quota()), ErrorKind::QuotaExceeded);
    let retry_after = Some(Duration::from_secs(1));
    assert_eq!(kind_of(false, connect::Error { retry_after, ..quota() }), ErrorKind::TooManyRequests);
}

#[test]
fn each_status_of_a_gateway_has_its_advice() {
    for (status, kind, advice) in [
        (408, ErrorKind::Network, "did not reach the server"),
        (413, ErrorKind::InvalidArgument, "`chunks`"),
        (421, ErrorKind::Network, "did not reach the server"),
        (425, ErrorKind::Network, "did not reach the server"),
        (431, ErrorKind::InvalidArgument, "shorten"),
        (500, ErrorKind::Server, "try again later"),
        (502, ErrorKind::Network, "try again later"),
        (520, ErrorKind::Network, "try again later"),
        (522, ErrorKind::Network, "try again later"),
        (525, ErrorKind::Network, "try again later"),
        (529, ErrorKind::Network, "try again later"),
        (407, ErrorKind::Network, "HTTPS_PROXY"),
        (511, ErrorKind::Network, "log in to the network"),
        (404, ErrorKind::UnexpectedResponse, "URL"),
        (200, ErrorKind::UnexpectedResponse, "URL"),
    ] {
        let status = StatusCode::from_u16(status).expect("a status");
        let page = connect::Error::from_foreign_response(status, Some("text/html"), b"<h1>gateway</h1>");
        let error = context(false).error(attempts(1), ExchangeError::BadResponse(page));
        assert_eq!(error.kind(), kind, "{error}");
        assert!(error.advice().contains(advice), "{error}");
        assert_eq!(error.advice().contains("that the URL is"), kind == ErrorKind::UnexpectedResponse, "{error}");
    }
}

#[test]
fn a_redirect_names_its_target_without_secrets() {
    let response =
        http::Response::builder().status(307).header("location", "https://u:secret@other.test/S/M?key=secret");
    let response = response.body(bytes::Bytes::new()).expect("a response");
    let redirect = connect::EncodedMessage::from_response(response).expect_err("no response");
    let error = context(false).error(attempts(1), ExchangeError::BadResponse(redirect));
    assert_eq!(
        error.to_string(),
        "cannot find the dataset `x`: https://h:1 redirects to `https://…@other.test/S/M?…` (HTTP 307); \
         use the target as the URL if it is a Tilebox API: redirects are not followed"
    );
}

#[test]
fn an_error_is_one_line_for_any_message_of_a_server() {
    let said = "no\u{1b}[2J\u{1b}]0;owned\u{7}\r\nerror: \u{9b}31msecond line\u{202e}\u{2028}\u{200b}\t\0";
    let is_plain = |text: &str| text.chars().all(|character| !character.is_control()) && plain(text) == text;
    let errors =
        Code::ALL.map(|code| connect::Error::new(code, said)).into_iter().chain([200, 307, 404, 502].map(|status| {
            let status = StatusCode::from_u16(status).expect("a status");
            connect::Error::from_foreign_response(status, Some("text/\u{1b}x"), said.as_bytes())
        }));
    let errors = errors.map(ExchangeError::BadResponse).chain([
        ExchangeError::NoResponse(TransportError::new(TransportErrorKind::Interrupted, said).with_advice(said)),
        ExchangeError::Unreadable(UnreadableMessage::new(said)),
    ]);
    for failure in errors {
        assert!(is_plain(&failure.to_string()), "{failure:?}");
        let error = context(false).error(attempts(2), failure).with_note(said).with_kind(ErrorKind::Server, "");
        assert!(is_plain(&error.to_string()) && is_plain(error.reason()), "{error:?}");
        assert!(is_plain(&format!("{error:?}")), "{error:?}");
    }
    let named = Error::invalid(format!("find `{said}`"), said, said.to_owned());
    assert!(is_plain(&format!("{named} {named:?}")), "{named}");
}

#[test]
fn a_gateway_response_differs_from_a_server_response() {
    let page = |status| connect::Error::from_foreign_response(status, Some("text/html"), b"<h1>Hello</h1>");
    assert_eq!(kind_of(true, page(StatusCode::OK)), ErrorKind::UnexpectedResponse);
    assert_eq!(kind_of(true, page(StatusCode::NOT_FOUND)), ErrorKind::UnexpectedResponse);
    assert_eq!(kind_of(true, page(StatusCode::BAD_GATEWAY)), ErrorKind::Network);
    assert_eq!(kind_of(true, page(StatusCode::TOO_MANY_REQUESTS)), ErrorKind::TooManyRequests);
}

#[test]
fn an_error_has_a_purpose_a_reason_and_advice() {
    let refused = ExchangeError::NoResponse(TransportError::new(TransportErrorKind::Connect, "connection refused"));
    let error = context(false).error(attempts(5), refused);
    assert_eq!(
        error.to_string(),
        "cannot find the dataset `x`: no response from https://h:1: connection refused (after 5 attempts in 1.9 s); \
         check the URL, and whether the server runs and a proxy is needed to reach it"
    );
    assert!(error.source().is_some());
}
