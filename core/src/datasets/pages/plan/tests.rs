//! Plans against a model of a server, which splits its datapoints into pages and responds to each request after a
//! delay.

use std::collections::BTreeSet;
use std::sync::Arc;

use arrow_array::{Array as _, ArrayRef, FixedSizeBinaryArray, RecordBatch};

use super::ids::{ids, key};
use super::*;
use crate::datasets::pages::position::Position;
use crate::schema::interval::{IdInterval, TimeInterval};
use crate::schema::timestamp::Timestamp;

mod backwards;
mod requests;
mod resume;

/// A datapoint: its time in milliseconds, and its id.
type Datapoint = (i64, Key);

/// The datapoints in the order of their ids, and the number of datapoints per page.
struct Server {
    datapoints: Vec<Datapoint>,
    capacity: usize,
    /// Whether each id begins with the time.
    usual: bool,
}

/// The order of ids with times before 1970, which is unspecified.
#[derive(Clone, Copy)]
enum BeforeEpoch {
    First,
    Last,
}

fn datapoint(milliseconds: i64, random: &mut fastrand::Rng, before: BeforeEpoch) -> Datapoint {
    let high = match before {
        BeforeEpoch::First => milliseconds.max(0),
        BeforeEpoch::Last => milliseconds & 0xffff_ffff_ffff,
    };
    (milliseconds, (high as Key) << 80 | random.u128(..) >> 48)
}

impl Server {
    fn new(datapoints: impl IntoIterator<Item = Datapoint>, capacity: usize) -> Self {
        let mut datapoints: Vec<_> = datapoints.into_iter().collect();
        datapoints.sort_unstable_by_key(|(_, id)| *id);
        datapoints.dedup_by_key(|(_, id)| *id);
        let usual = datapoints.iter().all(|(time, id)| u128::try_from(*time) == Ok(*id >> 80));
        Self { datapoints, capacity, usual }
    }

    fn matches(extent: TemporalExtent, (time, id): Datapoint) -> bool {
        let cut = |time: Timestamp| time.unix_seconds() * 1000 + i64::from(time.subsec_nanoseconds() / 1_000_000);
        let inside = |from: bool, start_equal: bool, to: bool, end_equal: bool, exclusive: bool, inclusive: bool| {
            from && !(start_equal && exclusive) && (to || (end_equal && inclusive))
        };
        match extent {
            TemporalExtent::Time(interval) => {
                // The interval as sent.
                let interval = interval.in_milliseconds();
                let (start, end) = (cut(interval.start()), cut(interval.end()));
                let (exclusive, inclusive) = (interval.is_start_exclusive(), interval.is_end_inclusive());
                inside(time >= start, time == start, time < end, time == end, exclusive, inclusive)
            }
            TemporalExtent::Ids(interval) => {
                let (start, end) = (interval.start().as_u128(), interval.end().as_u128());
                let (exclusive, inclusive) = (interval.is_start_exclusive(), interval.is_end_inclusive());
                inside(id >= start, id == start, id < end, id == end, exclusive, inclusive)
            }
        }
    }

    fn all(&self, extent: TemporalExtent) -> Vec<Key> {
        let wanted = self.datapoints.iter().filter(|datapoint| Self::matches(extent, **datapoint));
        wanted.map(|(_, id)| *id).collect()
    }

    fn respond(&self, request: &Request) -> Page {
        let after = request.after.map(|id| id.as_u128());
        let lowest = match request.extent {
            TemporalExtent::Time(interval) => (interval.start().unix_seconds().max(0) as Key * 1000) << 80,
            TemporalExtent::Ids(interval) => interval.start().as_u128(),
        };
        let before = |id: Key| (self.usual && id < lowest) || after.is_some_and(|after| id <= after);
        let from = self.datapoints.partition_point(|(_, id)| before(*id));
        let wanted = self.datapoints[from..].iter().filter(|datapoint| Self::matches(request.extent, **datapoint));
        let mut ids: Vec<_> = wanted.map(|(_, id)| *id).take(self.capacity + 1).collect();
        let more = ids.len() > self.capacity;
        ids.truncate(self.capacity);
        page(&ids, more.then(|| Uuid::from_u128(ids[ids.len() - 1])))
    }
}

fn page(ids: &[Key], next: Option<Uuid>) -> Page {
    let ids = ids.iter().map(|id| id.to_be_bytes().to_vec());
    let ids = FixedSizeBinaryArray::try_from_iter(ids).unwrap_or_else(|_| FixedSizeBinaryArray::new_null(16, 0));
    let batch = RecordBatch::try_from_iter([("id", Arc::new(ids) as ArrayRef)]).expect("a batch");
    Page {
        datapoint_bytes: batch.num_rows(),
        held_bytes: batch.num_rows(),
        batch,
        nulled: Vec::new(),
        responded_at: None,
        next,
        echoed_limit: None,
    }
}

fn keys(page: &Page) -> Vec<Key> {
    let ids = ids(page).expect("ids");
    (0..ids.len()).filter_map(|row| key(ids, row)).collect()
}

/// The result of a load.
#[derive(Debug)]
struct Load {
    ids: Vec<Key>,
    requests: usize,
    /// Number of round trips, if the latency is always 1.
    rounds: u64,
    position: Position,
}

/// Loads with up to `share` requests in flight, each of which takes `latency()`. Ends early after `pages` pages.
fn run(server: &Server, mut plan: Plan, share: usize, pages: usize, mut latency: impl FnMut() -> u64) -> Load {
    let mut running: BTreeSet<(u64, PartId)> = BTreeSet::new();
    let mut responses = std::collections::HashMap::new();
    let (mut ids, mut requests, mut now, mut given) = (Vec::new(), 0, 0, 0);
    'load: loop {
        while running.len() < share {
            let Some(request) = plan.begin(share, None) else { break };
            requests += 1;
            assert!(requests < 100_000, "the load ends");
            running.insert((now + latency(), request.part));
            responses.insert(request.part, request);
        }
        let Some((time, part)) = running.pop_first() else { break };
        now = time;
        for unneeded in plan.update(part, server.respond(&responses[&part])) {
            running.retain(|(_, running)| *running != unneeded);
        }
        while let Some(page) = plan.deliver(None) {
            ids.extend(keys(&page));
            given += 1;
            if given == pages {
                break 'load;
            }
        }
    }
    assert!(given == pages || plan.is_done());
    let position = Position::new(ids.len() as u64, plan.open());
    Load { ids, requests, rounds: now, position }
}

fn all_of(server: &Server, extent: TemporalExtent, share: usize) -> Load {
    let plan = Plan::new(Frame::new(extent, None), Position::start().open(), true);
    let load = run(server, plan, share, usize::MAX, || 1);
    assert!(load.ids == server.all(extent), "{} of {}; {extent:?}", load.ids.len(), server.all(extent).len());
    load
}

fn ten_years() -> TemporalExtent {
    TemporalExtent::Time(TimeInterval::parse("2015-01-01", "2025-01-01").expect("an interval"))
}

const YEARS: std::ops::Range<i64> = 1_420_070_400_000..1_735_689_600_000;

fn server(count: usize, capacity: usize, mut time: impl FnMut(usize, &mut fastrand::Rng) -> i64) -> Server {
    let mut random = fastrand::Rng::with_seed(7);
    let datapoints: Vec<_> = (0..count)
        .map(|number| {
            let time = time(number, &mut random);
            datapoint(time, &mut random, BeforeEpoch::First)
        })
        .collect();
    Server::new(datapoints, capacity)
}

#[test]
fn datapoints_of_one_page_take_one_request() {
    for count in [0, 1, 99, 100] {
        let server = server(count, 100, |_, random| random.i64(YEARS));
        assert_eq!(all_of(&server, ten_years(), 32).requests, 1, "{count} datapoints");
    }
}

/// Loads 50,000 datapoints in 500 pages over 32 connections. Prints and returns the number of rounds and requests.
fn figures(name: &str, time: impl FnMut(usize, &mut fastrand::Rng) -> i64) -> (u64, usize) {
    let server = server(50_000, 100, time);
    let load = all_of(&server, ten_years(), 32);
    println!("{name}: {} rounds, {} requests", load.rounds, load.requests);
    (load.rounds, load.requests)
}

#[test]
fn skewed_data_loads_about_as_fast_as_even_data() {
    const HOUR: i64 = 3_600_000;
    let middle = YEARS.start + (YEARS.end - YEARS.start) / 3;
    let (even, _) = figures("even", |_, random| random.i64(YEARS));
    // 500 pages over 32 connections are 16 rounds at least.
    assert!(even <= 24, "{even} rounds");
    let skewed = [
        figures("all in one hour", |_, random| middle + random.i64(0..HOUR)),
        figures("all in one second", |_, random| middle + random.i64(0..1000)),
        figures("all in one millisecond", |_, _| middle),
        figures(
            "one dense day",
            |number, random| {
                if number % 10 == 0 { random.i64(YEARS) } else { middle + random.i64(0..24 * HOUR) }
            },
        ),
        figures("ever denser", |_, random| {
            YEARS.start + ((YEARS.end - YEARS.start) as f64 * random.f64().powf(0.2)) as i64
        }),
        figures("ever sparser", |_, random| {
            YEARS.start + ((YEARS.end - YEARS.start) as f64 * random.f64().powi(8)) as i64
        }),
        figures("an hour in each year", |number, random| {
            YEARS.start + (number % 10) as i64 * 8766 * HOUR + random.i64(0..HOUR)
        }),
        figures("passes of ten minutes in each hour", |_, random| {
            let time = random.i64(YEARS);
            time - time % HOUR + random.i64(0..HOUR / 6)
        }),
        figures("300 datapoints in each of a few milliseconds", |number, _| middle + (number / 300) as i64 * 600_000),
        figures("ten datapoints in each second that has any", |number, _| middle + (number / 10) as i64 * 1000),
    ];
    for (rounds, requests) in skewed {
        assert!(2 * rounds <= 7 * 16, "{rounds} rounds");
        assert!(requests <= 1600, "{requests} requests");
    }
}

#[test]
fn one_connection_requests_each_page_once() {
    let server = server(5_000, 100, |_, random| random.i64(YEARS));
    let load = all_of(&server, ten_years(), 1);
    assert_eq!((load.requests, load.rounds), (50, 50));
}

#[test]
fn an_empty_tail_is_not_searched_with_every_connection() {
    let server = server(5_000, 100, |_, random| random.i64(YEARS.start..YEARS.start + 86_400_000));
    let load = all_of(&server, ten_years(), 32);
    assert!(load.requests <= 120 && load.rounds <= 9, "{} in {}", load.requests, load.rounds);
    let available = TimeInterval::parse("2015-01-01", "2015-01-01T23:59:59.999Z").ok();
    let known = Plan::new(Frame::new(ten_years(), available), Position::start().open(), true);
    let known = run(&server, known, 32, usize::MAX, || 1);
    assert!(known.requests < load.requests, "no part is cut after the known end");
    assert_eq!(known.ids, load.ids);
}

#[test]
fn a_known_count_splits_the_first_requests() {
    let server = server(5_000, 100, |_, random| random.i64(YEARS));
    let plan = |known: bool| {
        let available = TimeInterval::parse("2015-01-01", "2024-12-31T23:59:59.999Z").expect("an interval");
        let frame = Frame::new(ten_years(), Some(available));
        let mut plan = Plan::new(frame, Position::start().open(), true);
        if known {
            plan.assume_density(5_000, frame.covers(available).expect("all of it"), 100);
        }
        plan
    };
    let [unknown, known] = [false, true].map(|known| run(&server, plan(known), 80, usize::MAX, || 1));
    assert_eq!(known.ids, unknown.ids);
    assert!(known.rounds < unknown.rounds, "{} and {} rounds", known.rounds, unknown.rounds);
    assert_eq!(
        std::iter::from_fn({
            let mut plan = plan(true);
            move || plan.begin(32, None)
        })
        .take(40)
        .count(),
        40
    );
}

#[test]
fn ids_outside_of_the_assumed_range_restart_the_load() {
    let datapoints = (0..1000).map(|number| (YEARS.start + number, number as Key + 1));
    let server = Server::new(datapoints, 100);
    let mut plan = Plan::new(Frame::new(ten_years(), None), Position::start().open(), true);
    plan.assume_density(1000, (1000 * MILLISECOND) as f64, 100);
    let load = run(&server, plan, 32, usize::MAX, || 1);
    assert_eq!(load.ids, server.all(ten_years()));
}

#[test]
fn a_cursor_outside_of_the_query_makes_the_load_sequential() {
    let datapoints = (0..1000).map(|number| (YEARS.start + number, number as Key + 1));
    let server = Server::new(datapoints, 100);
    let load = all_of(&server, ten_years(), 32);
    assert_eq!((load.requests, load.rounds), (10, 10));
}

/// A query and a server, both random.
fn any(random: &mut fastrand::Rng) -> (Server, TemporalExtent) {
    let before = if random.bool() { BeforeEpoch::First } else { BeforeEpoch::Last };
    let origin = [0, 0, 1_700_000_000_000, -50][random.usize(0..4)];
    let scale = [1, 3, 100, 10_000, 1 << 40][random.usize(0..5)];
    let clusters: Vec<_> = (0..random.usize(1..5)).map(|_| origin + random.i64(0..scale)).collect();
    let datapoints: Vec<_> = (0..random.usize(0..300))
        .map(|_| {
            let cluster = clusters[random.usize(0..clusters.len())];
            let time = if random.bool() { cluster } else { origin + random.i64(0..scale) };
            datapoint(time, random, before)
        })
        .collect();
    let server = Server::new(datapoints, random.usize(1..20));
    let known = |random: &mut fastrand::Rng| {
        let datapoint = random.choice(&server.datapoints).copied();
        datapoint.unwrap_or((origin, 1 << 80))
    };
    let extent = if random.u8(0..4) == 0 {
        let (start, end) = (known(random).1, known(random).1);
        TemporalExtent::Ids(
            IdInterval::new(Uuid::from_u128(start.min(end)), Uuid::from_u128(start.max(end)))
                .with_start_exclusive(random.bool())
                .with_end_inclusive(random.bool()),
        )
    } else {
        let time = |random: &mut fastrand::Rng| {
            let milliseconds = if random.bool() { known(random).0 } else { origin + random.i64(-10..scale + 10) };
            let nanoseconds = milliseconds.rem_euclid(1000) as u32 * 1_000_000 + random.u32(0..2) * 500_000;
            Timestamp::from_unix(milliseconds.div_euclid(1000), nanoseconds).expect("a time")
        };
        let (start, end) = (time(random), time(random));
        let interval = TimeInterval::new(start.min(end), start.max(end));
        TemporalExtent::Time(interval.with_start_exclusive(random.bool()).with_end_inclusive(random.bool()))
    };
    (server, extent)
}

fn for_every_seed(test: impl Fn(&mut fastrand::Rng)) {
    for seed in 0..3_000 {
        let result =
            std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| test(&mut fastrand::Rng::with_seed(seed))));
        if let Err(panic) = result {
            eprintln!("seed {seed}");
            std::panic::resume_unwind(panic);
        }
    }
}

#[test]
fn the_result_equals_sequential_paging_in_any_order() {
    for_every_seed(|random| {
        let (server, extent) = any(random);
        let mut time = || Timestamp::from_unix(random.i64(0..2_000_000_000), 0).expect("a time");
        let available = TimeInterval::new(time(), time());
        let available = random.bool().then_some(available);
        let in_order = random.bool();
        let mut plan = Plan::new(Frame::new(extent, available), Position::start().open(), in_order);
        // The assumed density may be wrong in every way.
        if random.bool() && !plan.frame.crosses_epoch() {
            let ids = random.u128(..) >> random.u32(0..128);
            plan.assume_density(random.u64(0..1000), ids as f64, random.usize(1..20));
        }
        let mut load = run(&server, plan, random.usize(1..12), usize::MAX, || random.u64(1..20));
        if !in_order {
            load.ids.sort_unstable();
        }
        assert!(load.ids == server.all(extent), "{} of {}; {extent:?}", load.ids.len(), server.all(extent).len());
    });
}

#[test]
fn a_resumed_load_returns_the_rest_once() {
    for_every_seed(|random| {
        let (server, extent) = any(random);
        let in_order = random.bool();
        let mut position = Position::start();
        let mut ids: Vec<Key> = Vec::new();
        for _ in 0..400 {
            let plan = Plan::new(Frame::new(extent, None), position.open(), in_order);
            let pages = random.usize(1..10);
            let load = run(&server, plan, random.usize(1..12), pages, || random.u64(1..20));
            position = load.position.to_string().parse().expect("a position");
            ids.extend(&load.ids);
            if load.ids.is_empty() {
                break;
            }
        }
        if !in_order {
            ids.sort_unstable();
        }
        assert!(ids == server.all(extent), "{} of {}; {extent:?}", ids.len(), server.all(extent).len());
    });
}

#[test]
fn a_failed_part_gives_up_all_later_parts() {
    let server = server(2_000, 100, |_, random| random.i64(YEARS));
    let mut plan = Plan::new(Frame::new(ten_years(), None), Position::start().open(), true);
    let first = plan.begin(8, None).expect("a request");
    assert!(plan.update(first.part, server.respond(&first)).is_empty());
    let requests: Vec<_> = std::iter::from_fn(|| plan.begin(8, None)).take(5).collect();
    assert_eq!(plan.failed(requests[2].part), [requests[2].part, requests[3].part, requests[4].part]);
    for request in &requests[..2] {
        plan.update(request.part, server.respond(request));
    }
    // The rest of these parts is still loaded.
    while let Some(request) = plan.begin(8, None) {
        plan.update(request.part, server.respond(&request));
    }
    let given: Vec<_> = std::iter::from_fn(|| plan.deliver(None)).flat_map(|page| keys(&page)).collect();
    assert_eq!(given, server.all(ten_years())[..given.len()]);
    assert!((250..400).contains(&given.len()) && plan.is_done(), "no part after the failure is requested");
}
