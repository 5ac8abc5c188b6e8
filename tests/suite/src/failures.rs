//! The errors of exchanges without a response.

use std::net::TcpListener;
use std::time::Duration;

use bytes::Bytes;
use http::Request;
use tilebox_core::protocol::exchange::{Limits, TransportErrorKind};

use super::backend::{Backend, exchange, generous, get, post, within};
use super::frames::FrameServer;
use super::server::Server;

fn fails<B: Backend>(request: Request<Bytes>, limits: Limits, kind: TransportErrorKind) {
    let line = format!("{} {}", request.method(), request.uri());
    let error = exchange::<B>(request, limits).expect_err("there is no response");
    assert_eq!(error.kind(), kind, "{line}: {error}");
    let message = error.to_string();
    assert!(!message.is_empty() && !message.contains('\n'), "{line}: {message}");
}

fn at_most(response_bytes: usize) -> Limits {
    Limits::new(Duration::from_secs(60), response_bytes)
}

/// The server no longer listens on the port.
pub fn a_refused_connection_is_an_error_of_connecting<B: Backend>() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    let port = listener.local_addr().expect("it is bound").port();
    drop(listener);
    for scheme in ["http", "https"] {
        fails::<B>(get(&format!("{scheme}://127.0.0.1:{port}/")), generous(), TransportErrorKind::Connect);
    }
}

/// RFC 6761 reserves `.invalid`.
pub fn an_unknown_host_is_an_error_of_connecting<B: Backend>() {
    fails::<B>(post("http://nowhere.invalid/", "body"), generous(), TransportErrorKind::Connect);
}

/// Another attempt would not help.
pub fn a_non_http_address_is_unsupported<B: Backend>() {
    for address in ["ftp://localhost/", "/path"] {
        fails::<B>(get(address), generous(), TransportErrorKind::Unsupported);
    }
}

/// Without reading the body.
pub fn a_claimed_length_over_the_limit_is_too_large<B: Backend>() {
    let server = Server::plain();
    fails::<B>(get(&server.at("/length/1001")), at_most(1000), TransportErrorKind::TooLarge);
    let liar = Server::saying("HTTP/1.1 200 OK\r\ncontent-length: 9000000000000000000\r\n\r\nfew");
    fails::<B>(get(&liar.at("/")), at_most(1000), TransportErrorKind::TooLarge);
}

/// The server notices that the client stops reading.
pub fn an_endless_response_is_too_large<B: Backend>() {
    let mut server = Server::plain();
    fails::<B>(get(&server.at("/endless")), at_most(1 << 20), TransportErrorKind::TooLarge);
    B::block_on(within::<B, _>(server.abandoned()));
}

/// The limit itself is allowed.
pub fn a_response_at_the_limit_is_whole<B: Backend>() {
    let server = Server::plain();
    let response = exchange::<B>(get(&server.at("/length/1000")), at_most(1000)).expect("the server responds");
    assert_eq!(response.body().len(), 1000);
}

/// A body shorter than announced.
pub fn a_connection_closed_in_the_body_is_interrupted<B: Backend>() {
    let server = Server::saying("HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\nfew");
    fails::<B>(get(&server.at("/")), generous(), TransportErrorKind::Interrupted);
}

/// The last chunk is missing.
pub fn a_connection_closed_in_a_chunked_body_is_interrupted<B: Backend>() {
    let server = Server::saying("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nfew\r\n");
    fails::<B>(get(&server.at("/")), generous(), TransportErrorKind::Interrupted);
}

/// The request can have arrived.
pub fn a_connection_closed_before_the_response_is_interrupted<B: Backend>() {
    let server = Server::saying("");
    fails::<B>(get(&server.at("/")), generous(), TransportErrorKind::Interrupted);
}

/// The server can have processed it, so only the caller can decide to repeat it.
pub fn an_arrived_request_is_not_sent_again<B: Backend>() {
    let server = Server::losing();
    B::block_on(async {
        let transport = B::transport();
        for _ in 0..if B::REUSES_CONNECTIONS { 100 } else { 3 } {
            let exchange = transport.send(post(&server.at("/"), "body"), generous());
            match within::<B, _>(exchange).await {
                // The first request of its connection.
                Ok(_) => {}
                Err(error) => return assert_eq!(error.kind(), TransportErrorKind::Interrupted, "{error}"),
            }
        }
        assert!(!B::REUSES_CONNECTIONS, "each request got a response, so those on a used connection were sent again");
    });
}

/// Another attempt would have the same head. libcurl accepts up to 300 kB over HTTP/1.1, and reports more as a break.
pub fn an_oversized_head_is_too_large<B: Backend>() {
    if !B::TELLS_REFUSALS {
        return;
    }
    let server = Server::plain();
    fails::<B>(get(&server.at("/head/900")), generous(), TransportErrorKind::TooLarge);
    for (count, length) in [(100, 1000), (10, 100_000)] {
        let server = FrameServer::start(100, move |frames, arrival| {
            let value = "v".repeat(length);
            let names: Vec<String> = (0..count).map(|number| format!("x-{number}")).collect();
            let fields: Vec<(&str, &str)> = names.iter().map(|name| (&**name, &*value)).collect();
            frames.head(arrival.stream, &fields);
            frames.end(arrival.stream, b"");
        });
        let Some(transport) = B::http2_prior_knowledge() else { return };
        let exchange = transport.send(post(server.address(), "body"), generous());
        let error = B::block_on(within::<B, _>(exchange)).expect_err("an oversized head");
        assert_eq!(error.kind(), TransportErrorKind::TooLarge, "{count} of {length}: {error}");
        assert!(
            error.advice().is_some_and(|advice| advice.contains("headers")),
            "smaller pages would not help: {error}"
        );
    }
}

/// The peer is not a web server.
pub fn a_response_other_than_http_is_interrupted<B: Backend>() {
    let server = Server::saying("220 mail.example ESMTP ready\r\n\r\n");
    fails::<B>(get(&server.at("/")), generous(), TransportErrorKind::Interrupted);
}
