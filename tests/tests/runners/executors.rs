//! Executors that tasks block, and calls from inside of executors.

use std::sync::Arc;

use tilebox_core::workflows::{JobState, RunSummary, TaskSubmission};
use tilebox_core::{Client, blocking};
use tilebox_emulator::Emulator;

use super::{BlockingSpin, SHORT_LEASE, Spin, Unblocked, client, policy, server, within_patience};

fn short_leases() -> Arc<Emulator> {
    let server = server().lease(SHORT_LEASE).maximum_lease(SHORT_LEASE);
    Arc::new(server.start().expect("a local server"))
}

/// Two tasks run for longer than their leases, and each is executed once.
fn check(summary: &RunSummary) {
    assert_eq!((summary.computed, summary.lost_leases, summary.failed), (2, 0, 0), "{summary}");
}

async fn two_tasks_keep_their_leases<T: tilebox_core::workflows::Task>(
    client: Client,
    server: &Arc<Emulator>,
    task: fn() -> T,
) {
    let jobs = client.jobs();
    let tasks = || [TaskSubmission::from(task()), TaskSubmission::from(task())];
    let job = jobs.submit_all("job", tasks()).await.expect("a job");
    let runner = client.runner().policy(policy()).concurrency(2).task::<T>().shared(Arc::clone(server));
    check(&runner.run_all().await.expect("a summary"));
    assert_eq!(job.refresh().await.expect("the job").state(), JobState::Completed);
}

fn two_blocking_tasks_keep_their_leases(client: &blocking::Client, server: &Arc<Emulator>) {
    let tasks = [TaskSubmission::from(BlockingSpin {}), TaskSubmission::from(Spin {})];
    let job = client.jobs().submit_all("job", tasks).send().expect("a job");
    let runner = client.runner().policy(policy()).concurrency(2).task::<BlockingSpin>().task::<Spin>();
    check(&runner.shared(Arc::clone(server)).run_all().expect("a summary"));
    assert_eq!(job.refresh().expect("the job").state(), JobState::Completed);
}

/// A runtime of tokio with one thread.
fn block_on_one_thread<F: Future>(future: F) -> F::Output {
    ::tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime").block_on(future)
}

macro_rules! executors {
    ($($executor:ident: $block_on:expr, $builder:expr;)*) => { $(
        mod $executor {
            use super::*;

            #[test]
            fn a_task_that_blocks_its_executor_keeps_its_lease() {
                within_patience(|| {
                    let server = short_leases();
                    $block_on(async move {
                        let client = client($builder, server.url());
                        two_tasks_keep_their_leases(client, &server, || Spin {}).await;
                    });
                });
            }

            #[test]
            fn a_task_beside_its_executor_keeps_its_lease() {
                within_patience(|| {
                    let server = short_leases();
                    $block_on(async move {
                        let client = client($builder, server.url());
                        two_tasks_keep_their_leases(client, &server, || Unblocked {}).await;
                    });
                });
            }
        }
    )* };
}

executors! {
    tokio: tilebox_tokio::block_on, tilebox_tokio::client_builder();
    tokio_on_one_thread: block_on_one_thread, tilebox_tokio::client_builder();
    smol: tilebox_smol::block_on, tilebox_smol::client_builder();
    async_std: tilebox_async_std::block_on, tilebox_async_std::client_builder();
}

macro_rules! blocking_clients {
    ($($client:ident: $builder:expr;)*) => { $(
        mod $client {
            use super::*;

            #[test]
            fn both_kinds_of_task_keep_their_leases() {
                within_patience(|| {
                    let server = short_leases();
                    two_blocking_tasks_keep_their_leases(&client($builder, server.url()), &server);
                });
            }

            #[test]
            fn a_blocking_run_works_inside_an_executor() {
                within_patience(|| {
                    let server = short_leases();
                    block_on_one_thread(async {
                        two_blocking_tasks_keep_their_leases(&client($builder, server.url()), &server);
                    });
                });
            }
        }
    )* };
}

blocking_clients! {
    tokio_blocking: tilebox_tokio::blocking::client_builder();
    smol_blocking: tilebox_smol::blocking::client_builder();
    async_std_blocking: tilebox_async_std::blocking::client_builder();
}

/// A blocking run ends with a function, on another thread.
#[test]
fn a_blocking_run_ends_with_its_function() {
    within_patience(|| {
        let server = short_leases();
        let client: blocking::Client = client(tilebox_tokio::blocking::client_builder(), server.url());
        let job = client.jobs().submit("job", BlockingSpin {}).send().expect("a job");
        let runner = client.runner().policy(policy()).task::<BlockingSpin>().shared(Arc::clone(&server));
        let run = runner.run_until(move || {
            job.wait().interval(std::time::Duration::from_millis(5)).join().expect("the end");
        });
        assert_eq!(run.expect("a summary").computed, 1);
    });
}

/// The queries of tasks use up the permits and the connections of the client, which the runner does not share.
#[test]
fn a_client_without_free_permits_delays_no_lease() {
    within_patience(|| {
        let server = short_leases();
        block_on_one_thread(async move {
            let client: Client = client(tilebox_tokio::client_builder().concurrency(1), server.url());
            let job = client.jobs().submit("job", Waits {}).await.expect("a job");
            let runner = client.runner().policy(policy()).task::<Waits>();
            let runner = runner.shared(client.clone()).shared(Arc::clone(&server));
            let summary = runner.run_all().await.expect("a summary");
            assert_eq!((summary.computed, summary.lost_leases), (1, 0), "{summary}");
            assert_eq!(job.refresh().await.expect("the job").state(), JobState::Completed);
        });
    });
}

/// The runner spawns tasks from a thread of its own, which is a runtime of tokio as well.
#[test]
fn a_task_runs_on_the_executor_of_the_run() {
    within_patience(|| {
        let server = short_leases();
        block_on_one_thread(async move {
            let client: Client = client(tilebox_tokio::client_builder(), server.url());
            client.jobs().submit("job", Place {}).await.expect("a job");
            let here = std::thread::current().id();
            let summary = client.runner().policy(policy()).task::<Place>().shared(here).run_all().await;
            assert_eq!(summary.expect("a summary").computed, 1);
        });
    });
}

/// A task that runs on the thread with the shared id.
#[derive(serde::Serialize, serde::Deserialize)]
struct Place {}

impl tilebox_core::workflows::Task for Place {
    async fn execute(self, context: &tilebox_core::workflows::Context) -> tilebox_core::workflows::TaskResult {
        assert_eq!(&std::thread::current().id(), context.shared()?);
        Ok(())
    }
}

/// A task whose only permit waits for a silent server.
#[derive(serde::Serialize, serde::Deserialize)]
struct Waits {}

impl tilebox_core::workflows::Task for Waits {
    async fn execute(self, context: &tilebox_core::workflows::Context) -> tilebox_core::workflows::TaskResult {
        let (client, server) = (context.shared::<Client>()?.clone(), Arc::clone(context.shared::<Arc<Emulator>>()?));
        server.inject(tilebox_emulator::Fault::silence().on(tilebox_emulator::Rpc::ListDatasets));
        let released = Arc::clone(&server);
        let release = context.unblock(move |_| {
            super::spin(&released);
            released.release();
        });
        let (listed, released) = futures::join!(client.datasets(), release);
        released?;
        listed?;
        Ok(())
    }
}
