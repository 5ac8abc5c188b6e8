//! Faults on demand: what a client meets when a server or something in front of it is in trouble.

use std::str::FromStr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use http::StatusCode;
use tokio::sync::watch;

use crate::rpc::Rpc;
use crate::services::ErrorCode;
use crate::suggest;

/// Requests that fail, and how. Give it to [`Emulator::inject`](crate::Emulator::inject).
///
/// ```
/// use std::time::Duration;
/// use tilebox_emulator::Fault;
///
/// let busy = Fault::http(429).retry_after(Duration::from_secs(1)).on("Query").after(3).times(2);
/// # drop(busy);
/// ```
///
/// As text it is a kind and options, joined by commas. Kinds: `rpc:CODE`, `http:STATUS`, `html:STATUS`, `drop`,
/// `truncate`, `silent`. Options: `on=METHOD`, `after=N`, `times=N` or `times=always`, `retry-after=SECONDS`.
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
    method: Option<String>,
    spared: usize,
    remaining: usize,
}

/// What a failed request is answered with.
#[derive(Clone, Debug)]
pub(crate) enum Outcome {
    /// An error of the API.
    Rpc(ErrorCode, String),
    /// A plain HTTP answer.
    Http(StatusCode),
    /// A page for people.
    Html(StatusCode),
    /// A response with this message.
    Message(Bytes),
    /// No answer; the connection ends.
    Drop,
    /// The right answer, of which a half arrives before the connection ends.
    Truncate,
    /// No response before the request is released.
    Silent,
    /// The right response, once other requests are in progress too.
    Meet(Arc<Meeting>),
}

/// Requests that wait for each other.
#[derive(Debug)]
pub(crate) struct Meeting {
    wanted: usize,
    arrived: watch::Sender<usize>,
}

impl Meeting {
    /// Waits until as many requests have arrived as are wanted, including this one.
    pub(crate) async fn join(&self) {
        self.arrived.send_modify(|arrived| *arrived += 1);
        // The sender lives as long as this does.
        let _ = self.arrived.subscribe().wait_for(|arrived| *arrived >= self.wanted).await;
    }
}

impl Fault {
    fn new(outcome: Outcome) -> Self {
        Self { outcome, retry_after: None, method: None, spared: 0, remaining: 1 }
    }

    /// The next request is answered with an error of the API.
    pub fn rpc(code: ErrorCode, message: impl Into<String>) -> Self {
        Self::new(Outcome::Rpc(code, message.into()))
    }

    /// The next request is answered with this HTTP status and a line of text, as by a proxy or a rate limiter in front
    /// of the API. A number that is no status counts as 500.
    pub fn http(status: u16) -> Self {
        Self::new(Outcome::Http(status_of(status)))
    }

    /// The next request is answered with this HTTP status and a page of HTML, as by a gateway. Also with 200, as by a
    /// network that wants people to log in first. A number that is no status counts as 500.
    pub fn html(status: u16) -> Self {
        Self::new(Outcome::Html(status_of(status)))
    }

    /// The next request gets a response with these bytes as its message, which may be none.
    pub fn message(bytes: impl Into<Bytes>) -> Self {
        Self::new(Outcome::Message(bytes.into()))
    }

    /// The next request is not answered: its connection is closed, or its stream reset.
    pub fn dropped_connection() -> Self {
        Self::new(Outcome::Drop)
    }

    /// The next request is served, but of its answer only a half arrives before the connection is closed or the stream
    /// reset.
    pub fn truncated_body() -> Self {
        Self::new(Outcome::Truncate)
    }

    /// The next request gets no response until [`Emulator::release`](crate::Emulator::release), and then the right one.
    pub fn silence() -> Self {
        Self::new(Outcome::Silent)
    }

    /// The next `requests` requests wait for each other before they are served. A client that sends fewer at once waits
    /// until its own timeout, however fast the machine is.
    pub fn meeting(requests: usize) -> Self {
        let meeting = Meeting { wanted: requests, arrived: watch::channel(0).0 };
        Self::new(Outcome::Meet(Arc::new(meeting))).times(requests)
    }

    /// Tells the client when to try again, in the header `Retry-After`, which knows whole seconds only; rounded up.
    pub fn retry_after(self, wait: Duration) -> Self {
        Self { retry_after: Some(wait), ..self }
    }

    /// Only requests of this method, named as in its path: `"Query"`. An emulator does not start with a fault of an
    /// unknown method.
    pub fn on(self, method: impl Into<String>) -> Self {
        Self { method: Some(method.into()), ..self }
    }

    /// Lets this many requests pass first.
    pub fn after(self, requests: usize) -> Self {
        Self { spared: requests, ..self }
    }

    /// How many requests fail; 1 if nothing is said. `usize::MAX` for all.
    pub fn times(self, requests: usize) -> Self {
        Self { remaining: requests, ..self }
    }

    /// Refuses a fault that concerns no request.
    pub(crate) fn check(&self) -> Result<(), String> {
        self.method.as_deref().map_or(Ok(()), check_method)
    }

    fn concerns(&self, rpc: Rpc) -> bool {
        self.remaining > 0 && self.method.as_ref().is_none_or(|method| method == rpc.name())
    }
}

impl FromStr for Fault {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let mut parts = text.split(',');
        let kind = parts.next().unwrap_or_default();
        let (name, argument) = kind.split_once(':').unwrap_or((kind, ""));
        let status = || {
            let status = argument.parse().ok().filter(|status| STATUSES.contains(status));
            status.ok_or_else(|| {
                let (first, last) = (STATUSES.start(), STATUSES.end());
                format!("expects an HTTP status from {first} to {last}, such as 503; got {argument:?}")
            })
        };
        let mut fault = match name {
            "rpc" => {
                let code = argument.parse().map_err(|_| {
                    let codes = CODES.map(|code| code.as_str());
                    format!("unknown error code {argument:?}; {}", suggest::advice(argument, "the codes are", &codes))
                })?;
                Self::rpc(code, "injected fault")
            }
            "http" => Self::http(status()?),
            "html" => Self::html(status()?),
            "drop" => Self::dropped_connection(),
            "truncate" => Self::truncated_body(),
            "silent" => Self::silence(),
            _ => return Err(format!("unknown fault {name:?}; {}", suggest::advice(name, "the faults are", &KINDS))),
        };
        for part in parts {
            let number =
                |text: &str| text.parse().map_err(|_| format!("{part:?}: expects a whole number, got {text:?}"));
            fault = match part.split_once('=') {
                Some(("on", method)) => {
                    check_method(method)?;
                    fault.on(method)
                }
                Some(("after", count)) => fault.after(number(count)?),
                Some(("times", "always")) => fault.times(usize::MAX),
                Some(("times", count)) => fault.times(number(count)?),
                Some(("retry-after", seconds)) => fault.retry_after(Duration::from_secs(number(seconds)? as u64)),
                _ => {
                    let option = part.split('=').next().unwrap_or(part);
                    let advice = suggest::advice(option, "the options are", &OPTIONS);
                    return Err(format!("unknown option {part:?}; {advice}"));
                }
            };
        }
        Ok(fault)
    }
}

fn check_method(method: &str) -> Result<(), String> {
    match Rpc::of_name(method) {
        Some(_) => Ok(()),
        None => {
            let advice = suggest::advice(method, "the methods are", &Rpc::ALL.map(Rpc::name));
            Err(format!("unknown method {method:?}; {advice}"))
        }
    }
}

/// The statuses that a response can have: one below 200 announces another (RFC 9110, section 15.2).
const STATUSES: std::ops::RangeInclusive<u16> = 200..=599;
/// The kinds of faults as text.
const KINDS: [&str; 6] = ["rpc:CODE", "http:STATUS", "html:STATUS", "drop", "truncate", "silent"];
/// The options of faults as text.
const OPTIONS: [&str; 4] = ["on=METHOD", "after=N", "times=N", "retry-after=SECONDS"];
/// The codes of the protocol.
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

/// As the header `Retry-After` has it: rounded up.
pub(crate) fn whole_seconds(wait: Duration) -> u64 {
    wait.as_secs() + u64::from(wait.subsec_nanos() > 0)
}

fn status_of(number: u16) -> StatusCode {
    StatusCode::from_u16(number).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}

/// The faults that are still to happen.
#[derive(Default)]
pub(crate) struct Faults {
    open: Mutex<Vec<Fault>>,
    /// Held by silent requests; replaced when they are released.
    silent: Mutex<Option<watch::Sender<()>>>,
}

impl Faults {
    pub(crate) fn new(faults: Vec<Fault>) -> Self {
        Self { open: Mutex::new(faults), ..Self::default() }
    }

    pub(crate) fn inject(&self, fault: Fault) {
        self.open.lock().unwrap_or_else(PoisonError::into_inner).push(fault);
    }

    /// Lets every silent request go on, and forgets faults that would make later ones silent.
    pub(crate) fn release(&self) {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        open.retain(|fault| !matches!(fault.outcome, Outcome::Silent));
        drop(self.silent.lock().unwrap_or_else(PoisonError::into_inner).take());
    }

    /// Resolves when silent requests are released.
    pub(crate) async fn released(&self) {
        let mut released = {
            let mut silent = self.silent.lock().unwrap_or_else(PoisonError::into_inner);
            silent.get_or_insert_with(|| watch::channel(()).0).subscribe()
        };
        // It ends with its sender.
        while released.changed().await.is_ok() {}
    }

    /// The fate of a request: how it fails, and after how many seconds the client should try again.
    pub(crate) fn next(&self, rpc: Rpc) -> Option<(Outcome, Option<u64>)> {
        let mut faults = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let fault = faults.iter_mut().find(|fault| fault.concerns(rpc))?;
        if fault.spared > 0 {
            fault.spared -= 1;
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
    fn a_fault_spares_fails_and_then_is_over() {
        let faults = Faults::default();
        let wait = Duration::from_millis(1500);
        faults.inject(Fault::http(429).retry_after(wait).on("Query").after(1).times(2));
        assert!(faults.next(Rpc::GetDataset).is_none(), "another method");
        let happened: Vec<_> = (0..4).map(|_| faults.next(Rpc::Query).map(|(_, seconds)| seconds)).collect();
        assert_eq!(happened, [None, Some(Some(2)), Some(Some(2)), None]);
    }

    #[test]
    fn faults_are_read_from_text() {
        for right in ["drop", "truncate,times=always", "html:502,on=Query", "rpc:unavailable,after=1,retry-after=2"] {
            assert!(right.parse::<Fault>().is_ok(), "{right}");
        }
        assert!("http:599,on=QueryByID".parse::<Fault>().is_ok() && "silent,times=always".parse::<Fault>().is_ok());
        assert!(CODES.iter().all(|code| format!("rpc:{}", code.as_str()).parse::<Fault>().is_ok()));
    }

    #[test]
    fn a_fault_that_cannot_happen_is_refused_with_advice() {
        for (wrong, reason) in [
            ("", "the faults are rpc:CODE, http:STATUS"),
            ("explode", "unknown fault \"explode\"; the faults are"),
            ("truncat", "did you mean \"truncate\"?"),
            ("http", "expects an HTTP status from 200 to 599, such as 503; got \"\""),
            ("http:x", "got \"x\""),
            ("http:99", "got \"99\""),
            ("http:101", "got \"101\""),
            ("html:600", "got \"600\""),
            ("http:70000", "got \"70000\""),
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
            let error = wrong.parse::<Fault>().expect_err(wrong);
            assert!(error.contains(reason), "{wrong}: {error}");
        }
    }
}
