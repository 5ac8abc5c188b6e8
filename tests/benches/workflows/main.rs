//! The rate at which the local server hands out tasks, beside the rate of a call that does nothing, and the rate at which the
//! runner of the SDK executes them.
//!
//! `cargo bench -p tilebox-tests --bench workflows [-- OPTIONS]` starts servers in processes of their own, one in memory and
//! one with a data folder, and alternates two loads on each:
//!
//! - *tasks*: calls of NextTask that each report one task and receive the next one of a job with many tasks;
//! - *no-op*: calls of NextTask that report nothing and ask for nothing.
//!
//! The load generator is as plain as possible, so that the server is what is measured: one thread, several kept-alive
//! connections over HTTP/1.1 with one request each, requests encoded in advance.
//!
//! Then it prints what bounds the rates: the CPU time of server and client, bytes on the network and on disk, and how long
//! the disk takes to store a block.
//!
//! At last, runners in processes of their own execute jobs, and each rate is compared with what bounds it: the no-op, the
//! latency of the server, and the cores; and with the rate of the official Python runner, if its package can be installed.
//!
//! | option | |
//! |---|---|
//! | `--tasks N` | 10000 |
//! | `--connections N,...` | 64 |
//! | `--runs N` | 5; medians are printed |
//! | `--folder PATH` | where the data folder is created; the folder of the build by default |
//! | `--only memory`, `--only data` or `--only runner` | one of the servers, or only the runner |

#![expect(clippy::expect_used, clippy::panic, reason = "a benchmark fails by panicking")]

mod bare;
mod connection;
mod cores;
mod load;
mod python;
mod requests;
mod run;
mod runner;
mod server;
mod usage;

use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use load::{Load, Rate};
use server::{Server, Storage};

struct Options {
    tasks: usize,
    connections: Vec<usize>,
    runs: usize,
    folder: PathBuf,
    only: Option<String>,
}

impl Options {
    fn parse(mut arguments: impl Iterator<Item = String>) -> Self {
        let folder = env!("CARGO_TARGET_TMPDIR").into();
        let mut options = Self { tasks: 10_000, connections: vec![64], runs: 5, folder, only: None };
        let number = |value: &str| value.parse().expect("a number");
        while let Some(option) = arguments.next() {
            let mut value = || arguments.next().unwrap_or_else(|| panic!("{option} needs a value"));
            match option.as_str() {
                "--tasks" => options.tasks = number(&value()),
                "--connections" => options.connections = value().split(',').map(number).collect(),
                "--runs" => options.runs = number(&value()),
                "--folder" => options.folder = value().into(),
                "--only" => options.only = Some(value()),
                // Cargo passes it to every benchmark.
                "--bench" => {}
                unknown => panic!("unknown option {unknown}"),
            }
        }
        options
    }
}

fn main() {
    let mut arguments = std::env::args().skip(1);
    match arguments.next().as_deref() {
        Some("serve") => server::serve(arguments),
        Some("run") => run::run(arguments),
        first => measure(&Options::parse(first.map(str::to_owned).into_iter().chain(arguments))),
    }
}

fn measure(options: &Options) {
    let measures = |name: &str| options.only.as_deref().is_none_or(|only| only == name);
    if measures("memory") || measures("data") {
        measure_server(options);
    }
    if measures("runner") {
        runner::measure(options.tasks, options.runs);
    }
}

fn measure_server(options: &Options) {
    println!("{} calls each, medians of {} alternating runs", options.tasks, options.runs);
    println!("the disk stores a block of 4 kB in {:.2} ms (median)\n", server::sync_time(&options.folder) * 1e3);
    for storage in [Storage::Memory, Storage::Data(options.folder.clone())] {
        if options.only.as_deref().is_some_and(|only| only != storage.name()) {
            continue;
        }
        let server = Server::start(&storage, Duration::ZERO);
        for &connections in &options.connections {
            compare(options, &storage, &server, connections);
        }
    }
}

fn compare(options: &Options, storage: &Storage, server: &Server, connections: usize) {
    let mut load = Load::connect(server, connections);
    // Connections, buffers and pages of memory are there before the first measurement.
    load.no_ops(options.tasks / 10);
    load.tasks(options.tasks / 10);
    let (mut tasks, mut no_ops) = (Vec::new(), Vec::new());
    for _ in 0..options.runs {
        no_ops.push(load.no_ops(options.tasks));
        tasks.push(load.tasks(options.tasks));
    }
    println!("{}, {connections} connections", storage.name());
    println!("          calls/s   server CPU  client CPU  idle CPU     sent  received    written  writes");
    let (tasks, no_ops) = (Rate::median(tasks), Rate::median(no_ops));
    no_ops.print("no-op");
    tasks.print("tasks");
    let ratio = tasks.per_second() / no_ops.per_second();
    let verdict = if ratio >= storage.goal() { "reached" } else { "missed" };
    println!(
        "tasks are served at {:.0} % of the rate of the no-op (goal {:.0} %: {verdict}); by CPU time of the server alone \
         {:.0} %\n",
        ratio * 100.0,
        storage.goal() * 100.0,
        no_ops.server_cpu() / tasks.server_cpu() * 100.0
    );
}

/// Returns a command that runs this program in another process.
fn this_program() -> Command {
    Command::new(std::env::current_exe().expect("this program"))
}
