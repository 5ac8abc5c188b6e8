//! Jobs, tasks and clusters on disk after kills and restarts.

#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

mod support;

use std::sync::mpsc;
use std::time::{Duration, SystemTime};

use prost::Message;
use support::post_to;
use support::process::{Folder, Process};
use support::workflows::*;
use tilebox_core::protocol::wire::tilebox::v1::Id;
use tilebox_core::protocol::wire::workflows::v1::*;
use tilebox_emulator::{Emulator, Refusal, Service};

/// An acknowledged write.
enum Acknowledged {
    Job(Job),
    /// A report of a task of a job, with this number of subtasks.
    Computed {
        job: Job,
        task: Option<Id>,
        subtasks: usize,
    },
}

/// Calls a method of a process. Returns `None` once the process is killed.
fn call_at<M: Message + Default>(address: &str, method: &str, request: &impl Message) -> Option<M> {
    let reply = post_to(address, &format!("/workflows.v1.{method}"), request, "").ok()?;
    assert_eq!(reply.status, 200, "{method}: {}", reply.text());
    Some(M::decode(reply.body).expect("the response message"))
}

/// Submits jobs until the process is killed.
fn submit(address: &str, acknowledged: &mpsc::Sender<Acknowledged>) -> Option<()> {
    loop {
        let job: Job = call_at(address, "JobService/SubmitJob", &submission("", "A", 2))?;
        acknowledged.send(Acknowledged::Job(job)).ok()?;
    }
}

/// Runs tasks, each of which submits `subtasks` subtasks of another name, until the process is killed.
fn run(address: &str, subtasks: usize, acknowledged: &mpsc::Sender<Acknowledged>) -> Option<()> {
    let cluster: Cluster = call_at(address, "WorkflowsService/GetCluster", &GetClusterRequest::default())?;
    let mut computed: Option<Task> = None;
    loop {
        let mut request = ask(&cluster.slug, "A", computed.as_ref());
        if let Some(report) = &mut request.computed_task {
            report.sub_tasks = Some(tasks(&cluster.slug, "B", subtasks));
        }
        let response: NextTaskResponse = call_at(address, "TaskService/NextTask", &request)?;
        if let Some(task) = computed {
            let job = task.job.expect("a job");
            acknowledged.send(Acknowledged::Computed { job, task: task.id, subtasks }).ok()?;
        }
        computed = response.next_task;
    }
}

#[test]
fn a_killed_process_loses_no_acknowledged_job_or_report() {
    let folder = Folder::new("killed-jobs");
    let (mut jobs, mut reports) = (Vec::new(), Vec::new());
    // Each round starts with the data of the one before.
    for round in 0..3 {
        let process = Process::start(&folder);
        let (sender, acknowledged) = mpsc::channel();
        let threads: Vec<_> = (0..6)
            .map(|number| {
                let (address, sender) = (process.address.clone(), sender.clone());
                std::thread::spawn(move || match number {
                    0..3 => submit(&address, &sender),
                    _ => run(&address, 3, &sender),
                })
            })
            .collect();
        drop(sender);
        let wait = Duration::from_secs(60);
        let mut count = 0;
        let mut note = |write| match write {
            Acknowledged::Job(job) => jobs.push(job),
            Acknowledged::Computed { job, task, subtasks } => reports.push((job, task, subtasks)),
        };
        while count < 60 {
            note(acknowledged.recv_timeout(wait).expect("a response"));
            count += 1;
        }
        drop(process);
        acknowledged.iter().for_each(note);
        for thread in threads {
            // `None` after the kill.
            let _ = thread.join().unwrap();
        }
        assert!(!reports.is_empty(), "round {round}");
    }

    let process = Process::start(&folder);
    for job in &jobs {
        let stored: Job = call_at(&process.address, "JobService/GetJob", &get_job(job)).expect("the job");
        assert_eq!((stored.submitted_at, stored.trace_parent.as_str()), (job.submitted_at, TRACE_PARENT));
        assert!(stored.execution_stats.unwrap().total_tasks >= 2);
    }
    for (job, task, subtasks) in &reports {
        let list =
            |parent_task_id| ListJobTasksRequest { job_id: job.id.clone(), parent_task_id, ..Default::default() };
        let tasks = |parent| {
            let response: ListJobTasksResponse =
                call_at(&process.address, "JobService/ListJobTasks", &list(parent)).expect("tasks");
            response.page.expect("a page").tasks
        };
        let stored = tasks(None).into_iter().find(|stored| stored.id == *task).expect("the task");
        assert_eq!(stored.state(), TaskState::Computed);
        assert_eq!(tasks(task.clone()).len(), *subtasks, "all subtasks or none");
    }
}

/// Calls a method of a service at this number of seconds after 2026-01-01.
fn ask_at<M: Message + Default>(
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
fn leases_start_again_after_a_restart() {
    let folder = Folder::new("leases");
    let start = || Emulator::builder().lease(Duration::from_secs(3)).data(&folder.0).service().expect("a service");
    let get_cluster = GetClusterRequest::default();
    let next = |service: &Service, cluster: &Cluster, seconds| {
        let request = ask(&cluster.slug, "A", None);
        ask_at::<NextTaskResponse>(service, seconds, "TaskService/NextTask", &request).unwrap().next_task
    };
    let service = start();
    let cluster: Cluster = ask_at(&service, 0, "WorkflowsService/GetCluster", &get_cluster).unwrap();
    let job: Job = ask_at(&service, 0, "JobService/SubmitJob", &submission("", "A", 1)).unwrap();
    let task = next(&service, &cluster, 1).expect("a task");
    drop(service);

    let service = start();
    let again: Cluster = ask_at(&service, 100, "WorkflowsService/GetCluster", &get_cluster).unwrap();
    assert_eq!(again, cluster, "the default cluster keeps its slug");
    assert!(next(&service, &cluster, 102).is_none(), "the lease started again");
    let stored: Job = ask_at(&service, 102, "JobService/GetJob", &get_job(&job)).unwrap();
    assert_eq!(stored.state(), JobState::Running);
    let request = ask(&cluster.slug, "A", Some(&task));
    let response: NextTaskResponse = ask_at(&service, 102, "TaskService/NextTask", &request).unwrap();
    assert!(response.idling.is_some());
    drop(service);

    let service = start();
    let stored: Job = ask_at(&service, 200, "JobService/GetJob", &get_job(&job)).unwrap();
    assert_eq!(stored.state(), JobState::Completed, "the report of the task of the first emulator");
    let other: Job = ask_at(&service, 200, "JobService/SubmitJob", &submission("", "A", 1)).unwrap();
    assert_eq!(other.state(), JobState::Submitted);
    let task = next(&service, &cluster, 200).expect("a task");
    drop(service);
    let service = start();
    let _: Job = ask_at(&service, 300, "JobService/GetJob", &get_job(&job)).unwrap();
    assert_eq!(next(&service, &cluster, 303).expect("an expired task").id, task.id);
}

#[test]
fn clusters_and_releases_survive_a_restart() {
    let folder = Folder::new("clusters");
    let start = || Emulator::builder().data(&folder.0).start().expect("an emulator");
    let emulator = start();
    let create = |slug: &str| {
        let (name, slug) = (slug.to_owned(), slug.to_owned());
        let request = CreateClusterRequest { name, slug, ..CreateClusterRequest::default() };
        call::<Cluster>(&emulator, "WorkflowsService/CreateCluster", &request)
    };
    create("a");
    create("b");
    let delete = DeleteClusterRequest { cluster_slug: "b".to_owned() };
    let _: DeleteClusterResponse = call(&emulator, "WorkflowsService/DeleteCluster", &delete);
    let request = CreateWorkflowRequest { name: "w".to_owned(), ..CreateWorkflowRequest::default() };
    let workflow: Workflow = call(&emulator, "WorkflowsService/CreateWorkflow", &request);
    let workflow_slug = workflow.slug;
    let publish = PublishWorkflowReleaseRequest {
        workflow_slug: workflow_slug.clone(),
        artifact_id: None,
        content: Some(ReleaseContent::default()),
    };
    let release: WorkflowRelease = call(&emulator, "WorkflowsService/PublishWorkflowRelease", &publish);
    let deploy = DeployWorkflowReleaseRequest {
        workflow_slug: workflow_slug.clone(),
        release_id: release.id,
        cluster_slugs: vec!["a".to_owned()],
    };
    let _: DeployWorkflowReleaseResponse = call(&emulator, "WorkflowsService/DeployWorkflowRelease", &deploy);
    let everything = |emulator: &Emulator| {
        let clusters: ListClustersResponse = call(emulator, "WorkflowsService/ListClusters", &ListClustersRequest {});
        let workflows: ListWorkflowsResponse =
            call(emulator, "WorkflowsService/ListWorkflows", &ListWorkflowsRequest::default());
        (clusters, workflows)
    };
    let before = everything(&emulator);
    assert_eq!(before.0.clusters.len(), 1);
    assert_eq!(before.0.clusters[0].deployed_releases.len(), 1);
    emulator.stop();

    let emulator = start();
    assert_eq!(everything(&emulator), before);
    let request = CreateWorkflowRequest { name: "w".to_owned(), ..CreateWorkflowRequest::default() };
    let other: Workflow = call(&emulator, "WorkflowsService/CreateWorkflow", &request);
    assert_ne!(other.slug, workflow_slug);
}

#[test]
fn datasets_and_jobs_share_the_file() {
    let folder = Folder::new("shared");
    let process = Process::start(&folder);
    let job: Job = call_at(&process.address, "JobService/SubmitJob", &submission("", "A", 1)).unwrap();
    let request = tilebox_core::protocol::wire::datasets::v1::CreateDatasetRequest {
        name: "Mine".to_owned(),
        code_name: "mine".to_owned(),
        r#type: Some(tilebox_core::protocol::wire::datasets::v1::DatasetType { kind: 1, fields: vec![] }),
        ..Default::default()
    };
    let _: tilebox_core::protocol::wire::datasets::v1::Dataset =
        process.call("DatasetService/CreateDataset", &request).unwrap();
    let cancel = CancelJobRequest { job_id: job.id.clone() };
    let _: CancelJobResponse = call_at(&process.address, "JobService/CancelJob", &cancel).unwrap();
    drop(process);

    let emulator = Emulator::builder().data(&folder.0).start().unwrap();
    assert_eq!(emulator.datasets().len(), 1);
    assert_eq!(call::<Job>(&emulator, "JobService/GetJob", &get_job(&job)).state(), JobState::Canceled);
}
