//! Canceled, retried and cloned jobs; counts.

use std::time::Duration;

use uuid::Uuid;

use super::support::{World, groups, job_request, message, refused, task, tasks, uuid};
use crate::protocol::wire::workflows::v1::{self as wire, JobState};

#[test]
fn a_canceled_job_hands_out_nothing() {
    let mut world = World::new();
    let job = world.submit(tasks(&[task("a"), task("b")]));
    let a = world.expect("a");
    world.cancel(job);
    assert_eq!(world.state(job), JobState::Canceled);
    assert!(world.job(job).canceled);
    world.expect_idle();
    assert_ne!(world.extend(a, Duration::from_secs(20)), wire::TaskLease::default(), "running tasks continue");
    assert_eq!(world.chain(a, Some(tasks(&[task("c")]))), None, "subtasks are stored but not handed out");
    assert_eq!(world.counts(job), [2, 0, 1, 0, 0, 0]);
    assert_eq!(world.retry(job), 0);
    world.run("b", None);
    world.run("c", None);
    assert_eq!(world.state(job), JobState::Completed);
}

#[test]
fn a_completed_job_is_not_canceled() {
    let mut world = World::new();
    let job = world.submit(tasks(&[task("a")]));
    world.run("a", None);
    world.cancel(job);
    assert_eq!(world.state(job), JobState::Completed);
}

#[test]
fn a_canceled_job_with_failures_is_retried_as_a_whole() {
    let mut world = World::new();
    let job = world.submit(tasks(&[task("a"), task("b"), task("c")]));
    let (a, b) = (world.expect("a"), world.expect("b"));
    world.cancel(job);
    world.failed(a, true);
    world.failed(b, true);
    assert_eq!(world.state(job), JobState::Canceled);
    assert_eq!(world.retry(job), 2);
    for name in ["a", "b", "c"] {
        world.run(name, None);
    }
    assert_eq!(world.state(job), JobState::Completed);
}

#[test]
fn unknown_jobs_are_not_found() {
    let mut world = World::new();
    let job_id = message(Uuid::from_u128(7));
    let text = "not_found: job 00000000-0000-0000-0000-000000000007 does not exist";
    assert_eq!(refused(world.scheduler.cancel_job(&wire::CancelJobRequest { job_id: job_id.clone() })), text);
    assert_eq!(refused(world.scheduler.retry_job(&wire::RetryJobRequest { job_id: job_id.clone() })), text);
    assert_eq!(refused(world.scheduler.job_prototype(&wire::GetJobPrototypeRequest { job_id: job_id.clone() })), text);
    let clone = wire::CloneJobRequest { job_id: job_id.clone(), ..Default::default() };
    assert_eq!(refused(world.scheduler.clone_job(world.now, &clone)), text);
    let list = wire::ListJobTasksRequest { job_id, ..Default::default() };
    assert_eq!(refused(world.scheduler.list_job_tasks(&list)), text);
    assert_eq!(world.scheduler.job(Uuid::from_u128(7)), None);
    assert_eq!(world.scheduler.job_of_task(Uuid::from_u128(7)), None);
}

#[test]
fn a_clone_has_the_root_tasks_of_the_prototype() {
    let mut world = World::new();
    let roots = [task("a").retries(2), task("b"), task("c").cluster("d").version("v1.2")];
    let job = world.submit(groups(&[(&[], &roots[..2]), (&[0], &roots[2..])]));
    world.run("a", Some(tasks(&[task("x")])));
    let prototype =
        world.scheduler.job_prototype(&wire::GetJobPrototypeRequest { job_id: message(job) }).expect("a job");
    let expected = vec![roots[0].single(&[]), roots[1].single(&[]), roots[2].single(&[0, 1])];
    assert_eq!((prototype.job_name.as_str(), &prototype.root_tasks), ("job", &expected));

    let mut request = wire::CloneJobRequest {
        job_id: message(job),
        root_tasks_overrides: prototype.root_tasks,
        job_name: "again".to_owned(),
    };
    let clone = world.scheduler.clone_job(world.now, &request).expect("a clone");
    assert_eq!((clone.name.as_str(), clone.state()), ("again", JobState::Submitted));
    assert!(clone.trace_parent.parse::<crate::workflows::TraceParent>().is_ok());
    let clone = wire::GetJobPrototypeRequest { job_id: clone.id };
    assert_eq!(world.scheduler.job_prototype(&clone).expect("a job").root_tasks, expected);

    request.root_tasks_overrides = vec![task("a").single(&[]); 65];
    let text = "invalid_argument: root_tasks_overrides: expects 1 to 64 tasks, got 65";
    assert_eq!(refused(world.scheduler.clone_job(world.now, &request)), text);
    request.job_name.clear();
    let text = "invalid_argument: job_name: expects at least 1 character";
    assert_eq!(refused(world.scheduler.clone_job(world.now, &request)), text);
}

#[test]
fn tasks_of_a_job_have_parents_and_dependencies() {
    let mut world = World::new();
    let job = world.submit(groups(&[(&[], &[task("a"), task("b")]), (&[0], &[task("c")])]));
    let a = world.run("a", Some(tasks(&[task("d")])));
    let tasks: Vec<_> = world.scheduler.tasks_of_job(job).expect("the job").collect();
    let names: Vec<_> = tasks.iter().filter_map(|task| task.display.as_deref()).collect();
    assert_eq!(names, ["a", "b", "c", "d"]);
    assert_eq!(tasks[2].depends_on, [tasks[0].id.clone(), tasks[1].id.clone()].map(|id| id.expect("an id")));
    assert_eq!(tasks[3].parent_id, message(a));
    assert_eq!(world.scheduler.job_of_task(uuid(tasks[3].id.as_ref())), Some(job));
    assert_eq!(world.scheduler.task(a).as_ref(), Some(&tasks[0]));
}

/// Submits a completed, a failed, a canceled, a started and a submitted job, a minute apart.
fn job_of_each_state(world: &mut World) -> Vec<Uuid> {
    let completed = world.submit(tasks(&[task("a")]));
    world.run("a", None);
    world.pass(60_000);
    let failed = world.submit(tasks(&[task("a")]));
    let a = world.expect("a");
    world.failed(a, true);
    world.pass(60_000);
    let canceled = world.submit(tasks(&[task("a")]));
    world.cancel(canceled);
    world.pass(60_000);
    let started = world.submit(tasks(&vec![task("a"); 3]));
    world.run("a", None);
    world.pass(60_000);
    let submitted = world.submit(tasks(&vec![task("a"); 4]));
    vec![completed, failed, canceled, started, submitted]
}

#[test]
fn jobs_are_counted_by_state() {
    let mut world = World::new();
    let jobs = job_of_each_state(&mut world);
    let counts = |request| {
        let response = world.scheduler.job_state_counts(&request).expect("a valid request");
        let counts: Vec<_> = response.state_counts.iter().map(|count| (count.state, count.count)).collect();
        assert_eq!(response.total_jobs.cast_unsigned(), counts.iter().map(|(_, count)| count).sum::<u64>());
        counts
    };
    assert_eq!(counts(wire::GetJobStateCountsRequest::default()), [(1, 1), (3, 1), (4, 1), (5, 1), (6, 1)]);
    let start_time = world.job(jobs[2]).submitted_at;
    let end_time = world.job(jobs[4]).submitted_at;
    let interval = crate::protocol::wire::tilebox::v1::TimeInterval { start_time, end_time, ..Default::default() };
    assert_eq!(counts(wire::GetJobStateCountsRequest { time_interval: Some(interval) }), [(3, 1), (6, 1)]);
}

#[test]
fn queue_statistics_count_jobs_that_wait_or_run() {
    let mut world = World::new();
    let jobs = job_of_each_state(&mut world);
    let stats = |world: &World, request| {
        let stats = world.scheduler.task_queue_stats(world.now, &request).expect("a valid request");
        let oldest = stats.oldest_waiting_job.map(|job| uuid(job.id.as_ref()));
        (stats.waiting_jobs, stats.running_jobs, stats.queued_tasks, oldest)
    };
    assert_eq!(stats(&world, wire::GetTaskQueueStatsRequest::default()), (2, 0, 6, Some(jobs[3])));
    world.expect("a");
    assert_eq!(stats(&world, wire::GetTaskQueueStatsRequest::default()), (1, 1, 5, Some(jobs[4])));
    let job_max_age = Some(prost_types::Duration { seconds: 59, nanos: 0 });
    let request = wire::GetTaskQueueStatsRequest { job_max_age, ..Default::default() };
    assert_eq!(stats(&world, request), (1, 0, 4, Some(jobs[4])));
    let job_max_age = Some(prost_types::Duration { seconds: -1, nanos: 0 });
    let request = wire::GetTaskQueueStatsRequest { job_max_age, ..Default::default() };
    let text = "invalid_argument: job_max_age: expects a duration of 0 or more";
    assert_eq!(refused(world.scheduler.task_queue_stats(world.now, &request)), text);
}

#[test]
fn a_job_of_an_automation_keeps_its_id() {
    let mut world = World::new();
    let automation_id = message(Uuid::from_u128(3));
    let request =
        wire::SubmitJobRequest { automation_id: automation_id.clone(), ..job_request("job", tasks(&[task("a")])) };
    let job = world.scheduler.submit_job(world.now, &request).expect("a job");
    assert_eq!(job.automation_id, automation_id);
}
