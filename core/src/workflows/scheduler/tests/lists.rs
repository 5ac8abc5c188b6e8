//! Lists of the tasks of a job.

use uuid::Uuid;

use super::support::{World, message, refused, task, tasks, uuid};
use crate::protocol::wire::tilebox::v1::Pagination;
use crate::protocol::wire::workflows::v1::{self as wire, TaskState};

fn names(page: &wire::JobTaskPage) -> Vec<&str> {
    page.tasks.iter().map(|task| task.display.as_str()).collect()
}

fn list(world: &World, request: &wire::ListJobTasksRequest) -> wire::JobTaskPage {
    world.scheduler.list_job_tasks(request).expect("a valid request").page.expect("a page")
}

#[test]
fn a_list_has_pages_of_roots_and_of_children() {
    let mut world = World::new();
    let job = world.submit(tasks(&["a", "b", "c"].map(task)));
    let a = world.run("a", Some(tasks(&["d", "e"].map(task))));
    let page = Some(Pagination { limit: Some(2), starting_after: None });
    let mut request = wire::ListJobTasksRequest { job_id: message(job), page, ..Default::default() };
    let first = list(&world, &request);
    assert_eq!((names(&first), first.parent_task_id.as_ref()), (vec!["a", "b"], None));
    request.page = first.next_page;
    let second = list(&world, &request);
    assert_eq!((names(&second), second.next_page.clone()), (vec!["c"], None));
    let mut request =
        wire::ListJobTasksRequest { job_id: message(job), parent_task_id: message(a), ..Default::default() };
    let children = list(&world, &request);
    assert_eq!((names(&children), children.parent_task_id.clone()), (vec!["d", "e"], message(a)));
    request.parent_task_id = children.tasks[0].id.clone();
    assert_eq!(names(&list(&world, &request)), Vec::<&str>::new(), "without children");
}

#[test]
fn a_summary_describes_the_task() {
    let mut world = World::new();
    let job = world.submit(tasks(&[task("a").retries(3).optional(), task("b")]));
    world.pass(1000);
    let a = world.expect("a");
    world.pass(1000);
    world.failed(a, true);
    let request = wire::ListJobTasksRequest { job_id: message(job), ..Default::default() };
    let a = &list(&world, &request).tasks[0];
    assert_eq!((a.state(), a.retry_count, a.max_retries, a.optional), (TaskState::Queued, 1, 3, true));
    assert_eq!((a.started_at, a.stopped_at, a.has_children), (None, None, false));
    assert_eq!((a.cluster_slug.as_str(), a.input.as_deref()), ("c", Some(b"a".as_slice())));
    let second = |time: Option<prost_types::Timestamp>| time.map(|time| time.seconds - 1_764_353_308);
    assert_eq!(second(a.submitted_at), Some(0));
    world.pass(1000);
    world.run("a", Some(tasks(&[task("c")])));
    let a = &list(&world, &request).tasks[0];
    assert_eq!((second(a.started_at), second(a.stopped_at), a.has_children), (Some(3), Some(3), true));
}

#[test]
fn children_are_prefetched_up_to_a_limit() {
    let mut world = World::new();
    let job = world.submit(tasks(&["a", "b", "c"].map(task)));
    let a = world.run("a", Some(tasks(&["d", "e", "f"].map(task))));
    world.expect("b");
    let c = world.run("c", Some(tasks(&[task("g")])));
    let prefetch_children = Some(wire::JobTaskChildrenPrefetch { limit: 2 });
    let mut request = wire::ListJobTasksRequest { job_id: message(job), prefetch_children, ..Default::default() };
    let pages = world.scheduler.list_job_tasks(&request).expect("a list").prefetched_child_pages;
    let pages: Vec<_> =
        pages.iter().map(|page| (uuid(page.parent_task_id.as_ref()), names(page), &page.next_page)).collect();
    let last = pages[0].2.as_ref().and_then(|page| page.starting_after.as_ref());
    assert_eq!(pages[0].1, ["d", "e"]);
    assert_eq!(world.scheduler.task(uuid(last)).and_then(|task| task.display).as_deref(), Some("e"));
    assert_eq!((pages[0].0, &pages[1]), (a, &(c, vec!["g"], &None)));
    request.prefetch_children = Some(wire::JobTaskChildrenPrefetch { limit: 0 });
    let text = "invalid_argument: prefetch_children.limit: expects at least 1, got 0";
    assert_eq!(refused(world.scheduler.list_job_tasks(&request)), text);
}

#[test]
fn prefetched_children_are_bounded() {
    let mut world = World::new();
    let mut roots = tasks(&[task("a")]);
    roots.task_groups = vec![super::support::repeated("a", 12, &[])];
    let job = world.submit(roots.clone());
    roots.task_groups = vec![super::support::repeated("b", 1000, &[])];
    roots.identifier_lookup[0].name = "b".to_owned();
    for _ in 0..12 {
        world.run("a", Some(roots.clone()));
    }
    let prefetch_children = Some(wire::JobTaskChildrenPrefetch { limit: 5000 });
    let request = wire::ListJobTasksRequest { job_id: message(job), prefetch_children, ..Default::default() };
    let response = world.scheduler.list_job_tasks(&request).expect("a list");
    assert_eq!(response.prefetched_child_pages.len(), 10);
    assert!(response.page.expect("a page").tasks.iter().all(|task| task.has_children));
}

#[test]
fn a_list_needs_a_parent_and_a_cursor_of_the_job() {
    let mut world = World::new();
    let job = world.submit(tasks(&[task("a")]));
    let other = world.submit(tasks(&[task("b")]));
    let of_other = world.scheduler.tasks_of_job(other).expect("the job").next().and_then(|task| task.id);
    let b = uuid(of_other.as_ref());
    let request = wire::ListJobTasksRequest { job_id: message(job), parent_task_id: message(b), ..Default::default() };
    let text = format!("not_found: task {b} does not exist in job {job}");
    assert_eq!(refused(world.scheduler.list_job_tasks(&request)), text);
    let page = Some(Pagination { limit: None, starting_after: of_other });
    let request = wire::ListJobTasksRequest { job_id: message(job), page, ..Default::default() };
    let text = format!("invalid_argument: page.starting_after: expects a task of this list, got {b}");
    assert_eq!(refused(world.scheduler.list_job_tasks(&request)), text);
    assert_eq!(world.scheduler.task(Uuid::nil()), None);
}
