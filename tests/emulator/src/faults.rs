//! Injected faults: errors, delays, silence and broken connections of a server or of a gateway in front of it.

use std::str::FromStr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use http::StatusCode;
use tokio::sync::watch;

use crate::duration::parse_duration;
use crate::rpc::Rpc;
use crate::services::ErrorCode;
use crate::suggest;

/// A fault of one or several requests, for [`Emulator::inject`](crate::Emulator::inject).
///
/// ```
/// use std::time::Duration;
/// use tilebox_emulator::{Fault, Rpc};
///
/// let busy = Fault::http(429).retry_after(Duration::from_secs(1)).on(Rpc::Query).after(3).times(2);
/// # drop(busy);
/// ```
///
/// As text, it is a kind and options, joined by commas. Kinds: `rpc:CODE`, `http:STATUS`, `html:STATUS`,
/// `delay:TIME` (such as `delay:250ms`), `drop`, `truncate`, `silent`. Options: `on=METHOD`, `after=N`, `times=N` or `times=always`, `retry-after=SECONDS`.
///
/// ```
/// use tilebox_emulator::Fault;
///
/// let busy: Fault = "http:429,retry-after=1,on=Query,after=3,times=2".parse()?;
/// # drop(busy);
/// # Ok::<(), String>(())
/// ```
#[derive(Clone, Debug)]
#[must_use]
pub struct Fault {
    outcome: Outcome,
    retry_after: Option<Duration>,
    rpc: Option<Rpc>,
    /// The number of matching requests that are served before the fault begins.
    skipped: usize,
    /// The number of requests that still fail.
    remaining: usize,
}

/// The result of a request that meets a fault.
#[derive(Clone, Debug)]
pub(crate) enum Outcome {
    /// An error of the API.
    Rpc(ErrorCode, String),
    /// A plain-text HTTP response.
    Http(StatusCode),
    /// An HTML page.
    Html(StatusCode),
    /// A response with this message.
    Message(Bytes),
    /// No response; the connection ends.
    Drop,
    /// The first half of the right response, after which the connection ends.
    Truncate,
    /// The right response, after this duration.
    Delay(Duration),
    /// The right response, once silent requests are released.
    Silent,
    /// The right response, once enough requests wait at the barrier.
    Barrier(Arc<Barrier>),
}

/// A point at which requests wait for each other.
#[derive(Debug)]
pub(crate) struct Barrier {
    expected: usize,
    arrived: watch::Sender<usize>,
}

impl Barrier {
    /// Waits until the expected number of requests has arrived, including this one.
    pub(crate) async fn wait(&self) {
        self.arrived.send_modify(|arrived| *arrived += 1);
        // Cannot fail: `self` holds the sender.
        let _ = self.arrived.subscribe().wait_for(|arrived| *arrived >= self.expected).await;
    }
}

impl Fault {
    fn new(outcome: Outcome) -> Self {
        Self { outcome, retry_after: None, rpc: None, skipped: 0, remaining: 1 }
    }

    /// Fails the next request with an error of the API.
    pub fn rpc(code: ErrorCode, message: impl Into<String>) -> Self {
        Self::new(Outcome::Rpc(code, message.into()))
    }

    /// Fails the next request with this HTTP status and a line of text, as a proxy or a rate limiter in front of the
    /// API does. A number that is not an HTTP status counts as 500.
    pub fn http(status: u16) -> Self {
        Self::new(Outcome::Http(status_of(status)))
    }

    /// Fails the next request with this HTTP status and an HTML page, as a gateway does; with status 200, as a captive
    /// portal does. A number that is not an HTTP status counts as 500.
    pub fn html(status: u16) -> Self {
        Self::new(Outcome::Html(status_of(status)))
    }

    /// Sends these bytes as the message of the next response, even if they are not a valid message.
    pub fn message(bytes: impl Into<Bytes>) -> Self {
        Self::new(Outcome::Message(bytes.into()))
    }

    /// Closes the connection of the next request, or resets its stream, without a response.
    pub fn dropped_connection() -> Self {
        Self::new(Outcome::Drop)
    }

    /// Serves the next request, but closes the connection or resets the stream after the first half of the response
    /// body.
    pub fn truncated_body() -> Self {
        Self::new(Outcome::Truncate)
    }

    /// Delays the next request by this duration, then serves it. Other requests are served meanwhile.
    pub fn delay(duration: Duration) -> Self {
        Self::new(Outcome::Delay(duration))
    }

    /// Holds the next request until [`Emulator::release`](crate::Emulator::release), then serves it.
    pub fn silence() -> Self {
        Self::new(Outcome::Silent)
    }

    /// Lets the next `requests` requests wait for each other before they are served. A client that sends fewer at once
    /// waits until its own timeout, however fast the machine is.
    pub fn barrier(requests: usize) -> Self {
        let barrier = Barrier { expected: requests, arrived: watch::channel(0).0 };
        Self::new(Outcome::Barrier(Arc::new(barrier))).times(requests)
    }

    /// Sets the header `Retry-After`, in whole seconds, rounded up.
    pub fn retry_after(self, wait: Duration) -> Self {
        Self { retry_after: Some(wait), ..self }
    }

    /// Limits the fault to requests of this method.
    pub fn on(self, rpc: Rpc) -> Self {
        Self { rpc: Some(rpc), ..self }
    }

    /// Serves this many requests before the fault begins.
    pub fn after(self, requests: usize) -> Self {
        Self { skipped: requests, ..self }
    }

    /// Sets the number of requests that fail (default 1, `usize::MAX` for all).
    pub fn times(self, requests: usize) -> Self {
        Self { remaining: requests, ..self }
    }

    fn applies_to(&self, rpc: Rpc) -> bool {
        self.remaining > 0 && self.rpc.is_none_or(|only| only == rpc)
    }

    /// Reads a kind, such as `http:503`.
    fn parse_kind(kind: &str) -> Result<Self, String> {
        let (name, argument) = kind.split_once(':').unwrap_or((kind, ""));
        let status = || {
            let status = argument.parse().ok().filter(|status| STATUSES.contains(status));
            status.ok_or_else(|| {
                let (first, last) = (STATUSES.start(), STATUSES.end());
                format!("expects an HTTP status from {first} to {last}, such as 503; got {argument:?}")
            })
        };
        match name {
            "rpc" => {
                let code = argument.parse().map_err(|_| {
                    let codes = CODES.map(|code| code.as_str());
                    format!("unknown error code {argument:?}; {}", suggest::advice(argument, "the codes are", &codes))
                })?;
                Ok(Self::rpc(code, "injected fault"))
            }
            "http" => Ok(Self::http(status()?)),
            "html" => Ok(Self::html(status()?)),
            "delay" => Ok(Self::delay(parse_duration(argument).map_err(|error| format!("delay: {error}"))?)),
            "drop" => Ok(Self::dropped_connection()),
            "truncate" => Ok(Self::truncated_body()),
            "silent" => Ok(Self::silence()),
            _ => Err(format!("unknown fault {name:?}; {}", suggest::advice(name, "the faults are", &KINDS))),
        }
    }

    /// Applies an option, such as `times=2`.
    fn with_option(self, option: &str) -> Result<Self, String> {
        let number = |text: &str| text.parse().map_err(|_| format!("{option:?}: expects a whole number, got {text:?}"));
        Ok(match option.split_once('=') {
            Some(("on", method)) => self.on(method.parse()?),
            Some(("after", count)) => self.after(number(count)?),
            Some(("times", "always")) => self.times(usize::MAX),
            Some(("times", count)) => self.times(number(count)?),
            Some(("retry-after", seconds)) => self.retry_after(Duration::from_secs(number(seconds)? as u64)),
            _ => {
                let name = option.split('=').next().unwrap_or(option);
                let advice = suggest::advice(name, "the options are", &OPTIONS);
                return Err(format!("unknown option {option:?}; {advice}"));
            }
        })
    }
}

impl FromStr for Fault {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let mut parts = text.split(',');
        let fault = Self::parse_kind(parts.next().unwrap_or_default())?;
        parts.try_fold(fault, Self::with_option)
    }
}

/// The final statuses of HTTP; one below 200 announces another response (RFC 9110, section 15.2).
const STATUSES: std::ops::RangeInclusive<u16> = 200..=599;
/// The kinds of faults as text.
const KINDS: [&str; 7] = ["rpc:CODE", "http:STATUS", "html:STATUS", "delay:TIME", "drop", "truncate", "silent"];
/// The options of faults as text.
const OPTIONS: [&str; 4] = ["on=METHOD", "after=N", "times=N", "retry-after=SECONDS"];
/// The error codes of Connect and gRPC.
const CODES: [ErrorCode; 16] = [
    ErrorCode::Canceled,
    ErrorCode::Unknown,
    ErrorCode::InvalidArgument,
    ErrorCode::DeadlineExceeded,
    ErrorCode::NotFound,
    ErrorCode::AlreadyExists,
    ErrorCode::PermissionDenied,
    ErrorCode::ResourceExhausted,
    ErrorCode::FailedPrecondition,
    ErrorCode::Aborted,
    ErrorCode::OutOfRange,
    ErrorCode::Unimplemented,
    ErrorCode::Internal,
    ErrorCode::Unavailable,
    ErrorCode::DataLoss,
    ErrorCode::Unauthenticated,
];

/// Returns a duration in whole seconds, rounded up, for the header `Retry-After`.
pub(crate) fn whole_seconds(wait: Duration) -> u64 {
    wait.as_secs() + u64::from(wait.subsec_nanos() > 0)
}

fn status_of(number: u16) -> StatusCode {
    StatusCode::from_u16(number).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}

/// The faults that have not happened yet.
#[derive(Default)]
pub(crate) struct Faults {
    pending: Mutex<Vec<Fault>>,
    /// Dropped when silent requests are released, which ends their wait.
    silent: Mutex<Option<watch::Sender<()>>>,
}

impl Faults {
    pub(crate) fn new(faults: Vec<Fault>) -> Self {
        Self { pending: Mutex::new(faults), ..Self::default() }
    }

    pub(crate) fn inject(&self, fault: Fault) {
        self.pending.lock().unwrap_or_else(PoisonError::into_inner).push(fault);
    }

    /// Releases all silent requests and removes pending faults of silence.
    pub(crate) fn release(&self) {
        let mut pending = self.pending.lock().unwrap_or_else(PoisonError::into_inner);
        pending.retain(|fault| !matches!(fault.outcome, Outcome::Silent));
        drop(self.silent.lock().unwrap_or_else(PoisonError::into_inner).take());
    }

    /// Removes all faults.
    pub(crate) fn clear(&self) {
        self.pending.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    /// Waits until silent requests are released.
    pub(crate) async fn released(&self) {
        let mut released = {
            let mut silent = self.silent.lock().unwrap_or_else(PoisonError::into_inner);
            silent.get_or_insert_with(|| watch::channel(()).0).subscribe()
        };
        // Fails once the sender is dropped.
        while released.changed().await.is_ok() {}
    }

    /// Takes the fault of a request, if it meets one: its outcome and the seconds of `Retry-After`.
    pub(crate) fn take(&self, rpc: Rpc) -> Option<(Outcome, Option<u64>)> {
        let mut faults = self.pending.lock().unwrap_or_else(PoisonError::into_inner);
        let fault = faults.iter_mut().find(|fault| fault.applies_to(rpc))?;
        if fault.skipped > 0 {
            fault.skipped -= 1;
            return None;
        }
        fault.remaining -= 1;
        let seconds = fault.retry_after.map(whole_seconds);
        let outcome = fault.outcome.clone();
        faults.retain(|fault| fault.remaining > 0);
        Some((outcome, seconds))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_skips_requests_then_fails_then_ends() {
        let faults = Faults::default();
        let wait = Duration::from_millis(1500);
        faults.inject(Fault::http(429).retry_after(wait).on(Rpc::Query).after(1).times(2));
        assert!(faults.take(Rpc::GetDataset).is_none(), "another method");
        let happened: Vec<_> = (0..4).map(|_| faults.take(Rpc::Query).map(|(_, seconds)| seconds)).collect();
        assert_eq!(happened, [None, Some(Some(2)), Some(Some(2)), None]);
    }

    #[test]
    fn faults_are_parsed_from_text() {
        for valid in ["drop", "truncate,times=always", "html:502,on=Query", "rpc:unavailable,after=1,retry-after=2"] {
            assert!(valid.parse::<Fault>().is_ok(), "{valid}");
        }
        assert!("http:599,on=QueryByID".parse::<Fault>().is_ok() && "silent,times=always".parse::<Fault>().is_ok());
        assert!("delay:250ms,on=Query,after=1,times=always".parse::<Fault>().is_ok());
        assert!(CODES.iter().all(|code| format!("rpc:{}", code.as_str()).parse::<Fault>().is_ok()));
    }

    #[test]
    fn a_fault_can_hit_each_method() {
        for rpc in Rpc::ALL {
            let fault: Fault = format!("delay:1ms,on={}", rpc.name()).parse().expect("a fault");
            assert!(Rpc::ALL.into_iter().all(|other| fault.applies_to(other) == (other == rpc)), "{}", rpc.name());
        }
    }

    #[test]
    fn invalid_faults_are_refused_with_advice() {
        for (text, reason) in [
            ("", "the faults are rpc:CODE, http:STATUS"),
            ("explode", "unknown fault \"explode\"; the faults are"),
            ("truncat", "did you mean \"truncate\"?"),
            ("http", "expects an HTTP status from 200 to 599, such as 503; got \"\""),
            ("http:x", "got \"x\""),
            ("http:99", "got \"99\""),
            ("http:101", "got \"101\""),
            ("html:600", "got \"600\""),
            ("http:70000", "got \"70000\""),
            ("delay", "delay: expects a number with the unit us, ms, s, m or h; got \"\""),
            ("delay:5", "got \"5\""),
            ("rpc:unavailble", "did you mean \"unavailable\"?"),
            ("rpc:nothing", "the codes are canceled, unknown,"),
            ("drop,on=query", "did you mean \"Query\"?"),
            ("drop,on=QueryById", "did you mean \"QueryByID\"?"),
            ("drop,on=Everything", "the methods are CreateDataset, GetDataset,"),
            ("drop,on=", "unknown method \"\""),
            ("drop,twice", "unknown option \"twice\"; the options are on=METHOD"),
            ("drop,time=3", "did you mean \"times=N\"?"),
            ("drop,times=x", "\"times=x\": expects a whole number, got \"x\""),
            ("drop,after=-1", "got \"-1\""),
        ] {
            let error = text.parse::<Fault>().expect_err(text);
            assert!(error.contains(reason), "{text}: {error}");
        }
    }
}
