//! Successful exchanges.

use std::time::Duration;

use bytes::Bytes;
use futures::future::join_all;
use http::{HeaderMap, Method, Request, StatusCode};
use tilebox_core::protocol::exchange::Limits;

use super::backend::{Backend, exchange, generous, get, post, within};
use super::frames::FrameServer;
use super::server::{ENCODED, Server};

fn seen<'a>(headers: &'a HeaderMap, name: &str) -> &'a str {
    headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
}

/// Returns bytes that differ by position and seed.
fn pattern(seed: u64, length: usize) -> Bytes {
    let mut rng = fastrand::Rng::with_seed(seed);
    let mut bytes = vec![0; length];
    rng.fill(&mut bytes);
    bytes.into()
}

/// Method, path, query, headers and body.
pub fn a_request_arrives_as_it_was_sent<B: Backend>() {
    let server = Server::plain();
    for method in [Method::POST, Method::PUT, Method::PATCH] {
        let request = Request::builder()
            .method(&method)
            .uri(server.at("/echo/a.b/C?d=e%20f&g"))
            .header("x-name", "value")
            .header("x-name", "another")
            .header("x-empty", "")
            .body(pattern(1, 1000))
            .expect("the request is one");
        let response = exchange::<B>(request, generous()).expect("the server responds");
        assert_eq!(response.status(), StatusCode::OK);
        assert_eq!(seen(response.headers(), "seen-method"), method.as_str());
        assert_eq!(seen(response.headers(), "seen-target"), "/echo/a.b/C?d=e%20f&g");
        assert_eq!(seen(response.headers(), "seen-version"), "HTTP/1.1");
        let names: Vec<_> = response.headers().get_all("x-name").iter().collect();
        assert_eq!(names, ["value", "another"]);
        assert_eq!(*response.body(), pattern(1, 1000));
    }
}

/// Without a body as well.
pub fn a_response_arrives_as_it_was_sent<B: Backend>() {
    let server = Server::plain();
    let response = exchange::<B>(post(&server.at("/echo"), ""), generous()).expect("the server responds");
    assert_eq!(seen(response.headers(), "seen-method"), "POST");
    assert!(response.body().is_empty());
    let response = exchange::<B>(get(&server.at("/length/3")), generous()).expect("the server responds");
    assert_eq!(response.body().as_ref(), [0; 3]);
    assert_eq!(seen(response.headers(), "content-length"), "3");
}

/// With a head of 30 kB, longer than the additions of a proxy.
pub fn a_response_with_a_long_head_is_read<B: Backend>() {
    let server = Server::plain();
    let response = exchange::<B>(get(&server.at("/head/30")), generous()).expect("the server responds");
    assert_eq!(response.headers().get_all("x-line").iter().map(|line| line.len()).sum::<usize>(), 30_000);
}

/// As over HTTP/1.1, of one long header and of many short ones.
pub fn a_long_head_over_http_2_is_a_response<B: Backend>() {
    let long = "v".repeat(1000);
    let heads = [(0..30).map(|number| (format!("x-{number}"), long.clone())).collect::<Vec<_>>()];
    for head in heads.into_iter().chain([(0..500).map(|number| (format!("x-{number}"), "v".repeat(20))).collect()]) {
        let count = head.len();
        let server = FrameServer::start(100, move |frames, arrival| {
            let mut fields: Vec<(&str, &str)> = head.iter().map(|(name, value)| (&**name, &**value)).collect();
            fields.push(("content-length", "0"));
            frames.head(arrival.stream, &fields);
            frames.end(arrival.stream, b"");
        });
        let Some(transport) = B::http2_prior_knowledge() else { return };
        let exchange = transport.send(post(server.address(), "body"), generous());
        let response = B::block_on(within::<B, _>(exchange)).expect("the server responds");
        assert_eq!(response.headers().len(), count + 1);
    }
}

/// The caller decides the meaning of a status.
pub fn a_response_with_an_error_status_is_a_response<B: Backend>() {
    let server = Server::plain();
    for status in [400, 401, 404, 429, 500, 503, 599] {
        let response = exchange::<B>(post(&server.at(&format!("/status/{status}")), "body"), generous());
        assert_eq!(response.expect("the server responds").status().as_u16(), status);
    }
}

/// A redirect would send the credentials to another server.
pub fn a_redirect_is_not_followed<B: Backend>() {
    let server = Server::plain();
    let response = exchange::<B>(get(&server.at("/redirect")), generous()).expect("the server responds");
    assert_eq!(response.status(), StatusCode::FOUND);
    assert_eq!(seen(response.headers(), "location"), "/echo");
}

/// An API has no sessions.
pub fn no_cookie_is_kept<B: Backend>() {
    let server = Server::plain();
    B::block_on(async {
        let transport = B::transport();
        for _ in 0..2 {
            let exchange = transport.send(post(&server.at("/echo"), "body"), generous());
            let response = within::<B, _>(exchange).await.expect("the server responds");
            assert_eq!(seen(response.headers(), "set-cookie"), "kept=no");
            assert_eq!(seen(response.headers(), "seen-cookie"), "");
        }
    });
}

/// Core decodes the body by its header, so both stay.
pub fn a_compressed_body_stays_compressed<B: Backend>() {
    let server = Server::plain();
    let mut request = get(&server.at("/encoded"));
    request.headers_mut().insert("accept-encoding", http::HeaderValue::from_static("gzip"));
    let response = exchange::<B>(request, generous()).expect("the server responds");
    assert_eq!(seen(response.headers(), "content-encoding"), "gzip");
    assert_eq!(response.body().as_ref(), ENCODED);
}

/// Not always, because a request can precede the return of the previous connection to the pool: on a busy machine not in
/// every round of 50.
pub fn sequential_requests_share_a_connection<B: Backend>() {
    let server = Server::plain();
    B::block_on(async {
        let transport = B::transport();
        let most = if B::REUSES_CONNECTIONS { 25 } else { 50 };
        let mut opened = Vec::new();
        for _ in 0..20 {
            let before = server.connections();
            for number in 0..50 {
                let request = post(&server.at("/echo"), pattern(number, 100));
                let response = within::<B, _>(transport.send(request, generous())).await.expect("the server responds");
                assert_eq!(*response.body(), pattern(number, 100));
            }
            opened.push(server.connections() - before);
            if opened.last() <= Some(&most) {
                return;
            }
        }
        panic!("connections of 50 sequential requests: {opened:?}");
    });
}

/// Of different lengths, so that responses overtake each other.
pub fn concurrent_requests_each_get_their_own_response<B: Backend>() {
    let server = Server::plain();
    B::block_on(async {
        let transport = B::transport();
        let exchanges = (0..64).map(|number| {
            let body = pattern(number, 1000 * (number as usize % 9));
            transport.send(post(&server.at(&format!("/echo/{number}")), body), generous())
        });
        let responses = within::<B, _>(join_all(exchanges)).await;
        for (number, response) in (0..).zip(responses) {
            let response = response.expect("the server responds");
            assert_eq!(seen(response.headers(), "seen-target"), format!("/echo/{number}"));
            assert_eq!(*response.body(), pattern(number, 1000 * (number as usize % 9)));
        }
    });
}

/// 64 MiB in both directions, without `Expect: 100-continue`.
pub fn large_bodies_pass_in_both_directions<B: Backend>() {
    let server = Server::plain();
    let body = pattern(1, 64 << 20);
    let response = exchange::<B>(post(&server.at("/echo"), body.clone()), generous()).expect("the server responds");
    assert_eq!(seen(response.headers(), "seen-expect"), "");
    assert!(*response.body() == body, "{} bytes came back", response.body().len());
}

/// HTTP/2 from the first byte, without TLS.
pub fn http_2_prior_knowledge_works<B: Backend>() {
    let server = Server::plain();
    let Some(transport) = B::http2_prior_knowledge() else { return };
    B::block_on(async {
        for number in 0..10 {
            let request = post(&server.at("/echo"), pattern(number, 100_000));
            let response = within::<B, _>(transport.send(request, generous())).await.expect("the server responds");
            assert_eq!(seen(response.headers(), "seen-version"), "HTTP/2.0");
            assert_eq!(*response.body(), pattern(number, 100_000));
        }
    });
    assert_eq!(server.connections(), 1);
}

/// The maximum values of both settings.
pub fn the_longest_timeout_and_the_highest_limit_work<B: Backend>() {
    let server = Server::plain();
    let limits = Limits::new(Duration::MAX, usize::MAX);
    let response = exchange::<B>(post(&server.at("/echo"), "body"), limits).expect("the server responds");
    assert_eq!(response.body(), "body");
}
