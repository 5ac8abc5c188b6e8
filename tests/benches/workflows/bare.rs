//! The rate of tasks over hyper alone, which bounds that of a runner over hyper: one thread, one request at a time on each
//! connection, and a plain loop instead of the SDK.

use std::cell::Cell;
use std::rc::Rc;

use bytes::Bytes;
use http::Request;
use http_body_util::{BodyExt as _, Full};
use tilebox_tokio::hyper::hyper_util::client::legacy::Client;
use tilebox_tokio::hyper::hyper_util::client::legacy::connect::HttpConnector;
use tilebox_tokio::hyper::hyper_util::rt::TokioExecutor;

use crate::requests::{NEXT_TASK, Report, TaskId, task_id};

/// Reports the running tasks and receives the next ones, with this many calls. Returns the tasks that run then.
pub(crate) fn calls(url: &str, cluster_slug: &str, running: &[TaskId], calls: usize) -> Vec<TaskId> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let mut connector = HttpConnector::new();
    connector.set_nodelay(true);
    let client: Client<_, Full<Bytes>> = Client::builder(TokioExecutor::new()).build(connector);
    let left = Rc::new(Cell::new(calls));
    let url: http::Uri = format!("{url}/{NEXT_TASK}").parse().expect("a URL");
    let one = |mut task: TaskId| {
        let (client, url, left) = (client.clone(), url.clone(), Rc::clone(&left));
        let mut report = Report::new(cluster_slug);
        async move {
            while left.get() > 0 {
                left.set(left.get() - 1);
                let request = Request::post(url.clone())
                    .header("content-type", "application/proto")
                    .header("connect-protocol-version", "1")
                    .body(Full::from(report.of(task).to_vec()))
                    .expect("a request");
                let response = client.request(request).await.expect("a response");
                let body = response.into_body().collect().await.expect("a body").to_bytes();
                task = task_id(&body).expect("a task for every call");
            }
            task
        }
    };
    let local = tokio::task::LocalSet::new();
    local.block_on(&runtime, async {
        let loops: Vec<_> = running.iter().map(|task| tokio::task::spawn_local(one(*task))).collect();
        let mut last = Vec::new();
        for task in loops {
            last.push(task.await.expect("a loop that ends"));
        }
        last
    })
}
