//! Inside and outside of tokio, the client neither panics nor hangs.

#![expect(clippy::expect_used, reason = "a test fails by panicking")]

use std::sync::Arc;
use std::time::Duration;

use futures::channel::oneshot;
use futures::executor::block_on;
use tilebox_core::protocol::exchange::TransportErrorKind;
use tilebox_core::runtime::{Runtime, Transport};
use tilebox_core::time::Instant;
use tilebox_suite::backend::{generous, post};
use tilebox_suite::server::Server;
use tilebox_tokio::{Hyper, Reqwest, Tokio};

const SHORT: Duration = Duration::from_millis(10);

fn transports() -> [Arc<dyn Transport>; 2] {
    [Arc::new(Reqwest::new().expect("a client")), Arc::new(Hyper::new().expect("a client"))]
}

fn sleeps_and_tells_the_time(runtime: &Tokio) {
    let deadline = runtime.now() + SHORT;
    block_on(runtime.sleep_until(deadline));
    assert!(runtime.now() >= deadline);
    block_on(runtime.sleep_until(Instant::ORIGIN));
}

fn drops_its_tasks(runtime: &Tokio) {
    let (done, wait) = oneshot::channel::<()>();
    runtime.spawn(Box::pin(async move {
        let _held = done;
        std::future::pending().await
    }));
    assert!(block_on(wait).is_err());
}

#[test]
fn without_any_runtime_time_passes_and_tasks_are_dropped() {
    let runtime = Tokio::new();
    sleeps_and_tells_the_time(&runtime);
    drops_its_tasks(&runtime);
}

#[test]
fn an_exchange_without_a_runtime_gets_advice() {
    let server = Server::plain();
    for transport in transports() {
        let error = block_on(transport.send(post(&server.at("/echo"), "body"), generous())).expect_err("no runtime");
        assert_eq!(error.kind(), TransportErrorKind::NoExecutor);
        assert!(error.to_string().contains("#[tokio::main]"), "{error}");
    }
}

#[test]
fn a_client_made_inside_tokio_works_on_any_executor() {
    let tokio = tokio::runtime::Runtime::new().expect("a runtime");
    let (runtime, transports) = tokio.block_on(async { (Tokio::new(), transports()) });
    sleeps_and_tells_the_time(&runtime);

    let (done, wait) = oneshot::channel();
    runtime.spawn(Box::pin(async move { done.send(()).expect("a task waits") }));
    assert_eq!(block_on(wait), Ok(()));

    let server = Server::plain();
    for transport in transports {
        for _ in 0..3 {
            let exchange = transport.send(post(&server.at("/echo"), "body"), generous());
            assert_eq!(block_on(exchange).expect("the server responds").body(), "body");
        }
        // Begun and dropped outside of tokio.
        drop(futures::FutureExt::now_or_never(transport.send(post(&server.at("/echo"), "body"), generous())));
    }
}

#[test]
fn a_client_made_outside_of_tokio_works_inside() {
    let (runtime, transports) = (Tokio::new(), transports());
    let server = Server::plain();
    tokio::runtime::Runtime::new().expect("a runtime").block_on(async {
        runtime.sleep_until(runtime.now() + SHORT).await;
        for transport in transports {
            let exchange = transport.send(post(&server.at("/echo"), "body"), generous());
            assert_eq!(exchange.await.expect("the server responds").body(), "body");
        }
    });
}

#[test]
fn after_its_runtime_is_gone_time_passes_and_exchanges_fail() {
    let tokio = tokio::runtime::Runtime::new().expect("a runtime");
    let (runtime, transports) = tokio.block_on(async { (Tokio::new(), transports()) });
    drop(tokio);
    sleeps_and_tells_the_time(&runtime);
    drops_its_tasks(&runtime);
    let server = Server::plain();
    for transport in transports {
        assert!(block_on(transport.send(post(&server.at("/echo"), "body"), generous())).is_err());
    }
}

#[test]
fn pooled_connections_of_a_dropped_runtime_are_not_used() {
    let transports = transports();
    let server = Server::plain();
    for _ in 0..2 {
        tokio::runtime::Runtime::new().expect("a runtime").block_on(async {
            for transport in &transports {
                let exchange = transport.send(post(&server.at("/echo"), "body"), generous());
                assert_eq!(exchange.await.expect("the server responds").body(), "body");
            }
        });
    }
}

#[tokio::test(start_paused = true)]
async fn with_paused_time_a_long_sleep_takes_none() {
    let began = std::time::Instant::now();
    let runtime = Tokio::new();
    let start = runtime.now();
    runtime.sleep_until(start + Duration::from_secs(3600)).await;
    assert_eq!(runtime.now() - start, Duration::from_secs(3600));
    assert!(began.elapsed() < Duration::from_secs(60));
}
