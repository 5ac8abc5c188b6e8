//! The progress that one execution of a task counts.

use crate::progress::ProgressIndicator;
use crate::schema::excerpt::excerpt;
use crate::workflows::runner::first_characters;

use super::context::Context;

/// The largest number of indicators of one task (Workflows API, `ComputedTask.progress_updates`).
const MAX_INDICATORS: usize = 1000;

/// The longest label of an indicator in characters (Workflows API, `Progress.label`).
const MAX_LABEL: usize = 100;

/// The progress of a task under one label. The progress of the job is the sum over its tasks.
///
/// The server receives it with the report of the task, also when the task fails, and replaces the progress of an earlier
/// execution.
///
/// ```
/// # use tilebox_core as tilebox_tokio;
/// # use tilebox_tokio::workflows::Context;
/// # async fn example(context: &Context) {
/// context.progress("scenes").add(3);
/// for scene in ["a", "b", "c"] {
///     // ..
///     context.progress("scenes").done(1);
/// }
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct TaskProgress<'a> {
    pub(super) context: &'a Context,
    pub(super) label: &'a str,
}

impl TaskProgress<'_> {
    /// Adds units of work to the total. A task chooses its units.
    #[expect(clippy::must_use_candidate, reason = "it counts; the handle is returned for chains")]
    pub fn add(&self, units: u64) -> &Self {
        self.context.count(self.label, units, 0);
        self
    }

    /// Adds units of work to those that are done.
    #[expect(clippy::must_use_candidate, reason = "it counts; the handle is returned for chains")]
    pub fn done(&self, units: u64) -> &Self {
        self.context.count(self.label, 0, units);
        self
    }
}

/// The indicators of one execution, in the order of their first use.
#[derive(Clone, Debug, Default)]
pub(super) struct Progress {
    indicators: Vec<ProgressIndicator>,
    is_full: bool,
}

/// What the API does not allow: the progress is counted otherwise or not at all, and the task continues.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Limited {
    /// The label was cut.
    Label,
    /// The indicator is one too many.
    Indicators,
}

impl Progress {
    /// Counts units. Counters saturate.
    pub(super) fn count(&mut self, label: &str, total: u64, done: u64) -> Option<Limited> {
        let kept = first_characters(label, MAX_LABEL);
        let known = self.indicators.iter().position(|indicator| indicator.label == kept);
        let at = match known {
            Some(at) => at,
            None if self.indicators.len() >= MAX_INDICATORS => {
                return (!std::mem::replace(&mut self.is_full, true)).then_some(Limited::Indicators);
            }
            None => {
                self.indicators.push(ProgressIndicator { label: kept.to_owned(), total: 0, done: 0 });
                self.indicators.len() - 1
            }
        };
        let indicator = &mut self.indicators[at];
        indicator.total = indicator.total.saturating_add(total);
        indicator.done = indicator.done.saturating_add(done);
        (known.is_none() && kept.len() < label.len()).then_some(Limited::Label)
    }

    pub(super) fn take(&mut self) -> Vec<ProgressIndicator> {
        std::mem::take(&mut self.indicators)
    }
}

impl Limited {
    /// Warns in the log of the job.
    pub(super) fn warn(&self, label: &str) {
        let label = excerpt(label, MAX_LABEL);
        match self {
            Self::Label => {
                tracing::warn!(label, "the label of a progress indicator has more than 100 characters and was cut")
            }
            Self::Indicators => {
                tracing::warn!(label, "a task has at most 1000 progress indicators: further ones are not counted");
            }
        }
    }
}
