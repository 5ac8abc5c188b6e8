//! Whole clients in virtual time, over a network with faults.
//!
//! Each seed is one run. A failing test prints its seed with the command that repeats it.

#![expect(clippy::expect_used, reason = "a test fails by panicking")]

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use futures::FutureExt as _;
use futures::future::{join_all, select};
use futures::stream::StreamExt as _;
use tilebox_core::datasets::ReadAhead;
use tilebox_core::protocol::retry::RetryPolicy;
use tilebox_core::runtime::Runtime as _;
use tilebox_core::time::Instant;
use tilebox_core::{Client, ClientBuilder, Collection, Datapoints, ErrorKind, Result, RuntimeParts, Strategy};
use tilebox_emulator::{Catalogue, Emulator, Service};
use tilebox_tests::simulation::{Faults, FlowControl, Network, Simulation, serve};

const DATASET: &str = "open_data.copernicus.sentinel2_msi";
/// The number of datapoints in all collections.
const DATAPOINTS: usize = 400;
/// The number of runs of each test, unless `TILEBOX_SEED` selects one.
const SEEDS: u64 = 300;

fn service() -> Arc<Service> {
    static SERVICE: OnceLock<Arc<Service>> = OnceLock::new();
    let make = || Arc::new(Emulator::builder().catalogue(Catalogue::new(DATAPOINTS)).service().expect("a service"));
    Arc::clone(SERVICE.get_or_init(make))
}

/// One simulated world.
struct World {
    simulation: Simulation,
    network: Network,
    client: Client,
    strategy: Strategy,
    random: fastrand::Rng,
}

impl World {
    fn new(seed: u64, faults: Faults, change: impl FnOnce(ClientBuilder) -> ClientBuilder) -> Self {
        Self::of(seed, service(), |network| network, faults, change)
    }

    /// Returns a world with this service and a modified network.
    fn of(
        seed: u64,
        service: Arc<Service>,
        change_network: impl FnOnce(Network) -> Network,
        faults: Faults,
        change: impl FnOnce(ClientBuilder) -> ClientBuilder,
    ) -> Self {
        let simulation = Simulation::new(seed);
        let network = change_network(Network::new(&simulation, faults, serve(service)));
        let strategy = if seed.is_multiple_of(2) { Strategy::Spawned } else { Strategy::Joined };
        let parts = RuntimeParts::new("simulation", Arc::new(simulation.clone())).with_strategy(strategy);
        let builder = ClientBuilder::new(parts).url("http://simulated").anonymous().transport(network.clone());
        let client = change(builder).build().expect("a client");
        Self { simulation, network, client, strategy, random: fastrand::Rng::with_seed(!seed) }
    }

    async fn collections(&self) -> Result<Vec<Collection>> {
        self.client.dataset(DATASET).await?.collections().await
    }

    /// Asserts that no request is in flight and no task is alive.
    fn assert_quiet(&self) {
        self.simulation.settle(Duration::from_secs(1));
        assert_eq!(self.network.in_flight(), 0, "requests are still in flight");
        assert_eq!(self.simulation.live_tasks(), 0, "tasks are still alive");
    }
}

/// Runs a test for many seeds and prints the totals.
fn for_every_seed(name: &str, run: impl Fn(u64) -> (u64, u64)) {
    let seeds = match std::env::var("TILEBOX_SEED") {
        Ok(seed) => vec![seed.parse().expect("TILEBOX_SEED is a number")],
        Err(_) => (0..SEEDS).collect(),
    };
    let (mut requests, mut faults) = (0, 0);
    for &seed in &seeds {
        let outcome = catch_unwind(AssertUnwindSafe(|| run(seed)));
        let Ok(figures) = outcome else {
            eprintln!("repeat with: TILEBOX_SEED={seed} cargo test -p tilebox-tests --test simulation {name}");
            std::panic::resume_unwind(outcome.expect_err("the panic"));
        };
        requests += figures.0;
        faults += figures.1;
    }
    println!("{name}: {} seeds, {requests} requests, {faults} faults", seeds.len());
}

fn query(collection: &Collection, page_size: u64) -> tilebox_core::Query {
    let available = collection.info().availability.expect("an availability");
    collection.query(available).page_size(page_size)
}

fn assert_complete(datapoints: &Datapoints, collection: &Collection) {
    let ids: Vec<_> = datapoints.ids().collect();
    assert_eq!(Some(ids.len() as u64), collection.info().count);
    assert!(ids.is_sorted_by(|left, right| left < right), "in order, without duplicates");
}

#[test]
fn loads_are_complete_despite_transient_faults() {
    for_every_seed("loads_are_complete_despite_transient_faults", |seed| {
        let patient = RetryPolicy::default().with_max_attempts(60);
        let world = World::new(seed, Faults::passing(0.05), |builder| {
            builder.retry(patient).timeout(Duration::from_secs(3600)).attempt_timeout(Duration::from_secs(5))
        });
        let mut random = world.random.clone();
        world.simulation.run(async {
            let collections = world.collections().await.expect("a listing");
            let loads = collections.iter().map(|collection| query(collection, random.u64(1..100)).into_future());
            for (load, collection) in join_all(loads).await.into_iter().zip(&collections) {
                assert_complete(&load.expect("a load"), collection);
            }
        });
        world.assert_quiet();
        (world.network.requests(), world.network.faults())
    });
}

#[test]
fn permanent_faults_end_a_load_with_an_error() {
    for_every_seed("permanent_faults_end_a_load_with_an_error", |seed| {
        let faults = Faults { latency: Duration::from_millis(10), lost: 0.5, refused: 0.5, ..Faults::default() };
        let world = World::new(seed, faults, |builder| builder.timeout(Duration::from_secs(100)));
        let result = world.simulation.run(world.collections());
        let error = result.expect_err("no request succeeds");
        assert!(matches!(error.kind(), ErrorKind::Network | ErrorKind::TimedOut), "{error}");
        let waited = world.simulation.now() - Instant::ORIGIN;
        assert!(waited <= Duration::from_secs(101), "expects the deadline, got {waited:?}");
        world.assert_quiet();
        (world.network.requests(), world.network.faults())
    });
}

#[test]
fn a_truncated_body_is_requested_again() {
    for_every_seed("a_truncated_body_is_requested_again", |seed| {
        let world = World::new(seed, Faults { cut: 0.3, ..Faults::default() }, |builder| {
            builder.retry(RetryPolicy::default().with_max_attempts(50))
        });
        world.simulation.run(async {
            for collection in world.collections().await.expect("a listing") {
                assert_complete(&query(&collection, 50).await.expect("a load"), &collection);
            }
        });
        world.assert_quiet();
        (world.network.requests(), world.network.faults())
    });
}

#[test]
fn a_dropped_load_leaves_no_request_or_task() {
    for_every_seed("a_dropped_load_leaves_no_request_or_task", |seed| {
        let world = World::new(seed, Faults::passing(0.02), |builder| {
            builder.attempt_timeout(Duration::from_secs(5)).timeout(Duration::from_secs(600))
        });
        let mut random = world.random.clone();
        world.simulation.run(async {
            let Ok(collections) = world.collections().await else { return };
            let loads: Vec<_> =
                collections.iter().map(|collection| query(collection, random.u64(1..30)).into_future()).collect();
            let patience = Duration::from_millis(random.u64(0..3000));
            let until = world.simulation.now() + patience;
            // A load that is not done by then is dropped.
            drop(select(join_all(loads), world.simulation.sleep_until(until)).await);
            let asked = world.network.requests();
            world.simulation.sleep_until(until + Duration::from_secs(60)).await;
            assert_eq!(world.network.requests(), asked, "a request was sent after the load was dropped");
        });
        world.assert_quiet();
        (world.network.requests(), world.network.faults())
    });
}

#[test]
fn sequential_exchanges_load_one_page_ahead() {
    for_every_seed("sequential_exchanges_load_one_page_ahead", |seed| {
        let faults = Faults { latency: Duration::from_millis(10), ..Faults::default() };
        let world = World::new(seed, faults, |builder| builder.concurrency(1));
        reads_slowly(&world, |query| query, |read| read..=read + 1)
    });
}

#[test]
fn a_stopped_reader_stops_the_load_at_read_ahead() {
    for_every_seed("a_stopped_reader_stops_the_load_at_read_ahead", |seed| {
        let faults = Faults { latency: Duration::from_millis(10), ..Faults::default() };
        let world = World::new(seed, faults, |builder| builder);
        let pages = 1 + seed as usize % 9;
        // Parts can be smaller than pages, or empty, and the first waiting one is always requested.
        let bound = |read| read..=6 * read + pages as u64 + 3;
        reads_slowly(&world, |query| query.read_ahead(ReadAhead::new(pages, usize::MAX)), bound)
    });
}

/// With the default policy (300 seconds for a call, 60 for an attempt) and transient faults.
#[test]
fn a_pause_longer_than_the_deadline_loses_nothing() {
    for_every_seed("a_pause_longer_than_the_deadline_loses_nothing", |seed| {
        let world = World::new(seed, Faults::passing(0.03), |builder| builder);
        world.simulation.run(async {
            let collections = world.collections().await.expect("a listing");
            let mut pages = query(&collections[0], 5).pages();
            let mut ids = Vec::new();
            while let Some(page) = pages.next().await {
                ids.extend(page.expect("a page").ids());
                world.simulation.sleep_until(world.simulation.now() + Duration::from_secs(400)).await;
            }
            assert_eq!(Some(ids.len() as u64), collections[0].info().count);
            assert!(ids.is_sorted_by(|left, right| left < right));
        });
        world.assert_quiet();
        (world.network.requests(), world.network.faults())
    });
}

#[test]
fn a_slow_reader_repeats_no_request() {
    for_every_seed("a_slow_reader_repeats_no_request", |seed| {
        let flow = Some(FlowControl { stream: 1000, connection: 64 * 1000 });
        let faults = Faults { latency: Duration::from_millis(20), flow, ..Faults::default() };
        let requests = |pause| {
            let world = World::new(seed, faults, |builder| builder);
            world.simulation.run(async {
                let collections = world.collections().await.expect("a listing");
                let mut pages = query(&collections[0], 5).pages();
                while let Some(page) = pages.next().await {
                    page.expect("a page");
                    world.simulation.sleep_until(world.simulation.now() + pause).await;
                }
                assert_eq!(pages.metrics().retries, 0, "a pause of {pause:?}");
            });
            world.assert_quiet();
            world.network.requests()
        };
        (requests(Duration::from_secs(1)) + requests(Duration::from_secs(4000)), 0)
    });
}

#[test]
fn a_load_rides_out_an_outage_of_a_minute() {
    for_every_seed("a_load_rides_out_an_outage_of_a_minute", |seed| {
        let begin = Instant::ORIGIN + Duration::from_millis(60 + seed * 3);
        let outage = Some((begin, begin + Duration::from_secs(58)));
        let faults = Faults { latency: Duration::from_millis(20), outage, ..Faults::default() };
        let world = World::new(seed, faults, |builder| builder.concurrency(1 + seed as usize % 9));
        world.simulation.run(async {
            let collections = world.collections().await.expect("a listing");
            assert_complete(&query(&collections[0], 2).await.expect("a load"), &collections[0]);
        });
        world.assert_quiet();
        (world.network.requests(), world.network.faults())
    });
}

#[test]
fn waiting_for_a_permit_costs_no_network_time() {
    let faults = Faults { latency: Duration::from_secs(10), ..Faults::default() };
    let world = World::new(0, faults, |builder| builder.strategy(Strategy::Spawned));
    let calls = world.simulation.run(join_all((0..2100).map(|_| world.client.datasets())));
    assert_eq!(calls.iter().filter(|call| call.is_err()).count(), 0);
    let waited = world.simulation.now() - Instant::ORIGIN;
    assert_eq!(waited, Duration::from_secs(10 * 2100_u64.div_ceil(64)), "longer than the deadline of a call");
    world.assert_quiet();
}

#[test]
fn the_first_call_after_a_forgotten_connection_succeeds() {
    for_every_seed("the_first_call_after_a_forgotten_connection_succeeds", |seed| {
        let faults = Faults { latency: Duration::from_millis(20), ..Faults::default() };
        let world = World::new(seed, faults, |builder| builder);
        world.simulation.run(async {
            let collections = world.collections().await.expect("a listing");
            query(&collections[0], 5).await.expect("a load over several connections");
            world.network.forget_connections();
            let start = world.simulation.now();
            world.client.datasets().await.expect("a listing");
            let waited = world.simulation.now() - start;
            assert!(waited < Duration::from_secs(61), "{waited:?}: one attempt and its repetition");
        });
        world.assert_quiet();
        (world.network.requests(), world.network.faults())
    });
}

/// The test above fails with a transport that breaks its contract.
#[test]
fn the_simulation_detects_reused_dead_connections() {
    let faults = Faults { latency: Duration::from_millis(20), ..Faults::default() };
    let world = World::of(0, service(), Network::stubborn, faults, |builder| builder);
    world.simulation.run(async {
        world.client.datasets().await.expect("a listing");
        world.network.forget_connections();
        let error = world.client.datasets().await.expect_err("each attempt uses the same connection");
        assert_eq!(error.kind(), ErrorKind::TimedOut, "{error}");
    });
}

#[test]
fn a_lost_idle_connection_costs_one_attempt() {
    for_every_seed("a_lost_idle_connection_costs_one_attempt", |seed| {
        let longest_idle = Some(Duration::from_secs(30));
        let faults = Faults { latency: Duration::from_millis(20), longest_idle, ..Faults::default() };
        let world = World::new(seed, faults, |builder| builder);
        world.simulation.run(async {
            for _ in 0..5 {
                world.client.datasets().await.expect("a listing");
                world.simulation.sleep_until(world.simulation.now() + Duration::from_secs(31)).await;
            }
        });
        assert_eq!((world.network.requests(), world.network.faults()), (9, 4));
        world.assert_quiet();
        (world.network.requests(), world.network.faults())
    });
}

/// Returns the duration of a small call beside an unread load, over one connection with this flow control.
fn call_beside_unread_pages(seed: u64, flow: FlowControl) -> (World, Result<()>) {
    let faults = Faults { latency: Duration::from_millis(20), flow: Some(flow), ..Faults::default() };
    let world = World::new(seed, faults, |builder| builder.concurrency(16));
    let called = world.simulation.run(async {
        let collections = world.collections().await.expect("a listing");
        let mut pages = query(&collections[0], 10).pages();
        pages.next().await.expect("a page").expect("a page");
        // The next pages are requested, and fill the window while they are unread.
        assert!(pages.next().now_or_never().is_none());
        world.simulation.sleep_until(world.simulation.now() + Duration::from_secs(1)).await;
        world.collections().await.map(drop)
    });
    (world, called)
}

#[test]
fn unread_pages_block_no_call_on_their_connection() {
    for_every_seed("unread_pages_block_no_call_on_their_connection", |seed| {
        let (world, called) = call_beside_unread_pages(seed, FlowControl { stream: 1000, connection: 17 * 1000 });
        called.expect("the window has room for every response in flight");
        world.assert_quiet();
        (world.network.requests(), world.network.faults())
    });
}

/// The test above fails with a window that is too small.
#[test]
fn the_simulation_detects_a_window_of_one_stream() {
    let (_, called) = call_beside_unread_pages(1, FlowControl { stream: 1000, connection: 1000 });
    let error = called.expect_err("an unread page fills the window");
    assert_eq!(error.kind(), ErrorKind::TimedOut, "{error}");
}

/// A successful write is done; a failed write is not done, unless its error tells that it may have happened.
#[test]
fn a_write_is_done_or_its_error_tells() {
    use tilebox_core::DatasetDefinition;

    let definition = || DatasetDefinition::temporal("mine");
    for_every_seed("a_write_is_done_or_its_error_tells", |seed| {
        let service = Arc::new(Emulator::builder().writable(true).service().expect("a service"));
        let clear = World::of(seed, Arc::clone(&service), |network| network, Faults::default(), |builder| builder);
        let retry = RetryPolicy::default().with_max_attempts(1 + seed as u32 % 4);
        let faults = Faults { lost: 0.1, cut: 0.1, ..Faults::passing(0.1) };
        let world = World::of(seed, service, |network| network, faults, |builder| builder.retry(retry));
        let is_there = || clear.simulation.run(clear.client.dataset("mine"));
        let created = world.simulation.run(world.client.create_dataset(&definition()));
        match (&created, is_there()) {
            (Ok(_), there) => drop(there.expect("it was made")),
            (Err(error), Ok(_)) => assert!(error.may_have_happened(), "{error}"),
            (Err(_), Err(_)) => {}
        }
        let dataset = clear.simulation.run(clear.client.create_or_update_dataset(&definition())).expect("a dataset");
        let collection = clear.simulation.run(dataset.get_or_create_collection("A")).expect("a collection");
        let datapoints: Vec<_> = (1..=20).map(datapoint).collect();
        let ids = clear.simulation.run(collection.ingest(datapoints).into_future()).expect("ingested").ids;
        let count =
            || clear.simulation.run(collection.refresh()).expect("a collection").info().count.unwrap_or_default();

        // Over the network with faults.
        if let Ok(theirs) = world.simulation.run(world.client.dataset("mine"))
            && let Ok(same) = world.simulation.run(theirs.collection("A"))
        {
            match world.simulation.run(same.delete(ids[..7].to_vec())) {
                Ok(deleted) => assert_eq!((deleted, count()), (7, 13)),
                Err(error) if error.may_have_happened() => assert!([13, 20].contains(&count())),
                Err(error) => assert_eq!(count(), 20, "{error}"),
            }
            match world.simulation.run(theirs.delete_collection(&same)) {
                Ok(()) => assert!(clear.simulation.run(dataset.collection("A")).is_err()),
                Err(error) if error.may_have_happened() => {}
                Err(error) => assert!(clear.simulation.run(dataset.collection("A")).is_ok(), "{error}"),
            }
            if let Ok(made) = world.simulation.run(theirs.get_or_create_collection("B")) {
                let there = clear.simulation.run(dataset.collection("B")).expect("it was made");
                assert_eq!(made.id(), there.id());
            }
        }
        world.assert_quiet();
        (world.network.requests(), world.network.faults())
    });
}

/// Returns an encoded datapoint at this second of 1970.
fn datapoint(seconds: i64) -> bytes::Bytes {
    use prost::Message as _;
    let time = Some(prost_types::Timestamp { seconds, nanos: 0 });
    tilebox_core::protocol::wire::datasets::v1::TemporalDatapoint { time, ..Default::default() }.encode_to_vec().into()
}

/// Reads a collection page by page, ten seconds apart, and asserts the number of requests for the pages.
fn reads_slowly(
    world: &World,
    change: impl Fn(tilebox_core::Query) -> tilebox_core::Query,
    expected: impl Fn(u64) -> std::ops::RangeInclusive<u64>,
) -> (u64, u64) {
    world.simulation.run(async {
        let collections = world.collections().await.expect("a listing");
        // The definition of the dataset is read beside the first page.
        let before = world.network.requests() + 1;
        let mut pages = change(query(&collections[0], 5)).pages();
        let mut read = 0;
        while let Some(page) = pages.next().await {
            page.expect("a page");
            read += 1;
            world.simulation.sleep_until(world.simulation.now() + Duration::from_secs(10)).await;
            let asked = world.network.requests() - before;
            assert!(expected(read).contains(&asked), "{asked} requests for {read} pages");
        }
    });
    world.assert_quiet();
    (world.network.requests(), world.network.faults())
}

#[test]
fn a_call_completes_while_pages_wait_to_be_read() {
    for_every_seed("a_call_completes_while_pages_wait_to_be_read", |seed| {
        let jitter = Duration::from_millis(200);
        let faults = Faults { latency: Duration::from_millis(20), jitter, ..Faults::default() };
        let world = World::new(seed, faults, |builder| builder.concurrency(1 + seed as usize % 4));
        world.simulation.run(async {
            let collections = world.collections().await.expect("a listing");
            let mut pages = query(&collections[0], 5).pages();
            while let Some(page) = pages.next().await {
                page.expect("a page");
                // Without spawning, the requests of the stream are not polled during the call.
                world.collections().await.expect("a listing");
            }
        });
        world.assert_quiet();
        (world.network.requests(), world.network.faults())
    });
}

#[test]
fn concurrent_loads_take_as_long_as_the_longest() {
    let latency = Duration::from_millis(100);
    let seconds = |concurrent: bool| {
        let world = World::new(0, Faults { latency, ..Faults::default() }, |builder| builder);
        world.simulation.run(async {
            let collections = world.collections().await.expect("a listing");
            let start = world.simulation.now();
            let load = |collection| query(collection, 10_000).into_future();
            if concurrent {
                join_all(collections.iter().map(load)).await.into_iter().for_each(|load| drop(load.expect("a load")));
            } else {
                for collection in &collections {
                    load(collection).await.expect("a load");
                }
            }
            (world.simulation.now() - start, collections.len() as u32)
        })
    };
    let (in_turn, collections) = seconds(false);
    assert_eq!(in_turn, latency * collections);
    assert_eq!(seconds(true).0, latency);
}

#[test]
fn the_pages_of_one_query_load_concurrently() {
    let latency = Duration::from_millis(100);
    let round_trips = |concurrency: usize| {
        let world = World::new(0, Faults { latency, ..Faults::default() }, |builder| builder.concurrency(concurrency));
        world.simulation.run(async {
            let collections = world.collections().await.expect("a listing");
            let start = world.simulation.now();
            let loaded = query(&collections[0], 2).await.expect("a load");
            assert_complete(&loaded, &collections[0]);
            let waited = world.simulation.now() - start;
            (waited.as_millis() / latency.as_millis(), loaded.len().div_ceil(2) as u128)
        })
    };
    let (one_by_one, pages) = round_trips(1);
    assert_eq!(one_by_one, pages + 1, "each page, and the definition of the dataset");
    let (at_once, _) = round_trips(32);
    assert!(at_once * 4 <= pages, "{at_once} round trips for {pages} pages");
}

#[test]
fn permits_bound_requests_in_flight() {
    for_every_seed("permits_bound_requests_in_flight", |seed| {
        let permits = 1 + seed % 5;
        let world = World::new(seed, Faults::passing(0.01), |builder| {
            // With one permit, each request waits for all lost ones before it.
            let retry = RetryPolicy::default().with_max_attempts(50);
            builder.concurrency(permits as usize).retry(retry).timeout(Duration::from_secs(36_000))
        });
        world.simulation.run(async {
            let collections = world.collections().await.expect("a listing");
            let loads = collections.iter().cycle().take(12).map(|collection| query(collection, 40).into_future());
            for load in join_all(loads).await {
                load.expect("a load");
            }
        });
        // Without spawning, each load has one exchange, and one for the definition.
        let most = permits + if world.strategy == Strategy::Joined { 2 * 12 } else { 0 };
        let in_flight = world.network.most_in_flight();
        assert!(in_flight <= most, "{in_flight} in flight of {most}");
        world.assert_quiet();
        (world.network.requests(), world.network.faults())
    });
}
