//! Intervals of times and of ids.

use std::ops::{Bound, RangeBounds};

use uuid::Uuid;

use super::Scheduler;
use super::job::Job;
use super::rejection::Rejection;
use super::{id, limits};
use crate::protocol::wire::tilebox::v1::{Id, IdInterval, TimeInterval};
use crate::schema::Timestamp;

/// An interval of times. A bound that the request leaves out is open.
#[derive(Clone, Copy, Debug)]
pub(super) struct Times {
    start: Bound<Timestamp>,
    end: Bound<Timestamp>,
}

impl Times {
    /// Reads an interval. `field` names it in messages.
    pub(super) fn read(field: &str, interval: Option<&TimeInterval>) -> Result<Self, Rejection> {
        let Some(interval) = interval else { return Ok(Self { start: Bound::Unbounded, end: Bound::Unbounded }) };
        let read = |name: &str, time: Option<&prost_types::Timestamp>, included: bool| match time {
            None => Ok(Bound::Unbounded),
            Some(time) => match Timestamp::from_wire(time) {
                Some(time) => Ok(bound(time, included)),
                None => Err(Rejection::invalid(format!("{field}.{name}: expects a time in the years 1 to 9999"))),
            },
        };
        Ok(Self {
            start: read("start_time", interval.start_time.as_ref(), !interval.start_exclusive)?,
            end: read("end_time", interval.end_time.as_ref(), interval.end_inclusive)?,
        })
    }

    pub(super) fn contains(&self, time: Timestamp) -> bool {
        (self.start, self.end).contains(&time)
    }

    /// Returns the ids made at these times, and perhaps a millisecond around them.
    pub(super) fn ids(&self) -> Ids {
        let first = |time: Timestamp| Bound::Included(id::first_of(id::milliseconds(time)));
        let after = |time: Timestamp| Bound::Excluded(id::first_of(id::milliseconds(time) + 1));
        Ids {
            start: match self.start {
                Bound::Included(time) | Bound::Excluded(time) => first(time),
                Bound::Unbounded => Bound::Unbounded,
            },
            end: match self.end {
                Bound::Included(time) | Bound::Excluded(time) => after(time),
                Bound::Unbounded => Bound::Unbounded,
            },
        }
    }
}

/// An interval of ids.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ids {
    start: Bound<Uuid>,
    end: Bound<Uuid>,
}

impl Ids {
    /// Reads an interval. `field` names it in messages. A bound that the request leaves out is open.
    pub(super) fn read(field: &str, interval: &IdInterval) -> Result<Self, Rejection> {
        let read = |name: &str, id: Option<&Id>, included: bool| match id {
            None => Ok(Bound::Unbounded),
            Some(id) => limits::required_id(&format!("{field}.{name}"), Some(id)).map(|id| bound(id, included)),
        };
        Ok(Self {
            start: read("start_id", interval.start_id.as_ref(), !interval.start_exclusive)?,
            end: read("end_id", interval.end_id.as_ref(), interval.end_inclusive)?,
        })
    }

    /// Returns the ids of these that are larger than `after`.
    pub(super) fn after(self, after: Uuid) -> Self {
        match self.start {
            Bound::Included(start) | Bound::Excluded(start) if start > after => self,
            _ => Self { start: Bound::Excluded(after), ..self },
        }
    }

    /// Returns the ids of these that are smaller than `before`.
    pub(super) fn before(self, before: Uuid) -> Self {
        match self.end {
            Bound::Included(end) | Bound::Excluded(end) if end < before => self,
            _ => Self { end: Bound::Excluded(before), ..self },
        }
    }

    /// Returns whether no id lies between the bounds, for which a range of a map would panic.
    fn is_empty(&self) -> bool {
        match (self.start, self.end) {
            (Bound::Included(start), Bound::Included(end)) => start > end,
            (Bound::Included(start) | Bound::Excluded(start), Bound::Included(end) | Bound::Excluded(end)) => {
                start >= end
            }
            _ => false,
        }
    }
}

fn bound<T>(value: T, included: bool) -> Bound<T> {
    if included { Bound::Included(value) } else { Bound::Excluded(value) }
}

impl Scheduler {
    /// Returns the jobs with these ids, in their order.
    pub(super) fn jobs_with(&self, ids: Ids) -> impl DoubleEndedIterator<Item = &Job> {
        let range = (!ids.is_empty()).then(|| self.jobs_by_id.range((ids.start, ids.end)));
        range.into_iter().flatten().map(|(_, key)| &self.jobs[*key])
    }
}
