//! The tree of dataset groups.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use uuid::Uuid;

use crate::protocol::id;
use crate::protocol::wire::datasets::v1::DatasetGroup;

/// A group of datasets and of other groups.
///
/// The root has no name. Groups and datasets are sorted by code name.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Group<Dataset> {
    /// The code name, its part of a slug.
    pub code_name: String,
    /// The display name.
    pub name: String,
    /// The groups directly in this group.
    pub groups: Vec<Group<Dataset>>,
    /// The datasets directly in this group, with their code names.
    pub datasets: Vec<(String, Dataset)>,
}

impl<Dataset> Default for Group<Dataset> {
    fn default() -> Self {
        Self { code_name: String::new(), name: String::new(), groups: Vec::new(), datasets: Vec::new() }
    }
}

/// A dataset and its place in the tree.
#[derive(Clone, Debug)]
pub struct Leaf<Dataset> {
    /// The id of its group; `None` for the root.
    pub group_id: Option<Uuid>,
    /// The code name, the last part of its slug.
    pub code_name: String,
    /// The dataset.
    pub dataset: Dataset,
}

impl<Dataset> Group<Dataset> {
    /// Builds the tree. The root adopts groups and datasets with an unknown parent, and groups that are their own
    /// ancestor.
    #[must_use]
    pub fn build(groups: &[DatasetGroup], leaves: Vec<Leaf<Dataset>>) -> Self {
        let by_id: BTreeMap<Uuid, &DatasetGroup> =
            groups.iter().filter_map(|group| Some((group.id.as_ref().and_then(id::from_wire)?, group))).collect();
        let mut children: BTreeMap<Option<Uuid>, Vec<Uuid>> = BTreeMap::new();
        for id in by_id.keys() {
            let parent = parent_of(&by_id, *id).filter(|_| reaches_root(&by_id, *id));
            children.entry(parent).or_default().push(*id);
        }
        let mut datasets: BTreeMap<Option<Uuid>, Vec<(String, Dataset)>> = BTreeMap::new();
        for leaf in leaves {
            let group = leaf.group_id.filter(|id| by_id.contains_key(id));
            datasets.entry(group).or_default().push((leaf.code_name, leaf.dataset));
        }
        Self::assemble(None, &by_id, &children, &mut datasets)
    }

    fn assemble(
        id: Option<Uuid>,
        by_id: &BTreeMap<Uuid, &DatasetGroup>,
        children: &BTreeMap<Option<Uuid>, Vec<Uuid>>,
        datasets: &mut BTreeMap<Option<Uuid>, Vec<(String, Dataset)>>,
    ) -> Self {
        let group = id.and_then(|id| by_id.get(&id));
        let inner = children.get(&id).into_iter().flatten();
        let mut groups: Vec<_> = inner.map(|child| Self::assemble(Some(*child), by_id, children, datasets)).collect();
        groups.sort_by(|left, right| left.code_name.cmp(&right.code_name));
        let mut datasets = datasets.remove(&id).unwrap_or_default();
        datasets.sort_by(|(left, _), (right, _)| left.cmp(right));
        Self {
            code_name: group.map_or_else(String::new, |group| group.code_name.clone()),
            name: group.map_or_else(String::new, |group| group.name.clone()),
            groups,
            datasets,
        }
    }

    /// Returns the group at a dotted path below this group, such as `open_data.copernicus`.
    #[must_use]
    pub fn group(&self, path: &str) -> Option<&Self> {
        path.split('.').try_fold(self, |group, name| group.groups.iter().find(|inner| inner.code_name == name))
    }

    /// Returns the dataset at a dotted path below this group, such as `open_data.copernicus.sentinel2_msi`.
    #[must_use]
    pub fn dataset(&self, path: &str) -> Option<&Dataset> {
        let (group, name) = match path.rsplit_once('.') {
            Some((groups, name)) => (self.group(groups)?, name),
            None => (self, path),
        };
        group.datasets.iter().find(|(code_name, _)| code_name == name).map(|(_, dataset)| dataset)
    }

    /// Returns every dataset below this group, group by group.
    pub fn iter(&self) -> impl Iterator<Item = &Dataset> {
        let mut found = Vec::new();
        self.collect_into(&mut found);
        found.into_iter()
    }

    fn collect_into<'a>(&'a self, found: &mut Vec<&'a Dataset>) {
        found.extend(self.datasets.iter().map(|(_, dataset)| dataset));
        for group in &self.groups {
            group.collect_into(found);
        }
    }

    fn fmt_indented(&self, f: &mut fmt::Formatter<'_>, indent: usize) -> fmt::Result
    where
        Dataset: Summary,
    {
        for (code_name, dataset) in &self.datasets {
            let summary = dataset.summary();
            let separator = if summary.is_empty() { "" } else { ": " };
            writeln!(f, "{:indent$}{code_name}{separator}{summary}", "")?;
        }
        for group in &self.groups {
            writeln!(f, "{:indent$}{}", "", group.code_name)?;
            group.fmt_indented(f, indent + 4)?;
        }
        Ok(())
    }
}

/// Returns the parent of a group, if both exist.
fn parent_of(groups: &BTreeMap<Uuid, &DatasetGroup>, id: Uuid) -> Option<Uuid> {
    let parent = groups.get(&id)?.parent_id.as_ref().and_then(id::from_wire)?;
    groups.contains_key(&parent).then_some(parent)
}

/// Returns whether the parents of a group lead to the root, not in a circle.
fn reaches_root(groups: &BTreeMap<Uuid, &DatasetGroup>, id: Uuid) -> bool {
    let mut seen = BTreeSet::from([id]);
    let mut ancestors = std::iter::successors(parent_of(groups, id), |id| parent_of(groups, *id));
    ancestors.all(|ancestor| seen.insert(ancestor))
}

/// The summary of a dataset in a printed tree.
pub trait Summary {
    /// Returns one line, which may be empty.
    fn summary(&self) -> &str;
}

/// A line for each dataset and group, groups indented.
impl<Dataset: Summary> fmt::Display for Group<Dataset> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.fmt_indented(f, 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    impl Summary for &str {
        fn summary(&self) -> &str {
            self
        }
    }

    fn uuid(number: u128) -> Uuid {
        Uuid::from_u128(number)
    }

    fn group(number: u128, parent: Option<u128>, code_name: &str) -> DatasetGroup {
        DatasetGroup {
            id: Some(id::to_wire(uuid(number))),
            parent_id: parent.map(|parent| id::to_wire(uuid(parent))),
            code_name: code_name.to_owned(),
            ..Default::default()
        }
    }

    fn leaf(group: Option<u128>, code_name: &str, dataset: &'static str) -> Leaf<&'static str> {
        Leaf { group_id: group.map(uuid), code_name: code_name.to_owned(), dataset }
    }

    #[test]
    fn groups_nest_and_are_found_by_path() {
        let groups = [group(3, Some(1), "copernicus"), group(1, None, "open_data"), group(2, Some(1), "asf")];
        let leaves =
            vec![leaf(Some(3), "sentinel2_msi", "optical"), leaf(Some(2), "ers_sar", "radar"), leaf(None, "mine", "")];
        let root = Group::build(&groups, leaves);
        assert_eq!(root.dataset("open_data.copernicus.sentinel2_msi"), Some(&"optical"));
        assert_eq!(root.dataset("mine"), Some(&""));
        assert_eq!(root.dataset("open_data.sentinel2_msi"), None);
        assert_eq!(root.group("open_data").map(|group| group.groups.len()), Some(2));
        assert_eq!(root.iter().copied().collect::<Vec<_>>(), ["", "radar", "optical"]);
        assert_eq!(
            root.to_string(),
            "mine\nopen_data\n    asf\n        ers_sar: radar\n    copernicus\n        sentinel2_msi: optical\n"
        );
    }

    #[test]
    fn orphans_and_cycles_go_to_the_root() {
        let groups = [group(1, Some(9), "orphan"), group(2, Some(3), "loop_a"), group(3, Some(2), "loop_b")];
        let leaves = vec![leaf(Some(1), "a", "a"), leaf(Some(2), "b", "b"), leaf(Some(7), "c", "c")];
        let root = Group::build(&groups, leaves);
        assert_eq!(root.dataset("orphan.a"), Some(&"a"));
        assert_eq!(root.dataset("loop_a.b"), Some(&"b"));
        assert_eq!(root.dataset("c"), Some(&"c"));
        assert_eq!(root.iter().count(), 3);
    }
}
