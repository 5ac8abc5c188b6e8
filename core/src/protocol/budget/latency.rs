//! What one load learns from how long its exchanges take.

use std::time::Duration;

use crate::time::Instant;

/// How long the shortest latency counts, at least. The way to the server may become longer for good.
const MEMORY: Duration = Duration::from_secs(15);

/// A delay by an eighth of the shortest latency, within these bounds, is more than jitter (RFC 9406, section 4.3).
const LEAST_DELAY: Duration = Duration::from_millis(4);
const MOST_DELAY: Duration = Duration::from_millis(16);

/// So many answers say whether a round is delayed (RFC 9406, section 4.3) where they take twice as long as the shortest. With
/// less it takes the whole round: answers come in bursts, and in each only the first ones did not wait.
const SAMPLES: usize = 8;

/// The latencies of one load.
#[derive(Debug, Default)]
pub(super) struct Latencies {
    shortest: Shortest,
    responses: usize,
    /// How many answers the round has: as many as there might be under way when it began.
    due: Option<usize>,
    /// The shortest latency of this round: what only jitter added is not a queue.
    best: Option<Duration>,
    filled: bool,
    /// Whether as many were under way as were allowed when the last one was sent.
    full: bool,
    /// Whether the exchanges of this round wait for longer than jitter explains.
    delayed: bool,
}

/// What the answers to one window of exchanges say.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Round {
    /// How many of the exchanges under way waited somewhere.
    pub(super) queue: f64,
    /// Whether as many were under way as were allowed.
    pub(super) filled: bool,
}

impl Latencies {
    pub(super) fn in_use(&mut self, exchanges: usize, share: usize) {
        self.full = exchanges >= share;
        self.filled |= self.full;
    }

    /// Whether more would be under way if more were allowed.
    pub(super) fn is_full(&self) -> bool {
        self.full
    }

    /// Whether exchanges wait somewhere for longer than jitter explains, as the last answer showed.
    pub(super) fn is_delayed(&self) -> bool {
        self.delayed
    }

    /// Takes an answer. As many answers as the share allows exchanges are a round.
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

/// The shortest latency of the last while: of the present span of time and the one before.
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
