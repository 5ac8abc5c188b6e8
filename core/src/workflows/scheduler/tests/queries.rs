//! Queries of jobs.

use uuid::Uuid;

use super::support::{World, job_request, message, refused, task, tasks, uuid};
use crate::protocol::wire::tilebox::v1::{IdInterval, Pagination, SortDirection, TimeInterval};
use crate::protocol::wire::workflows::v1::{self as wire, JobState, TaskState};

/// Submits jobs `Job 0` to `Job 4`, a second apart; the odd ones on cluster `d`.
fn five(world: &mut World) -> Vec<Uuid> {
    (0..5)
        .map(|number| {
            let cluster = if number % 2 == 0 { "c" } else { "d" };
            let automation_id = (number == 4).then(|| message(Uuid::from_u128(44))).flatten();
            let request = job_request(&format!("Job {number}"), tasks(&[task("a").cluster(cluster)]));
            let request = wire::SubmitJobRequest { automation_id, ..request };
            let job = world.scheduler.submit_job(world.now, &request).expect("a valid job");
            world.pass(1000);
            uuid(job.id.as_ref())
        })
        .collect()
}

/// Returns the numbers of the jobs that match.
fn query(world: &World, filters: wire::QueryFilters) -> Vec<u32> {
    let request = wire::QueryJobsRequest { filters: Some(filters), ..Default::default() };
    numbers(&world.scheduler.query_jobs(&request).expect("a valid query"))
}

fn numbers(response: &wire::QueryJobsResponse) -> Vec<u32> {
    let number = |job: &wire::Job| job.name.rsplit(' ').next().and_then(|number| number.parse().ok());
    response.jobs.iter().map(|job| number(job).expect("a number")).collect()
}

#[test]
fn jobs_are_newest_first_unless_asked_otherwise() {
    let mut world = World::new();
    five(&mut world);
    assert_eq!(query(&world, wire::QueryFilters::default()), [4, 3, 2, 1, 0]);
    let ascending = wire::QueryJobsRequest { sort_direction: SortDirection::Ascending.into(), ..Default::default() };
    assert_eq!(numbers(&world.scheduler.query_jobs(&ascending).expect("jobs")), [0, 1, 2, 3, 4]);
}

#[test]
fn jobs_are_found_by_trace() {
    let mut world = World::new();
    let parents = ["00-aa-01-01", "00-bb-01-01", "00-aa-02-01", "no trace"];
    for parent in parents {
        let request =
            wire::SubmitJobRequest { trace_parent: parent.to_owned(), ..job_request("a", tasks(&[task("a")])) };
        world.scheduler.submit_job(world.now, &request).expect("a valid job");
    }
    let of = |trace| world.scheduler.jobs_of_trace(trace).map(|(_, parent)| parent).collect::<Vec<_>>();
    assert_eq!(of("aa"), [parents[0], parents[2]]);
    assert_eq!(of("bb"), [parents[1]]);
    assert!(of("a").is_empty() && of("").is_empty());
}

#[test]
fn pages_cover_all_jobs_once() {
    let mut world = World::new();
    five(&mut world);
    for direction in [SortDirection::Unspecified, SortDirection::Ascending, SortDirection::Descending] {
        for limit in 1..=6 {
            let mut page = Some(Pagination { limit: Some(limit), starting_after: None });
            let mut found = Vec::new();
            let mut pages = 0;
            while let Some(asked) = page {
                let request = wire::QueryJobsRequest {
                    page: Some(asked),
                    sort_direction: direction.into(),
                    ..Default::default()
                };
                let response = world.scheduler.query_jobs(&request).expect("a page");
                found.extend(numbers(&response));
                page = response.next_page;
                pages += 1;
                assert!(pages <= 5, "no page after the last");
            }
            if direction != SortDirection::Ascending {
                found.reverse();
            }
            assert_eq!(found, [0, 1, 2, 3, 4], "limit {limit}");
        }
    }
}

#[test]
fn a_page_has_a_limit_of_at_least_1() {
    let world = World::new();
    for limit in [0, -1] {
        let page = Some(Pagination { limit: Some(limit), starting_after: None });
        let request = wire::QueryJobsRequest { page, ..Default::default() };
        let text = format!("invalid_argument: page.limit: expects at least 1, got {limit}");
        assert_eq!(refused(world.scheduler.query_jobs(&request)), text);
    }
}

#[test]
fn intervals_select_jobs_by_time_or_by_id() {
    let mut world = World::new();
    let jobs = five(&mut world);
    let time = |index: usize| world.job(jobs[index]).submitted_at;
    let by_time = |start_exclusive, end_inclusive| wire::QueryFilters {
        time_interval: Some(TimeInterval { start_time: time(1), end_time: time(3), start_exclusive, end_inclusive }),
        ..Default::default()
    };
    let by_id = |start_exclusive, end_inclusive| wire::QueryFilters {
        id_interval: Some(IdInterval {
            start_id: message(jobs[1]),
            end_id: message(jobs[3]),
            start_exclusive,
            end_inclusive,
        }),
        ..Default::default()
    };
    for (start_exclusive, end_inclusive, expected) in
        [(false, false, vec![2, 1]), (true, false, vec![2]), (false, true, vec![3, 2, 1]), (true, true, vec![3, 2])]
    {
        assert_eq!(query(&world, by_time(start_exclusive, end_inclusive)), expected);
        assert_eq!(query(&world, by_id(start_exclusive, end_inclusive)), expected);
    }
    let open = TimeInterval { start_time: time(3), ..Default::default() };
    assert_eq!(query(&world, wire::QueryFilters { time_interval: Some(open), ..Default::default() }), [4, 3]);
    let reversed = IdInterval { start_id: message(jobs[3]), end_id: message(jobs[1]), ..Default::default() };
    assert!(query(&world, wire::QueryFilters { id_interval: Some(reversed), ..Default::default() }).is_empty());
    let both = wire::QueryFilters { time_interval: by_time(false, false).time_interval, ..by_id(false, false) };
    let request = wire::QueryJobsRequest { filters: Some(both), ..Default::default() };
    let text = "invalid_argument: filters.time_interval: expects no `id_interval` beside it";
    assert_eq!(refused(world.scheduler.query_jobs(&request)), text);
}

#[test]
fn filters_are_alternatives_within_and_all_apply() {
    let mut world = World::new();
    let jobs = five(&mut world);
    world.run("a", None);
    world.expect("a");
    world.cancel(jobs[3]);
    let states = |states: &[JobState]| wire::QueryFilters {
        states: states.iter().map(|state| (*state).into()).collect(),
        ..Default::default()
    };
    assert_eq!(query(&world, states(&[JobState::Completed])), [0]);
    assert_eq!(query(&world, states(&[JobState::Running, JobState::Canceled])), [3, 2]);
    let queued = wire::QueryFilters { task_states: vec![TaskState::Queued.into(), 99], ..Default::default() };
    assert_eq!(query(&world, queued.clone()), [4, 3, 1]);
    let on_d = wire::QueryFilters { cluster_slugs: vec!["d".to_owned()], ..Default::default() };
    assert_eq!(query(&world, on_d.clone()), [3, 1]);
    assert_eq!(query(&world, wire::QueryFilters { cluster_slugs: on_d.cluster_slugs.clone(), ..queued }), [3, 1]);
    let of = |id| wire::QueryFilters { automation_ids: vec![message(id).expect("an id")], ..Default::default() };
    assert_eq!(query(&world, of(Uuid::from_u128(44))), [4]);
    assert!(query(&world, of(Uuid::from_u128(45))).is_empty());
}

#[test]
fn a_name_matches_in_any_case_and_with_gaps() {
    let mut world = World::new();
    five(&mut world);
    let named = |name: &str| query(&world, wire::QueryFilters { name: name.to_owned(), ..Default::default() });
    assert_eq!(named("job 3"), [3]);
    assert_eq!(named("JB3"), [3]);
    assert!(named("3 job").is_empty());
    assert_eq!(named("o"), [4, 3, 2, 1, 0]);
    let filters = wire::QueryFilters { name: "n".repeat(101), ..Default::default() };
    let request = wire::QueryJobsRequest { filters: Some(filters), ..Default::default() };
    let text = "invalid_argument: filters.name: expects at most 100 characters";
    assert_eq!(refused(world.scheduler.query_jobs(&request)), text);
}
