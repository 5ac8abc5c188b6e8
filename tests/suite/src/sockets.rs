//! Exchanges over unix sockets, on platforms that have them.

use bytes::Bytes;
use futures::future::join_all;
use tilebox_core::protocol::exchange::TransportErrorKind;

use super::backend::{Backend, exchange, generous, get, post, within};
use super::proxy::Proxy;
use super::server::{Server, address_of_socket, free_socket};
use super::tls::Certificates;

/// The server sees a normal request, without the path of the socket.
pub fn a_unix_socket_reaches_a_server<B: Backend>() {
    let server = Server::on_socket();
    let request = post(&server.at("/echo/a?b"), "body");
    let response = exchange::<B>(request, generous()).expect("the server responds");
    assert_eq!(response.headers()["seen-target"], "/echo/a?b");
    assert_eq!(response.headers()["seen-host"], "localhost");
    assert_eq!(response.body(), "body");
}

/// Each socket has its own server, and is not confused with another or with a host.
pub fn each_socket_reaches_its_own_server<B: Backend>() {
    let servers = [Server::on_socket(), Server::on_socket(), Server::plain()];
    B::block_on(async {
        let transport = B::transport();
        let exchanges = (0..60).map(|number| {
            let body = Bytes::from(vec![1; 1000 * (number % 7)]);
            transport.send(post(&servers[number % 3].at(&format!("/echo/{number}")), body), generous())
        });
        for (number, response) in within::<B, _>(join_all(exchanges)).await.into_iter().enumerate() {
            let response = response.expect("the server responds");
            assert_eq!(response.headers()["seen-target"], format!("/echo/{number}"));
            assert_eq!(response.body().len(), 1000 * (number % 7));
        }
    });
    for server in &servers {
        assert!((1..=20).contains(&server.connections()), "{} connections", server.connections());
    }
}

/// Without a listener, the request certainly did not arrive.
pub fn a_missing_socket_is_an_error_of_connecting<B: Backend>() {
    let request = get(&format!("{}/echo", address_of_socket(&free_socket())));
    let error = exchange::<B>(request, generous()).expect_err("no server listens");
    assert_eq!(error.kind(), TransportErrorKind::Connect, "{error}");
}

/// The limit applies to sockets too.
pub fn an_oversized_response_over_a_socket_is_too_large<B: Backend>() {
    let server = Server::on_socket();
    let limits = tilebox_core::protocol::exchange::Limits::new(generous().timeout, 1000);
    let error = exchange::<B>(get(&server.at("/length/1001")), limits).expect_err("the response is too long");
    assert_eq!(error.kind(), TransportErrorKind::TooLarge, "{error}");
}

/// A proxy can be on another machine.
pub fn a_unix_socket_is_reached_without_the_proxy<B: Backend>() {
    let (server, proxy) = (Server::on_socket(), Proxy::open());
    B::block_on(async {
        let transport = B::through(proxy.address(), "", &Certificates::new().root);
        let exchange = transport.send(post(&server.at("/echo"), "body"), generous());
        assert_eq!(within::<B, _>(exchange).await.expect("the server responds").body(), "body");
    });
    assert!(proxy.requests().is_empty());
}
