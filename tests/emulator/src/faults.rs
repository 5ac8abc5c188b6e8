//! Faults on demand: what a client meets when a server or something in front of it is in trouble.

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
        Self::new(Outcome::Http(StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)))
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

    /// How many requests fail; 1 if nothing is said.
    pub fn times(self, requests: usize) -> Self {
        Self { remaining: requests, ..self }
    }

    fn concerns(&self, rpc: Rpc) -> bool {
        self.remaining > 0 && self.method.as_ref().is_none_or(|method| method == rpc.name())
    }
}

/// The faults that are still to happen.
#[derive(Default)]
pub(crate) struct Faults(Mutex<Vec<Fault>>);

impl Faults {
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
        let seconds = fault.retry_after.map(|wait| wait.as_secs() + u64::from(wait.subsec_nanos() > 0));
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
}
