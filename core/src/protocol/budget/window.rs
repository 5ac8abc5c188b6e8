//! The maximum number of exchanges in flight for all loads of a client.

use super::latency::Round;
use crate::time::Instant;

/// The initial window, in exchanges.
const INITIAL: f64 = 10.0;
/// The window grows when fewer exchanges wait (Vegas' alpha).
const FEW: f64 = 2.0;
/// The window shrinks when more exchanges wait (Vegas' beta).
const MANY: f64 = 4.0;
/// The part of itself by which a window grows with a round (minimum one exchange), so that a large one also grows quickly.
const GROWTH: f64 = 1.0 / 4.0;
/// The same after a refused exchange, because latency does not show every limit.
const CAUTIOUS_GROWTH: f64 = 1.0 / 16.0;
/// The part of the excess by which the window shrinks with a round (FAST's gamma).
const SHRINKING: f64 = 0.5;

#[derive(Debug)]
pub(super) struct Window {
    size: f64,
    max: usize,
    /// Whether no queue and no overload has been seen so far.
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

    /// Takes a response while the window is fully used. At the start the window grows by one with each response, so it
    /// doubles with each round.
    pub(super) fn grow(&mut self) {
        if self.starting {
            self.size = (self.size + 1.0).min(self.max as f64);
        }
    }

    /// Ends the start after the first queue. Reverts the last doubling, so that the queue drains and the latency without
    /// it is measured.
    pub(super) fn end_start(&mut self) {
        if std::mem::take(&mut self.starting) {
            self.size = (self.size / 2.0).max(1.0);
        }
    }

    /// Takes a round of one of `loads`. Each load has its own rounds, so each changes the window by its part.
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

    /// Takes an overload of an exchange sent at `sent`. Exchanges sent before the last reduction do not count again.
    pub(super) fn back_off(&mut self, now: Instant, sent: Instant) {
        if self.backed_off.is_none_or(|last| sent >= last) {
            self.size = (self.size / 2.0).max(1.0);
            self.starting = false;
            self.backed_off = Some(now);
        }
    }
}
