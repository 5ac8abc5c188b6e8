//! What happens to each message and each process, from a seed.

use std::time::Duration;

use super::faults::{Fault, FaultCounts, Faults};
use crate::protocol::connect::Code;

/// The codes of errors that may pass.
const PASSING: [Code; 6] =
    [Code::Unavailable, Code::Internal, Code::Unknown, Code::Aborted, Code::DeadlineExceeded, Code::ResourceExhausted];

/// Draws what happens.
pub(super) struct Network {
    pub(super) faults: Faults,
    pub(super) random: fastrand::Rng,
    pub(super) counts: FaultCounts,
}

/// What happens to one exchange.
#[derive(Clone, Debug)]
pub(super) struct Fate {
    /// The times from the request to its arrivals: none if it is lost, two if it is duplicated.
    pub(super) arrivals: Vec<Duration>,
    pub(super) treatment: Treatment,
    /// The time from the arrival to that of the response; `None` if it is lost.
    pub(super) response: Option<Duration>,
    /// The time from the request until the runner sees that the connection broke.
    pub(super) breaks: Option<Duration>,
    pub(super) faults: Vec<Fault>,
}

/// How the server treats a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Treatment {
    Serve,
    /// Responds with this error, and does nothing.
    Refuse(Code),
    /// Acts, and responds with this error.
    ServeAndFail(Code),
    /// Acts, and a gateway responds with a page.
    BadGateway,
}

/// What happens to a process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Blow {
    Crash,
    Stop { second_signal: Option<Duration> },
}

impl Network {
    pub(super) fn new(faults: Faults) -> Self {
        let random = fastrand::Rng::with_seed(faults.seed.wrapping_add(0x6e65_7477_6f72_6b00));
        Self { faults, random, counts: FaultCounts::default() }
    }

    /// Draws what happens to an exchange.
    pub(super) fn fate(&mut self) -> Fate {
        let mut fate = Fate {
            arrivals: vec![self.latency()],
            treatment: Treatment::Serve,
            response: Some(self.latency()),
            breaks: None,
            faults: Vec::new(),
        };
        if self.happens(self.faults.duplicated_requests, Fault::DuplicatedRequest, &mut fate) {
            let second = self.latency() + self.up_to(self.faults.longest_delay) / 10;
            fate.arrivals.push(second);
        }
        if self.happens(self.faults.late_messages, Fault::LateMessage, &mut fate) {
            let delay = self.up_to(self.faults.longest_delay);
            if self.random.bool() {
                fate.arrivals[0] += delay;
            } else {
                fate.response = fate.response.map(|response| response + delay);
            }
        }
        if self.happens(self.faults.slow_responses, Fault::SlowResponse, &mut fate) {
            let delay = self.up_to(self.faults.longest_response);
            fate.response = fate.response.map(|response| response + delay);
        }
        if self.happens(self.faults.server_errors, Fault::ServerError, &mut fate) {
            let code = PASSING[self.random.usize(..PASSING.len())];
            fate.treatment = match self.random.u8(0..4) {
                0 => Treatment::ServeAndFail(code),
                1 => Treatment::BadGateway,
                _ => Treatment::Refuse(code),
            };
        }
        let lost_request = self.happens(self.faults.lost_requests, Fault::LostRequest, &mut fate);
        if lost_request {
            fate.arrivals.clear();
        }
        if self.happens(self.faults.lost_responses, Fault::LostResponse, &mut fate) || lost_request {
            fate.response = None;
            // Half of them are silent, until the exchange times out.
            fate.breaks = self.random.bool().then(|| self.up_to(Duration::from_secs(2)));
        }
        fate
    }

    /// Draws what happens to a process at one of its awaits.
    pub(super) fn blow(&mut self) -> Option<Blow> {
        let (crashes, stops) = (self.faults.crashes.into(), self.faults.stops.into());
        let may_crash = self.counts.of(Fault::Crash) < crashes;
        let may_stop = self.counts.of(Fault::Stop) < stops;
        if !(may_crash || may_stop) || self.random.f64() >= self.faults.fate {
            return None;
        }
        if may_crash && (!may_stop || self.random.bool()) {
            self.counts.count(Fault::Crash);
            return Some(Blow::Crash);
        }
        self.counts.count(Fault::Stop);
        let second_signal = self.random.bool().then(|| self.up_to(Duration::from_secs(3)));
        Some(Blow::Stop { second_signal })
    }

    /// Draws the time until the next process of a runner starts.
    pub(super) fn restart(&mut self) -> Duration {
        let (shortest, longest) = (*self.faults.restart.start(), *self.faults.restart.end());
        shortest + self.up_to(longest.saturating_sub(shortest))
    }

    /// Draws origin and drift of the clock of a process.
    pub(super) fn clock(&mut self) -> (Duration, i32) {
        let drift = i64::from(self.faults.clock_drift);
        let drift = i32::try_from(self.random.i64(-drift..=drift)).unwrap_or(0);
        (self.up_to(self.faults.clock_offset), drift)
    }

    fn latency(&mut self) -> Duration {
        let (shortest, longest) = (*self.faults.latency.start(), *self.faults.latency.end());
        shortest + self.up_to(longest.saturating_sub(shortest))
    }

    fn up_to(&mut self, longest: Duration) -> Duration {
        if longest.is_zero() { longest } else { longest.mul_f64(self.random.f64()) }
    }

    fn happens(&mut self, probability: f64, fault: Fault, fate: &mut Fate) -> bool {
        let happens = probability > 0.0 && self.random.f64() < probability;
        if happens {
            self.counts.count(fault);
            fate.faults.push(fault);
        }
        happens
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_network_without_faults_delivers_every_message() {
        let mut network = Network::new(Faults::none(3));
        for _ in 0..100 {
            let fate = network.fate();
            assert_eq!((fate.arrivals.len(), fate.response), (1, Some(Duration::from_millis(10))));
            assert_eq!((fate.treatment, fate.faults.len()), (Treatment::Serve, 0));
            assert_eq!(network.blow(), None);
        }
    }

    #[test]
    fn a_lost_request_gets_no_response() {
        let mut network = Network::new(Faults::none(3).lost_requests(1.0).duplicated_requests(1.0));
        let fate = network.fate();
        assert_eq!((fate.arrivals.len(), fate.response), (0, None));
        assert_eq!(network.counts.to_string(), "1 lost request, 1 duplicated request");
    }

    #[test]
    fn crashes_and_stops_are_bounded() {
        let mut network = Network::new(Faults::none(3).crashes(2).stops(3));
        for _ in 0..10_000 {
            network.blow();
        }
        assert_eq!(network.counts.to_string(), "2 crashes, 3 stops");
    }
}
