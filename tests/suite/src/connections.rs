//! The connection of an exchange: after the network dropped older ones, with several addresses of a host, and beside unread
//! responses.

use std::net::{IpAddr, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures::future::{Either, join, join_all, select};
use tilebox_core::protocol::exchange::Limits;
use tilebox_core::runtime::Transport;

use super::backend::{Backend, exchange_within, generous, get, post, within};
use super::forgetful::Network;
use super::server::Server;

/// The timeout of an attempt that can fail.
const ATTEMPT: Duration = Duration::from_millis(400);

/// More responses than a connection window of 5 MB holds, each with a stream window of 1 MB or more.
const UNREAD: usize = 20;

/// An old connection can cost one attempt; the next one opens a new connection, regardless of the number of old ones.
fn the_second_attempt_succeeds<B: Backend>(transport: impl FnOnce() -> Arc<dyn Transport>) {
    let server = Server::plain();
    let network = Network::before(&server);
    B::block_on(async {
        let transport = transport();
        for round in 0..2 {
            let many = (0..8).map(|_| transport.send(post(&network.at("/echo"), "before"), generous()));
            for response in within::<B, _>(join_all(many)).await {
                assert_eq!(response.expect("the server responds").body(), "before");
            }
            let old = network.connections();
            network.forget();
            let request = || post(&network.at("/echo"), "after");
            let first = within::<B, _>(exchange_within::<B>(&transport, request(), ATTEMPT)).await;
            let response = match first {
                Ok(response) => response,
                Err(_) => within::<B, _>(exchange_within::<B>(&transport, request(), generous().timeout))
                    .await
                    .expect("a response"),
            };
            assert_eq!(response.body(), "after", "round {round}");
            assert!(network.connections() > old, "the second attempt opens a new connection");
        }
    });
}

/// Over HTTP/1.1, with several pooled connections.
pub fn dropped_connections_cost_one_attempt<B: Backend>() {
    the_second_attempt_succeeds::<B>(B::transport);
}

/// Over HTTP/2, whose connection stays open after an exchange timed out.
pub fn dropped_connections_cost_one_attempt_over_http_2<B: Backend>() {
    if B::http2_prior_knowledge().is_some() {
        the_second_attempt_succeeds::<B>(|| B::http2_prior_knowledge().expect("HTTP/2"));
    }
}

/// Other exchanges on the connection of an exchange that times out continue.
pub fn a_timeout_ends_only_its_own_exchange<B: Backend>() {
    let server = Server::plain();
    for transport in [Some(B::transport()), B::http2_prior_knowledge()].into_iter().flatten() {
        B::block_on(async {
            let large = Bytes::from(vec![7; 4 << 20]);
            // The connection is open before one of its exchanges ends.
            within::<B, _>(transport.send(post(&server.at("/echo"), "body"), generous())).await.expect("a response");
            let many = (0..8).map(|_| transport.send(post(&server.at("/echo"), large.clone()), generous()));
            let late = exchange_within::<B>(&transport, get(&server.at("/silent")), Duration::from_millis(1));
            let (late, many) = within::<B, _>(join(late, join_all(many))).await;
            assert!(late.is_err());
            for response in many {
                assert_eq!(response.expect("the server responds").body().len(), large.len());
            }
        });
    }
}

/// The first of two addresses neither accepts nor refuses connections.
pub fn a_silent_first_address_delays_an_exchange_briefly<B: Backend>() {
    let silent = Silent::listen();
    let server = Server::plain_on_port_of(&silent.listener);
    let addresses = [silent.address().ip(), IpAddr::from([127, 0, 0, 1])];
    B::block_on(async {
        let port = silent.address().port();
        let transport = B::naming("two.test", port, addresses);
        let request = post(&format!("http://two.test:{port}/echo"), "body");
        // Without another limit on the time to connect.
        let response = exchange_within::<B>(&transport, request, Duration::from_secs(20)).await;
        assert_eq!(response.expect("the second address responds").body(), "body");
    });
    assert_eq!(server.connections(), 1);
}

/// A listener with a full queue, so that the system drops its packets, as a firewall does.
struct Silent {
    listener: TcpListener,
    _queue: Vec<TcpStream>,
}

impl Silent {
    fn listen() -> Self {
        let listener = TcpListener::bind("127.0.0.2:0").expect("loopback has many addresses");
        let address = listener.local_addr().expect("it is bound");
        let mut queue = Vec::new();
        // Systems queue between 1 and 4096 unaccepted connections.
        while queue.len() < 10_000 {
            match TcpStream::connect_timeout(&address, Duration::from_millis(200)) {
                Ok(stream) => queue.push(stream),
                Err(_) => return Self { listener, _queue: queue },
            }
        }
        panic!("the system queues an unlimited number of connections");
    }

    fn address(&self) -> SocketAddr {
        self.listener.local_addr().expect("it is bound")
    }
}

/// Unread responses use only their own windows, so that others pass.
pub fn unread_responses_block_no_other_over_http_2<B: Backend>() {
    let mut server = Server::plain();
    let Some(transport) = B::http2_prior_knowledge() else { return };
    B::block_on(async {
        let unlimited = Limits::new(generous().timeout, usize::MAX);
        let mut unread = Vec::new();
        for _ in 0..UNREAD {
            let exchange = transport.send(get(&server.at("/endless")), unlimited);
            match within::<B, _>(select(exchange, Box::pin(server.begun()))).await {
                Either::Left((result, _)) => panic!("an endless response ended: {result:?}"),
                Either::Right(((), exchange)) => unread.push(exchange),
            }
        }
        // Over the same connection, while the server continues to send unread responses.
        for _ in 0..50 {
            let response =
                exchange_within::<B>(&transport, post(&server.at("/echo"), "body"), Duration::from_secs(20)).await;
            assert_eq!(response.expect("not blocked").body(), "body");
        }
        assert_eq!(server.connections(), 1, "the same connection");
        drop(unread);
    });
}
