//! The columns of groups, and the tables that they point into.

use std::collections::HashMap;
use std::hash::Hash;

use super::check::CheckedTask;
use crate::protocol::wire::workflows::v1 as wire;
use crate::workflows::identifier::TaskIdentifier;

/// The distinct clusters, identifiers and displays of a submission, in the order of their first appearance.
#[derive(Debug, Default)]
pub(super) struct Columns {
    clusters: Lookup<String>,
    identifiers: Lookup<TaskIdentifier>,
    displays: Lookup<String>,
}

/// Distinct values and the index of each.
#[derive(Debug)]
struct Lookup<T> {
    values: Vec<T>,
    indices: HashMap<T, u64>,
}

impl<T> Default for Lookup<T> {
    fn default() -> Self {
        Self { values: Vec::new(), indices: HashMap::new() }
    }
}

impl<T: Clone + Eq + Hash> Lookup<T> {
    /// Returns the index of the value, and adds it if it is new.
    fn index(&mut self, value: T) -> u64 {
        let next = self.values.len() as u64;
        *self.indices.entry(value).or_insert_with_key(|value| {
            self.values.push(value.clone());
            next
        })
    }
}

impl Columns {
    /// Adds a task to its group. The tasks of a submission are added in its order, whatever their groups.
    pub(super) fn push(&mut self, group: &mut wire::TaskSubmissionGroup, task: CheckedTask) {
        group.inputs.push(task.input);
        group.identifier_pointers.push(self.identifiers.index(task.identifier));
        group.cluster_slug_pointers.push(self.clusters.index(task.cluster));
        group.display_pointers.push(self.displays.index(task.display));
        group.max_retries_values.push(task.max_retries.into());
        group.optional_values.push(task.is_optional);
    }

    /// Returns the message of these groups.
    pub(super) fn finish(self, groups: Vec<wire::TaskSubmissionGroup>) -> wire::TaskSubmissions {
        wire::TaskSubmissions {
            task_groups: groups,
            cluster_slug_lookup: self.clusters.values,
            identifier_lookup: self.identifiers.values.iter().map(TaskIdentifier::to_wire).collect(),
            display_lookup: self.displays.values,
        }
    }
}
