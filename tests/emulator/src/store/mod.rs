//! The data of the emulator: groups, datasets, collections and datapoints.
//!
//! Memory holds all data. With a [`Disk`], every change is on disk before it is in memory. [`Store`] is the only access,
//! so that the services do not depend on the storage. Workflows keep their data themselves and share the disk.

mod change;
mod collection;
mod datapoint;
mod dataset;
#[cfg(feature = "disk")]
mod disk;
mod disk_error;
#[cfg(not(feature = "disk"))]
mod no_disk;
mod page;
mod range;
mod record;

pub(crate) use collection::Collection;
pub(crate) use datapoint::Datapoint;
pub(crate) use dataset::{ALL_PERMISSIONS, Dataset, DatasetType, Group};
#[cfg(feature = "disk")]
pub(crate) use disk::Disk;
#[cfg(all(test, feature = "disk"))]
pub(crate) use disk::Memory;
pub(crate) use disk_error::DiskError;
pub use disk_error::DiskErrorKind;
#[cfg(not(feature = "disk"))]
pub(crate) use no_disk::Disk;
pub(crate) use page::{Page, PageQuery};
pub(crate) use range::{IdRange, milliseconds};
pub(crate) use record::{RecordChange, Table};

use std::sync::Arc;

use uuid::Uuid;

use crate::ids::{self, DatapointId};
use change::Change;

/// The code name of the group of created datasets: the callers' organisation.
pub(crate) const ORGANISATION: &str = "local";

/// All datasets and groups.
pub(crate) struct Store {
    /// The datasets, ordered by slug.
    datasets: Vec<Dataset>,
    groups: Vec<Group>,
    /// A part of the ids of created datasets and collections. The name of a type contains the id of its group, and clients
    /// cache types by name, so different stores must not create equal ids.
    identity: u128,
    /// The largest number of datasets that callers can own; `None` for no limit.
    maximum_owned: Option<usize>,
    /// Whether callers have all permissions for the loaded datasets.
    permits_all: bool,
    disk: Option<Arc<Disk>>,
}

impl Store {
    /// Creates an empty store in memory.
    pub(crate) fn new(identity: u128) -> Self {
        Self { datasets: Vec::new(), groups: Vec::new(), identity, maximum_owned: None, permits_all: false, disk: None }
    }

    /// Loads a store from disk. A disk without an identity gets `identity`.
    #[cfg(feature = "disk")]
    pub(crate) fn open(disk: Arc<Disk>, identity: u128) -> Result<Self, DiskError> {
        let (identity, datasets) = disk.load(identity)?;
        let mut store = Self::new(identity);
        for dataset in datasets {
            store.insert(dataset);
        }
        Ok(Self { disk: Some(disk), ..store })
    }

    /// Returns the identity.
    pub(crate) fn identity(&self) -> u128 {
        self.identity
    }

    /// Returns the disk, if changes are stored.
    pub(crate) fn disk(&self) -> Option<Arc<Disk>> {
        self.disk.clone()
    }

    /// Returns all datasets, ordered by slug.
    pub(crate) fn datasets(&self) -> &[Dataset] {
        &self.datasets
    }

    /// Returns the number of datasets that callers own, and the largest number that they can own.
    pub(crate) fn owned(&self) -> (usize, Option<usize>) {
        let organisation = self.organisation_id();
        let owned = self.datasets.iter().filter(|dataset| dataset.group_id() == organisation).count();
        (owned, self.maximum_owned)
    }

    /// Sets the largest number of datasets that callers can own.
    pub(crate) fn set_maximum_owned(&mut self, datasets: usize) {
        self.maximum_owned = Some(datasets);
    }

    /// Returns all groups, parents before children.
    pub(crate) fn groups(&self) -> &[Group] {
        &self.groups
    }

    /// Returns the dataset with this id.
    pub(crate) fn dataset(&self, id: Uuid) -> Option<&Dataset> {
        self.datasets.iter().find(|dataset| dataset.id() == id)
    }

    /// Returns the dataset with this full slug.
    pub(crate) fn dataset_by_slug(&self, slug: &str) -> Option<&Dataset> {
        self.datasets.iter().find(|dataset| dataset.slug() == slug)
    }

    /// Returns the dataset of a collection.
    pub(crate) fn dataset_of_collection(&self, collection: Uuid) -> Option<&Dataset> {
        self.datasets.iter().find(|dataset| dataset.collection(collection).is_some())
    }

    /// Returns the id of the group of created datasets.
    pub(crate) fn organisation_id(&self) -> Uuid {
        ids::from_name("group", &format!("{:x}/{ORGANISATION}", self.identity))
    }

    /// Returns an unused id.
    pub(crate) fn new_id(&self, kind: &str, name: &str) -> Uuid {
        let numbered = |number| ids::from_name(kind, &format!("{:x}/{name}/{number}", self.identity));
        let mut number = 0;
        loop {
            let id = numbered(number);
            if self.dataset(id).is_none() && self.dataset_of_collection(id).is_none() {
                return id;
            }
            number += 1;
        }
    }

    /// Adds a dataset with its contents, and the missing groups of its slug. Its slug and id must be unused.
    pub(crate) fn add_dataset(&mut self, dataset: Dataset) -> Result<&Dataset, DiskError> {
        let id = dataset.id();
        self.recover()?;
        self.record(&[Change::PutDataset(&dataset), Change::PutContents(&dataset)])?;
        let position = self.insert(dataset);
        self.datasets.get(position).ok_or_else(|| DiskError::missing_dataset(id))
    }

    /// Replaces the info and the type of a dataset; its collections stay.
    pub(crate) fn update_dataset(&mut self, mut changed: Dataset) -> Result<&Dataset, DiskError> {
        let id = changed.id();
        self.recover()?;
        self.record(&[Change::PutDataset(&changed)])?;
        let position = self
            .datasets
            .iter()
            .position(|dataset| dataset.id() == id)
            .ok_or_else(|| DiskError::missing_dataset(id))?;
        changed.inherit(self.datasets.remove(position));
        let position = self.insert(changed);
        self.datasets.get(position).ok_or_else(|| DiskError::missing_dataset(id))
    }

    /// Removes a dataset with its contents.
    pub(crate) fn remove_dataset(&mut self, id: Uuid) -> Result<(), DiskError> {
        self.recover()?;
        if let Some(dataset) = self.dataset(id) {
            self.record(&[Change::RemoveDataset(dataset)])?;
        }
        self.datasets.retain(|dataset| dataset.id() != id);
        Ok(())
    }

    /// Adds an empty collection. Its name and id must be unused.
    pub(crate) fn add_collection(&mut self, dataset: Uuid, collection: Collection) -> Result<(), DiskError> {
        self.recover()?;
        self.record(&[Change::PutCollection { dataset, collection: &collection }])?;
        if let Some(dataset) = self.dataset_mut(dataset) {
            dataset.put_collection(collection);
        }
        Ok(())
    }

    /// Removes a collection with its datapoints.
    pub(crate) fn remove_collection(&mut self, dataset: Uuid, collection: Uuid) -> Result<(), DiskError> {
        self.recover()?;
        self.record(&[Change::RemoveCollection(collection)])?;
        if let Some(dataset) = self.dataset_mut(dataset) {
            dataset.remove_collection(collection);
        }
        Ok(())
    }

    /// Adds datapoints to a collection, all or none.
    pub(crate) fn insert_datapoints(
        &mut self,
        collection: Uuid,
        datapoints: Vec<(DatapointId, Datapoint)>,
    ) -> Result<(), DiskError> {
        self.recover()?;
        self.record(&[Change::Insert { collection, datapoints: &datapoints }])?;
        if let Some(collection) = self.collection_mut(collection) {
            collection.insert(datapoints);
        }
        Ok(())
    }

    /// Removes datapoints from a collection, all or none.
    pub(crate) fn remove_datapoints(&mut self, collection: Uuid, ids: &[DatapointId]) -> Result<(), DiskError> {
        self.recover()?;
        self.record(&[Change::Remove { collection, ids }])?;
        if let Some(collection) = self.collection_mut(collection) {
            collection.remove(ids);
        }
        Ok(())
    }

    /// Grants all permissions for all present datasets, until the store is dropped.
    pub(crate) fn permit_all(&mut self) {
        self.permits_all = true;
        self.datasets.iter_mut().for_each(Dataset::permit_all);
    }

    /// Adds recorded groups, parents before children, so that they keep their ids.
    pub(crate) fn add_recorded_groups(&mut self, groups: Vec<Group>) {
        for group in groups {
            if self.groups.iter().all(|known| known.path != group.path) {
                self.groups.push(group);
            }
        }
    }

    /// Recovers the disk after an error. If the disk differs from memory, loads its datasets.
    fn recover(&mut self) -> Result<(), DiskError> {
        let changed = match &self.disk {
            Some(disk) => disk.recover()?,
            None => None,
        };
        if let Some(datasets) = changed {
            self.datasets.clear();
            for mut dataset in datasets {
                if self.permits_all {
                    dataset.permit_all();
                }
                self.insert(dataset);
            }
        }
        Ok(())
    }

    fn record(&self, changes: &[Change<'_>]) -> Result<(), DiskError> {
        self.disk.as_ref().map_or(Ok(()), |disk| disk.record(changes))
    }

    fn dataset_mut(&mut self, id: Uuid) -> Option<&mut Dataset> {
        self.datasets.iter_mut().find(|dataset| dataset.id() == id)
    }

    fn collection_mut(&mut self, id: Uuid) -> Option<&mut Collection> {
        self.datasets.iter_mut().find_map(|dataset| dataset.collection_mut(id))
    }

    fn insert(&mut self, dataset: Dataset) -> usize {
        self.add_groups(&dataset);
        let position = self.datasets.partition_point(|other| other.slug() < dataset.slug());
        self.datasets.insert(position, dataset);
        position
    }

    /// Adds the groups of a dataset. A dataset with the slug `a.b.c` is in group `a.b`, whose parent is `a`. The dataset
    /// has the id of the innermost group; the ids of the others follow from their paths.
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
