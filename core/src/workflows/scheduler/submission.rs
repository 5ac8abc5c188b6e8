//! Submitted tasks, read from the wire and checked.

use std::collections::BTreeSet;
use std::sync::Arc;

use bytes::Bytes;

use super::clusters::Clusters;
use super::limits::{self, MAX_EXCERPT, MAX_GROUPS, MAX_INPUT, check_slug, cut_display};
use super::rejection::Rejection;
use crate::protocol::wire::workflows::v1 as wire;
use crate::schema::excerpt::excerpt;
use crate::workflows::TaskVersion;

/// The tasks of one submission. Every index in it is in range, and its groups depend on each other without a cycle.
#[derive(Debug)]
pub(super) struct Submission {
    /// Slugs of clusters. The empty one stands for the default.
    pub(super) clusters: Vec<Arc<str>>,
    pub(super) identifiers: Vec<(Arc<str>, TaskVersion)>,
    pub(super) displays: Vec<Arc<str>>,
    pub(super) groups: Vec<SubmittedGroup>,
}

/// Tasks that share their dependencies.
#[derive(Debug)]
pub(super) struct SubmittedGroup {
    /// Indices of groups, each once.
    pub(super) dependencies: Vec<u32>,
    pub(super) tasks: Vec<SubmittedTask>,
}

/// A task: its `cluster`, `identifier` and `display` are indices.
#[derive(Debug)]
pub(super) struct SubmittedTask {
    pub(super) cluster: u32,
    pub(super) identifier: u32,
    pub(super) display: u32,
    pub(super) input: Bytes,
    pub(super) max_retries: i64,
    pub(super) optional: bool,
}

/// How many groups a submission may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum GroupLimit {
    /// As the API documents for what clients send.
    Documented,
    /// Any number: the groups were derived from a list of single tasks, or were checked before.
    None,
}

impl Submission {
    /// Reads a submission. `path` names its field in messages.
    pub(super) fn read(path: &str, tasks: &wire::TaskSubmissions, limit: GroupLimit) -> Result<Self, Rejection> {
        let count = tasks.task_groups.len();
        if count == 0 || (limit == GroupLimit::Documented && count > MAX_GROUPS) {
            return Err(Rejection::invalid(format!(
                "{path}.task_groups: expects 1 to {MAX_GROUPS} groups, got {count}"
            )));
        }
        for (index, slug) in tasks.cluster_slug_lookup.iter().enumerate() {
            check_slug(format_args!("{path}.cluster_slug_lookup[{index}]"), slug)?;
        }
        let mut identifiers = Vec::with_capacity(tasks.identifier_lookup.len());
        for (index, identifier) in tasks.identifier_lookup.iter().enumerate() {
            let field = format_args!("{path}.identifier_lookup[{index}]");
            let (name, version) = limits::identifier(field, Some(identifier))?;
            identifiers.push((Arc::from(name), version));
        }
        if let Some(index) = tasks.display_lookup.iter().position(String::is_empty) {
            return Err(Rejection::invalid(format!("{path}.display_lookup[{index}]: expects at least 1 character")));
        }
        let submission = Self {
            clusters: tasks.cluster_slug_lookup.iter().map(|slug| Arc::from(slug.as_str())).collect(),
            identifiers,
            displays: tasks.display_lookup.iter().map(|display| Arc::from(cut_display(display))).collect(),
            groups: Vec::with_capacity(count),
        };
        submission.with_groups(path, &tasks.task_groups)
    }

    fn with_groups(mut self, path: &str, groups: &[wire::TaskSubmissionGroup]) -> Result<Self, Rejection> {
        for (index, group) in groups.iter().enumerate() {
            let path = format!("{path}.task_groups[{index}]");
            let dependencies: BTreeSet<u32> = group.dependencies_on_other_groups.iter().copied().collect();
            if let Some(wrong) = dependencies.iter().find(|group| **group as usize >= groups.len()) {
                let count = groups.len();
                let message = format!("{path}.dependencies_on_other_groups: expects groups below {count}, got {wrong}");
                return Err(Rejection::invalid(message));
            }
            let tasks = self.read_group(&path, group)?;
            self.groups.push(SubmittedGroup { dependencies: dependencies.into_iter().collect(), tasks });
        }
        if self.is_cyclic() {
            return Err(Rejection::invalid(format!(
                "{path}.task_groups: expects dependencies without a cycle, got groups that wait for each other"
            )));
        }
        Ok(self)
    }

    fn read_group(&self, path: &str, group: &wire::TaskSubmissionGroup) -> Result<Vec<SubmittedTask>, Rejection> {
        let count = group.inputs.len();
        if count == 0 {
            return Err(Rejection::invalid(format!("{path}.inputs: expects at least 1 task, got none")));
        }
        let column = |name: &str, length: usize| match length == count {
            true => Ok(()),
            false => {
                Err(Rejection::invalid(format!("{path}.{name}: expects {count} values like `inputs`, got {length}")))
            }
        };
        column("identifier_pointers", group.identifier_pointers.len())?;
        column("cluster_slug_pointers", group.cluster_slug_pointers.len())?;
        column("display_pointers", group.display_pointers.len())?;
        column("max_retries_values", group.max_retries_values.len())?;
        // Clients older than optional tasks leave them out.
        if !group.optional_values.is_empty() {
            column("optional_values", group.optional_values.len())?;
        }
        let mut tasks = Vec::with_capacity(count);
        for (index, input) in group.inputs.iter().enumerate() {
            let pointer = |column: &str, pointers: &[u64], length: usize| {
                let pointer = pointers[index];
                match pointer < length as u64 {
                    true => Ok(pointer as u32),
                    false => Err(Rejection::invalid(format!(
                        "{path}.{column}[{index}]: expects an index below {length}, got {pointer}"
                    ))),
                }
            };
            let identifier = pointer("identifier_pointers", &group.identifier_pointers, self.identifiers.len())?;
            let cluster = pointer("cluster_slug_pointers", &group.cluster_slug_pointers, self.clusters.len())?;
            let display = pointer("display_pointers", &group.display_pointers, self.displays.len())?;
            let max_retries = group.max_retries_values[index];
            let (name, version) = &self.identifiers[identifier as usize];
            check_task(input, max_retries).map_err(|(field, expected)| {
                let column = if field == "input" { "inputs" } else { "max_retries_values" };
                Rejection::invalid(format!("{path}.{column}[{index}], task `{name}` {version}: {expected}"))
            })?;
            let optional = group.optional_values.get(index).is_some_and(|optional| *optional);
            tasks.push(SubmittedTask { cluster, identifier, display, input: input.clone(), max_retries, optional });
        }
        Ok(tasks)
    }

    /// Returns whether groups depend on each other in a cycle. Removes groups without open dependencies until none is
    /// left, as Kahn's algorithm does.
    fn is_cyclic(&self) -> bool {
        let mut open: Vec<usize> = self.groups.iter().map(|group| group.dependencies.len()).collect();
        let mut dependents = vec![Vec::new(); self.groups.len()];
        for (index, group) in self.groups.iter().enumerate() {
            for dependency in &group.dependencies {
                dependents[*dependency as usize].push(index);
            }
        }
        let mut free: Vec<usize> = (0..open.len()).filter(|index| open[*index] == 0).collect();
        let mut removed = 0;
        while let Some(group) = free.pop() {
            removed += 1;
            for dependent in &dependents[group] {
                open[*dependent] -= 1;
                if open[*dependent] == 0 {
                    free.push(*dependent);
                }
            }
        }
        removed < self.groups.len()
    }

    pub(super) fn task_count(&self) -> usize {
        self.groups.iter().map(|group| group.tasks.len()).sum()
    }

    /// Replaces the empty slug by `default`, and refuses clusters that do not exist with `refuse`.
    pub(super) fn resolve_clusters(
        &mut self,
        clusters: &Clusters,
        default: &Arc<str>,
        refuse: fn(String) -> Rejection,
    ) -> Result<(), Rejection> {
        for slug in &mut self.clusters {
            if slug.is_empty() {
                *slug = Arc::clone(default);
            } else if !clusters.allow(slug) {
                return Err(refuse(unknown_cluster(slug)));
            }
        }
        Ok(())
    }

    /// Returns the message that [`read`](Self::read) reads as this.
    pub(super) fn to_wire(&self) -> wire::TaskSubmissions {
        let identifier = |(name, version): &(Arc<str>, TaskVersion)| wire::TaskIdentifier {
            name: name.to_string(),
            version: version.to_string(),
        };
        wire::TaskSubmissions {
            task_groups: self.groups.iter().map(SubmittedGroup::to_wire).collect(),
            cluster_slug_lookup: self.clusters.iter().map(|slug| slug.to_string()).collect(),
            identifier_lookup: self.identifiers.iter().map(identifier).collect(),
            display_lookup: self.displays.iter().map(|display| display.to_string()).collect(),
        }
    }
}

impl SubmittedGroup {
    fn to_wire(&self) -> wire::TaskSubmissionGroup {
        let column = |value: fn(&SubmittedTask) -> u32| self.tasks.iter().map(|task| u64::from(value(task))).collect();
        wire::TaskSubmissionGroup {
            dependencies_on_other_groups: self.dependencies.clone(),
            inputs: self.tasks.iter().map(|task| task.input.clone()).collect(),
            identifier_pointers: column(|task| task.identifier),
            cluster_slug_pointers: column(|task| task.cluster),
            display_pointers: column(|task| task.display),
            max_retries_values: self.tasks.iter().map(|task| task.max_retries).collect(),
            optional_values: self.tasks.iter().map(|task| task.optional).collect(),
        }
    }
}

/// Checks what single and grouped submissions of a task have in common. The error is the field, and what it expects.
pub(super) fn check_task(input: &Bytes, max_retries: i64) -> Result<(), (&'static str, String)> {
    if input.len() > MAX_INPUT {
        return Err(("input", format!("expects at most {MAX_INPUT} bytes, got {}", input.len())));
    }
    if max_retries < 0 {
        return Err(("max_retries", format!("expects 0 or more, got {max_retries}")));
    }
    Ok(())
}

pub(super) fn unknown_cluster(slug: &str) -> String {
    format!("cluster `{}` does not exist; create it, or name one that exists", excerpt(slug, MAX_EXCERPT))
}
