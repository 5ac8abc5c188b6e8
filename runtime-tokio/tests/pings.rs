//! Idle HTTP/2 connections are pinged.

#![expect(clippy::expect_used, reason = "a test fails by panicking")]

use std::sync::Arc;
use std::time::Duration;

use tilebox_core::runtime::Transport;
use tilebox_suite::backend::{generous, post};
use tilebox_suite::forgetful::Network;
use tilebox_suite::server::Server;
use tilebox_tokio::{Hyper, Reqwest};
use tokio::time::{Instant, advance, pause, resume, timeout};

/// A ping after 15 s, and 10 s for its response. The pool closes connections that are idle for 30 s.
const UNTIL_CLOSED: Duration = Duration::from_secs(26);

fn closes_what_the_network_forgot(transport: fn() -> Arc<dyn Transport>) {
    let server = Server::plain();
    let mut network = Network::before(&server);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let transport = transport();
        let response = transport.send(post(&network.at("/echo"), "body"), generous()).await;
        assert_eq!(response.expect("the server responds").body(), "body");
        network.forget();
        let began = Instant::now();
        pause();
        while began.elapsed() < UNTIL_CLOSED {
            // In steps, because each timer begins at the end of the previous one.
            advance(Duration::from_millis(500)).await;
        }
        resume();
        timeout(Duration::from_secs(3), network.closed()).await.expect("the ping closes it before the pool does");
    });
}

#[test]
fn hyper_closes_an_idle_connection_the_network_forgot() {
    closes_what_the_network_forgot(|| Arc::new(Hyper::http2_prior_knowledge().expect("a client")));
}

#[test]
fn reqwest_closes_an_idle_connection_the_network_forgot() {
    closes_what_the_network_forgot(|| Arc::new(Reqwest::http2_prior_knowledge().expect("a client")));
}
