//! Datapoints in every kind of distribution, and the part of them that a request selects.

use bytes::Bytes;
use prost::Message as _;
use prost_types::Timestamp;
use tilebox_core::datasets::Contents;
use tilebox_core::protocol::wire::datasets::v1::{QueryRequest, QueryResultPage, RepeatedAny, TemporalDatapoint};
use tilebox_core::protocol::wire::tilebox::v1::{Id, Pagination};
use tilebox_core::schema::TimeInterval;
use uuid::Uuid;

use crate::reflection::DATAPOINT;

/// The time of the first datapoints, in milliseconds since 1970.
pub const START: i64 = 1_700_000_000_000;

/// The datapoints of a server, sorted by id, and the rules that split them into pages.
#[derive(Debug)]
pub struct Catalogue {
    points: Vec<Point>,
    /// Whether each id begins with the time. Ids of times before 1970 cannot.
    usual: bool,
    /// The default page size, and the largest one.
    pub page_size: usize,
    /// The number of datapoints that the server scans for one page. With a filter, pages can be short or empty.
    scan: usize,
    /// One of this number of datapoints passes the filter.
    passes: u64,
}

/// A datapoint with its id and its time in milliseconds since 1970.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Point {
    id: u128,
    time: i64,
}

impl Catalogue {
    /// Returns up to `most` datapoints in one of many distributions, some of them around 1970.
    #[must_use]
    pub fn new(random: &mut fastrand::Rng, most: usize) -> Self {
        let count = random.usize(0..=most);
        let span = [1, 50, 5_000, 3_600_000, 10 * 365 * 86_400_000][random.usize(0..5)];
        let crosses_epoch = random.u8(0..6) == 0;
        let start = if crosses_epoch { -random.i64(0..=span) } else { START };
        // The order of ids with times before 1970 is unspecified.
        let stand_last = random.bool();
        let dense = start + random.i64(0..span);
        let kind = random.u8(0..6);
        let mut points: Vec<_> = (0..count)
            .map(|number| {
                let anywhere = start + random.i64(0..span);
                let time = match kind {
                    0 => anywhere,
                    1 => dense,
                    2 => dense + number as i64 / 10,
                    3 if number % 10 > 0 => dense + random.i64(0..=span / 1000),
                    4 => start + (span as f64 * random.f64().powi(6)) as i64,
                    5 => start + (number % 7) as i64 * span / 7 + random.i64(0..=span / 5000),
                    _ => anywhere,
                };
                let high = if stand_last { time & 0xffff_ffff_ffff } else { time.max(0) };
                Point { id: (high as u128) << 80 | random.u128(..) >> 48, time }
            })
            .collect();
        points.sort_unstable();
        points.dedup_by_key(|point| point.id);
        let page_size = random.usize(1..40);
        let filtered = random.u8(0..4) == 0;
        Self {
            usual: points.iter().all(|point| point.time > 0),
            points,
            page_size,
            scan: if filtered { page_size * random.usize(1..4) } else { usize::MAX },
            passes: if filtered { random.u64(1..20) } else { 1 },
        }
    }

    fn passes(&self, id: u128) -> bool {
        (id as u64).is_multiple_of(self.passes)
    }

    /// Returns a random id for a request.
    pub fn any(&self, random: &mut fastrand::Rng) -> Uuid {
        Uuid::from_u128(random.choice(&self.points).map_or(u128::from(START as u64) << 80, |point| point.id))
    }

    /// Returns the time of a random datapoint, in milliseconds since 1970.
    pub fn any_time(&self, random: &mut fastrand::Rng) -> i64 {
        random.choice(&self.points).map_or(START, |point| point.time)
    }

    /// Returns the contents that a client knows: the current ones, or outdated ones.
    ///
    /// # Panics
    ///
    /// Never panics, because every time is valid.
    pub fn contents(&self, random: &mut fastrand::Rng) -> Contents {
        let time = |milliseconds: i64| {
            let nanoseconds = milliseconds.rem_euclid(1000) as u32 * 1_000_000;
            tilebox_core::Timestamp::from_unix(milliseconds.div_euclid(1000), nanoseconds).expect("a time")
        };
        let mut contents = Contents::default();
        let (mut from, mut until) = (0, self.points.len());
        if random.bool() {
            until = random.usize(0..=until);
            from = random.usize(0..=until);
        }
        let times = self.points[from..until].iter().map(|point| point.time);
        if let (Some(first), Some(last)) = (times.clone().min(), times.max()) {
            contents.availability = Some(TimeInterval::new(time(first), time(last)).with_end_inclusive(true));
            contents.count = random.bool().then_some((until - from) as u64);
        }
        contents
    }

    /// Returns all datapoints that a request selects, on any page.
    pub fn all(&self, request: &QueryRequest) -> Vec<u128> {
        let asked = Asked::new(request);
        let wanted = self.points.iter().filter(|point| asked.holds(**point) && self.passes(point.id));
        wanted.map(|point| point.id).collect()
    }

    /// Returns all datapoints that a request selects, the latest first. Those of the first millisecond of 1970, and then those
    /// before it, are in the order of the server; their number is the second result.
    pub fn newest_first(&self, request: &QueryRequest) -> (Vec<u128>, usize) {
        let asked = Asked::new(request);
        let wanted = self.points.iter().filter(|point| asked.holds(**point) && self.passes(point.id));
        let is_late = |point: &&Point| matches!(asked, Asked::Ids(_)) || point.time > 0;
        let (late, early): (Vec<&Point>, Vec<&Point>) = wanted.partition(is_late);
        let (first, before): (Vec<_>, Vec<_>) = early.into_iter().partition(|point| point.time == 0);
        let unordered = first.len() + before.len();
        (late.into_iter().rev().chain(first).chain(before).map(|point| point.id).collect(), unordered)
    }

    /// Returns the page that a request selects.
    pub fn page(&self, request: &QueryRequest) -> QueryResultPage {
        let page = request.page.clone().unwrap_or_default();
        let asked = Asked::new(request);
        let limit = page.limit.map_or(self.page_size, |limit| limit as usize).min(self.page_size);
        let first = match page.starting_after.as_ref() {
            Some(after) => self.points.partition_point(|point| point.id <= key(after)),
            None => 0,
        };
        let first =
            if self.usual { first.max(self.points.partition_point(|point| point.id < asked.first())) } else { first };
        let (mut found, mut seen, mut more) = (Vec::new(), None, false);
        for (looked_at, point) in self.points[first..].iter().filter(|point| asked.holds(**point)).enumerate() {
            if looked_at == self.scan || found.len() == limit {
                more = true;
                break;
            }
            seen = Some(point.id);
            if self.passes(point.id) {
                found.push(datapoint(*point));
            }
        }
        let next_page =
            seen.filter(|_| more).map(|id| Pagination { limit: page.limit, starting_after: Some(wire(id)) });
        QueryResultPage { data: Some(RepeatedAny { type_url: DATAPOINT.to_owned(), value: found }), next_page }
    }
}

/// The interval of a request.
enum Asked {
    /// Milliseconds since 1970.
    Time(std::ops::Range<i64>),
    Ids(std::ops::Range<u128>),
}

impl Asked {
    fn new(request: &QueryRequest) -> Self {
        let filters = request.filters.as_ref().expect("filters");
        match (&filters.time_interval, &filters.datapoint_interval) {
            (Some(interval), None) => {
                let time = |time: &Option<Timestamp>| {
                    let time = time.as_ref().expect("a time");
                    time.seconds * 1000 + i64::from(time.nanos / 1_000_000)
                };
                let start = time(&interval.start_time) + i64::from(interval.start_exclusive);
                Self::Time(start..time(&interval.end_time) + i64::from(interval.end_inclusive))
            }
            (None, Some(interval)) => {
                let start = key(interval.start_id.as_ref().expect("an id")) + u128::from(interval.start_exclusive);
                Self::Ids(start..key(interval.end_id.as_ref().expect("an id")) + u128::from(interval.end_inclusive))
            }
            _ => panic!("a request has exactly one interval"),
        }
    }

    fn holds(&self, point: Point) -> bool {
        match self {
            Self::Time(times) => times.contains(&point.time),
            Self::Ids(ids) => ids.contains(&point.id),
        }
    }

    /// Returns the first id, when ids begin with the time.
    fn first(&self) -> u128 {
        match self {
            Self::Time(times) => u128::try_from(times.start).unwrap_or(0) << 80,
            Self::Ids(ids) => ids.start,
        }
    }
}

fn key(id: &Id) -> u128 {
    Uuid::from_slice(&id.uuid).expect("an id").as_u128()
}

fn wire(id: u128) -> Id {
    Id { uuid: id.to_be_bytes().to_vec().into() }
}

fn datapoint(Point { id, time }: Point) -> Bytes {
    let nanos = time.rem_euclid(1000) as i32 * 1_000_000;
    TemporalDatapoint {
        time: Some(Timestamp { seconds: time.div_euclid(1000), nanos }),
        id: Some(wire(id)),
        ..TemporalDatapoint::default()
    }
    .encode_to_vec()
    .into()
}
