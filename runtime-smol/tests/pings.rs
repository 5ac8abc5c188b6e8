//! Idle HTTP/2 connections are pinged.

#![expect(clippy::expect_used, reason = "a test fails by panicking")]

use std::sync::Arc;
use std::time::Duration;

use smol::Timer;
use smol::future::{FutureExt as _, block_on};
use tilebox_core::runtime::Transport as _;
use tilebox_smol::hyper::{Connector, Hyper, Proxies, builder};
use tilebox_smol::{Smol, tls};
use tilebox_suite::backend::{generous, post};
use tilebox_suite::forgetful::Network;
use tilebox_suite::server::Server;

/// A ping interval shorter than the default, because the clock is real.
const PING: Duration = Duration::from_millis(100);

/// A limit below the idle timeout of the pool.
const PATIENCE: Duration = Duration::from_secs(20);

#[test]
fn hyper_closes_an_idle_connection_the_network_forgot() {
    let server = Server::plain();
    let mut network = Network::before(&server);
    let tls = tls::client_config(tls::rustls::RootCertStore::empty()).expect("a configuration");
    let connector = Connector::new(Arc::new(tls), Proxies::none());
    let mut builder = builder(&Smol::new());
    builder.http2_only(true).http2_keep_alive_interval(PING).http2_keep_alive_timeout(PING);
    let transport = Hyper::with_builder(builder, connector);
    block_on(async {
        let response = transport.send(post(&network.at("/echo"), "body"), generous()).await;
        assert_eq!(response.expect("the server responds").body(), "body");
        network.forget();
        let closed = async {
            network.closed().await;
            Some(())
        };
        let too_late = async {
            Timer::after(PATIENCE).await;
            None
        };
        assert_eq!(closed.or(too_late).await, Some(()), "the idle connection is closed");
    });
}
