//! Counts exported and lost records, and says once that they are lost.

use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// The target of the messages about exports, which are not exported themselves.
pub(super) const TARGET: &str = "tilebox_backends::otel";

/// The state of the exports of one kind of record.
#[derive(Debug)]
pub(super) struct Health {
    /// The plural name of the records.
    records: &'static str,
    url: String,
    /// The records that entered the queue or were dropped before it.
    accepted: AtomicU64,
    /// The records that left the queue.
    handled: AtomicU64,
    /// The records of failed exports.
    failed: AtomicU64,
    is_away: AtomicBool,
}

impl Health {
    pub(super) fn new(records: &'static str, url: String) -> Self {
        Self {
            records,
            url,
            accepted: AtomicU64::new(0),
            handled: AtomicU64::new(0),
            failed: AtomicU64::new(0),
            is_away: AtomicBool::new(false),
        }
    }

    /// Counts a record that is given to the queue.
    pub(super) fn accept(&self) {
        self.accepted.fetch_add(1, Ordering::Relaxed);
    }

    /// Counts the records of an export, and says when exports begin to fail and when they succeed again.
    pub(super) fn exported(&self, records: usize, result: &Result<(), impl fmt::Display>) {
        let count = u64::try_from(records).unwrap_or(u64::MAX);
        self.handled.fetch_add(count, Ordering::Relaxed);
        let (records, url) = (self.records, &self.url);
        match result {
            Ok(()) if self.is_away.swap(false, Ordering::Relaxed) => {
                let lost = self.failed.load(Ordering::Relaxed);
                tracing::info!(target: TARGET, "{records} are exported to {url} again; {lost} of them are lost");
            }
            Ok(()) => {}
            Err(reason) => {
                self.failed.fetch_add(count, Ordering::Relaxed);
                if !self.is_away.swap(true, Ordering::Relaxed) {
                    tracing::warn!(
                        target: TARGET,
                        "cannot export {records} to {url}: {reason}; tasks continue, and {records} are lost until it succeeds",
                    );
                }
            }
        }
    }

    /// Returns the number of records that are lost when nothing is queued any more: those of failed exports, and those for which
    /// the queue had no place.
    pub(super) fn lost_at_end(&self) -> u64 {
        let dropped = self.accepted.load(Ordering::Relaxed).saturating_sub(self.handled.load(Ordering::Relaxed));
        dropped + self.failed.load(Ordering::Relaxed)
    }

    /// Says at the end how many records are lost, if any.
    pub(super) fn end(&self) {
        let (lost, records, url) = (self.lost_at_end(), self.records, &self.url);
        if lost > 0 {
            tracing::warn!(target: TARGET, "{lost} {records} were not exported to {url}");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lost_records_are_those_that_failed_or_were_dropped() {
        let health = Health::new("logs", "http://test/v1/logs".to_owned());
        for _ in 0..10 {
            health.accept();
        }
        health.exported(4, &Ok::<_, &str>(()));
        assert_eq!(health.lost_at_end(), 6);
        health.exported(3, &Err("HTTP export failed"));
        assert!(health.is_away.load(Ordering::Relaxed));
        assert_eq!(health.lost_at_end(), 6);
        health.exported(3, &Ok::<_, &str>(()));
        assert!(!health.is_away.load(Ordering::Relaxed));
        assert_eq!(health.lost_at_end(), 3);
    }
}
