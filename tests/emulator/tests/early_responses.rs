//! Responses that are there before their request was read.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on may panic")]

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
/// More than the server takes, and more than sockets buffer.
const LARGE: usize = 72 << 20;
/// Ends a hang.
const PATIENCE: Duration = Duration::from_secs(300);

/// Each way to a response without the body: where it goes, with which headers and fault, and the status.
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
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream.set_write_timeout(Some(PATIENCE)).unwrap();
    stream
}

/// The head of a response in lower case, after which its body is read too.
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

/// A client that reads no response before it has sent its whole request, as many do.
#[test]
fn a_large_request_over_http_1_gets_its_early_response() {
    for (what, path, key, fault, status) in EARLY {
        let emulator = emulator();
        if let Some(fault) = fault {
            emulator.inject(fault.parse::<Fault>().unwrap());
        }
        let mut stream = connect(emulator.address());
        stream.write_all(head(path, key, LARGE, "").as_bytes()).unwrap();
        let chunk = vec![0; 1 << 20];
        for _ in 0..LARGE / chunk.len() {
            stream.write_all(&chunk).unwrap_or_else(|error| panic!("{what}: the body is not taken: {error}"));
        }
        let head = response(&mut stream);
        assert!(head.starts_with(&format!("http/1.1 {}", status.as_u16())), "{what}: {head}");
        assert!(head.contains("connection: close"), "{what}: nothing may follow on this connection: {head}");
        let mut rest = Vec::new();
        stream.read_to_end(&mut rest).unwrap_or_else(|error| panic!("{what}: it is reset: {error}"));
        assert!(rest.is_empty(), "{what}: {rest:?}");
    }
}

/// The response comes at once, also for a client that waits to be asked for its body and does not send it.
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
fn a_connection_goes_on_after_a_short_request() {
    let emulator = emulator();
    let mut stream = connect(emulator.address());
    for (what, path, key, fault, status) in EARLY.into_iter().skip(1) {
        if let Some(fault) = fault {
            emulator.inject(fault.parse::<Fault>().unwrap());
        }
        let request = [head(path, key, 1000, "").as_bytes(), &[0; 1000]].concat();
        stream.write_all(&request).unwrap();
        let head = response(&mut stream);
        assert!(head.starts_with(&format!("http/1.1 {}", status.as_u16())), "{what}: {head}");
        assert!(!head.contains("connection: close"), "{what}: {head}");
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
        for (what, path, key, fault, status) in EARLY {
            if let Some(fault) = fault {
                emulator.inject(fault.parse::<Fault>().unwrap());
            }
            let response = send(&mut sender, path, key, vec![0; LARGE].into()).await;
            assert_eq!(response.status(), status, "{what}");
            response.into_body().collect().await.unwrap_or_else(|error| panic!("{what}: {error}"));
            // The connection is as good as before.
            let after =
                send(&mut sender, "/datasets.v1.DatasetService/ListDatasets", "Bearer right", Bytes::new()).await;
            assert_eq!(after.status(), StatusCode::OK, "after {what}");
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
    tokio::time::timeout(PATIENCE, sending).await.expect("it ends").expect("a response")
}
