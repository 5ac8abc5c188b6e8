//! The load: one thread that keeps one request in flight on each connection.

use std::time::Instant;

use prost::Message as _;
use tilebox_core::protocol::wire::workflows::v1::Cluster;

use crate::bare;
use crate::connection::Connection;
use crate::requests::{self, GET_CLUSTER, NEXT_TASK, Report, SUBMIT_JOB, TaskId};
use crate::server::Server;
use crate::usage::Usage;

pub(crate) struct Load<'a> {
    server: &'a Server,
    connections: Vec<Connection>,
    cluster_slug: String,
    report: Report,
}

/// The result of one run.
#[derive(Clone, Copy)]
pub(crate) struct Rate {
    calls: usize,
    seconds: f64,
    sent: usize,
    received: usize,
    server: Usage,
    client: Usage,
}

impl<'a> Load<'a> {
    pub(crate) fn connect(server: &'a Server, connections: usize) -> Self {
        let mut connections: Vec<_> = (0..connections).map(|_| Connection::open(server.address())).collect();
        let cluster = connections[0].call(GET_CLUSTER, &[]);
        let cluster_slug = Cluster::decode(&cluster[..]).expect("a cluster").slug;
        Self { server, connections, report: Report::new(&cluster_slug), cluster_slug }
    }

    /// Measures calls that neither report nor ask.
    pub(crate) fn no_ops(&mut self, calls: usize) -> Rate {
        self.measure(calls, |_| Vec::new(), |_, response| assert!(response.is_empty(), "an empty response"))
    }

    /// Measures calls that each report a task and receive the next one.
    pub(crate) fn tasks(&mut self, calls: usize) -> Rate {
        let mut running = self.prepare(calls);
        let mut report = std::mem::replace(&mut self.report, Report::new(&self.cluster_slug));
        let tasks = std::cell::RefCell::new(&mut running);
        let rate = self.measure(
            calls,
            |connection| report.of(tasks.borrow()[connection]).to_vec(),
            |connection, response| {
                let next = requests::task_id(response).expect("a task for every call");
                tasks.borrow_mut()[connection] = next;
            },
        );
        self.report = report;
        self.drain(&running);
        rate
    }

    /// Measures the same calls over hyper's client, with as many connections. Does not count bytes.
    pub(crate) fn tasks_over_hyper(&mut self, calls: usize) -> Rate {
        let running = self.prepare(calls);
        let (server, client, start) = (self.server.usage(), Usage::of("self"), Instant::now());
        let last = bare::calls(&self.server.url(), &self.cluster_slug, &running, calls);
        let seconds = start.elapsed().as_secs_f64();
        let (server, client) = (self.server.usage().since(server), Usage::of("self").since(client));
        self.drain(&last);
        Rate { calls, seconds, sent: 0, received: 0, server, client }
    }

    /// Submits a job of as many tasks as there are calls and connections. Returns a running task for each connection.
    fn prepare(&mut self, calls: usize) -> Vec<TaskId> {
        let ask = requests::ask(&self.cluster_slug);
        self.connections[0].call(SUBMIT_JOB, &requests::submit_job());
        let root = requests::task_id(&self.connections[0].call(NEXT_TASK, &ask)).expect("the root task");
        let report = requests::report_with_subtasks(root, &self.cluster_slug, calls + self.connections.len());
        let first = requests::task_id(&self.connections[0].call(NEXT_TASK, &report)).expect("a task");
        let others = self.connections.iter_mut().skip(1);
        let others = others.map(|connection| requests::task_id(&connection.call(NEXT_TASK, &ask)).expect("a task"));
        std::iter::once(first).chain(others).collect()
    }

    /// Reports the last tasks, so that the job is complete.
    fn drain(&mut self, running: &[TaskId]) {
        for (connection, &task) in self.connections.iter_mut().zip(running) {
            let response = connection.call(NEXT_TASK, self.report.of(task));
            assert_eq!(requests::task_id(&response), None, "no task is left");
        }
    }

    /// Sends this many calls. `request` encodes the next one of a connection, `response` takes what comes back.
    fn measure(
        &mut self,
        calls: usize,
        mut request: impl FnMut(usize) -> Vec<u8>,
        mut response: impl FnMut(usize, &[u8]),
    ) -> Rate {
        let (server, client, start) = (self.server.usage(), Usage::of("self"), Instant::now());
        let (mut sent, mut received) = (0, 0);
        for (number, connection) in self.connections.iter_mut().enumerate().take(calls) {
            sent += connection.send(NEXT_TASK, &request(number));
        }
        let count = self.connections.len();
        for call in 0..calls {
            let number = call % count;
            let connection = &mut self.connections[number];
            let (message, bytes) = connection.receive();
            received += bytes;
            response(number, message);
            if call + count < calls {
                sent += connection.send(NEXT_TASK, &request(number));
            }
        }
        let seconds = start.elapsed().as_secs_f64();
        let (server, client) = (self.server.usage().since(server), Usage::of("self").since(client));
        Rate { calls, seconds, sent, received, server, client }
    }
}

impl Rate {
    pub(crate) fn per_second(&self) -> f64 {
        self.calls as f64 / self.seconds
    }

    /// Returns the CPU time of the server for each call, in microseconds.
    pub(crate) fn server_cpu(&self) -> f64 {
        self.server.cpu / self.calls as f64 * 1e6
    }

    /// Returns the CPU time of the client for each call, in microseconds.
    pub(crate) fn client_cpu(&self) -> f64 {
        self.client.cpu / self.calls as f64 * 1e6
    }

    /// Returns the run with the median rate.
    pub(crate) fn median(mut runs: Vec<Self>) -> Self {
        runs.sort_by(|left, right| left.per_second().total_cmp(&right.per_second()));
        runs[runs.len() / 2]
    }

    pub(crate) fn print(&self, name: &str) {
        let calls = self.calls as f64;
        let cores = std::thread::available_parallelism().map_or(1.0, |cores| cores.get() as f64);
        let idle = self.seconds * cores - self.server.cpu - self.client.cpu;
        println!(
            "{name:<6} {:>10.0}  {:>8.1} us  {:>7.1} us  {:>5.1} us  {:>5.0} B  {:>6.0} B  {:>7.0} B  {:>6.2}",
            self.per_second(),
            self.server_cpu(),
            self.client_cpu(),
            idle / calls * 1e6,
            self.sent as f64 / calls,
            self.received as f64 / calls,
            self.server.written / calls,
            self.server.writes / calls,
        );
    }
}
