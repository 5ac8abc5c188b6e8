//! Reports of tasks whose lease has ended, of finished tasks and of unknown ones. A refused report blocks the newest Go runner
//! and ends older ones, so none is refused.

use std::time::{Duration, SystemTime};

use bytes::Bytes;
use prost::Message;
use prost_types::Duration as WireDuration;
use tilebox_core::protocol::wire::tilebox::v1::Id;
use tilebox_core::protocol::wire::workflows::v1::{
    Cluster, ComputedTask, GetClusterRequest, GetJobRequest, Job, JobState, NextTaskRequest, NextTaskResponse,
    NextTaskToRun, Progress, Task, TaskFailedRequest, TaskIdentifier, TaskLease, TaskLeaseRequest, TaskState,
    TaskStateResponse,
};
use tilebox_emulator::{Emulator, Service};

use crate::messages::submission;

/// A server whose time only this test moves.
struct Server {
    service: Service,
    cluster_slug: String,
    now: Duration,
}

impl Server {
    fn start() -> Self {
        let service = Emulator::builder().service().expect("a service");
        let mut server = Self { service, cluster_slug: String::new(), now: Duration::from_secs(1_764_353_308) };
        server.cluster_slug = server.call::<Cluster>("WorkflowsService/GetCluster", &GetClusterRequest::default()).slug;
        server
    }

    fn call<M: Message + Default>(&self, method: &str, request: &impl Message) -> M {
        let message = Bytes::from(request.encode_to_vec());
        let now = SystemTime::UNIX_EPOCH + self.now;
        let response = self.service.call(&format!("/workflows.v1.{method}"), message, now).expect("no error");
        M::decode(response).expect("a message")
    }

    fn submit(&self) -> Id {
        self.call::<Job>("JobService/SubmitJob", &submission()).id.expect("an id")
    }

    fn job(&self, id: &Id) -> Job {
        self.call("JobService/GetJob", &GetJobRequest { job_id: Some(id.clone()) })
    }

    fn next_task(&self, computed: Option<ComputedTask>) -> Option<Task> {
        let identifiers = vec![TaskIdentifier { name: "Own".to_owned(), version: "v0.0".to_owned() }];
        let wish = NextTaskToRun { cluster_slug: self.cluster_slug.clone(), identifiers };
        let request = NextTaskRequest { computed_task: computed, next_task_to_run: Some(wish) };
        let response: NextTaskResponse = self.call("TaskService/NextTask", &request);
        assert_ne!(response.next_task.is_some(), response.idling.is_some());
        response.next_task
    }

    fn fail(&self, id: &Option<Id>) -> TaskState {
        let request = TaskFailedRequest {
            task_id: id.clone(),
            display: "Own\nfailed to execute task: error".to_owned(),
            was_workflow_error: true,
            ..TaskFailedRequest::default()
        };
        self.call::<TaskStateResponse>("TaskService/TaskFailed", &request).state()
    }

    fn extend(&self, id: &Option<Id>) -> Option<WireDuration> {
        let requested_lease = Some(WireDuration { seconds: 30, nanos: 0 });
        let request = TaskLeaseRequest { task_id: id.clone(), requested_lease };
        self.call::<TaskLease>("TaskService/ExtendTaskLease", &request).lease
    }
}

fn computed(task: &Task, done: u64) -> ComputedTask {
    let progress_updates = vec![Progress { label: String::new(), total: 1, done }];
    ComputedTask { id: task.id.clone(), display: "Own".to_owned(), progress_updates, ..ComputedTask::default() }
}

fn unknown() -> Option<Id> {
    Some(Id { uuid: vec![7; 16].into() })
}

#[test]
fn a_task_whose_lease_ended_is_reported_by_both_runners() {
    let mut server = Server::start();
    let job = server.submit();
    let first = server.next_task(None).expect("a task");
    assert!(server.extend(&first.id).is_some_and(|lease| lease.seconds == 30));
    server.now += Duration::from_secs(29);
    assert_eq!(server.next_task(None), None, "the lease was extended");
    server.now += Duration::from_secs(2);
    let second = server.next_task(None).expect("the task again");
    assert_eq!(second.id, first.id);

    // The first report that arrives counts, from any runner.
    assert_eq!(server.next_task(Some(computed(&first, 1))), None);
    assert_eq!(server.job(&job).state(), JobState::Completed);
    assert_eq!(server.extend(&second.id), None, "nothing is left to extend");
    assert_eq!(server.next_task(Some(computed(&second, 5))), None);
    assert_eq!(server.fail(&second.id), TaskState::Computed);
    let job = server.job(&job);
    assert_eq!(job.state(), JobState::Completed);
    assert_eq!(job.progress, [Progress { label: String::new(), total: 1, done: 1 }]);
    assert_eq!(job.execution_stats.map(|stats| stats.total_tasks), Some(1));
}

#[test]
fn a_queued_task_whose_lease_ended_is_accepted_as_computed() {
    let mut server = Server::start();
    let job = server.submit();
    let task = server.next_task(None).expect("a task");
    server.now += Duration::from_secs(3600);
    assert_eq!(server.next_task(Some(computed(&task, 1))), None);
    let state = server.job(&job).state();
    let again = server.next_task(None);
    // Either the report was in time, or the task is handed out again: it is not lost.
    assert_eq!(state == JobState::Completed, again.is_none(), "{state:?}");
}

#[test]
fn reports_of_unknown_tasks_change_nothing() {
    let server = Server::start();
    let job = server.submit();
    let before = server.job(&job);
    let report = ComputedTask { id: unknown(), display: "Own".to_owned(), ..ComputedTask::default() };
    let task = server.next_task(Some(report)).expect("another task");
    assert_eq!(server.next_task(None), None);
    server.fail(&unknown());
    assert_eq!(server.extend(&unknown()), None);
    assert_eq!(before.state(), JobState::Submitted);
    assert_eq!(server.job(&job).state(), JobState::Running);
    assert_eq!(server.fail(&task.id), TaskState::Failed);
    assert_eq!(server.fail(&task.id), TaskState::Failed);
    assert_eq!(server.job(&job).state(), JobState::Failed);
}
