//! Lists of single tasks, which older clients and clones of jobs send, as groups.

use std::collections::BTreeSet;

use super::limits::{self, MAX_LEGACY_DEPENDENCY, check_slug};
use super::rejection::Rejection;
use super::submission::{GroupLimit, Submission, check_task};
use crate::protocol::wire::workflows::v1 as wire;
use crate::workflows::submission::{NumberedGroups, partition};

/// Reads a list of 1 to `maximum` single tasks. `path` names its field in messages.
pub(super) fn read(path: &str, tasks: &[wire::SingleTaskSubmission], maximum: usize) -> Result<Submission, Rejection> {
    let count = tasks.len();
    if count == 0 || count > maximum {
        return Err(Rejection::invalid(format!("{path}: expects 1 to {maximum} tasks, got {count}")));
    }
    for (index, task) in tasks.iter().enumerate() {
        check(&format!("{path}[{index}]"), task, count)?;
    }
    Submission::read(path, &group(tasks), GroupLimit::None)
}

fn check(path: &str, task: &wire::SingleTaskSubmission, count: usize) -> Result<(), Rejection> {
    let (name, version) = limits::identifier(format_args!("{path}.identifier"), task.identifier.as_ref())?;
    let refuse = |field: &str, expected: String| {
        Err(Rejection::invalid(format!("{path}.{field}, task `{name}` {version}: {expected}")))
    };
    check_slug(format_args!("{path}.cluster_slug"), &task.cluster_slug)?;
    if task.display.is_empty() {
        return refuse("display", "expects at least 1 character".to_owned());
    }
    if let Err((field, expected)) = check_task(&task.input, task.max_retries) {
        return refuse(field, expected);
    }
    let last = MAX_LEGACY_DEPENDENCY.min(count as i64 - 1);
    match task.dependencies.iter().find(|index| !(0..=last).contains(*index)) {
        Some(wrong) => refuse("dependencies", format!("expects indices of tasks from 0 to {last}, got {wrong}")),
        None => Ok(()),
    }
}

/// Returns the same tasks in groups, in the order of their first members. The tasks were checked.
fn group(tasks: &[wire::SingleTaskSubmission]) -> wire::TaskSubmissions {
    let index = |dependency: &i64| u32::try_from(*dependency).ok();
    let dependencies: Vec<BTreeSet<u32>> =
        tasks.iter().map(|task| task.dependencies.iter().filter_map(index).collect()).collect();
    let NumberedGroups { of_tasks, dependencies } = partition(&dependencies);
    let group = |dependencies_on_other_groups| wire::TaskSubmissionGroup {
        dependencies_on_other_groups,
        ..wire::TaskSubmissionGroup::default()
    };
    let mut submissions = wire::TaskSubmissions {
        task_groups: dependencies.into_iter().map(group).collect(),
        ..wire::TaskSubmissions::default()
    };
    for ((pointer, task), group) in (0_u64..).zip(tasks).zip(of_tasks) {
        submissions.cluster_slug_lookup.push(task.cluster_slug.clone());
        submissions.identifier_lookup.push(task.identifier.clone().unwrap_or_default());
        submissions.display_lookup.push(task.display.clone());
        let group = &mut submissions.task_groups[group as usize];
        group.inputs.push(task.input.clone());
        group.identifier_pointers.push(pointer);
        group.cluster_slug_pointers.push(pointer);
        group.display_pointers.push(pointer);
        group.max_retries_values.push(task.max_retries);
        group.optional_values.push(false);
    }
    submissions
}
