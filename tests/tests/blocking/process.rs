//! Properties of a process: the threads of clients and runners, and that a process with clients exits.
//!
//! Each test runs itself again in another process, without other tests.

use std::process::Command;
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};
use tilebox_core::workflows::{Context, Task, TaskResult};

use super::{
    DATASET, EVERYTHING, Make, PATIENCE, async_std_isahc, async_std_surf, server, smol_hyper, smol_isahc, tokio_hyper,
    tokio_reqwest, within_patience,
};

/// The variable that marks the inner process.
const INNER: &str = "TILEBOX_TEST_INNER";
const EXIT_CODE: i32 = 7;

fn is_inner() -> bool {
    std::env::var_os(INNER).is_some()
}

/// Runs this test alone in a process, and returns its exit code.
fn run_alone(name: &str) -> Option<i32> {
    let program = std::env::current_exe().expect("a path");
    let mut child = Command::new(program)
        .args(["--exact", name, "--nocapture", "--test-threads=1"])
        .env(INNER, "1")
        .spawn()
        .expect("a process");
    let began = Instant::now();
    loop {
        if let Some(status) = child.try_wait().expect("a status") {
            return status.code();
        }
        if began.elapsed() > PATIENCE {
            child.kill().expect("the process can be killed");
            panic!("deadlock: the process has not ended after {PATIENCE:?}");
        }
        std::thread::park_timeout(Duration::from_millis(5));
    }
}

/// Returns the number of threads of blocking clients, or `None` on systems that do not list threads.
fn threads() -> Option<usize> {
    let tasks = std::fs::read_dir("/proc/self/task").ok()?.flatten();
    let names = tasks.filter_map(|task| std::fs::read_to_string(task.path().join("comm")).ok());
    Some(names.filter(|name| name.trim_end() == "tilebox").count())
}

#[test]
fn a_client_owns_one_thread_until_it_is_dropped() {
    if !is_inner() {
        assert_eq!(run_alone("process::a_client_owns_one_thread_until_it_is_dropped"), Some(0));
        return;
    }
    if threads().is_none() {
        println!("skipped: this system does not list threads");
        return;
    }
    within_patience(|| {
        let server = server();
        for make in [tokio_hyper::make, smol_isahc::make, async_std_isahc::make] as [Make; 3] {
            let client = make(server.url());
            assert_eq!(threads(), Some(0), "the first call starts the thread");
            let dataset = client.dataset(DATASET).expect("a dataset");
            std::thread::scope(|scope| {
                for _ in 0..4 {
                    scope.spawn(|| dataset.query(EVERYTHING).page_size(50).load().expect("a load"));
                }
            });
            assert_eq!(threads(), Some(1));
            drop(client);
            let pages = dataset.query(EVERYTHING).page_size(50).pages();
            drop(dataset);
            assert_eq!(pages.map(|page| page.expect("a page").len()).sum::<usize>(), super::DATAPOINTS);
            wait_for_the_end_of_threads();
        }
    });
}

/// Waits for 30 s: less than the timeout of an exchange, 60 s, because its timer must not keep a thread.
fn wait_for_the_end_of_threads() {
    let began = Instant::now();
    while threads() != Some(0) {
        assert!(began.elapsed() < PATIENCE / 10, "the thread does not end");
        std::thread::park_timeout(Duration::from_millis(1));
    }
}

#[derive(Serialize, Deserialize)]
struct Nothing {}

impl Task for Nothing {
    async fn execute(self, _: &Context) -> TaskResult {
        Ok(())
    }
}

#[test]
fn a_run_of_a_runner_leaves_no_thread() {
    if !is_inner() {
        assert_eq!(run_alone("process::a_run_of_a_runner_leaves_no_thread"), Some(0));
        return;
    }
    if threads().is_none() {
        println!("skipped: this system does not list threads");
        return;
    }
    within_patience(|| {
        let server = server();
        for make in [tokio_hyper::make, smol_isahc::make, async_std_isahc::make] as [Make; 3] {
            let client = make(server.url());
            client.jobs().submit("job", Nothing {}).send().expect("a job");
            let summary = client.runner().task::<Nothing>().run_all().expect("a run");
            assert_eq!(summary.computed, 1, "{summary}");
            drop(client);
            wait_for_the_end_of_threads();
        }
    });
}

#[test]
fn a_process_exits_with_requests_in_flight() {
    if !is_inner() {
        assert_eq!(run_alone("process::a_process_exits_with_requests_in_flight"), Some(EXIT_CODE));
        return;
    }
    let server = server();
    let makes: [Make; 3] = [tokio_hyper::make, smol_isahc::make, async_std_isahc::make];
    let clients = makes.map(|make| make(server.url()));
    let mut pages = clients
        .each_ref()
        .map(|client| client.dataset(DATASET).expect("a dataset").query(EVERYTHING).page_size(10).pages());
    for pages in &mut pages {
        pages.next().expect("a page").expect("a page");
    }
    std::process::exit(EXIT_CODE);
}

/// A child of `fork` has no threads of its parent, so no thread there could run a call.
#[cfg(unix)]
#[test]
#[expect(unsafe_code, reason = "std has no fork, and the child calls only the client")]
fn a_call_after_fork_fails_at_once() {
    unsafe extern "C" {
        fn fork() -> i32;
        fn waitpid(process: i32, status: *mut i32, options: i32) -> i32;
        fn kill(process: i32, signal: i32) -> i32;
        fn _exit(code: i32) -> !;
    }
    const NO_HANG: i32 = 1;
    const SIGKILL: i32 = 9;

    if !is_inner() {
        assert_eq!(run_alone("process::a_call_after_fork_fails_at_once"), Some(0));
        return;
    }
    let server = server();
    let makes: [Make; 6] = [
        tokio_hyper::make,
        tokio_reqwest::make,
        smol_isahc::make,
        smol_hyper::make,
        async_std_isahc::make,
        async_std_surf::make,
    ];
    for (number, make) in makes.into_iter().enumerate() {
        let client = make(server.url());
        client.dataset(DATASET).expect("a dataset");
        // SAFETY: the child only uses the client, as a program would, and ends without running code of this process.
        let child = unsafe { fork() };
        if child == 0 {
            let said = client.dataset(DATASET).map_or_else(|error| error.to_string(), |_| String::new());
            drop(client);
            let is_right = said.contains("forked") && said.contains("make a new client");
            // SAFETY: as above.
            unsafe { _exit(if is_right { EXIT_CODE } else { 1 }) };
        }
        let began = Instant::now();
        let mut status = 0;
        // SAFETY: `status` is valid for writes.
        while unsafe { waitpid(child, &raw mut status, NO_HANG) } != child {
            if began.elapsed() > PATIENCE / 2 {
                // SAFETY: no call has waited for the child yet, so its number still belongs to it.
                unsafe { kill(child, SIGKILL) };
                panic!("client {number} waits for ever in a forked process");
            }
            std::thread::park_timeout(Duration::from_millis(5));
        }
        assert_eq!(status >> 8, EXIT_CODE, "client {number} ended with {status:x}");
        // The parent still works.
        client.dataset(DATASET).expect("a dataset");
    }
}
