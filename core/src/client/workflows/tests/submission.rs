use super::{client, handle, job, wire_id};
use crate::ErrorKind;
use crate::protocol::connect::{Code, Error};
use crate::protocol::wire::workflows::v1 as wire;
use crate::testing::MockTransport;
use crate::workflows::rpc::{CloneJob, GetJobPrototype, ListClusters, QueryJobs, SubmitJob};
use crate::workflows::{JobState, TaskSubmission};

const TRACE_PARENT: &str = "00-8cbb60584f5a87aeb6e8db7902beed85-cdcea87443fc59ba-01";

fn task() -> TaskSubmission {
    TaskSubmission::bytes("example.com/CloudReport", "2025")
}

fn lost() -> Result<wire::Job, Error> {
    Err(Error::new(Code::Unavailable, "the connection to the server was lost"))
}

/// Returns the submitted job as the server lists it.
fn submitted() -> wire::Job {
    wire::Job { trace_parent: TRACE_PARENT.to_owned(), ..job(JobState::Submitted, 1, 0) }
}

fn listed(jobs: Vec<wire::Job>) -> wire::QueryJobsResponse {
    wire::QueryJobsResponse { jobs, next_page: None }
}

#[test]
fn a_submission_sends_tasks_options_and_a_trace() {
    let server = MockTransport::new().respond_with::<SubmitJob>(|_| Ok(submitted()));
    let jobs = client(&server).jobs();
    let sent =
        jobs.submit("clouds", task()).cluster("dev").max_retries(2).trace_parent(TRACE_PARENT).send().expect("a job");
    assert_eq!((sent.name(), sent.state(), sent.trace_parent()), ("clouds", JobState::Submitted, TRACE_PARENT));
    jobs.submit_all("clouds", [task(), task().cluster("gpu")]).send().expect("a job");
    let requests = server.requests::<SubmitJob>();
    let tasks = requests[0].tasks.as_ref().expect("tasks");
    assert_eq!(
        (tasks.cluster_slug_lookup.as_slice(), requests[0].trace_parent.as_str()),
        (&["dev".to_owned()][..], TRACE_PARENT)
    );
    assert_eq!(tasks.task_groups[0].max_retries_values, [2]);
    assert_eq!(requests[1].tasks.as_ref().expect("tasks").cluster_slug_lookup, ["", "gpu"]);
    assert_eq!(requests[1].trace_parent, "00-00000000000000000000000000000001-0000000000000001-01", "random zeros");
}

#[test]
fn submissions_that_are_not_valid_send_nothing() {
    let server = MockTransport::new();
    let jobs = client(&server).jobs();
    for (submission, reason) in [
        (jobs.submit(" ", task()), "its name is empty"),
        (jobs.submit("a", task()).cluster(""), "the slug of its cluster is empty"),
        (jobs.submit("a", task()).trace_parent("00-1-2-01"), "expects version, trace id, span id and flags"),
        (jobs.submit_all("a", Vec::<TaskSubmission>::new()), "it has no tasks"),
    ] {
        let error = submission.send().expect_err(reason);
        assert_eq!(error.kind(), ErrorKind::InvalidArgument);
        assert!(error.reason().starts_with(reason), "{error}");
    }
    assert!(server.requests::<SubmitJob>().is_empty());
}

#[test]
fn a_job_whose_response_was_lost_is_found_again() {
    let other = wire::Job { id: wire_id(8), ..job(JobState::Running, 1, 0) };
    let server = MockTransport::new()
        .respond_once::<SubmitJob>(lost())
        .respond_once::<QueryJobs>(Ok(listed(vec![other, submitted()])));
    let found = client(&server).jobs().submit("clouds", task()).trace_parent(TRACE_PARENT).send().expect("the job");
    assert_eq!(found.id(), super::ID);
    assert_eq!(server.requests::<SubmitJob>().len(), 1, "it is not submitted again");
}

#[test]
fn a_submission_continues_the_current_trace() {
    let server = MockTransport::new().respond_with::<SubmitJob>(|_| Ok(submitted()));
    let current = || TRACE_PARENT.parse().ok();
    let client: crate::blocking::Client =
        crate::testing::client_builder(server.clone()).current_trace(current).build().expect("a client");
    client.jobs().submit("clouds", task()).send().expect("a job");
    let other = "00-00000000000000000000000000000007-0000000000000007-01";
    client.jobs().submit("clouds", task()).trace_parent(other).send().expect("a job");
    let sent: Vec<_> = server.requests::<SubmitJob>().into_iter().map(|request| request.trace_parent).collect();
    assert_eq!(sent, [TRACE_PARENT, other]);
}

#[test]
fn a_lost_submission_is_repeated_with_its_trace_parent() {
    let server = MockTransport::new()
        .respond_once::<SubmitJob>(lost())
        .respond_once::<SubmitJob>(Ok(submitted()))
        .respond_with::<QueryJobs>(|_| Ok(listed(Vec::new())));
    let sent = client(&server).jobs().submit("clouds", task()).trace_parent(TRACE_PARENT).send().expect("the job");
    assert_eq!(sent.id(), super::ID);
    let requests = server.requests::<SubmitJob>();
    assert_eq!((requests.len(), &requests[0]), (2, &requests[1]));
    assert_eq!(server.requests::<QueryJobs>().len(), 2, "it may arrive after the first search");
}

#[test]
fn a_failed_submission_says_whether_it_may_have_happened() {
    let submit = |server: MockTransport| {
        let error =
            client(&server).jobs().submit("clouds", task()).trace_parent(TRACE_PARENT).send().expect_err("lost");
        (server.requests::<SubmitJob>().len(), error)
    };
    // The server responds to nothing else either.
    let (sent, error) = submit(
        MockTransport::new()
            .respond_with::<SubmitJob>(|_| lost())
            .respond_with::<QueryJobs>(|_| Err(Error::new(Code::PermissionDenied, "no"))),
    );
    assert!(sent == 1 && error.may_have_happened(), "{error}");
    assert!(error.reason().contains("the search for it failed: no"), "{error}");
    // No attempt arrives.
    let (sent, error) = submit(
        MockTransport::new()
            .respond_with::<SubmitJob>(|_| lost())
            .respond_with::<QueryJobs>(|_| Ok(listed(Vec::new()))),
    );
    assert!(sent == 5 && error.may_have_happened(), "{sent}: {error}");
    // The server refuses the second attempt.
    let (sent, error) = submit(
        MockTransport::new()
            .respond_once::<SubmitJob>(lost())
            .respond_with::<SubmitJob>(|_| Err(Error::new(Code::InvalidArgument, "too large")))
            .respond_with::<QueryJobs>(|_| Ok(listed(Vec::new()))),
    );
    assert!(sent == 2 && error.may_have_happened() && error.kind() == ErrorKind::InvalidArgument, "{error}");
    // The first attempt is refused.
    let refused =
        MockTransport::new().respond_with::<SubmitJob>(|_| Err(Error::new(Code::InvalidArgument, "too large")));
    let (sent, error) = submit(refused);
    assert!(sent == 1 && !error.may_have_happened(), "{error}");
}

#[test]
fn an_unknown_cluster_gets_suggestions() {
    let clusters = vec![wire::Cluster { slug: "dev".to_owned(), ..Default::default() }];
    let server = MockTransport::new()
        .respond_with::<SubmitJob>(|_| Err(Error::new(Code::NotFound, "no such cluster")))
        .respond_with::<ListClusters>(move |_| Ok(wire::ListClustersResponse { clusters: clusters.clone() }));
    let error = client(&server).jobs().submit("clouds", task()).cluster("dve").send().expect_err("no such cluster");
    assert_eq!(
        error.to_string(),
        "cannot submit the job `clouds`: no such cluster; did you mean `dev`? the clusters are dev"
    );
}

#[test]
fn an_unknown_job_gets_the_newest_one() {
    let server = MockTransport::new()
        .respond_with::<crate::workflows::rpc::GetJob>(|_| Err(Error::new(Code::NotFound, "no such job")))
        .respond_with::<QueryJobs>(|_| Ok(listed(vec![submitted()])));
    let jobs = client(&server).jobs();
    let error = jobs.find("00000000-0000-0000-0000-000000000006").expect_err("no such job");
    assert_eq!(
        error.to_string(),
        "cannot find the job 00000000-0000-0000-0000-000000000006: no such job; did you mean \
         `00000000-0000-0000-0000-000000000007` (clouds)?"
    );
    let error = jobs.find("clouds").expect_err("not an id");
    assert_eq!(error.kind(), ErrorKind::InvalidArgument);
    assert!(error.advice().ends_with("`query` finds jobs by their name"), "{error}");
}

#[test]
fn a_clone_edits_every_root_task() {
    let root = |name: &str| wire::SingleTaskSubmission {
        cluster_slug: "dev".to_owned(),
        identifier: Some(wire::TaskIdentifier { name: name.to_owned(), version: "v1.0".to_owned() }),
        input: b"7".to_vec().into(),
        display: name.to_owned(),
        ..Default::default()
    };
    let prototype =
        wire::GetJobPrototypeResponse { root_tasks: vec![root("A"), root("B")], job_name: "clouds".to_owned() };
    let server =
        MockTransport::new().respond_with::<GetJobPrototype>(move |_| Ok(prototype.clone())).respond_with::<CloneJob>(
            |request| Ok(wire::Job { id: wire_id(8), name: request.job_name, ..job(JobState::Submitted, 2, 0) }),
        );
    let (server, original) = handle(server, JobState::Failed);
    assert_eq!(original.prototype().expect("root tasks").tasks.len(), 2);
    let clone = original.clone_job("again").edit(|task| task.cluster("gpu")).edit(|task| task.max_retries(3)).send();
    assert_eq!(clone.expect("a job").name(), "again");
    original.clone_job("replaced").tasks([task()]).send().expect("a job");
    let requests = server.requests::<CloneJob>();
    let sent: Vec<_> = requests[0]
        .root_tasks_overrides
        .iter()
        .map(|task| (task.cluster_slug.as_str(), task.max_retries, &task.input[..]))
        .collect();
    assert_eq!(sent, [("gpu", 3, &b"7"[..]); 2]);
    assert_eq!(requests[1].root_tasks_overrides.len(), 1);
    assert_eq!(server.requests::<GetJobPrototype>().len(), 2);
}
