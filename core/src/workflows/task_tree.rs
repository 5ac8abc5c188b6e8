//! The tasks of a job as a tree.

use std::collections::HashMap;
use std::fmt;

use uuid::Uuid;

use super::{TaskState, TaskSummary};

/// The maximum number of tasks that a tree prints.
pub(crate) const MAX_PRINTED: usize = 200;

/// The maximum depth to which a printed task is indented.
const MAX_INDENT: usize = 40;

/// The tasks of a job as a tree: each task precedes its subtasks.
///
/// It iterates over the tasks as a flat list in this order.
///
/// ```no_run
/// # async fn example(job: tilebox_core::workflows::Job) -> tilebox_core::Result<()> {
/// let tasks = job.tasks().await?;
/// println!("{tasks}");
/// for failed in tasks.failed() {
///     println!("{}: {:?}", failed.display, failed.duration());
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TaskTree {
    /// Each task with its depth.
    nodes: Vec<(usize, TaskSummary)>,
    /// The position of each task.
    positions: HashMap<Uuid, usize>,
}

impl TaskTree {
    /// Builds the tree of these tasks. Siblings keep their order, and a task whose parent is missing is a root.
    #[must_use]
    pub fn new(tasks: Vec<TaskSummary>) -> Self {
        let positions: HashMap<Uuid, usize> = tasks.iter().enumerate().map(|(at, task)| (task.id, at)).collect();
        let mut children = vec![Vec::new(); tasks.len()];
        let mut roots = Vec::new();
        for (at, task) in tasks.iter().enumerate() {
            // Of duplicates, the last one counts.
            if positions.get(&task.id) != Some(&at) {
                continue;
            }
            let parent =
                task.parent_id.and_then(|parent| positions.get(&parent)).and_then(|parent| children.get_mut(*parent));
            parent.unwrap_or(&mut roots).push(at);
        }
        let mut tasks: Vec<Option<TaskSummary>> = tasks.into_iter().map(Some).collect();
        let mut tree = Self::default();
        // Tasks that are their own ancestors are below no root: they follow as roots.
        let unreached: Vec<usize> = positions.into_values().collect();
        let mut stack: Vec<(usize, usize)> = Vec::new();
        for root in roots.into_iter().chain(sorted(unreached)) {
            stack.push((0, root));
            while let Some((depth, at)) = stack.pop() {
                let Some(task) = tasks.get_mut(at).and_then(Option::take) else { continue };
                tree.positions.insert(task.id, tree.nodes.len());
                tree.nodes.push((depth, task));
                let children = children.get_mut(at).map(std::mem::take).unwrap_or_default();
                stack.extend(children.into_iter().rev().map(|child| (depth + 1, child)));
            }
        }
        tree
    }

    /// Returns the number of tasks.
    #[must_use]
    pub fn len(&self) -> usize {
        self.nodes.len()
    }

    /// Returns whether there are no tasks.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.nodes.is_empty()
    }

    /// Returns the tasks as a flat list: each task precedes its subtasks.
    #[must_use]
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &TaskSummary> {
        self.nodes.iter().map(|(_, task)| task)
    }

    /// Returns the tasks like [`iter`](Self::iter), each with its depth. The depth of a root is 0.
    #[must_use]
    pub fn with_depths(&self) -> impl ExactSizeIterator<Item = (usize, &TaskSummary)> {
        self.nodes.iter().map(|(depth, task)| (*depth, task))
    }

    /// Returns the task with this id.
    #[must_use]
    pub fn get(&self, id: Uuid) -> Option<&TaskSummary> {
        self.positions.get(&id).and_then(|at| self.nodes.get(*at)).map(|(_, task)| task)
    }

    /// Returns the tasks without a parent.
    pub fn roots(&self) -> impl Iterator<Item = &TaskSummary> {
        self.nodes.iter().filter(|(depth, _)| *depth == 0).map(|(_, task)| task)
    }

    /// Returns the direct subtasks of a task.
    pub fn children_of(&self, id: Uuid) -> impl Iterator<Item = &TaskSummary> {
        let at = self.positions.get(&id).copied().unwrap_or(self.nodes.len());
        let depth = self.nodes.get(at).map_or(0, |(depth, _)| *depth);
        let below = self.nodes.iter().skip(at + 1).take_while(move |(other, _)| *other > depth);
        below.filter(move |(other, _)| *other == depth + 1).map(|(_, task)| task)
    }

    /// Returns the tasks in this state.
    pub fn in_state(&self, state: TaskState) -> impl Iterator<Item = &TaskSummary> {
        self.iter().filter(move |task| task.state == state)
    }

    /// Returns the tasks that failed for good and are not optional: they failed the job.
    pub fn failed(&self) -> impl Iterator<Item = &TaskSummary> {
        self.in_state(TaskState::Failed)
    }

    /// Returns the number of tasks and their states: `120 tasks: 86 queued, 4 running, 30 computed`.
    pub(crate) fn summary(&self) -> String {
        let mut counts: Vec<(TaskState, usize)> = Vec::new();
        for task in self.iter() {
            match counts.iter_mut().find(|(state, _)| *state == task.state) {
                Some((_, count)) => *count += 1,
                None => counts.push((task.state, 1)),
            }
        }
        counts.sort_by_key(|(state, _)| state.number());
        let counts: Vec<_> = counts.into_iter().map(|(state, count)| format!("{count} {state}")).collect();
        let noun = if self.len() == 1 { "task" } else { "tasks" };
        let separator = if counts.is_empty() { "" } else { ": " };
        format!("{} {noun}{separator}{}", self.len(), counts.join(", "))
    }
}

fn sorted(mut positions: Vec<usize>) -> Vec<usize> {
    positions.sort_unstable();
    positions
}

/// Prints the number of tasks and their states, then one line for each of the first 200 tasks, below its parent.
impl fmt::Display for TaskTree {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.summary())?;
        let printed = self.nodes.get(..MAX_PRINTED).unwrap_or(&self.nodes);
        // Whether another sibling follows, for each task: found from the end.
        let mut follows: Vec<bool> = Vec::new();
        let mut is_last = vec![false; self.nodes.len()];
        for ((depth, _), is_last) in self.nodes.iter().zip(&mut is_last).rev() {
            follows.truncate(depth + 1);
            follows.resize(depth + 1, false);
            if let Some(follows) = follows.last_mut() {
                *is_last = !std::mem::replace(follows, true);
            }
        }
        // Whether the line of each ancestor continues.
        let mut lines: Vec<bool> = Vec::new();
        for ((depth, task), is_last) in printed.iter().zip(&is_last) {
            lines.truncate(*depth);
            f.write_str("\n")?;
            for continues in lines.iter().take(MAX_INDENT) {
                f.write_str(if *continues { "│  " } else { "   " })?;
            }
            write!(f, "{} {task}", if *is_last { "└─" } else { "├─" })?;
            lines.push(!is_last);
        }
        match self.nodes.len() - printed.len() {
            0 => Ok(()),
            1 => write!(f, "\n… 1 more task"),
            more => write!(f, "\n… {more} more tasks"),
        }
    }
}

impl IntoIterator for TaskTree {
    type Item = TaskSummary;
    type IntoIter = std::vec::IntoIter<TaskSummary>;

    fn into_iter(self) -> Self::IntoIter {
        self.nodes.into_iter().map(|(_, task)| task).collect::<Vec<_>>().into_iter()
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::protocol::id;
    use crate::protocol::wire::workflows::v1 as wire;
    use proptest::prelude::*;

    pub(crate) fn task(number: u128, parent: Option<u128>, display: &str) -> TaskSummary {
        let task = wire::TaskSummary {
            id: Some(id::to_wire(Uuid::from_u128(number))),
            parent_id: parent.map(|parent| id::to_wire(Uuid::from_u128(parent))),
            display: display.to_owned(),
            state: 3,
            ..Default::default()
        };
        TaskSummary::from_wire(task).expect("a task")
    }

    fn displays<'a>(tasks: impl Iterator<Item = &'a TaskSummary>) -> String {
        tasks.map(|task| task.display.as_str()).collect::<Vec<_>>().join(" ")
    }

    fn example() -> TaskTree {
        let failed = TaskSummary { state: TaskState::Failed, ..task(5, Some(2), "D") };
        TaskTree::new(vec![
            task(3, Some(1), "B"),
            task(1, None, "A"),
            task(4, Some(3), "C"),
            failed,
            task(2, None, "E"),
            task(6, Some(1), "F"),
            task(3, Some(1), "B"),
        ])
    }

    #[test]
    fn a_tree_prints_each_task_below_its_parent() {
        let expected = "\
6 tasks: 5 computed, 1 failed
├─ A [computed]
│  ├─ F [computed]
│  └─ B [computed]
│     └─ C [computed]
└─ E [computed]
   └─ D [failed]";
        assert_eq!(example().to_string(), expected);
        assert_eq!(TaskTree::default().to_string(), "0 tasks");
    }

    #[test]
    fn a_tree_is_read_by_id_parent_and_state() {
        let tree = example();
        assert_eq!(
            (tree.len(), displays(tree.roots()), displays(tree.failed())),
            (6, "A E".to_owned(), "D".to_owned())
        );
        assert_eq!(displays(tree.children_of(Uuid::from_u128(1))), "F B");
        assert_eq!(displays(tree.children_of(Uuid::from_u128(99))), "");
        assert_eq!(tree.get(Uuid::from_u128(4)).expect("a task").display, "C");
        assert_eq!(displays(tree.clone().into_iter().collect::<Vec<_>>().iter()), displays(tree.iter()));
    }

    #[test]
    fn a_deep_tree_prints_in_bounded_lines() {
        let chain = (1..=5000_u128).map(|number| task(number, (number > 1).then(|| number - 1), "T"));
        let printed = TaskTree::new(chain.collect()).to_string();
        assert!(printed.ends_with("\n… 4800 more tasks"), "{}", printed.len());
        assert!(printed.lines().all(|line| line.chars().count() < 3 * MAX_INDENT + 20));
    }

    proptest! {
        #[test]
        fn every_task_is_in_the_tree_once_after_its_parent(parents in proptest::collection::vec(proptest::option::of(0_u128..20), 0..20)) {
            // Parents may be missing, later, or the task itself.
            let tasks: Vec<_> = parents.iter().enumerate().map(|(at, parent)| task(at as u128 + 1, parent.map(|parent| parent + 1), "T")).collect();
            let tree = TaskTree::new(tasks.clone());
            prop_assert_eq!(tree.len(), tasks.len());
            for (at, (depth, task)) in tree.with_depths().enumerate() {
                let parent = tree.with_depths().take(at).filter(|(other, _)| *other < depth).last();
                match depth {
                    0 => {}
                    _ => prop_assert_eq!(parent.map(|(_, parent)| parent.id), task.parent_id),
                }
            }
            prop_assert!(tree.to_string().lines().count() == tasks.len() + 1);
        }
    }
}
