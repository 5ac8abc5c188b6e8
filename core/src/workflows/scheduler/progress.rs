//! Progress of a job: the sums of its tasks, by label.

use std::collections::BTreeMap;

use super::limits::{MAX_EXCERPT, MAX_INDICATORS, MAX_LABEL};
use super::rejection::Rejection;
use crate::protocol::wire::workflows::v1::Progress;
use crate::schema::excerpt::excerpt;

/// Checks the progress of a report.
pub(super) fn check(path: &str, updates: &[Progress]) -> Result<(), Rejection> {
    if updates.len() > MAX_INDICATORS {
        let count = updates.len();
        return Err(Rejection::invalid(format!("{path}: expects at most {MAX_INDICATORS} indicators, got {count}")));
    }
    let long = updates.iter().enumerate().find(|(_, update)| update.label.chars().nth(MAX_LABEL).is_some());
    match long {
        Some((index, update)) => Err(Rejection::invalid(format!(
            "{path}[{index}].label: expects at most {MAX_LABEL} characters, got `{}`",
            excerpt(&update.label, MAX_EXCERPT)
        ))),
        None => Ok(()),
    }
}

/// The sums of the last reports of all tasks of a job. A later report of a task replaces its earlier one, so that a task
/// that is executed again does not count twice.
#[derive(Default)]
pub(super) struct Sums {
    labels: BTreeMap<String, Sum>,
}

/// Wider than the numbers on the wire, so that what was added can be subtracted again.
#[derive(Default)]
struct Sum {
    total: u128,
    done: u128,
    indicators: u64,
}

impl Sums {
    pub(super) fn add(&mut self, updates: &[Progress]) {
        for update in updates {
            if !self.labels.contains_key(&update.label) {
                self.labels.insert(update.label.clone(), Sum::default());
            }
            if let Some(sum) = self.labels.get_mut(&update.label) {
                sum.total += u128::from(update.total);
                sum.done += u128::from(update.done);
                sum.indicators += 1;
            }
        }
    }

    /// Subtracts what was added before.
    pub(super) fn subtract(&mut self, updates: &[Progress]) {
        for update in updates {
            let Some(sum) = self.labels.get_mut(&update.label) else { continue };
            sum.total -= u128::from(update.total);
            sum.done -= u128::from(update.done);
            sum.indicators -= 1;
            if sum.indicators == 0 {
                self.labels.remove(&update.label);
            }
        }
    }

    /// Returns the sums, ordered by label; those beyond 64 bits are cut off there.
    pub(super) fn to_wire(&self) -> Vec<Progress> {
        let clamp = |sum: u128| u64::try_from(sum).unwrap_or(u64::MAX);
        let indicator = |(label, sum): (&String, &Sum)| Progress {
            label: label.clone(),
            total: clamp(sum.total),
            done: clamp(sum.done),
        };
        self.labels.iter().map(indicator).collect()
    }
}
