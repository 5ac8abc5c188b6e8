//! The faults of a simulated run.

use std::fmt;
use std::ops::RangeInclusive;
use std::time::Duration;

/// The faults of a simulated run: what may happen between runners and the server, and to the processes of runners.
///
/// [`seeded`](Self::seeded) mixes all kinds. The setters choose single ones. Equal faults give equal runs.
///
/// ```
/// # use tilebox_core as tilebox_tokio;
/// use std::time::Duration;
/// use tilebox_tokio::testing::Faults;
///
/// let faults = Faults::none(7).crashes(2).lost_responses(0.1).latency(Duration::from_millis(5)..=Duration::from_millis(80));
/// ```
#[derive(Clone, Debug, PartialEq)]
#[must_use = "setters return the changed faults"]
pub struct Faults {
    pub(super) seed: u64,
    pub(super) latency: RangeInclusive<Duration>,
    pub(super) lost_requests: f64,
    pub(super) lost_responses: f64,
    pub(super) duplicated_requests: f64,
    pub(super) late_messages: f64,
    pub(super) longest_delay: Duration,
    pub(super) server_errors: f64,
    pub(super) slow_responses: f64,
    pub(super) longest_response: Duration,
    pub(super) crashes: u32,
    pub(super) stops: u32,
    pub(super) fate: f64,
    pub(super) restart: RangeInclusive<Duration>,
    pub(super) clock_offset: Duration,
    pub(super) clock_drift: u32,
}

impl Faults {
    /// Returns a run without faults: messages take 10 ms in each direction, and the clocks of all processes agree. The seed
    /// chooses the waits of the runners and the faults of setters that follow.
    pub fn none(seed: u64) -> Self {
        let latency = Duration::from_millis(10);
        Self {
            seed,
            latency: latency..=latency,
            lost_requests: 0.0,
            lost_responses: 0.0,
            duplicated_requests: 0.0,
            late_messages: 0.0,
            longest_delay: Duration::from_secs(60),
            server_errors: 0.0,
            slow_responses: 0.0,
            longest_response: Duration::from_secs(4),
            crashes: 0,
            stops: 0,
            fate: 0.02,
            restart: Duration::from_millis(100)..=Duration::from_secs(20),
            clock_offset: Duration::ZERO,
            clock_drift: 0,
        }
    }

    /// Returns a mix of all kinds of faults, which the seed chooses: some seeds have many of one kind and none of another.
    pub fn seeded(seed: u64) -> Self {
        // The first numbers of similar seeds are similar.
        let mut random = fastrand::Rng::with_seed(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ 0x5eed);
        let mut chance = || if random.bool() { random.f64() * random.f64() * 0.2 } else { 0.0 };
        let mut faults = Self::none(seed)
            .lost_requests(chance())
            .lost_responses(chance())
            .duplicated_requests(chance())
            .late_messages(chance(), Duration::from_secs(60))
            .server_errors(chance())
            .slow_responses(chance(), Duration::from_secs(4));
        let latency = Duration::from_micros(random.u64(50..50_000));
        faults = faults.latency(latency..=latency * random.u32(1..=6));
        faults = faults.crashes(if random.bool() { random.u32(1..=5) } else { 0 });
        faults = faults.stops(if random.bool() { random.u32(1..=3) } else { 0 });
        faults.fate = [0.005, 0.02, 0.1][random.usize(0..3)];
        faults.clock_offset(Duration::from_secs(1 << 20)).clock_drift(random.u32(0..=1000))
    }

    /// Sets the range of the time that a message takes in one direction.
    pub fn latency(self, latency: RangeInclusive<Duration>) -> Self {
        Self { latency, ..self }
    }

    /// Sets the probability, from 0 to 1, that a request never reaches the server.
    pub fn lost_requests(self, lost_requests: f64) -> Self {
        Self { lost_requests, ..self }
    }

    /// Sets the probability, from 0 to 1, that the server acts on a request and its response never arrives.
    pub fn lost_responses(self, lost_responses: f64) -> Self {
        Self { lost_responses, ..self }
    }

    /// Sets the probability, from 0 to 1, that a request reaches the server twice.
    pub fn duplicated_requests(self, duplicated_requests: f64) -> Self {
        Self { duplicated_requests, ..self }
    }

    /// Sets the probability, from 0 to 1, that a request or a response is delayed, for `longest_delay` at most. It may arrive
    /// after its repetition.
    pub fn late_messages(self, late_messages: f64, longest_delay: Duration) -> Self {
        Self { late_messages, longest_delay, ..self }
    }

    /// Sets the probability, from 0 to 1, that the server responds with an error that may pass, before or after it acted.
    pub fn server_errors(self, server_errors: f64) -> Self {
        Self { server_errors, ..self }
    }

    /// Sets the probability, from 0 to 1, that the server is slow to respond, and takes `longest_response` at most.
    pub fn slow_responses(self, slow_responses: f64, longest_response: Duration) -> Self {
        Self { slow_responses, longest_response, ..self }
    }

    /// Sets the maximum number of crashes: a process ends at some await of a task or of the runner, and another one starts
    /// later.
    pub fn crashes(self, crashes: u32) -> Self {
        Self { crashes, ..self }
    }

    /// Sets the maximum number of orderly stops, as of a deployment: a process gets a signal, half of them a second one soon
    /// after, and another process starts when it has ended.
    pub fn stops(self, stops: u32) -> Self {
        Self { stops, ..self }
    }

    /// Sets the range of the time from the end of a process to the start of the next one.
    pub fn restart(self, restart: RangeInclusive<Duration>) -> Self {
        Self { restart, ..self }
    }

    /// Sets the maximum difference between the clocks of processes.
    pub fn clock_offset(self, clock_offset: Duration) -> Self {
        Self { clock_offset, ..self }
    }

    /// Sets the maximum rate, in microseconds per second, by which the clock of a process is faster or slower than that of the
    /// server.
    pub fn clock_drift(self, clock_drift: u32) -> Self {
        Self { clock_drift, ..self }
    }
}

/// The mix of faults of this seed: [`Faults::seeded`].
impl From<u64> for Faults {
    fn from(seed: u64) -> Self {
        Self::seeded(seed)
    }
}

/// A fault that happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Fault {
    /// A process ended without a word.
    Crash,
    /// A process got a signal to stop.
    Stop,
    /// A process got a second signal.
    Interrupt,
    /// A request never reached the server.
    LostRequest,
    /// The server acted, and its response never arrived.
    LostResponse,
    /// A request reached the server twice.
    DuplicatedRequest,
    /// A request or a response was delayed.
    LateMessage,
    /// The server responded with an error, before or after it acted.
    ServerError,
    /// The server was slow to respond.
    SlowResponse,
}

impl Fault {
    /// All kinds.
    pub const ALL: &[Self] = &[
        Self::Crash,
        Self::Stop,
        Self::Interrupt,
        Self::LostRequest,
        Self::LostResponse,
        Self::DuplicatedRequest,
        Self::LateMessage,
        Self::ServerError,
        Self::SlowResponse,
    ];

    /// Returns the noun for this number of them.
    const fn noun(self, count: u64) -> &'static str {
        match (self, count) {
            (Self::Crash, 1) => "crash",
            (Self::Crash, _) => "crashes",
            (Self::Stop, 1) => "stop",
            (Self::Stop, _) => "stops",
            (Self::Interrupt, 1) => "interrupt",
            (Self::Interrupt, _) => "interrupts",
            (Self::LostRequest, 1) => "lost request",
            (Self::LostRequest, _) => "lost requests",
            (Self::LostResponse, 1) => "lost response",
            (Self::LostResponse, _) => "lost responses",
            (Self::DuplicatedRequest, 1) => "duplicated request",
            (Self::DuplicatedRequest, _) => "duplicated requests",
            (Self::LateMessage, 1) => "late message",
            (Self::LateMessage, _) => "late messages",
            (Self::ServerError, 1) => "server error",
            (Self::ServerError, _) => "server errors",
            (Self::SlowResponse, 1) => "slow response",
            (Self::SlowResponse, _) => "slow responses",
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.noun(1))
    }
}

/// The number of faults of each kind.
///
/// Prints `2 crashes, 1 lost response`, or `no faults`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FaultCounts([u64; Fault::ALL.len()]);

impl FaultCounts {
    /// Returns the number of faults of a kind.
    #[must_use]
    pub const fn of(&self, fault: Fault) -> u64 {
        self.0[fault as usize]
    }

    /// Returns the number of all faults.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.0.iter().sum()
    }

    pub(super) const fn count(&mut self, fault: Fault) {
        self.0[fault as usize] += 1;
    }
}

/// Adds the numbers of each kind.
impl std::ops::AddAssign for FaultCounts {
    fn add_assign(&mut self, other: Self) {
        for (count, other) in self.0.iter_mut().zip(other.0) {
            *count += other;
        }
    }
}

impl fmt::Display for FaultCounts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let counts = Fault::ALL.iter().map(|fault| (*fault, self.of(*fault))).filter(|(_, count)| *count > 0);
        let texts: Vec<_> = counts.map(|(fault, count)| format!("{count} {}", fault.noun(count))).collect();
        f.write_str(if texts.is_empty() { "no faults" } else { "" })?;
        f.write_str(&texts.join(", "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_of_faults_print_as_a_list() {
        let mut counts = FaultCounts::default();
        assert_eq!(counts.to_string(), "no faults");
        [Fault::Crash, Fault::LostResponse, Fault::Crash].into_iter().for_each(|fault| counts.count(fault));
        assert_eq!((counts.to_string().as_str(), counts.total()), ("2 crashes, 1 lost response", 3));
    }

    #[test]
    fn every_kind_of_fault_has_its_own_count() {
        for (index, fault) in Fault::ALL.iter().enumerate() {
            assert_eq!(*fault as usize, index);
        }
    }

    #[test]
    fn seeds_choose_different_mixes() {
        let mixes: Vec<Faults> = (0..100).map(Faults::seeded).collect();
        assert!(mixes.iter().any(|faults| faults.crashes == 0) && mixes.iter().any(|faults| faults.crashes == 5));
        for chance in [|faults: &Faults| faults.lost_requests, |faults: &Faults| faults.slow_responses] {
            assert!(mixes.iter().any(|faults| chance(faults) == 0.0));
            assert!(mixes.iter().any(|faults| chance(faults) > 0.05));
            assert!(mixes.iter().all(|faults| chance(faults) < 0.2));
        }
    }
}
