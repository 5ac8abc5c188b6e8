//! The metrics of loads, to the millisecond, in virtual time.

#![expect(clippy::expect_used, reason = "a test fails by panicking")]

use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures::stream::StreamExt as _;
use tilebox_core::progress::{LoadProgress, LoadState};
use tilebox_core::runtime::Runtime as _;
use tilebox_core::{Client, Collection, LoadMetrics, Query, Strategy, load_all};
use tilebox_core::{ClientBuilder, RuntimeParts};
use tilebox_emulator::{Catalogue, Emulator};
use tilebox_tests::simulation::{Faults, Network, Simulation, serve};

/// The latency of each response.
const LATENCY: Duration = Duration::from_millis(100);
const PAGE: u64 = 50;

struct World {
    simulation: Simulation,
    network: Network,
    client: Client,
}

impl World {
    fn new(strategy: Strategy) -> Self {
        let service = Emulator::builder().catalogue(Catalogue::new(400)).service().expect("a service");
        let simulation = Simulation::new(1);
        let faults = Faults { latency: LATENCY, ..Faults::default() };
        let network = Network::new(&simulation, faults, serve(Arc::new(service)));
        let parts = RuntimeParts::new("simulation", Arc::new(simulation.clone())).with_strategy(strategy);
        // One exchange at a time, so that the time of each page is known.
        let builder = ClientBuilder::new(parts).url("http://simulated").anonymous().concurrency(1);
        let client = builder.transport(network.clone()).build().expect("a client");
        Self { simulation, network, client }
    }

    async fn collections(&self) -> Vec<Collection> {
        let dataset = self.client.dataset("open_data.copernicus.sentinel2_msi").await.expect("a dataset");
        let mut collections = dataset.collections().await.expect("a listing");
        collections.sort_by_key(|collection| std::cmp::Reverse(collection.info().count));
        collections
    }
}

fn query(collection: &Collection) -> Query {
    collection.query(collection.info().availability.expect("an availability")).page_size(PAGE)
}

fn pages(collection: &Collection) -> u32 {
    let pages = collection.info().count.expect("a count").div_ceil(PAGE);
    u32::try_from(pages).expect("a small number")
}

#[test]
fn an_awaited_load_counts_all_time_as_waiting() {
    let world = World::new(Strategy::Joined);
    world.simulation.run(async {
        let collection = world.collections().await.swap_remove(0);
        let before = world.network.requests();
        let loaded = query(&collection).await.expect("a load");
        let metrics = *loaded.metrics().expect("it was loaded");
        assert_eq!(metrics.requests, world.network.requests() - before);
        assert_eq!(
            metrics.requests,
            u64::from(pages(&collection)) + 1,
            "the pages, and the definition beside the first"
        );
        assert_eq!(metrics.retries, 0);
        // The definition is read beside the first page.
        assert_eq!(metrics.duration, LATENCY * pages(&collection));
        assert_eq!(metrics.waiting, metrics.duration);
        assert_eq!(metrics.bytes_received, metrics.message_bytes, "the simulated server compresses nothing");
        assert!(metrics.message_bytes > 500 * loaded.len() as u64, "{metrics}");
        assert_eq!(metrics.decompressing + metrics.decoding, Duration::ZERO, "time passes only while the reader waits");
    });
}

#[test]
fn time_of_a_busy_reader_is_not_waiting() {
    let busy = Duration::from_secs(10);
    let world = World::new(Strategy::Spawned);
    world.simulation.run(async {
        let collection = world.collections().await.swap_remove(0);
        let reports: Arc<Mutex<Vec<LoadProgress>>> = Arc::default();
        let observer = Arc::clone(&reports);
        let query = query(&collection).progress(move |load: &LoadProgress| {
            observer.lock().expect("an unpoisoned lock").push(load.clone());
        });
        let mut stream = query.pages();
        assert_eq!(stream.metrics(), LoadMetrics::default(), "the load has not begun");
        let mut read = 0;
        while let Some(page) = stream.next().await {
            assert!(page.expect("a page").metrics().is_none(), "pages have no metrics");
            read += 1;
            world.simulation.sleep_until(world.simulation.now() + busy).await;
        }
        let metrics = stream.metrics();
        assert_eq!(read, pages(&collection));
        // Every second page was loaded while its predecessor was read.
        assert_eq!(metrics.waiting, LATENCY * 2, "{metrics}");
        assert_eq!(metrics.duration, LATENCY * 2 + busy * read);
        world.simulation.sleep_until(world.simulation.now() + busy).await;
        assert_eq!(stream.metrics(), metrics, "the load has ended");

        let reports = reports.lock().expect("an unpoisoned lock");
        let last = reports.last().expect("the end");
        assert_eq!((last.state, last.metrics), (LoadState::Complete, metrics));
        assert_eq!(last.elapsed, metrics.duration);
        assert!(reports.is_sorted_by_key(|load| load.metrics.bytes_received));
    });
}

#[test]
fn summed_metrics_count_concurrent_time_once() {
    let world = World::new(Strategy::Joined);
    world.simulation.run(async {
        let collections = world.collections().await;
        let before = (world.network.requests(), world.simulation.now());
        let loads = load_all(collections.iter().take(2).map(query)).await.expect("loads");
        let sum: LoadMetrics = loads.iter().filter_map(|load| load.metrics()).sum();
        assert_eq!(sum.requests, world.network.requests() - before.0);
        assert!(sum.duration > world.simulation.now() - before.1, "each load has its own time");

        let before = (world.network.requests(), world.simulation.now());
        let dataset = collections[0].dataset();
        let names = collections.iter().take(2).map(Collection::name);
        let named = dataset.query(("2000-01-01", "2100-01-01")).collections(names.collect::<Vec<_>>()).page_size(PAGE);
        let named = named.load_by_collection().await.expect("a load");
        let metrics = *named.metrics().expect("it was loaded");
        assert_eq!(metrics.requests, world.network.requests() - before.0, "the listing too");
        assert_eq!(metrics.duration, world.simulation.now() - before.1);
        assert_eq!(metrics.waiting, metrics.duration);
        assert_eq!(metrics.bytes_received, metrics.message_bytes);

        let found = dataset.find(named.ids().next().expect("an id")).await.expect("a datapoint");
        assert_eq!(found.metrics().map(|metrics| (metrics.requests, metrics.duration)), Some((2, LATENCY)));
    });
}

#[test]
fn repeated_requests_count_twice() {
    let world = World::new(Strategy::Joined);
    let unsteady = Faults { latency: LATENCY, unavailable: 0.3, ..Faults::default() };
    let service = Emulator::builder().catalogue(Catalogue::new(400)).service().expect("a service");
    let network = Network::new(&world.simulation, unsteady, serve(Arc::new(service)));
    let parts = RuntimeParts::new("simulation", Arc::new(world.simulation.clone())).with_strategy(Strategy::Spawned);
    let retry = tilebox_core::protocol::retry::RetryPolicy::default().with_max_attempts(50);
    let builder = ClientBuilder::new(parts).url("http://simulated").anonymous().retry(retry);
    let client: Client = builder.transport(network.clone()).build().expect("a client");
    world.simulation.run(async {
        let dataset = client.dataset("open_data.copernicus.sentinel2_msi").await.expect("a dataset");
        let before = (network.requests(), network.faults());
        let mut stream = dataset.query(("2000-01-01", "2100-01-01")).page_size(PAGE).pages();
        while let Some(page) = stream.next().await {
            page.expect("a page");
        }
        let metrics = stream.metrics();
        assert_eq!(metrics.requests, network.requests() - before.0);
        assert!(metrics.retries > 0, "{metrics}");
        assert!(metrics.retries <= network.faults() - before.1, "only failed requests are repeated");
    });
}
