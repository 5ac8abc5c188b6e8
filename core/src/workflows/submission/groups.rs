//! Groups: the tasks of one submission with equal dependencies and equal dependants (Workflows API, `TaskSubmissions`).
//!
//! Dependencies point to earlier tasks, so each new task refines the partition. Tasks that depend on the same tasks share one
//! list. Two tasks have equal dependants exactly if they are in the same lists, so adding a task to a known list changes no
//! other task, and a new list splits each group that it contains in part.

use std::collections::HashMap;
use std::sync::Arc;

use super::partition::NumberedGroups;

/// The maximum number of groups of one submission.
pub(super) const MAX_GROUPS: usize = 64;

/// The indices of the tasks that a task depends on: ascending and distinct.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Dependencies(Arc<[u32]>);

impl Dependencies {
    pub(super) fn new(mut indices: Vec<u32>) -> Self {
        if !indices.is_sorted() {
            indices.sort_unstable();
        }
        indices.dedup();
        Self(indices.into())
    }

    fn last(&self) -> Option<u32> {
        self.0.last().copied()
    }
}

/// The position of a list of dependencies among the distinct ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct ListId(usize);

/// A set of tasks with equal dependencies and dependants. Its index changes only when [`Groups::numbered`] orders the groups.
#[derive(Clone, Copy, Debug)]
struct Group {
    list: ListId,
    tasks: u32,
}

/// The partition of the tasks into groups.
#[derive(Clone, Debug, Default)]
pub(super) struct Groups {
    /// Index of the group of each task.
    of_tasks: Vec<u8>,
    groups: Vec<Group>,
    lists: Vec<List>,
    ids: HashMap<Dependencies, ListId>,
}

#[derive(Clone, Debug)]
struct List {
    dependencies: Dependencies,
    /// The group of the tasks with these dependencies that no task depends on.
    open: Option<u8>,
}

/// A task was refused, because with it the submission would have this number of groups.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct TooManyGroups(pub(super) usize);

impl Groups {
    /// Returns the number of tasks.
    pub(super) fn tasks(&self) -> usize {
        self.of_tasks.len()
    }

    /// Adds a task that depends on these earlier tasks, and returns the id of its list. Takes time in the number of its
    /// dependencies.
    ///
    /// # Errors
    ///
    /// If there would be too many groups. The partition stays as it was.
    pub(super) fn add(&mut self, dependencies: &Dependencies) -> Result<ListId, TooManyGroups> {
        debug_assert!(
            dependencies.last().is_none_or(|last| (last as usize) < self.tasks()),
            "dependencies are earlier"
        );
        match self.ids.get(dependencies) {
            Some(&id) => self.add_to(id).map(|()| id),
            None => self.add_list(dependencies),
        }
    }

    /// Adds a task with the dependencies of an earlier one. Takes constant time.
    ///
    /// # Errors
    ///
    /// As [`add`](Self::add).
    pub(super) fn add_to(&mut self, id: ListId) -> Result<(), TooManyGroups> {
        let group = match self.lists[id.0].open {
            Some(open) => open,
            None => {
                self.check_room(1)?;
                self.open_group(id)
            }
        };
        self.groups[usize::from(group)].tasks += 1;
        self.of_tasks.push(group);
        Ok(())
    }

    fn add_list(&mut self, dependencies: &Dependencies) -> Result<ListId, TooManyGroups> {
        let mut contained = [0_u32; MAX_GROUPS];
        for &task in dependencies.0.iter() {
            contained[usize::from(self.of_tasks[task as usize])] += 1;
        }
        let is_split = |index: usize, group: &Group| contained[index] > 0 && contained[index] < group.tasks;
        let splits = self.groups.iter().enumerate().filter(|&(index, group)| is_split(index, group)).count();
        self.check_room(splits + 1)?;

        // The tasks of the list leave their group, unless it holds no others. No open group contains a task of the list.
        let mut moved_to = [None; MAX_GROUPS];
        for index in 0..self.groups.len() {
            let Group { list, tasks } = self.groups[index];
            if contained[index] == 0 {
                continue;
            }
            if contained[index] == tasks {
                let open = &mut self.lists[list.0].open;
                open.take_if(|open| usize::from(*open) == index);
            } else {
                moved_to[index] = Some(self.groups.len() as u8);
                self.groups[index].tasks -= contained[index];
                self.groups.push(Group { list, tasks: contained[index] });
            }
        }
        for &task in dependencies.0.iter() {
            let group = &mut self.of_tasks[task as usize];
            *group = moved_to[usize::from(*group)].unwrap_or(*group);
        }

        let id = ListId(self.lists.len());
        self.ids.insert(dependencies.clone(), id);
        self.lists.push(List { dependencies: dependencies.clone(), open: None });
        self.add_to(id).map(|()| id)
    }

    fn check_room(&self, more: usize) -> Result<(), TooManyGroups> {
        let groups = self.groups.len() + more;
        if groups <= MAX_GROUPS { Ok(()) } else { Err(TooManyGroups(groups)) }
    }

    fn open_group(&mut self, list: ListId) -> u8 {
        let index = self.groups.len() as u8;
        self.groups.push(Group { list, tasks: 0 });
        self.lists[list.0].open = Some(index);
        index
    }

    /// Numbers the groups in the order of their first tasks, and translates dependencies on tasks to dependencies on groups.
    pub(super) fn numbered(&self) -> NumberedGroups {
        let mut numbers = [None; MAX_GROUPS];
        let mut order = Vec::with_capacity(self.groups.len());
        let mut of_tasks = Vec::with_capacity(self.of_tasks.len());
        for &group in &self.of_tasks {
            let number = *numbers[usize::from(group)].get_or_insert_with(|| {
                order.push(group);
                order.len() as u32 - 1
            });
            of_tasks.push(number);
        }
        let mut of_lists = HashMap::new();
        let dependencies = order.iter().map(|&group| {
            let list = self.groups[usize::from(group)].list;
            let groups: &mut Vec<u32> = of_lists.entry(list.0).or_insert_with(|| {
                let mut is_contained = [false; MAX_GROUPS];
                for &task in self.lists[list.0].dependencies.0.iter() {
                    is_contained[of_tasks[task as usize] as usize] = true;
                }
                (0..order.len()).filter(|&number| is_contained[number]).map(|number| number as u32).collect()
            });
            groups.clone()
        });
        NumberedGroups { dependencies: dependencies.collect(), of_tasks }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;
    use crate::workflows::submission::partition::partition;

    fn grouped(tasks: &[Vec<u32>]) -> Result<NumberedGroups, TooManyGroups> {
        let mut groups = Groups::default();
        for dependencies in tasks {
            groups.add(&Dependencies::new(dependencies.clone()))?;
        }
        Ok(groups.numbered())
    }

    #[track_caller]
    fn check(tasks: &[&[u32]], of_tasks: &[u32], dependencies: &[&[u32]]) {
        let tasks: Vec<_> = tasks.iter().map(|dependencies| dependencies.to_vec()).collect();
        let groups = grouped(&tasks).expect("few groups");
        assert_eq!(groups.of_tasks, of_tasks);
        assert_eq!(groups.dependencies, dependencies);
    }

    #[test]
    fn tasks_with_equal_neighbours_form_a_group() {
        check(&[&[], &[], &[0, 1]], &[0, 0, 1], &[&[], &[0]]);
        check(&[&[], &[0], &[0], &[1, 2]], &[0, 1, 1, 2], &[&[], &[0], &[1]]);
        check(&[&[], &[0], &[1], &[0], &[3]], &[0, 1, 2, 3, 4], &[&[], &[0], &[1], &[0], &[3]]);
        check(&[&[], &[], &[], &[], &[0, 1], &[], &[2, 3]], &[0, 0, 1, 1, 2, 3, 4], &[&[], &[], &[0], &[], &[1]]);
    }

    #[test]
    fn repeated_and_unsorted_dependencies_are_one_set() {
        check(&[&[], &[], &[1, 0, 1], &[0, 1]], &[0, 0, 1, 1], &[&[], &[0]]);
    }

    #[test]
    fn pairs_are_two_groups_each_up_to_the_limit() {
        let pairs =
            |count: u32| -> Vec<Vec<u32>> { (0..count).flat_map(|pair| [Vec::new(), vec![2 * pair]]).collect() };
        let groups = grouped(&pairs(32)).expect("64 groups");
        assert_eq!(groups.dependencies.len(), 64);
        assert_eq!(grouped(&pairs(33)).expect_err("66 groups"), TooManyGroups(65));
    }

    #[test]
    fn a_refused_task_changes_nothing() {
        let mut groups = Groups::default();
        for _ in 0..40 {
            groups.add(&Dependencies::default()).expect("room");
        }
        for task in 0..31 {
            groups.add(&Dependencies::new(vec![task])).expect("room");
        }
        let before = groups.numbered();
        assert_eq!(before.dependencies.len(), 63);
        assert_eq!(groups.add(&Dependencies::new(vec![35, 36])), Err(TooManyGroups(65)));
        let after = groups.numbered();
        assert_eq!((before.of_tasks, before.dependencies), (after.of_tasks, after.dependencies));
        groups.add(&Dependencies::new((31..40).collect())).expect("room for a whole group");
    }

    #[test]
    fn a_hundred_thousand_tasks_share_a_list() {
        let mut groups = Groups::default();
        for _ in 0..100_000 {
            groups.add(&Dependencies::default()).expect("room");
        }
        let id = groups.add(&Dependencies::new((0..100_000).rev().collect())).expect("room");
        for _ in 1..100_000 {
            groups.add_to(id).expect("room");
        }
        let numbered = groups.numbered();
        assert_eq!(numbered.dependencies, [vec![], vec![0]]);
        assert_eq!(numbered.of_tasks.len(), 200_000);
    }

    /// Task graphs of layers, in which tasks share lists, and of random edges.
    fn graphs() -> impl Strategy<Value = Vec<Vec<u32>>> {
        let picks = proptest::collection::vec(any::<u32>(), 0..5);
        proptest::collection::vec((picks, any::<bool>()), 0..24).prop_map(|tasks| {
            let mut graph: Vec<Vec<u32>> = Vec::new();
            for (picks, repeats) in tasks {
                let index = graph.len() as u32;
                let dependencies = match graph.last() {
                    Some(last) if repeats => last.clone(),
                    Some(_) => picks.iter().map(|pick| pick % index).collect(),
                    None => Vec::new(),
                };
                graph.push(dependencies);
            }
            graph
        })
    }

    proptest! {
        #[test]
        fn groups_equal_their_definition(tasks in graphs()) {
            let groups = grouped(&tasks).expect("at most 24 groups");
            let tasks: Vec<_> = tasks.into_iter().map(BTreeSet::from_iter).collect();
            prop_assert_eq!(groups, partition(&tasks));
        }

        #[test]
        fn the_graph_of_groups_equals_the_graph_of_tasks(tasks in graphs()) {
            let groups = grouped(&tasks).expect("at most 24 groups");
            for (task, dependencies) in tasks.iter().enumerate() {
                let of_groups = &groups.dependencies[groups.of_tasks[task] as usize];
                let implied: BTreeSet<u32> =
                    (0..tasks.len() as u32).filter(|&other| of_groups.contains(&groups.of_tasks[other as usize])).collect();
                prop_assert_eq!(implied, dependencies.iter().copied().collect::<BTreeSet<u32>>());
            }
        }
    }
}
