//! Lists of single tasks, which older clients and clones of jobs send, as groups.

use std::collections::{BTreeSet, HashMap};

use super::limits::{self, MAX_LEGACY_DEPENDENCY, check_slug};
use super::rejection::Rejection;
use super::submission::{GroupLimit, Submission, check_task};
use crate::protocol::wire::workflows::v1 as wire;

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

/// Returns the same tasks in groups: those with equal dependencies and equal dependents share one, in the order of their
/// first members. The tasks were checked.
fn group(tasks: &[wire::SingleTaskSubmission]) -> wire::TaskSubmissions {
    let index = |dependency: &i64| usize::try_from(*dependency).ok().filter(|index| *index < tasks.len());
    let dependencies: Vec<BTreeSet<usize>> =
        tasks.iter().map(|task| task.dependencies.iter().filter_map(index).collect()).collect();
    let mut dependents = vec![BTreeSet::new(); tasks.len()];
    for (task, dependencies) in dependencies.iter().enumerate() {
        for dependency in dependencies {
            dependents[*dependency].insert(task);
        }
    }
    let mut groups = HashMap::new();
    let group_of: Vec<usize> = dependencies
        .iter()
        .zip(&dependents)
        .map(|edges| {
            let next = groups.len();
            *groups.entry(edges).or_insert(next)
        })
        .collect();

    let mut submissions = wire::TaskSubmissions {
        task_groups: vec![wire::TaskSubmissionGroup::default(); groups.len()],
        ..wire::TaskSubmissions::default()
    };
    for (index, task) in tasks.iter().enumerate() {
        let pointer = index as u64;
        submissions.cluster_slug_lookup.push(task.cluster_slug.clone());
        submissions.identifier_lookup.push(task.identifier.clone().unwrap_or_default());
        submissions.display_lookup.push(task.display.clone());
        let group = &mut submissions.task_groups[group_of[index]];
        if group.inputs.is_empty() {
            let of: BTreeSet<usize> = dependencies[index].iter().map(|dependency| group_of[*dependency]).collect();
            group.dependencies_on_other_groups = of.into_iter().map(|group| group as u32).collect();
        }
        group.inputs.push(task.input.clone());
        group.identifier_pointers.push(pointer);
        group.cluster_slug_pointers.push(pointer);
        group.display_pointers.push(pointer);
        group.max_retries_values.push(task.max_retries);
        group.optional_values.push(false);
    }
    submissions
}
