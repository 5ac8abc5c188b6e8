//! What the emulator holds: datasets in groups, their collections, the datapoints of these.
//!
//! All in memory. [`Store`] is the only way in, so that the services need not know how it is kept.

mod collection;
mod datapoint;
mod dataset;
mod page;
mod range;

pub(crate) use collection::Collection;
pub(crate) use datapoint::Datapoint;
pub(crate) use dataset::{Dataset, DatasetType, Group};
pub(crate) use page::{Page, PageQuery};
pub(crate) use range::{IdRange, milliseconds};

use uuid::Uuid;

/// All datasets and groups.
#[derive(Default)]
pub(crate) struct Store {
    datasets: Vec<Dataset>,
    groups: Vec<Group>,
}

impl Store {
    /// All datasets, in the order they were added.
    pub(crate) fn datasets(&self) -> &[Dataset] {
        &self.datasets
    }

    /// All groups, parents before children.
    pub(crate) fn groups(&self) -> &[Group] {
        &self.groups
    }

    /// The dataset of an id.
    pub(crate) fn dataset(&self, id: Uuid) -> Option<&Dataset> {
        self.datasets.iter().find(|dataset| dataset.id() == id)
    }

    /// The dataset of an id, to change it.
    pub(crate) fn dataset_mut(&mut self, id: Uuid) -> Option<&mut Dataset> {
        self.datasets.iter_mut().find(|dataset| dataset.id() == id)
    }

    /// The dataset of a full slug.
    pub(crate) fn dataset_by_slug(&self, slug: &str) -> Option<&Dataset> {
        self.datasets.iter().find(|dataset| dataset.slug() == slug)
    }

    /// The dataset that a collection belongs to.
    pub(crate) fn dataset_of_collection(&self, collection: Uuid) -> Option<&Dataset> {
        self.datasets.iter().find(|dataset| dataset.collection(collection).is_some())
    }

    /// Adds a dataset, and every group on its slug that is not there yet.
    ///
    /// # Errors
    ///
    /// Gives the dataset back when its slug or id is taken.
    pub(crate) fn add_dataset(&mut self, dataset: Dataset) -> Result<(), Box<Dataset>> {
        if self.dataset(dataset.id()).is_some() || self.dataset_by_slug(dataset.slug()).is_some() {
            return Err(Box::new(dataset));
        }
        self.add_groups(&dataset);
        self.datasets.push(dataset);
        Ok(())
    }

    /// Lets callers do everything with every dataset.
    pub(crate) fn permit_all(&mut self) {
        self.datasets.iter_mut().for_each(Dataset::permit_all);
    }

    /// A dataset of slug `a.b.c` is in group `a.b`, whose parent is `a`. The dataset knows the id of the innermost; the
    /// others follow from their path.
    fn add_groups(&mut self, dataset: &Dataset) {
        let Some((path, _)) = dataset.slug().rsplit_once('.') else { return };
        let mut parent = None;
        for (end, _) in path.match_indices('.').chain([(path.len(), "")]) {
            let group_path = path.get(..end).unwrap_or(path);
            let known = self.groups.iter().find(|group| group.path == group_path);
            let id = match known {
                Some(group) => group.id,
                None => {
                    let innermost = end == path.len();
                    let id = if innermost { dataset.group_id() } else { Group::id_of_path(group_path) };
                    self.groups.push(Group { id, parent, path: group_path.to_owned() });
                    id
                }
            };
            parent = Some(id);
        }
    }
}
