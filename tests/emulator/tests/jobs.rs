//! Jobs and tasks over Connect and gRPC.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

mod support;

use std::time::{Duration, SystemTime};

use bytes::{BufMut, Bytes};
use http::Request;
use http_body_util::{BodyExt, Full};
use hyper_util::rt::{TokioExecutor, TokioIo};
use prost::Message;
use support::post;
use support::workflows::*;
use tilebox_core::protocol::wire::tilebox::v1::{Id, Pagination};
use tilebox_core::protocol::wire::workflows::v1::*;
use tilebox_emulator::{Emulator, ErrorCode, Permissions, Refusal, Rpc, Service};

const SUBMIT: &str = "JobService/SubmitJob";
const GET: &str = "JobService/GetJob";
const NEXT: &str = "TaskService/NextTask";

fn emulator() -> Emulator {
    Emulator::builder().start().expect("an emulator")
}

#[test]
fn a_job_runs_to_its_end() {
    let emulator = emulator();
    let cluster = default_cluster(&emulator);
    let job: Job = call(&emulator, SUBMIT, &submission("", "Parent", 1));
    assert_eq!((job.state(), job.trace_parent.as_str()), (JobState::Submitted, TRACE_PARENT));
    assert_eq!(count(&job, TaskState::Queued), 1);
    // A ULID holds the milliseconds of its time.
    let submitted = job.submitted_at.unwrap();
    let milliseconds = submitted.seconds * 1000 + i64::from(submitted.nanos) / 1_000_000;
    assert_eq!(uuid(job.id.as_ref()).as_u128() >> 80, milliseconds as u128);

    let parent: NextTaskResponse = call(&emulator, NEXT, &ask(&cluster, "Parent", None));
    let parent = parent.next_task.expect("a task");
    assert_eq!((parent.state(), parent.input.as_deref()), (TaskState::Running, Some(&b"0"[..])));
    let lease = parent.lease.as_ref().expect("a lease");
    assert_eq!(lease.lease.unwrap().seconds, 15);
    assert_eq!(lease.recommended_wait_until_next_extension.unwrap().seconds, 10);
    assert_eq!(call::<Job>(&emulator, GET, &get_job(&job)).state(), JobState::Running);

    // The report has subtasks, of which the response has the first.
    let mut report = ask(&cluster, "Child", Some(&parent));
    report.computed_task.as_mut().unwrap().sub_tasks = Some(tasks(&cluster, "Child", 3));
    let mut next = call::<NextTaskResponse>(&emulator, NEXT, &report).next_task;
    let mut inputs = Vec::new();
    while let Some(task) = next {
        inputs.push(task.input.clone().unwrap());
        let response: NextTaskResponse = call(&emulator, NEXT, &ask(&cluster, "Child", Some(&task)));
        assert_eq!(response.next_task.is_none(), response.idling.is_some());
        if let Some(idling) = &response.idling {
            let idle = idling.suggested_idling_duration.unwrap();
            assert!((5..10).contains(&idle.seconds), "{idle:?}");
        }
        next = response.next_task;
    }
    inputs.sort();
    assert_eq!(inputs, ["0", "1", "2"]);
    let job: Job = call(&emulator, GET, &get_job(&job));
    assert_eq!((job.state(), count(&job, TaskState::Computed)), (JobState::Completed, 4));
}

#[test]
fn a_report_without_a_wish_gets_an_empty_response() {
    let emulator = emulator();
    let cluster = default_cluster(&emulator);
    let _: Job = call(&emulator, SUBMIT, &submission("", "A", 2));
    let task = call::<NextTaskResponse>(&emulator, NEXT, &ask(&cluster, "A", None)).next_task.unwrap();
    let report = NextTaskRequest { next_task_to_run: None, ..ask(&cluster, "A", Some(&task)) };
    assert_eq!(call::<NextTaskResponse>(&emulator, NEXT, &report), NextTaskResponse::default());
}

#[test]
fn reports_of_unknown_and_finished_tasks_are_accepted() {
    let emulator = emulator();
    let cluster = default_cluster(&emulator);
    let job: Job = call(&emulator, SUBMIT, &submission("", "A", 1));
    let task = call::<NextTaskResponse>(&emulator, NEXT, &ask(&cluster, "A", None)).next_task.unwrap();
    let unknown = Task { id: Some(Id { uuid: Bytes::from_static(&[7; 16]) }), ..Task::default() };
    for task in [&task, &task, &unknown] {
        let response: NextTaskResponse = call(&emulator, NEXT, &ask(&cluster, "A", Some(task)));
        assert!(response.idling.is_some());
        let failed =
            TaskFailedRequest { task_id: task.id.clone(), was_workflow_error: true, ..TaskFailedRequest::default() };
        let _: TaskStateResponse = call(&emulator, "TaskService/TaskFailed", &failed);
        let extension = TaskLeaseRequest { task_id: task.id.clone(), requested_lease: None };
        let lease: TaskLease = call(&emulator, "TaskService/ExtendTaskLease", &extension);
        assert_eq!(lease, TaskLease::default(), "a finished task has no lease");
    }
    assert_eq!(call::<Job>(&emulator, GET, &get_job(&job)).state(), JobState::Completed);
}

#[test]
fn a_report_from_a_deleted_cluster_is_accepted() {
    let emulator = emulator();
    let request = CreateClusterRequest { name: "Mine".to_owned(), ..CreateClusterRequest::default() };
    let cluster: Cluster = call(&emulator, "WorkflowsService/CreateCluster", &request);
    let job: Job = call(&emulator, SUBMIT, &submission(&cluster.slug, "A", 1));
    let task = call::<NextTaskResponse>(&emulator, NEXT, &ask(&cluster.slug, "A", None)).next_task.unwrap();
    let delete = DeleteClusterRequest { cluster_slug: cluster.slug.clone() };
    let _: DeleteClusterResponse = call(&emulator, "WorkflowsService/DeleteCluster", &delete);

    let response: NextTaskResponse = call(&emulator, NEXT, &ask(&cluster.slug, "A", Some(&task)));
    assert!(response.idling.is_some_and(|idling| idling.suggested_idling_duration.unwrap().seconds >= 5));
    assert_eq!(call::<Job>(&emulator, GET, &get_job(&job)).state(), JobState::Completed);
    let (status, error) = fail(&emulator, NEXT, &ask(&cluster.slug, "A", None));
    assert_eq!(status, 404, "{error}");
    let (status, error) = fail(&emulator, SUBMIT, &submission(&cluster.slug, "A", 1));
    assert!(status == 404 && error.contains("\"not_found\"") && error.contains(&cluster.slug), "{error}");
}

#[test]
fn invalid_submissions_are_refused() {
    let emulator = emulator();
    for (request, reason) in [
        (SubmitJobRequest { job_name: String::new(), ..submission("", "A", 1) }, "job_name"),
        (SubmitJobRequest { trace_parent: String::new(), ..submission("", "A", 1) }, "trace_parent"),
        (SubmitJobRequest { tasks: None, ..submission("", "A", 1) }, "tasks"),
        (submission("", "A", 0), "inputs"),
        (submission("a cluster", "A", 1), "cluster_slug"),
        (submission("", "", 1), "name"),
    ] {
        let (status, error) = fail(&emulator, SUBMIT, &request);
        assert!(status == 400 && error.contains("\"invalid_argument\"") && error.contains(reason), "{reason}: {error}");
    }
    let (status, error) = fail(&emulator, GET, &GetJobRequest { job_id: Some(Id { uuid: vec![1; 16].into() }) });
    assert!(status == 404 && error.contains("does not exist"), "{error}");
    assert_eq!(fail(&emulator, GET, &GetJobRequest { job_id: None }).0, 400);
}

#[test]
fn jobs_are_queried_canceled_retried_and_cloned() {
    let emulator = emulator();
    let cluster = default_cluster(&emulator);
    let jobs: Vec<Job> = (0..5).map(|_| call(&emulator, SUBMIT, &submission("", "A", 2))).collect();
    let page = |starting_after| QueryJobsRequest {
        page: Some(Pagination { limit: Some(2), starting_after }),
        ..QueryJobsRequest::default()
    };
    let mut found = Vec::new();
    let mut starting_after = None;
    for _ in 0..3 {
        let response: QueryJobsResponse = call(&emulator, "JobService/QueryJobs", &page(starting_after));
        found.extend(response.jobs.into_iter().map(|job| job.id));
        starting_after = response.next_page.and_then(|page| page.starting_after);
    }
    assert_eq!(starting_after, None);
    assert_eq!(found, jobs.iter().rev().map(|job| job.id.clone()).collect::<Vec<_>>(), "newest first");

    let oldest = &jobs[0];
    let cancel = CancelJobRequest { job_id: oldest.id.clone() };
    let _: CancelJobResponse = call(&emulator, "JobService/CancelJob", &cancel);
    assert_eq!(call::<Job>(&emulator, GET, &get_job(oldest)).state(), JobState::Canceled);
    let task = call::<NextTaskResponse>(&emulator, NEXT, &ask(&cluster, "A", None)).next_task.unwrap();
    assert_eq!(task.job.unwrap().id, jobs[1].id, "the tasks of a canceled job are not handed out");
    let failed = TaskFailedRequest { task_id: task.id, was_workflow_error: true, ..TaskFailedRequest::default() };
    let state: TaskStateResponse = call(&emulator, "TaskService/TaskFailed", &failed);
    assert_eq!(state.state(), TaskState::Failed);
    assert_eq!(call::<Job>(&emulator, GET, &get_job(&jobs[1])).state(), JobState::Failed);
    let retry = RetryJobRequest { job_id: jobs[1].id.clone() };
    let retried: RetryJobResponse = call(&emulator, "JobService/RetryJob", &retry);
    assert_eq!(retried.num_tasks_rescheduled, 1);

    let request = GetJobPrototypeRequest { job_id: oldest.id.clone() };
    let prototype: GetJobPrototypeResponse = call(&emulator, "JobService/GetJobPrototype", &request);
    let request = CloneJobRequest {
        job_id: oldest.id.clone(),
        root_tasks_overrides: prototype.root_tasks,
        job_name: "clone".to_owned(),
    };
    let clone: Job = call(&emulator, "JobService/CloneJob", &request);
    assert_eq!((clone.name.as_str(), count(&clone, TaskState::Queued)), ("clone", 2));
    let list = ListJobTasksRequest { job_id: clone.id.clone(), ..ListJobTasksRequest::default() };
    let tasks: ListJobTasksResponse = call(&emulator, "JobService/ListJobTasks", &list);
    assert_eq!(tasks.page.unwrap().tasks.len(), 2);
    let counts: GetJobStateCountsResponse =
        call(&emulator, "JobService/GetJobStateCounts", &GetJobStateCountsRequest::default());
    assert_eq!(counts.total_jobs, 6);
    let stats: GetTaskQueueStatsResponse =
        call(&emulator, "JobService/GetTaskQueueStats", &GetTaskQueueStatsRequest::default());
    assert!(stats.queued_tasks > 0);
}

#[test]
fn responses_of_task_service_are_not_compressed() {
    let emulator = emulator();
    let cluster = default_cluster(&emulator);
    let job: Job = call(&emulator, SUBMIT, &submission("", "A", 1));
    let task = post(&emulator, "/workflows.v1.TaskService/NextTask", &ask(&cluster, "A", None), "");
    assert_eq!(task.header("content-encoding"), None);
    assert!(message::<NextTaskResponse>(NEXT, &task).next_task.is_some());
    let job = post(&emulator, "/workflows.v1.JobService/GetJob", &get_job(&job), "");
    assert_eq!(job.header("content-encoding"), Some("gzip"));
}

#[test]
fn a_token_needs_a_permission_for_each_method() {
    let emulator = Emulator::builder()
        .token("reader", Permissions::READ)
        .token("runner", Permissions::READ_AND_WRITE)
        .token("none", Permissions::NONE)
        .start()
        .unwrap();
    let statuses = |token| {
        let headers = format!("authorization: Bearer {token}\r\n");
        let create = CreateClusterRequest { name: "a".to_owned(), ..CreateClusterRequest::default() };
        [
            post(&emulator, "/workflows.v1.WorkflowsService/GetCluster", &GetClusterRequest::default(), &headers)
                .status,
            post(&emulator, "/workflows.v1.JobService/SubmitJob", &submission("", "A", 1), &headers).status,
            post(&emulator, "/workflows.v1.TaskService/NextTask", &NextTaskRequest::default(), &headers).status,
            post(&emulator, "/workflows.v1.WorkflowsService/CreateCluster", &create, &headers).status,
        ]
    };
    assert_eq!(statuses("reader"), [200, 403, 403, 403]);
    assert_eq!(statuses("runner"), [200, 200, 200, 403]);
    assert_eq!(statuses("none"), [403, 403, 403, 403]);
    assert_eq!(statuses("unknown"), [401, 401, 401, 401]);
    let public = post(&emulator, "/public/workflows.v1.WorkflowsService/ListClusters", &ListClustersRequest {}, "");
    assert_eq!(public.status, 404, "workflows are never public");
}

#[test]
fn a_runner_uses_grpc_on_the_same_port() {
    let emulator = emulator();
    let cluster = default_cluster(&emulator);
    let job: Job = call(&emulator, SUBMIT, &submission("", "A", 10));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let stream = tokio::net::TcpStream::connect(emulator.address()).await.unwrap();
        let (mut sender, connection) =
            hyper::client::conn::http2::handshake(TokioExecutor::new(), TokioIo::new(stream)).await.unwrap();
        tokio::spawn(connection);
        let mut computed: Option<Task> = None;
        for number in 0..=10 {
            let message = ask(&cluster, "A", computed.as_ref()).encode_to_vec();
            let mut frame = vec![0];
            frame.put_u32(u32::try_from(message.len()).unwrap());
            frame.extend(message);
            let request = Request::post(format!("{}/workflows.v1.{NEXT}", emulator.url()))
                .header("content-type", "application/grpc")
                .header("te", "trailers")
                .header("grpc-accept-encoding", "gzip")
                .body(Full::new(Bytes::from(frame)))
                .unwrap();
            let response = sender.send_request(request).await.unwrap();
            let body = response.into_body().collect().await.unwrap();
            assert_eq!(body.trailers().unwrap().get("grpc-status").unwrap(), "0");
            let frame = body.to_bytes();
            assert_eq!(frame[0], 0, "not compressed");
            let response = NextTaskResponse::decode(&frame[5..]).unwrap();
            assert_eq!((response.next_task.is_some(), response.idling.is_some()), (number < 10, number == 10));
            computed = response.next_task;
        }
    });
    assert_eq!(call::<Job>(&emulator, GET, &get_job(&job)).state(), JobState::Completed);
    assert_eq!(emulator.requests().of(Rpc::NextTask), 11);
}

/// Calls a method of a service at this number of seconds after 2026-01-01.
fn call_at<M: Message + Default>(
    service: &Service,
    seconds: u64,
    method: &str,
    request: &impl Message,
) -> Result<M, Refusal> {
    let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_767_225_600 + seconds);
    let response = service.call(&format!("/workflows.v1.{method}"), request.encode_to_vec().into(), now)?;
    Ok(M::decode(response).expect("the response message"))
}

#[test]
fn a_service_expires_leases_by_the_clock_of_its_caller() {
    let service =
        Emulator::builder().lease(Duration::from_secs(3)).maximum_lease(Duration::from_secs(8)).service().unwrap();
    let cluster: Cluster = call_at(&service, 0, "WorkflowsService/GetCluster", &GetClusterRequest::default()).unwrap();
    let job: Job = call_at(&service, 0, SUBMIT, &submission("", "A", 1)).unwrap();
    let next = |seconds| {
        call_at::<NextTaskResponse>(&service, seconds, NEXT, &ask(&cluster.slug, "A", None)).unwrap().next_task
    };
    let state = |seconds| call_at::<Job>(&service, seconds, GET, &get_job(&job)).unwrap().state();
    let task = next(0).expect("a task");
    let extend = |seconds, requested| {
        let request = TaskLeaseRequest {
            task_id: task.id.clone(),
            requested_lease: Some(prost_types::Duration { seconds: requested, nanos: 0 }),
        };
        let lease: TaskLease = call_at(&service, seconds, "TaskService/ExtendTaskLease", &request).unwrap();
        lease.lease.map(|lease| lease.seconds)
    };
    assert!(next(2).is_none(), "the task is leased");
    assert_eq!(extend(2, 100), Some(8), "the maximum lease");
    assert!(next(9).is_none());
    assert_eq!(state(9), JobState::Running);
    assert_eq!(state(10), JobState::Submitted, "an expired lease is seen by every call");
    assert_eq!(extend(10, 100), None);
    assert_eq!(next(10).expect("the task").id, task.id);

    // The same calls give the same ids.
    let again = Emulator::builder().service().unwrap();
    let job_again: Job = call_at(&again, 0, SUBMIT, &submission("", "A", 1)).unwrap();
    assert_eq!(job_again.id, job.id);
}

#[test]
fn invalid_durations_are_refused() {
    let seconds = Duration::from_secs;
    for (builder, reason) in [
        (Emulator::builder().lease(Duration::ZERO), "option lease: expects 1 ms to 24 hours"),
        (Emulator::builder().lease(seconds(100_000)), "option lease: expects 1 ms to 24 hours"),
        (Emulator::builder().maximum_lease(seconds(1)), "option maximum lease: expects at least the lease"),
        (Emulator::builder().idle(Duration::ZERO), "option idle: expects 1 ms to 24 hours"),
    ] {
        assert_eq!(builder.start().expect_err(reason).to_string(), reason);
    }
    assert!(Emulator::builder().lease(seconds(600)).service().is_ok(), "the maximum lease is raised");
}

#[test]
fn requests_of_any_bytes_get_a_response_or_a_refusal() {
    let service = Emulator::builder().service().unwrap();
    let mut random = fastrand::Rng::with_seed(15);
    for number in 0..5_000 {
        let rpc = Rpc::ALL[13 + number % (Rpc::ALL.len() - 13)];
        let length = random.usize(..60);
        // Mostly small numbers, which are keys of fields, lengths and indices.
        let message: Vec<u8> =
            (0..length).map(|_| if random.u8(..4) > 0 { random.u8(..20) } else { random.u8(..) }).collect();
        let services = ["Job", "Task", "Workflows", "Automation", "StorageLocation", "TelemetryQuery", "Diagram"];
        for name in services {
            let path = format!("/workflows.v1.{name}Service/{}", rpc.name());
            if let Err(refusal) = service.call(&path, message.clone().into(), SystemTime::UNIX_EPOCH) {
                assert_ne!(refusal.code, ErrorCode::Internal, "{path} {message:?}: {refusal}");
            }
        }
    }
}
