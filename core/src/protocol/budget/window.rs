//! How many exchanges all loads of a client may have under way.

use super::latency::Round;
use crate::time::Instant;

/// The window of a client that has learnt nothing yet.
const INITIAL: f64 = 10.0;
/// With less than this waiting there is room for more (Vegas' alpha).
const FEW: f64 = 2.0;
/// With more than this waiting there are too many (Vegas' beta).
const MANY: f64 = 4.0;
/// By which part of itself a window grows with a round, and by one at least: a large one should not take long either.
const GROWTH: f64 = 1.0 / 4.0;
/// The same once an exchange was turned away: there is a bound that latency does not tell of.
const CAUTIOUS_GROWTH: f64 = 1.0 / 16.0;
/// Which part of those that wait for nothing is taken back with a round (FAST's gamma).
const SHRINKING: f64 = 0.5;

#[derive(Debug)]
pub(super) struct Window {
    size: f64,
    max: usize,
    /// Nothing has stood in the way so far.
    starting: bool,
    backed_off: Option<Instant>,
}

impl Window {
    pub(super) fn new(max: usize) -> Self {
        let max = max.max(1);
        Self { size: INITIAL.min(max as f64), max, starting: true, backed_off: None }
    }

    pub(super) fn max(&self) -> usize {
        self.max
    }

    pub(super) fn limit(&self) -> usize {
        // Between 1 and `max`, which is a `usize`.
        (self.size as usize).clamp(1, self.max)
    }

    /// An exchange was answered, and more would be under way if more were allowed: while nothing stands in the way there
    /// may be one more for each, so twice as many with each round.
    pub(super) fn grow(&mut self) {
        if self.starting {
            self.size = (self.size + 1.0).min(self.max as f64);
        }
    }

    /// Something stands in the way. The last doubling is taken back, so that what waits is done and the latency without it
    /// is seen.
    pub(super) fn end_start(&mut self) {
        if std::mem::take(&mut self.starting) {
            self.size = (self.size / 2.0).max(1.0);
        }
    }

    /// A round of one of `loads` has ended. Each of them has its rounds, so that each moves the window by its part.
    pub(super) fn learn(&mut self, round: &Round, loads: usize) {
        let loads = loads as f64;
        let growth = if self.backed_off.is_some() { CAUTIOUS_GROWTH } else { GROWTH };
        let change = match round.queue {
            queue if queue > MANY => (MANY - queue) * SHRINKING / loads,
            queue if queue < FEW && round.filled && !self.starting => (self.size * growth).max(1.0) / loads,
            _ => 0.0,
        };
        self.size = (self.size + change).clamp(1.0, self.max as f64);
    }

    /// An exchange sent at `sent` found too much under way. What was sent before the last time cannot know better.
    pub(super) fn back_off(&mut self, now: Instant, sent: Instant) {
        if self.backed_off.is_none_or(|last| sent >= last) {
            self.size = (self.size / 2.0).max(1.0);
            self.starting = false;
            self.backed_off = Some(now);
        }
    }
}
