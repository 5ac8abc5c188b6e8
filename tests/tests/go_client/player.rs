//! Plays a scenario against a server.

use std::collections::HashMap;

use prost::Message as _;
use serde_json::Value;
use tilebox_core::protocol::wire::tilebox::v1::Id;
use tilebox_core::protocol::wire::workflows::v1::{
    Cluster, GetJobRequest, Job, JobState, NextTaskResponse, Task, TaskLease, TaskState, TaskStateResponse,
};
use tilebox_emulator::Emulator;
use tilebox_tests::go_client::{Connection, Reply};

use crate::KEY;
use crate::log::{Scenario, Step};
use crate::messages::{base64, encode_request, submission, to_base64};

/// The treatment of an error response of the recorded stand-in.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum RecordedErrors {
    /// The server responds with the same error, as an injected fault.
    Injected,
    /// The server responds as usual, so that the client's repetitions reach it as duplicates.
    Absent,
}

pub(crate) struct Player<'a> {
    server: &'a Emulator,
    connection: Connection,
    errors: RecordedErrors,
    /// The server's ids, in base64, and slugs by the recorded ones.
    known: HashMap<String, String>,
    /// Tasks that arrived where the recording has an error.
    unclaimed: Vec<Task>,
    jobs: Vec<Id>,
    requests: usize,
}

impl<'a> Player<'a> {
    pub(crate) fn new(server: &'a Emulator, errors: RecordedErrors) -> Self {
        let connection = Connection::open(server.address(), KEY);
        Self { server, connection, errors, known: HashMap::new(), unclaimed: Vec::new(), jobs: Vec::new(), requests: 0 }
    }

    pub(crate) fn connection(&mut self) -> &mut Connection {
        &mut self.connection
    }

    pub(crate) fn requests(&self) -> usize {
        self.requests
    }

    /// Returns the submitted jobs in their current states.
    pub(crate) fn jobs(&mut self) -> Vec<Job> {
        let get = |id: &Id| {
            let request = GetJobRequest { job_id: Some(id.clone()) };
            let reply = self.connection.call("workflows.v1.JobService/GetJob", &request.encode_to_vec(), None);
            Job::decode(&reply.body[..]).expect("a job")
        };
        self.jobs.iter().map(get).collect()
    }

    /// Returns the server's id of a recorded task or job.
    pub(crate) fn id(&self, recorded: &[u8]) -> Option<Vec<u8>> {
        self.known.get(&to_base64(recorded)).map(|id| base64(id))
    }

    pub(crate) fn play(&mut self, scenario: &Scenario) {
        if scenario.name.starts_with('A') {
            // The stand-in knew every job. The recording deletes the created cluster by another spelling of its slug.
            let job = self.submit_unrecorded();
            self.known.insert("HSL+iDQeRb+K4hOaJwxelQ==".to_owned(), to_base64(&job.uuid));
        }
        for step in &scenario.steps {
            self.play_step(step);
        }
    }

    fn submit_unrecorded(&mut self) -> Id {
        let reply = self.connection.call("workflows.v1.JobService/SubmitJob", &submission().encode_to_vec(), None);
        assert_eq!(reply.status, 200, "{}", String::from_utf8_lossy(&reply.body));
        Job::decode(&reply.body[..]).expect("a job").id.expect("an id")
    }

    fn play_step(&mut self, step: &Step) {
        let request = self.translate(&step.request);
        let bytes = step.bytes.clone().unwrap_or_else(|| encode_request(&step.path, &request));
        // No stand-in is needed for a cluster that does not exist.
        let error = step.response.as_ref().err();
        let error = error.filter(|_| self.errors == RecordedErrors::Injected || step.method() == "GetCluster");
        if let Some(code) = error.filter(|_| step.method() != "GetCluster") {
            self.server.inject(format!("rpc:{code},on={}", step.method()).parse().expect("a fault"));
        }
        let reply = self.connection.call(&step.path, &bytes, step.deadline.map(|seconds| seconds * 1000 + 998));
        self.requests += 1;
        match error {
            Some(code) => assert_eq!((reply.status, &reply.error()), (status(code), code), "{}", step.path),
            None => {
                let text = String::from_utf8_lossy(&reply.body);
                assert_eq!(reply.status, 200, "{} {request}: {text}", step.path);
                self.check(step, &request, &reply);
            }
        }
    }

    /// Replaces recorded ids and slugs by the server's.
    fn translate(&self, json: &Value) -> Value {
        match json {
            Value::String(text) => self.known.get(text).map_or_else(|| json.clone(), |known| Value::from(&known[..])),
            Value::Array(values) => values.iter().map(|value| self.translate(value)).collect(),
            Value::Object(fields) => fields.iter().map(|(name, value)| (name.clone(), self.translate(value))).collect(),
            _ => json.clone(),
        }
    }

    fn learn(&mut self, recorded: &Value, known: String) {
        self.known.insert(recorded.as_str().expect("a text").to_owned(), known);
    }

    fn check(&mut self, step: &Step, request: &Value, reply: &Reply) {
        let body = &reply.body[..];
        assert!(!reply.compressed || !step.path.contains("TaskService"), "responses of TaskService are not compressed");
        match (step.method(), &step.response) {
            ("SubmitJob", Ok(recorded)) => {
                let job = Job::decode(body).expect("a job");
                assert_eq!(job.state(), JobState::Submitted);
                assert_eq!(
                    (request["jobName"].as_str(), request["traceParent"].as_str()),
                    (Some(&job.name[..]), Some(&job.trace_parent[..]))
                );
                let id = job.id.expect("an id");
                self.learn(&recorded["id"]["uuid"], to_base64(&id.uuid));
                self.jobs.push(id);
            }
            ("GetCluster" | "CreateCluster", Ok(recorded)) => {
                let cluster = Cluster::decode(body).expect("a cluster");
                if step.method() == "CreateCluster" {
                    self.learn(&Value::from("dev-cluster-abc"), cluster.slug.clone());
                }
                self.learn(&recorded["slug"], cluster.slug);
            }
            ("NextTask", recorded) => {
                let response = NextTaskResponse::decode(body).expect("a response");
                self.check_next_task(request, response, recorded.as_ref().ok());
            }
            ("TaskFailed", recorded) => {
                let state = TaskStateResponse::decode(body).expect("a state").state();
                let task = step.request["taskId"]["uuid"].as_str().expect("an id");
                if let (Ok(recorded), true) = (recorded, self.known.contains_key(task)) {
                    let expected = TaskState::from_str_name(recorded["state"].as_str().expect("a state"));
                    assert_eq!(Some(state), expected);
                }
            }
            ("ExtendTaskLease", _) => {
                let lease = TaskLease::decode(body).expect("a lease");
                let (lease, wait) = (lease.lease, lease.recommended_wait_until_next_extension);
                if request["requestedLease"] != "0s" {
                    let (lease, wait) = (lease.expect("a lease"), wait.expect("a wait"));
                    assert!(seconds(wait) > 0.0 && seconds(wait) < seconds(lease), "{wait} of {lease}");
                }
            }
            _ => {}
        }
    }

    fn check_next_task(&mut self, request: &Value, response: NextTaskResponse, recorded: Option<&Value>) {
        let wanted = &request["nextTaskToRun"]["identifiers"];
        let is_wanted =
            |name: &Value| wanted.as_array().is_some_and(|wanted| wanted.iter().any(|one| one["name"] == *name));
        let recorded_task = recorded.map(|recorded| &recorded["nextTask"]).filter(|task| task.is_object());
        match (response.next_task, response.idling) {
            (Some(task), None) => {
                let identifier = task.identifier.clone().expect("an identifier");
                assert!(is_wanted(&Value::from(identifier.name.clone())), "{identifier:?} is not registered");
                assert_eq!(task.state(), TaskState::Running);
                let job = task.job.as_ref().and_then(|job| job.id.clone()).expect("a job");
                assert!(self.jobs.contains(&job), "the task belongs to a submitted job");
                let lease = task.lease.expect("a lease");
                let wait = lease.recommended_wait_until_next_extension.expect("a wait");
                assert!(seconds(wait) > 0.0 && seconds(wait) < lease.lease.map_or(0.0, seconds));
                match (recorded, recorded_task) {
                    (_, Some(recorded)) => {
                        assert_eq!(recorded["identifier"]["name"], identifier.name);
                        self.learn(&recorded["id"]["uuid"], to_base64(&task.id.expect("an id").uuid));
                    }
                    (None, _) => self.unclaimed.push(task),
                    (Some(recorded), None) => panic!("a task where the recording has {recorded}"),
                }
            }
            (None, Some(idling)) => {
                assert!(idling.suggested_idling_duration.is_some_and(|duration| seconds(duration) > 0.0));
                match recorded_task {
                    Some(recorded) if !self.unclaimed.is_empty() => {
                        let id = self.unclaimed.remove(0).id.expect("an id");
                        self.learn(&recorded["id"]["uuid"], to_base64(&id.uuid));
                    }
                    // The stand-in handed out a task that the runner does not register.
                    Some(recorded) => assert!(!is_wanted(&recorded["identifier"]["name"]), "no task for {recorded}"),
                    None => {}
                }
            }
            (task, idling) => panic!("expects a task or idling, got {task:?} and {idling:?}"),
        }
    }
}

fn seconds(duration: prost_types::Duration) -> f64 {
    duration.seconds as f64 + f64::from(duration.nanos) / 1e9
}

/// Returns the HTTP status of an error. Connect's status for `unimplemented` is 501, which Go repeats.
fn status(code: &str) -> u16 {
    match code {
        "invalid_argument" => 400,
        "unauthenticated" => 401,
        "not_found" | "unimplemented" => 404,
        "unavailable" => 503,
        _ => panic!("the recording has no {code}"),
    }
}
