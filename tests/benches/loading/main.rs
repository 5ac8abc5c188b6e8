//! The time to load datapoints of the recorded shape from a server with latency.
//!
//! `cargo bench -p tilebox-tests --bench loading [-- OPTIONS]` measures, for each latency, number of datapoints and
//! number of collections:
//!
//! - *sequential*: one request at a time, one collection after the other, with the cursor of each page;
//! - *concurrent*: all collections concurrently, each with one request at a time;
//! - *parallel*: a client with default options;
//! - *bound*: the same pages over the same connections, with known starts: all requests are concurrent, and responses are
//!   only decompressed, so that latency, bandwidth and decompression set the time;
//! - the official Python client, if it is installed (`TILEBOX_PYTHON` sets its interpreter).
//!
//! The server and each load have their own processes. The server keeps its compressed pages, and everything is loaded once
//! before the first measurement, so that no measurement contains the compression.
//!
//! | option | |
//! |---|---|
//! | `--latency MS,...` | 0,20,100 |
//! | `--datapoints N,...` | 100000,1000000 |
//! | `--collections N,...` | 1,8 |
//! | `--runs N` | 3; medians are printed |
//! | `--python MS,...` | 0,100: the latencies at which the Python client loads the most datapoints from one collection |

#![expect(clippy::expect_used, clippy::panic, reason = "a benchmark fails by panicking")]

mod bound;
mod load;
mod python;
mod server;
mod usage;

use std::process::Command;

use load::{Load, Way};
use server::{Server, Setting};
use usage::Usage;

struct Options {
    latencies: Vec<u64>,
    datapoints: Vec<usize>,
    collections: Vec<usize>,
    runs: usize,
    python: Vec<u64>,
}

impl Options {
    fn parse(mut arguments: impl Iterator<Item = String>) -> Self {
        let mut options = Self {
            latencies: vec![0, 20, 100],
            datapoints: vec![100_000, 1_000_000],
            collections: vec![1, 8],
            runs: 3,
            python: vec![0, 100],
        };
        let list =
            |value: String| value.split(',').map(|number| number.parse().expect("a number")).collect::<Vec<u64>>();
        let sizes = |value| list(value).into_iter().map(|number| number as usize).collect();
        while let Some(option) = arguments.next() {
            let mut value = || arguments.next().unwrap_or_else(|| panic!("{option} needs a value"));
            match option.as_str() {
                "--latency" => options.latencies = list(value()),
                "--datapoints" => options.datapoints = sizes(value()),
                "--collections" => options.collections = sizes(value()),
                "--runs" => options.runs = sizes(value())[0],
                "--python" => options.python = list(value()),
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
        Some("serve") => server::serve(&Setting::from_arguments(arguments)),
        Some("load") => load::run(&Load::from_arguments(arguments)),
        first => measure(&Options::parse(first.map(str::to_owned).into_iter().chain(arguments))),
    }
}

fn measure(options: &Options) {
    let most = options.datapoints.iter().max().copied().unwrap_or_default();
    println!("medians of {} runs; pages of {}, gzip\n", options.runs, load::PAGE_SIZE);
    println!("latency  datapoints  collections  way          wall s   cpu s  peak MB   MB in  requests  to bound");
    for &datapoints in &options.datapoints {
        for &collections in &options.collections {
            for &latency in &options.latencies {
                let setting = Setting { latency, datapoints, collections };
                let server = Server::start(&setting);
                let python = (collections == 1 && datapoints == most && options.python.contains(&latency))
                    .then(|| python::measure(server.url(), collections));
                loads(&setting, &server, options.runs, python);
            }
        }
    }
}

fn loads(setting: &Setting, server: &Server, runs: usize, python: Option<Result<Usage, String>>) {
    let run =
        |way| Usage::of(&mut Load { way, url: server.url().to_owned(), collections: setting.collections }.command());
    // The server compresses everything once, as sequential pages and as parts.
    run(Way::Bound);
    run(Way::Parallel);
    let bound = Usage::median((0..runs).map(|_| run(Way::Bound)));
    let mut sequential = None;
    let several = (setting.collections > 1).then_some(Way::Sequential(setting.collections));
    for way in [Some(Way::Sequential(1)), several, Some(Way::Parallel)].into_iter().flatten() {
        let usage = Usage::median((0..runs).map(|_| run(way)));
        assert_eq!(usage.datapoints, setting.datapoints as u64, "every datapoint is loaded");
        usage.print(setting, way.name(), &bound);
        let sequential = *sequential.get_or_insert(usage.wall);
        if way != Way::Parallel {
            continue;
        }
        println!("{:>53} {:.1} times faster than sequential", "", sequential / usage.wall);
        match &python {
            None => {}
            Some(Ok(peer)) => {
                peer.print(setting, "python", &bound);
                println!("{:>53} parallel is {:.1} times faster than python", "", peer.wall / usage.wall);
            }
            Some(Err(reason)) => println!("python: skipped: {reason}"),
        }
    }
    bound.print(setting, "bound", &bound);
}

/// Returns a command that runs this program in another process.
fn this_program() -> Command {
    Command::new(std::env::current_exe().expect("this program"))
}
