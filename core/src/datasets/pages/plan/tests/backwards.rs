//! Loads from the end.

use super::*;

/// The settings of a load from the end.
#[derive(Clone, Default)]
pub(super) struct Knowledge {
    pub(super) capacity: Option<usize>,
    pub(super) available: Option<TimeInterval>,
    pub(super) count: Option<u64>,
}

impl Knowledge {
    /// Knows everything about a server that returns every datapoint.
    fn of(server: &Server) -> Self {
        let times = server.datapoints.iter().map(|(time, _)| time);
        let time = |milliseconds: Option<&i64>| {
            let milliseconds = milliseconds.copied().unwrap_or(0);
            Timestamp::from_unix(milliseconds.div_euclid(1000), milliseconds.rem_euclid(1000) as u32 * 1_000_000)
                .expect("a time")
        };
        let available = TimeInterval::new(time(times.clone().min()), time(times.max())).with_end_inclusive(true);
        Self { capacity: None, available: Some(available), count: Some(server.datapoints.len() as u64) }
    }

    /// Knows anything, true or not.
    fn any(random: &mut fastrand::Rng) -> Self {
        let mut time = || Timestamp::from_unix(random.i64(0..2_000_000_000), 0).expect("a time");
        let available = TimeInterval::new(time(), time());
        Self {
            capacity: random.bool().then(|| random.usize(1..20)),
            available: random.bool().then_some(available),
            count: random.bool().then(|| random.u64(0..1000)),
        }
    }

    pub(super) fn plan(&self, extent: TemporalExtent, position: &Position, in_order: bool) -> Plan {
        let contents = self.count.zip(self.available.and_then(Frame::ids_in));
        let frame = Frame::new(extent, self.available);
        Plan::newest_first(frame, position.open(), in_order, self.capacity, contents)
    }
}

/// Returns the ids of a query, the latest first: those of the first millisecond of 1970 and before it in the order of the
/// server.
fn newest_first(server: &Server, extent: TemporalExtent) -> Vec<Key> {
    let points = server.datapoints.iter().filter(|point| Server::matches(extent, **point));
    let is_late = |time: i64| matches!(extent, TemporalExtent::Ids(_)) || time > 0;
    let (late, early): (Vec<Datapoint>, Vec<Datapoint>) = points.partition(|(time, _)| is_late(*time));
    let (first, before): (Vec<_>, Vec<_>) = early.into_iter().partition(|(time, _)| *time == 0);
    late.into_iter().rev().chain(first).chain(before).map(|(_, id)| id).collect()
}

/// Loads up to `limit` datapoints. Returns the load after `pages` pages.
pub(super) fn take(
    server: &Server,
    mut plan: Plan,
    share: usize,
    limit: Option<usize>,
    pages: usize,
    mut latency: impl FnMut() -> u64,
) -> Load {
    let mut running: BTreeSet<(u64, PartId)> = BTreeSet::new();
    let mut sent = std::collections::HashMap::new();
    let (mut ids, mut requests, mut now, mut given) = (Vec::new(), 0, 0, 0);
    'load: loop {
        let remaining = limit.map(|limit: usize| (limit - ids.len()) as u64);
        let is_enough =
            |plan: &Plan| remaining.is_some_and(|remaining| plan.backlog().datapoints + plan.expected() >= remaining);
        while running.len() < share && (plan.first_waits() || !is_enough(&plan)) {
            let Some(request) = plan.begin(share, remaining) else { break };
            requests += 1;
            assert!(requests < 100_000, "the load ends");
            running.insert((now + latency(), request.part));
            sent.insert(request.part, request);
        }
        let Some((time, part)) = running.pop_first() else { break };
        now = time;
        for unneeded in plan.update(part, server.respond(&sent[&part])) {
            running.retain(|(_, running)| *running != unneeded);
        }
        while let Some(page) = plan.deliver(limit.map(|limit| limit - ids.len())) {
            ids.extend(keys(&page));
            given += 1;
            if given == pages || limit == Some(ids.len()) {
                break 'load;
            }
        }
    }
    let position = Position::new(ids.len() as u64, plan.open());
    Load { ids, requests, rounds: now, position }
}

fn is_before_1970(extent: TemporalExtent) -> bool {
    Frame::new(extent, None).is_before_epoch()
}

/// Returns whether the load has datapoints of which the latest are unknown.
fn has_unknown_order(server: &Server, extent: TemporalExtent) -> bool {
    matches!(extent, TemporalExtent::Time(_))
        && server.datapoints.iter().any(|point| point.0 <= 0 && Server::matches(extent, *point))
}

#[test]
fn a_load_from_the_end_is_the_reverse_of_one_from_the_start() {
    for_every_seed(|random| {
        let (server, extent) = any(random);
        if is_before_1970(extent) {
            return;
        }
        let in_order = random.bool();
        let plan = Knowledge::any(random).plan(extent, &Position::start(), in_order);
        let load = take(&server, plan, random.usize(1..12), None, usize::MAX, || random.u64(1..20));
        let (mut found, mut expected) = (load.ids, newest_first(&server, extent));
        if !in_order {
            found.sort_unstable();
            expected.sort_unstable();
        }
        assert!(found == expected, "{} of {}; {extent:?}", found.len(), expected.len());
    });
}

#[test]
fn a_limit_selects_the_latest_datapoints() {
    for_every_seed(|random| {
        let (server, extent) = any(random);
        if is_before_1970(extent) || has_unknown_order(&server, extent) {
            return;
        }
        let limit = random.usize(1..60);
        let plan = Knowledge::any(random).plan(extent, &Position::start(), true);
        let load = take(&server, plan, random.usize(1..12), Some(limit), usize::MAX, || random.u64(1..20));
        let expected = newest_first(&server, extent);
        assert_eq!(load.ids, expected[..limit.min(expected.len())]);
    });
}

#[test]
fn a_load_from_the_end_resumes_with_exactly_the_rest() {
    for_every_seed(|random| {
        let (server, extent) = any(random);
        if is_before_1970(extent) {
            return;
        }
        let in_order = random.bool();
        let limit = (!has_unknown_order(&server, extent) && random.bool()).then(|| random.usize(1..40));
        let plan = Knowledge::any(random).plan(extent, &Position::start(), in_order || limit.is_some());
        let pages = random.usize(1..8);
        let load = take(&server, plan, random.usize(1..12), limit, pages, || random.u64(1..20));
        let position: Position = load.position.to_string().parse().expect("a position");
        // Either direction continues the other.
        let rest = if random.bool() {
            let plan = Knowledge::any(random).plan(extent, &position, in_order);
            take(&server, plan, random.usize(1..12), None, usize::MAX, || random.u64(1..20))
        } else {
            let plan = Plan::new(Frame::new(extent, None), position.open(), in_order);
            run(&server, plan, random.usize(1..12), usize::MAX, || random.u64(1..20))
        };
        let (mut found, mut expected) = (load.ids.clone(), server.all(extent));
        found.extend(&rest.ids);
        found.sort_unstable();
        expected.sort_unstable();
        let before = load.ids.len();
        assert!(found == expected, "{before} and {} of {}; {position}; {extent:?}", rest.ids.len(), expected.len());
    });
}

#[test]
fn a_load_from_the_start_continues_from_the_end() {
    for_every_seed(|random| {
        let (server, extent) = any(random);
        if is_before_1970(extent) {
            return;
        }
        let plan = Plan::new(Frame::new(extent, None), Position::start().open(), random.bool());
        let load = run(&server, plan, random.usize(1..12), random.usize(1..8), || random.u64(1..20));
        let plan = Knowledge::any(random).plan(extent, &load.position, random.bool());
        let rest = take(&server, plan, random.usize(1..12), None, usize::MAX, || random.u64(1..20));
        let (mut found, mut expected) = ([load.ids, rest.ids].concat(), server.all(extent));
        found.sort_unstable();
        expected.sort_unstable();
        assert!(found == expected, "{} of {}; {}; {extent:?}", found.len(), expected.len(), load.position);
    });
}

/// Returns the number of requests for the latest ten datapoints.
fn requests_for_ten(server: &Server, knowledge: &Knowledge) -> usize {
    let plan = knowledge.plan(ten_years(), &Position::start(), true);
    let load = take(server, plan, 32, Some(10), usize::MAX, || 1);
    assert_eq!(load.ids, newest_first(server, ten_years())[..10]);
    load.requests
}

#[test]
fn the_latest_ten_of_a_million_take_a_few_requests() {
    const DAY: i64 = 86_400_000;
    let million = |time: &mut dyn FnMut(usize, &mut fastrand::Rng) -> i64| server(1_000_000, 5000, time);
    let even = million(&mut |_, random| random.i64(YEARS));
    assert_eq!(requests_for_ten(&even, &Knowledge::of(&even)), 1);
    // The handle of the collection is a year old, or the server does not tell.
    let outdated = TimeInterval::parse("2015-01-01", "2024-01-01").ok();
    let outdated = Knowledge { available: outdated, count: Some(900_000), capacity: None };
    let counts = [
        ("outdated", requests_for_ten(&even, &outdated)),
        ("unknown", requests_for_ten(&even, &Knowledge::default())),
        ("one second", {
            let server = million(&mut |_, random| YEARS.start + DAY + random.i64(0..1000));
            requests_for_ten(&server, &Knowledge::of(&server))
        }),
        ("ever denser", {
            let server = million(&mut |_, random| {
                YEARS.start + ((YEARS.end - YEARS.start) as f64 * random.f64().powf(0.1)) as i64
            });
            requests_for_ten(&server, &Knowledge::of(&server))
        }),
        ("ever sparser", {
            let server = million(&mut |_, random| {
                YEARS.start + ((YEARS.end - YEARS.start) as f64 * random.f64().powi(12)) as i64
            });
            requests_for_ten(&server, &Knowledge::of(&server))
        }),
        ("one datapoint years later", {
            let server = million(&mut |number, random| {
                if number == 0 { YEARS.end - 1 } else { YEARS.start + random.i64(0..DAY) }
            });
            requests_for_ten(&server, &Knowledge::of(&server))
        }),
        // A filter matches one of ten thousand datapoints.
        ("a rare match", {
            let matching = server(100, 5000, |_, random| random.i64(YEARS));
            requests_for_ten(&matching, &Knowledge { count: Some(1_000_000), ..Knowledge::of(&even) })
        }),
    ];
    println!("{counts:?}");
    for (name, requests) in counts {
        // A gap of ten years is searched by halves.
        assert!(requests <= if name == "one datapoint years later" { 60 } else { 16 }, "{name}: {requests} requests");
    }
}

#[test]
fn a_whole_load_from_the_end_is_concurrent() {
    for (name, server) in [
        ("even", server(50_000, 100, |_, random| random.i64(YEARS))),
        ("one second", server(50_000, 100, |_, random| YEARS.start + random.i64(0..1000))),
        ("one millisecond", server(50_000, 100, |_, _| YEARS.start + 86_400_000)),
        ("one dense day", {
            let day = |number: usize, random: &mut fastrand::Rng| {
                if number.is_multiple_of(10) { random.i64(YEARS) } else { YEARS.start + random.i64(0..86_400_000) }
            };
            server(50_000, 100, day)
        }),
    ] {
        for knowledge in [Knowledge::of(&server), Knowledge { capacity: Some(100), ..Knowledge::of(&server) }] {
            let plan = knowledge.plan(ten_years(), &Position::start(), true);
            let load = take(&server, plan, 32, None, usize::MAX, || 1);
            assert!(load.ids == newest_first(&server, ten_years()));
            println!("{name}, {:?}: {} rounds, {} requests", knowledge.capacity, load.rounds, load.requests);
            // 500 pages over 32 connections are 16 rounds at least.
            assert!(load.rounds <= 80 && load.requests <= 1600, "{name}: {} in {}", load.requests, load.rounds);
        }
    }
}
