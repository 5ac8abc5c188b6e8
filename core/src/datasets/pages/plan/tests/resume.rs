//! Loads that fail, reach a limit or are interrupted, and resume from any of their positions.

use super::*;

/// The ids that a load had delivered at some moment, and its position then.
type Moment = (Vec<Key>, Position);

/// The settings of a load.
struct Course {
    share: usize,
    /// Probability that a request fails for good.
    failing: f64,
    limit: Option<usize>,
    /// Number of datapoints that earlier loads delivered.
    before: u64,
}

/// Loads until the end or a failure. Returns the moments of the load: at the start, after each page, after a failure,
/// and at the end.
fn load(server: &Server, mut plan: Plan, course: &Course, random: &mut fastrand::Rng) -> Vec<Moment> {
    let mut running: Vec<Request> = Vec::new();
    let mut ids: Vec<Key> = Vec::new();
    let mut moments = Vec::new();
    let mut requests = 0;
    loop {
        moments.push((ids.clone(), Position::new(course.before + ids.len() as u64, plan.open())));
        while running.len() < course.share {
            let Some(request) = plan.begin(course.share, None) else { break };
            requests += 1;
            assert!(requests < 100_000, "the load ends");
            running.push(request);
        }
        if running.is_empty() {
            break;
        }
        let request = running.swap_remove(random.usize(0..running.len()));
        let unneeded = if random.f64() < course.failing {
            plan.failed(request.part)
        } else {
            plan.update(request.part, server.respond(&request))
        };
        running.retain(|request| !unneeded.contains(&request.part));
        while let Some(page) = plan.deliver(course.limit.map(|limit| limit - ids.len())) {
            ids.extend(keys(&page));
            moments.push((ids.clone(), Position::new(course.before + ids.len() as u64, plan.open())));
            if course.limit == Some(ids.len()) {
                running.clear();
                break;
            }
        }
    }
    assert!(plan.is_done());
    moments.push((ids.clone(), Position::new(course.before + ids.len() as u64, plan.open())));
    moments
}

fn resumed(position: &Position, extent: TemporalExtent, in_order: bool) -> Plan {
    let position: Position = position.to_string().parse().expect("a position");
    Plan::new(Frame::new(extent, None), position.open(), in_order)
}

/// Resumes a load without faults, and returns it.
fn rest(server: &Server, position: &Position, extent: TemporalExtent, in_order: bool, share: usize) -> Load {
    run(server, resumed(position, extent, in_order), share, usize::MAX, || 1)
}

#[test]
fn a_failed_load_resumes_from_any_moment_with_exactly_the_rest() {
    for_every_seed(|random| {
        let (server, extent) = any(random);
        let in_order = random.bool();
        let all = server.all(extent);
        let (mut given, mut position): Moment = (Vec::new(), Position::start());
        for _ in 0..random.usize(1..4) {
            let mut plan = resumed(&position, extent, in_order);
            if given.is_empty() && position == Position::start() && random.bool() && !plan.frame.crosses_epoch() {
                plan.assume_density(
                    random.u64(0..1000),
                    (random.u128(..) >> random.u32(0..128)) as f64,
                    random.usize(1..20),
                );
            }
            let course = Course {
                share: random.usize(1..12),
                failing: [0.0, 0.1, 0.5][random.usize(0..3)],
                limit: (in_order && random.u8(0..3) == 0).then(|| random.usize(1..40)),
                before: given.len() as u64,
            };
            let moments = load(&server, plan, &course, random);
            for _ in 0..2 {
                let (ids, position) = &moments[random.usize(0..moments.len())];
                assert_eq!(position.delivered(), (given.len() + ids.len()) as u64);
                // A resumed query can have another order.
                let still_in_order = if random.bool() { in_order } else { random.bool() };
                let rest = rest(&server, position, extent, still_in_order, random.usize(1..12)).ids;
                let mut ids: Vec<_> = given.iter().chain(ids).copied().chain(rest).collect();
                if !(in_order && still_in_order) {
                    ids.sort_unstable();
                }
                assert!(ids == all, "{} of {} after {position}; {extent:?}", ids.len(), all.len());
            }
            let (ids, next) = moments[random.usize(0..moments.len())].clone();
            given.extend(ids);
            position = next;
        }
    });
}

#[test]
fn a_complete_load_resumes_with_added_datapoints() {
    for_every_seed(|random| {
        let (mut server, extent) = any(random);
        if matches!(extent, TemporalExtent::Ids(_)) {
            return;
        }
        let moments = load(
            &server,
            resumed(&Position::start(), extent, random.bool()),
            &Course { share: random.usize(1..12), failing: 0.0, limit: None, before: 0 },
            random,
        );
        let Some((given, position)) = moments.last() else { return };
        let since_1970 = server.datapoints.iter().filter(|point| point.0 >= 0 && Server::matches(extent, **point));
        let last = since_1970.map(|(_, id)| *id).max().unwrap_or(1 << 80);
        let new = ((last >> 80) as i64, last + 1);
        if new.0 == 0 || !Server::matches(extent, new) {
            return;
        }
        server.datapoints.push(new);
        server.datapoints.sort_unstable_by_key(|(_, id)| *id);
        let rest = rest(&server, position, extent, true, random.usize(1..12)).ids;
        assert_eq!(rest, [new.1], "{} before, {position}; {extent:?}", given.len());
    });
}
