//! A worker behind a gRPC client.

#![expect(clippy::panic, clippy::unwrap_used, reason = "a test fails by panicking")]

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;
use std::{env, fs, process};

use bytes::{BufMut as _, Bytes};
use http::{HeaderMap, Request};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::client::conn::http2::SendRequest;
use hyper_util::rt::{TokioExecutor, TokioIo};
use prost::Message;
use serde::{Deserialize, Serialize};
use tilebox_core::protocol::wire::opentelemetry::proto::logs::v1::LogRecord;
use tilebox_core::protocol::wire::tilebox::v1::Id;
use tilebox_core::protocol::wire::workflows::v1::{
    Cluster, ExecuteTaskResponse, InitializeRunnerRequest, Job, Task as WireTask, TaskIdentifiers, TileboxApiConnection,
};
use tilebox_core::workflows::{Context, Input, Task, TaskIdentifier, TaskResult};
use tokio::task::JoinHandle;
use tokio::time::timeout;

use super::Worker;
use super::address::{Address, Runtime, Settings};
use super::log_layer::record;
use super::log_queue::LogQueue;
use super::server::Listener;
use super::service::Service;

const TOKEN: &str = "token-of-the-runtime";
const TASK: u128 = 7;
/// Longer than any test takes.
const LONG: Duration = Duration::from_secs(60);

#[derive(Serialize, Deserialize)]
struct Split {
    parts: u32,
}

impl Task for Split {
    const INPUT: Input = Input::Go;

    fn identifier() -> TaskIdentifier {
        TaskIdentifier::new("Split", 1, 2)
    }

    async fn execute(self, context: &Context) -> TaskResult {
        context.shared::<crate::Client>()?;
        assert_eq!(*context.shared::<u32>()?, 17);
        context.progress("parts").add(u64::from(self.parts));
        context.submit_all((0..self.parts).map(|parts| Self { parts }))?;
        if self.parts > 2 {
            return Err(std::io::Error::other("too many parts").into());
        }
        context.set_display("two parts");
        Ok(())
    }
}

/// Waits for ever.
#[derive(Serialize, Deserialize)]
struct Endless;

impl Task for Endless {
    async fn execute(self, _: &Context) -> TaskResult {
        std::future::pending().await
    }
}

/// A worker that runs, and a connection to it.
struct Called {
    sender: SendRequest<Full<Bytes>>,
    token: Option<&'static str>,
    service: Arc<Service>,
    logs: Arc<LogQueue>,
    served: JoinHandle<()>,
    folder: Option<PathBuf>,
}

/// Removes the folder.
impl Drop for Called {
    fn drop(&mut self) {
        if let Some(folder) = &self.folder {
            let _ = fs::remove_dir_all(folder);
        }
    }
}

fn folder() -> PathBuf {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let name = format!("tilebox-worker-{}-{}", process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
    let folder = env::temp_dir().join(name);
    fs::create_dir_all(&folder).unwrap();
    folder
}

fn worker() -> Worker {
    Worker::new().task::<Split>().task::<Endless>().shared(17_u32)
}

impl Called {
    async fn start(is_managed: bool) -> Self {
        let runtime = is_managed.then(|| Runtime { folder: folder(), token: TOKEN.to_owned() });
        let folder = runtime.as_ref().map(|runtime| runtime.folder.clone());
        let settings = Settings { address: Address::Tcp("127.0.0.1:0".parse().unwrap()), runtime };
        let logs = Arc::new(LogQueue::default());
        let (listener, service) = worker().start(&settings, Arc::clone(&logs)).await.unwrap();
        let Address::Tcp(address) = listener.address().clone() else { panic!("a port") };
        let served = tokio::spawn(listener.serve(Arc::clone(&service)));
        let stream = tokio::net::TcpStream::connect(address).await.unwrap();
        let (sender, connection) =
            hyper::client::conn::http2::handshake(TokioExecutor::new(), TokioIo::new(stream)).await.unwrap();
        tokio::spawn(connection);
        Self { sender, token: is_managed.then_some(TOKEN), service, logs, served, folder }
    }

    /// Calls a method, and returns the response once its headers have arrived.
    async fn open(&mut self, method: &str, message: &impl Message) -> http::Response<Incoming> {
        let message = message.encode_to_vec();
        let mut frame = vec![0];
        frame.put_u32(u32::try_from(message.len()).unwrap());
        frame.extend(message);
        let mut request = Request::post(format!("http://worker/workflows.v1.WorkerService/{method}"))
            .header("content-type", "application/grpc")
            .header("te", "trailers");
        if let Some(token) = self.token {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        let request = request.body(Full::new(Bytes::from(frame))).unwrap();
        self.sender.ready().await.unwrap();
        timeout(LONG, self.sender.send_request(request)).await.unwrap().unwrap()
    }

    /// Calls a method, and returns its message, or the code of its error.
    async fn call<R: Message + Default>(&mut self, method: &str, message: &impl Message) -> Result<R, String> {
        let response = self.open(method, message).await;
        let headers = response.headers().clone();
        let body = timeout(LONG, response.into_body().collect()).await.unwrap().unwrap();
        let trailers = body.trailers().cloned().unwrap_or(headers);
        status(&trailers)?;
        Ok(R::decode(&body.to_bytes()[5..]).unwrap())
    }

    async fn initialize(&mut self) -> Result<(), String> {
        let connection =
            TileboxApiConnection { url: Some("http://127.0.0.1:1".to_owned()), token: Some("key".to_owned()) };
        let cluster = Cluster { slug: "dev".to_owned(), ..Cluster::default() };
        let request = InitializeRunnerRequest {
            cluster: Some(cluster),
            api_connection: Some(connection),
            ..InitializeRunnerRequest::default()
        };
        self.call::<()>("InitializeWorker", &request).await
    }

    async fn execute(&mut self, task: &WireTask) -> Result<ExecuteTaskResponse, String> {
        self.call("ExecuteTask", task).await
    }
}

fn status(trailers: &HeaderMap) -> Result<(), String> {
    let text = |name| trailers.get(name).map(|value| value.to_str().unwrap().to_owned()).unwrap_or_default();
    match text("grpc-status").as_str() {
        "0" => Ok(()),
        code => Err(format!("{code} {}", text("grpc-message"))),
    }
}

fn id(number: u128) -> Option<Id> {
    Some(Id { uuid: Bytes::copy_from_slice(&number.to_be_bytes()) })
}

fn task(name: &str, minor: u64, input: &'static str) -> WireTask {
    WireTask {
        id: id(TASK),
        identifier: Some(TaskIdentifier::new(name.to_owned(), u64::from(name == "Split"), minor).to_wire()),
        input: Some(Bytes::from_static(input.as_bytes())),
        display: Some("submitted".to_owned()),
        job: Some(Job { id: id(8), name: "job".to_owned(), ..Job::default() }),
        ..WireTask::default()
    }
}

#[tokio::test]
async fn a_worker_executes_tasks_until_its_shutdown() {
    let mut worker = Called::start(true).await;
    let announced = fs::read_to_string(worker.folder.clone().unwrap().join("endpoint.json")).unwrap();
    assert!(
        announced.starts_with(r#"{"address":"127.0.0.1:"#) && announced.ends_with(r#","version":1}"#),
        "{announced}"
    );

    let listed: TaskIdentifiers = worker.call("ListRegisteredTasks", &()).await.unwrap();
    let names: Vec<_> = listed.identifiers.iter().map(|task| format!("{} {}", task.name, task.version)).collect();
    assert_eq!(names, ["Endless v0.0", "Split v1.2"]);

    let early = worker.execute(&task("Split", 2, r#"{"parts":2}"#)).await.unwrap().failed_task.unwrap();
    assert_eq!((early.display.as_str(), early.was_workflow_error), ("submitted\nthe worker is not initialized", false));
    worker.initialize().await.unwrap();
    assert_eq!(worker.initialize().await, Err("9 Worker is already initialized".to_owned()));

    // An earlier minor version runs the later code.
    let computed = worker.execute(&task("Split", 0, r#"{"parts":2}"#)).await.unwrap().computed_task.unwrap();
    assert_eq!((computed.id, computed.display.as_str()), (id(TASK), "two parts"));
    assert_eq!((computed.progress_updates[0].label.as_str(), computed.progress_updates[0].total), ("parts", 2));
    let subtasks = computed.sub_tasks.unwrap();
    assert_eq!(subtasks.cluster_slug_lookup, ["dev"]);
    assert_eq!(subtasks.task_groups[0].inputs, [r#"{"parts":0}"#, r#"{"parts":1}"#]);

    let failed = worker.execute(&task("Split", 2, r#"{"parts":3}"#)).await.unwrap().failed_task.unwrap();
    assert_eq!((failed.display.as_str(), failed.was_workflow_error), ("submitted\ntoo many parts", true));
    assert_eq!((failed.task_id, failed.progress_updates[0].total), (id(TASK), 3));
    let unreadable = worker.execute(&task("Split", 2, "{")).await.unwrap().failed_task.unwrap();
    assert!(unreadable.was_workflow_error);

    for unknown in [task("Split", 3, "{}"), task("Other", 0, "")] {
        let failed = worker.execute(&unknown).await.unwrap().failed_task.unwrap();
        assert_eq!((failed.display.as_str(), failed.was_workflow_error), ("submitted", false));
    }
    let without_job = WireTask { job: None, ..task("Split", 2, "{}") };
    assert!(!worker.execute(&without_job).await.unwrap().failed_task.unwrap().was_workflow_error);

    worker.call::<()>("ShutdownWorker", &()).await.unwrap();
    timeout(LONG, &mut worker.served).await.unwrap().unwrap();
}

#[tokio::test]
async fn a_call_without_the_token_is_refused() {
    let mut worker = Called::start(true).await;
    for token in [None, Some(""), Some("token-of-the-runtimf"), Some("token-of-the-runtime-and-more")] {
        worker.token = token;
        for method in ["ListRegisteredTasks", "InitializeWorker", "ExecuteTask", "WatchLogs", "ShutdownWorker"] {
            let refused = worker.call::<()>(method, &()).await;
            assert_eq!(refused, Err("16 Invalid runtime authorization".to_owned()), "{method} {token:?}");
        }
    }
    worker.token = Some(TOKEN);
    worker.call::<TaskIdentifiers>("ListRegisteredTasks", &()).await.unwrap();
    assert_eq!(worker.call::<()>("Other", &()).await.map_err(|error| error[..2].to_owned()), Err("12".to_owned()));
}

#[tokio::test]
async fn logs_are_streamed_to_one_reader_until_the_shutdown() {
    let mut worker = Called::start(true).await;
    worker.logs.add(record(tracing::Level::WARN, "early".to_owned()));
    let mut stream = worker.open("WatchLogs", &()).await.into_body();
    let second = worker.call::<()>("WatchLogs", &()).await;
    assert_eq!(second, Err("6 A log subscriber is already connected".to_owned()));
    worker.logs.add(record(tracing::Level::INFO, "late".to_owned()));
    let mut records = Vec::new();
    while records.len() < 2 {
        let frame = timeout(LONG, stream.frame()).await.unwrap().unwrap().unwrap();
        let data = frame.into_data().unwrap();
        // Each frame may hold several messages.
        let mut rest = &data[..];
        while !rest.is_empty() {
            let length = u32::from_be_bytes(rest[1..5].try_into().unwrap()) as usize;
            records.push(LogRecord::decode(&rest[5..5 + length]).unwrap());
            rest = &rest[5 + length..];
        }
    }
    let severities: Vec<_> = records.iter().map(|record| record.severity_text.as_str()).collect();
    assert_eq!(severities, ["WARN", "INFO"]);

    worker.call::<()>("ShutdownWorker", &()).await.unwrap();
    let last = timeout(LONG, stream.frame()).await.unwrap().unwrap().unwrap();
    status(last.trailers_ref().unwrap()).unwrap();
    timeout(LONG, &mut worker.served).await.unwrap().unwrap();
}

#[tokio::test]
async fn an_older_command_line_needs_no_token_and_reads_no_logs() {
    let mut worker = Called::start(false).await;
    worker.call::<TaskIdentifiers>("ListRegisteredTasks", &()).await.unwrap();
    let refused = worker.call::<()>("WatchLogs", &()).await;
    assert_eq!(refused, Err("14 Local log streaming is unavailable".to_owned()));
}

#[tokio::test]
async fn a_stopped_worker_hands_its_tasks_back() {
    let mut worker = Called::start(false).await;
    worker.initialize().await.unwrap();
    let service = Arc::clone(&worker.service);
    let request = task("Endless", 0, "");
    let (handed_back, ()) = tokio::join!(worker.execute(&request), async {
        // The call reaches the worker first.
        while !service.is_busy() {
            tokio::task::yield_now().await;
        }
        service.stop(Duration::ZERO).await;
    });
    let failed = handed_back.unwrap().failed_task.unwrap();
    assert_eq!((failed.display.as_str(), failed.was_workflow_error), ("submitted", false));
    timeout(LONG, &mut worker.served).await.unwrap().unwrap();
}

#[cfg(unix)]
#[tokio::test]
async fn a_socket_of_an_earlier_worker_is_replaced() {
    use std::os::unix::fs::PermissionsExt as _;

    let folder = folder();
    let address = Address::Unix(folder.join("worker.sock"));
    let earlier = Listener::bind(&address).await.unwrap();
    std::mem::forget(earlier);
    let listener = Listener::bind(&address).await.unwrap();
    let mode = fs::metadata(folder.join("worker.sock")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    drop(listener);
    assert!(!folder.join("worker.sock").exists());

    fs::write(folder.join("worker.sock"), "a file of the user").unwrap();
    assert!(Listener::bind(&address).await.is_err());
    assert!(folder.join("worker.sock").exists());
    fs::remove_dir_all(folder).unwrap();
}
