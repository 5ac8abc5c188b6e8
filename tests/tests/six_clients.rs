//! Six clients, three async and three blocking, return the same result from one source.

#![expect(clippy::expect_used, reason = "a test fails by panicking")]

use tilebox_core::Datapoints;
use tilebox_emulator::{Catalogue, Emulator, Fault, Rpc};

macro_rules! clients {
    ($($name:ident: $tilebox:path, $include:path, |$future:ident| $wait:expr;)*) => {
        $(
            mod $name {
                use $tilebox as tilebox;

                $include!("../../demo/src/job.rs");

                /// Runs the demonstration on a server, and returns its results.
                pub(super) fn main_job(server: &Emulator) -> Vec<Datapoints> {
                    let arguments = Arguments { page_size: 50, ..Arguments::default() };
                    let $future = load(&arguments, Some(server));
                    $wait.expect("it loads")
                }
            }
        )*

        /// The clients with their names.
        const CLIENTS: [(&str, fn(&Emulator) -> Vec<Datapoints>); 6] = [$((stringify!($name), $name::main_job)),*];
    };
}

clients! {
    tokio: tilebox_tokio, include, |job| tilebox::block_on(job);
    smol: tilebox_smol, include, |job| tilebox::block_on(job);
    async_std: tilebox_async_std, include, |job| tilebox::block_on(job);
    tokio_blocking: tilebox_tokio::blocking, tilebox_without_await::include_without_await, |loaded| loaded;
    smol_blocking: tilebox_smol::blocking, tilebox_without_await::include_without_await, |loaded| loaded;
    async_std_blocking: tilebox_async_std::blocking, tilebox_without_await::include_without_await, |loaded| loaded;
}

#[test]
fn six_clients_load_the_same() {
    // Two requests wait for each other, so a client with one request at a time never ends.
    let barrier = || Fault::barrier(2).on(Rpc::Query);
    let builder = || Emulator::builder().catalogue(Catalogue::new(1000)).identity(1).fault(barrier());
    let mut results = CLIENTS.iter().map(|(name, main_job)| {
        let server = builder().start().expect("a local server");
        let loaded = main_job(&server);
        assert!(server.requests().max_in_flight() > 1, "{name} loads collections concurrently");
        (name, loaded)
    });
    let (_, expected) = results.next().expect("a client");
    assert_eq!(expected.len(), 2);
    assert!(expected.iter().all(|datapoints| datapoints.len() > 200), "several pages each");
    for (name, loaded) in results {
        assert_eq!(loaded, expected, "{name}");
    }
}
