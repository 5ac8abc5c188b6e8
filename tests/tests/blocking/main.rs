//! Blocking calls from every place: they return, never panic and never wait for ever.
//!
//! The macro below turns each place into a test for each blocking client. A test that would hang fails after
//! [`PATIENCE`].

#![expect(clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod callbacks;
mod places;
mod process;
#[path = "../../../backends/examples/ureq/send.rs"]
mod send;
mod sharing;
#[path = "../clients/trace_recorder.rs"]
mod trace_recorder;
mod twins;

use std::sync::Arc;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use tilebox_core::blocking::{Client, Collection};
use tilebox_core::protocol::retry::RetryPolicy;
use tilebox_core::{BuiltClient, ClientBuilder};
use tilebox_emulator::{Catalogue, Emulator, Fault, Rpc};

/// The dataset that the local server generates.
const DATASET: &str = "open_data.copernicus.sentinel2_msi";
/// A temporal extent that contains all datapoints.
const EVERYTHING: (&str, &str) = ("2000-01-01", "2100-01-01");
/// The number of datapoints, a few pages.
const DATAPOINTS: usize = 300;
const PAGE: u64 = 100;
/// A duration far longer than any test.
const PATIENCE: Duration = Duration::from_secs(300);

/// A function that creates a client of a server.
type Make = fn(&str) -> Client;
/// The work at a place.
type Job = Box<dyn FnOnce() + Send>;

fn server() -> Emulator {
    trace_recorder::keep_tracing_interest_open();
    Emulator::builder().catalogue(Catalogue::new(DATAPOINTS)).start().expect("a local server")
}

/// Builds a client with short waits between attempts.
fn build<C: BuiltClient>(builder: ClientBuilder<C>, url: &str) -> C {
    let wait = Duration::from_millis(1);
    let retry = RetryPolicy::default().with_max_attempts(5).with_initial_backoff(wait).with_max_backoff(wait);
    builder.url(url).anonymous().retry(retry).build().expect("a client")
}

fn largest(client: &Client) -> Collection {
    let collections = client.dataset(DATASET).expect("a dataset").collections().expect("a listing");
    collections.into_iter().max_by_key(|collection| collection.info().count).expect("a collection")
}

/// Creates, uses and drops a client. One of its calls is repeated after a wait.
fn work(make: Make, server: &Emulator) {
    server.inject(Fault::http(503).on(Rpc::GetDataset).times(1));
    let client = make(server.url());
    let dataset = client.dataset(DATASET).expect("a dataset");
    let query = || dataset.query(EVERYTHING).page_size(PAGE);
    let mut pages = query().pages();
    let mut ids = Vec::new();
    for page in &mut pages {
        ids.extend(page.expect("a page").ids());
    }
    assert_eq!(ids.len(), DATAPOINTS);
    assert!(pages.metrics().requests as usize > DATAPOINTS / PAGE as usize, "{}", pages.metrics());
    let loaded = query().load().expect("a load");
    assert!(loaded.ids().eq(ids.iter().copied()));
    assert!(loaded.metrics().is_some_and(|metrics| metrics.message_bytes > 0 && !metrics.waiting.is_zero()));
    assert_eq!(dataset.find(ids[7]).load().expect("a datapoint").len(), 1);
    assert!(pages.next().is_none(), "the iterator has ended");
    // Dropped with requests in flight.
    assert_eq!(query().pages().next().expect("a page").expect("a page").len() as u64, PAGE);
}

/// Runs a function on its own thread, and fails if it does not end.
fn within_patience(test: impl FnOnce() + Send + 'static) {
    let (done, wait) = mpsc::channel();
    let thread = thread::spawn(move || {
        test();
        let _ = done.send(());
    });
    match wait.recv_timeout(PATIENCE) {
        Ok(()) => {}
        Err(RecvTimeoutError::Timeout) => panic!("deadlock: the test has not ended after {PATIENCE:?}"),
        Err(RecvTimeoutError::Disconnected) => panic!("the test panicked: {:?}", thread.join().err()),
    }
}

/// Works at a place, and checks that both the work and the place end.
fn work_at(place: fn(Job), make: Make) {
    within_patience(move || {
        let server = Arc::new(server());
        let (done, wait) = mpsc::channel();
        let inside = Arc::clone(&server);
        place(Box::new(move || {
            work(make, &inside);
            let _ = done.send(());
        }));
        // The place can run the job on another thread; a job that panics there drops the sender.
        assert_eq!(wait.recv_timeout(PATIENCE), Ok(()), "the work is done");
        drop(server);
    });
}

macro_rules! clients {
    ($($client:ident: $make:expr;)*) => { $(
        mod $client {
            use super::*;

            pub(super) fn make(url: &str) -> Client {
                let make: Make = $make;
                make(url)
            }

            tests! { work_at, places:
                on_a_plain_thread, on_threads_of_a_scope,
                on_a_worker_of_tokio, on_the_only_worker_of_tokio, on_a_current_thread_runtime,
                in_a_task_of_a_current_thread_runtime, in_a_local_set, in_spawn_blocking, in_block_in_place,
                while_the_time_of_tokio_is_paused, in_a_task_dropped_by_the_shutdown_of_tokio,
                in_block_on_of_smol, in_a_task_of_the_only_thread_of_smol, in_a_local_executor, in_unblock_of_smol,
                in_a_task_dropped_with_its_executor,
                in_block_on_of_async_std, in_tasks_on_every_thread_of_async_std, in_spawn_blocking_of_async_std,
                in_block_on_of_futures, while_a_panic_unwinds, in_the_destructor_of_a_thread_local
            }
            tests! { sharing::with, sharing:
                threads_share_a_client, a_call_in_an_observer_of_another_call_works,
                a_call_in_an_iterator_of_another_call_works, nested_page_iterators_work,
                concurrent_loads_equal_sequential_loads, invalid_input_is_an_error,
                calls_are_spans_around_their_exchanges
            }
        }
    )* };
}

macro_rules! tests {
    ($run:path, $module:ident: $($name:ident),*) => { $(
        #[test]
        fn $name() {
            $run($module::$name, make);
        }
    )* };
}

clients! {
    tokio_hyper: |url| build(tilebox_tokio::blocking::client_builder(), url);
    tokio_reqwest: |url| {
        let reqwest = tilebox_tokio::Reqwest::new().expect("a backend");
        build(tilebox_tokio::blocking::client_builder().transport(reqwest), url)
    };
    smol_isahc: |url| build(tilebox_smol::blocking::client_builder(), url);
    smol_hyper: |url| {
        let hyper = tilebox_smol::Hyper::new().expect("a backend");
        build(tilebox_smol::blocking::client_builder().transport(hyper), url)
    };
    async_std_isahc: |url| build(tilebox_async_std::blocking::client_builder(), url);
    async_std_surf: |url| {
        let surf = tilebox_async_std::Surf::new().expect("a backend");
        build(tilebox_async_std::blocking::client_builder().transport(surf), url)
    };
    function_ureq: |url| build(tilebox_backends::function::client_builder(send::by_ureq()), url);
}
