//! A collection: datapoints in the order of their ids.

use std::collections::BTreeMap;
use std::collections::btree_map;

use prost_types::Timestamp;
use tilebox_core::wire::datasets::v1::{Collection as WireCollection, CollectionInfo};
use tilebox_core::wire::tilebox::v1::TimeInterval;
use uuid::Uuid;

use super::{Datapoint, IdRange};
use crate::ids::{self, DatapointId};

/// Name, identity and datapoints.
pub(crate) struct Collection {
    id: Uuid,
    name: String,
    datapoints: BTreeMap<DatapointId, Datapoint>,
}

impl Collection {
    /// A collection of these datapoints. Of two with the same id the last one stays.
    pub(crate) fn new(id: Uuid, name: String, datapoints: Vec<(DatapointId, Datapoint)>) -> Self {
        Self { id, name, datapoints: datapoints.into_iter().collect() }
    }

    pub(crate) fn id(&self) -> Uuid {
        self.id
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    pub(crate) fn len(&self) -> usize {
        self.datapoints.len()
    }

    pub(crate) fn get(&self, id: DatapointId) -> Option<&Datapoint> {
        self.datapoints.get(&id)
    }

    /// All datapoints, by id.
    pub(crate) fn iter(&self) -> btree_map::Iter<'_, DatapointId, Datapoint> {
        self.datapoints.iter()
    }

    /// Adds datapoints.
    pub(crate) fn insert(&mut self, datapoints: Vec<(DatapointId, Datapoint)>) {
        self.datapoints.extend(datapoints);
    }

    /// Removes datapoints.
    pub(crate) fn remove(&mut self, ids: &[DatapointId]) {
        for id in ids {
            self.datapoints.remove(id);
        }
    }

    /// The datapoints of a range, by id.
    pub(crate) fn range(&self, range: IdRange) -> btree_map::Range<'_, DatapointId, Datapoint> {
        match range.bounds() {
            Some(bounds) => self.datapoints.range(bounds),
            // No id is zero, so this is empty.
            None => self.datapoints.range(DatapointId(0)..DatapointId(0)),
        }
    }

    /// What the server tells about the collection. Count and availability only when they are asked for.
    pub(crate) fn info(&self, with_availability: bool, with_count: bool) -> CollectionInfo {
        CollectionInfo {
            collection: Some(WireCollection { name: self.name.clone(), id: Some(ids::to_wire(self.id)) }),
            availability: with_availability.then(|| self.availability().unwrap_or_else(empty_interval)),
            count: with_count.then_some(self.len() as u64),
        }
    }

    /// From the first to the last time, both included; nothing for an empty collection.
    pub(crate) fn availability(&self) -> Option<TimeInterval> {
        let (_, first) = self.datapoints.first_key_value()?;
        let (_, last) = self.datapoints.last_key_value()?;
        Some(TimeInterval {
            start_time: first.time(),
            end_time: last.time(),
            start_exclusive: false,
            end_inclusive: true,
        })
    }
}

/// What stands for "no datapoints": the one form that the official clients in Python and in Go both print as empty.
fn empty_interval() -> TimeInterval {
    let epoch = Some(Timestamp::default());
    TimeInterval { start_time: epoch, end_time: epoch, start_exclusive: true, end_inclusive: false }
}
