//! A collection and its datapoints.

use std::collections::BTreeMap;
use std::collections::btree_map;

use prost_types::Timestamp;
use tilebox_core::protocol::wire::datasets::v1::{Collection as WireCollection, CollectionInfo};
use tilebox_core::protocol::wire::tilebox::v1::TimeInterval;
use uuid::Uuid;

use super::{Datapoint, IdRange};
use crate::ids::{self, DatapointId};

/// A collection: id, name, and datapoints ordered by id.
pub(crate) struct Collection {
    id: Uuid,
    name: String,
    datapoints: BTreeMap<DatapointId, Datapoint>,
    /// The number of datapoints that were counted in a recording, but not recorded.
    unrecorded: u64,
    /// The recorded availability, which includes the unrecorded datapoints.
    recorded_availability: Option<TimeInterval>,
}

impl Collection {
    /// Creates a collection. Of two datapoints with the same id, the last one stays.
    pub(crate) fn new(id: Uuid, name: String, datapoints: Vec<(DatapointId, Datapoint)>) -> Self {
        Self { id, name, datapoints: datapoints.into_iter().collect(), unrecorded: 0, recorded_availability: None }
    }

    /// Sets the recorded count and availability, which can exceed those of the datapoints.
    pub(crate) fn with_recorded_info(mut self, count: Option<u64>, availability: Option<TimeInterval>) -> Self {
        self.unrecorded = count.unwrap_or_default().saturating_sub(self.len() as u64);
        self.recorded_availability = availability.filter(|interval| !is_empty(interval));
        self
    }

    /// Returns whether a count or an availability was recorded that does not follow from the datapoints.
    pub(crate) fn has_recorded_info(&self) -> bool {
        self.unrecorded > 0 || self.recorded_availability.is_some()
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

    /// Returns the number of datapoints, including unrecorded ones.
    pub(crate) fn count(&self) -> u64 {
        self.len() as u64 + self.unrecorded
    }

    pub(crate) fn get(&self, id: DatapointId) -> Option<&Datapoint> {
        self.datapoints.get(&id)
    }

    /// Returns all datapoints, ordered by id.
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

    /// Returns the datapoints of a range, ordered by id.
    pub(crate) fn range(&self, range: IdRange) -> btree_map::Range<'_, DatapointId, Datapoint> {
        match range.bounds() {
            Some(bounds) => self.datapoints.range(bounds),
            // An empty range.
            None => self.datapoints.range(DatapointId(0)..DatapointId(0)),
        }
    }

    /// Returns the info of the collection, with availability and count on request.
    pub(crate) fn info(&self, with_availability: bool, with_count: bool) -> CollectionInfo {
        CollectionInfo {
            collection: Some(WireCollection { name: self.name.clone(), id: Some(ids::to_wire(self.id)) }),
            availability: with_availability.then(|| self.availability().unwrap_or_else(empty_interval)),
            count: with_count.then_some(self.count()),
        }
    }

    /// Returns the interval from the first to the last time, both included, extended by the recorded one. An empty
    /// collection has none.
    pub(crate) fn availability(&self) -> Option<TimeInterval> {
        match (self.recorded_availability, self.stored_availability()) {
            (Some(recorded), Some(stored)) => Some(union(recorded, stored)),
            (recorded, stored) => recorded.or(stored),
        }
    }

    fn stored_availability(&self) -> Option<TimeInterval> {
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

/// Returns the recorded interval, extended to the stored one.
fn union(recorded: TimeInterval, stored: TimeInterval) -> TimeInterval {
    let time = |time: Option<Timestamp>| time.map(|time| (time.seconds, time.nanos));
    let mut union = recorded;
    if time(stored.start_time) < time(recorded.start_time) {
        (union.start_time, union.start_exclusive) = (stored.start_time, stored.start_exclusive);
    }
    if time(stored.end_time) > time(recorded.end_time) {
        (union.end_time, union.end_inclusive) = (stored.end_time, stored.end_inclusive);
    }
    union
}

fn is_empty(interval: &TimeInterval) -> bool {
    interval.start_time == interval.end_time && (interval.start_exclusive || !interval.end_inclusive)
}

/// Returns the availability of an empty collection, in the one form that both the Python and the Go client print as empty.
fn empty_interval() -> TimeInterval {
    let epoch = Some(Timestamp::default());
    TimeInterval { start_time: epoch, end_time: epoch, start_exclusive: true, end_inclusive: false }
}
