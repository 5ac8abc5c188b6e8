//! What a task under test has done.

use std::time::Duration;

use bytes::Bytes;
use serde::de::DeserializeOwned;

use crate::client::blocking::block_on;
use crate::client::workflows::{Task, TaskError, TaskResult};
use crate::error::Result;
use crate::progress::ProgressIndicator;
use crate::protocol::wire::workflows::v1 as wire;
use crate::time::Instant;
use crate::workflows::TaskIdentifier;
use crate::workflows::cache::JobCache;
use crate::workflows::runner::Outcome;

/// The execution of a task in a [`TaskTest`](super::TaskTest): its result, and what it would report.
#[derive(Clone, Debug)]
#[must_use = "a run may have failed: see `result`"]
pub struct TaskRun {
    submitted_display: String,
    display: String,
    result: Result<(), String>,
    is_handed_back: bool,
    subtasks: Vec<SubmittedSubtask>,
    progress: Vec<ProgressIndicator>,
    cache: JobCache,
    elapsed: Duration,
}

/// A subtask that a task under test has submitted.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct SubmittedSubtask {
    /// The name and version.
    pub identifier: TaskIdentifier,
    /// The encoded input.
    pub input: Bytes,
    /// The text by which diagrams and lists show it.
    pub display: String,
    /// The slug of its cluster; empty for the default cluster.
    pub cluster: String,
    /// How often it is executed again after it failed.
    pub max_retries: u64,
    /// Whether the job continues if it fails.
    pub is_optional: bool,
    /// The positions, in [`TaskRun::all_subtasks`], of the subtasks that precede it.
    pub after: Vec<usize>,
}

impl TaskRun {
    pub(super) fn new(display: String, cache: JobCache) -> Self {
        Self {
            submitted_display: display.clone(),
            display,
            result: Ok(()),
            is_handed_back: false,
            subtasks: Vec::new(),
            progress: Vec::new(),
            cache,
            elapsed: Duration::ZERO,
        }
    }

    pub(super) fn failed(self, reason: String, now: Instant) -> Self {
        Self { result: Err(reason), elapsed: now.since_origin(), ..self }
    }

    pub(super) fn ended(self, outcome: Outcome, now: Instant) -> Self {
        let elapsed = now.since_origin();
        match outcome {
            Outcome::Computed { display, subtasks, progress } => {
                let display = display.unwrap_or_else(|| self.submitted_display.clone());
                Self { display, subtasks: subtasks.map(decode).unwrap_or_default(), progress, elapsed, ..self }
            }
            Outcome::Failed { display, progress, .. } => {
                // The display of a failed task is its display, a newline and the error.
                let error = display.split_once('\n').map_or("", |(_, error)| error).to_owned();
                Self { result: Err(error), display, progress, elapsed, ..self }
            }
            Outcome::UnknownIdentifier => {
                let reason = "the registered code does not accept the identifier of the task";
                self.failed(reason.to_owned(), now)
            }
            Outcome::HandBack => {
                let reason = "the task stopped before its end, and was handed back";
                Self { is_handed_back: true, ..self.failed(reason.to_owned(), now) }
            }
        }
    }

    /// Returns the result of the task. The error has the text of the failure.
    ///
    /// # Errors
    ///
    /// When the task failed or was handed back, or could not be submitted.
    pub fn result(&self) -> TaskResult {
        self.result.clone().map_err(TaskError::new)
    }

    /// Returns the text of the failure; `None` if the task was computed.
    #[must_use]
    pub fn error(&self) -> Option<&str> {
        self.result.as_ref().err().map(String::as_str)
    }

    /// Returns whether the task ended early because it was asked to stop, so that a runner executes it again.
    #[must_use]
    pub fn is_handed_back(&self) -> bool {
        self.is_handed_back
    }

    /// Returns the subtasks of this type, in the order of their groups: subtasks with the same dependencies and dependants stand
    /// together, in the order of their submission.
    ///
    /// # Errors
    ///
    /// When the input of one cannot be decoded.
    pub fn subtasks<T: Task>(&self) -> Result<Vec<T>> {
        let identifier = T::identifier();
        let of_type = self.subtasks.iter().filter(|subtask| subtask.identifier == identifier);
        of_type.map(|subtask| T::INPUT.decode(&subtask.input)).collect()
    }

    /// Returns all subtasks with their options, in the order of their groups.
    #[must_use]
    pub fn all_subtasks(&self) -> &[SubmittedSubtask] {
        &self.subtasks
    }

    /// Returns the progress that the task has counted, also that of a failed one.
    #[must_use]
    pub fn progress(&self) -> &[ProgressIndicator] {
        &self.progress
    }

    /// Returns the text by which diagrams and lists show the task: with the failure, if it failed.
    #[must_use]
    pub fn display(&self) -> &str {
        &self.display
    }

    /// Returns the cache of the job.
    #[must_use]
    pub fn cache(&self) -> &JobCache {
        &self.cache
    }

    /// Returns a value of the cache that is stored as JSON, or `None` if there is none with this key.
    ///
    /// # Errors
    ///
    /// As [`JobCache::get_json`].
    pub fn cached_json<T: DeserializeOwned>(&self, key: &str) -> Result<Option<T>> {
        block_on(self.cache.get_json(key))
    }

    /// Returns the virtual time that the task took.
    #[must_use]
    pub fn elapsed(&self) -> Duration {
        self.elapsed
    }
}

/// Returns the tasks of a submission, group by group.
fn decode(submissions: wire::TaskSubmissions) -> Vec<SubmittedSubtask> {
    let wire::TaskSubmissions { task_groups, cluster_slug_lookup, identifier_lookup, display_lookup, .. } = submissions;
    let at = |pointers: &[u64], index: usize| pointers.get(index).map_or(0, |pointer| *pointer as usize);
    let mut starts = vec![0];
    for group in &task_groups {
        starts.push(starts.last().copied().unwrap_or(0) + group.inputs.len());
    }
    let members = |group: &u32| {
        let group = *group as usize;
        starts.get(group).copied().unwrap_or(0)..starts.get(group + 1).copied().unwrap_or(0)
    };
    let mut tasks = Vec::new();
    for group in &task_groups {
        let after: Vec<usize> = group.dependencies_on_other_groups.iter().flat_map(members).collect();
        for (index, input) in group.inputs.iter().enumerate() {
            let identifier = identifier_lookup.get(at(&group.identifier_pointers, index));
            let Some(Ok(identifier)) = identifier.map(TaskIdentifier::from_wire) else { continue };
            let text = |lookup: &[String], pointers| lookup.get(at(pointers, index)).cloned().unwrap_or_default();
            tasks.push(SubmittedSubtask {
                identifier,
                input: input.clone(),
                display: text(&display_lookup, &group.display_pointers),
                cluster: text(&cluster_slug_lookup, &group.cluster_slug_pointers),
                max_retries: group
                    .max_retries_values
                    .get(index)
                    .map_or(0, |retries| u64::try_from(*retries).unwrap_or(0)),
                is_optional: group.optional_values.get(index).copied().unwrap_or(false),
                after: after.clone(),
            });
        }
    }
    tasks
}
