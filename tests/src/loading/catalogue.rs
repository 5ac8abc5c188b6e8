//! Datapoints in every kind of distribution, and what of them a request asks for.

use bytes::Bytes;
use prost::Message as _;
use prost_types::Timestamp;
use tilebox_core::datasets::{self, Contents, TimeInterval};
use tilebox_core::wire::datasets::v1::{QueryRequest, QueryResultPage, RepeatedAny, TemporalDatapoint};
use tilebox_core::wire::tilebox::v1::{Id, Pagination};
use uuid::Uuid;

use crate::reflection::DATAPOINT;

/// Where the datapoints lie.
pub const START: i64 = 1_700_000_000_000;

/// The datapoints of a server, in the order of their ids, and how it cuts them into pages.
#[derive(Debug)]
pub struct Catalogue {
    ids: Vec<u128>,
    /// Its own page size, and the largest that it grants.
    pub page_size: usize,
    /// How many datapoints it looks at for one page: a filter may leave a page short, or empty.
    scan: usize,
    /// One of so many datapoints passes the filter.
    passes: u64,
}

impl Catalogue {
    /// Up to `most` datapoints, spread in one of many ways.
    #[must_use]
    pub fn new(random: &mut fastrand::Rng, most: usize) -> Self {
        let count = random.usize(0..=most);
        let span = [1, 50, 5_000, 3_600_000, 10 * 365 * 86_400_000][random.usize(0..5)];
        let dense = START + random.i64(0..span);
        let kind = random.u8(0..6);
        let mut ids: Vec<u128> = (0..count)
            .map(|number| {
                let anywhere = START + random.i64(0..span);
                let time = match kind {
                    0 => anywhere,
                    1 => dense,
                    2 => dense + number as i64 / 10,
                    3 if number % 10 > 0 => dense + random.i64(0..=span / 1000),
                    4 => START + (span as f64 * random.f64().powi(6)) as i64,
                    5 => START + (number % 7) as i64 * span / 7 + random.i64(0..=span / 5000),
                    _ => anywhere,
                };
                (time as u128) << 80 | random.u128(..) >> 48
            })
            .collect();
        ids.sort_unstable();
        ids.dedup();
        let page_size = random.usize(1..40);
        let filtered = random.u8(0..4) == 0;
        Self {
            ids,
            page_size,
            scan: if filtered { page_size * random.usize(1..4) } else { usize::MAX },
            passes: if filtered { random.u64(1..20) } else { 1 },
        }
    }

    fn passes(&self, id: u128) -> bool {
        (id as u64).is_multiple_of(self.passes)
    }

    /// Some id, to ask for.
    pub fn any(&self, random: &mut fastrand::Rng) -> Uuid {
        Uuid::from_u128(random.choice(&self.ids).copied().unwrap_or(u128::from(START as u64) << 80))
    }

    /// What a client may know of it: the truth, or what was true once.
    ///
    /// # Panics
    ///
    /// Never: every id has a time.
    pub fn contents(&self, random: &mut fastrand::Rng) -> Contents {
        let time = |id: u128| {
            let milliseconds = (id >> 80) as i64;
            datasets::Timestamp::from_unix(milliseconds / 1000, (milliseconds % 1000) as u32 * 1_000_000)
                .expect("a time")
        };
        let mut contents = Contents::default();
        let (mut from, mut until) = (0, self.ids.len());
        if random.bool() {
            until = random.usize(0..=until);
            from = random.usize(0..=until);
        }
        if let [first, .., last] = self.ids[from..until] {
            contents.availability = Some(TimeInterval::new(time(first), time(last)).end_inclusive(true));
            contents.count = random.bool().then_some((until - from) as u64);
        }
        contents
    }

    /// Everything that a request asks for, whatever its page.
    pub fn all(&self, request: &QueryRequest) -> Vec<u128> {
        let (from, to) = range(request);
        self.ids.iter().copied().filter(|id| (from..to).contains(id) && self.passes(*id)).collect()
    }

    /// The page that a request asks for.
    pub fn page(&self, request: &QueryRequest) -> QueryResultPage {
        let page = request.page.clone().unwrap_or_default();
        let (mut from, to) = range(request);
        if let Some(after) = page.starting_after.as_ref() {
            from = from.max(key(after) + 1);
        }
        let limit = page.limit.map_or(self.page_size, |limit| limit as usize).min(self.page_size);
        let first = self.ids.partition_point(|id| *id < from);
        let end = self.ids.partition_point(|id| *id < to).max(first);
        let (mut found, mut seen, mut more) = (Vec::new(), None, false);
        for (looked_at, id) in self.ids[first..end].iter().copied().enumerate() {
            if looked_at == self.scan || found.len() == limit {
                more = true;
                break;
            }
            seen = Some(id);
            if self.passes(id) {
                found.push(datapoint(id));
            }
        }
        let next_page =
            seen.filter(|_| more).map(|id| Pagination { limit: page.limit, starting_after: Some(wire(id)) });
        QueryResultPage { data: Some(RepeatedAny { type_url: DATAPOINT.to_owned(), value: found }), next_page }
    }
}

/// The ids that the interval of a request spans.
fn range(request: &QueryRequest) -> (u128, u128) {
    let filters = request.filters.as_ref().expect("filters");
    match (&filters.time_interval, &filters.datapoint_interval) {
        (Some(interval), None) => {
            let time = |time: &Option<Timestamp>| {
                let time = time.as_ref().expect("a time");
                u128::try_from(time.seconds * 1000 + i64::from(time.nanos / 1_000_000)).unwrap_or(0)
            };
            let start = time(&interval.start_time) + u128::from(interval.start_exclusive);
            (start << 80, (time(&interval.end_time) + u128::from(interval.end_inclusive)) << 80)
        }
        (None, Some(interval)) => {
            let start = key(interval.start_id.as_ref().expect("an id")) + u128::from(interval.start_exclusive);
            (start, key(interval.end_id.as_ref().expect("an id")) + u128::from(interval.end_inclusive))
        }
        _ => panic!("a request has exactly one interval"),
    }
}

fn key(id: &Id) -> u128 {
    Uuid::from_slice(&id.uuid).expect("an id").as_u128()
}

fn wire(id: u128) -> Id {
    Id { uuid: id.to_be_bytes().to_vec().into() }
}

fn datapoint(id: u128) -> Bytes {
    let milliseconds = (id >> 80) as i64;
    let nanos = (milliseconds % 1000) as i32 * 1_000_000;
    TemporalDatapoint {
        time: Some(Timestamp { seconds: milliseconds / 1000, nanos }),
        id: Some(wire(id)),
        ..TemporalDatapoint::default()
    }
    .encode_to_vec()
    .into()
}
