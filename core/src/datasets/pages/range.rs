//! The range of ids that a request covers.
//!
//! Results are sorted by id, and an id begins with the time in milliseconds, so an id as a number (a key) is a place in
//! the result. A query by time requests a part as time if both of its ends are whole milliseconds, otherwise as an
//! interval of ids.

use uuid::Uuid;

use crate::schema::extent::TemporalExtent;
use crate::schema::interval::{IdInterval, TimeInterval};
use crate::schema::timestamp::Timestamp;

/// An id as a number, in the order of its bytes.
pub(super) type Key = u128;

/// Number of bits of an id after the milliseconds.
const BELOW_MILLISECONDS: u32 = 80;
/// Number of keys of one millisecond.
pub(super) const MILLISECOND: Key = 1 << BELOW_MILLISECONDS;

/// The start of a range.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Start {
    /// The start of the query.
    Query,
    /// After this id.
    After(Uuid),
    /// At this id.
    At(Key),
}

/// The end of a range.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum End {
    /// Before this id.
    Before(Key),
    /// The end of the query.
    Query,
    /// The end of the part before 1970. The protocol does not specify whether ids of such times precede or follow all
    /// others, so this part is requested again, after everything else.
    Epoch,
}

/// A part of a query.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Range {
    pub(super) start: Start,
    pub(super) end: End,
}

impl Range {
    /// The whole query.
    pub(super) const ALL: Self = Self { start: Start::Query, end: End::Query };
}

/// The extent of a query as keys.
#[derive(Clone, Copy, Debug)]
pub(super) struct Frame {
    extent: TemporalExtent,
    /// The first key that the query can contain.
    first: Key,
    /// The first key after all keys of the query.
    end: Key,
    /// The estimated first key of a datapoint, by the known availability.
    data_first: Key,
    /// The estimated first key after all datapoints, by the known availability.
    data_end: Key,
    /// Whether the availability is known.
    is_known: bool,
}

impl Frame {
    /// Creates the frame of a query. Parts are cut only within the known availability.
    pub(super) fn new(extent: TemporalExtent, availability: Option<TimeInterval>) -> Self {
        let extent = match extent {
            TemporalExtent::Time(interval) => TemporalExtent::Time(interval.in_milliseconds()),
            ids @ TemporalExtent::Ids(_) => ids,
        };
        let (first, end) = match extent {
            TemporalExtent::Time(interval) => {
                let first =
                    milliseconds(interval.start()).map(|start| start + Key::from(interval.is_start_exclusive()));
                let end = milliseconds(interval.end()).map(|end| end + Key::from(interval.is_end_inclusive()));
                (first.unwrap_or(0).saturating_mul(MILLISECOND), end.unwrap_or(0).saturating_mul(MILLISECOND))
            }
            TemporalExtent::Ids(interval) => {
                let first = interval.start().as_u128().saturating_add(Key::from(interval.is_start_exclusive()));
                (first, interval.end().as_u128().saturating_add(Key::from(interval.is_end_inclusive())))
            }
        };
        // Ids of the time before 1970 may begin with zeros.
        let first = if matches!(extent, TemporalExtent::Time(_)) { first.max(MILLISECOND) } else { first };
        let available = availability.and_then(places);
        let (data_first, data_end) =
            available.map_or((first, end), |(from, to)| (first.max(from.min(end)), end.min(to)));
        Self { extent, first, end, data_first, data_end, is_known: available.is_some() }
    }

    /// Returns the number of ids within the availability of all datapoints, if the query contains all of it.
    pub(super) fn covers(&self, availability: TimeInterval) -> Option<f64> {
        let (from, to) = places(availability).filter(|(from, to)| self.first <= *from && *to <= self.end)?;
        Some(to.saturating_sub(from) as f64)
    }

    /// Returns the number of ids within an availability.
    pub(super) fn ids_in(availability: TimeInterval) -> Option<f64> {
        places(availability).map(|(from, to)| to.saturating_sub(from) as f64)
    }

    /// Returns the distance between the known availability and a range after it that ends with the query; `None` for any other
    /// range.
    pub(super) fn after_data(&self, range: &Range) -> Option<Key> {
        let is_open = matches!(range.end, End::Query) || range.end == End::Before(self.end);
        let distance = self.first(range).checked_sub(self.data_end);
        distance.filter(|_| self.is_known && is_open)
    }

    /// Returns the first key after all keys of a range.
    pub(super) fn border(&self, range: &Range) -> Key {
        match range.end {
            End::Before(key) => key,
            End::Query | End::Epoch => self.end,
        }
    }

    /// Returns whether a range of time begins before a key.
    pub(super) fn begins_before(&self, range: &Range, key: Key) -> bool {
        let TemporalExtent::Time(interval) = self.extent else { return false };
        let start = milliseconds(interval.start()).map(|start| start + Key::from(interval.is_start_exclusive()));
        let start = start.unwrap_or(0).saturating_mul(MILLISECOND);
        let first = match range.start {
            Start::Query => start,
            Start::At(_) | Start::After(_) => self.first(range).max(start),
        };
        first < key
    }

    /// Returns whether the query contains only times before 1970.
    pub(super) fn is_before_epoch(&self) -> bool {
        matches!(self.extent, TemporalExtent::Time(_)) && self.end == 0
    }

    /// Returns whether an id lies in the range of the query. If one does not, ids do not determine places.
    pub(super) fn holds(&self, id: Uuid) -> bool {
        (self.first..self.end).contains(&id.as_u128())
    }

    /// Returns whether the query contains time both before and since 1970.
    pub(super) fn crosses_epoch(&self) -> bool {
        let before = matches!(self.extent, TemporalExtent::Time(interval) if interval.start() < Timestamp::UNIX_EPOCH);
        before && self.end > 0
    }

    /// Returns the first key after the time since 1970, if the query contains time before 1970, too.
    pub(super) fn end_before_epoch(&self) -> Option<Key> {
        self.crosses_epoch().then_some(self.end)
    }

    /// Returns the end of the time since 1970.
    pub(super) fn last_border(&self) -> End {
        End::Before(self.end)
    }

    /// Returns the first key of a range.
    pub(super) fn first(&self, range: &Range) -> Key {
        match range.start {
            Start::Query => self.first,
            Start::After(id) => id.as_u128().saturating_add(1),
            Start::At(key) => key,
        }
    }

    /// Returns the estimated first key with a datapoint in a range.
    pub(super) fn begin(&self, range: &Range) -> Key {
        match range.start {
            Start::Query => self.data_first,
            Start::After(_) | Start::At(_) => self.first(range),
        }
    }

    /// Returns the estimated key after the datapoints of a range; `None` if it does not end at a key.
    pub(super) fn end(&self, range: &Range) -> Option<Key> {
        match range.end {
            End::Before(key) if key < self.end => Some(key),
            // The range begins after the known availability.
            End::Before(_) | End::Query if self.first(range) >= self.data_end => Some(self.end),
            End::Before(_) | End::Query => Some(self.data_end),
            End::Epoch => None,
        }
    }

    /// Returns the extent and the cursor of the request for a range.
    pub(super) fn request(&self, range: &Range) -> (TemporalExtent, Option<Uuid>) {
        let after = match range.start {
            Start::After(id) => Some(id),
            Start::Query | Start::At(_) => None,
        };
        let extent = match self.extent {
            TemporalExtent::Time(interval) => self.part_of_time(interval, range),
            TemporalExtent::Ids(interval) => TemporalExtent::Ids(self.part_of_ids(interval, range)),
        };
        (extent, after)
    }

    fn part_of_time(&self, interval: TimeInterval, range: &Range) -> TemporalExtent {
        let mut part = interval;
        match range.start {
            Start::Query => {}
            // The time before 1970 is a separate range once the rest has an end.
            Start::After(_) if matches!(range.end, End::Before(_)) && self.crosses_epoch() => {
                part = part.with_start(Timestamp::UNIX_EPOCH).with_start_exclusive(false);
            }
            Start::After(_) => {}
            Start::At(key) => match border(key) {
                Some(time) => part = part.with_start(time).with_start_exclusive(false),
                None => return TemporalExtent::Ids(self.ids(range)),
            },
        }
        match range.end {
            End::Query => {}
            End::Epoch => part = part.with_end(Timestamp::UNIX_EPOCH).with_end_inclusive(false),
            End::Before(key) => match border(key) {
                Some(time) => part = part.with_end(time).with_end_inclusive(false),
                None => return TemporalExtent::Ids(self.ids(range)),
            },
        }
        TemporalExtent::Time(part)
    }

    fn part_of_ids(&self, interval: IdInterval, range: &Range) -> IdInterval {
        match range {
            Range { start: Start::Query | Start::After(_), end: End::Query | End::Epoch } => interval,
            _ => self.ids(range),
        }
    }

    /// Returns the ids of a range as an interval.
    fn ids(&self, range: &Range) -> IdInterval {
        let end = match range.end {
            End::Before(key) => key,
            End::Query | End::Epoch => self.end,
        };
        IdInterval::new(Uuid::from_u128(self.first(range)), Uuid::from_u128(end)).with_end_inclusive(false)
    }
}

/// Returns the first key of an interval and the first key after it; both of its times are included.
fn places(availability: TimeInterval) -> Option<(Key, Key)> {
    let (from, until) = (milliseconds(availability.start())?, milliseconds(availability.end())?);
    Some((from * MILLISECOND, (until + 1) * MILLISECOND))
}

/// Returns the milliseconds since 1970, truncated as the server truncates them; `None` before 1970.
fn milliseconds(time: Timestamp) -> Option<Key> {
    let seconds = Key::try_from(time.unix_seconds()).ok()?;
    Some(seconds * 1000 + Key::from(time.subsec_nanoseconds() / 1_000_000))
}

/// Returns the time of the millisecond that begins at a key; `None` if none begins there or the protocol cannot express
/// it.
fn border(key: Key) -> Option<Timestamp> {
    let milliseconds = i64::try_from(key >> BELOW_MILLISECONDS).ok()?;
    if !key.is_multiple_of(MILLISECOND) {
        return None;
    }
    Timestamp::from_unix(milliseconds / 1000, (milliseconds % 1000) as u32 * 1_000_000).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::IntoTemporalExtent;

    fn frame(extent: impl IntoTemporalExtent) -> Frame {
        Frame::new(extent.into_temporal_extent().expect("an extent"), None)
    }

    fn requested(frame: &Frame, start: Start, end: End) -> (String, Option<Uuid>) {
        let (extent, after) = frame.request(&Range { start, end });
        let extent = match extent {
            TemporalExtent::Time(interval) => interval.to_string(),
            TemporalExtent::Ids(ids) => format!("{:x}..{:x}", ids.start().as_u128(), ids.end().as_u128()),
        };
        (extent, after)
    }

    const SECOND: Key = 1000 * MILLISECOND;

    #[test]
    fn the_whole_query_is_requested_with_its_extent() {
        let interval = TimeInterval::parse("1960-01-01", "2025-01-01T00:00:00.0005Z").expect("an interval");
        for interval in [interval, interval.with_start_exclusive(true), interval.with_end_inclusive(true)] {
            let (extent, after) = Frame::new(TemporalExtent::Time(interval), None).request(&Range::ALL);
            let sent = interval.with_end_inclusive(true);
            assert_eq!((extent, after), (TemporalExtent::Time(sent), None), "the end lies inside a millisecond");
        }
        let ids = IdInterval::new(Uuid::from_u128(5), Uuid::from_u128(9)).with_start_exclusive(true);
        let (extent, _) = Frame::new(TemporalExtent::Ids(ids), None).request(&Range::ALL);
        assert_eq!(extent, TemporalExtent::Ids(ids));
    }

    #[test]
    fn whole_milliseconds_are_requested_as_time() {
        let frame = frame(("1970-01-01", "1970-01-02"));
        let (start, end) = (Start::At(SECOND), End::Before(2 * SECOND));
        assert_eq!(requested(&frame, start, end).0, "[1970-01-01T00:00:01Z, 1970-01-01T00:00:02Z)");
        assert_eq!(requested(&frame, start, End::Query).0, "[1970-01-01T00:00:01Z, 1970-01-02T00:00:00Z)");
        let cursor = Uuid::from_u128(SECOND + 7);
        let part = requested(&frame, Start::After(cursor), End::Before(2 * SECOND));
        assert_eq!(part, ("[1970-01-01T00:00:00Z, 1970-01-01T00:00:02Z)".to_owned(), Some(cursor)));
    }

    #[test]
    fn places_within_a_millisecond_are_requested_as_ids() {
        let frame = frame(("1970-01-01", "1970-01-02"));
        assert_eq!(
            requested(&frame, Start::At(SECOND), End::Before(SECOND + 9)).0,
            format!("{SECOND:x}..{:x}", SECOND + 9)
        );
        assert_eq!(
            requested(&frame, Start::At(SECOND + 9), End::Query).0,
            format!("{:x}..{:x}", SECOND + 9, 86_400 * SECOND)
        );
    }

    #[test]
    fn parts_of_an_interval_of_ids_are_intervals_of_ids() {
        let frame = frame(Uuid::from_u128(5)..=Uuid::from_u128(900));
        assert_eq!(requested(&frame, Start::At(7), End::Before(20)).0, "7..14");
        assert_eq!(requested(&frame, Start::At(7), End::Query).0, "7..385");
        assert_eq!(
            requested(&frame, Start::After(Uuid::from_u128(30)), End::Query),
            ("5..384".to_owned(), Some(Uuid::from_u128(30)))
        );
    }

    #[test]
    fn the_time_before_1970_is_a_range_after_the_first_page() {
        let frame = frame(("1960-01-01", "1980-01-01"));
        let cursor = Uuid::from_u128(SECOND);
        assert_eq!(
            requested(&frame, Start::After(cursor), End::Query),
            ("[1960-01-01T00:00:00Z, 1980-01-01T00:00:00Z)".to_owned(), Some(cursor))
        );
        assert_eq!(
            requested(&frame, Start::After(cursor), frame.last_border()),
            ("[1970-01-01T00:00:00Z, 1980-01-01T00:00:00Z)".to_owned(), Some(cursor))
        );
        assert_eq!(
            requested(&frame, Start::After(cursor), End::Epoch),
            ("[1960-01-01T00:00:00Z, 1970-01-01T00:00:00Z)".to_owned(), Some(cursor))
        );
    }

    #[test]
    fn a_query_holds_an_id_if_it_holds_its_millisecond() {
        let at = |milliseconds: Key| Uuid::from_u128(milliseconds * MILLISECOND + 12345);
        let interval = TimeInterval::parse("1970-01-01T00:00:01Z", "1970-01-01T00:00:02Z").expect("an interval");
        let held = |interval: TimeInterval| {
            let frame = Frame::new(TemporalExtent::Time(interval), None);
            [999, 1000, 1001, 1999, 2000, 2001].map(|milliseconds| frame.holds(at(milliseconds)))
        };
        assert_eq!(held(interval), [false, true, true, true, false, false]);
        assert_eq!(held(interval.with_start_exclusive(true)), [false, false, true, true, false, false]);
        assert_eq!(held(interval.with_end_inclusive(true)), [false, true, true, true, true, false]);
        let all = Frame::new(TemporalExtent::Time(TimeInterval::new(Timestamp::MIN, Timestamp::MAX)), None);
        assert!(all.holds(at(1)) && !all.holds(at(0)), "ids before 1970 may begin with 0");
    }
}
