//! Groups by their definition, for tasks that may depend on later ones and form any number of groups.

#[cfg(any(test, feature = "scheduler"))]
use std::collections::{BTreeSet, HashMap};

/// The groups in the order of their first tasks.
#[derive(Debug, Default, PartialEq, Eq)]
pub(in crate::workflows) struct NumberedGroups {
    /// Number of the group of each task.
    pub(in crate::workflows) of_tasks: Vec<u32>,
    /// The groups that each group depends on: ascending and distinct.
    pub(in crate::workflows) dependencies: Vec<Vec<u32>>,
}

/// Groups tasks with equal dependencies and equal dependants, as the Python and Go clients do. `tasks` holds the dependencies
/// of each task, which are indices of tasks.
#[cfg(any(test, feature = "scheduler"))]
pub(in crate::workflows) fn partition(tasks: &[BTreeSet<u32>]) -> NumberedGroups {
    let mut dependants = vec![BTreeSet::new(); tasks.len()];
    for (task, dependencies) in (0_u32..).zip(tasks) {
        for &dependency in dependencies {
            dependants[dependency as usize].insert(task);
        }
    }
    let mut numbers = HashMap::new();
    let mut lists = Vec::new();
    let mut of_tasks = Vec::with_capacity(tasks.len());
    for edges in tasks.iter().zip(&dependants) {
        let number = *numbers.entry(edges).or_insert_with(|| {
            lists.push(edges.0);
            lists.len() as u32 - 1
        });
        of_tasks.push(number);
    }
    let dependencies = lists.into_iter().map(|dependencies| {
        let groups: BTreeSet<u32> = dependencies.iter().map(|&task| of_tasks[task as usize]).collect();
        groups.into_iter().collect()
    });
    NumberedGroups { dependencies: dependencies.collect(), of_tasks }
}
