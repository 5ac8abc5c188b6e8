//! Which connection an exchange uses: when the network forgets old ones, when a host has several addresses, and when nobody
//! reads what comes over it.

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

/// The timeout of an attempt that may be in vain.
const ATTEMPT: Duration = Duration::from_millis(400);

/// More responses than a connection window of 5 MB holds, each with a stream window of 1 MB or more.
const UNREAD: usize = 20;

/// One attempt may be lost to an old connection; the next one opens a new connection, however many old ones there are.
fn the_second_attempt_succeeds<B: Backend>(transport: impl FnOnce() -> Arc<dyn Transport>) {
    let server = Server::plain();
    let network = Network::before(&server);
    B::block_on(async {
        let transport = transport();
        for round in 0..2 {
            let many = (0..8).map(|_| transport.send(post(&network.at("/echo"), "before"), generous()));
            for response in within::<B, _>(join_all(many)).await {
                assert_eq!(response.expect("the server answers").body(), "before");
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
            assert!(network.connections() > old, "no new connection was opened");
        }
    });
}

/// Over HTTP/1.1, where several connections may be pooled.
pub fn dropped_connections_cost_one_attempt<B: Backend>() {
    the_second_attempt_succeeds::<B>(B::transport);
}

/// Over HTTP/2, where a timed-out exchange leaves its connection open.
pub fn dropped_connections_cost_one_attempt_over_http_2<B: Backend>() {
    if B::http2_prior_knowledge().is_some() {
        the_second_attempt_succeeds::<B>(|| B::http2_prior_knowledge().expect("it speaks HTTP/2"));
    }
}

/// What shares a connection with an exchange that times out goes on.
pub fn a_timeout_ends_only_its_own_exchange<B: Backend>() {
    let server = Server::plain();
    for transport in [Some(B::transport()), B::http2_prior_knowledge()].into_iter().flatten() {
        B::block_on(async {
            let large = Bytes::from(vec![7; 4 << 20]);
            // The connection is there before one of those who share it goes away.
            within::<B, _>(transport.send(post(&server.at("/echo"), "body"), generous())).await.expect("a response");
            let many = (0..8).map(|_| transport.send(post(&server.at("/echo"), large.clone()), generous()));
            let late = exchange_within::<B>(&transport, get(&server.at("/silent")), Duration::from_millis(1));
            let (late, many) = within::<B, _>(join(late, join_all(many))).await;
            assert!(late.is_err());
            for response in many {
                assert_eq!(response.expect("the server answers").body().len(), large.len());
            }
        });
    }
}

/// A host of two addresses, of which the first takes no connection and refuses none.
pub fn a_silent_first_address_delays_an_exchange_briefly<B: Backend>() {
    let silent = Silent::listen();
    let server = Server::plain_on_port_of(&silent.listener);
    let addresses = [silent.address().ip(), IpAddr::from([127, 0, 0, 1])];
    B::block_on(async {
        let port = silent.address().port();
        let transport = B::naming("two.test", port, addresses);
        let request = post(&format!("http://two.test:{port}/echo"), "body");
        // Nobody else limits how long a connection may take.
        let response = exchange_within::<B>(&transport, request, Duration::from_secs(20)).await;
        assert_eq!(response.expect("the second address answers").body(), "body");
    });
    assert_eq!(server.connections(), 1);
}

/// A listener whose queue is full, so that the system drops what arrives there, as a firewall does.
struct Silent {
    listener: TcpListener,
    _queue: Vec<TcpStream>,
}

impl Silent {
    fn listen() -> Self {
        let listener = TcpListener::bind("127.0.0.2:0").expect("loopback has many addresses");
        let address = listener.local_addr().expect("it is bound");
        let mut queue = Vec::new();
        // Systems hold between 1 and 4096 connections that nobody has accepted.
        while queue.len() < 10_000 {
            match TcpStream::connect_timeout(&address, Duration::from_millis(200)) {
                Ok(stream) => queue.push(stream),
                Err(_) => return Self { listener, _queue: queue },
            }
        }
        panic!("the system takes any number of connections that nobody accepts");
    }

    fn address(&self) -> SocketAddr {
        self.listener.local_addr().expect("it is bound")
    }
}

/// Responses that nobody reads hold no more than their own windows, so that others pass.
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
        // Over the same connection, while the server goes on sending what nobody reads.
        for _ in 0..50 {
            let response =
                exchange_within::<B>(&transport, post(&server.at("/echo"), "body"), Duration::from_secs(20)).await;
            assert_eq!(response.expect("it is not blocked").body(), "body");
        }
        assert_eq!(server.connections(), 1, "another connection would not be blocked");
        drop(unread);
    });
}
