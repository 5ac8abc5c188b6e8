use std::sync::{Arc, Mutex};
use std::time::Duration;

use super::{client, handle, job, wire_id};
use crate::ErrorKind;
use crate::progress::{JobProgress, LoadProgress, LoadState};
use crate::protocol::connect::{Code, Error};
use crate::protocol::wire::workflows::v1 as wire;
use crate::testing::{self, MockTransport};
use crate::workflows::JobState;
use crate::workflows::rpc::{GetJob, ListJobTasks};

/// Responds to looks at a job with these states.
fn looks(states: impl IntoIterator<Item = JobState>) -> MockTransport {
    states.into_iter().fold(MockTransport::new(), |server, state| server.respond_once::<GetJob>(Ok(job(state, 2, 1))))
}

#[test]
fn every_final_state_ends_a_wait() {
    for state in [JobState::Completed, JobState::Failed, JobState::Canceled] {
        let server = looks([JobState::Submitted, JobState::Running, JobState::Started, JobState::Unknown(42), state]);
        let waited = client(&server).jobs().find(super::ID).expect("a job");
        let ended = waited.wait().join().expect("the end");
        assert_eq!((ended.state(), waited.state()), (state, JobState::Submitted));
        assert!(server.unused().is_empty());
    }
}

#[test]
fn a_job_with_only_earlier_fields_ends_a_wait() {
    let earlier = |legacy_state, canceled| wire::Job { legacy_state, canceled, ..job(JobState::Unknown(0), 1, 1) };
    for (last, state) in [(earlier(3, false), JobState::Completed), (earlier(2, true), JobState::Canceled)] {
        let server = [earlier(1, false), earlier(2, false), last]
            .into_iter()
            .fold(MockTransport::new(), |server, job| server.respond_once::<GetJob>(Ok(job)));
        let waited = client(&server).jobs().find(super::ID).expect("a job");
        assert_eq!(waited.wait().join().expect("the end").state(), state);
        assert!(server.unused().is_empty());
    }
}

#[test]
fn transient_errors_do_not_end_a_wait() {
    let unavailable = || Err(Error::new(Code::Unavailable, "a restart"));
    let server = looks([JobState::Running])
        .respond_once::<GetJob>(unavailable())
        .respond_once::<GetJob>(unavailable())
        .respond_once::<GetJob>(Ok(job(JobState::Running, 1, 1)))
        .respond_once::<GetJob>(unavailable())
        .respond_once::<GetJob>(Ok(job(JobState::Completed, 0, 2)));
    let waited = client(&server).jobs().find(super::ID).expect("a job");
    assert_eq!(waited.wait().join().expect("the end").state(), JobState::Completed);
    let server = looks([JobState::Running]).respond_once::<GetJob>(Err(Error::new(Code::NotFound, "deleted")));
    let waited = client(&server).jobs().find(super::ID).expect("a job");
    assert_eq!(waited.wait().join().expect_err("no such job").kind(), ErrorKind::NotFound);
}

#[test]
fn a_wait_ends_at_its_timeout_with_the_state_of_the_job() {
    let (server, waited) = handle(MockTransport::new(), JobState::Running);
    let _server = server.clone().respond_with::<GetJob>(|_| Ok(job(JobState::Running, 3, 1)));
    let error = waited.wait().timeout(Duration::from_secs(60)).join().expect_err("it runs");
    assert_eq!(error.kind(), ErrorKind::TimedOut);
    assert_eq!(
        error.to_string(),
        "cannot wait for the job `clouds` (00000000-0000-0000-0000-000000000007): it is running after 60s, its tasks are \
         4: 3 queued, 1 computed; wait longer with `timeout`, or `cancel` the job"
    );
    let requests = server.requests::<GetJob>().len();
    assert!((20..60).contains(&requests), "{requests} requests in a minute");
    let requests_before = server.requests::<GetJob>().len();
    waited.wait().timeout(Duration::from_secs(60)).interval(Duration::from_secs(20)).join().expect_err("it runs");
    assert_eq!(server.requests::<GetJob>().len() - requests_before, 4, "at 0, 20, 40 and 60 seconds");
}

#[test]
fn an_observer_receives_each_look_and_the_end() {
    let seen: Arc<Mutex<Vec<JobProgress>>> = Arc::default();
    let observer = {
        let seen = Arc::clone(&seen);
        move |progress: &JobProgress| seen.lock().expect("not poisoned").push(progress.clone())
    };
    let server = looks([JobState::Submitted])
        .respond_once::<GetJob>(Ok(job(JobState::Running, 3, 1)))
        .respond_once::<GetJob>(Ok(job(JobState::Running, 2, 2)))
        .respond_once::<GetJob>(Ok(job(JobState::Completed, 0, 4)));
    let waited = client(&server).jobs().find(super::ID).expect("a job");
    waited.wait().progress(observer.clone()).interval(Duration::from_secs(1)).join().expect("the end");
    let looks = std::mem::take(&mut *seen.lock().expect("not poisoned"));
    let fractions: Vec<_> = looks.iter().map(|look| (look.fraction(), look.elapsed.as_secs())).collect();
    assert_eq!(fractions, [(0.25, 0), (0.5, 1), (1.0, 2)]);
    assert_eq!(looks[1].remaining, Some(Duration::from_secs(2)));
    assert_eq!(looks.iter().map(|look| look.state).collect::<Vec<_>>()[1..], [LoadState::Running, LoadState::Complete]);

    // A failed request stops the wait, but not the job.
    let server = super::super::tests::waiting::looks([JobState::Running, JobState::Running])
        .respond_once::<GetJob>(Err(Error::new(Code::PermissionDenied, "no")));
    let waited = client(&server).jobs().find(super::ID).expect("a job");
    waited.wait().progress(observer).join().expect_err("not permitted");
    let states: Vec<_> = seen.lock().expect("not poisoned").iter().map(|look| look.state).collect();
    assert_eq!(states, [LoadState::Running, LoadState::Stopped]);
}

#[test]
fn an_observer_of_loads_alone_receives_no_jobs() {
    let server = looks([JobState::Submitted, JobState::Completed]);
    let observer = |_: &LoadProgress| unreachable!("a job is not a load");
    let builder = testing::client_builder::<crate::client::blocking::Client>(server).progress(observer);
    let waited = builder.build().expect("a client").jobs().find(super::ID).expect("a job");
    waited.wait().join().expect("the end");
}

#[test]
fn a_failed_job_is_an_error_that_names_its_task() {
    let task = |number, state, display: &str| wire::TaskSummary {
        id: wire_id(number),
        display: display.to_owned(),
        state,
        retry_count: 2,
        ..Default::default()
    };
    let tasks = vec![task(1, 3, "Report"), task(2, 4, "Month(3)\nConnectionError"), task(3, 4, "Month(4)")];
    let page = wire::ListJobTasksResponse {
        page: Some(wire::JobTaskPage { tasks, ..Default::default() }),
        prefetched_child_pages: Vec::new(),
    };
    let (_server, failed) = handle(MockTransport::new().respond_once::<ListJobTasks>(Ok(page)), JobState::Failed);
    let error = failed.clone().success().expect_err("it failed");
    assert_eq!(error.kind(), ErrorKind::JobFailed);
    assert_eq!(
        error.to_string(),
        "cannot complete the job `clouds` (00000000-0000-0000-0000-000000000007): the task `Month(3) ConnectionError` \
         (00000000-0000-0000-0000-000000000002) failed after 2 retries and 1 more; `retry` queues failed tasks again"
    );
    // The list of tasks is best effort.
    assert_eq!(failed.success().expect_err("it failed").reason(), "a task failed");
}

#[test]
fn only_a_completed_job_is_a_success() {
    let of = |state| handle(MockTransport::new(), state).1.success();
    assert!(of(JobState::Completed).is_ok());
    let running = of(JobState::Running).expect_err("it runs");
    assert_eq!(
        (running.kind(), running.reason()),
        (ErrorKind::FailedPrecondition, "it has not ended, its state is running")
    );
    assert_eq!(of(JobState::Canceled).expect_err("it was canceled").reason(), "it was canceled");
}
