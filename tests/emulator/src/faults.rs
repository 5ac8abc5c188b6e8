//! Faults on demand: what a client meets when a server or something in front of it is in trouble.

use std::str::FromStr;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use http::StatusCode;

use crate::rpc::Rpc;
use crate::services::ErrorCode;

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
/// `truncate`. Options: `on=METHOD`, `after=N`, `times=N` or `times=always`, `retry-after=SECONDS`.
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
    /// No answer; the connection ends.
    Drop,
    /// The right answer, of which a half arrives before the connection ends.
    Truncate,
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

    /// The next request is not answered: its connection is closed, or its stream reset.
    pub fn dropped_connection() -> Self {
        Self::new(Outcome::Drop)
    }

    /// The next request is served, but of its answer only a half arrives before the connection is closed or the stream
    /// reset.
    pub fn truncated_body() -> Self {
        Self::new(Outcome::Truncate)
    }

    /// Tells the client when to try again, in the header `Retry-After`, which knows whole seconds only; rounded up.
    pub fn retry_after(self, wait: Duration) -> Self {
        Self { retry_after: Some(wait), ..self }
    }

    /// Only requests of this method, named as in its path: `"Query"`.
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
        let status = || argument.parse().map_err(|_| format!("{argument:?} is no HTTP status"));
        let mut fault = match name {
            "rpc" => {
                let code =
                    argument.parse().map_err(|_| format!("{argument:?} is no error code such as unavailable"))?;
                Self::rpc(code, "injected fault")
            }
            "http" => Self::http(status()?),
            "html" => Self::html(status()?),
            "drop" => Self::dropped_connection(),
            "truncate" => Self::truncated_body(),
            _ => return Err(format!("{name:?} is none of rpc:CODE, http:STATUS, html:STATUS, drop and truncate")),
        };
        for part in parts {
            let number = |text: &str| text.parse().map_err(|_| format!("{text:?} is no number"));
            fault = match part.split_once('=') {
                Some(("on", method)) => fault.on(method),
                Some(("after", count)) => fault.after(number(count)?),
                Some(("times", "always")) => fault.times(usize::MAX),
                Some(("times", count)) => fault.times(number(count)?),
                Some(("retry-after", seconds)) => fault.retry_after(Duration::from_secs(number(seconds)? as u64)),
                _ => return Err(format!("{part:?} is none of on=, after=, times= and retry-after=")),
            };
        }
        Ok(fault)
    }
}

/// As the header `Retry-After` has it: rounded up.
pub(crate) fn whole_seconds(wait: Duration) -> u64 {
    wait.as_secs() + u64::from(wait.subsec_nanos() > 0)
}

fn status_of(number: u16) -> StatusCode {
    StatusCode::from_u16(number).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}

/// The faults that are still to happen.
#[derive(Default)]
pub(crate) struct Faults(Mutex<Vec<Fault>>);

impl Faults {
    pub(crate) fn new(faults: Vec<Fault>) -> Self {
        Self(Mutex::new(faults))
    }

    pub(crate) fn inject(&self, fault: Fault) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(fault);
    }

    /// The fate of a request: how it fails, and after how many seconds the client should try again.
    pub(crate) fn next(&self, rpc: Rpc) -> Option<(Outcome, Option<u64>)> {
        let mut faults = self.0.lock().unwrap_or_else(PoisonError::into_inner);
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
        for wrong in ["", "http", "http:x", "rpc:nothing", "drop,twice", "drop,times=x", "explode"] {
            assert!(wrong.parse::<Fault>().is_err(), "{wrong}");
        }
    }
}
