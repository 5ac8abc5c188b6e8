//! A collection: datapoints in the order of their ids.

use std::collections::BTreeMap;
use std::collections::btree_map;

use prost_types::Timestamp;
use tilebox_core::protocol::wire::datasets::v1::{Collection as WireCollection, CollectionInfo};
use tilebox_core::protocol::wire::tilebox::v1::TimeInterval;
use uuid::Uuid;

use super::{Datapoint, IdRange};
use crate::ids::{self, DatapointId};

/// Name, identity and datapoints.
pub(crate) struct Collection {
    id: Uuid,
    name: String,
    datapoints: BTreeMap<DatapointId, Datapoint>,
    /// How many datapoints are counted that are not held.
    more: u64,
    /// Includes when these are.
    recorded_availability: Option<TimeInterval>,
}

impl Collection {
    /// A collection of these datapoints. Of two with the same id the last one stays.
    pub(crate) fn new(id: Uuid, name: String, datapoints: Vec<(DatapointId, Datapoint)>) -> Self {
        Self { id, name, datapoints: datapoints.into_iter().collect(), more: 0, recorded_availability: None }
    }

    /// Counts datapoints that are not held: the collection has this count and availability, as it was recorded.
    pub(crate) fn with_more(mut self, count: Option<u64>, availability: Option<TimeInterval>) -> Self {
        self.more = count.unwrap_or_default().saturating_sub(self.len() as u64);
        self.recorded_availability = availability.filter(|interval| !is_empty(interval));
        self
    }

    /// Whether something was recorded that the datapoints do not tell.
    pub(crate) fn has_more(&self) -> bool {
        self.more > 0 || self.recorded_availability.is_some()
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

    /// How many datapoints it has, with those that are not held.
    pub(crate) fn count(&self) -> u64 {
        self.len() as u64 + self.more
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
            count: with_count.then_some(self.count()),
        }
    }

    /// From the first to the last time, both included, or more where more was recorded; nothing for an empty collection.
    pub(crate) fn availability(&self) -> Option<TimeInterval> {
        match (self.recorded_availability, self.held_availability()) {
            (Some(recorded), Some(held)) => Some(union(recorded, held)),
            (recorded, held) => recorded.or(held),
        }
    }

    fn held_availability(&self) -> Option<TimeInterval> {
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

/// The recorded interval, with ends moved where times that are held lie beyond.
fn union(recorded: TimeInterval, held: TimeInterval) -> TimeInterval {
    let time = |time: Option<Timestamp>| time.map(|time| (time.seconds, time.nanos));
    let mut union = recorded;
    if time(held.start_time) < time(recorded.start_time) {
        (union.start_time, union.start_exclusive) = (held.start_time, held.start_exclusive);
    }
    if time(held.end_time) > time(recorded.end_time) {
        (union.end_time, union.end_inclusive) = (held.end_time, held.end_inclusive);
    }
    union
}

fn is_empty(interval: &TimeInterval) -> bool {
    interval.start_time == interval.end_time && (interval.start_exclusive || !interval.end_inclusive)
}

/// What stands for "no datapoints": the one form that the official clients in Python and in Go both print as empty.
fn empty_interval() -> TimeInterval {
    let epoch = Some(Timestamp::default());
    TimeInterval { start_time: epoch, end_time: epoch, start_exclusive: true, end_inclusive: false }
}
