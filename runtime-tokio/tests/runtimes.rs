//! One client on several tokio runtimes, on one without drivers, and on none: it works, or fails at once with advice.

#![expect(clippy::expect_used, reason = "a test fails by panicking")]

use std::panic::catch_unwind;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tilebox_core::error::ErrorKind;
use tilebox_core::protocol::exchange::TransportErrorKind;
use tilebox_core::runtime::{Runtime as _, Transport};
use tilebox_suite::backend::{generous, post};
use tilebox_suite::server::Server;
use tilebox_tokio::{Hyper, Reqwest, Strategy, Tokio};
use tokio::runtime::{Builder, Runtime};

/// A timeout far longer than any test.
const PATIENCE: Duration = Duration::from_secs(30);

fn transports() -> [Arc<dyn Transport>; 4] {
    [
        Arc::new(Reqwest::new().expect("a client")),
        Arc::new(Reqwest::http2_prior_knowledge().expect("a client")),
        Arc::new(Hyper::new().expect("a client")),
        Arc::new(Hyper::http2_prior_knowledge().expect("a client")),
    ]
}

/// Returns a runtime that runs only during `block_on`.
fn runtime(build: fn(&mut Builder) -> &mut Builder) -> Runtime {
    build(&mut Builder::new_current_thread()).build().expect("a runtime")
}

fn exchange(runtime: &Runtime, transport: &Arc<dyn Transport>, server: &Server) {
    let exchange = async {
        let exchange = transport.send(post(&server.at("/echo"), "body"), generous());
        tokio::time::timeout(PATIENCE, exchange).await.expect("it does not hang").expect("the server responds")
    };
    assert_eq!(runtime.block_on(exchange).body(), "body");
}

#[test]
fn a_transport_works_on_runtimes_in_turn() {
    let server = Server::plain();
    let (first, second) = (runtime(Builder::enable_all), runtime(Builder::enable_all));
    for transport in first.block_on(async { transports() }) {
        let before = server.connections();
        for _ in 0..3 {
            // The other runtime does not run during that time, nor do its connections.
            exchange(&first, &transport, &server);
            exchange(&second, &transport, &server);
        }
        assert!(server.connections() - before <= 4, "each runtime keeps its connections");
    }
}

#[test]
fn a_client_works_on_runtimes_in_turn() {
    let server = Server::plain();
    let (first, second) = (runtime(Builder::enable_all), runtime(Builder::enable_all));
    for strategy in [Strategy::Joined, Strategy::Spawned] {
        let builder = tilebox_tokio::client_builder().url(server.at("")).anonymous().strategy(strategy);
        let client = first.block_on(async { builder.build() }).expect("a client");
        for runtime in [&first, &second, &first] {
            let call = async { tokio::time::timeout(PATIENCE, client.datasets()).await };
            let error = runtime.block_on(call).expect("it does not hang").expect_err("the server is not Tilebox");
            assert_eq!(error.kind(), ErrorKind::UnexpectedResponse, "{error}");
        }
    }
}

#[test]
fn a_runtime_without_drivers_is_an_error_not_a_panic() {
    let server = Server::plain();
    type Enable = fn(&mut Builder) -> &mut Builder;
    let lacking: [(Enable, &str); 3] =
        [(Builder::enable_io, "timers"), (Builder::enable_time, "sockets"), (|builder| builder, "timers")];
    for (build, missing) in lacking {
        for strategy in [Strategy::Joined, Strategy::Spawned] {
            let url = server.at("");
            let made = catch_unwind(move || {
                runtime(build).block_on(async move {
                    tilebox_tokio::client_builder().url(url).anonymous().strategy(strategy).build()
                })
            });
            let error = made.expect("no panic").expect_err("it lacks something");
            assert_eq!(error.kind(), ErrorKind::NoExecutor);
            assert!(error.to_string().contains(missing) && error.to_string().contains("enable_all"), "{error}");
        }
    }
}

#[test]
fn a_client_of_another_runtime_fails_at_once_without_drivers() {
    let server = Server::plain();
    let whole = runtime(Builder::enable_all);
    let began = Instant::now();
    for build in [Builder::enable_io as fn(&mut Builder) -> &mut Builder, Builder::enable_time] {
        for transport in whole.block_on(async { transports() }) {
            let lacking = runtime(build);
            let error = lacking.block_on(transport.send(post(&server.at("/echo"), "body"), generous()));
            let error = error.expect_err("it lacks something");
            assert_eq!(error.kind(), TransportErrorKind::NoExecutor, "{error}");
            assert_eq!(error.advice(), Some("call `enable_all` on the `tokio::runtime::Builder`"));
        }
        let tokio = whole.block_on(async { Tokio::new() });
        runtime(build).block_on(async { tokio.sleep_until(tokio.now() + Duration::from_millis(1)).await });
        for strategy in [Strategy::Joined, Strategy::Spawned] {
            let builder = tilebox_tokio::client_builder().url(server.at("")).anonymous().strategy(strategy);
            let client = whole.block_on(async { builder.build() }).expect("a client");
            let error = runtime(build).block_on(client.datasets()).expect_err("it lacks something");
            assert_eq!(error.kind(), ErrorKind::NoExecutor, "{strategy:?}: {error}");
            assert!(error.to_string().contains("enable_all"), "{strategy:?}: {error}");
        }
    }
    assert!(began.elapsed() < PATIENCE);
}

#[test]
fn a_client_made_outside_of_a_runtime_fails_at_build() {
    for builder in
        [tilebox_tokio::client_builder(), tilebox_tokio::client_builder().transport(Hyper::new().expect("a client"))]
    {
        let error = builder.url("http://localhost:1").anonymous().build().expect_err("there is no runtime");
        assert_eq!(error.kind(), ErrorKind::NoExecutor);
        let line = error.to_string();
        assert!(line.contains("inside the runtime") && line.contains("`blocking`"), "{line}");
    }
    // A blocking client has its own runtime.
    tilebox_tokio::blocking::client_builder().url("http://localhost:1").anonymous().build().expect("a client");
}
