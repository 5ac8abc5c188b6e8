use std::time::Duration;

use futures::{FutureExt as _, StreamExt as _};
use uuid::Uuid;

use super::{client, handle, job, wire_id};
use crate::ErrorKind;
use crate::protocol::connect::{Code, Error};
use crate::protocol::id;
use crate::protocol::wire::tilebox::v1::Pagination;
use crate::protocol::wire::workflows::v1 as wire;
use crate::testing::{self, MockTransport};
use crate::workflows::rpc::{
    CancelJob, GetJobStateCounts, GetTaskQueueStats, ListJobTasks, QueryJobs, RetryJob, VisualizeJob,
};
use crate::workflows::{DiagramDirection, DiagramLayout, DiagramTheme, JobState, TaskState};

/// Sends jobs 1 to 5, two on a page.
fn five_jobs() -> MockTransport {
    MockTransport::new().respond_with::<QueryJobs>(|request| {
        let after = request.page.and_then(|page| page.starting_after).as_ref().and_then(id::from_wire);
        let first = after.map_or(1, |after| after.as_u128() + 1);
        let last = (first + 1).min(5);
        let jobs = (first..=last).map(|number| wire::Job { id: wire_id(number), ..job(JobState::Running, 1, 0) });
        let next_page = (last < 5).then(|| Pagination { limit: None, starting_after: wire_id(last) });
        Ok(wire::QueryJobsResponse { jobs: jobs.collect(), next_page })
    })
}

#[test]
fn jobs_stream_page_by_page_as_they_are_read() {
    let server = five_jobs();
    let jobs = client(&server).jobs();
    let mut stream = jobs.query(..).stream();
    for (number, requests) in [(1, 1), (2, 1), (3, 2), (4, 2), (5, 3)] {
        let job = stream.next().expect("a job").expect("a job");
        assert_eq!((job.id().as_u128(), server.requests::<QueryJobs>().len()), (number, requests));
    }
    assert!(stream.next().is_none());
    let all = jobs.query(("2025-01-01", "2025-02-01")).load().expect("jobs");
    assert_eq!(all.iter().map(|job| job.id().as_u128()).collect::<Vec<_>>(), [1, 2, 3, 4, 5]);
    assert!(all.to_string().ends_with("5 jobs"), "{all}");
    let rest = jobs.query(..).starting_after(Uuid::from_u128(2)).limit(2).load().expect("jobs");
    assert_eq!(rest.iter().map(|job| job.id().as_u128()).collect::<Vec<_>>(), [3, 4]);
}

#[test]
fn a_stream_of_jobs_resumes_at_its_cursor() {
    let server = five_jobs();
    let jobs = client(&server).jobs();
    let mut stream = jobs.query(..).stream();
    let mut cursors = vec![stream.cursor()];
    while let Some(job) = stream.next() {
        job.expect("a job");
        cursors.push(stream.cursor());
    }
    // The jobs of a page that was read in part come again.
    let cursors: Vec<_> = cursors.into_iter().map(|cursor| cursor.map_or(0, |cursor| cursor.as_u128())).collect();
    assert_eq!(cursors, [0, 0, 2, 2, 4, 4]);
    let rest = jobs.query(..).starting_after(Uuid::from_u128(4)).load().expect("jobs");
    assert_eq!(rest.iter().map(|job| job.id().as_u128()).collect::<Vec<_>>(), [5]);

    let unavailable = || Err(Error::new(Code::InvalidArgument, "a failure"));
    let page = |job, next| {
        let next_page = Some(Pagination { limit: None, starting_after: wire_id(next) });
        Ok(wire::QueryJobsResponse { jobs: vec![wire::Job { id: wire_id(job), ..Default::default() }], next_page })
    };
    let server = MockTransport::new().respond_once::<QueryJobs>(page(1, 77)).respond_once::<QueryJobs>(unavailable());
    let mut stream = client(&server).jobs().query(..).stream();
    stream.next().expect("a job").expect("a job");
    stream.next().expect("an item").expect_err("a failure");
    assert_eq!(stream.cursor(), Some(Uuid::from_u128(77)));
}

#[test]
fn an_invalid_query_is_an_error_as_the_first_item() {
    let server = five_jobs();
    let jobs = client(&server).jobs();
    for query in [
        jobs.query("2025-13-01"),
        jobs.query(..).name("x".repeat(101)).states([JobState::Failed]),
        jobs.query(..).starting_after("clouds"),
        jobs.query(..).clusters([""]),
        jobs.query(..).limit(0),
    ] {
        let mut stream = query.stream();
        let error = stream.next().expect("an item").expect_err("not valid");
        assert_eq!(error.kind(), ErrorKind::InvalidArgument, "{error}");
        assert!(stream.next().is_none());
    }
    assert!(server.requests::<QueryJobs>().is_empty());
}

#[test]
fn tasks_are_listed_as_a_tree_and_as_a_stream() {
    let server = MockTransport::new().respond_with::<ListJobTasks>(|request| {
        let parent = request.parent_task_id.as_ref().and_then(id::from_wire).map_or(0, |id| id.as_u128());
        // Each task below 100 has three subtasks.
        let tasks = (1..=3).map(|child| {
            let number = parent * 10 + child;
            wire::TaskSummary { id: wire_id(number), has_children: number < 100, state: 3, ..Default::default() }
        });
        let page =
            wire::JobTaskPage { parent_task_id: request.parent_task_id, tasks: tasks.collect(), next_page: None };
        Ok(wire::ListJobTasksResponse { page: Some(page), prefetched_child_pages: Vec::new() })
    });
    let (server, job) = handle(server, JobState::Running);
    let tree = job.tasks().load().expect("tasks");
    assert_eq!((tree.len(), tree.roots().count(), server.requests::<ListJobTasks>().len()), (39, 3, 13));
    assert_eq!(tree.with_depths().map(|(depth, _)| depth).max(), Some(2));
    assert_eq!(tree.in_state(TaskState::Computed).count(), 39);
    let children: Vec<_> = tree.children_of(Uuid::from_u128(2)).map(|task| task.id.as_u128()).collect();
    assert_eq!(children, [21, 22, 23]);
    assert_eq!(job.tasks().roots().load().expect("tasks").len(), 3);
    let below: Vec<_> =
        job.tasks().children_of(Uuid::from_u128(21)).stream().map(|task| task.expect("a task").id.as_u128()).collect();
    assert_eq!(below, [211, 212, 213]);
    let error = job.tasks().children_of("x").load().expect_err("not an id");
    assert_eq!(error.kind(), ErrorKind::InvalidArgument);
}

/// Sends root tasks 1 to 5, each with a subtask, in pages of the requested size or of two.
fn five_tasks() -> MockTransport {
    MockTransport::new().respond_with::<ListJobTasks>(|request| {
        let task = |number, has_children| wire::TaskSummary { id: wire_id(number), has_children, ..Default::default() };
        if let Some(parent) = request.parent_task_id.as_ref().and_then(id::from_wire) {
            let tasks = vec![task(parent.as_u128() * 10, false)];
            let page = wire::JobTaskPage { parent_task_id: request.parent_task_id, tasks, next_page: None };
            return Ok(wire::ListJobTasksResponse { page: Some(page), prefetched_child_pages: Vec::new() });
        }
        let page = request.page.unwrap_or_default();
        let after = page.starting_after.as_ref().and_then(id::from_wire).map_or(0, |after| after.as_u128());
        let size = page.limit.map_or(2, |limit| u128::try_from(limit).expect("a size").min(2));
        let last = (after + size).min(5);
        let tasks = (after + 1..=last).map(|number| task(number, true)).collect();
        let next_page = (last < 5).then(|| Pagination { limit: None, starting_after: wire_id(last) });
        let page = wire::JobTaskPage { parent_task_id: None, tasks, next_page };
        Ok(wire::ListJobTasksResponse { page: Some(page), prefetched_child_pages: Vec::new() })
    })
}

#[test]
fn a_list_of_root_tasks_resumes_at_its_cursor() {
    let (server, job) = handle(five_tasks(), JobState::Running);
    let mut stream = job.tasks().roots().stream();
    let mut read = Vec::new();
    while let Some(task) = stream.next() {
        let cursor = stream.cursor().map_or(0, |cursor| cursor.as_u128());
        read.push((task.expect("a task").id.as_u128(), cursor));
    }
    assert_eq!(read, [(1, 0), (2, 2), (3, 2), (4, 4), (5, 4)]);
    let rest = job.tasks().roots().starting_after(Uuid::from_u128(2)).page_size(1).limit(2).load().expect("tasks");
    assert_eq!(rest.roots().map(|task| task.id.as_u128()).collect::<Vec<_>>(), [3, 4]);
    let requests = server.requests::<ListJobTasks>();
    let limits: Vec<_> =
        requests[3..].iter().map(|request| request.page.as_ref().and_then(|page| page.limit)).collect();
    assert_eq!(limits, [Some(1), Some(1)]);
}

#[test]
fn a_list_of_all_tasks_has_a_limit_and_no_cursor() {
    let (server, job) = handle(five_tasks(), JobState::Running);
    let mut stream = job.tasks().limit(6).stream();
    let tasks: Vec<_> = stream.by_ref().map(|task| task.expect("a task").id.as_u128()).collect();
    assert_eq!((tasks.len(), stream.cursor()), (6, None), "{tasks:?}");
    let sent = server.requests::<ListJobTasks>().len();
    for (list, reason) in [
        (job.tasks().starting_after(Uuid::from_u128(2)), "a list of all tasks has no cursors to start after"),
        (job.tasks().roots().starting_after("x"), "the id to start after is not valid: "),
        (job.tasks().limit(0), "expects a limit from 1 to 2^63 - 1, got 0"),
        (job.tasks().roots().page_size(0), "expects a page size from 1 to 2^63 - 1, got 0"),
    ] {
        let error = list.load().expect_err(reason);
        assert_eq!(error.kind(), ErrorKind::InvalidArgument);
        assert!(error.reason().starts_with(reason), "{error}");
    }
    assert_eq!(server.requests::<ListJobTasks>().len(), sent);
}

#[test]
fn a_dropped_stream_of_tasks_sends_no_more_requests() {
    let server = MockTransport::new().respond_with::<ListJobTasks>(|request| {
        let after = request.page.and_then(|page| page.starting_after).as_ref().and_then(id::from_wire);
        let number = after.map_or(1, |after| after.as_u128() + 1);
        let page = wire::JobTaskPage {
            tasks: vec![wire::TaskSummary { id: wire_id(number), ..Default::default() }],
            next_page: Some(Pagination { limit: None, starting_after: wire_id(number) }),
            ..Default::default()
        };
        Ok(wire::ListJobTasksResponse { page: Some(page), prefetched_child_pages: Vec::new() })
    });
    let server = server.respond_once::<crate::workflows::rpc::GetJob>(Ok(job(JobState::Running, 1, 0)));
    let client: crate::Client = testing::client_builder(server.clone()).build().expect("a client");
    let job = client.jobs().find(super::ID).now_or_never().expect("no wait").expect("a job");
    let mut stream = job.tasks().stream();
    for _ in 0..3 {
        stream.next().now_or_never().expect("no wait").expect("a task").expect("a task");
    }
    drop(stream);
    assert_eq!(server.requests::<ListJobTasks>().len(), 3);
}

#[test]
fn a_job_is_retried_canceled_and_drawn() {
    let server = MockTransport::new()
        .respond_once::<RetryJob>(Ok(wire::RetryJobResponse { num_tasks_rescheduled: 3 }))
        .respond_once::<CancelJob>(Ok(wire::CancelJobResponse {}))
        .respond_with::<VisualizeJob>(|_| Ok(wire::Diagram { svg: "<svg/>".into() }));
    let (server, job) = handle(server, JobState::Failed);
    assert_eq!(job.retry().expect("a number"), 3);
    job.cancel().expect("canceled");
    let diagram = job.diagram().theme(DiagramTheme::Dark).layout(DiagramLayout::Elk).direction(DiagramDirection::Left);
    assert_eq!(diagram.straight_lines().title().load().expect("a diagram").to_string(), "<svg/>");
    let request = &server.requests::<VisualizeJob>()[0];
    let options = request.render_options.as_ref().expect("options");
    assert_eq!((options.layout.as_str(), options.direction.as_str(), options.sketchy), ("elk", "left", false));
    assert_eq!((request.theme, request.include_job_name), (2, true));
}

#[test]
fn jobs_and_queued_tasks_are_counted() {
    let server = MockTransport::new()
        .respond_with::<GetJobStateCounts>(|_| {
            let state_counts = vec![wire::JobStateCount { state: 5, count: 2 }];
            Ok(wire::GetJobStateCountsResponse { state_counts, total_jobs: 2 })
        })
        .respond_with::<GetTaskQueueStats>(|_| {
            let oldest_waiting_job = Some(job(JobState::Submitted, 1, 0));
            Ok(wire::GetTaskQueueStatsResponse {
                waiting_jobs: 1,
                running_jobs: 0,
                queued_tasks: 4,
                oldest_waiting_job,
            })
        });
    let jobs = client(&server).jobs();
    assert_eq!(jobs.state_counts(..).expect("numbers").count(JobState::Failed), 2);
    assert_eq!(jobs.state_counts(("2025-01-01", "2025-02-01")).expect("numbers").total, 2);
    let intervals = server.requests::<GetJobStateCounts>().into_iter().map(|request| request.time_interval.is_some());
    assert_eq!(intervals.collect::<Vec<_>>(), [false, true]);
    let ids = jobs.state_counts(Uuid::from_u128(1)..=Uuid::from_u128(2)).expect_err("ids");
    assert_eq!(ids.reason(), "expects an interval of times, got one of ids");
    let stats = jobs.queue_stats().submitted("2025-01").max_age(Duration::from_secs(60)).load().expect("numbers");
    assert_eq!((stats.queued_tasks, stats.oldest_waiting_job.map(|job| job.name)), (4, Some("clouds".to_owned())));
    let request = server.requests::<GetTaskQueueStats>().remove(0);
    assert_eq!(request.job_max_age.map(|age| age.seconds), Some(60));
    assert!(request.job_time_interval.is_some());
    assert!(jobs.queue_stats().max_age(Duration::MAX).load().expect_err("too long").reason().contains("too long"));
}
