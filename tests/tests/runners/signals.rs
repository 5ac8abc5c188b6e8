//! The signals of a process, which each test sends to a process of its own.

use std::future::pending;
use std::io::{BufRead as _, BufReader, Read as _};
use std::os::unix::process::ExitStatusExt as _;
use std::process::{Child, ChildStdout, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};
use tilebox_core::workflows::{Context, JobState, Task, TaskResult, TaskState};
use tilebox_core::{Client, blocking};
use tilebox_emulator::Emulator;

use super::{PATIENCE, client, policy, server, within_patience};

/// The variable that holds the address of the server in the inner process.
const SERVER: &str = "TILEBOX_TEST_SERVER";
/// The exit code of an inner process whose run ended well.
const WELL: i32 = 7;
const SIGTERM: i32 = 15;

/// A task that ends when it is asked to.
#[derive(Serialize, Deserialize)]
struct Obedient {}

impl Task for Obedient {
    async fn execute(self, context: &Context) -> TaskResult {
        say("started");
        context.stopping().wait().await;
        Ok(())
    }
}

/// A task that does not end when it is asked to.
#[derive(Serialize, Deserialize)]
struct Stubborn {}

impl Task for Stubborn {
    async fn execute(self, context: &Context) -> TaskResult {
        say("started");
        context.stopping().wait().await;
        say("stopping");
        pending().await
    }
}

/// Writes a line to the outer process.
fn say(line: &str) {
    println!("\n{line}");
}

/// Another process that runs a test of this file.
struct Inner {
    child: Child,
    output: BufReader<ChildStdout>,
}

impl Inner {
    fn start(test: &str, server: &Emulator) -> Self {
        let program = std::env::current_exe().expect("a path");
        let mut command = Command::new(program);
        command.args(["--exact", test, "--nocapture", "--test-threads=1"]).env(SERVER, server.url());
        let mut child = command.stdout(Stdio::piped()).spawn().expect("a process");
        let output = BufReader::new(child.stdout.take().expect("a pipe"));
        Self { child, output }
    }

    /// Waits until the process has written this line.
    fn wait_for(&mut self, expected: &str) {
        let lines = self.output.by_ref().lines().map(|line| line.expect("a line"));
        let mut seen = Vec::new();
        for line in lines {
            if line == expected {
                return;
            }
            seen.push(line);
        }
        panic!("the process ended without the line `{expected}`: {seen:?}");
    }

    fn send(&self, signal: &str) {
        let sent = Command::new("kill").args([format!("-{signal}"), self.child.id().to_string()]).status();
        assert!(sent.expect("the program `kill`").success());
    }

    fn end(mut self) -> ExitStatus {
        let began = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().expect("a status") {
                return status;
            }
            assert!(began.elapsed() < PATIENCE / 2, "the process does not end");
            std::thread::park_timeout(Duration::from_millis(5));
        }
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        // It has ended, unless the test failed.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Returns a server whose leases end after the test.
fn long_leases() -> Emulator {
    server().lease(Duration::from_secs(3600)).maximum_lease(Duration::from_secs(3600)).start().expect("a local server")
}

/// The outer half: the first signal lets a task end.
fn first_signal(test: &'static str, signal: &'static str) {
    within_patience(move || {
        let server = long_leases();
        let client: blocking::Client = client(tilebox_tokio::blocking::client_builder(), server.url());
        let job = client.jobs().submit("job", Obedient {}).send().expect("a job");
        let mut inner = Inner::start(test, &server);
        inner.wait_for("started");
        inner.send(signal);
        assert_eq!(inner.end().code(), Some(WELL));
        assert_eq!(job.refresh().expect("the job").state(), JobState::Completed);
    });
}

/// The outer half: the second signal hands a task back.
fn second_signal(test: &'static str) {
    within_patience(move || {
        let server = long_leases();
        let client: blocking::Client = client(tilebox_tokio::blocking::client_builder(), server.url());
        let job = client.jobs().submit("job", Stubborn {}).send().expect("a job");
        let mut inner = Inner::start(test, &server);
        inner.wait_for("started");
        inner.send("TERM");
        inner.wait_for("stopping");
        inner.send("INT");
        assert_eq!(inner.end().code(), Some(WELL));
        let tasks = job.tasks().load().expect("tasks");
        assert_eq!(
            tasks.iter().map(|task| task.state).collect::<Vec<_>>(),
            [TaskState::Queued],
            "another runner gets it"
        );
    });
}

/// The outer half: without a run, a signal ends the process as usual.
fn later_signal(test: &'static str) {
    within_patience(move || {
        let server = long_leases();
        let client: blocking::Client = client(tilebox_tokio::blocking::client_builder(), server.url());
        client.jobs().submit("job", Obedient {}).send().expect("a job");
        let mut inner = Inner::start(test, &server);
        inner.wait_for("started");
        inner.send("TERM");
        inner.wait_for("ended");
        inner.send("TERM");
        assert_eq!(inner.end().signal(), Some(SIGTERM));
    });
}

/// The inner half: runs until a signal.
async fn run(client: Client) {
    // The grace period is longer than the test, so that only signals end the run.
    let runner = client.runner().policy(policy()).grace(PATIENCE * 10).task::<Obedient>().task::<Stubborn>();
    let summary = runner.run_forever().await.expect("a summary");
    say(&format!("{summary}"));
    assert_eq!((summary.computed + summary.handed_back, summary.failed), (1, 0));
}

macro_rules! runtimes {
    ($($runtime:ident: $block_on:expr, $builder:expr;)*) => { $(
        mod $runtime {
            use super::*;

            /// Runs in the inner process. Returns false in the outer one.
            fn is_inner() -> bool {
                let Ok(url) = std::env::var(SERVER) else { return false };
                $block_on(async move { run(client($builder, &url)).await });
                true
            }

            fn name(test: &str) -> &'static str {
                format!("signals::{}::{test}", stringify!($runtime)).leak()
            }

            #[test]
            fn sigterm_lets_a_task_end() {
                if is_inner() {
                    std::process::exit(WELL);
                }
                first_signal(name("sigterm_lets_a_task_end"), "TERM");
            }

            #[test]
            fn sigint_lets_a_task_end() {
                if is_inner() {
                    std::process::exit(WELL);
                }
                first_signal(name("sigint_lets_a_task_end"), "INT");
            }

            #[test]
            fn a_second_signal_hands_a_task_back() {
                if is_inner() {
                    std::process::exit(WELL);
                }
                second_signal(name("a_second_signal_hands_a_task_back"));
            }

            #[test]
            fn a_signal_after_a_run_ends_the_process() {
                if is_inner() {
                    say("ended");
                    loop {
                        std::thread::park();
                    }
                }
                later_signal(name("a_signal_after_a_run_ends_the_process"));
            }
        }
    )* };
}

runtimes! {
    tokio: tilebox_tokio::block_on, tilebox_tokio::client_builder();
    smol: tilebox_smol::block_on, tilebox_smol::client_builder();
    async_std: tilebox_async_std::block_on, tilebox_async_std::client_builder();
}
