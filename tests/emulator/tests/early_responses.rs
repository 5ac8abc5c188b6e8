//! Responses that are sent before their request was read.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

mod support;

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response, StatusCode, Version};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::client::conn::http2::SendRequest;
use hyper_util::rt::{TokioExecutor, TokioIo};
use tilebox_emulator::{Catalogue, Emulator, Fault, Permissions};

const INGEST: &str = "/datasets.v1.DataIngestionService/Ingest";
/// A body size above the limit of the server and the buffers of sockets, in bytes.
const LARGE: usize = 72 << 20;
/// The timeout of a hanging test.
const TIMEOUT: Duration = Duration::from_secs(300);

/// The cases of an early response: name, path, key, fault and status.
const EARLY: [(&str, &str, &str, Option<&str>, StatusCode); 7] = [
    ("too large", INGEST, "Bearer right", None, StatusCode::TOO_MANY_REQUESTS),
    ("wrong key", INGEST, "Bearer wrong", None, StatusCode::UNAUTHORIZED),
    ("no method", "/datasets.v1.DataIngestionService/Nothing", "Bearer right", None, StatusCode::NOT_FOUND),
    ("no path", "/nothing", "Bearer right", None, StatusCode::NOT_FOUND),
    ("rate limit", INGEST, "Bearer right", Some("http:429"), StatusCode::TOO_MANY_REQUESTS),
    ("gateway", INGEST, "Bearer right", Some("html:502"), StatusCode::BAD_GATEWAY),
    ("refusal", INGEST, "Bearer right", Some("rpc:unavailable"), StatusCode::SERVICE_UNAVAILABLE),
];

fn emulator() -> Emulator {
    Emulator::builder().catalogue(Catalogue::new(10)).token("right", Permissions::ALL).start().unwrap()
}

fn head(path: &str, key: &str, length: usize, more: &str) -> String {
    format!(
        "POST {path} HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/proto\r\nauthorization: {key}\r\n{more}\
         content-length: {length}\r\n\r\n"
    )
}

fn connect(address: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(TIMEOUT)).unwrap();
    stream.set_write_timeout(Some(TIMEOUT)).unwrap();
    stream
}

/// Reads a response. Returns its head in lower case.
fn response(stream: &mut TcpStream) -> String {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        stream.read_exact(&mut byte).expect("a whole head");
        head.push(byte[0]);
    }
    let head = String::from_utf8(head).unwrap().to_lowercase();
    let length = head.split("content-length: ").nth(1).and_then(|rest| rest.split("\r\n").next());
    let mut body = vec![0; length.map_or(0, |length| length.parse().unwrap())];
    stream.read_exact(&mut body).expect("a whole body");
    head
}

/// Many clients send their whole request before they read the response.
#[test]
fn a_large_request_over_http_1_gets_its_early_response() {
    for (case, path, key, fault, status) in EARLY {
        let emulator = emulator();
        if let Some(fault) = fault {
            emulator.inject(fault.parse::<Fault>().unwrap());
        }
        let mut stream = connect(emulator.address());
        stream.write_all(head(path, key, LARGE, "").as_bytes()).unwrap();
        let chunk = vec![0; 1 << 20];
        for _ in 0..LARGE / chunk.len() {
            stream.write_all(&chunk).unwrap_or_else(|error| panic!("{case}: the body is not read: {error}"));
        }
        let head = response(&mut stream);
        assert!(head.starts_with(&format!("http/1.1 {}", status.as_u16())), "{case}: {head}");
        assert!(head.contains("connection: close"), "{case}: {head}");
        let mut rest = Vec::new();
        stream.read_to_end(&mut rest).unwrap_or_else(|error| panic!("{case}: the connection is reset: {error}"));
        assert!(rest.is_empty(), "{case}: {rest:?}");
    }
}

/// This includes a client that waits for `100 Continue` before it sends its body.
#[test]
fn an_early_response_does_not_wait_for_the_request() {
    let emulator = emulator();
    for more in ["", "expect: 100-continue\r\n"] {
        let mut stream = connect(emulator.address());
        stream.write_all(head(INGEST, "Bearer wrong", LARGE, more).as_bytes()).unwrap();
        let head = response(&mut stream);
        assert!(head.starts_with("http/1.1 401") && head.contains("connection: close"), "{head}");
    }
}

#[test]
fn a_connection_stays_open_after_a_short_request() {
    let emulator = emulator();
    let mut stream = connect(emulator.address());
    for (case, path, key, fault, status) in EARLY.into_iter().skip(1) {
        if let Some(fault) = fault {
            emulator.inject(fault.parse::<Fault>().unwrap());
        }
        let request = [head(path, key, 1000, "").as_bytes(), &[0; 1000]].concat();
        stream.write_all(&request).unwrap();
        let head = response(&mut stream);
        assert!(head.starts_with(&format!("http/1.1 {}", status.as_u16())), "{case}: {head}");
        assert!(!head.contains("connection: close"), "{case}: {head}");
    }
}

#[test]
fn a_large_request_over_http_2_gets_its_early_response() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let emulator = emulator();
    runtime.block_on(async {
        let stream = tokio::net::TcpStream::connect(emulator.address()).await.unwrap();
        let (mut sender, connection) =
            hyper::client::conn::http2::handshake(TokioExecutor::new(), TokioIo::new(stream)).await.unwrap();
        tokio::spawn(connection);
        for (case, path, key, fault, status) in EARLY {
            if let Some(fault) = fault {
                emulator.inject(fault.parse::<Fault>().unwrap());
            }
            let response = send(&mut sender, path, key, vec![0; LARGE].into()).await;
            assert_eq!(response.status(), status, "{case}");
            response.into_body().collect().await.unwrap_or_else(|error| panic!("{case}: {error}"));
            // The connection is still usable.
            let after =
                send(&mut sender, "/datasets.v1.DatasetService/ListDatasets", "Bearer right", Bytes::new()).await;
            assert_eq!(after.status(), StatusCode::OK, "after {case}");
        }
    });
}

async fn send(sender: &mut SendRequest<Full<Bytes>>, path: &str, key: &str, body: Bytes) -> Response<Incoming> {
    let request = Request::post(format!("http://localhost{path}"))
        .version(Version::HTTP_2)
        .header("content-type", "application/proto")
        .header("authorization", key)
        .body(Full::new(body));
    let sending = sender.send_request(request.unwrap());
    tokio::time::timeout(TIMEOUT, sending).await.expect("no timeout").expect("a response")
}
