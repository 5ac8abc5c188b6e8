//! The limits of a task (Workflows API, `TaskSubmissions`), checked before it is sent.

use std::fmt;

use bytes::Bytes;

use super::roots::TaskDefaults;
use super::task::{Problem, TaskSubmission};
use crate::error::{Error, Result};
use crate::schema::excerpt::excerpt;
use crate::workflows::identifier::TaskIdentifier;

/// The largest input of a task in bytes.
pub(super) const MAX_INPUT_BYTES: usize = 2048;

/// The longest slug of a cluster in bytes.
const MAX_SLUG_BYTES: usize = 100;

/// The maximum characters of a name that an error repeats.
const MAX_EXCERPT: usize = 80;

/// A task within the limits, with all defaults filled in.
#[derive(Clone, Debug)]
pub(super) struct CheckedTask {
    pub(super) identifier: TaskIdentifier,
    pub(super) input: Bytes,
    pub(super) cluster: String,
    pub(super) display: String,
    pub(super) max_retries: u32,
    pub(super) is_optional: bool,
}

/// The place of a task in its submission, for errors.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    noun: &'static str,
    /// Index in the submission, and the number of tasks if it is known.
    index: Option<(usize, Option<usize>)>,
}

impl Place {
    /// A root task alone.
    pub(super) const ROOT: Self = Self { noun: "task", index: None };

    pub(super) fn root(index: usize, tasks: usize) -> Self {
        let index = (tasks > 1).then_some((index, Some(tasks)));
        Self { noun: "task", index }
    }

    pub(super) fn subtask(index: usize) -> Self {
        Self { noun: "subtask", index: Some((index, None)) }
    }

    /// Returns the purpose of an error: `submit the task `Task` (3 of 5)`.
    pub(super) fn purpose(self, identifier: Option<&TaskIdentifier>) -> String {
        let mut purpose = format!("submit the {}", self.noun);
        if let Some(identifier) = identifier.filter(|identifier| !identifier.name().is_empty()) {
            purpose.push_str(&format!(" `{}`", excerpt(identifier.name(), MAX_EXCERPT)));
        }
        purpose.push_str(&self.to_string());
        purpose
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.index {
            Some((index, Some(tasks))) => write!(f, " ({} of {tasks})", index + 1),
            Some((index, None)) => write!(f, " (number {})", index + 1),
            None => Ok(()),
        }
    }
}

pub(super) fn error(purpose: impl Into<String>, problem: Problem) -> Error {
    Error::invalid(purpose.into(), problem.reason, problem.advice)
}

/// Fills in the defaults and checks the limits.
pub(super) fn checked(task: TaskSubmission, defaults: &TaskDefaults, place: Place) -> Result<CheckedTask> {
    let name = task.identifier.as_ref().ok().cloned();
    fill(task, defaults).map_err(|problem| error(place.purpose(name.as_ref()), problem))
}

/// As [`checked`], and refuses an optional task.
pub(super) fn checked_root(task: TaskSubmission, defaults: &TaskDefaults, place: Place) -> Result<CheckedTask> {
    let task = checked(task, defaults, place)?;
    if task.is_optional {
        let advice = "submit it without `optional`, or as a subtask of a root task";
        let problem = Problem::new("a root task cannot be optional", advice);
        return Err(error(place.purpose(Some(&task.identifier)), problem));
    }
    Ok(task)
}

fn fill(task: TaskSubmission, defaults: &TaskDefaults) -> Result<CheckedTask, Problem> {
    let identifier = task.identifier?;
    if let Some(reason) = identifier.problem() {
        return Err(Problem::new(reason, "write a name such as example.com/CloudReport"));
    }
    let input = task.input?;
    if input.len() > MAX_INPUT_BYTES {
        let reason = format!("expects an input of at most {MAX_INPUT_BYTES} bytes, got {}", input.len());
        return Err(Problem::new(
            reason,
            "store the data elsewhere, such as in the cache of the job, and submit its key",
        ));
    }
    let cluster = task.cluster.unwrap_or_else(|| defaults.cluster.clone());
    check_slug(&cluster)?;
    let display = task.display.unwrap_or_else(|| identifier.short_name().to_owned());
    if display.is_empty() {
        return Err(Problem::new("its display is empty", "set a text of at least 1 character, or leave it out"));
    }
    let max_retries = task.max_retries.unwrap_or(defaults.max_retries);
    Ok(CheckedTask { identifier, input, cluster, display, max_retries, is_optional: task.is_optional })
}

/// Checks the slug of a cluster; the empty one means the default cluster.
fn check_slug(slug: &str) -> Result<(), Problem> {
    if slug.len() <= MAX_SLUG_BYTES && slug.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-') {
        return Ok(());
    }
    let got = excerpt(slug, MAX_EXCERPT);
    let reason =
        format!("the slug of its cluster expects at most {MAX_SLUG_BYTES} letters, digits and hyphens, got `{got}`");
    Err(Problem::new(reason, "use the slug of a cluster, such as dev-cluster-ESugE7S4cwADVK, rather than its name"))
}
