//! The latencies of the exchanges of one load.

use std::time::Duration;

use crate::time::Instant;

/// The minimum time for which the shortest latency counts, because the route to the server can become longer.
const MEMORY: Duration = Duration::from_secs(15);

/// A delay by an eighth of the shortest latency, within these bounds, is more than jitter (RFC 9406, section 4.3).
const LEAST_DELAY: Duration = Duration::from_millis(4);
const MOST_DELAY: Duration = Duration::from_millis(16);

/// The number of responses that show a delay of a round (RFC 9406, section 4.3) when they take twice as long as the
/// shortest. A smaller delay needs the whole round: responses arrive in bursts, and only the first ones of each did not wait.
const SAMPLES: usize = 8;

/// The latencies of one load.
#[derive(Debug, Default)]
pub(super) struct Latencies {
    shortest: Shortest,
    responses: usize,
    /// The number of responses of the round: the share at its beginning.
    due: Option<usize>,
    /// The shortest latency of this round, because jitter is not a queue.
    best: Option<Duration>,
    filled: bool,
    /// Whether the share was fully used when the last exchange was sent.
    full: bool,
    /// Whether the exchanges of this round wait for longer than jitter explains.
    delayed: bool,
}

/// The result of the responses to one window of exchanges.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Round {
    /// The number of exchanges in flight that waited in queues.
    pub(super) queue: f64,
    /// Whether the share was fully used.
    pub(super) filled: bool,
}

impl Latencies {
    pub(super) fn in_use(&mut self, exchanges: usize, share: usize) {
        self.full = exchanges >= share;
        self.filled |= self.full;
    }

    /// Returns whether the share is fully used, so that a larger one would be used too.
    pub(super) fn is_full(&self) -> bool {
        self.full
    }

    /// Returns whether the last response showed that exchanges wait for longer than jitter explains.
    pub(super) fn is_delayed(&self) -> bool {
        self.delayed
    }

    /// Takes the latency of a response. A round has as many responses as the share at its beginning.
    pub(super) fn completed(&mut self, now: Instant, latency: Duration, share: usize) -> Option<Round> {
        self.shortest.add(now, latency);
        self.responses += 1;
        let best = self.best.map_or(latency, |best| best.min(latency));
        self.best = Some(best);
        let due = *self.due.get_or_insert(share);
        let shortest = self.shortest.get(best);
        let is_whole = self.responses >= due;
        let jitter = if is_whole { (shortest / 8).min(MOST_DELAY) } else { shortest }.max(LEAST_DELAY);
        self.delayed = self.responses >= due.min(SAMPLES) && best >= shortest + jitter;
        if !is_whole {
            return None;
        }
        let waiting = 1.0 - shortest.as_secs_f64() / best.as_secs_f64().max(f64::MIN_POSITIVE);
        let round = Round { queue: waiting.max(0.0) * due as f64, filled: self.filled };
        self.begin_round();
        Some(round)
    }

    pub(super) fn begin_round(&mut self) {
        (self.responses, self.due, self.best, self.filled) = (0, None, None, false);
    }
}

/// The shortest latency of the current period and of the previous one.
#[derive(Debug, Default)]
struct Shortest {
    since: Option<Instant>,
    before: Option<Duration>,
    present: Option<Duration>,
}

impl Shortest {
    fn add(&mut self, now: Instant, latency: Duration) {
        let since = *self.since.get_or_insert(now);
        if now - since >= MEMORY {
            (self.since, self.before, self.present) = (Some(now), self.present, None);
        }
        self.present = Some(self.present.map_or(latency, |present| present.min(latency)));
    }

    fn get(&self, default: Duration) -> Duration {
        self.before.into_iter().chain(self.present).min().unwrap_or(default)
    }
}
